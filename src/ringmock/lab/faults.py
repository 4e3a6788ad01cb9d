"""Faults on demand: calls that fail, come late, or whose answer is lost, as rules that are data.

A plan is asked once for each call, and the same calls meet the same faults: its dice are seeded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

MOST_RULES = 100
MOST_SECONDS = 600.0
"""A call is delayed no longer than this."""


class Injected(Exception):
    """A fault that somebody asked for."""


class ServiceUnavailable(Injected):
    """The service does not answer for now."""


class ServiceFailed(Injected):
    """The service failed at the call."""


class ServiceBusy(Injected):
    """The service has too many calls, whoever makes them."""


class BrokenOff(Injected):
    """The world was reset, or closed, between the beginning of a call and its end: the call belongs to neither."""


ERRORS: dict[str, type[Injected]] = {
    "CMN-201": ServiceUnavailable,
    "CMN-203": ServiceFailed,
    "CMN-301": ServiceBusy,
}
"""By the codes that they are answered with."""


@dataclass(frozen=True, slots=True)
class FaultRule:
    """What happens to which calls. Raises `ValueError`, saying what would be right, for a rule without sense.

    A call that meets it waits `delay` seconds of real time. Then it is answered with `error`, which leaves nothing
    behind; or it is carried out and its answer is lost with the connection, when `lost`; or it goes on as ever, as
    those do that come before the one which shall fail.
    """

    operation: str | None = None
    """An operationId; None for every operation that takes an access token."""
    error: str | None = None
    delay: float = 0.0
    lost: bool = False
    times: int | None = None
    """How many calls meet it; None for all."""
    share: float = 1.0
    """Of the calls that could, above 0 and at most 1."""

    def __post_init__(self) -> None:
        if self.error is not None and self.error not in ERRORS:
            raise ValueError(f"'error' is one of {', '.join(ERRORS)}, not {self.error!r}")
        if not 0 <= self.delay <= MOST_SECONDS:
            raise ValueError(f"'delay' is a number of seconds from 0 to {MOST_SECONDS:g}, not {self.delay!r}")
        if self.times is not None and self.times < 1:
            raise ValueError(f"'times' is a number of calls from 1, not {self.times!r}")
        if not 0 < self.share <= 1:
            raise ValueError(f"'share' is above 0 and at most 1, not {self.share!r}")
        if self.error is not None and self.lost:
            raise ValueError("a call is answered with an 'error', or its answer is 'lost'")


class FaultPlan:
    """The rules of one world, and how many calls each has yet to meet."""

    def __init__(self, rules: Sequence[FaultRule], dice: Random) -> None:
        self._dice = dice
        self._left = [(rule, rule.times) for rule in rules]

    def meet(self, operation: str) -> FaultRule | None:
        """What a call of this operation meets: the first rule that takes it."""
        for position, (rule, left) in enumerate(self._left):
            if left == 0 or rule.operation not in (None, operation):
                continue
            if rule.share < 1 and self._dice.random() >= rule.share:
                continue
            self._left[position] = rule, None if left is None else left - 1
            return rule
        return None

    @property
    def left(self) -> Sequence[tuple[FaultRule, int | None]]:
        """Each rule, in its order, and how many more calls it is for; None for all."""
        return tuple(self._left)
