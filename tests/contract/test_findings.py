"""Reports of findings: as text for people, and as JUnit XML."""

from xml.etree import ElementTree

from ringmock.contract.findings import MAX_DETAIL_LINES, MAX_DETAILED, ContractReport, Finding, Verdict


def finding(
    name: str = "A page arrives", verdict: Verdict = Verdict.PASSED, part: str = "cases", **more: str
) -> Finding:
    return Finding(part, name, verdict, **more)


def failed(name: str = "A page arrives", detail: str = "status  200  400", **more: str) -> Finding:
    return finding(name, Verdict.FAILED, detail=detail, **more)


def report(*findings: Finding) -> ContractReport:
    return ContractReport(list(findings))


def test_what_was_skipped_does_not_fail_a_run_and_one_failure_does() -> None:
    assert report(finding(), finding(verdict=Verdict.SKIPPED)).passed
    assert not report(finding(), failed()).passed


def test_a_failure_is_reported_with_its_place_its_detail_and_its_curl() -> None:
    said = report(failed(where="mine.yaml:5, demo 2012", reproduce="curl -i http://127.0.0.1:1/")).text()
    assert "FAILED  A page arrives\n        mine.yaml:5, demo 2012" in said
    assert "        status  200  400\n" in said
    assert "        curl -i http://127.0.0.1:1/" in said


def test_what_passed_is_counted_and_not_told() -> None:
    said = report(finding("It is well"), failed()).text()
    assert "It is well" not in said
    assert said.splitlines()[-1].split() == ["cases", "1", "passed", "1", "failed", "0", "skipped", "0.0", "s"]


def test_failures_are_grouped_by_part() -> None:
    said = report(failed("first"), failed("second", part="fuzz"), failed("third")).text()
    assert said.index("first") < said.index("third") < said.index("== fuzz: 1 failed") < said.index("second")


def test_a_flood_of_failures_is_reported_in_full_up_to_a_bound_and_then_by_name() -> None:
    said = report(*(failed(f"number {n}") for n in range(MAX_DETAILED + 2))).text()
    assert said.count("status  200  400") == MAX_DETAILED
    assert "2 more failed" in said
    assert f"number {MAX_DETAILED + 1}" in said


def test_a_long_detail_is_cut_and_says_so() -> None:
    said = report(failed(detail="\n".join(f"line {n}" for n in range(MAX_DETAIL_LINES + 3)))).text()
    assert f"line {MAX_DETAIL_LINES - 1}\n" in said
    assert f"line {MAX_DETAIL_LINES}\n" not in said
    assert "and 3 lines more" in said


def test_a_reason_for_skipping_is_reported_once_with_how_many_it_concerns() -> None:
    skipped = [finding(name, Verdict.SKIPPED, detail="it freezes someone") for name in ("a b", "c d")]
    assert "SKIPPED cases, 2: it freezes someone" in report(*skipped).text()


def test_junit_has_a_suite_for_each_part_and_all_that_failed_whole() -> None:
    long = "\n".join(f"line {n}" for n in range(MAX_DETAIL_LINES + 3))
    written = report(
        failed(detail=long), finding(verdict=Verdict.SKIPPED, detail="no clock"), finding(part="fuzz")
    ).junit()
    suites = ElementTree.fromstring(written)
    cases, fuzz = suites.findall("testsuite")
    assert (cases.attrib["name"], cases.attrib["tests"], cases.attrib["failures"], cases.attrib["skipped"]) == (
        "cases",
        "2",
        "1",
        "1",
    )
    assert fuzz.attrib["tests"] == "1"
    assert long in (cases.findtext("testcase/failure") or "")
    assert cases.find("testcase/skipped").attrib["message"] == "no clock"


def test_junit_is_xml_whatever_a_server_said() -> None:
    written = report(failed("\x00 \ud800 \ufffe 😀 <a> & ]]>", detail="\x1b[0m")).junit()
    (case,) = ElementTree.fromstring(written.encode()).iter("testcase")
    assert case.attrib["name"] == "\ufffd \ufffd \ufffd 😀 <a> & ]]>"


def test_of_findings_that_are_alike_the_first_is_reported_in_full_and_the_others_are_counted() -> None:
    found = []
    for operation in ("readMessage", "listMessages", "deleteMessage"):
        found.append(failed(f"{operation} is refused", group="is refused"))
    lines = [line.strip() for line in report(*found, failed()).text().splitlines()]
    assert [line for line in lines if line.startswith("FAILED")] == [
        "FAILED  readMessage is refused",
        "FAILED  A page arrives",
    ]
    assert lines[lines.index("2 more failed, in the same way or another:") + 1] == "is refused (2 times)"
