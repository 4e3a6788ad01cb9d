"""Which call meets which fault."""

from typing import Any

import pytest

from ringmock.lab.faults import GENERAL, MOST_RULES, MOST_SECONDS, FaultPlan, FaultRule

FAIL = FaultRule(error="CMN-201")


SOME = ("listMessages", "readMessage", "readExtension", "listExtensions")


def met(plan: FaultPlan, *operations: str) -> list[FaultRule | None]:
    return [plan.meet(operation) for operation in operations]


def left(plan: FaultPlan) -> list[int | None]:
    return [standing.left for standing in plan.standings]


def test_a_rule_is_met_as_often_as_it_says_and_then_the_next_one() -> None:
    twice, after = FaultRule(error="CMN-201", times=2), FaultRule(lost=True, times=1)
    plan = FaultPlan([twice, after])
    assert met(plan, *SOME) == [twice, twice, after, None]
    assert plan.standings == ((twice, 0, 2), (after, 0, 1))


def test_a_rule_of_one_operation_takes_no_other() -> None:
    rule = FaultRule("listMessages", error="CMN-203")
    assert met(FaultPlan([rule]), "readMessage", "listMessages") == [None, rule]


def test_without_times_a_rule_is_for_every_call() -> None:
    plan = FaultPlan([FAIL])
    assert met(plan, *SOME[:3]) == [FAIL] * 3
    assert plan.standings == ((FAIL, None, 3),)


def test_a_rule_without_an_operation_takes_no_sign_in_and_a_code_only_where_it_is_documented() -> None:
    plan = FaultPlan([FaultRule(error="MSG-304"), FaultRule(status=500)])
    assert [rule and rule.error for rule in met(plan, "getToken", "createSMSMessage")] == [None, "MSG-304"]
    assert plan.meet("listMessages") == FaultRule(status=500)


def test_the_nth_call_alone_and_from_the_nth_on() -> None:
    alone, on = FaultRule(nth=2, status=500), FaultRule(nth=2, times=2, status=503)
    assert met(FaultPlan([alone]), *SOME) == [None, alone, None, None]
    assert met(FaultPlan([on]), *SOME) == [None, on, on, None]


def test_rules_of_one_seed_do_not_spare_the_same_calls() -> None:
    first, second = FaultRule(share=0.5, status=500), FaultRule(share=0.5, status=503)
    found = met(FaultPlan([first, second]), *(SOME[:1] * 1000))
    assert 200 < found.count(second) < 300


def test_one_rule_more_takes_the_place_of_one_that_is_done_with_and_of_no_other() -> None:
    plan = FaultPlan([FaultRule(status=500, times=1), *[FAIL] * (MOST_RULES - 1)])
    plan.meet(SOME[0])
    plan.add(FAIL)
    assert left(plan) == [None] * MOST_RULES
    with pytest.raises(ValueError, match="at most 100 rules"):
        plan.add(FAIL)


@pytest.mark.parametrize(
    ("rule", "carries_out"),
    [
        (FaultRule(status=500), False),
        (FaultRule(status=500, lost=True), True),
        (FaultRule(lost=True), True),
        (FaultRule(answer="reset"), False),
        (FaultRule(answer="reset", lost=True), True),
        (FaultRule(answer="truncated"), True),
        (FaultRule(answer="truncated", error="CMN-201"), False),
        (FaultRule(answer="slow"), True),
        (FaultRule(), True),
    ],
)
def test_a_rule_declares_whether_its_calls_are_carried_out(rule: FaultRule, carries_out: bool) -> None:
    assert rule.carries_out is carries_out


def test_a_share_is_about_so_many_calls_and_the_same_ones_in_every_run() -> None:
    rule = FaultRule(error="CMN-201", share=0.25)
    first, second = (met(FaultPlan([rule]), *(SOME[:1] * 1000)) for _ in range(2))
    assert first == second
    assert 200 < 1000 - first.count(None) < 300


def test_a_call_that_a_share_spares_is_for_the_next_rule_and_counts_for_none() -> None:
    rare, other = FaultRule(error="CMN-201", share=1e-9, times=1), FaultRule(delay=1)
    plan = FaultPlan([rare, other])
    assert plan.meet(SOME[0]) is other
    assert plan.standings[0] == (rare, 1, 0)


def test_a_rule_without_effect_lets_its_calls_pass_so_that_a_later_one_fails() -> None:
    passes = FaultRule(times=2)
    assert met(FaultPlan([passes, FAIL]), *SOME[:3]) == [passes, passes, FAIL]


@pytest.mark.parametrize("error", GENERAL)
def test_an_error_of_the_list_will_do(error: str) -> None:
    assert FaultRule(error=error).error == error


@pytest.mark.parametrize("fine", [{"delay": MOST_SECONDS}, {"lost": True, "times": 1}, {"lost": True, "share": 1}])
def test_the_edge_of_what_is_possible_will_do(fine: dict[str, Any]) -> None:
    FaultRule(**fine)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"error": "CMN-999"}, "or one of CMN-201, CMN-203, CMN-301, not 'CMN-999'"),
        ({"operation": "createSMSMessages"}, "not 'createSMSMessages': createSMSMessage"),
        ({"operation": "listMessages", "error": "MSG-304"}, "a code that listMessages documents"),
        ({"nth": 0}, "'nth' is a number of calls from 1"),
        ({"answer": "slow", "pieces": 0}, "'pieces' is a number of pieces from 1"),
        ({"answer": "slow", "pieces": 600, "pause": 1.1}, "'pause' is a number of seconds"),
        ({"error": "CMN-201", "status": 200}, "'status' of a refusal is from 400 on"),
        ({"notification": "doubled", "delay": 1}, "'delay' is for notifications that are"),
        ({"notification": "late", "operation": "listMessages"}, "'operation' is for calls"),
        ({"delay": -0.1}, "'delay' is a number of seconds from 0 to 600"),
        ({"delay": MOST_SECONDS + 1}, "'delay' is a number of seconds from 0 to 600"),
        ({"delay": float("nan")}, "'delay' is a number of seconds from 0 to 600"),
        ({"lost": True, "times": 0}, "'times' is a number of calls from 1"),
        ({"lost": True, "share": 0}, "'share' is above 0 and at most 1"),
        ({"lost": True, "share": 1.01}, "'share' is above 0 and at most 1"),
    ],
)
def test_a_rule_without_sense_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FaultRule(**wrong)
