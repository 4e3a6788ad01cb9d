"""The clock of one world, by a real time that stands still."""

from datetime import datetime, timedelta

import pytest

from builders import START
from ringmock.world.clock import WorldClock
from ringmock.world.template import ClockStart

LATER = START + timedelta(days=1)


@pytest.mark.parametrize(("start", "now"), [(ClockStart(LATER, frozen=True), LATER), (ClockStart(), START)])
def test_a_clock_begins_anew_where_its_start_says_or_with_the_real_time(start: ClockStart, now: datetime) -> None:
    told: list[datetime] = []
    clock = WorldClock(ClockStart(START - timedelta(days=1), frozen=True), lambda: START, lambda: told.append(START))
    clock.restart(start)
    assert (clock.now(), told) == (now, [])
