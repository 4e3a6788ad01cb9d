from datetime import timedelta

import pytest

from builders import START
from ringmock.domain.agenda import Agenda


def after(seconds: float):
    return START + timedelta(seconds=seconds)


def taken(agenda: Agenda[str], seconds: float) -> list[tuple[float, list[str]]]:
    return [((at - START).total_seconds(), list(things)) for at, things in agenda.due(after(seconds), 1000)]


def test_things_come_in_the_order_of_their_times_and_together_at_the_same_one() -> None:
    agenda: Agenda[str] = Agenda()
    for thing, seconds in (("c", 2), ("a", 1), ("d", 2), ("e", 3)):
        agenda.schedule(thing, after(seconds))
    assert agenda.next == after(1)
    assert taken(agenda, 2) == [(1, ["a"]), (2, ["c", "d"])]
    assert (len(agenda), agenda.next) == (1, after(3))
    assert taken(agenda, 2.9) == []


@pytest.mark.parametrize("at", [after(5), None])
def test_a_thing_is_due_once_and_can_be_taken_off(at) -> None:
    agenda: Agenda[str] = Agenda()
    for _ in range(1000):
        agenda.schedule("a", after(1))
    agenda.schedule("a", at)
    assert taken(agenda, 4) == []
    assert len(agenda) == (at is not None)


def test_what_is_put_in_meanwhile_comes_in_its_turn() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.schedule("a", after(1))
    told = []
    for at, things in agenda.due(after(3), 1000):
        told.append((at, *things))
        if len(told) < 5:
            agenda.schedule("a", at + timedelta(seconds=1))
    assert told == [(after(seconds), "a") for seconds in (1, 2, 3)]
    assert agenda.next == after(4)


def test_only_what_comes_before_all_the_rest_is_said_to_be_sooner() -> None:
    said: list[str] = []
    agenda: Agenda[str] = Agenda(lambda: said.append("sooner"))
    for thing, seconds in (("a", 2), ("b", 3), ("c", 2), ("d", 1)):
        agenda.schedule(thing, after(seconds))
    assert len(said) == 2


@pytest.mark.parametrize(("most", "taken"), [(2, ["a", "b"]), (3, ["a", "b", "c"]), (4, ["a", "b", "c"])])
def test_no_more_is_taken_out_than_is_asked_for_and_the_rest_stays_due(most: int, taken: list[str]) -> None:
    agenda: Agenda[str] = Agenda()
    for name in "abc":
        agenda.schedule(name, after(1))

    assert [name for _, names in agenda.due(after(1), most) for name in names] == taken
    assert agenda.next == (after(1) if len(taken) < 3 else None)
