"""A report for GitHub Actions: annotations beside the lines of cases, and the summary of a step."""

import re
from collections.abc import Iterator

from ..findings import ContractReport, Verdict, by_part
from .causes import Cause, causes_of

MAX_ANNOTATIONS = 10
"""GitHub shows no more of one step."""
_PLACE = re.compile(r"(?P<file>.+?\.ya?ml):(?P<line>\d+)")


def annotations(report: ContractReport) -> Iterator[str]:
    """A workflow command for each of the most telling causes."""
    for cause in causes_of(report.new)[:MAX_ANNOTATIONS]:
        place = _PLACE.match(cause.first.where)
        said = f"file={_property(place['file'])},line={place['line']}," if place is not None else ""
        yield f"::error {said}title={_property(cause.says)}::{_message(_words(cause))}"


def summary(report: ContractReport) -> str:
    """Markdown: the counts, and the most telling causes with their differences and curl lines."""
    lines = ["## ringmock contract", "", "| part | passed | failed | known | skipped | seconds |", "|---" * 6 + "|"]
    for part, findings in by_part(report.findings):
        verdicts = [finding.verdict for finding in findings]
        known = sum(finding.is_known for finding in findings)
        counts = [verdicts.count(Verdict.PASSED), verdicts.count(Verdict.FAILED) - known, known]
        cells = [*map(str, [*counts, verdicts.count(Verdict.SKIPPED)]), f"{report.took(part):.1f}"]
        lines.append(f"| {part} | {' | '.join(cells)} |")
    causes = causes_of(report.new)
    for place, cause in enumerate(causes[:MAX_ANNOTATIONS], start=1):
        lines += ["", f"### {place}. {_plain(cause.says)} ({len(cause.findings)})", ""]
        lines += [f"> {_plain(cause.sentence)}", ""] if cause.sentence else []
        text = "\n".join([cause.first.name, cause.first.where, "", cause.first.detail, cause.first.reproduce]).rstrip()
        fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
        lines += [f"{fence}text", text, fence]
    if len(causes) > MAX_ANNOTATIONS:
        lines += ["", f"and {len(causes) - MAX_ANNOTATIONS} causes more, in the report"]
    lines += [f"- mended: {_plain(name)}" for name in report.mended]
    return "\n".join([*lines, ""])


def _words(cause: Cause) -> str:
    more = f" ({len(cause.findings)} findings)" if len(cause.findings) > 1 else ""
    return "\n".join(filter(None, [f"{cause.first.name}{more}", cause.sentence, cause.first.detail]))


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _plain(text: str) -> str:
    """The words in one line, with nothing that Markdown would take for a mark of its own."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(text.split()))
