"""What carriers do with an SMS to an external phone: how its status moves, and whether it arrives.

A fixture describes carriers by profiles. The first profile that matches a number decides the course of a message to it.
A number that matches none is reached as the generation specifies. A phone that has opted out is never reached.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from .generation import Generation, ending_in
from .message import Delivery, MessageStatus, Outcome, Progress, Reached, Routed, Step, reached_by

FAILURES = frozenset({MessageStatus.DELIVERY_FAILED, MessageStatus.SENDING_FAILED})

_AFTER_SENT = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.DELIVERY_FAILED)

FOLLOWED_BY: Mapping[MessageStatus, tuple[MessageStatus, ...]] = {
    MessageStatus.QUEUED: (MessageStatus.QUEUED, MessageStatus.SENDING_FAILED, *_AFTER_SENT),
    MessageStatus.SENT: _AFTER_SENT,
    MessageStatus.DELIVERED: (),
    MessageStatus.DELIVERY_FAILED: (),
    MessageStatus.SENDING_FAILED: (),
}
"""The statuses of an outbound SMS, and the possible successors of each."""

OPTED_OUT_ERROR = "SMS-RC-413"
OPTED_OUT: tuple[Step, ...] = ((timedelta(0), Reached(MessageStatus.SENDING_FAILED, OPTED_OUT_ERROR)),)

OptOut = tuple[str, str]
"""A number of the account and the phone that has opted out of it, both as digits."""

_ADVANCE = (MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED)


@dataclass(frozen=True, slots=True)
class CarrierProfile:
    """The numbers that a carrier serves in the same way, and the course of a message to them.

    A number, in digits, must match every given condition: be one of `numbers`, begin with `prefix`, be as long as both
    ends of `span` and between them. A `share` (0 to 1) of the messages to such numbers takes the course.
    """

    steps: tuple[Step, ...]
    numbers: frozenset[str] = frozenset()
    prefix: str = ""
    span: tuple[str, str] | None = None
    share: float = 1.0

    def serves(self, digits: str) -> bool:
        """Whether a number falls under the profile."""
        return (
            (not self.numbers or digits in self.numbers)
            and digits.startswith(self.prefix)
            and (self.span is None or (len(digits) == len(self.span[0]) and self.span[0] <= digits <= self.span[1]))
        )


@dataclass(frozen=True, slots=True)
class Carrier:
    """Profiles in order of precedence. `seed` is the random seed of the shares."""

    profiles: tuple[CarrierProfile, ...]
    seed: int = 0
    confirms_opt_outs: bool = False
    """Whether a phone is answered that has said STOP or START."""

    def course_of(self, digits: str, dice: Random) -> tuple[Step, ...] | None:
        """How the status of one message to this number moves; None for a number that no profile matches."""
        for profile in self.profiles:
            if profile.serves(digits) and (profile.share >= 1 or dice.random() < profile.share):
                return profile.steps
        return None


def carried(
    delivery: Delivery, carrier: Carrier | None, opt_outs: Collection[OptOut], generation: Generation, dice: Random
) -> Delivery:
    """The plan of an SMS with the carriers' effect: D-12 for a phone that has opted out, D-13 for the profiles."""
    courses = [_course_of(routed, delivery.sender, carrier, opt_outs, dice) for routed in delivery.routed]
    if not any(courses):
        return delivery
    pairs = list(zip(delivery.routed, courses, strict=True))
    each = tuple(_progress(routed, course, generation) for routed, course in pairs)
    return delivery._replace(
        routed=tuple(_fate(routed, course) for routed, course in pairs),
        progress=each[0] if len(each) == 1 else _together(each),
        recipient_progress=each if len(each) > 1 else (),
    )


def _course_of(
    routed: Routed, sender: str, carrier: Carrier | None, opt_outs: Collection[OptOut], dice: Random
) -> tuple[Step, ...] | None:
    """Only phones outside are a carrier's."""
    if routed.outcome is not Outcome.OUTSIDE:
        return None
    if (sender, routed.recipient) in opt_outs:
        return OPTED_OUT
    return None if carrier is None else carrier.course_of(routed.recipient, dice)


def _fate(routed: Routed, course: Sequence[Step] | None) -> Routed:
    if not course or course[-1][1].status not in FAILURES:
        return routed
    return routed._replace(outcome=Outcome.FAILED, rule="D-12" if course is OPTED_OUT else "D-13")


def _progress(routed: Routed, course: Sequence[Step] | None, generation: Generation) -> Progress:
    if course is None:
        return progress_to(routed.outcome, generation)
    accepted = generation.sms_progress.accepted
    # 2012 reports Sent immediately, and a sent message is no longer queued.
    is_queued = accepted is MessageStatus.QUEUED
    return Progress(accepted, tuple(s for s in course if is_queued or s[1].status is not MessageStatus.QUEUED))


# Python 3.11 takes twenty times as long for a member of an enumeration as for a name of the module.
_UNDELIVERABLE, _DROPPED = Outcome.UNDELIVERABLE, Outcome.DROPPED


def progress_to(outcome: Outcome, generation: Generation) -> Progress:
    """How the status of an SMS to one recipient moves: D-03 when it was dropped, D-09 when no mailbox receives it."""
    if outcome is _UNDELIVERABLE:
        return ending_in(MessageStatus.DELIVERY_FAILED, generation.sms_progress)
    if outcome is _DROPPED:
        return ending_in(MessageStatus.SENT, generation.sms_progress)
    return generation.sms_progress


def _together(each: Sequence[Progress]) -> Progress:
    """The status of a group message: the least advanced one of its recipients, without those it cannot reach."""
    later: list[Step] = []
    for delay in sorted({delay for progress in each for delay, _ in progress.later}):
        reached = _joint([reached_by(progress, delay) for progress in each])
        if not later or later[-1][1] != reached:
            later.append((delay, reached))
    return Progress(each[0].accepted, tuple(later))


def _joint(states: Iterable[Reached]) -> Reached:
    states = list(states)
    going = [state for state in states if state.status not in FAILURES]
    if not going:
        return states[0]
    behind = min(going, key=lambda state: _ADVANCE.index(state.status))
    return Reached(behind.status, attempts=max(state.attempts for state in states))
