"""The indexes of one mailbox. Any page of any list is found without reading the messages of other pages.

Records are kept in sorted buckets, one for each combination of the enumerated properties, as the numbers that they are
sorted by. Counting and skipping are bisections, whatever the buckets hold.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from sortedcontainers import SortedList

from .account import digits_of
from .made import maker
from .message import Availability, Direction, Message, MessageType, ReadStatus
from .message_filter import MessageFilter
from .slices import SLICE, Slices, result_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_AGES = 1 << 40
"""Room for this many records of one millisecond in `Message.order`."""

_MAX_HEADS = 16
"""Queries for which a mailbox caches the newest message of each conversation."""
_MOST_UNFILED = 32
"""Messages: the most that one request files for those before it, so that none takes much longer than others."""
_MOST_UNSORTED = 16
"""Messages of one conversation or number that no list has yet: a query of thousands of conversations sorts them all."""

_MOST_CONVERSATIONS = 8
"""Of a phone number, whose indexes are looked at one by one."""

_SLOW = timedelta(days=1)

Combinations = frozenset[tuple[MessageType, Direction, ReadStatus, Availability]]


class Bucket(NamedTuple):
    """The properties that the records of one sorted list share."""

    type: MessageType
    direction: Direction
    read_status: ReadStatus
    availability: Availability
    via: tuple[str, ...]
    """Departments whose current members alone may see these records; empty when the owner always may."""


_bucket = maker(Bucket)


def bucket_of(message: Message) -> Bucket:
    """Where a record belongs, as its properties are now."""
    return _bucket((message.type, message.direction, message.read_status, message.availability, message.via))


class Index:
    """Sorted lists by bucket, of each record's `order` alone: numbers are sorted in less time than records.

    The newest few messages wait unsorted until the next query: most conversations have few, and are never asked for.
    """

    __slots__ = ("_sorted", "_unsorted")

    def __init__(self) -> None:
        self._sorted: defaultdict[Bucket, SortedList[int]] | None = None
        self._unsorted: list[Message] = []

    @property
    def _buckets(self) -> "defaultdict[Bucket, SortedList[int]]":
        return self.sort()

    def add_new(self, message: Message) -> None:
        """Add a message. `sort` has to be called before its properties change."""
        self._unsorted.append(message)
        if len(self._unsorted) >= _MOST_UNSORTED:
            self.sort()

    def sort(self) -> "defaultdict[Bucket, SortedList[int]]":
        """Put every message into the list of its bucket."""
        found, unsorted = self._sorted, self._unsorted
        if found is None:
            found = self._sorted = defaultdict(SortedList)
        if unsorted:
            self._unsorted, last = [], None
            for message in unsorted:
                bucket = bucket_of(message)
                if bucket != last:
                    last, orders = bucket, found[bucket]
                orders.add(message.order)
        return found

    def add_several(self, orders: Iterable[int], bucket: Bucket) -> None:
        """Add records with the same properties."""
        known = self._buckets[bucket]
        for order in orders:
            known.add(order)

    def add(self, order: int, bucket: Bucket) -> None:
        self.add_several((order,), bucket)

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

    def slices(self, wanted: MessageFilter, is_visible: Callable[[Bucket], bool]) -> "list[Slice]":
        """The part of each matching bucket within the filter's dates; no empty ones."""
        low, high = bounds(wanted)
        combinations = wanted.combinations()
        found = []
        for bucket, orders in self._buckets.items():
            if bucket[:4] in combinations and is_visible(bucket):
                start, end = orders.bisect_left(low), orders.bisect_left(high)
                if start < end:
                    found.append(Slice(orders, start, end))
        return found


class NumberIndex:
    """What has to do with one phone number: the whole of its first few conversations, and an index of all others.

    Most numbers have few conversations, whose indexes need not be kept twice. One with a single conversation has no
    index but that.
    """

    __slots__ = ("_conversations", "_others")

    def __init__(self, *conversations: Index) -> None:
        """Of a number with these conversations."""
        self._conversations = list(conversations)
        self._others: Index | None = None

    def add_new(self, message: Message, conversation: Index) -> None:
        """Add a message that the index of its conversation, the given one, has."""
        if conversation in self._conversations:
            return
        if len(self._conversations) < _MOST_CONVERSATIONS:
            self._conversations.append(conversation)
            return
        if self._others is None:
            self._others = Index()
        self._others.add_new(message)

    def indexes_of(self, conversation: Index) -> "Iterator[Index]":
        """The index that lists the messages of a conversation, unless it is the conversation's own, the given one."""
        if self._others is not None and conversation not in self._conversations:
            yield self._others

    def has(self, order: int, bucket: Bucket) -> bool:
        """Whether the record is listed here."""
        return any(index.has(order, bucket) for index in self._all())

    def slices(self, wanted: MessageFilter, is_visible: Callable[[Bucket], bool]) -> "list[Slice]":
        """As `Index.slices`."""
        return [part for index in self._all() for part in index.slices(wanted, is_visible)]

    def _all(self) -> "Iterator[Index]":
        yield from self._conversations
        if self._others is not None:
            yield self._others


@dataclass(slots=True)
class Slice:
    """The part `[low, high)` of a sorted list, newest first."""

    orders: "SortedList[int]"
    low: int
    high: int

    def __len__(self) -> int:
        return self.high - self.low

    def newest_first(self) -> Iterator[int]:
        return iter(self.orders.islice(self.low, self.high, reverse=True))

    def oldest_first(self) -> Iterator[int]:
        return iter(self.orders.islice(self.low, self.high))

    def order_at_depth(self, depth: int) -> int:
        """`order` of the depth-th newest record, or of the oldest when there are fewer."""
        return self.orders[max(self.high - depth, self.low)]


@dataclass(slots=True)
class _Heads:
    """The newest record of each conversation that matches one of some filters."""

    combinations: Combinations
    number: str | None
    """Digits of the phone number that the conversations have to do with; None for any."""
    unseen: int | None = 0
    """The place of the first conversation that is not read yet, among those of the mailbox; None when all are."""
    index: Index = field(default_factory=Index)
    _known: dict[int, tuple[int, Bucket]] = field(default_factory=dict)

    def update_head(self, conversation_id: int, box: "MailboxIndex") -> None:
        """Update the newest record of a conversation that has changed."""
        known = self._known.pop(conversation_id, None)
        if known is not None:
            self.index.remove(*known)
        newest = box.by_conversation[conversation_id].newest(self.combinations)
        if newest is not None and (self.number is None or box.has_to_do_with(self.number, newest)):
            self._known[conversation_id] = newest
            self.index.add(*newest)


@dataclass(slots=True)
class MailboxIndex:
    """One extension's records: all of them, and again by conversation and by phone number."""

    all: Index = field(default_factory=Index)
    by_conversation: dict[int, Index] = field(default_factory=dict)
    conversation_ids: "array[int]" = field(default_factory=lambda: array("Q"))
    """The ids of these conversations, in the order in which they came."""
    by_phone_number: dict[str, Index | NumberIndex] = field(default_factory=dict)
    """For each number, the index of its only conversation, or one of several."""
    heads: dict[tuple[Combinations, str | None], _Heads] = field(default_factory=dict)
    """The cached results of the last few queries of this kind."""
    unfiled: list[Message] = field(default_factory=list)
    """The newest, in no index yet: a few at a time are filed in less time than one by one."""
    changes: list[int] = field(default_factory=list)
    """Ids, one for each time that a message was recorded or changed, the last at the end."""
    places: "array[int]" = field(default_factory=lambda: array("Q"))
    """For each of these changes, its place among the changes of the whole store."""
    longest_progress: timedelta = timedelta(0)
    """The longest time after which the status of a message in this mailbox still changes, but for the slow ones."""
    slow: dict[int, None] = field(default_factory=dict)
    """The ids of messages whose status takes longer than a day: faxes that are sent later."""

    def add(self, message: Message) -> None:
        """Add a new message. The next query indexes it."""
        self.unfiled.append(message)
        if len(self.unfiled) >= _MOST_UNFILED:
            self.file()

    def file(self) -> None:
        """Index the messages that are not indexed yet."""
        if not self.unfiled:
            return
        unfiled, by_bucket = self.unfiled, defaultdict[Bucket, list[int]](list)
        self.unfiled = []
        for message in unfiled:
            by_bucket[bucket_of(message)].append(message.order)
            conversation_id = message.conversation.id
            assert conversation_id is not None  # named when recorded
            conversation = self.by_conversation.get(conversation_id)
            if conversation is None:
                conversation = self.by_conversation[conversation_id] = Index()
                self.conversation_ids.append(conversation_id)
            conversation.add_new(message)
            for number in message.conversation.numbers:
                known = self.by_phone_number.get(number)
                if known is None:
                    self.by_phone_number[number] = conversation
                elif isinstance(known, NumberIndex):
                    known.add_new(message, conversation)
                elif known is not conversation:
                    self.by_phone_number[number] = NumberIndex(known, conversation)
        for bucket, orders in by_bucket.items():
            self.all.add_several(orders, bucket)
        if self.heads:
            for message in unfiled:
                self.update_head(message)

    def update_head(self, message: Message) -> None:
        """Update the newest record of its conversation in every cached result."""
        assert message.conversation.id is not None  # named when recorded
        for heads in self.heads.values():
            heads.update_head(message.conversation.id, self)

    def heads_for(self, wanted: MessageFilter) -> Index:
        """The newest record of each conversation, cached from the first query on."""
        return result_of(self.preparing_heads(wanted))

    def preparing_heads(self, wanted: MessageFilter) -> Slices[Index]:
        """As `heads_for`, in slices: the first query reads every conversation, including changes during it."""
        number = None if wanted.phone_number is None else digits_of(wanted.phone_number)
        asked = wanted.combinations(), number
        while True:
            heads = self.heads.get(asked) or self._new_heads(asked)
            if heads.unseen is None:
                return heads.index
            # A copy of all ids would be a container that the collector traverses whole: of a million, for 40 ms.
            part = self.conversation_ids[heads.unseen : heads.unseen + SLICE]
            for conversation_id in part:
                heads.update_head(conversation_id, self)
            if len(part) < SLICE:
                heads.unseen = None
            else:
                heads.unseen += SLICE
                yield

    def _new_heads(self, asked: "tuple[Combinations, str | None]") -> _Heads:
        """Cache a result and evict the oldest when there are too many; results that calls wait for stay."""
        ready = (known for known, heads in self.heads.items() if heads.unseen is None)
        if len(self.heads) >= _MAX_HEADS and (oldest := next(ready, None)) is not None:
            del self.heads[oldest]
        heads = self.heads[asked] = _Heads(*asked)
        return heads

    def has_to_do_with(self, number: str, record: tuple[int, Bucket]) -> bool:
        """Whether the phone number, in digits, is one of the record's conversation."""
        index = self.by_phone_number.get(number)
        return index is not None and index.has(*record)

    def note_change(self, message: Message, place: int) -> None:
        """Record a change; `place` is its place among the store's changes."""
        self.changes.append(message.id)
        self.places.append(place)
        if message.progress.later:
            longest = max(self.longest_progress, *message.delays())
            if longest <= _SLOW:
                self.longest_progress = longest
            else:
                self.slow[message.id] = None

    def indexes_of(self, message: Message) -> Iterator[Index]:
        """Every index that lists the message."""
        yield self.all
        assert message.conversation.id is not None  # named when recorded
        conversation = self.by_conversation[message.conversation.id]
        yield conversation
        for number in message.conversation.numbers:
            known = self.by_phone_number[number]
            if isinstance(known, NumberIndex):
                yield from known.indexes_of(conversation)

    def index_for(self, wanted: MessageFilter) -> Index | NumberIndex | None:
        """The smallest index that contains every match; None when nothing can match."""
        if wanted.conversation_id is not None:
            return self.by_conversation.get(wanted.conversation_id)
        if wanted.phone_number is not None:
            return self.by_phone_number.get(digits_of(wanted.phone_number))
        return self.all


def first_order(moment: datetime) -> int:
    """The lowest `Message.order` of a record created at this moment, to the millisecond."""
    return (moment - _EPOCH) // _MILLISECOND * _AGES


def bounds(wanted: MessageFilter) -> tuple[int, int]:
    """The lowest `Message.order` that the filter lets through, and the first beyond the highest."""
    low, high = first_order(wanted.date_from), first_order(wanted.date_to) + _AGES
    if wanted.oldest is not None:
        low = max(low, wanted.oldest)
    return low, high if wanted.before is None else min(high, wanted.before)


def newest_of(slices: list[Slice]) -> int | None:
    """`order` of the newest record of all slices."""
    return max((part.order_at_depth(1) for part in slices), default=None)


def page_of(slices: list[Slice], total: int, wanted: MessageFilter) -> Iterable[int]:
    """The requested page of the slices, which hold `total` records."""
    offset = (wanted.page - 1) * wanted.per_page
    if offset >= total:
        return ()
    _skip_newest(slices, offset)
    if len(slices) == 1:
        return islice(slices[0].newest_first(), wanted.per_page)
    return islice(merge(*(part.newest_first() for part in slices), reverse=True), wanted.per_page)


def _skip_newest(slices: list[Slice], depth: int) -> None:
    """Remove the `depth` newest records from the slices, halving what is left to skip with each step.

    Each of k slices offers its next `depth

    k` records. The offer whose oldest record is the newest lies entirely among the `depth` newest: the other offers
    together cannot contain more records before it.
    """
    while depth:
        left = [part for part in slices if len(part)]
        step = max(1, depth // len(left))
        newest = max(left, key=lambda part: part.order_at_depth(step))
        taken = min(step, len(newest))
        newest.high -= taken
        depth -= taken
