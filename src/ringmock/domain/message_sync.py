"""Synchronization: a client gets all messages once, and then the changes.

A frame is the set of messages that a client synchronizes. A mark is its progress: the content of the service's opaque
token. The server stores nothing for a client between its calls.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from .account import Account, Extension
from .message import Availability, Direction, Message, MessageType
from .message_filter import MessageFilter
from .moments import moved
from .owners import PERSONAL, Owners, ReadableMailbox
from .ports import MessageStore

OVERLAP = timedelta(seconds=5)
"""Changes within this time before the last synchronization are sent again, so that none is lost."""

_EVERYTHING = sys.maxsize
_FOREVER = datetime.max.replace(tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Frame:
    """The messages that a client synchronizes. Dates as in `MessageFilter`, in whole milliseconds."""

    date_from: datetime
    date_to: datetime | None = None
    """None for a frame that includes future messages."""
    types: frozenset[MessageType] = frozenset(MessageType)
    directions: frozenset[Direction] = frozenset(Direction)
    conversation_id: int | None = None
    distinct_conversations: bool = False
    start: int | None = None
    """`order` of the oldest message that the client got, when the record count left out older ones."""
    owners: Owners = PERSONAL

    def holds(self, message: Message) -> bool:
        """Whether a message belongs to the frame, whatever its availability."""
        return (
            message.type in self.types
            and message.direction in self.directions
            and self.conversation_id in (None, message.conversation.id)
            and self.date_from <= message.created <= (self.date_to or _FOREVER)
            and (self.start is None or message.order >= self.start)
        )

    def filter(self, record_count: int = _EVERYTHING) -> MessageFilter:
        """The newest of the frame."""
        return MessageFilter(
            date_from=self.date_from,
            date_to=self.date_to or _FOREVER,
            types=self.types,
            directions=self.directions,
            conversation_id=self.conversation_id,
            distinct_conversations=self.distinct_conversations,
            owners=self.owners,
            oldest=self.start,
            per_page=record_count,
        )

    def older(self, date_from: datetime, record_count: int) -> MessageFilter:
        """The newest messages before the frame, from the date on."""
        if self.start is not None:
            return replace(self.filter(record_count), date_from=date_from, oldest=None, before=self.start)
        return replace(self.filter(record_count), date_from=date_from, date_to=moved(self.date_from, -_MILLISECOND))


@dataclass(frozen=True, slots=True)
class Mark:
    """A client's progress: its frame, the time of its last call, and the number of changes of the store by then."""

    frame: Frame
    time: datetime
    position: int
    shared: int = 0
    """Other mailboxes that the client has got: a 64-bit digest of their extensions' numbers, 0 for none."""


class Sync(NamedTuple):
    """The answer to a client, newest first, and the mark for its next call."""

    records: tuple[Message, ...]
    mark: Mark
    older_records_exist: bool
    """Whether the record count left out some of the frame."""


class Mailbox(NamedTuple):
    """The mailboxes that one extension reads: its own and the shared ones, with the messages that it may see now."""

    store: MessageStore
    extension: Extension
    account: Account
    now: datetime

    def list(self, wanted: MessageFilter) -> tuple[tuple[Message, ...], int]:
        """Matching messages, newest first, and how many there are beyond the page."""
        page = self.store.list_together(self.parts(wanted.owners), wanted, self.account)
        return page.records, page.total

    def parts(self, owners: Owners) -> tuple[ReadableMailbox, ...]:
        """The mailboxes that this set of owners names."""
        return owners.mailboxes(self.extension, self.account)

    def changed(self, mark: Mark) -> Iterator[Message]:
        """What has changed in the mark's frame, and the whole content of mailboxes that are new to the client."""
        since, parts = moved(mark.time, -OVERLAP), self.parts(mark.frame.owners)
        is_as_it_was = self._digest(parts) == mark.shared
        for number, types in parts:
            position = mark.position if is_as_it_was or number == self.extension.number else 0
            for message in self.store.changed(number, position, since, self.now, self.account):
                if message.type in types and mark.frame.holds(message):
                    yield message

    def change_count(self, mark: Mark) -> int:
        """The number of changes to read since a mark."""
        return sum(self.store.changes_since(number, mark.position) for number, _ in self.parts(mark.frame.owners))

    def mark(self, frame: Frame) -> Mark:
        return Mark(frame, self.now, self.store.change_count(), self._digest(self.parts(frame.owners)))

    def _digest(self, parts: Sequence[ReadableMailbox]) -> int:
        others = sorted(part.number for part in parts if part.number != self.extension.number)
        return int.from_bytes(sha256(",".join(others).encode()).digest()[:8]) if others else 0


def full_sync(mailbox: Mailbox, frame: Frame, record_count: int | None = None) -> Sync:
    """Everything alive in the frame, or the newest of it."""
    records, total = mailbox.list(frame.filter(_EVERYTHING if record_count is None else record_count))
    is_cut = total > len(records)
    return Sync(records, mailbox.mark(replace(frame, start=records[-1].order) if is_cut else frame), is_cut)


def incremental_sync(
    mailbox: Mailbox, mark: Mark, date_from: datetime | None = None, record_count: int | None = None
) -> Sync:
    """What has changed since the mark; and what an earlier date or a larger record count adds to the frame."""
    frame = mark.frame
    changed = list(mailbox.changed(mark))
    listed = list(_of_distinct_conversations(mailbox, frame, changed) if frame.distinct_conversations else changed)
    frame, added, is_cut = _widened(mailbox, frame, date_from, record_count)
    records = sorted([*listed, *added], key=lambda message: message.order, reverse=True)
    return Sync(tuple(records), mailbox.mark(frame), is_cut)


def _of_distinct_conversations(mailbox: Mailbox, frame: Frame, changed: Iterable[Message]) -> Iterator[Message]:
    """The removed messages, and for each changed conversation the message that now represents it."""
    conversations = dict.fromkeys(message.conversation.id for message in changed)
    yield from (message for message in changed if message.availability is not Availability.ALIVE)
    for conversation_id in conversations:
        one = replace(frame, conversation_id=conversation_id, distinct_conversations=False)
        yield from mailbox.list(one.filter(1))[0]


def _widened(
    mailbox: Mailbox, frame: Frame, date_from: datetime | None, record_count: int | None
) -> tuple[Frame, tuple[Message, ...], bool]:
    """The frame extended at its older end, what that adds, and whether the record count left out some of it."""
    lowest = min(date_from or frame.date_from, frame.date_from)
    if lowest == frame.date_from and (record_count is None or frame.start is None):
        return frame, (), False
    limit = _EVERYTHING if record_count is None else max(0, record_count - mailbox.list(frame.filter(0))[1])
    records, total = mailbox.list(frame.older(lowest, limit))
    is_cut = total > len(records)
    if is_cut and not records:
        return frame, (), True
    added = tuple(message for message in records if not _is_represented(mailbox, frame, message))
    return replace(frame, date_from=lowest, start=records[-1].order if is_cut else None), added, is_cut


def _is_represented(mailbox: Mailbox, frame: Frame, message: Message) -> bool:
    """Whether a newer message of the frame represents the conversation, in a frame with one message for each."""
    one = replace(frame, conversation_id=message.conversation.id, distinct_conversations=False)
    return frame.distinct_conversations and mailbox.list(one.filter(0))[1] > 0
