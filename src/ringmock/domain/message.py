"""Messages, what becomes of each recipient, and the plan of one sending."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from .attachment import Attachment, HeldAttachment
from .conversation import Conversation


class MessageType(StrEnum):
    """R-01: there are two types of short text messages; a mailbox holds faxes besides."""

    SMS = "SMS"
    PAGER = "Pager"
    FAX = "Fax"


_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


AGE = timedelta(days=5)
"""How long the server stores a deleted message, and then a purged message's remains (D-19)."""


def next_age(since: datetime) -> datetime | None:
    """When a message that became Deleted or Purged then is due for the next; None where no calendar has that day."""
    return None if since > _END_OF_TIME - AGE else since + AGE


class Direction(StrEnum):
    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


class ReadStatus(StrEnum):
    READ = "Read"
    UNREAD = "Unread"


class Availability(StrEnum):
    """A Deleted message keeps its content and can be listed on request; a Purged one has lost its content."""

    ALIVE = "Alive"
    DELETED = "Deleted"
    PURGED = "Purged"


class MessageStatus(StrEnum):
    QUEUED = "Queued"
    SENT = "Sent"
    DELIVERED = "Delivered"
    DELIVERY_FAILED = "DeliveryFailed"
    SENDING_FAILED = "SendingFailed"
    RECEIVED = "Received"


class Outcome(StrEnum):
    """What became of one recipient of one message."""

    DELIVERED = "delivered"
    DROPPED = "dropped"
    SKIPPED = "skipped"
    OUTSIDE = "outside"
    UNDELIVERABLE = "undeliverable"
    FAILED = "failed"


class Routed(NamedTuple):
    """The outcome for one recipient (phone number digits or extension number) and the rule that decided it."""

    recipient: str
    outcome: Outcome
    rule: str
    mailbox: str | None = None
    """Extension number of the mailbox that gets a copy; None when no mailbox does."""


class Reached(NamedTuple):
    """A status, the reason of a failure (`deliveryErrorCode`), and the number of attempts at sending."""

    status: MessageStatus
    error: str | None = None
    attempts: int = 1
    fax_error: str | None = None
    """The reason of a fax (`faxErrorCode`)."""


Step = tuple[timedelta, Reached]
"""A step of a message's progress: what it reaches, at which age."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How an outbound message's status moves: `accepted` in the answer, then each step after its delay."""

    accepted: MessageStatus
    later: tuple[Step, ...] = ()


class FaxResolution(StrEnum):
    HIGH = "High"
    LOW = "Low"


class FaxDetails(NamedTuple):
    """What a fax has beside its files. `cover_index` is None for one that was received."""

    resolution: FaxResolution
    pages: int
    cover_index: int | None = None
    cover_text: str | None = None
    names: tuple[str | None, ...] = ()
    """Of the recipients, as the sender gave them."""


class Delivery(NamedTuple):
    """The complete plan of one sending, made before anything is stored.

    `sender` and `recipients` are phone number digits for an SMS or a fax and extension numbers for a Pager.
    """

    type: MessageType
    sender: str
    outbox: str | None
    """Extension number whose mailbox gets the outbound copy; None for an SMS from a handset."""
    recipients: tuple[str, ...]
    text: str
    conversation: Conversation
    routed: tuple[Routed, ...]
    attachments: tuple[Attachment, ...] = ()
    progress: Progress | None = None
    """How the status moves where a carrier profile applies; None for the generation's default."""
    recipient_progress: tuple[Progress, ...] = ()
    """The same for each recipient of a group message, or of a fax."""
    fax: FaxDetails | None = None


def step_at(progress: Progress, age: timedelta) -> Step | None:
    """The last step at that age; None before the first."""
    taken = None
    for step in progress.later:
        if step[0] <= age:
            taken = step
    return taken


def reached_by(progress: Progress, age: timedelta) -> Reached:
    """What is reached by then."""
    step = step_at(progress, age)
    return Reached(progress.accepted) if step is None else step[1]


# Python 3.11 takes twenty times as long for a member of an enumeration as for a name of the module.
_PURGED = Availability.PURGED


@dataclass(slots=True, eq=False)
class Message:
    """One record in one mailbox. `sender` and `recipients` as in `Delivery`; times are aware UTC."""

    id: int
    mailbox: str
    type: MessageType
    direction: Direction
    sender: str
    recipients: tuple[str, ...]
    text: str
    created: datetime
    modified: datetime
    read_status: ReadStatus
    progress: Progress
    conversation: Conversation
    order: int
    """Sorts by creation time, then by age in the store."""
    availability: Availability = Availability.ALIVE
    attachments: tuple[HeldAttachment, ...] = ()
    """An MMS's files, without its text."""
    recipient_progress: tuple[Progress, ...] = ()
    """How the status of a group message or a fax moves for each recipient; empty when it moves equally for all."""
    fax: FaxDetails | None = None
    revision: int = 0
    """How often anything about it became another, other than by the clock."""

    def status_at(self, now: datetime) -> MessageStatus:
        """The status that the message has reached by `now`."""
        step = self.step_at(now)
        return self.progress.accepted if step is None else step[1].status

    def step_at(self, now: datetime) -> Step | None:
        """The last step that the message has reached by `now`; None before the first."""
        return step_at(self.progress, now - self.created) if self.progress.later else None

    def last_changed(self, now: datetime) -> datetime:
        """When something about the message last became another, its status among other things."""
        age = now - self.created
        return max([self.modified, *(self.created + delay for delay in self.delays() if delay <= age)])

    def delays(self) -> Iterator[timedelta]:
        """How long after the message's creation its status, or that of a recipient, changes for the last time."""
        for progress in (self.progress, *self.recipient_progress):
            yield from (delay for delay, _ in progress.later)

    def next_change(self, after: datetime | None = None) -> datetime | None:
        """When its status, or that of a recipient, changes next: for the first time, or after the given time."""
        each = (self.progress, *self.recipient_progress)
        before = [Reached(progress.accepted) for progress in each]
        for delay in sorted(set(self.delays())):
            reached = [reached_by(progress, delay) for progress in each]
            is_later = after is None or delay > after - self.created
            if reached != before and is_later:
                return None if delay > _END_OF_TIME - self.created else self.created + delay
            before = reached
        return None

    @property
    def has_text(self) -> bool:
        """Whether the text is an attachment too. A purged message has lost it; a picture alone never had one."""
        return self.availability is not _PURGED and (bool(self.text) or not self.attachments)

    def attachment(self, attachment_id: int) -> HeldAttachment | None:
        """The file that this copy holds under the id."""
        return next((held for held in self.attachments if held.id == attachment_id), None)

    @property
    def via(self) -> tuple[str, ...]:
        """Departments through which alone the mailbox's owner takes part; empty when addressed in person."""
        thread = self.conversation
        return () if self.mailbox in thread.addressed else thread.departments
