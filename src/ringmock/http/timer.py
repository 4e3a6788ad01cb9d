"""A timer of the event loop that follows a world's clock."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from weakref import WeakMethod

from ..world.clock import WorldClock

LONGEST_SECONDS = 86_400.0
"""The maximum of seconds until it reads the clock again: the real time may be set, too."""


class Timers(Protocol):
    """The needed part of an event loop."""

    def call_soon(self, callback: Callable[[], None], /) -> asyncio.Handle: ...

    def call_later(self, delay: float, callback: Callable[[], None], /) -> asyncio.Handle: ...


class WorldTimer:
    """Calls `callback` when the world's clock reaches a time.

    A frozen clock reaches none: setting the clock must set the timer again. The timer holds only a weak reference to
    the object of `callback`.
    """

    def __init__(self, callback: Callable[[], None], timers: Callable[[], Timers] = asyncio.get_running_loop) -> None:
        """`callback` is a bound method."""
        self._callback = WeakMethod(callback)
        self._timers = timers
        self._timer: asyncio.Handle | None = None

    def set(self, at: datetime | None, clock: WorldClock) -> None:
        """Call `callback` at this time only, or as soon as possible when it has passed; None for never."""
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
        callback = self._callback()
        if callback is not None:
            callback()
