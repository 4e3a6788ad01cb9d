"""High-volume SMS (A2P): what an application sends in batches to people, and what they answer.

It has its own numbers, those with the feature A2PSmsSender, and its messages are in no extension's mailbox.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import NamedTuple

from . import errors
from .account import Account, Extension, Feature, PhoneNumber, digits_of, is_e164
from .carrier import Carrier, OptOut, carried, progress_to
from .consent import OptStatus
from .conversation import Conversation
from .generation import GENERATIONS
from .message import Delivery, Direction, Message, MessageStatus, MessageType, Outcome, Progress, reached_by
from .rules import check_text_length
from .slices import SLICE, Slices, result_of
from .sms import route_sms

MAX_NUMBERS = 15
"""The maximum of phone numbers in the filter of one list."""

COST_OF_SEGMENTS = 7, 1000
"""The price of one segment: 0.007 in all examples of the service's documents."""

END_OF_TIME = datetime.max.replace(tzinfo=UTC)

_TODAY = GENERATIONS["current"]
"""2012 had no high-volume SMS: its statuses are today's, whatever the generation."""


class BatchStatus(StrEnum):
    """The progress of a batch: some messages wait; none does, and receipts are due; nothing will change."""

    PROCESSING = "Processing"
    SENT = "Sent"
    COMPLETED = "Completed"


class BatchMessage(NamedTuple):
    """One message of a request: to a phone number as it was written."""

    recipient: str
    text: str


class SendBatch(NamedTuple):
    """A request to send a batch from a number of the account, with or without `+`."""

    sender: str
    messages: tuple[BatchMessage, ...]


class Rejected(NamedTuple):
    """A message of a batch without a possible recipient; `place` counts the messages of the request from 1."""

    place: int
    recipient: str


class BatchPlan(NamedTuple):
    """The plan of a batch: one delivery for each message that is not rejected, in their order."""

    sender: str
    deliveries: tuple[Delivery, ...]
    rejected: tuple[Rejected, ...]


class Course(NamedTuple):
    """What decides status and cost of a message at any age."""

    direction: Direction
    progress: Progress
    segments: int


@dataclass(slots=True, eq=False)
class A2PMessage(Message):
    """A message of the high-volume store, which is in no mailbox. `batch` is an id, None for an inbound message."""

    batch: str | None = None
    segments: int = 1

    @property
    def course(self) -> Course:
        return Course(self.direction, self.progress, self.segments)


@dataclass(slots=True, eq=False)
class Batch:
    """An accepted batch. `sender` is digits; its messages have the orders from `first` to below `end`.

    `courses` counts its messages by course, so the cost of reading a batch does not grow with their number.
    """

    id: str
    sender: str
    created: datetime
    first: int
    end: int
    courses: Counter[Course]
    size: int
    rejected: tuple[Rejected, ...] = ()

    @property
    def pace(self) -> "Pace":
        """When the batch leaves Processing, and when it is Completed."""
        progresses = [course.progress for course in self.courses]
        waits = [_leaves_queue(progress) for progress in progresses]
        rests = [max(_changes(progress), default=timedelta(0)) for progress in progresses]
        waiting = None if None in waits else max((wait for wait in waits if wait is not None), default=timedelta(0))
        return Pace(waiting, max(rests, default=timedelta(0)))

    def processed_at(self, now: datetime) -> int:
        """How many of its messages wait no more."""
        age = now - self.created
        return sum(
            count
            for course, count in self.courses.items()
            if reached_by(course.progress, age).status is not MessageStatus.QUEUED
        )

    def status_at(self, now: datetime) -> BatchStatus:
        """How far it is by then."""
        return self.pace.status_at(now - self.created)

    def segments_at(self, now: datetime) -> int:
        """The segments that are paid for: all but those of messages that could not be sent."""
        age = now - self.created
        return sum(
            course.segments * count
            for course, count in self.courses.items()
            if is_paid_for(reached_by(course.progress, age).status)
        )

    def next_change(self, after: datetime | None = None) -> datetime | None:
        """When messages of it next reach another status: for the first time, or the next after."""
        delays = sorted({delay for course in self.courses for delay in _changes(course.progress)})
        later = (delay for delay in delays if after is None or delay > after - self.created)
        found = next(later, None)
        return None if found is None or found > END_OF_TIME - self.created else self.created + found

    def courses_changed(self, at: datetime) -> frozenset[Course]:
        """Of which messages the status becomes another at this time."""
        return frozenset(course for course in self.courses if at - self.created in _changes(course.progress))

    def becomes_another(self, at: datetime) -> bool:
        """Whether the batch's own status changes."""
        return at - self.created in self.pace and self.size > 0

    def last_changed(self, now: datetime) -> datetime:
        """When one of its messages last reached another status."""
        delays = {delay for course in self.courses for delay in _changes(course.progress)}
        return max([self.created, *(self.created + delay for delay in delays if delay <= now - self.created)])


class Pace(NamedTuple):
    """The age at which nothing of the batch waits to be sent, None for never; and the age at which it is Completed."""

    waiting: timedelta | None
    resting: timedelta

    def status_at(self, age: timedelta) -> BatchStatus:
        if self.waiting is None or age < self.waiting:
            return BatchStatus.PROCESSING
        return BatchStatus.COMPLETED if age >= self.resting else BatchStatus.SENT


def _changes(progress: Progress) -> list[timedelta]:
    """The ages at which the status becomes another, or fails for another reason."""
    found: list[timedelta] = []
    before: tuple[MessageStatus, str | None] = progress.accepted, None
    for delay in dict.fromkeys(delay for delay, _ in progress.later):
        reached = reached_by(progress, delay)[:2]
        if reached != before:
            found.append(delay)
        before = reached
    return found


def is_paid_for(status: MessageStatus) -> bool:
    """Whether a message in this status has a cost: an unsent message has none."""
    return status is not MessageStatus.SENDING_FAILED


def cost_of(segments: int, price: tuple[int, int] = COST_OF_SEGMENTS) -> float:
    """In the account's currency; `price` is that of a segment, as a fraction."""
    numerator, denominator = price
    return segments * numerator / denominator


def _leaves_queue(progress: Progress) -> timedelta | None:
    if progress.accepted is not MessageStatus.QUEUED:
        return timedelta(0)
    return next((delay for delay, reached in progress.later if reached.status is not MessageStatus.QUEUED), None)


# --- sending -------------------------------------------------------------------------------------


def plan_batch(
    account: Account,
    sender: Extension,
    batch: SendBatch,
    carrier: Carrier | None,
    opt_outs: Collection[OptOut],
    random: Random,
) -> BatchPlan:
    """Decide what a batch of `sender` would do; nothing is changed. Raises as `planning_batch` does."""
    return result_of(planning_batch(account, sender, batch, carrier, opt_outs, random))


def planning_batch(
    account: Account,
    sender: Extension,
    batch: SendBatch,
    carrier: Carrier | None,
    opt_outs: Collection[OptOut],
    random: Random,
) -> Slices[BatchPlan]:
    """As `plan_batch`, in slices.

    The account is that of the start. Messages not yet planned are rejected for a phone that opts out meanwhile. Raises
    `InvalidParameter` about `from` for any number but the sender's own with A2PSmsSender, and about `text` for a
    message without one; `TextTooLong` (R-04, D-01).
    """
    number = check_a2p_sender(account, sender, batch.sender)
    deliveries: list[Delivery] = []
    rejected: list[Rejected] = []
    for place, (recipient, text) in enumerate(batch.messages, 1):
        if not text:
            raise errors.InvalidParameter("text")
        check_text_length(text, MessageType.SMS)
        if _can_be_sent_to(account, number, recipient):
            delivery = _delivery(account, number.digits, digits_of(recipient), text)
            deliveries.append(_with_course(delivery, carrier, opt_outs, random))
        else:
            rejected.append(Rejected(place, recipient))
        if place % SLICE == 0:
            yield
    return BatchPlan(number.digits, tuple(deliveries), tuple(rejected))


def check_a2p_sender(account: Account, sender: Extension, number: str) -> PhoneNumber:
    """The sender's own number with A2PSmsSender. Raises `InvalidParameter` about `from`."""
    phone = check_a2p_number(account, number)
    if phone.owner != sender.number:
        raise errors.InvalidParameter("from", number)
    return phone


def check_a2p_number(account: Account, number: str) -> PhoneNumber:
    """A number of the account with A2PSmsSender, whosever it is. Raises `InvalidParameter` about `from`."""
    phone = account.phone_numbers.get(digits_of(number))
    if phone is None or not phone.can(Feature.A2P_SMS_SENDER):
        raise errors.InvalidParameter("from", number)
    return phone


def _can_be_sent_to(account: Account, sender: PhoneNumber, recipient: str) -> bool:
    """Whether it is a full phone number, of the home country or one that the sender's number can reach abroad."""
    digits = digits_of(recipient)
    is_home = digits.startswith(account.home_code)
    return is_e164(recipient) and (is_home or sender.can(Feature.INTERNATIONAL_SMS_SENDER))


def _delivery(account: Account, sender: str, recipient: str, text: str) -> Delivery:
    routed = route_sms(account, recipient)
    conversation = Conversation(None, numbers=frozenset((sender, recipient)))
    return Delivery(MessageType.SMS, sender, None, (recipient,), text, conversation, (routed,))


def _with_course(delivery: Delivery, carrier: Carrier | None, opt_outs: Collection[OptOut], random: Random) -> Delivery:
    """D-12 for a phone that has opted out, D-13 for the carrier's profiles; otherwise as any SMS of today."""
    if carrier is not None or opt_outs:
        delivery = carried(delivery, carrier, opt_outs, _TODAY, random)
    if delivery.progress is not None:
        return delivery
    return delivery._replace(progress=progress_to(delivery.routed[0].outcome, _TODAY))


def reaches_a_handset(delivery: Delivery) -> bool:
    """Whether a phone outside gets it."""
    return delivery.routed[0].outcome is Outcome.OUTSIDE


# --- opt-outs ------------------------------------------------------------------------------------


class Assignment(NamedTuple):
    """A request to opt phones out of a number, and others in. `sender` is digits; phones are as written."""

    sender: str
    opt_outs: tuple[str, ...]
    opt_ins: tuple[str, ...]


class NotAssigned(StrEnum):
    """Why a statement about a phone is refused."""

    NO_NUMBER = "no phone number"
    OF_THE_ACCOUNT = "a number of the account itself"
    BOTH = "to be opted out and in"


class Assigned(NamedTuple):
    """The result for one phone of an assignment: `problem` is None on success."""

    phone: str
    status: OptStatus
    problem: NotAssigned | None


def plan_assignment(account: Account, assignment: Assignment) -> list[Assigned]:
    """Each phone once, the opt-outs first."""
    return result_of(planning_assignment(account, assignment))


def planning_assignment(account: Account, assignment: Assignment) -> Slices[list[Assigned]]:
    """As `plan_assignment`, in slices."""
    opt_outs, opt_ins = (tuple(dict.fromkeys(phones)) for phones in assignment[1:])
    yield
    both = set(map(digits_of, opt_outs)) & set(map(digits_of, opt_ins))
    yield
    asked = [*((phone, OptStatus.OUT) for phone in opt_outs), *((phone, OptStatus.IN) for phone in opt_ins)]
    planned: list[Assigned] = []
    for phone, status in asked:
        planned.append(Assigned(phone, status, _not_assigned(account, phone, both)))
        if len(planned) % SLICE == 0:
            yield
    return planned


def _not_assigned(account: Account, phone: str, both: Collection[str]) -> NotAssigned | None:
    if not is_e164(phone):
        return NotAssigned.NO_NUMBER
    if digits_of(phone) in account.phone_numbers:
        return NotAssigned.OF_THE_ACCOUNT
    return NotAssigned.BOTH if digits_of(phone) in both else None


# --- lists ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class A2PFilter:
    """A filter of messages. Both dates are inclusive, aware UTC.

    `numbers`, as digits: only messages from or to one of them; None for all. `batch`: only its messages.
    """

    date_from: datetime
    date_to: datetime
    directions: frozenset[Direction] = frozenset(Direction)
    numbers: Sequence[str] | None = None
    batch: Batch | None = None


@dataclass(frozen=True, slots=True)
class BatchFilter:
    """A filter of batches. Dates as in `A2PFilter`; `sender` is digits, None for any."""

    date_from: datetime
    date_to: datetime
    sender: str | None = None
    statuses: frozenset[BatchStatus] = frozenset(BatchStatus)
