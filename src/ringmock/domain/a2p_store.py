"""A store of what batches send: indexed so that no request costs more when more is stored.

High-volume SMS has one for a world, the batches of version 2 one for each extension.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import combinations
from typing import NamedTuple, TypeVar

from . import errors
from .a2p_index import Index, end_of, first_order, older_than, to_the_millisecond
from .a2p_sms import A2PFilter, A2PMessage, Batch, BatchFilter, BatchPlan, BatchStatus, Course, Pace
from .attachment import HeldAttachment
from .message import Delivery, Direction, Message, MessageStatus, Progress, Reached, ReadStatus
from .pages import CollectionPage, CollectionPart, page_below
from .ports import IdGenerator
from .segments import segment_count
from .slices import SLICE, Slices, result_of

_K = TypeVar("_K")

_ARRIVED = Progress(MessageStatus.DELIVERED)
"""An inbound message is reported as Delivered."""

_NO_START, _NO_END = -(1 << 120), 1 << 120
"""Orders below and above those of any year."""


class BatchCounts(NamedTuple):
    """The number of messages with a status and an error, and the sum of their segments."""

    status: MessageStatus
    error: str | None
    messages: int
    segments: int


class A2PPage(NamedTuple):
    """One page of messages, newest first, and its place in the list."""

    records: Sequence[A2PMessage]
    page: CollectionPage


class BatchPage(NamedTuple):
    """One page of batches, newest first, and its place in the list."""

    records: Sequence[Batch]
    page: CollectionPage


class _Filed:
    """Messages by id and order; the orders of all of them, of those of each number, of each pair and each group.

    `groups` has the groups of each number.
    """

    __slots__ = ("all", "by_group", "by_id", "by_number", "by_order", "by_pair", "groups")

    def __init__(self) -> None:
        self.by_id: dict[int, A2PMessage] = {}
        self.by_order: dict[int, A2PMessage] = {}
        self.all: Index[Course] = Index()
        self.by_number: defaultdict[str, Index[Course]] = defaultdict(Index)
        self.by_pair: defaultdict[frozenset[str], Index[Course]] = defaultdict(Index)
        self.by_group: defaultdict[frozenset[str], Index[Course]] = defaultdict(Index)
        self.groups: defaultdict[str, set[frozenset[str]]] = defaultdict(set)

    def add(self, message: A2PMessage) -> None:
        self.by_id[message.id] = self.by_order[message.order] = message
        ends, course = frozenset((message.sender, *message.recipients)), message.course
        together = self.by_group if len(ends) > 2 else self.by_pair
        for index in (self.all, together[ends], *map(self.by_number.__getitem__, ends)):
            index.add(course, message.order)
        for number in ends if len(ends) > 2 else ():
            self.groups[number].add(ends)

    def merge(self, other: "_Filed") -> None:
        """Add all that another one has, which is not to be used afterwards."""
        self.by_id.update(other.by_id)
        self.by_order.update(other.by_order)
        self.all.merge(other.all)
        _merge(self.by_number, other.by_number)
        _merge(self.by_pair, other.by_pair)
        _merge(self.by_group, other.by_group)
        for number, groups in other.groups.items():
            self.groups[number] |= groups


def _merge(known: dict[_K, Index[Course]], new: dict[_K, Index[Course]]) -> None:
    for key, index in new.items():
        if known.setdefault(key, index) is not index:
            known[key].merge(index)


class A2PStore:
    """Not thread-safe: one thread serves a world."""

    def __init__(self, ids: IdGenerator) -> None:
        self._ids = ids
        self._filed = _Filed()
        self._batches: dict[str, Batch] = {}
        self._batch_by_order: dict[int, Batch] = {}
        self._all_batches: Index[Pace] = Index()
        self._batches_by_sender: defaultdict[str, Index[Pace]] = defaultdict(Index)
        self._next_age = 0

    def __len__(self) -> int:
        return len(self._filed.by_id)

    # --- recording -------------------------------------------------------------------------------

    def record(self, plan: BatchPlan, now: datetime) -> tuple[Batch, Sequence[A2PMessage]]:
        """Record the messages of a plan as one batch."""
        return result_of(self.recording(plan, now))

    def recording(self, plan: BatchPlan, now: datetime) -> Slices[tuple[Batch, Sequence[A2PMessage]]]:
        """As `record`, in slices: the messages are made one by one; the last slice records them together."""
        created, batch_id, size = to_the_millisecond(now), self._ids.next_uuid(), len(plan.deliveries)
        first = self._reserved(created, max(1, size))
        made = _Filed()
        for place, delivery in enumerate(plan.deliveries):
            made.add(self._message(delivery, created, first + place, batch_id))
            if (place + 1) % SLICE == 0:
                yield
        messages = tuple(made.by_order.values())
        batch = Batch(
            id=batch_id,
            sender=plan.sender,
            created=created,
            first=first,
            end=first + size,
            courses=Counter(message.course for message in messages),
            size=size,
            rejected=plan.rejected,
        )
        yield
        self._filed.merge(made)
        self._batches[batch.id] = self._batch_by_order[batch.first] = batch
        for index in (self._all_batches, self._batches_by_sender[batch.sender]):
            index.add(batch.pace, batch.first)
        return batch, messages

    def receive(self, delivery: Delivery, recipient: str, now: datetime) -> A2PMessage:
        """Record a message to a number of high-volume SMS, in digits."""
        came = delivery._replace(recipients=(recipient,), progress=_ARRIVED)
        created = to_the_millisecond(now)
        message = self._message(came, created, self._reserved(created, 1), None)
        self._filed.add(message)
        return message

    def _reserved(self, created: datetime, count: int) -> int:
        """The first of a range of orders, which is reserved for the caller."""
        first = first_order(created) + self._next_age
        self._next_age += count
        return first

    def _message(self, delivery: Delivery, created: datetime, order: int, batch: str | None) -> A2PMessage:
        assert delivery.progress is not None  # planned for every message of a batch
        files = tuple([HeldAttachment(self._ids.next_message_id(), file) for file in delivery.attachments])
        return A2PMessage(
            id=self._ids.next_message_id(),
            mailbox="",
            type=delivery.type,
            direction=Direction.INBOUND if batch is None else Direction.OUTBOUND,
            sender=delivery.sender,
            recipients=delivery.recipients,
            text=delivery.text,
            created=created,
            modified=created,
            read_status=ReadStatus.UNREAD,
            progress=delivery.progress,
            conversation=delivery.conversation,
            order=order,
            attachments=files,
            recipient_progress=delivery.recipient_progress,
            batch=batch,
            segments=segment_count(delivery.text),
        )

    # --- looking ---------------------------------------------------------------------------------

    def message(self, message_id: str) -> A2PMessage:
        """Raises `NotFound`."""
        found = self._filed.by_id.get(int(message_id)) if message_id.isascii() and message_id.isdigit() else None
        if found is None:
            raise errors.NotFound("messageId", message_id)
        return found

    def holds(self, message: Message) -> bool:
        """Whether it is one of its own."""
        return self._filed.by_id.get(message.id) is message

    def batch(self, batch_id: str) -> Batch:
        """Raises `NotFound`."""
        found = self._batches.get(batch_id)
        if found is None:
            raise errors.NotFound("batchId", batch_id)
        return found

    def messages_of(self, batch: Batch) -> Iterator[A2PMessage]:
        """All of a batch's, in their order."""
        return (self._filed.by_order[order] for order in range(batch.first, batch.end))

    def moving(self, now: datetime) -> Iterator[Batch]:
        """Batches that are not at rest yet."""
        for pace in self._all_batches.kinds():
            for order in self._all_batches.part(pace, older_than(pace.resting, now), _NO_END).oldest_first():
                yield self._batch_by_order[order]

    def list_messages(self, wanted: A2PFilter, before: int | None, size: int) -> A2PPage:
        """The page of `size` messages that begins right below the order `before`; the newest for None."""

        def parts(low: int, high: int) -> Iterator[CollectionPart]:
            for index in self._indexes_for(wanted):
                yield from index.parts(low, high, lambda course: course.direction in wanted.directions)

        page = page_below(parts, *_bounds(wanted), before, size)
        return A2PPage([self._filed.by_order[order] for order in page.orders], page)

    def _indexes_for(self, wanted: A2PFilter) -> Iterable[Index[Course]]:
        if wanted.numbers is None:
            return (self._filed.all,)
        return (self._filed.by_number[number] for number in set(wanted.numbers) if number in self._filed.by_number)

    def list_batches(self, wanted: BatchFilter, before: int | None, size: int, now: datetime) -> BatchPage:
        """The page of `size` batches that begins right below the order `before`; the newest for None."""
        known = self._all_batches if wanted.sender is None else self._batches_by_sender.get(wanted.sender, Index())

        def parts(low: int, high: int) -> Iterator[CollectionPart]:
            for pace in known.kinds():
                for status in wanted.statuses:
                    youngest, oldest = _orders_in(pace, status, now)
                    yield known.part(pace, max(low, oldest), min(high, youngest))

        page = page_below(parts, first_order(wanted.date_from), end_of(wanted.date_to), before, size)
        return BatchPage([self._batch_by_order[order] for order in page.orders], page)

    def counts(self, wanted: A2PFilter, now: datetime) -> Iterator[BatchCounts]:
        """The number of messages in each status; a status may occur several times. Reads no message."""
        for sign, index in self._lines(wanted):
            for course in index.kinds():
                if course.direction in wanted.directions:
                    yield from _counts_of(course, partial(index.count, course), _bounds(wanted), now, sign)

    def _lines(self, wanted: A2PFilter) -> Iterator[tuple[int, Index[Course]]]:
        """The indexes to add up, and the intersections to subtract: a group is in those of each of its numbers."""
        if wanted.numbers is None:
            yield 1, self._filed.all
            return
        numbers = sorted(set(wanted.numbers) & self._filed.by_number.keys())
        yield from ((1, self._filed.by_number[number]) for number in numbers)
        pairs = (frozenset(pair) for pair in combinations(numbers, 2))
        yield from ((-1, self._filed.by_pair[pair]) for pair in pairs if pair in self._filed.by_pair)
        if len(numbers) > 1:
            groups = set().union(*(self._filed.groups.get(number, ()) for number in numbers))
            yield from ((1 - len(group.intersection(numbers)), self._filed.by_group[group]) for group in groups)


def _bounds(wanted: A2PFilter) -> tuple[int, int]:
    low, high = first_order(wanted.date_from), end_of(wanted.date_to)
    if wanted.batch is None:
        return low, high
    # A batch's messages were filed one right after the other.
    return max(low, wanted.batch.first), min(high, wanted.batch.end)


def _orders_in(pace: Pace, status: BatchStatus, now: datetime) -> tuple[int, int]:
    """Between which orders the batches of a pace have a status: right above the youngest, and the oldest."""
    leaves = _NO_START if pace.waiting is None else older_than(pace.waiting, now)
    rests = min(leaves, older_than(pace.resting, now))
    return {
        BatchStatus.PROCESSING: (_NO_END, leaves),
        BatchStatus.SENT: (leaves, rests),
        BatchStatus.COMPLETED: (rests, _NO_START),
    }[status]


def _counts_of(
    course: Course, count_between: Callable[[int, int], int], bounds: tuple[int, int], now: datetime, sign: int
) -> Iterator[BatchCounts]:
    """The statuses of the messages of one course, by their age. Messages of the same age are adjacent."""
    low, high = bounds
    youngest, reached = high, Reached(course.progress.accepted)
    for delay, following in course.progress.later:
        oldest = max(low, min(youngest, older_than(delay, now)))
        yield _count(reached, course, sign * count_between(oldest, youngest))
        youngest, reached = oldest, following
    yield _count(reached, course, sign * count_between(low, youngest))


def _count(reached: Reached, course: Course, messages: int) -> BatchCounts:
    return BatchCounts(reached.status, reached.error, messages, messages * course.segments)
