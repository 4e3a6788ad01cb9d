"""Sorted lists by which any page of the high-volume store is cut out without looking at what is not on it.

Records are known by their `order`, a number that sorts by time and then by age in the store. A page begins right
below a given order, so what comes in meanwhile moves no page.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)
_AGES = 1 << 40
"""Room for this many records of one microsecond."""


def first_order(moment: datetime) -> int:
    """The lowest order of a record of this moment."""
    return (moment - _EPOCH) // _MICROSECOND * _AGES


def end_of(moment: datetime) -> int:
    """The order right above the highest of the moment's millisecond: no answer tells any smaller part of a second."""
    return first_order(moment - moment.microsecond % 1000 * _MICROSECOND) + 1000 * _AGES


def older_than(age: timedelta, now: datetime) -> int:
    """The order right above the highest of a record that has this age by now."""
    return first_order(now) - (age // _MICROSECOND - 1) * _AGES


def to_the_millisecond(moment: datetime) -> datetime:
    """The moment as answers tell it."""
    return moment - moment.microsecond % 1000 * _MICROSECOND


class Part(NamedTuple):
    """The part `[low, high)` of a sorted list."""

    orders: list[int]
    low: int
    high: int

    def newest_first(self) -> Iterator[int]:
        return (self.orders[place] for place in range(self.high - 1, self.low - 1, -1))

    def oldest_first(self) -> Iterator[int]:
        return (self.orders[place] for place in range(self.low, self.high))


class Index(Generic[K]):
    """Sorted lists of orders, one for each kind of records."""

    __slots__ = ("_lists",)

    def __init__(self) -> None:
        self._lists: dict[K, list[int]] = {}

    def add(self, kind: K, order: int) -> None:
        orders = self._lists.get(kind)
        if orders is None:
            self._lists[kind] = [order]
        elif not orders or order > orders[-1]:
            orders.append(order)
        else:  # a clock that was set back
            insort(orders, order)

    def remove(self, kind: K, order: int) -> None:
        orders = self._lists[kind]
        del orders[bisect_left(orders, order)]

    def kinds(self) -> Iterable[K]:
        return self._lists.keys()

    def part(self, kind: K, low: int, high: int) -> Part:
        """The records of a kind whose order is at least `low` and below `high`."""
        orders = self._lists.get(kind, [])
        start = bisect_left(orders, low)
        return Part(orders, start, max(start, bisect_left(orders, high)))

    def count(self, kind: K, low: int, high: int) -> int:
        part = self.part(kind, low, high)
        return part.high - part.low

    def parts(self, low: int, high: int, is_wanted: Callable[[K], bool]) -> Iterator[Part]:
        """Those of all the kinds that are wanted."""
        return (self.part(kind, low, high) for kind in self._lists if is_wanted(kind))


class Page(NamedTuple):
    """Orders, newest first, and the bounds right below which other pages begin; None for the first page.

    `has_previous` and `has_next`: whether there are such pages, whose bounds are the ones beside it.
    """

    orders: tuple[int, ...]
    has_previous: bool = False
    previous: int | None = None
    has_next: bool = False
    next: int | None = None


def page_below(
    parts_between: Callable[[int, int], Iterable[Part]], low: int, high: int, before: int | None, size: int
) -> Page:
    """The page of `size` that begins right below `before`, of what lies from `low` to below `high`.

    `parts_between(low, high)` are the lists to cut it out of; a record may be in several of them.
    """
    top = high if before is None else min(high, before)
    newest_first = (part.newest_first() for part in parts_between(low, top))
    found = tuple(islice(_each_once(merge(*newest_first, reverse=True)), size + 1))
    orders, has_next = found[:size], len(found) > size
    newer: tuple[int, ...] = ()
    if top < high:
        oldest_first = (part.oldest_first() for part in parts_between(max(low, top), high))
        newer = tuple(islice(_each_once(merge(*oldest_first)), size + 1))
    return Page(
        orders,
        has_previous=bool(newer),
        # The page before is the first one where it takes all that is left.
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
