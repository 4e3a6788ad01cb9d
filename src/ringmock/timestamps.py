"""Dates and times in JSON: RFC 3339 in answers, and the less strict texts that the API accepts."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_PARTIAL = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2})"
    r"(T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})(\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<zone_hour>[0-9]{2}):?(?P<zone_minute>[0-9]{2}))?)?)?)?"
)


@lru_cache(1024)  # most messages of a busy server are of the same few seconds
def iso8601(moment: datetime) -> str:
    """UTC with milliseconds and `Z`, as most answers have it: 2012-10-16T06:34:58.000Z."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def iso8601_to_the_microsecond(moment: datetime) -> str:
    """As some newer answers have it: 2012-10-16T06:34:58.123456Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def is_rfc3339(text: str) -> bool:
    """Whether a text is a full date-time with a zone, on a day and at a time that exist."""
    return _RFC3339.fullmatch(text) is not None and parse(text.upper()) is not None


def parse(text: str) -> datetime | None:
    """Aware UTC from YYYY, YYYY-MM, YYYY-MM-DD, ...Thh:mm or ...Thh:mm:ss[.s], these two with Z, ±hh[:]mm or nothing.

    A missing part is the first month, day or second; a time without a zone is UTC. None for anything else, and for
    moments that do not exist or fall outside the years 1 to 9999 in UTC.
    """
    match = _PARTIAL.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    try:
        year, month, day, hour, minute, second = (int(parts[name] or least) for name, least in _LEAST.items())
        microsecond = int((parts["fraction"] or "0").ljust(6, "0")[:6])
        return datetime(year, month, day, hour, minute, second, microsecond, _zone(parts)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_LEAST = {"year": 1, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}


def _zone(parts: dict[str, str | None]) -> timezone:
    if parts["sign"] is None:
        return UTC
    offset = timedelta(hours=int(parts["zone_hour"] or 0), minutes=int(parts["zone_minute"] or 0))
    return timezone(-offset if parts["sign"] == "-" else offset)
