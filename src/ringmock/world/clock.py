"""The clock of one world: the real time, moved or stopped as a test likes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from .template import ClockStart

LAST = datetime.max.replace(tzinfo=UTC)
"""The latest representable time. A clock that reaches it stops."""

RealTime = Callable[[], datetime]
"""Returns the real time, aware UTC."""


real_time: RealTime = partial(datetime.now, UTC)
"""The real time, aware UTC."""


class WorldClock:
    """A `Clock` that can be set, advanced and frozen; it runs at the pace of the real time otherwise."""

    def __init__(self, start: ClockStart, real_time: RealTime, moved: Callable[[], None] = lambda: None) -> None:
        """The clock calls `moved` whenever it is set, stopped or started."""
        self._real_time = real_time
        self._moved: Callable[[], None] = lambda: None
        self.set(start.now or real_time(), frozen=start.frozen)
        self._moved = moved

    def restart(self, start: ClockStart) -> None:
        """Begin anew from there, as a new clock would; no callback is called."""
        moved, self._moved = self._moved, lambda: None
        self.set(start.now or self._real_time(), frozen=start.frozen)
        self._moved = moved

    @property
    def is_frozen(self) -> bool:
        return self._stands_at is not None

    @property
    def setting(self) -> tuple[timedelta, datetime | None]:
        """How far it is from the real time, and where it stands if it does: another one when it was moved."""
        return self._offset, self._stands_at

    def now(self) -> datetime:
        """Aware UTC."""
        if self._stands_at is not None:
            return self._stands_at
        try:
            return self._real_time() + self._offset
        except OverflowError:  # the clock reached the latest representable time
            return LAST

    def set(self, now: datetime, *, frozen: bool) -> None:
        """Set the clock to `now` (aware), and freeze it or let it run."""
        now = now.astimezone(UTC)
        self._offset = now - self._real_time()
        self._stands_at = now if frozen else None
        self._moved()

    def advance(self, by: timedelta) -> None:
        """Advance the clock, or move it back; raises `OverflowError` outside the years 1 to 9999."""
        self.set(self.now() + by, frozen=self.is_frozen)

    def remove_callback(self) -> None:
        """Remove the callback."""
        self._moved = lambda: None
