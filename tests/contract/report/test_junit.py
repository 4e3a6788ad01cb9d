"""JUnit's XML of a run."""

from xml.etree import ElementTree

from findings_made import failed, finding, report
from ringmock.contract.findings import Verdict
from ringmock.contract.report.junit import junit


def test_it_has_a_suite_for_each_part_and_all_that_failed_whole() -> None:
    long = "\n".join(f"line {n}" for n in range(100))
    found = report(failed(detail=long), finding(verdict=Verdict.SKIPPED, detail="no clock"), finding(part="fuzz"))
    found.seconds = {"cases": 2.5}
    cases, fuzz = ElementTree.fromstring(junit(found)).findall("testsuite")
    assert {name: cases.attrib[name] for name in ("name", "tests", "failures", "skipped", "time")} == {
        "name": "cases",
        "tests": "2",
        "failures": "1",
        "skipped": "1",
        "time": "2.500",
    }
    assert fuzz.attrib["tests"] == "1"
    assert long in (cases.findtext("testcase/failure") or "")
    skipped = cases.find("testcase/skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "no clock"


def test_it_is_xml_whatever_a_server_said() -> None:
    written = junit(report(failed("\x00 \ud800 \ufffe 😀 <a> & ]]>", detail="\x1b[0m")))
    (case,) = ElementTree.fromstring(written.encode()).iter("testcase")
    assert case.attrib["name"] == "\ufffd \ufffd \ufffd 😀 <a> & ]]>"


def test_what_a_baseline_has_as_failing_is_skipped() -> None:
    suites = ElementTree.fromstring(junit(report(failed(is_known=True, cause="it answers 200"))))
    assert (suites.attrib["failures"], suites.attrib["skipped"]) == ("0", "1")
    (skipped,) = suites.iter("skipped")
    assert skipped.attrib["message"] == "known by the baseline: it answers 200"
