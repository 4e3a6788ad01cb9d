"""Every mailbox of one world, in memory, indexed so that no request costs more when more is stored.

A mailbox keeps its records in sorted buckets, one for each combination of the enumerated properties. A page of a
list is cut out of the few buckets that the filter names: counting and skipping are bisections, whatever they hold.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import chain, count, islice
from operator import itemgetter
from typing import NamedTuple

from sortedcontainers import SortedList

from .account import Account, digits_of
from .attachment import Attachment, HeldAttachment
from .carrier import progress_to
from .conversation import Conversation, is_member_of_any, takes_part
from .generation import SMS_IS_MODIFIED_AFTER, Generation
from .message import (
    Availability,
    Delivery,
    Direction,
    Message,
    MessageStatus,
    MessageType,
    Outcome,
    Progress,
    ReadStatus,
)
from .message_filter import MessageFilter, Page
from .ports import IdGenerator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_AGES = 1 << 40
"""Room for this many records of one millisecond in `Message.order`."""

_SECOND = timedelta(seconds=1)
_FOREVER = datetime.max.replace(tzinfo=UTC)
_MAX_HEADS = 16
"""Questions for which a mailbox keeps the newest message of each conversation ready."""
_MOST_UNFILED = 64
"""Messages: what one look may have to file, a fraction of a millisecond's work."""


Combinations = frozenset[tuple[MessageType, Direction, ReadStatus, Availability]]


class Bucket(NamedTuple):
    """The properties that the records of one sorted list share."""

    type: MessageType
    direction: Direction
    read_status: ReadStatus
    availability: Availability
    via: tuple[str, ...]
    """Departments on whose membership seeing these records depends; empty for the rest."""


def _bucket_of(message: Message) -> Bucket:
    return Bucket(message.type, message.direction, message.read_status, message.availability, message.via)


class _Index:
    """Sorted lists by bucket, of each record's `order` alone: numbers are sorted in less time than records."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets: dict[Bucket, SortedList[int]] = {}

    def add(self, order: int, bucket: Bucket) -> None:
        orders = self._buckets.get(bucket)
        if orders is None:
            orders = self._buckets[bucket] = SortedList()
        orders.add(order)

    def remove(self, order: int, bucket: Bucket) -> None:
        self._buckets[bucket].remove(order)

    def has(self, order: int, bucket: Bucket) -> bool:
        """Whether the record is listed here."""
        orders = self._buckets.get(bucket)
        return orders is not None and order in orders

    def newest(self, combinations: Combinations) -> tuple[int, Bucket] | None:
        """The newest record with one of these combinations of properties."""
        matching = [(orders, bucket) for bucket, orders in self._buckets.items() if bucket[:4] in combinations]
        return max(((orders[-1], bucket) for orders, bucket in matching if orders), key=itemgetter(0), default=None)

    def slices(self, wanted: MessageFilter, is_visible: Callable[[Bucket], bool]) -> "list[_Slice]":
        """The part of each matching bucket that lies between the filter's dates; no empty ones."""
        low, high = _bounds(wanted)
        combinations = wanted.combinations()
        found = []
        for bucket, orders in self._buckets.items():
            if bucket[:4] in combinations and is_visible(bucket):
                start, end = orders.bisect_left(low), orders.bisect_left(high)
                if start < end:
                    found.append(_Slice(orders, start, end))
        return found


@dataclass(slots=True)
class _Slice:
    """The part `[low, high)` of a sorted list, taken from the newest end."""

    orders: "SortedList[int]"
    low: int
    high: int

    def __len__(self) -> int:
        return self.high - self.low

    def newest_first(self) -> Iterator[int]:
        return iter(self.orders.islice(self.low, self.high, reverse=True))

    def order_at_depth(self, depth: int) -> int:
        """`order` of the depth-th newest record, of the oldest when there are fewer."""
        return self.orders[max(self.high - depth, self.low)]


class _Second(NamedTuple):
    """A whole second, in which messages are created: its start and end, and the lowest `Message.order` in it."""

    created: datetime
    end: datetime
    first_order: int


@dataclass(slots=True)
class _Heads:
    """The newest record of each conversation, of those that some filters let through."""

    combinations: Combinations
    number: str | None
    """Digits of the phone number that the conversations have to do with; None for any."""
    index: _Index = field(default_factory=_Index)
    _known: dict[int, tuple[int, Bucket]] = field(default_factory=dict)

    def look_again(self, conversation_id: int, box: "_Mailbox") -> None:
        """Find the newest of a conversation in which something has changed."""
        known = self._known.pop(conversation_id, None)
        if known is not None:
            self.index.remove(*known)
        newest = box.by_conversation[conversation_id].newest(self.combinations)
        if newest is not None and (self.number is None or box.has_to_do_with(self.number, newest)):
            self._known[conversation_id] = newest
            self.index.add(*newest)


@dataclass(slots=True)
class _Mailbox:
    """One extension's records: all of them, and again by conversation and by phone number."""

    all: _Index = field(default_factory=_Index)
    by_conversation: defaultdict[int, _Index] = field(default_factory=lambda: defaultdict(_Index))
    by_phone_number: defaultdict[str, _Index] = field(default_factory=lambda: defaultdict(_Index))
    heads: dict[tuple[Combinations, str | None], _Heads] = field(default_factory=dict)
    """By what was asked for, for the last few questions of this kind."""
    unfiled: list[Message] = field(default_factory=list)
    """The newest, in no index yet: a few at a time are filed in less time than one by one."""
    changes: list[int] = field(default_factory=list)
    """Ids, one for each time that a message was recorded or changed, the last at the end."""
    longest_progress: timedelta = timedelta(0)
    """The longest time that the status of a message here takes to come to rest."""

    def add(self, message: Message) -> None:
        """Take a new message; it is filed by the time that anybody looks."""
        self.unfiled.append(message)
        if len(self.unfiled) >= _MOST_UNFILED:
            self.file()

    def file(self) -> None:
        """Put what is unfiled into the indexes."""
        for message in self.unfiled:
            bucket = _bucket_of(message)
            for index in self.indexes_of(message):
                index.add(message.order, bucket)
            self.look_again(message)
        self.unfiled.clear()

    def look_again(self, message: Message) -> None:
        """See which message stands for its conversation now, wherever that is kept ready."""
        assert message.conversation.id is not None  # named when recorded
        for heads in self.heads.values():
            heads.look_again(message.conversation.id, self)

    def heads_for(self, wanted: MessageFilter) -> _Index:
        """The newest record of each conversation, kept ready from the first time on that it is asked for."""
        number = None if wanted.phone_number is None else digits_of(wanted.phone_number)
        asked = wanted.combinations(), number
        heads = self.heads.get(asked)
        if heads is None:
            if len(self.heads) >= _MAX_HEADS:
                del self.heads[next(iter(self.heads))]
            heads = self.heads[asked] = _Heads(*asked)
            for conversation_id in self.by_conversation:
                heads.look_again(conversation_id, self)
        return heads.index

    def has_to_do_with(self, number: str, record: tuple[int, Bucket]) -> bool:
        """Whether the phone number, in digits, is one of the record's conversation."""
        index = self.by_phone_number.get(number)
        return index is not None and index.has(*record)

    def note_change(self, message: Message) -> None:
        """What is needed to tell later what has changed."""
        self.changes.append(message.id)
        if message.progress.later:
            self.longest_progress = max(self.longest_progress, message.progress.later[-1][0])

    def indexes_of(self, message: Message) -> Iterator[_Index]:
        """Every index that lists the message."""
        yield self.all
        assert message.conversation.id is not None  # named when recorded
        yield self.by_conversation[message.conversation.id]
        for number in message.conversation.numbers:
            yield self.by_phone_number[number]

    def index_for(self, wanted: MessageFilter) -> _Index | None:
        """The smallest index that holds every match; None when there is none."""
        if wanted.conversation_id is not None:
            return self.by_conversation.get(wanted.conversation_id)
        if wanted.phone_number is not None:
            return self.by_phone_number.get(digits_of(wanted.phone_number))
        return self.all


class InMemoryMessageStore:
    """The `MessageStore` of a world. Not thread-safe: one thread serves a world."""

    def __init__(self, ids: IdGenerator, generation: Generation) -> None:
        self._ids = ids
        self._generation = generation
        self._messages: dict[int, Message] = {}
        self._by_order: dict[int, Message] = {}
        self._second = _Second(_EPOCH, _EPOCH + _SECOND, 0)
        self._mailboxes: defaultdict[str, _Mailbox] = defaultdict(_Mailbox)
        self._sms_conversations: dict[frozenset[str], Conversation] = {}
        self._handsets: defaultdict[str, dict[int, Message]] = defaultdict(dict)
        self._ages = count()

    def __len__(self) -> int:
        return len(self._messages)

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        """R-17: the outbox keeps whatever was sent, and a mailbox gets a copy only where one was delivered.

        Returns the copies, the sender's first; none for an SMS from a handset that reaches no mailbox.
        """
        created, _, first_order = self._second_of(now)
        conversation: Conversation | None = None
        copies: list[Message] = []
        for mailbox, direction in _mailboxes(delivery):
            message_id = self._ids.next_message_id()
            conversation = conversation or self._named(delivery.conversation, message_id)
            is_outbound = direction is Direction.OUTBOUND
            is_outbound_sms = is_outbound and delivery.type is MessageType.SMS
            message = Message(
                message_id,
                mailbox,
                delivery.type,
                direction,
                delivery.sender,
                delivery.recipients,
                delivery.text,
                created,
                modified=created + SMS_IS_MODIFIED_AFTER if is_outbound_sms else now,
                read_status=self._generation.outbound_read_status if is_outbound else ReadStatus.UNREAD,
                progress=progress_of(delivery, direction, self._generation),
                conversation=conversation,
                order=first_order + next(self._ages),
                attachments=self._held(delivery.attachments) if delivery.attachments else (),
                recipient_progress=delivery.recipient_progress if is_outbound else (),
            )
            self._file(message)
            copies.append(message)
        self._hand_over(delivery, copies)
        return tuple(copies)

    def held(self, mailbox: str, message_id: int) -> Message | None:
        """The message when that mailbox holds it, whatever its availability."""
        message = self._messages.get(message_id)
        return message if message is not None and message.mailbox == mailbox else None

    def list_messages(self, mailbox: str, wanted: MessageFilter, account: Account) -> Page:
        """Newest first; D-04: without the threads that the mailbox's owner was removed from."""
        box = self._mailboxes.get(mailbox)
        if box is None:
            return Page((), 0)
        box.file()

        def is_visible(bucket: Bucket) -> bool:
            return not bucket.via or is_member_of_any(bucket.via, mailbox, account)

        if wanted.distinct_conversations and wanted.conversation_id is None:
            slices = self._newest_of_each(box, wanted, is_visible)
        else:
            index = box.index_for(wanted)
            slices = [] if index is None else index.slices(wanted, is_visible)
            if wanted.conversation_id is not None:
                slices = self._of_one_conversation(slices, wanted)
        total = sum(map(len, slices))
        return self._page(_page_of(slices, total, wanted), total)

    def change_count(self, mailbox: str) -> int:
        """How often anything in the mailbox was recorded or changed."""
        box = self._mailboxes.get(mailbox)
        return 0 if box is None else len(box.changes)

    def changed(
        self, mailbox: str, position: int, since: datetime, now: datetime, account: Account
    ) -> Sequence[Message]:
        """What changed after the first `position` changes, or at `since` or later; D-04: less what is hidden.

        Costs as much as there were changes in that time.
        """
        box = self._mailboxes.get(mailbox)
        if box is None:
            return ()
        ids = dict.fromkeys(self._changed_of_late(box, position, since, now))
        ids |= dict.fromkeys(box.changes[position:])
        messages = map(self._messages.__getitem__, ids)
        return tuple(message for message in messages if takes_part(message.conversation, mailbox, account))

    def _changed_of_late(self, box: _Mailbox, position: int, since: datetime, now: datetime) -> Iterator[int]:
        """Messages among the first `position` changes that changed at `since` or later, or whose status did."""
        while position:
            position -= 1
            message = self._messages[box.changes[position]]
            if message.modified < since - box.longest_progress:
                return
            if message.last_changed(now) >= since:
                yield message.id

    def received_by_handset(self, digits: str) -> Sequence[Message]:
        """What a phone outside the account was sent, oldest first: the sender's copies."""
        return tuple(self._handsets.get(digits, {}).values())

    def held_by_handset(self, digits: str, message_id: int) -> Message | None:
        """The message when that phone has received it, by the id of the sender's copy."""
        return self._handsets.get(digits, {}).get(message_id)

    def set_read_status(self, message: Message, status: ReadStatus, now: datetime) -> None:
        """Mark as Read or Unread; `modified` moves even when nothing else does."""
        with self._refiled(message, now):
            message.read_status = status

    def restore(self, message: Message, now: datetime) -> None:
        """Deleted becomes Alive again; what was Purged has nothing left to restore, and stays so."""
        if message.availability is not Availability.PURGED:
            with self._refiled(message, now):
                message.availability = Availability.ALIVE

    def delete(self, message: Message, now: datetime, *, purge: bool = False) -> None:
        """Alive becomes Deleted, Deleted becomes Purged; `purge` goes all the way at once. Purged stays so."""
        if message.availability is Availability.PURGED:
            return
        is_last_step = purge or message.availability is Availability.DELETED
        with self._refiled(message, now):
            message.availability = Availability.PURGED if is_last_step else Availability.DELETED
            if is_last_step:
                self._leave_with_handsets(message)
                message.text = ""
                message.attachments = ()

    def _held(self, files: Sequence[Attachment]) -> tuple[HeldAttachment, ...]:
        """The files under ids of one copy's own; the bytes stay where they are."""
        return tuple(HeldAttachment(self._ids.next_message_id(), file) for file in files)

    def _second_of(self, now: datetime) -> _Second:
        """The second that `now` is in, which is most often the one of the message before."""
        if not self._second.created <= now < self._second.end:
            created = now.replace(microsecond=0)
            self._second = _Second(created, created + _SECOND, _first_order(created))
        return self._second

    def _page(self, orders: Iterable[int], total: int) -> Page:
        return Page(tuple(map(self._by_order.__getitem__, orders)), total)

    def _newest_of_each(
        self, box: _Mailbox, wanted: MessageFilter, is_visible: Callable[[Bucket], bool]
    ) -> list[_Slice]:
        """The newest matching record of each conversation.

        That is its newest of all, or none, except where that one is too new: such a conversation is looked into.
        """
        heads, older = box.heads_for(wanted), _Index()
        too_new = replace(wanted, oldest=_bounds(wanted)[1], before=None, date_to=_FOREVER)
        for order in chain.from_iterable(part.newest_first() for part in heads.slices(too_new, is_visible)):
            conversation_id = self._by_order[order].conversation.id
            assert conversation_id is not None  # named when recorded
            newest = _newest(box.by_conversation[conversation_id].slices(wanted, is_visible))
            if newest is not None:
                older.add(newest, _bucket_of(self._by_order[newest]))
        return [*heads.slices(wanted, is_visible), *older.slices(wanted, is_visible)]

    def _of_one_conversation(self, slices: list[_Slice], wanted: MessageFilter) -> list[_Slice]:
        """What the filters on the conversation as a whole leave of its records."""
        newest = _newest(slices)
        number = None if wanted.phone_number is None else digits_of(wanted.phone_number)
        if newest is None or (number is not None and number not in self._by_order[newest].conversation.numbers):
            return []
        return [_Slice(SortedList([newest]), 0, 1)] if wanted.distinct_conversations else slices

    def _named(self, thread: Conversation, first_message_id: int) -> Conversation:
        """The conversation with its id: its own, the one that these phone numbers share, or a new one."""
        if thread.id is not None:
            return thread
        if not thread.numbers:
            by_message = self._generation.thread_id_is_first_message_id
            return thread._replace(id=first_message_id if by_message else self._ids.next_conversation_id())
        known = self._sms_conversations.get(thread.numbers)
        if known is None:
            known = thread._replace(id=self._ids.next_conversation_id())
            self._sms_conversations[thread.numbers] = known
        return known

    def _hand_over(self, delivery: Delivery, copies: Sequence[Message]) -> None:
        for routed in delivery.routed:
            if routed.outcome is Outcome.OUTSIDE:
                self._handsets[routed.recipient][copies[0].id] = copies[0]

    def _leave_with_handsets(self, message: Message) -> None:
        """A phone keeps what it has received, whatever the sender does to his own copy."""
        for number in message.recipients:
            if self.held_by_handset(number, message.id) is message:
                self._handsets[number][message.id] = replace(message)

    def _file(self, message: Message) -> None:
        self._messages[message.id] = self._by_order[message.order] = message
        box = self._mailboxes[message.mailbox]
        box.note_change(message)
        box.add(message)

    @contextmanager
    def _refiled(self, message: Message, now: datetime) -> Iterator[None]:
        """Move the record to the bucket that its properties name after the block."""
        box = self._mailboxes[message.mailbox]
        box.file()
        indexes = tuple(box.indexes_of(message))
        before = _bucket_of(message)
        yield
        message.modified = max(now, message.created)
        box.note_change(message)
        after = _bucket_of(message)
        if after != before:
            for index in indexes:
                index.remove(message.order, before)
                index.add(message.order, after)
            box.look_again(message)


def _mailboxes(delivery: Delivery) -> Iterator[tuple[str, Direction]]:
    """Each mailbox that gets a copy, the sender's first."""
    if delivery.outbox is not None:
        yield delivery.outbox, Direction.OUTBOUND
    for routed in delivery.routed:
        if routed.mailbox is not None:
            yield routed.mailbox, Direction.INBOUND


def progress_of(delivery: Delivery, direction: Direction, generation: Generation) -> Progress:
    """How the status of a copy moves; D-03 for what was dropped, D-09 for what no mailbox takes."""
    if delivery.type is MessageType.PAGER:
        return Progress(MessageStatus.SENT)
    if direction is Direction.INBOUND:
        return Progress(MessageStatus.RECEIVED)
    if delivery.progress is not None:
        return delivery.progress
    outcomes = {routed.outcome for routed in delivery.routed}
    return progress_to(outcomes.pop(), generation) if len(outcomes) == 1 else generation.sms_progress


def _first_order(moment: datetime) -> int:
    """The lowest `Message.order` of a record created at this moment, to the millisecond."""
    return (moment - _EPOCH) // _MILLISECOND * _AGES


def _bounds(wanted: MessageFilter) -> tuple[int, int]:
    """The lowest `Message.order` that the filter lets through, and the first beyond the highest."""
    low, high = _first_order(wanted.date_from), _first_order(wanted.date_to) + _AGES
    if wanted.oldest is not None:
        low = max(low, wanted.oldest)
    return low, high if wanted.before is None else min(high, wanted.before)


def _newest(slices: list[_Slice]) -> int | None:
    """`order` of the newest record of all slices."""
    return max((part.order_at_depth(1) for part in slices), default=None)


def _page_of(slices: list[_Slice], total: int, wanted: MessageFilter) -> Iterable[int]:
    """The page that is wanted of the slices, which hold `total` records."""
    offset = (wanted.page - 1) * wanted.per_page
    if offset >= total:
        return ()
    _skip_newest(slices, offset)
    return islice(merge(*(part.newest_first() for part in slices), reverse=True), wanted.per_page)


def _skip_newest(slices: list[_Slice], depth: int) -> None:
    """Shorten the slices by their `depth` newest records, in steps that halve what is left to skip.

    Where each of k slices offers its next `depth // k` records, those of the slice whose offer ends newest are
    all among the `depth` newest: no more than the other offers together can come before them.
    """
    while depth:
        left = [part for part in slices if len(part)]
        step = max(1, depth // len(left))
        newest = max(left, key=lambda part: part.order_at_depth(step))
        taken = min(step, len(newest))
        newest.high -= taken
        depth -= taken
