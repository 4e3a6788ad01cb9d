"""The clock of one world: the real time, moved or stopped as a test likes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from .template import ClockStart

LAST = datetime.max.replace(tzinfo=UTC)
"""The last moment that there is; clocks stand still there."""

RealTime = Callable[[], datetime]
"""Tells the real time, aware UTC."""


def real_time() -> datetime:
    """The real time, aware UTC."""
    return datetime.now(UTC)


class WorldClock:
    """A `Clock` that can be set, advanced and frozen; it runs at the pace of the real time otherwise."""

    def __init__(self, start: ClockStart, real_time: RealTime, moved: Callable[[], None] = lambda: None) -> None:
        """`moved` is called whenever the clock is set, stopped or let go on."""
        self._real_time = real_time
        self._moved: Callable[[], None] = lambda: None
        self.set(start.now or real_time(), frozen=start.frozen)
        self._moved = moved

    @property
    def is_frozen(self) -> bool:
        return self._stands_at is not None

    def now(self) -> datetime:
        """Aware UTC."""
        if self._stands_at is not None:
            return self._stands_at
        try:
            return self._real_time() + self._offset
        except OverflowError:  # it was set to the end of all time, and has come there
            return LAST

    def set(self, now: datetime, *, frozen: bool) -> None:
        """Move to `now` (aware), and stand still there or go on from there."""
        now = now.astimezone(UTC)
        self._offset = now - self._real_time()
        self._stands_at = now if frozen else None
        self._moved()

    def advance(self, by: timedelta) -> None:
        """Move forward, or back; raises `OverflowError` beyond the years 1 to 9999."""
        self.set(self.now() + by, frozen=self.is_frozen)

    def tell_nobody(self) -> None:
        """Forget who is told when it is moved."""
        self._moved = lambda: None
