"""Which of several servers has which slots: about as many each, and no more of them moved than that takes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence


def assigned(owners: Mapping[int, int | None], living: Iterable[int]) -> dict[int, int]:
    """New owners for the slots of nobody, each the one that has the fewest by then; none where nobody lives.

    `owners` are by slot, None for a slot of nobody.
    """
    counts = _counts(owners, living)
    found: dict[int, int] = {}
    for slot in sorted(slot for slot, owner in owners.items() if owner is None):
        if counts:
            found[slot] = min(counts, key=lambda number: (counts[number], number))
            counts[found[slot]] += 1
    return found


def given_away(owners: Mapping[int, int | None], own: int, living: Iterable[int]) -> Sequence[tuple[int, int]]:
    """Which slots the server `own` is to give, and to which of the living; nothing where each has its part.

    All of them work out the same parts: those that have the most keep one more, where the slots do not divide.
    """
    counts = _counts(owners, living)
    least, more = divmod(sum(counts.values()), max(len(counts), 1))
    ordered = sorted(counts, key=lambda number: (-counts[number], number))
    parts = {number: least + (place < more) for place, number in enumerate(ordered)}
    lacking = [number for number in ordered for _ in range(parts[number] - counts[number])]
    over = [(number, slot) for number in ordered for slot in _last(owners, number, counts[number] - parts[number])]
    return [(slot, to) for (number, slot), to in zip(over, lacking, strict=True) if number == own]


def _counts(owners: Mapping[int, int | None], living: Iterable[int]) -> Counter[int]:
    """How many slots each of the living has."""
    counts = Counter(dict.fromkeys(living, 0))
    counts.update(owner for owner in owners.values() if owner is not None and owner in counts)
    return counts


def _last(owners: Mapping[int, int | None], number: int, count: int) -> Sequence[int]:
    """The last slots of one of them."""
    return sorted(slot for slot, owner in owners.items() if owner == number)[-count:] if count > 0 else ()
