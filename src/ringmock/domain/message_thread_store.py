"""The message threads of one world, indexed so that no list costs more when more is stored."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from heapq import merge
from itertools import count
from typing import Generic, NamedTuple, TypeVar

from sortedcontainers import SortedList

from . import errors
from .attachment import HeldAttachment
from .carrier import progress_to
from .conversation import Conversation
from .message import Availability, Delivery, Direction, MessageStatus, Progress, ReadStatus
from .message_thread import (
    AS_TODAY,
    HintKind,
    MessageThread,
    StatusReason,
    ThreadEntry,
    ThreadHint,
    ThreadMessage,
    ThreadNote,
    ThreadStatus,
    label_of,
)
from .moments import FIRST, LAST, moved
from .ports import IdGenerator
from .slices import SLICE, Slices
from .sorted_index import OrderPage, Part, SortedIndex, end_of, first_order, page_of

T = TypeVar("T")


class ThreadKind(NamedTuple):
    """What lists of threads, and of their messages, are filtered by."""

    owner: str
    status: ThreadStatus
    availability: Availability


def kind_of(thread: MessageThread) -> ThreadKind:
    return ThreadKind(thread.owner, thread.status, thread.availability)


def _kind_of_message(thread: MessageThread, message: ThreadMessage) -> ThreadKind:
    return ThreadKind(thread.owner, message.filed, message.availability)


class NoteKind(NamedTuple):
    """What lists of notes are filtered by."""

    owner: str
    availability: Availability


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """Filters of the lists of threads, messages and notes. Both dates are inclusive; `page` counts from 1.

    `numbers`: digits of the owner's and the guest's phone, None for any. `threads` and `ids` are None for any.
    """

    owners: frozenset[str]
    statuses: frozenset[ThreadStatus] = frozenset(ThreadStatus)
    availabilities: frozenset[Availability] = frozenset({Availability.ALIVE})
    date_from: datetime = FIRST
    date_to: datetime = LAST
    number: str | None = None
    guest: str | None = None
    threads: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    page: int = 1
    per_page: int = 100

    @property
    def bounds(self) -> tuple[int, int]:
        return first_order(self.date_from), end_of(self.date_to)


class RecordsPage(NamedTuple, Generic[T]):
    """One page of a list, oldest first, and how many there are on all pages."""

    records: Sequence[T]
    total: int


class _Changes(Generic[T]):
    """What has changed of one owner's, in order, each with its place among the changes of the store."""

    def __init__(self) -> None:
        self._places: list[int] = []
        self._things: list[T] = []

    def note(self, place: int, thing: T) -> None:
        self._places.append(place)
        self._things.append(thing)

    def since(self, place: int) -> list[T]:
        """What has changed after so many changes of the store, each once, the last change last."""
        return list(dict.fromkeys(reversed(self._things[bisect_left(self._places, place) :])))[::-1]


class MessageThreads:
    """Not thread-safe: one thread serves a world."""

    def __init__(self, ids: IdGenerator, expire_after: timedelta) -> None:
        self._ids = ids
        self.expire_after = expire_after
        self._ages = count()
        self.changes = 0
        """How often anything was changed."""
        self._threads: dict[str, MessageThread] = {}
        self._by_order: dict[int, MessageThread | ThreadMessage | ThreadNote] = {}
        self._messages: dict[str, ThreadMessage] = {}
        self._notes: dict[str, ThreadNote] = {}
        self._open: dict[tuple[str, str], MessageThread] = {}
        self._open_of: defaultdict[str, dict[str | None, dict[str, MessageThread]]] = defaultdict(dict)
        self._all: SortedIndex[ThreadKind] = SortedIndex()
        self._by_number: defaultdict[str, SortedIndex[ThreadKind]] = defaultdict(SortedIndex)
        self._by_pair: defaultdict[tuple[str, str], SortedIndex[ThreadKind]] = defaultdict(SortedIndex)
        self._by_guest: defaultdict[str, SortedIndex[ThreadKind]] = defaultdict(SortedIndex)
        self._all_messages: SortedIndex[ThreadKind] = SortedIndex()
        self._messages_of: defaultdict[str, SortedIndex[Availability]] = defaultdict(SortedIndex)
        self._all_notes: SortedIndex[NoteKind] = SortedIndex()
        self._notes_of: defaultdict[str, SortedIndex[Availability]] = defaultdict(SortedIndex)
        self._thread_changes: defaultdict[str, _Changes[MessageThread]] = defaultdict(_Changes)
        self._entry_changes: defaultdict[str, _Changes[ThreadEntry]] = defaultdict(_Changes)
        self._expiries: SortedList[tuple[datetime, int]] = SortedList()
        self._longest_progress = timedelta(0)

    # --- looking ---------------------------------------------------------------------------------

    def thread(self, thread_id: str) -> MessageThread:
        """Raises `NotFound`."""
        return _found(self._threads, thread_id, "threadId")

    def find_thread(self, thread_id: str) -> MessageThread | None:
        return self._threads.get(thread_id)

    def message(self, message_id: str) -> ThreadMessage:
        """Raises `NotFound`."""
        return _found(self._messages, message_id, "messageId")

    def note(self, note_id: str) -> ThreadNote:
        """Raises `NotFound`."""
        return _found(self._notes, note_id, "noteId")

    def find_message(self, message_id: str) -> ThreadMessage | None:
        return self._messages.get(message_id)

    def find_note(self, note_id: str) -> ThreadNote | None:
        return self._notes.get(note_id)

    def open_between(self, number: str, guest: str) -> MessageThread | None:
        """The one open thread of two numbers, in digits."""
        return self._open.get((number, guest))

    def open_of(self, owner: str) -> Iterator[MessageThread]:
        """The open threads of an extension."""
        for threads in self._open_of.get(owner, {}).values():
            yield from threads.values()

    def open_of_assignee(self, owner: str, assignee: str | None) -> Iterable[MessageThread]:
        """The open threads of an extension with this assignee, or with none."""
        return self._open_of.get(owner, {}).get(assignee, {}).values()

    def newest_first(self, before: int | None = None) -> Iterator[MessageThread]:
        """Every thread, of those of an order below `before` where that is given, the one begun last first."""
        parts = self._all.parts(first_order(FIRST), end_of(LAST) if before is None else before, lambda _: True)
        for order in merge(*[part.newest_first() for part in parts], reverse=True):
            thread = self._by_order[order]
            assert isinstance(thread, MessageThread)
            yield thread

    def list_threads(self, wanted: ThreadFilter) -> RecordsPage[MessageThread]:
        """Oldest first."""
        if wanted.number is not None and wanted.guest is not None:
            index = self._by_pair.get((wanted.number, wanted.guest))
        elif wanted.number is not None:
            index = self._by_number.get(wanted.number)
        else:
            index = self._all if wanted.guest is None else self._by_guest.get(wanted.guest)
        parts = () if index is None else index.parts(*wanted.bounds, partial(_is_wanted, wanted))
        return self._page(page_of(parts, wanted.page, wanted.per_page))

    def list_messages(self, wanted: ThreadFilter) -> RecordsPage[ThreadMessage]:
        """Oldest first."""
        if wanted.ids is not None:
            return self._named(wanted, self._messages)
        if wanted.threads is None:
            parts = self._all_messages.parts(*wanted.bounds, partial(_is_wanted, wanted))
        else:
            parts = self._parts_of_threads(wanted, self._messages_of)
        return self._page(page_of(parts, wanted.page, wanted.per_page))

    def list_notes(self, wanted: ThreadFilter) -> RecordsPage[ThreadNote]:
        """Oldest first."""
        if wanted.ids is not None:
            return self._named(wanted, self._notes)
        if wanted.threads is None:
            parts = self._all_notes.parts(
                *wanted.bounds, lambda kind: kind.owner in wanted.owners and kind.availability in wanted.availabilities
            )
        else:
            parts = self._parts_of_threads(wanted, self._notes_of)
        return self._page(page_of(parts, wanted.page, wanted.per_page))

    def _named(self, wanted: ThreadFilter, known: dict[str, T]) -> RecordsPage[T]:
        """Of the records that are named, those that the filter lets through."""
        low, high = wanted.bounds
        found: list[T] = []
        for record in (known[name] for name in dict.fromkeys(wanted.ids or ()) if name in known):
            assert isinstance(record, ThreadMessage | ThreadNote)
            thread = self._threads[record.thread]
            if _is_in(wanted, thread) and record.availability in wanted.availabilities and low <= record.order < high:
                found.append(record)
        found.sort(key=lambda record: record.order)  # type: ignore[attr-defined]
        start = (wanted.page - 1) * wanted.per_page
        return RecordsPage(found[start : start + wanted.per_page], len(found))

    def _parts_of_threads(
        self, wanted: ThreadFilter, known: "defaultdict[str, SortedIndex[Availability]]"
    ) -> Iterator[Part]:
        for name in dict.fromkeys(wanted.threads or ()):
            thread = self._threads.get(name)
            if thread is not None and name in known and _is_in(wanted, thread):
                yield from known[name].parts(*wanted.bounds, wanted.availabilities.__contains__)

    def _page(self, page: OrderPage) -> RecordsPage[T]:
        return RecordsPage([self._by_order[order] for order in page.orders], page.total)  # type: ignore[misc]

    def threads_changed(self, owner: str, place: int) -> Sequence[MessageThread]:
        """An extension's threads that have changed after so many changes of the store."""
        return self._thread_changes[owner].since(place) if owner in self._thread_changes else ()

    def entries_changed(self, owner: str, place: int, since: datetime, now: datetime) -> Sequence[ThreadEntry]:
        """An extension's entries that have changed after so many changes, or reached another status at `since` or
        later.
        """
        found = self._entry_changes[owner].since(place) if owner in self._entry_changes else []
        low = first_order(moved(since, -self._longest_progress))
        parts = self._all_messages.parts(low, end_of(now), lambda kind: kind.owner == owner)
        for order in (order for part in parts for order in part.oldest_first()):
            message = self._by_order[order]
            assert isinstance(message, ThreadMessage)
            step = message.step_at(now)
            if message.availability is Availability.ALIVE and step is not None and message.created + step[0] >= since:
                found.append(message)
        return found

    # --- recording -------------------------------------------------------------------------------

    def open(
        self, owner: str, number: str, guest: str, now: datetime, *, initiator: str | None = None
    ) -> MessageThread:
        """Begin a thread between two numbers that have none open; assigned to who begins it, None for the guest."""
        order = self._order(now)
        thread = MessageThread(
            self._ids.next_uuid(), owner, number, guest, now, now, order, last_message=now, assignee=initiator
        )
        self._threads[thread.id] = self._by_order[order] = thread
        self._open[number, guest] = thread
        self._open_of[owner].setdefault(initiator, {})[thread.id] = thread
        for index in self._indexes_of(thread):
            index.add(kind_of(thread), order)
        self._expiries.add((thread.expires(self.expire_after), order))
        self._hint(thread, HintKind.CREATED, now, initiator=initiator)
        if initiator is not None:
            self._hint(thread, HintKind.ASSIGNED, now, initiator=initiator, assignee=initiator)
        self._note_thread(thread, now)
        thread.assigned_at = self.changes
        return thread

    def add_message(
        self, thread: MessageThread, delivery: Delivery, now: datetime, *, author: str | None = None
    ) -> ThreadMessage:
        """Record a message in an open thread: one that its author sends, or for None one that came."""
        is_inbound = author is None
        message = ThreadMessage(
            self._ids.next_message_id(),
            "",
            delivery.type,
            Direction.INBOUND if is_inbound else Direction.OUTBOUND,
            delivery.sender,
            delivery.recipients,
            delivery.text,
            now,
            modified=now,
            read_status=ReadStatus.UNREAD if is_inbound else AS_TODAY.outbound_read_status,
            progress=_progress_of(delivery, is_inbound=is_inbound),
            conversation=Conversation(None, numbers=frozenset((thread.number, thread.guest))),
            order=self._order(now),
            attachments=tuple(HeldAttachment(self._ids.next_message_id(), file) for file in delivery.attachments),
            thread=thread.id,
            author=author,
        )
        self._messages[str(message.id)] = self._by_order[message.order] = message
        self._all_messages.add(_kind_of_message(thread, message), message.order)
        self._messages_of[thread.id].add(message.availability, message.order)
        if message.progress.later:
            self._longest_progress = max(self._longest_progress, *message.delays())
        self._expiries.remove((thread.expires(self.expire_after), thread.order))
        thread.last_message = max(now, thread.last_message)
        self._expiries.add((thread.expires(self.expire_after), thread.order))
        thread.label = label_of(message.text)
        self._add_entry(thread, message)
        self._note_thread(thread, now)
        return message

    def add_note(self, thread: MessageThread, author: str, text: str, now: datetime) -> ThreadNote:
        """Record what somebody noted in a thread."""
        note = ThreadNote(self._ids.next_uuid(), thread.id, author, text, now, now, self._order(now))
        self._notes[note.id] = self._by_order[note.order] = note
        self._all_notes.add(NoteKind(thread.owner, note.availability), note.order)
        self._notes_of[thread.id].add(note.availability, note.order)
        self._add_entry(thread, note)
        return note

    def change_note(self, note: ThreadNote, text: str, now: datetime) -> None:
        """Give a note another text."""
        note.text = text
        self._touch(note, now)

    def assign(self, thread: MessageThread, assignee: str | None, initiator: str, now: datetime) -> None:
        """Give an open thread to somebody, or to nobody."""
        previous = thread.assignee
        self._reassign(thread, assignee)
        self._hint(thread, HintKind.ASSIGNED, now, initiator=initiator, assignee=assignee, previous=previous)
        self._note_thread(thread, now)
        thread.assigned_at = self.changes

    def resolve(
        self, thread: MessageThread, reason: StatusReason, now: datetime, initiator: str | None = None
    ) -> Slices[None]:
        """Resolve an open thread. What is left to do, in slices, are the lists of messages by the status of threads.

        Without an initiator the service does it.
        """
        before = kind_of(thread)
        self._close(thread)
        thread.status, thread.reason = ThreadStatus.RESOLVED, reason
        self._refile(thread, before)
        self._hint(thread, HintKind.RESOLVED, now, initiator=initiator)
        self._note_thread(thread, now)
        return self._refiling(thread)

    def _refiling(self, thread: MessageThread) -> Slices[None]:
        for place, entry in enumerate(tuple(thread.entries), 1):
            if isinstance(entry, ThreadMessage):
                self._all_messages.remove(_kind_of_message(thread, entry), entry.order)
                entry.filed = thread.status
                self._all_messages.add(_kind_of_message(thread, entry), entry.order)
            if place % SLICE == 0:
                yield

    def delete_thread(self, thread: MessageThread, initiator: str, now: datetime) -> Slices[None]:
        """Delete a thread. What is left to do, in slices, are its messages and notes."""
        before = kind_of(thread)
        if thread.is_open:
            self._close(thread)
        thread.availability = Availability.DELETED
        self._refile(thread, before)
        self._hint(thread, HintKind.DELETED, now, initiator=initiator)
        self._note_thread(thread, now)
        return self._deleting(thread, now)

    def _deleting(self, thread: MessageThread, now: datetime) -> Slices[None]:
        for place, entry in enumerate(tuple(thread.entries), 1):
            if isinstance(entry, ThreadMessage | ThreadNote):
                self.delete(entry, now)
            if place % SLICE == 0:
                yield

    def delete(self, entry: ThreadMessage | ThreadNote, now: datetime) -> None:
        """Delete a message or a note; one that is deleted stays so."""
        if entry.availability is not Availability.ALIVE:
            return
        thread = self._threads[entry.thread]
        before, entry.availability = entry.availability, Availability.DELETED
        if isinstance(entry, ThreadMessage):
            kind = _kind_of_message(thread, entry)
            self._all_messages.remove(kind._replace(availability=before), entry.order)
            self._all_messages.add(kind, entry.order)
            _move(self._messages_of[thread.id], before, entry.availability, entry.order)
        else:
            self._all_notes.remove(NoteKind(thread.owner, before), entry.order)
            self._all_notes.add(NoteKind(thread.owner, entry.availability), entry.order)
            _move(self._notes_of[thread.id], before, entry.availability, entry.order)
        self._touch(entry, now)

    # --- expiry ----------------------------------------------------------------------------------

    @property
    def next_expiry(self) -> datetime | None:
        """When the next open thread expires."""
        return self._expiries[0][0] if self._expiries else None

    def moving(self, now: datetime) -> Iterator[ThreadMessage]:
        """Messages whose status can still change after now."""
        low = first_order(moved(now, -self._longest_progress))
        for part in self._all_messages.parts(low, end_of(now), lambda _: True):
            for message in map(self._by_order.__getitem__, part.oldest_first()):
                assert isinstance(message, ThreadMessage)
                if message.next_change(now) is not None:
                    yield message

    def expired(self, now: datetime) -> Iterator[tuple[datetime, MessageThread]]:
        """What has expired by now, the earliest first; each is to be resolved before the next is asked for."""
        while self._expiries and self._expiries[0][0] <= now:
            yield next(self.expiries())

    def expiries(self) -> Iterator[tuple[datetime, MessageThread]]:
        """When each open thread expires, the next one first."""
        for at, order in self._expiries:
            thread = self._by_order[order]
            assert isinstance(thread, MessageThread)
            yield at, thread

    # --- parts -----------------------------------------------------------------------------------

    def _order(self, now: datetime) -> int:
        return first_order(now) + next(self._ages)

    def _indexes_of(self, thread: MessageThread) -> tuple[SortedIndex[ThreadKind], ...]:
        pair = (thread.number, thread.guest)
        return self._all, self._by_number[thread.number], self._by_guest[thread.guest], self._by_pair[pair]

    def _refile(self, thread: MessageThread, before: ThreadKind) -> None:
        for index in self._indexes_of(thread):
            index.remove(before, thread.order)
            index.add(kind_of(thread), thread.order)

    def _close(self, thread: MessageThread) -> None:
        """Let the next message between its numbers begin another one."""
        del self._open[thread.number, thread.guest]
        self._expiries.remove((thread.expires(self.expire_after), thread.order))
        del self._open_of[thread.owner][thread.assignee][thread.id]
        thread.assignee = None

    def _reassign(self, thread: MessageThread, assignee: str | None) -> None:
        of_owner = self._open_of[thread.owner]
        del of_owner[thread.assignee][thread.id]
        of_owner.setdefault(assignee, {})[thread.id] = thread
        thread.assignee = assignee

    def _hint(
        self,
        thread: MessageThread,
        kind: HintKind,
        now: datetime,
        *,
        initiator: str | None = None,
        assignee: str | None = None,
        previous: str | None = None,
    ) -> None:
        self._add_entry(
            thread,
            ThreadHint(self._ids.next_uuid(), thread.id, kind, now, self._order(now), initiator, assignee, previous),
        )

    def _add_entry(self, thread: MessageThread, entry: ThreadEntry) -> None:
        thread.entries.append(entry)
        self._note_entry(thread.owner, entry)

    def _touch(self, entry: ThreadMessage | ThreadNote, now: datetime) -> None:
        entry.modified = max(now, entry.created)
        self._note_entry(self._threads[entry.thread].owner, entry)

    def _note_thread(self, thread: MessageThread, now: datetime) -> None:
        thread.modified = max(now, thread.created)
        self._thread_changes[thread.owner].note(self.changes, thread)
        self.changes += 1

    def _note_entry(self, owner: str, entry: ThreadEntry) -> None:
        self._entry_changes[owner].note(self.changes, entry)
        self.changes += 1


def _found(known: dict[str, T], name: str, parameter: str) -> T:
    found = known.get(name)
    if found is None:
        raise errors.NotFound(parameter, name)
    return found


def _is_wanted(wanted: ThreadFilter, kind: ThreadKind) -> bool:
    return kind.owner in wanted.owners and kind.status in wanted.statuses and kind.availability in wanted.availabilities


def _is_in(wanted: ThreadFilter, thread: MessageThread) -> bool:
    """Whether the entries of a thread may be listed."""
    is_named = wanted.threads is None or thread.id in wanted.threads
    return is_named and thread.owner in wanted.owners and thread.status in wanted.statuses


def _move(index: SortedIndex[Availability], before: Availability, after: Availability, order: int) -> None:
    index.remove(before, order)
    index.add(after, order)


def _progress_of(delivery: Delivery, *, is_inbound: bool) -> Progress:
    if is_inbound:
        return Progress(MessageStatus.RECEIVED)
    return delivery.progress or progress_to(delivery.routed[0].outcome, AS_TODAY)
