"""Errors of Schemathesis's own: those that the guard wanted are none, every other fails the run."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ringmock.contract.fuzz.engine import PASSES, Plan, was_wanted
from ringmock.contract.fuzz.events import NotTested, not_tested
from ringmock.contract.fuzz.grounding import grounding
from ringmock.contract.guard import Guard, Limits
from ringmock.fixture import load_named

SMS = "POST /restapi/v1.0/account/{accountId}/extension/{extensionId}/sms"
PAGER = "POST /restapi/v1.0/account/{accountId}/extension/{extensionId}/company-pager"
LIMIT = "the limit of 6 messages is reached"
STOPPED = f"Error in `before_call` hook: NotSent: {LIMIT}"
BROKEN = "Error in `flatmap_body` hook: KeyError: 'to'"
FILTERED = "It looks like your strategy is filtering out a lot of data."


def plan(thinned: Sequence[str] = (), operations: Sequence[str] = ()) -> Plan:
    """A start whose guard left out generated calls of these operations."""
    guard = Guard(Limits(max_messages=6))
    for operation in thinned:
        guard.refuse(LIMIT, operation)
    account = grounding(load_named("demo"), "101", "token")
    return Plan("http://127.0.0.1:1", account, PASSES[0], 1, 1, operations, guard=guard)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        pytest.param(NotTested(SMS, "HookExecutionError", STOPPED), True, id="the guard stopped this call"),
        pytest.param(NotTested(SMS, "HookExecutionError", BROKEN), False, id="a hook is broken"),
        pytest.param(NotTested(PAGER, "HookExecutionError", BROKEN), False, id="a hook is broken elsewhere"),
        pytest.param(NotTested(SMS, "FailedHealthCheck", FILTERED), True, id="the guard left too few"),
        pytest.param(NotTested(SMS, "Unsatisfiable", FILTERED), True, id="the guard left none"),
        pytest.param(NotTested(PAGER, "FailedHealthCheck", FILTERED), False, id="too few for another reason"),
        pytest.param(NotTested(PAGER, "Unsatisfiable", FILTERED), False, id="none for another reason"),
        pytest.param(NotTested("Stateful tests", "NoLinksFound", "No links"), True, id="no links among few operations"),
        pytest.param(NotTested(SMS, "ReadTimeout", "timed out"), False, id="anything else"),
    ],
)
def test_an_error_is_excused_only_where_the_guard_refused_that_very_call(error: NotTested, wanted: bool) -> None:
    assert was_wanted(error, plan([SMS], ["createSMSMessage", "createInternalTextMessage"])) is wanted


def test_without_a_refusal_nothing_that_is_left_out_is_excused() -> None:
    assert not was_wanted(NotTested(SMS, "FailedHealthCheck", FILTERED), plan())
    assert not was_wanted(
        NotTested("Stateful tests", "NoLinksFound", "No links"),
        Plan("http://127.0.0.1:1", grounding(load_named("demo"), "101", "token"), PASSES[0], 1, 1),
    )


def test_errors_are_read_from_the_events_with_their_place_and_told_in_a_line(tmp_path: Path) -> None:
    events = tmp_path / "events.ndjson"
    lines = [
        {"Initialize": {"seed": 1}},
        {"NonFatalError": {"value": {"type": "HookExecutionError", "message": f"{BROKEN}\nand more"}, "label": SMS}},
        {"FatalError": {"exception": {"type": "OSError", "message": "disk full"}}},
    ]
    events.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")
    assert [str(error) for error in not_tested(events)] == [f"{SMS}: {BROKEN}", "FatalError: disk full"]
    assert list(not_tested(tmp_path / "none.ndjson")) == []


def test_what_a_guard_left_out_is_known_to_its_like_in_another_process() -> None:
    there = Guard.from_json(plan([SMS]).guard.to_json())
    here = Guard()
    here.take_over(json.loads(there.to_json()))
    assert here.thinned == there.thinned == {SMS}
    assert here.refused == {LIMIT: 1}
