"""A timer of the loop that goes by a world's clock."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from weakref import WeakMethod

from ..world.clock import WorldClock

LONGEST_SECONDS = 86_400.0
"""It looks at the clock again after so long: the real time may be set, too."""


class Timers(Protocol):
    """What is asked of a loop."""

    def call_soon(self, callback: Callable[[], None], /) -> asyncio.Handle: ...

    def call_later(self, delay: float, callback: Callable[[], None], /) -> asyncio.Handle: ...


class WorldTimer:
    """Rings once the clock has come to a time.

    A clock that stands still comes to none: whoever moves it sets the alarm anew. The timer does not keep alive whom
    it rings for.
    """

    def __init__(self, ring: Callable[[], None], timers: Callable[[], Timers] = asyncio.get_running_loop) -> None:
        """`ring` is a method."""
        self._ring = WeakMethod(ring)
        self._timers = timers
        self._timer: asyncio.Handle | None = None

    def set(self, at: datetime | None, clock: WorldClock) -> None:
        """Ring at this time, as soon as may be when it is over, and at no other; None for never."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at is None:
            return
        seconds = (at - clock.now()).total_seconds()
        if seconds <= 0:
            self._timer = self._timers().call_soon(self._over)
        elif not clock.is_frozen:
            self._timer = self._timers().call_later(min(seconds, LONGEST_SECONDS), self._over)

    def _over(self) -> None:
        self._timer = None
        ring = self._ring()
        if ring is not None:
            ring()
