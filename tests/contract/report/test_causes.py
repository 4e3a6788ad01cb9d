"""Failures by their causes, and which of them is the most telling."""

import pytest

from findings_made import failed
from ringmock.contract.report.causes import causes_of


def test_what_keeps_all_else_from_being_tested_goes_before_a_broken_rule_and_that_before_a_crowd() -> None:
    crowd = [failed(f"crowd {n}", cause="a field is missing") for n in range(9)]
    rule = failed("rule", cause="a Frozen extension is paged", keeps=("R-18",))
    sign_in = failed("sign-in", cause="nobody signs in", part="preflight")
    assert [cause.says for cause in causes_of([*crowd, rule, sign_in])] == [
        "nobody signs in",
        "a Frozen extension is paged",
        "a field is missing",
    ]


@pytest.mark.parametrize(
    ("many", "alone", "goes_first"), [(9, 1, False), (10, 1, True), (20, 100, True), (20, 101, False)]
)
def test_what_a_sixth_of_the_failures_and_ten_come_from_goes_before_a_broken_rule(
    many: int, alone: int, goes_first: bool
) -> None:
    crowd = [failed(f"crowd {n}", cause="no code") for n in range(many)]
    others = [failed(f"alone {n}", keeps=("R-18",)) for n in range(alone)]
    assert (causes_of([*others, *crowd])[0].says == "no code") is goes_first


def test_a_cause_has_the_rules_that_most_of_its_findings_keep_with_the_words_of_the_first() -> None:
    found = [failed(str(n), cause="x", keeps=keeps) for n, keeps in enumerate([("R-05",), ("R-05", "D-03"), ("R-05",)])]
    (cause,) = causes_of(found)
    assert cause.rules == ("R-05",)
    assert cause.sentence.startswith("R-05: If a character is encoded in 4 bytes")


def test_what_has_no_cause_in_common_stands_alone_and_what_one_entry_stands_for_together() -> None:
    found = [
        failed("a"),
        failed("b"),
        failed("c is refused", group="is refused"),
        failed("d is refused", group="is refused"),
    ]
    assert [(cause.says, len(cause.findings)) for cause in causes_of(found)] == [("is refused", 2), ("a", 1), ("b", 1)]


def test_of_a_cause_what_is_about_the_fewest_things_is_told_first() -> None:
    found = [failed("wide", cause="x", keeps=("R-01", "R-02")), failed("narrow", cause="x", keeps=("R-01",))]
    assert causes_of(found)[0].first.name == "narrow"


def test_a_failed_sign_in_breaks_no_rule_of_the_cases_that_sign_in_and_is_told_before_what_is_less_of_a_cause() -> None:
    rule = failed("a", cause="a rule", keeps=("R-05",), operation="createSMSMessage")
    sign_in = failed("b", cause="sign-in", keeps=("R-12",), operation="getToken")
    many = [failed(f"c{number}", cause="many") for number in range(3)]
    causes = causes_of([*many, sign_in, rule])
    assert [cause.says for cause in causes] == ["a rule", "sign-in", "many"]
    assert (causes[1].rules, causes[1].sentence) == ((), "")
