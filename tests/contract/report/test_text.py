"""How findings are told to a person."""

import pytest

from findings_made import failed, finding, report
from ringmock.contract.findings import Verdict
from ringmock.contract.report.text import (
    MAX_COMMANDS,
    MAX_DETAIL_LINE,
    MAX_DETAIL_LINES,
    MAX_MORE,
    MAX_REPORTED,
    MAX_SKIPPED,
    text,
)


def test_a_failure_is_told_with_its_place_its_detail_and_its_curl() -> None:
    said = text(report(failed(where="mine.yaml:5, demo 2012", reproduce="curl -i http://127.0.0.1:1/")))
    assert "FAILED  A page arrives\n        mine.yaml:5, demo 2012" in said
    assert "        status  200  400\n" in said
    assert "        curl -i http://127.0.0.1:1/" in said


@pytest.mark.parametrize(("length", "is_whole"), [(MAX_DETAIL_LINE, True), (MAX_DETAIL_LINE + 1, False)])
def test_a_long_line_of_an_answer_is_cut(length: int, is_whole: bool) -> None:
    said = text(report(failed(detail="a" * length)))
    assert (f"        {'a' * length}\n" in said) is is_whole
    assert ("... and 1 characters more" in said) is not is_whole


@pytest.mark.parametrize(("length", "is_whole"), [(MAX_COMMANDS, True), (MAX_COMMANDS + 1, False)])
def test_what_reproduces_a_failure_fits_a_screen_and_the_rest_is_said_to_be_in_the_report(
    length: int, is_whole: bool
) -> None:
    finding = failed(reproduce="curl\n".ljust(length, "b"))
    said = text(report(finding))
    assert ("b" * (length - 5) in said) is is_whole
    assert ("and 1 characters more: the report of --report FOLDER has it whole" in said) is not is_whole
    assert (f"`ringmock contract replay FOLDER {finding.id}` does it again" in said) is not is_whole


def test_what_passed_is_counted_and_not_told() -> None:
    said = text(report(finding("It is well"), failed()))
    assert "It is well" not in said
    assert said.splitlines()[-1].split() == ["cases", "1", "passed", "1", "failed", "0", "skipped", "0.0", "s"]


def test_a_cause_is_told_once_with_all_that_fails_because_of_it_counted_under_it() -> None:
    names = ("first", "second", "third")
    said = text(report(*(failed(name, cause="Extension 101 cannot sign in") for name in names)))
    assert said.count("FAILED") == 1
    assert "  1. Extension 101 cannot sign in (3)" in said
    assert "and 2 more because of it: second; third" in said


def test_failures_are_counted_by_operation_and_by_rule() -> None:
    said = text(report(failed("a", operation="createSMSMessage", keeps=("R-05",)), failed("b", keeps=("R-05", "D-03"))))
    assert "by operation: createSMSMessage 1" in said
    assert "by rule: R-05 2, D-03 1" in said


def test_the_most_telling_causes_are_told_in_full_up_to_a_bound_and_then_by_name() -> None:
    said = text(report(*(failed(f"number {n}") for n in range(MAX_REPORTED + 2))))
    assert said.count("status  200  400") == MAX_REPORTED
    assert f"   - number {MAX_REPORTED + 1} (1)" in said


def test_a_flood_of_causes_is_bounded() -> None:
    said = text(report(*(failed(f"number {n}") for n in range(MAX_REPORTED + MAX_MORE + 3))))
    assert "   - and 3 causes more; the JSON report has them" in said


def test_a_long_detail_is_cut_and_says_so() -> None:
    said = text(report(failed(detail="\n".join(f"line {n}" for n in range(MAX_DETAIL_LINES + 3)))))
    assert f"line {MAX_DETAIL_LINES - 1}\n" in said
    assert f"line {MAX_DETAIL_LINES}\n" not in said
    assert "and 3 lines more" in said


def test_a_reason_for_skipping_is_told_once_with_how_many_it_concerns() -> None:
    skipped = [finding(name, Verdict.SKIPPED, detail="it freezes someone") for name in ("a b", "c d")]
    assert "SKIPPED cases, 2: it freezes someone" in text(report(*skipped))


def test_of_the_reasons_the_commonest_have_the_lines_to_add_and_those_beyond_a_bound_are_counted() -> None:
    reasons = [f"nobody is {n}; to have it, add to the fixture:\nline {n}" for n in range(2 * MAX_SKIPPED + 2)]
    said = text(report(*(finding(reason, Verdict.SKIPPED, detail=reason) for reason in reasons)))
    assert [f"line {n}" in said for n in range(len(reasons))] == [True] * MAX_SKIPPED + [False] * (MAX_SKIPPED + 2)
    assert [f"nobody is {n}" in said for n in range(len(reasons))] == [True] * 2 * MAX_SKIPPED + [False] * 2
    assert "SKIPPED for 2 reasons more, 2: the JUnit report has them" in said


def test_operations_that_are_not_implemented_are_one_line_with_what_was_left_out_for_them() -> None:
    names = ("readMessage", "readMessage", "listMessages")
    skipped = [finding(f"{n}", Verdict.SKIPPED, detail=f"not implemented: {name}") for n, name in enumerate(names)]
    assert "NOT IMPLEMENTED: 2 operations, 3 findings left out: listMessages, readMessage" in (
        text(report(*skipped)).replace("\n", " ")
    )


def test_what_is_known_is_counted_apart_and_what_is_mended_named() -> None:
    found = report(failed(is_known=True), finding("Another"))
    found.mended = ["cases A third (demo 2012)"]
    said = text(found)
    assert "KNOWN   1 failure of 1 cause, by the baseline" in said
    assert "MENDED  cases A third (demo 2012)" in said
    assert said.splitlines()[-1].split()[:7] == ["cases", "1", "passed", "0", "failed", "1", "known"]
    assert "FAILED" not in said
