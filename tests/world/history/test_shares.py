"""Which of several servers has which slots."""

from collections import Counter

import pytest

from ringmock.world.history.shares import assigned, given_away

SLOTS = 64


def owners(*counts: tuple[int | None, int]) -> dict[int, int | None]:
    """Slots of these servers, so many each."""
    found = [number for number, count in counts for _ in range(count)]
    return dict(enumerate(found))


@pytest.mark.parametrize(
    ("before", "living", "after"),
    [
        (owners((None, SLOTS)), [7], {7: 64}),
        (owners((None, SLOTS)), [7, 8, 9], {7: 22, 8: 21, 9: 21}),
        (owners((1, 22), (2, 21), (None, 21)), [1, 2], {1: 32, 2: 32}),
        (owners((1, 32), (None, 32)), [1, 2], {1: 32, 2: 32}),
        (owners((1, 40), (None, 24)), [1, 2], {1: 40, 2: 24}),
        (owners((1, 40), (None, 24)), [2], {1: 40, 2: 24}),
        (owners((None, SLOTS)), [], {}),
    ],
)
def test_what_is_nobodys_goes_to_those_that_have_the_least(
    before: dict[int, int | None], living: list[int], after: dict[int, int]
) -> None:
    new = assigned(before, living)
    assert all(before[slot] is None for slot in new)
    assert Counter(owner for owner in {**before, **new}.values() if owner is not None) == after


@pytest.mark.parametrize(
    ("before", "living", "moved"),
    [
        (owners((1, 64)), [1, 2], 32),
        (owners((1, 32), (2, 32)), [1, 2, 3], 21),
        (owners((1, 22), (2, 21), (3, 21)), [1, 2, 3], 0),
        (owners((1, 21), (2, 22), (3, 21)), [1, 2, 3], 0),
        (owners((1, 64)), list(range(1, 100)), 63),
        (owners((1, 64)), [1], 0),
        (owners((None, 64)), [], 0),
    ],
)
def test_those_that_have_more_than_their_part_give_that_and_no_more(
    before: dict[int, int | None], living: list[int], moved: int
) -> None:
    after = dict(before)
    for number in living:
        for slot, to in given_away(before, number, living):
            assert before[slot] == number
            after[slot] = to
    assert sum(before[slot] != after[slot] for slot in before) == moved
    counts = [Counter(after.values())[number] for number in living]
    assert max(counts, default=0) - min(counts, default=0) <= 1
