"""Message threads: the conversation of a shared phone number with one other, and who of its SMS recipients leads it.

A thread is owned by a Department or a Site. The SMS recipients of the owner are its handlers: all of them read, assign,
resolve and delete it, and its assignee alone writes in it. The guide "Message threads" is the source.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from . import errors
from .account import Account, Extension, Feature, digits_of
from .attachment import Attachment, check_attachments
from .conversation import Conversation
from .generation import GENERATIONS
from .message import Availability, Delivery, Message, MessageType, Outcome
from .moments import moved
from .rules import check_sms_sender, check_text_length
from .sms import check_recipients, route_sms

AS_TODAY = GENERATIONS["current"]
"""Threads are younger than the generation of 2012, so they are the same in both."""

MAX_LABEL = 200
"""Characters of a thread's newest message that are its label."""


class ThreadTerms(NamedTuple):
    """What the service's documents leave open about threads, or what users need otherwise."""

    inbound: Literal["both", "threads"] = "both"
    """Where an SMS to a shared number is: in its thread and in the owner's mailbox, or in the thread alone."""
    expire_after: int = 72 * 3600
    """Seconds without a message after which an open thread is resolved."""


class ThreadStatus(StrEnum):
    OPEN = "Open"
    RESOLVED = "Resolved"


class StatusReason(StrEnum):
    """Why a thread is Resolved."""

    MANUAL = "Manual"
    EXPIRED = "ThreadExpired"


class HintKind(StrEnum):
    """What happened to a thread."""

    CREATED = "ThreadCreatedHint"
    RESOLVED = "ThreadResolvedHint"
    DELETED = "ThreadDeletedHint"
    ASSIGNED = "ThreadAssignedHint"


@dataclass(slots=True, eq=False)
class ThreadMessage(Message):
    """A message of a thread, which is in no mailbox. `author` is the extension number of who sent it."""

    thread: str = ""
    author: str | None = None
    filed: ThreadStatus = ThreadStatus.OPEN
    """The status of its thread by which lists find it."""

    @property
    def is_deleted(self) -> bool:
        return self.availability is not Availability.ALIVE


@dataclass(slots=True, eq=False)
class ThreadNote:
    """What a handler noted in a thread, for the others. `author` is an extension number."""

    id: str
    thread: str
    author: str
    text: str
    created: datetime
    modified: datetime
    order: int
    availability: Availability = Availability.ALIVE

    @property
    def is_deleted(self) -> bool:
        return self.availability is not Availability.ALIVE


@dataclass(frozen=True, slots=True, eq=False)
class ThreadHint:
    """Something that happened to a thread. `initiator`, `assignee` and `previous` are extension numbers.

    Without an initiator the service did it.
    """

    id: str
    thread: str
    kind: HintKind
    created: datetime
    order: int
    initiator: str | None = None
    assignee: str | None = None
    previous: str | None = None


ThreadEntry = ThreadMessage | ThreadNote | ThreadHint


@dataclass(slots=True, eq=False)
class MessageThread:
    """One thread. `owner` and `assignee` are extension numbers, `number` and `guest` phone numbers as digits."""

    id: str
    owner: str
    number: str
    guest: str
    created: datetime
    modified: datetime
    order: int
    last_message: datetime
    label: str = ""
    assignee: str | None = None
    assigned_at: int = 0
    """The number of changes in the store by when it got its assignee, or lost him."""
    status: ThreadStatus = ThreadStatus.OPEN
    reason: StatusReason | None = None
    availability: Availability = Availability.ALIVE
    entries: list[ThreadEntry] = field(default_factory=list)
    """Oldest first."""

    @property
    def is_deleted(self) -> bool:
        return self.availability is not Availability.ALIVE

    @property
    def is_open(self) -> bool:
        """Whether the next message between its numbers belongs to it."""
        return self.status is ThreadStatus.OPEN and self.availability is Availability.ALIVE

    def expires(self, after: timedelta) -> datetime:
        """When it is resolved unless a message comes before."""
        return moved(self.last_message, after)


class SendThreadMessage(NamedTuple):
    """A request to send in a thread: phone numbers with or without `+`."""

    sender: str
    recipients: tuple[str, ...]
    text: str
    thread: str | None = None
    attachments: tuple[Attachment, ...] = ()


class ThreadsChanged(NamedTuple):
    """Whom a change concerns, by extension number: whose threads are others now, and whose entries.

    `about` are the ids of the threads and entries that have changed.
    """

    threads: frozenset[str] = frozenset()
    entries: frozenset[str] = frozenset()
    about: tuple[str, ...] = ()


def handlers_of(account: Account, owner: str) -> frozenset[str]:
    """Who handles the threads of an extension now."""
    return frozenset(account.extensions[owner].sms_recipients)


def handled_by(account: Account, extension: Extension) -> tuple[str, ...]:
    """The extensions whose threads somebody handles now, in the fixture's order."""
    return tuple([owner.number for owner in account.shared_with(extension)])


def threaded(account: Account, delivery: Delivery) -> str | None:
    """The shared number in whose thread a sent SMS belongs; None for any other SMS, and for a group's."""
    if len(delivery.recipients) != 1 or account.threaded_numbers.isdisjoint(delivery.recipients):
        return None
    routed = delivery.routed[0]
    return routed.recipient if routed.outcome is Outcome.DELIVERED else None


def plan_thread_message(account: Account, sender: Extension, sent: SendThreadMessage) -> Delivery:
    """Decide what a message of `sender` in a thread would do. Pure; raises a `Refusal` for what the rules do not allow.

    There is no outbox: the message is in its thread alone.
    """
    check_text_length(sent.text, MessageType.SMS)
    number = check_sms_sender(account, sender, sent.sender)
    if len(sent.recipients) > 1:
        raise errors.SeveralSmsRecipients("to")
    check_recipients(account, number, sent.recipients, AS_TODAY)
    if sent.attachments:
        if not number.can(Feature.MMS_SENDER):
            raise errors.MmsNotAvailable
        check_attachments(sent.attachments)
    if number.owner is None or sender.number not in handlers_of(account, number.owner):
        raise errors.InvalidParameter("from.phoneNumber", sent.sender)
    guest = digits_of(sent.recipients[0])
    conversation = Conversation(None, numbers=frozenset((number.digits, guest)))
    routed = (route_sms(account, guest),)
    return Delivery(MessageType.SMS, number.digits, None, (guest,), sent.text, conversation, routed, sent.attachments)


def check_sent_in(thread: MessageThread, delivery: Delivery) -> None:
    """Raise `InvalidParameter` unless a thread that was named is open, and of these two numbers."""
    if not thread.is_open:
        raise errors.InvalidParameter("threadId", thread.id)
    if thread.number != delivery.sender:
        raise errors.InvalidParameter("from.phoneNumber", delivery.sender)
    if thread.guest != delivery.recipients[0]:
        raise errors.InvalidParameter("to.phoneNumber", delivery.recipients[0])


def check_may_write(thread: MessageThread, sender: Extension) -> None:
    """Raise `NotAssigned` for everybody but the assignee."""
    if thread.assignee != sender.number:
        raise errors.NotAssigned("threadId", str(sender.id))


def thread_to_send_in(
    sender: Extension,
    named: MessageThread | None,
    delivery: Delivery,
    open_between: Callable[[str, str], MessageThread | None],
) -> MessageThread | None:
    """The thread that is named, or the open one of the two numbers; None for a new one. Raises a `Refusal`."""
    if named is not None:
        check_sent_in(named, delivery)
    thread = named or open_between(delivery.sender, delivery.recipients[0])
    if thread is not None:
        check_may_write(thread, sender)
    return thread


def check_open(thread: MessageThread) -> None:
    """Raise `InvalidParameter` for a thread that is Resolved or Deleted."""
    if not thread.is_open:
        raise errors.InvalidParameter("threadId", thread.id)


def check_author(note: ThreadNote, extension: Extension) -> None:
    """Raise `AnotherExtension` for anyone else's note."""
    if note.author != extension.number:
        raise errors.AnotherExtension("noteId", note.id)


def assignee_from(account: Account, thread: MessageThread, extension_id: str | None) -> Extension | None:
    """Whom a thread is to be assigned to; None for nobody.

    Raises `ParameterNotFound` for an extension that does not exist, and `InvalidParameter` for one that does not handle
    the owner's threads, or cannot sign in and so answer.
    """
    if extension_id is None:
        return None
    found = account.extension_by_id(int(extension_id))
    if found is None:
        raise errors.ParameterNotFound("assignee.extensionId", extension_id)
    if found.number not in handlers_of(account, thread.owner) or not found.can_log_in:
        raise errors.InvalidParameter("assignee.extensionId", extension_id)
    return found


def changes_of_message(account: Account, thread: MessageThread, *, is_new: bool, is_inbound: bool) -> ThreadsChanged:
    """Whom a message concerns: its assignee, with a new thread too; all handlers where it has none."""
    if is_inbound and thread.assignee is None:
        handlers = handlers_of(account, thread.owner)
        return ThreadsChanged(handlers, handlers)
    assignee = frozenset((thread.assignee,)) if thread.assignee is not None else frozenset()
    return ThreadsChanged(assignee if is_new else frozenset(), assignee)


def label_of(text: str) -> str:
    """What of a message is its thread's label."""
    return text[:MAX_LABEL]


def each_once(entries: Sequence[ThreadEntry]) -> list[ThreadEntry]:
    """Entries without repetitions, oldest first."""
    return sorted(dict.fromkeys(entries), key=lambda entry: entry.order)
