"""The scheduled events of a world, sorted by the time at which each is due."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import count, islice
from sys import maxsize
from typing import Generic, TypeVar

from sortedcontainers import SortedDict

from .due import Due

_T = TypeVar("_T")


class Timer:
    """A scheduled item with its own callback."""

    def __init__(
        self, callback: Callable[[datetime], datetime | None], event: Callable[[datetime], Due | None] = lambda _: None
    ) -> None:
        """Called with the time at which the item was due. Returns when it is due again, None for never.

        `event` says what happens when it is due at a time, which may turn out to be later; None for no event.
        """
        self._callback = callback
        self._event = event

    def callback(self, at: datetime) -> datetime | None:
        """Let it happen; when it is due again, None for never."""
        return self._callback(at)

    def event(self, at: datetime) -> Due | None:
        """What happens when it is due at this time; None for no event."""
        return self._event(at)


class Agenda(Generic[_T]):
    """Scheduled items, each with one time. Items are distinguished by their hash."""

    def __init__(self, sooner: Callable[[], None] | None = None) -> None:
        """`sooner` is called when something is due before all that was known."""
        self._sooner = sooner
        self._ages = count()
        self._things: SortedDict[tuple[datetime, int], _T] = SortedDict()
        self._places: dict[_T, tuple[datetime, int]] = {}

    def __len__(self) -> int:
        return len(self._things)

    def when(self, thing: _T) -> datetime | None:
        """When it is due; None for what is not."""
        place = self._places.get(thing)
        return None if place is None else place[0]

    def upcoming(self, most: int) -> list[tuple[datetime, _T]]:
        """What is due first, and when; `most` things."""
        return [(at, thing) for (at, _), thing in islice(self._things.items(), most)]

    def at(self, moment: datetime) -> list[_T]:
        """What is due at this moment."""
        return [self._things[place] for place in self._things.irange((moment, 0), (moment, maxsize))]

    @property
    def next(self) -> datetime | None:
        """When the first thing is due."""
        return self._things.peekitem(0)[0][0] if self._things else None

    def schedule(self, thing: _T, at: datetime | None) -> None:
        """Make it due at this time and no other; None for not at all."""
        place = self._places.pop(thing, None)
        if place is not None:
            del self._things[place]
        if at is None:
            return
        self._places[thing] = at, next(self._ages)
        self._things[self._places[thing]] = thing
        if self._sooner is not None and self._things.peekitem(0)[1] is thing:
            self._sooner()

    def due(self, now: datetime, most: int) -> Iterator[tuple[datetime, Sequence[_T]]]:
        """Remove what is due by now, the earliest first; `most` items in all. Items of the same time come together.

        An item that is added meanwhile is included when it is due by now.
        """
        while self._things and most:
            at = self._things.peekitem(0)[0][0]
            if at > now:
                return
            things: list[_T] = []
            while most and self._things and self._things.peekitem(0)[0][0] == at:
                things.append(self._things.popitem(0)[1])
                del self._places[things[-1]]
                most -= 1
            yield at, things
