"""Rate limits as the service documents them: a sliding minute for each user, application and group, and a penalty.

Each call passes the time to the counter, so nothing here waits and a test can move the clock.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from ..domain.moments import moved

WINDOW = timedelta(seconds=60)
PENALTY = timedelta(seconds=60)
"""How long all calls are refused after one call above the limit. Every call during it starts it again."""


SENDING = ("createSMSMessage", "createMMS")
"""The operations whose messages are counted, for all applications together."""


class Group(StrEnum):
    """The usage plan groups of the contract's `x-throttling-group`."""

    LIGHT = "light"
    MEDIUM = "medium"
    HEAVY = "heavy"
    AUTH = "auth"


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls per minute of a user with an application. A group that is not in `calls` has no limit."""

    calls: Mapping[Group, int]
    messages: Mapping[str, int] = field(default_factory=dict)
    """What a user may send in a minute, whatever the application, by operationId."""


RINGCENTRAL = Limits(
    {Group.LIGHT: 50, Group.MEDIUM: 40, Group.HEAVY: 10, Group.AUTH: 5},
    dict(zip(SENDING, (40, 50), strict=True)),
)
PROFILES: Mapping[str, Limits] = {"ringcentral": RINGCENTRAL}


class Standing(NamedTuple):
    """The state of a caller's limit after a call."""

    group: Group
    limit: int
    remaining: int


class RateExceeded(Exception):
    """More calls of a group than its limit allows."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing)
        self.standing = standing


class MessageRateExceeded(RateExceeded):
    """More messages than a user may send."""


class Counter:
    """One caller's calls of the last minute."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._calls: deque[datetime] = deque()
        self._penalty_until: datetime | None = None

    def let_through(self, now: datetime) -> bool:
        """Count a call, unless it is one too many."""
        if self._penalty_until is not None and self._penalty_until - PENALTY <= now < self._penalty_until:
            self._penalty_until = moved(now, PENALTY)
            return False
        # after the clock was set back, calls lie in the future: they no longer count
        while self._calls and not timedelta(0) <= now - self._calls[0] < WINDOW:
            self._calls.popleft()
        if len(self._calls) >= self._limit:
            self._penalty_until = moved(now, PENALTY)
            return False
        self._penalty_until = None
        self._calls.append(now)
        return True

    @property
    def remaining(self) -> int:
        """The remaining calls of the minute."""
        return self._limit - len(self._calls)


class RateLimits:
    """The counters of one world."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._counters: dict[tuple[str, ...], Counter] = {}

    def count(self, group: Group, user: str, application: str, operation: str, now: datetime) -> Standing | None:
        """Count a call; None when its group has no limit.

        Raises `MessageRateExceeded` or `RateExceeded`.
        """
        messages, limit = self.limits.messages.get(operation), self.limits.calls.get(group)
        if messages is not None and not self._counter((operation, user), messages).let_through(now):
            raise MessageRateExceeded(Standing(group, messages, 0))
        if limit is None:
            return None
        counter = self._counter((group, user, application), limit)
        if not counter.let_through(now):
            raise RateExceeded(Standing(group, limit, 0))
        return Standing(group, limit, counter.remaining)

    def _counter(self, caller: tuple[str, ...], limit: int) -> Counter:
        if caller not in self._counters:
            self._counters[caller] = Counter(limit)
        return self._counters[caller]
