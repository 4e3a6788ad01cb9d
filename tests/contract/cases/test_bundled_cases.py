"""The contract cases against a real server, and what they exercise."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from weakref import WeakSet

import pytest

from history_of import differences, in_turn
from ringmock.contract.cases import Case, bundled_case_files, bundled_cases
from ringmock.contract.cases.homes import homes_of
from ringmock.contract.cases.report import failure_report
from ringmock.contract.cases.runner import run_case
from ringmock.contract.cases.shapes import WRITTEN
from ringmock.contract.suggestions import candidates
from ringmock.contract.target import Target
from ringmock.coverage.collector import CoverageCollector
from ringmock.coverage.exercised import Exercised
from ringmock.coverage.items import coverage
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.rulebook import DECISIONS, RULEBOOK
from ringmock.fixture import load_named
from ringmock.openapi.document import load_contract, operations
from ringmock.serving.own_target import OwnTarget, own_target
from ringmock.world.world import World

OUT_OF_REACH: Mapping[str, str] = {}
"""What no case can exercise, by its name in a report of coverage, and why not."""

CASES = bundled_cases()
SENDING = ("createSMSMessage", "createMMS", "createInternalTextMessage")
SUBSCRIPTIONS = ("createSubscription", "updateSubscription")
MESSAGE_STORE = (
    "listMessages",
    "deleteMessageByFilter",
    "readMessage",
    "updateMessage",
    "patchMessage",
    "deleteMessage",
    "readMessageContent",
    "syncMessages",
)


def test_the_server_keeps_every_case_and_together_they_exercise_all_that_there_is() -> None:
    """One test, since a run of all of them takes as long as starting one for each."""
    broken, total = [], Exercised(by_record=True)
    promised = {candidate.case.name: candidate.keys for candidate in candidates()}
    for case, target, collector in on_their_servers():
        collector.start()
        result = run_case(case, target)
        broken += not_rebuilt(case, target)
        exercised = counted(target, collector)
        total.add(exercised)
        if result.failure is not None or result.skipped is not None:
            told = failure_report(case, result.failure) if result.failure else f"{case.name}: {result.skipped}"
            broken.append(f"{target.generation}: {told}")
        elif target.generation == (case.generation or WRITTEN):
            unmet = promised.get(case.name, frozenset()) - exercised.seen.keys()
            broken += [f"{case.name} does not exercise {sorted(unmet)}"] if unmet else []
    if broken:
        pytest.fail("\n\n".join(broken), pytrace=False)
    found = coverage(total, GENERATIONS)
    assert {item.name for item in found.missing} == set(OUT_OF_REACH)
    assert found.undocumented == ()


def not_rebuilt(case: Case, target: Target) -> list[str]:
    """How the worlds that a case has opened differ from what their histories make: nothing changes past those."""
    assert isinstance(target, OwnTarget)
    worlds, ways = target.worlds, in_turn(case.name)

    def look() -> list[str]:
        new = [(name, world) for name, world in worlds.all_worlds() if world not in REBUILT]
        REBUILT.update(world for _, world in new)
        found = (differences(worlds, world, ways) for _, world in new)
        return [f"{case.name}, rebuilt: " + "\n".join(each) for each in found if each]

    return target.server.do(look)


REBUILT: WeakSet[World] = WeakSet()


def counted(target: Target, collector: CoverageCollector) -> Exercised:
    """What was counted, by the thread that counts: the last call may be answered before it is."""
    assert target.server is not None
    return target.server.do(lambda: collector.exercised) or Exercised()


def on_their_servers() -> Iterator[tuple[Case, Target, CoverageCollector]]:
    """Every case with a server of its account and of each generation that it holds in, and what counts there.

    What holds for every operation alike is tried on one of them in all generations but the first.
    """
    with ExitStack() as stack:
        for generation in GENERATIONS:
            accounts = [load_named(name, generation=generation) for name in ("demo", "carriers", "source-page")]
            about = [case for case in CASES if case.holds_in(generation)]
            about = [case for case in about if case.is_first or generation == WRITTEN or case.generation]
            for template, cases in homes_of(about, accounts):
                collector = CoverageCollector()
                target = stack.enter_context(own_target(template, collector=collector))
                yield from ((case, target, collector) for case in cases)


@pytest.mark.parametrize("identity", [rule.id for rule in RULEBOOK] + [made.id for made in DECISIONS])
def test_every_rule_and_decision_has_a_case(identity: str) -> None:
    assert any(identity in case.keeps for case in CASES)


@pytest.mark.parametrize("account", [None, "demo", "source-page"])
def test_as_many_cases_hold_in_one_generation_as_in_another(account: str | None) -> None:
    """Of all accounts, and of each but the one that is there for what the carriers of today do."""
    about = [case for case in CASES if account in (None, case.account)]
    counts = [sum(case.holds_in(name) for case in about) for name in GENERATIONS]
    assert min(counts) >= 0.95 * max(counts)


def test_what_only_one_generation_does_has_a_case_that_names_it() -> None:
    assert {case.generation for case in CASES} == {None, *GENERATIONS}


def test_every_error_code_that_a_case_expects_is_one_that_it_says_to_keep() -> None:
    missing = [(case.name, code) for case in CASES for _, code in expected_codes(case) if code not in case.keeps]
    assert not missing


@pytest.mark.parametrize("operation", SENDING)
def test_every_error_code_of_a_sending_has_a_case(operation: str) -> None:
    expected = {code for case in CASES for called, code in expected_codes(case) if called == operation}
    unreached = declared_codes(operation, but="401") - expected
    assert not unreached


def test_every_error_code_of_the_message_store_has_a_case() -> None:
    expected = {code for case in CASES for called, code in expected_codes(case) if called in MESSAGE_STORE}
    unreached = set().union(*(declared_codes(operation, but="401") for operation in MESSAGE_STORE)) - expected
    assert not unreached


def test_every_error_code_of_subscriptions_has_a_case() -> None:
    expected = {code for case in CASES for called, code in expected_codes(case) if called in SUBSCRIPTIONS}
    declared = set().union(*(declared_codes(operation) for operation in SUBSCRIPTIONS))
    assert {code for code in declared if code.startswith("SUB-")} <= expected


def test_every_error_code_of_a_refused_token_has_a_case() -> None:
    expected = {code for case in CASES for _, code in expected_codes(case)}
    assert not declared_codes("listMessages") - declared_codes("listMessages", but="401") - expected


@pytest.mark.parametrize("operation", ["authorize", "authorize2", "getToken", "revokeToken"])
def test_every_error_code_of_signing_in_has_a_case(operation: str) -> None:
    expected = {code for case in CASES for _, code in expected_codes(case)}
    assert not {code for code in declared_codes(operation) if code.startswith("OAU")} - expected


def expected_codes(case: Case) -> Iterator[tuple[str | None, str]]:
    """Operation and error code of every refusal that a case expects."""
    for step in case.steps:
        if step.when is not None and "error" in step.then:
            yield step.when.get("operation"), step.then["error"]
        elif step.when is not None:
            for error in (step.then.get("exact") or {}).get("errors", ()):
                yield step.when.get("operation"), error["errorCode"]


def declared_codes(operation_id: str, but: str | None = None) -> set[str]:
    """The error codes that the contract declares for an operation, less those of one status."""
    contract = load_contract()
    found = next(found for _, _, found in operations(contract) if found["operationId"] == operation_id)
    codes: set[str] = set()
    for status, response in found["responses"].items():
        name = response.get("$ref", "").rpartition("/")[2]
        declared = contract["components"]["responses"][name] if name else response
        codes |= set(declared.get("x-error-codes", ())) if status != but else set()
    return codes


def test_the_bundled_cases_are_those_of_the_repository() -> None:
    folder = Path(__file__).parents[3] / "fixtures" / "cases"
    assert [path.name for path in bundled_case_files()] == sorted(path.name for path in folder.glob("*.yaml"))
