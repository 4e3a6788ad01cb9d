"""What there is to exercise, and how a run's share of it is told."""

import pytest

from ringmock.coverage.exercised import Exercised, NotCoverageCounts
from ringmock.coverage.items import Coverage, CoverageItem, Dimension, coverage, coverage_items
from ringmock.coverage.observation import Observation, Problem
from ringmock.domain.rulebook import DECISIONS, RULEBOOK

SMS = "createSMSMessage"


def names(coverage: Coverage) -> set[str]:
    return {item.name for item in coverage.missing}


def item(name: str, key: str, *, in_traffic: bool = True, generation: str | None = None) -> CoverageItem:
    return CoverageItem(Dimension.RULES, name, "says", (key,), ("shows",), in_traffic=in_traffic, generation=generation)


def test_every_rule_and_decision_has_its_place() -> None:
    named = {item.name for item in coverage_items() if item.dimension in (Dimension.RULES, Dimension.DECISIONS)}
    assert named == {one.id for one in (*RULEBOOK, *DECISIONS)}


def test_every_rule_and_decision_of_the_source_page_has_a_sign() -> None:
    known = [f"R-{number:02}" for number in range(1, 25)] + [f"D-{number:02}" for number in range(1, 12)]
    assert not [item.name for item in coverage_items() if item.name in known and not item.keys]


def test_a_call_that_was_refused_exercises_its_operation_status_and_code_and_no_other() -> None:
    before = names(coverage(Exercised(by_record=True)))
    exercised = Exercised(by_record=True)
    exercised.note(Observation(SMS, 400, (Problem("MSG-245", "from"),), {"text": "a"}))
    after = names(coverage(exercised))
    assert before - after == {SMS, f"{SMS} 400", f"{SMS} 400 MSG-245", "R-12"}


def test_a_code_that_was_never_met_is_missing() -> None:
    exercised = Exercised(by_record=True)
    exercised.note(Observation(SMS, 400, (Problem("MSG-245", "from"),)))
    assert f"{SMS} 400 MSG-246" in names(coverage(exercised))


def test_a_code_under_another_status_than_documented_is_reported_and_counts_for_nothing() -> None:
    exercised = Exercised(by_record=True)
    exercised.note(Observation(SMS, 409, (Problem("MSG-245"),)))
    found = coverage(exercised)
    assert found.undocumented == (f"{SMS} 409 MSG-245",)
    assert f"{SMS} 400 MSG-245" in names(found)


def test_what_traffic_cannot_show_is_neither_met_nor_missing_without_the_servers_record() -> None:
    items = [item("R-1", "one"), item("R-2", "two", in_traffic=False)]
    by_traffic, by_record = Exercised(), Exercised(by_record=True)
    assert [one.name for one in Coverage(by_traffic, items).hidden] == ["R-2"]
    assert Coverage(by_traffic, items).total == (0, 1)
    assert [one.name for one in Coverage(by_record, items).hidden] == []
    assert Coverage(by_record, items).total == (0, 2)


def test_a_rule_without_any_sign_is_never_counted() -> None:
    nothing = CoverageItem(Dimension.RULES, "R-3", "says", ())
    found = Coverage(Exercised(by_record=True), [nothing])
    assert (found.total, found.hidden) == ((0, 0), (nothing,))


@pytest.mark.parametrize(
    ("answered", "asked", "counted"),
    [
        ({"2012"}, (), {"2012"}),
        ({"current"}, (), {"current"}),
        ({"2012"}, ("2012", "current"), {"2012", "current"}),
        (set(), (), {"2012"}),
    ],
)
def test_only_generations_that_a_run_was_answered_in_count_unless_others_are_asked_for(
    answered: set[str], asked: tuple[str, ...], counted: set[str]
) -> None:
    found = coverage(Exercised(generations=answered, by_record=True), asked)
    assert {item.generation for item in found.missing if item.generation} == counted


@pytest.mark.parametrize(
    ("exercised", "total", "percent"), [(1, 3, 33.3), (2, 3, 66.6), (999, 1000, 99.9), (3, 3, 100.0)]
)
def test_a_figure_is_rounded_down_so_that_100_is_all_of_it(exercised: int, total: int, percent: float) -> None:
    items = [item(f"R-{number}", f"key {number}") for number in range(total)]
    run = Exercised()
    run.seen.update(f"key {number}" for number in range(exercised))
    assert Coverage(run, items).total.percent == percent


def test_the_operations_share_is_of_its_own_statuses_and_codes() -> None:
    exercised = Exercised(by_record=True)
    exercised.note(Observation("readAPIVersion", 200))
    share = coverage(exercised).of_operation("readAPIVersion")
    assert (share.exercised, share.total) == (2, 4)


def test_a_tally_survives_json_and_adds_up() -> None:
    one, other = Exercised(by_record=True), Exercised()
    one.note(Observation("readAPIVersion", 200, generation="current"))
    other.note(Observation("readAPIVersion", 404, (Problem("CMN-120"),)))
    both = Exercised.sum([Exercised.from_json(one.to_json()), Exercised.from_json(other.to_json())])
    assert both.seen["readAPIVersion"] == 2
    assert both.seen["readAPIVersion 404 CMN-120"] == 1
    assert (both.by_record, both.generations) == (True, {"current"})


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"format": "another"},
        {"format": "ringmock-coverage-1", "by_record": True, "generations": [], "seen": {"a": "1"}},
        {"format": "ringmock-coverage-1", "by_record": True, "generations": [], "seen": {"a": 0}},
        {"format": "ringmock-coverage-1", "by_record": 1, "generations": [], "seen": {}},
        {"format": "ringmock-coverage-1", "by_record": True, "generations": "2012", "seen": {}},
    ],
)
def test_other_json_is_no_tally(data: object) -> None:
    with pytest.raises(NotCoverageCounts):
        Exercised.from_json(data)
