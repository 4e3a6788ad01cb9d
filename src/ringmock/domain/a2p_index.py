"""Sorted lists by which any page of the high-volume store is cut out without looking at what is not on it.

Records are known by their `order`, a number that sorts by time and then by age in the store.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from .pages import CollectionPart

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
    """The order just above the highest of the moment's millisecond. Answers have no smaller unit."""
    return first_order(to_the_millisecond(moment)) + 1000 * _AGES


def older_than(age: timedelta, now: datetime) -> int:
    """The order right above the highest of a record that has this age by now."""
    return first_order(now) - (age // _MICROSECOND - 1) * _AGES


def to_the_millisecond(moment: datetime) -> datetime:
    """The moment in whole milliseconds, as answers show it."""
    return moment - moment.microsecond % 1000 * _MICROSECOND


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

    def merge(self, other: "Index[K]") -> None:
        """Add all that another one has, which is not to be used afterwards."""
        for kind, orders in other._lists.items():
            known = self._lists.get(kind)
            if known is None:
                self._lists[kind] = orders
                continue
            is_newer = orders[0] > known[-1]
            known += orders
            if not is_newer:  # other records arrived meanwhile: two sorted runs, which merge quickly
                known.sort()

    def remove(self, kind: K, order: int) -> None:
        orders = self._lists[kind]
        del orders[bisect_left(orders, order)]

    def kinds(self) -> Iterable[K]:
        return self._lists.keys()

    def part(self, kind: K, low: int, high: int) -> CollectionPart:
        """The records of one kind whose order is at least `low` and below `high`."""
        orders = self._lists.get(kind, [])
        start = bisect_left(orders, low)
        return CollectionPart(orders, start, max(start, bisect_left(orders, high)))

    def count(self, kind: K, low: int, high: int) -> int:
        part = self.part(kind, low, high)
        return part.high - part.low

    def parts(self, low: int, high: int, is_wanted: Callable[[K], bool]) -> Iterator[CollectionPart]:
        """The records of every kind that the filter includes."""
        return (self.part(kind, low, high) for kind in self._lists if is_wanted(kind))
