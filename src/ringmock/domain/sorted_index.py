"""Sorted lists by kind, oldest first, of which any page is found without reading what is not on it."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from sortedcontainers import SortedList

K = TypeVar("K", bound=Hashable)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_AGES = 1 << 40
"""Room for this many records of one millisecond."""


def first_order(moment: datetime) -> int:
    """The lowest order of a record that was created at this moment, to the millisecond."""
    return (moment - _EPOCH) // _MILLISECOND * _AGES


def end_of(moment: datetime) -> int:
    """The order just above the highest of the moment's millisecond."""
    return first_order(moment) + _AGES


class OrderPage(NamedTuple):
    """Orders of one page, oldest first, and how many there are on all pages."""

    orders: Sequence[int]
    total: int


class Part(NamedTuple):
    """The part `[low, high)` of a sorted list."""

    orders: "SortedList[int]"
    low: int
    high: int

    def below(self, order: int) -> int:
        """How many of it are below an order."""
        return min(max(self.orders.bisect_left(order), self.low), self.high) - self.low

    def oldest_first(self) -> Iterator[int]:
        return iter(self.orders.islice(self.low, self.high))

    def newest_first(self) -> Iterator[int]:
        return iter(self.orders.islice(self.low, self.high, reverse=True))


class SortedIndex(Generic[K]):
    """The orders of records, by kind. An order is a number that sorts by time, then by age in the store."""

    __slots__ = ("_lists",)

    def __init__(self) -> None:
        self._lists: dict[K, SortedList[int]] = {}

    def add(self, kind: K, order: int) -> None:
        orders = self._lists.get(kind)
        if orders is None:
            orders = self._lists[kind] = SortedList()
        orders.add(order)

    def remove(self, kind: K, order: int) -> None:
        self._lists[kind].remove(order)

    def parts(self, low: int, high: int, is_wanted: Callable[[K], bool]) -> Iterator[Part]:
        """Of each wanted kind, the records whose order is at least `low` and below `high`; no empty ones."""
        for kind, orders in self._lists.items():
            if is_wanted(kind):
                start, end = orders.bisect_left(low), orders.bisect_left(high)
                if start < end:
                    yield Part(orders, start, end)


def page_of(parts: Iterable[Part], page: int, per_page: int) -> OrderPage:
    """One page, counted from 1, of several lists as if they were one."""
    found = list(parts)
    total = sum(part.high - part.low for part in found)
    offset = (page - 1) * per_page
    if offset >= total:
        return OrderPage((), total)
    if offset:
        start = _order_at(found, offset)
        found = [part._replace(low=part.low + part.below(start)) for part in found]
    return OrderPage(tuple(islice(merge(*(part.oldest_first() for part in found)), per_page)), total)


def _order_at(parts: Sequence[Part], place: int) -> int:
    """The order with `place` others before it."""
    low = min(part.orders[part.low] for part in parts)
    high = max(part.orders[part.high - 1] for part in parts)
    while low < high:
        middle = (low + high + 1) // 2
        if sum(part.below(middle) for part in parts) <= place:
            low = middle
        else:
            high = middle - 1
    return low
