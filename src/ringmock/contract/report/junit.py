"""A report as JUnit's XML."""

from collections import Counter
from collections.abc import Iterable
from xml.etree import ElementTree

from ..findings import ContractReport, Finding, Verdict, by_part


def junit(report: ContractReport) -> str:
    """A suite for each part, and in it a case for each finding; what a baseline has as failing is skipped."""
    whole = sum(report.took(part) for part, _ in by_part(report.findings))
    suites = ElementTree.Element("testsuites", {"name": "ringmock contract", **_counts(report.findings, whole)})
    for part, findings in by_part(report.findings):
        suite = ElementTree.SubElement(suites, "testsuite", {"name": part, **_counts(findings, report.took(part))})
        for finding in findings:
            _case(suite, finding)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _counts(findings: Iterable[Finding], seconds: float) -> dict[str, str]:
    findings = list(findings)
    counts = Counter(finding.verdict for finding in findings)
    known = sum(finding.is_known for finding in findings)
    return {
        "tests": str(len(findings)),
        "failures": str(counts[Verdict.FAILED] - known),
        "errors": "0",
        "skipped": str(counts[Verdict.SKIPPED] + known),
        "time": f"{seconds:.3f}",
    }


def _case(suite: ElementTree.Element, finding: Finding) -> None:
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
    if finding.is_known:
        ElementTree.SubElement(case, "skipped", message=_xml(f"known by the baseline: {finding.because}"))
    elif finding.failed:
        failure = ElementTree.SubElement(case, "failure", message=_xml(finding.because))
        failure.text = _xml("\n".join([finding.where, finding.detail, finding.reproduce]))
    elif finding.verdict is Verdict.SKIPPED:
        ElementTree.SubElement(case, "skipped", message=_xml(finding.detail))


def _xml(text: str) -> str:
    """The text without what XML 1.0 has no way to write: controls, lone surrogates, noncharacters."""
    return "".join(character if _is_xml(ord(character)) else "\ufffd" for character in text)


def _is_xml(code: int) -> bool:
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
