"""What Schemathesis does as whom, what of it runs side by side, and what accounts of every make it is grounded in."""

from dataclasses import replace
from pathlib import Path

import pytest

from ringmock.contract.cases.operation import known_operations
from ringmock.contract.findings import Verdict
from ringmock.contract.fuzz.engine import PASSES
from ringmock.contract.fuzz.grounding import grounding
from ringmock.contract.fuzz.part import QUICK, SMALLER, _jobs, _lanes, run
from ringmock.contract.guard import Guard, Limits
from ringmock.contract.options import Options
from ringmock.contract.target import Target
from ringmock.domain.account import calling_code, digits_of
from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_fixture, load_named
from ringmock.serving.own_target import own_target

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


ACCOUNTS = Path(__file__).parents[1] / "cases" / "accounts"
MAKES = [(account, generation) for account in ("international", "overseas") for generation in GENERATIONS]


@pytest.mark.parametrize(("account", "generation"), MAKES)
def test_an_account_of_any_country_has_someone_to_send_to_and_someone_who_is_abroad(
    account: str, generation: str
) -> None:
    template = load_fixture(ACCOUNTS / f"{account}.yaml", generation=generation)
    home = calling_code(digits_of(template.account.main_number))
    for extension in template.account.extensions:
        seen = grounding(template, extension, "")
        assert calling_code(seen.abroad) != home
        assert {calling_code(number) for numbers in seen.sms_to for number in numbers} == {home}
        assert all(seen.sms_to_refused)


@pytest.mark.parametrize(("account", "generation"), MAKES)
def test_on_accounts_of_another_make_every_documented_refusal_is_met_too(account: str, generation: str) -> None:
    with own_target(load_fixture(ACCOUNTS / f"{account}.yaml", generation=generation)) as target:
        found = list(run(target, Options(is_quick=True)))
    assert [finding.detail for finding in found if finding.failed] == []
    assert sum(finding.verdict is Verdict.PASSED for finding in found) > 1


ALONE = Path(__file__).parent / "accounts" / "alone.yaml"
ABOUT_OTHERS = (
    "assignMultipleDepartmentMembers",
    "bulkAssignSmsRecipients",
    "createInternalTextMessage",
    "readCallQueueInfo",
    "readExtension",
)


@pytest.mark.parametrize("file", [ALONE, ACCOUNTS / "pagers.yaml"], ids=["of one user", "without a Department"])
def test_operations_about_others_are_fuzzed_where_there_are_none(file: Path) -> None:
    with own_target(load_fixture(file)) as target:
        found = list(run(target, Options(operations=ABOUT_OTHERS, examples=20)))
    assert [finding.detail for finding in found if finding.failed] == []


@pytest.mark.parametrize("generation", GENERATIONS)
def test_where_nobody_sends_sms_that_is_why_the_refusals_of_sending_are_not_looked_for(generation: str) -> None:
    template = load_fixture(ACCOUNTS / "pagers.yaml", generation=generation)
    assert grounding(template, "7", "").sms_to == [["61255501234"]]
    with own_target(template) as target:
        found = list(run(target, Options(is_quick=True)))
    assert not [finding for finding in found if finding.failed]
    assert {finding.detail for finding in found if finding.verdict is Verdict.SKIPPED} == {
        "no User that can sign in has a phone number with SmsSender",
        QUICK,
    }
