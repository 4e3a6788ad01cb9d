"""Moments before and after others, within the years 1 to 9999: a clock may be set to either end."""

from datetime import UTC, datetime, timedelta

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


def moved(moment: datetime, by: timedelta) -> datetime:
    """A moment plus a duration, limited to the latest representable time."""
    try:
        return moment + by
    except OverflowError:
        return LAST if by > timedelta(0) else FIRST
