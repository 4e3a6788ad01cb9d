"""Which call meets which fault."""

from random import Random
from typing import Any

import pytest

from ringmock.lab.faults import ERRORS, MOST_SECONDS, FaultPlan, FaultRule

FAIL = FaultRule(error="CMN-201")


def met(plan: FaultPlan, *operations: str) -> list[FaultRule | None]:
    return [plan.meet(operation) for operation in operations]


def test_a_rule_is_met_as_often_as_it_says_and_then_the_next_one() -> None:
    twice, after = FaultRule(error="CMN-201", times=2), FaultRule(lost=True, times=1)
    plan = FaultPlan([twice, after], Random(0))
    assert met(plan, *"abcd") == [twice, twice, after, None]
    assert plan.left == ((twice, 0), (after, 0))


def test_a_rule_of_one_operation_takes_no_other() -> None:
    rule = FaultRule("listMessages", error="CMN-203")
    assert met(FaultPlan([rule], Random(0)), "readMessage", "listMessages") == [None, rule]


def test_without_times_a_rule_is_for_every_call() -> None:
    plan = FaultPlan([FAIL], Random(0))
    assert met(plan, *"abc") == [FAIL] * 3
    assert plan.left == ((FAIL, None),)


def test_a_share_is_about_so_many_calls_and_the_same_ones_in_every_run() -> None:
    rule = FaultRule(error="CMN-201", share=0.25)
    first, second = (met(FaultPlan([rule], Random(0)), *("a" * 1000)) for _ in range(2))
    assert first == second
    assert 200 < 1000 - first.count(None) < 300


def test_a_call_that_a_share_spares_is_for_the_next_rule_and_counts_for_none() -> None:
    rare, other = FaultRule(error="CMN-201", share=1e-9, times=1), FaultRule(delay=1)
    plan = FaultPlan([rare, other], Random(0))
    assert plan.meet("a") is other
    assert plan.left[0] == (rare, 1)


def test_a_rule_without_effect_lets_its_calls_pass_so_that_a_later_one_fails() -> None:
    passes = FaultRule(times=2)
    assert met(FaultPlan([passes, FAIL], Random(0)), *"abc") == [passes, passes, FAIL]


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_the_list_will_do(error: str) -> None:
    assert FaultRule(error=error).error == error


@pytest.mark.parametrize("fine", [{"delay": MOST_SECONDS}, {"lost": True, "times": 1}, {"lost": True, "share": 1}])
def test_the_edge_of_what_is_possible_will_do(fine: dict[str, Any]) -> None:
    FaultRule(**fine)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"error": "CMN-999"}, "'error' is one of CMN-201, CMN-203, CMN-301, not 'CMN-999'"),
        ({"error": "CMN-201", "lost": True}, "or its answer is 'lost'"),
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
