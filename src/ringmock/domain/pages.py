"""Pages of lists that have no page numbers.

A page begins below a given order, the number that records are sorted by, so new records move no page.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import NamedTuple


class CollectionPart(NamedTuple):
    """The part `[low, high)` of a sorted list."""

    orders: Sequence[int]
    low: int
    high: int

    def newest_first(self) -> Iterator[int]:
        return (self.orders[place] for place in range(self.high - 1, self.low - 1, -1))

    def oldest_first(self) -> Iterator[int]:
        return (self.orders[place] for place in range(self.low, self.high))


class CollectionPage(NamedTuple):
    """Orders, newest first, and the bounds below which the adjacent pages begin; None for the first page.

    `has_previous` and `has_next`: whether there are such pages.
    """

    orders: tuple[int, ...]
    has_previous: bool = False
    previous: int | None = None
    has_next: bool = False
    next: int | None = None


def page_below(
    parts_between: Callable[[int, int], Iterable[CollectionPart]], low: int, high: int, before: int | None, size: int
) -> CollectionPage:
    """The page of `size` that begins below `before`, within the orders from `low` to below `high`.

    `parts_between(low, high)` are the lists to read; a record may be in several of them.
    """
    top = high if before is None else min(high, before)
    newest_first = (part.newest_first() for part in parts_between(low, top))
    found = tuple(islice(_each_once(merge(*newest_first, reverse=True)), size + 1))
    orders, has_next = found[:size], len(found) > size
    newer: tuple[int, ...] = ()
    if top < high:
        oldest_first = (part.oldest_first() for part in parts_between(max(low, top), high))
        newer = tuple(islice(_each_once(merge(*oldest_first)), size + 1))
    return CollectionPage(
        orders,
        has_previous=bool(newer),
        # the page before is the first one when it takes all remaining records
        previous=newer[size - 1] + 1 if len(newer) > size else None,
        has_next=has_next,
        next=orders[-1] if has_next else None,
    )


def _each_once(orders: Iterable[int]) -> Iterator[int]:
    last = None
    for order in orders:
        if order != last:
            yield order
        last = order
