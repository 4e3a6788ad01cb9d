"""The cheapest tests to add: they do what they promise, and the cheapest come first."""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ringmock.contract.cases import Case, parse_cases
from ringmock.contract.cases.report import failure_report
from ringmock.contract.cases.runner import run_case
from ringmock.contract.suggestions import SHOWN_BY, Candidate, candidates, cheapest, curl_of, text_of
from ringmock.coverage.collector import CoverageCollector
from ringmock.coverage.exercised import Exercised
from ringmock.coverage.items import Coverage, CoverageItem, Dimension, coverage, coverage_items
from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_named
from ringmock.serving.own_target import OwnTarget
from ringmock.serving.server import build, serving
from ringmock.sign_in.worlds import Worlds

Run = Callable[[Candidate], Exercised]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """What a case exercises by the record of a server of its generation; fails when the case does."""
    targets: dict[str, tuple[OwnTarget, CoverageCollector]] = {}
    with ExitStack() as servers:
        for name in GENERATIONS:
            template, collector = load_named("demo", generation=name), CoverageCollector()
            worlds = Worlds(template)
            url, server = servers.enter_context(serving(build(worlds, collector=collector)))
            targets[name] = OwnTarget(url, template, has_worlds=True, worlds=worlds, server=server), collector

        def run_one(candidate: Candidate) -> Exercised:
            target, collector = targets[candidate.case.generation or "2012"]
            collector.start()
            result = run_case(candidate.case, target)
            if result.failure is not None:
                pytest.fail(failure_report(candidate.case, result.failure), pytrace=False)
            # By the thread that counts: the last call may be answered before it is counted.
            return target.server.do(lambda: collector.exercised) or Exercised()

        yield run_one


def test_every_case_that_shows_more_than_it_expects_is_there() -> None:
    assert set(SHOWN_BY) <= {candidate.case.name for candidate in candidates()}


def test_what_is_chosen_is_missing_and_no_longer_so_afterwards(run: Run) -> None:
    by_name = {candidate.case.name: candidate for candidate in candidates()}
    exercised = Exercised(by_record=True, generations={"2012"})
    before = coverage(exercised)
    chosen = cheapest(before)
    assert len(chosen) == 3
    for suggestion in chosen:
        assert suggestion.items
        exercised.add(run(by_name[suggestion.name]))
    after = {item.name for item in coverage(exercised).missing}
    assert not {item.name for suggestion in chosen for item in suggestion.items} & after


def test_the_one_thing_missing_is_reached_by_the_fewest_calls() -> None:
    exercised = Exercised(by_record=True, generations={"2012"})
    exercised.seen.update(key for item in coverage_items() for key in item.keys)
    del exercised.seen["createSMSMessage 400 MSG-246"]
    (suggestion,) = cheapest(coverage(exercised))
    assert suggestion.calls == min(c.calls for c in candidates() if "createSMSMessage 400 MSG-246" in c.keys)
    assert [item.name for item in suggestion.items] == ["createSMSMessage 400 MSG-246"]


def test_a_suggestion_is_near_what_the_suite_does_and_no_refusal_of_what_it_never_calls() -> None:
    exercised = Exercised(by_record=True, generations={"2012"})
    exercised.seen.update(["createSMSMessage", "createSMSMessage 200", "listMessages", "listMessages 200"])
    by_name = {candidate.case.name: candidate for candidate in candidates()}
    for suggestion in cheapest(coverage(exercised), count=20):
        assert by_name[suggestion.name].operations <= {"createSMSMessage", "listMessages"}


def test_a_suggestion_beyond_what_the_suite_calls_begins_with_an_accepted_call() -> None:
    exercised = Exercised(by_record=True, generations={"2012"})
    near = {key for item in coverage_items() if item.operation in ("listMessages", None) for key in item.keys}
    exercised.seen.update(near)
    by_name = {candidate.case.name: candidate for candidate in candidates()}
    for suggestion in cheapest(coverage(exercised), count=20):
        candidate = by_name[suggestion.name]
        new = candidate.operations - {"listMessages"}
        assert new
        assert all(any(key.startswith(f"{name} 2") for key in candidate.keys) for name in new)


def test_of_two_cases_for_as_much_the_one_with_fewer_calls_is_chosen_and_of_more_gain_before_both() -> None:
    exercised = Exercised(by_record=True, generations={"2012"})
    chosen = cheapest(coverage(exercised), count=20)
    costs = [suggestion.cost for suggestion in chosen]
    assert costs == sorted(costs)


def test_nothing_is_suggested_where_nothing_is_missing_or_no_case_helps() -> None:
    exercised = Exercised(by_record=True, generations={"2012"})
    exercised.seen.update(key for item in coverage_items() for key in item.keys)
    assert cheapest(coverage(exercised)) == ()
    unknown = CoverageItem(Dimension.CODES, "createSMSMessage 400 NEW-1", "", ("createSMSMessage 400 NEW-1",))
    assert cheapest(Coverage(exercised, [unknown])) == ()


def test_a_case_of_a_generation_that_does_not_count_is_not_suggested() -> None:
    only_2012 = cheapest(coverage(Exercised(by_record=True, generations={"2012"})), count=400)
    assert {suggestion.generation for suggestion in only_2012} == {"2012"}


def test_the_text_of_a_case_is_the_case() -> None:
    for case in (candidate.case for candidate in candidates() if candidate.case.is_first):
        (again,) = parse_cases("cases:\n" + textwrap.indent(text_of(case), "  "))
        assert_same(case, again)


def assert_same(case: Case, again: Case) -> None:
    assert (again.name, again.keeps, again.given, again.generation) == (
        case.name,
        case.keeps,
        case.given,
        case.generation,
    )
    said = [(step.caller, step.when, step.then, step.change, step.keep) for step in again.steps]
    assert said == [(step.caller, step.when, step.then, step.change, step.keep) for step in case.steps]


def test_a_case_of_one_call_has_a_curl_and_one_of_several_has_none() -> None:
    by_name = {candidate.case.name: candidate.case for candidate in candidates()}
    line = curl_of(by_name["listMessages is refused when its path names nothing"])
    assert line == (
        "curl -i -X GET 'http://127.0.0.1:8080/restapi/v1.0/account/~%0A/extension/~/message-store'"
        " -H 'Authorization: Bearer demo-101'"
    )
    assert curl_of(by_name["A reply reaches the participants of the thread and stays in it"]) is None
