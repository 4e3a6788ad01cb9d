"""Wrong servers are caught: each by the case that FAULTS.md names, or by the part of the suite that it names.

What all parts find is told by `python tests/contract/planted_faults.py`. In CI at least one fault of each room is tried
and one that only a slower part catches, which the commit chooses (`RINGMOCK_TURN`); by `.ci/run --full` every fault
that a case catches; elsewhere a few.
"""

import os
from random import Random

import pytest
from starlette.types import Receive, Scope, Send

from faults import FAULTS, Fault
from planted_faults import LIVES, BrokenFault, _cell, catches, is_caught_as_told, read_page
from ringmock.contract.cases import bundled_cases
from ringmock.contract.suite import Run, RunRequest
from ringmock.serving.own_target import own_target
from ringmock.serving.server import build
from ringmock.sign_in.worlds import Worlds

IS_WHOLE = bool(os.environ.get("CI"))
IS_FULL = bool(os.environ.get("RINGMOCK_FULL"))
SEED = 2012 + int(os.environ.get("RINGMOCK_TURN", 0))
TRIED = 30 if IS_WHOLE else 10
ROWS = read_page()


def sample() -> list[str]:
    """The same faults for the same seed, the first of each room before the others."""
    dice = Random(SEED)
    by_cases = [name for name, row in ROWS.items() if row.assigned == "cases" and name in FAULTS]
    dice.shuffle(by_cases)
    first = {FAULTS[name].room: name for name in reversed(by_cases)}.values()
    ordered = list(dict.fromkeys([*first, *by_cases]))
    slower = [name for name in FAULTS if name not in by_cases]
    return [*ordered[: None if IS_FULL else TRIED], *(dice.sample(slower, 1) if IS_WHOLE else ())]


@pytest.mark.parametrize("name", sample())
def test_a_planted_fault_is_caught_by_the_part_that_the_page_names(name: str) -> None:
    assert is_caught_as_told(FAULTS[name], ROWS[name])


def test_a_fault_that_fails_inside_proves_nothing() -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        raise TypeError("there is no such field")

    broken = Fault("broken", "nowhere", "Nothing.", (), lambda template: fails)
    with pytest.raises(BrokenFault, match="there is no such field"):
        catches(broken, ["cases"], {bundled_cases()[0].name})


@pytest.mark.long
def test_the_right_server_is_caught_by_none_of_the_cases_that_catch_the_wrong_ones() -> None:
    """All cases hold at the right server: tests/contract/cases/test_bundled_cases.py."""
    right = Fault("right", "nowhere", "Nothing.", (), lambda template: build(Worlds(template)))
    named = {row.caught["cases"] for row in ROWS.values()}
    assert catches(right, ["cases"], named) == {"cases": LIVES}


QUICK_SHARE = 0.93
"""Of all faults; docs/how-to/test-a-stub.md says it. Most of the others need the other generation, or Schemathesis."""


def test_a_quick_run_has_the_case_that_catches_a_fault_for_as_many_as_the_docs_say() -> None:
    run = Run(RunRequest(is_quick=True, parts=("cases",)), {}, own_target=own_target)
    cases = {_cell(case.name) for errand in run.errands for case in errand.cases}
    caught = [name for name, row in ROWS.items() if row.caught["cases"] in cases]
    assert len(caught) / len(ROWS) >= QUICK_SHARE, sorted(set(ROWS) - set(caught))


def test_the_page_has_every_fault_and_none_of_them_lives() -> None:
    assert [(row.fault, row.says) for row in ROWS.values()] == [(fault.name, fault.says) for fault in FAULTS.values()]
    assert [name for name, row in ROWS.items() if row.lives] == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_in_one_sentence_what_is_wrong(name: str) -> None:
    says = FAULTS[name].says
    assert says.endswith(".")
    assert FAULTS[name].operations
