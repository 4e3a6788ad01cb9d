"""A report as one HTML page that needs nothing else."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..findings import ContractReport, Verdict, by_part
from .causes import causes_of, counted


def html(report: ContractReport, title: str) -> str:
    """What came beside what was expected, cause by cause, with the curl lines to copy."""
    environment = Environment(
        loader=PackageLoader("ringmock.contract.report", ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    operations, rules = counted(report.new)
    parts = []
    for part, findings in by_part(report.findings):
        verdicts = [finding.verdict for finding in findings]
        known = sum(finding.is_known for finding in findings)
        failed = verdicts.count(Verdict.FAILED) - known
        counts = [verdicts.count(Verdict.PASSED), failed, known, verdicts.count(Verdict.SKIPPED)]
        parts.append((part, counts, report.took(part)))
    reasons: dict[tuple[str, str], list[str]] = {}
    for finding in report.of(Verdict.SKIPPED):
        reasons.setdefault((finding.part, finding.detail), []).append(finding.name)
    text = environment.get_template("report.html").render(
        title=title,
        parts=parts,
        causes=causes_of(report.new),
        known=causes_of(report.known),
        mended=report.mended,
        operations=operations.most_common(),
        rules=rules.most_common(),
        skipped=sorted(reasons.items(), key=lambda reason: -len(reason[1])),
    )
    return text.encode("utf-8", "replace").decode("utf-8")
