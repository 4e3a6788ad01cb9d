"""What a world does with message threads: each call plans by the domain's rules, records, and notifies the watchers."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, TypeVar

from ..domain import errors
from ..domain.a2p_sms import Batch
from ..domain.account import Account, Extension
from ..domain.agenda import Agenda, Timer
from ..domain.carrier import Carrier, OptOut, carried
from ..domain.message import Delivery, Message
from ..domain.message_thread import (
    AS_TODAY,
    MessageThread,
    SendThreadMessage,
    StatusReason,
    ThreadMessage,
    ThreadNote,
    ThreadsChanged,
    assignee_from,
    changes_of_message,
    check_author,
    check_open,
    handled_by,
    handlers_of,
    plan_thread_message,
    thread_to_send_in,
    threaded,
)
from ..domain.message_thread_store import MessageThreads
from ..domain.message_thread_sync import (
    EntrySync,
    Reader,
    Scope,
    ThreadMark,
    ThreadSync,
    full_entry_sync,
    full_thread_sync,
    incremental_entry_sync,
    incremental_thread_sync,
)
from ..domain.ports import IdGenerator
from ..domain.slices import Slices, result_of
from ..domain.subscription import Subscription
from .capacity import Share
from .clock import WorldClock
from .template import Template

if TYPE_CHECKING:
    from .world import Watcher


E = TypeVar("E", ThreadMessage, ThreadNote)


def _never(_: datetime) -> datetime | None:
    return None


def _latest_of(thread: MessageThread) -> tuple[str, ...]:
    """The ids of a thread and of its latest entry."""
    return thread.id, str(thread.entries[-1].id)


class ThreadOperations:
    """The part of a `World` that is about threads."""

    account: Account
    clock: WorldClock
    template: Template
    share: Share
    agenda: Agenda[Message | Batch | Subscription | Timer]
    carrier: Carrier | None
    opt_outs: set[OptOut]
    _dice: Random
    _watchers: "tuple[Watcher, ...]"
    _threads: MessageThreads
    _expiry: Timer

    @abstractmethod
    def _make_room(self, delivery: Delivery) -> None: ...

    @abstractmethod
    def _hand_on(self, delivery: Delivery, message: Message) -> None: ...

    def reset_threads(self, ids: IdGenerator) -> None:
        """Begin without any thread."""
        self._threads = MessageThreads(ids, timedelta(seconds=self.template.threads.expire_after))
        self._expiry = Timer(self._expire)

    def forget_threads(self) -> None:
        """Expire none any more."""
        self._expiry = Timer(_never)

    # --- expiry ----------------------------------------------------------------------------------

    @property
    def threads(self) -> MessageThreads:
        """Every thread, after resolving what has expired by now."""
        self.expire_threads()
        return self._threads

    def expire_threads(self) -> None:
        """Resolve what has expired by now, and say so."""
        at = self._threads.next_expiry
        if at is not None and at <= self.clock.now():
            self._expire(self.clock.now())
            self.schedule_expiry()

    def schedule_expiry(self) -> None:
        """Have the next thread resolved when it expires."""
        self.agenda.schedule(self._expiry, self._threads.next_expiry)

    def _expire(self, now: datetime) -> datetime | None:
        handlers: set[str] = set()
        about: list[str] = []
        for at, thread in self._threads.expired(now):
            handlers |= handlers_of(self.account, thread.owner)
            result_of(self._threads.resolve(thread, StatusReason.EXPIRED, at))
            about += _latest_of(thread)
        self._notify_threads(ThreadsChanged(threads=frozenset(handlers), about=tuple(about)))
        return self._threads.next_expiry

    # --- messages --------------------------------------------------------------------------------

    def filed_in_thread(self, delivery: Delivery, now: datetime) -> Delivery:
        """Record an SMS to a shared number in its thread. Returns what is left to file in mailboxes (D-39)."""
        number = threaded(self.account, delivery)
        if number is None:
            return delivery
        store, guest = self.threads, delivery.sender
        thread = store.open_between(number, guest)
        is_new = thread is None
        if thread is None:
            owner = self.account.owner_of(number)
            assert owner is not None
            thread = store.open(owner.number, number, guest, now)
        message = store.add_message(thread, delivery, now)
        self.share.add(1, sum([len(file.content) for file in delivery.attachments]))
        self.schedule_expiry()
        changes = changes_of_message(self.account, thread, is_new=is_new, is_inbound=True)
        self._notify_threads(changes._replace(about=(thread.id, str(message.id))))
        if self.template.threads.inbound == "both":
            return delivery
        return delivery._replace(routed=tuple(routed._replace(mailbox=None) for routed in delivery.routed))

    def send_in_thread(self, sender: Extension, sent: SendThreadMessage) -> ThreadMessage:
        """Send as `sender`. Raises a `Refusal` and changes nothing when the rules do not allow it."""
        store, account = self.threads, self.account
        named = None if sent.thread is None else self._named(sender, sent.thread)
        delivery = plan_thread_message(account, sender, sent)
        thread = thread_to_send_in(sender, named, delivery, store.open_between)
        if self.carrier is not None or self.opt_outs:
            delivery = carried(delivery, self.carrier, self.opt_outs, AS_TODAY, self._dice)
        self._make_room(delivery)
        now, is_new = self.clock.now(), thread is None
        if thread is None:
            owner = account.owner_of(delivery.sender)
            assert owner is not None
            thread = store.open(owner.number, delivery.sender, delivery.recipients[0], now, initiator=sender.number)
        message = store.add_message(thread, delivery, now, author=sender.number)
        self.schedule_expiry()
        self._hand_on(delivery, message)
        changes = changes_of_message(account, thread, is_new=is_new, is_inbound=False)
        self._notify_threads(changes._replace(about=(thread.id, str(message.id))))
        return message

    def thread_message(self, extension: Extension, message_id: str) -> ThreadMessage:
        """Raises `NotFound`, or `AnotherExtension` for a message of a thread that the extension does not handle."""
        message = self.threads.message(message_id)
        self._check_handles(extension, self.threads.thread(message.thread))
        return message

    def delete_thread_messages(self, extension: Extension, ids: Iterable[str]) -> None:
        """Delete messages, all or none. Raises `ParameterNotFound` about `ids`, or `AnotherExtension`."""
        messages = self._each(extension, ids, self.threads.find_message)
        self.share.take(len(messages))
        for message in messages:
            self.threads.delete(message, self.clock.now())

    # --- threads ---------------------------------------------------------------------------------

    def thread(self, extension: Extension, thread_id: str) -> MessageThread:
        """Raises `NotFound`, or `AnotherExtension` for a thread that the extension does not handle."""
        thread = self.threads.thread(thread_id)
        self._check_handles(extension, thread)
        return thread

    def assign_thread(self, extension: Extension, thread_id: str, assignee_id: str | None) -> MessageThread:
        """Assign an open thread to the extension with this id, or to nobody. Raises a `Refusal`."""
        thread = self.thread(extension, thread_id)
        check_open(thread)
        assignee = assignee_from(self.account, thread, assignee_id)
        number = None if assignee is None else assignee.number
        if number != thread.assignee:
            self.share.take(1)
            self.threads.assign(thread, number, extension.number, self.clock.now())
            self._notify_handlers(thread)
        return thread

    def resolving_thread(self, extension: Extension, thread_id: str) -> Slices[MessageThread]:
        """Resolve an open thread, in slices. Raises a `Refusal`."""
        thread = self.thread(extension, thread_id)
        check_open(thread)
        self.share.take(1)
        rest = self.threads.resolve(thread, StatusReason.MANUAL, self.clock.now(), extension.number)
        self.schedule_expiry()
        self._notify_handlers(thread)
        yield from rest
        return thread

    def deleting_thread(self, extension: Extension, thread_id: str) -> Slices[None]:
        """Delete a thread with all its messages and notes, in slices; one that is deleted stays so."""
        thread = self.thread(extension, thread_id)
        if not thread.is_deleted:
            self.share.take(1)
            rest = self.threads.delete_thread(thread, extension.number, self.clock.now())
            self.schedule_expiry()
            yield from rest

    # --- notes -----------------------------------------------------------------------------------

    def add_note(self, extension: Extension, thread_id: str, text: str) -> ThreadNote:
        """Note something in an open thread. Raises a `Refusal`."""
        thread = self._named(extension, thread_id)
        check_open(thread)
        self.share.take(1)
        note = self.threads.add_note(thread, extension.number, text, self.clock.now())
        self._notify_of_note(thread, note)
        return note

    def change_note(self, extension: Extension, note_id: str, text: str) -> ThreadNote:
        """Give one's own note another text, while its thread is open. Raises a `Refusal`."""
        note = self.threads.note(note_id)
        thread = self.threads.thread(note.thread)
        self._check_handles(extension, thread)
        check_author(note, extension)
        check_open(thread)
        if note.is_deleted:
            raise errors.NotFound("noteId", note_id)
        self.share.take(1)
        self.threads.change_note(note, text, self.clock.now())
        self._notify_of_note(thread, note)
        return note

    def delete_notes(self, extension: Extension, ids: Iterable[str]) -> None:
        """Delete one's own notes of open threads, all or none. Raises a `Refusal`."""
        notes = self._each(extension, ids, self.threads.find_note)
        for note in notes:
            check_author(note, extension)
            check_open(self.threads.thread(note.thread))
        self.share.take(len(notes))
        for note in notes:
            self.threads.delete(note, self.clock.now())
        owners = {self.threads.thread(note.thread).owner for note in notes}
        handlers = frozenset[str]().union(*(handlers_of(self.account, owner) for owner in owners))
        self._notify_threads(ThreadsChanged(entries=handlers, about=tuple([note.id for note in notes])))

    # --- synchronization -------------------------------------------------------------------------

    def sync_threads(self, extension: Extension, mark: ThreadMark | None) -> ThreadSync:
        """Every open thread, or with a mark those that have changed since."""
        reader = self._reader(extension)
        return full_thread_sync(reader) if mark is None else incremental_thread_sync(reader, mark)

    def sync_entries(self, extension: Extension, scope: Scope, threads: tuple[str, ...] | None) -> EntrySync:
        """What is alive in the threads of a scope."""
        return full_entry_sync(self._reader(extension), scope, threads)

    def sync_changed_entries(self, extension: Extension, mark: ThreadMark) -> EntrySync:
        """What has changed since the mark."""
        return incremental_entry_sync(self._reader(extension), mark)

    def _reader(self, extension: Extension) -> Reader:
        return Reader(self.threads, self.account, extension, self.clock.now())

    # --- parts -----------------------------------------------------------------------------------

    def _named(self, extension: Extension, thread_id: str) -> MessageThread:
        """A thread that a body names. Raises `ParameterNotFound`, or `AnotherExtension`."""
        thread = self.threads.find_thread(thread_id)
        if thread is None:
            raise errors.ParameterNotFound("threadId", thread_id)
        self._check_handles(extension, thread)
        return thread

    def _check_handles(self, extension: Extension, thread: MessageThread) -> None:
        if thread.owner not in handled_by(self.account, extension):
            raise errors.AnotherExtension("threadId", thread.id)

    def _each(self, extension: Extension, ids: Iterable[str], find: Callable[[str], E | None]) -> Sequence[E]:
        found = []
        for name in dict.fromkeys(ids):
            entry = find(name)
            if entry is None:
                raise errors.ParameterNotFound("ids", name)
            self._check_handles(extension, self.threads.thread(entry.thread))
            found.append(entry)
        return found

    def _notify_handlers(self, thread: MessageThread) -> None:
        """The thread itself is another, as its latest entry says."""
        handlers = handlers_of(self.account, thread.owner)
        self._notify_threads(ThreadsChanged(threads=handlers, about=_latest_of(thread)))

    def _notify_of_note(self, thread: MessageThread, note: ThreadNote) -> None:
        handlers = handlers_of(self.account, thread.owner)
        self._notify_threads(ThreadsChanged(entries=handlers, about=(thread.id, note.id)))

    def _notify_threads(self, changed: ThreadsChanged) -> None:
        if changed.threads or changed.entries:
            for watcher in self._watchers:
                watcher.threads_changed(changed)
