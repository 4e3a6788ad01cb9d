"""A timer by a world's clock, with hand-made timers in the place of the loop's."""

import gc
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from builders import START, Clock
from ringmock.http.timer import LONGEST_SECONDS, WorldTimer
from ringmock.world.clock import WorldClock
from ringmock.world.template import ClockStart


class Timer:
    def __init__(self, seconds: float | None, callback: Callable[[], None]) -> None:
        self.seconds = seconds
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None

    def run_out(self) -> None:
        callback, self.callback = self.callback, None
        assert callback is not None
        callback()


class Loop:
    """Timers that run out when a test says so; `seconds` is None for as soon as may be."""

    def __init__(self) -> None:
        self.timers: list[Timer] = []

    def call_soon(self, callback: Callable[[], None], /) -> Any:
        return self._started(None, callback)

    def call_later(self, delay: float, callback: Callable[[], None], /) -> Any:
        return self._started(delay, callback)

    def _started(self, seconds: float | None, callback: Callable[[], None]) -> Timer:
        self.timers.append(Timer(seconds, callback))
        return self.timers[-1]

    @property
    def running(self) -> list[float | None]:
        return [timer.seconds for timer in self.timers if timer.callback is not None]


class Listener:
    def __init__(self) -> None:
        self.heard = 0

    def ring(self) -> None:
        self.heard += 1


@pytest.mark.parametrize(
    ("frozen", "seconds", "timers"),
    [
        (False, 2.5, [2.5]),
        (False, 0, [None]),
        (False, -1, [None]),
        (False, 10 * LONGEST_SECONDS, [LONGEST_SECONDS]),
        (True, 2.5, []),
        (True, 0, [None]),
    ],
)
def test_a_timer_runs_as_the_clock_does(frozen: bool, seconds: float, timers: list[float | None]) -> None:
    loop, clock = Loop(), WorldClock(ClockStart(START, frozen=frozen), Clock())
    WorldTimer(Listener().ring, lambda: loop).set(START + timedelta(seconds=seconds), clock)
    assert loop.running == timers


def test_it_rings_for_the_latest_time_alone() -> None:
    loop, clock, listener = Loop(), WorldClock(ClockStart(START), Clock()), Listener()
    alarm = WorldTimer(listener.ring, lambda: loop)
    alarm.set(START + timedelta(seconds=5), clock)
    alarm.set(START + timedelta(seconds=2), clock)
    assert loop.running == [2]
    loop.timers[-1].run_out()
    assert listener.heard == 1
    alarm.set(START + timedelta(seconds=3), clock)
    alarm.set(None, clock)
    assert loop.running == []


def test_it_keeps_nobody_alive_to_hear_it() -> None:
    loop, clock, listener = Loop(), WorldClock(ClockStart(START), Clock()), Listener()
    WorldTimer(listener.ring, lambda: loop).set(START + timedelta(seconds=5), clock)
    before = sum(isinstance(thing, Listener) for thing in gc.get_objects())
    del listener
    assert sum(isinstance(thing, Listener) for thing in gc.get_objects()) == before - 1
    loop.timers[-1].run_out()
