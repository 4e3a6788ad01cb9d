"""Cases that change who is in a Department, on a server that has one account for all."""

import pytest

from faults.exchange import Change, Exchange, around, nothing
from ringmock.contract.cases import Case, parse_cases
from ringmock.contract.cases.runner import CaseResult, run_case
from ringmock.contract.target import Target
from ringmock.fixture import load_named
from ringmock.serving.server import build, served
from ringmock.sign_in.worlds import Worlds

DEMO = load_named("demo")
TAKES_103_OUT_AND_PUTS_106_IN = """\
cases:
  - name: The members of Support are others
    keeps: [R-21]
    steps:
      - as: "101"
        when:
          operation: assignMultipleDepartmentMembers
          body:
            items:
              - {departmentId: "1346632200", addedExtensionIds: ["1346632106"], removedExtensionIds: ["1346632103"]}
        then: {status: 204}
      - as: "101"
        when: {operation: readExtension}
        then: {status: 200}
"""
MEMBERS = ("102", "103", "104", "105")


def case(text: str = TAKES_103_OUT_AND_PUTS_106_IN) -> Case:
    (parsed,) = parse_cases(text, "mine.yaml")
    return parsed


def result(changed: Change, text: str = TAKES_103_OUT_AND_PUTS_106_IN) -> tuple[CaseResult, tuple[str, ...]]:
    """What comes of the case at a server with this change, and who is in Support afterwards."""
    worlds = Worlds(DEMO, open_worlds=False)
    with served(around(build(worlds), before=changed)) as url:
        came = run_case(case(text), Target(url, DEMO))
        return came, tuple(worlds.default.account.extensions["200"].members)


def test_whoever_was_a_member_is_one_again_and_nobody_else() -> None:
    came, members = result(nothing)
    assert came.passed
    assert sorted(members) == list(MEMBERS)


def test_so_it_is_after_a_case_that_failed() -> None:
    came, members = result(nothing, TAKES_103_OUT_AND_PUTS_106_IN.replace("status: 200", "status: 400"))
    assert came.failure is not None
    assert [m.differences[0].where for m in came.failure.mismatches] == ["status"]
    assert sorted(members) == list(MEMBERS)


def hides_members(exchange: Exchange) -> None:
    if exchange.resource == "members":
        exchange.refuse(403, "CMN-408")


def test_where_members_cannot_be_read_the_case_is_not_run_and_the_reason_is_reported() -> None:
    came, members = result(hides_members)
    assert came.failure is None
    assert "which could not be put back: the members of 200 cannot be read: 403" in str(came.skipped)
    assert members == MEMBERS


def refuses_103(exchange: Exchange) -> None:
    if b'"addedExtensionIds": ["1346632103"]' in exchange.body:
        exchange.refuse(400, "CMN-101")


def test_a_server_that_was_left_changed_fails_the_case_which_says_so() -> None:
    came, members = result(refuses_103)
    assert came.failure is not None
    ((difference,),) = [mismatch.differences for mismatch in came.failure.mismatches]
    assert (difference.where, difference.expected) == ("members of Departments", "as before the case")
    assert str(difference.actual).startswith("400 ")
    assert "103" not in members


@pytest.mark.parametrize("operation", ["readExtension", "listExtensions"])
def test_nobody_looks_for_members_where_no_case_changes_them(operation: str) -> None:
    calls: list[str] = []
    text = TAKES_103_OUT_AND_PUTS_106_IN[: TAKES_103_OUT_AND_PUTS_106_IN.index("      - as")]
    step = f'      - as: "101"\n        when: {{operation: {operation}}}\n        then: {{status: 200}}\n'
    came, _ = result(lambda exchange: calls.append(exchange.resource), text + step)
    assert came.passed
    assert "members" not in calls
