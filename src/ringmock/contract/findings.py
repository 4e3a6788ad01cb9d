"""The findings of a run of the contract suite, part by part, as text and as JUnit XML."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from xml.etree import ElementTree

MAX_DETAIL_LINES = 60
MAX_DETAILED = 20
"""The maximum of failures per part with details in the text; of the others only the names. JUnit has all details."""


class Verdict(StrEnum):
    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and its result."""

    part: str
    """A name of `PARTS`."""
    name: str
    verdict: Verdict
    detail: str = ""
    """Lines: for a failure, expected and actual side by side; for a skipped check, the reason."""
    reproduce: str = ""
    """Commands that reproduce the failure, one per line."""
    keeps: tuple[str, ...] = ()
    """The ids of rules and decisions, and error codes, of the check."""
    where: str = ""
    """The account and generation, as `demo, 2012`, and `file:line` where there is one."""
    group: str = ""
    """The common part of similar findings' names. Empty for a finding without a group."""
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return self.verdict is Verdict.FAILED


@dataclass(slots=True)
class ContractReport:
    """Findings in order of arrival."""

    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.findings.append(finding)

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.of(Verdict.FAILED)

    def of(self, verdict: Verdict) -> list[Finding]:
        """The findings with this verdict."""
        return [finding for finding in self.findings if finding.verdict is verdict]

    def text(self) -> str:
        """The failures, grouped by part and bounded; what was skipped and why; a line for each part that counts."""
        return "\n".join([*_failures(self.of(Verdict.FAILED)), *_skipped(self.of(Verdict.SKIPPED)), *_totals(self)])

    def junit(self) -> str:
        """JUnit XML: a suite for each part, with a case for each finding."""
        suites = ElementTree.Element("testsuites", {"name": "ringmock contract", **_counts(self.findings)})
        for part, findings in _by_part(self.findings):
            suite = ElementTree.SubElement(suites, "testsuite", {"name": part, **_counts(findings)})
            for finding in findings:
                _junit_case(suite, finding)
        ElementTree.indent(suites)
        return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def failure_text(finding: Finding) -> str:
    """A failure as text: its name, its place, expected and actual, and how to reproduce it."""
    keeps = f"; keeps {', '.join(finding.keeps)}" if finding.keeps else ""
    lines = [f"FAILED  {finding.name}", *_indented([f"{finding.where}{keeps}"])]
    detail = finding.detail.splitlines()
    lines += ["", *_indented(detail[:MAX_DETAIL_LINES])]
    if len(detail) > MAX_DETAIL_LINES:
        lines += _indented([f"... and {len(detail) - MAX_DETAIL_LINES} lines more; the JUnit report has them"])
    return "\n".join([*lines, *_indented(finding.reproduce.splitlines())]).rstrip()


def _failures(findings: Iterable[Finding]) -> Iterator[str]:
    for part, failed in _by_part(findings):
        yield f"== {part}: {len(failed)} failed"
        yield ""
        detailed, further = _detailed_and_further(failed)
        for finding in detailed:
            yield failure_text(finding)
            yield ""
        if further:
            yield f"{len(further)} more failed, in the same way or another:"
            yield from _indented(_by_group(further))
            yield ""


def _detailed_and_further(failed: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The failures with details, the first of each group; and the others."""
    detailed: list[Finding] = []
    further: list[Finding] = []
    for finding in failed:
        is_new = not finding.group or finding.group not in {known.group for known in detailed}
        (detailed if is_new and len(detailed) < MAX_DETAILED else further).append(finding)
    return detailed, further


def _by_group(findings: Iterable[Finding]) -> Iterator[str]:
    """Each name; of a group only the number of its findings."""
    counts = Counter(finding.group or finding.name for finding in findings)
    yield from (name if count == 1 else f"{name} ({count} times)" for name, count in counts.items())


def _skipped(findings: Iterable[Finding]) -> Iterator[str]:
    """Each reason once, with the number of skipped checks."""
    reasons = Counter((finding.part, finding.detail) for finding in findings)
    for (part, reason), count in reasons.items():
        yield f"SKIPPED {part}, {count}: {reason}"
    if reasons:
        yield ""


def _totals(report: ContractReport) -> Iterator[str]:
    for part, findings in _by_part(report.findings):
        counts = Counter(finding.verdict for finding in findings)
        seconds = sum(finding.seconds for finding in findings)
        yield (
            f"{part:<10}{counts[Verdict.PASSED]:>6} passed{counts[Verdict.FAILED]:>6} failed"
            f"{counts[Verdict.SKIPPED]:>6} skipped{seconds:>9.1f} s"
        )


def _by_part(findings: Iterable[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """The findings of each part, the parts in order of arrival."""
    findings = list(findings)
    order = list(dict.fromkeys(finding.part for finding in findings))
    ordered = sorted(findings, key=lambda finding: order.index(finding.part))
    for part, group in groupby(ordered, key=lambda finding: finding.part):
        yield part, list(group)


def _counts(findings: Iterable[Finding]) -> dict[str, str]:
    findings = list(findings)
    counts = Counter(finding.verdict for finding in findings)
    return {
        "tests": str(len(findings)),
        "failures": str(counts[Verdict.FAILED]),
        "errors": "0",
        "skipped": str(counts[Verdict.SKIPPED]),
        "time": f"{sum(finding.seconds for finding in findings):.3f}",
    }


def _junit_case(suite: ElementTree.Element, finding: Finding) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        name=_xml(finding.name),
        classname=_xml(f"ringmock.{finding.part}"),
        time=f"{finding.seconds:.3f}",
    )
    if finding.keeps:
        properties = ElementTree.SubElement(case, "properties")
        for kept in finding.keeps:
            ElementTree.SubElement(properties, "property", name="keeps", value=_xml(kept))
    if finding.failed:
        first = next(iter(finding.detail.splitlines()), "")
        failure = ElementTree.SubElement(case, "failure", message=_xml(first))
        failure.text = _xml("\n".join([finding.where, finding.detail, finding.reproduce]))
    elif finding.verdict is Verdict.SKIPPED:
        ElementTree.SubElement(case, "skipped", message=_xml(finding.detail))


def _xml(text: str) -> str:
    """The text without characters that XML 1.0 does not allow: controls, lone surrogates, noncharacters."""
    return "".join(character if _is_xml(ord(character)) else "\ufffd" for character in text)


def _is_xml(code: int) -> bool:
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"        {line}".rstrip() for line in lines]
