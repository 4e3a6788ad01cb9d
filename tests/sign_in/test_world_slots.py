"""Which of several processes has a world."""

from itertools import islice

import pytest

from ringmock.sign_in.world_slots import SLOTS, marked, part, slot_of, slot_of_token

NAMES = [f"test-{number}" for number in range(200)]
NAMES_OF_PLACES = [next(name for name in NAMES if slot_of(name) % 3 == place) for place in range(3)]


@pytest.mark.parametrize("count", [1, 2, 3, 8, 64])
def test_every_world_is_of_one_process(count: int) -> None:
    shares = [part(place, count) for place in range(count)]
    assert all([share.has(name) for share in shares].count(True) == 1 for name in [*NAMES, "", "default"])


@pytest.mark.parametrize("name", ["", "default"])
def test_the_world_of_the_fixture_is_of_the_first(name: str) -> None:
    assert [part(place, 3).has(name) for place in range(3)] == [True, False, False]


@pytest.mark.parametrize("count", [2, 3, 8])
def test_each_has_about_as_many(count: int) -> None:
    found = [sum(part(place, count).has(name) for name in NAMES) for place in range(count)]
    assert min(found) > 0.5 * len(NAMES) / count


def test_a_token_says_the_slot_of_its_world() -> None:
    drawn = "0123456789abcdefghijklmnopqrstuv"
    for slot in range(SLOTS):
        said = marked(drawn, slot)
        assert (slot_of_token(f"AT-{said}"), said[1:], len(said)) == (slot, drawn[1:], 32)


@pytest.mark.parametrize("token", ["", "AT-", "demo-101", "AT-!nonsense"])
def test_what_is_no_token_has_a_slot_too(token: str) -> None:
    assert 0 <= slot_of_token(token) < SLOTS


@pytest.mark.parametrize("name", ["\ud800", "ä", "x" * 1000])
def test_any_text_has_a_slot(name: str) -> None:
    assert 0 <= slot_of(name) < SLOTS


@pytest.mark.parametrize("largest", [0, 1, 2, 7, 8])
def test_no_two_number_their_worlds_alike(largest: int) -> None:
    taken = [
        number for place in range(3) for number in islice(part(place, 3).numbers(NAMES_OF_PLACES[place], largest), 50)
    ]
    assert len(set(taken)) == len(taken)
    assert min(taken) == largest + 1
