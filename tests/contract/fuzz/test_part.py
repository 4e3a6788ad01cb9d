"""What Schemathesis does as whom, and what of it runs side by side."""

from dataclasses import replace

import pytest

from ringmock.contract.cases.operation import known_operations
from ringmock.contract.fuzz.engine import PASSES
from ringmock.contract.fuzz.part import SMALLER, _jobs, _lanes
from ringmock.contract.guard import Guard, Limits
from ringmock.contract.options import Options
from ringmock.contract.target import Target
from ringmock.fixture import load_named

WORLDS = Target("http://127.0.0.1:1", load_named("demo"), has_worlds=True)
ALONE = replace(WORLDS, has_worlds=False, is_ringmock=False)


def test_the_first_does_everything_and_others_what_an_extension_does_of_itself() -> None:
    jobs = _jobs(WORLDS, Options())
    assert [(job.identity.number, job.single) for job in jobs] == [
        *(("101", single) for single in PASSES),
        ("200", SMALLER),
        ("106", SMALLER),
    ]
    assert [bool(job.operations) for job in jobs] == [False, False, True, True]
    assert {"createSMSMessage", "listMessages", "createSubscription"} <= set(jobs[2].operations)
    assert not {"readAccountInfo", "getToken"} & set(jobs[2].operations)


@pytest.mark.parametrize(
    ("operations", "of_others"),
    [(("createSMSMessage", "getToken"), [("createSMSMessage",)] * 2), (("getToken",), [])],
)
def test_others_do_what_is_chosen_of_it_and_nothing_where_nothing_is(
    operations: tuple[str, ...], of_others: list[tuple[str, ...]]
) -> None:
    jobs = _jobs(WORLDS, Options(operations=operations))
    assert [job.operations for job in jobs] == [operations, operations, *of_others]


def test_whoever_is_named_does_everything() -> None:
    jobs = _jobs(WORLDS, Options(identities=("101", "200")))
    assert {job.operations for job in jobs} == {()}


@pytest.mark.parametrize(
    ("target", "lanes"),
    [(WORLDS, [1, 3]), (ALONE, [4]), (replace(WORLDS, guard=Guard(Limits(rate="40/m"))), [4])],
    ids=["worlds", "one account", "a limit"],
)
def test_passes_run_side_by_side_where_each_has_a_world_of_its_own(target: Target, lanes: list[int]) -> None:
    jobs = _jobs(target, Options())
    assert [len(lane) for lane in _lanes(jobs, target)] == lanes
    assert [job for lane in _lanes(jobs, target) for job in lane] == jobs


def test_every_operation_of_an_extension_is_known() -> None:
    (_, _, other, _) = _jobs(WORLDS, Options())
    assert set(other.operations) <= set(known_operations())
