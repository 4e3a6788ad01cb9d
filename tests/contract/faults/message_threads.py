"""Message threads that forget whose they are, or what has happened to them."""

from collections.abc import Iterable
from datetime import datetime

from ringmock.domain.account import Extension
from ringmock.domain.message import Delivery
from ringmock.domain.message_thread import (
    MessageThread,
    SendThreadMessage,
    ThreadMessage,
    ThreadNote,
    ThreadsChanged,
    check_open,
)
from ringmock.domain.message_thread_store import MessageThreads
from ringmock.domain.ports import IdGenerator
from ringmock.domain.slices import Slices
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import awake, everyone_as, in_answers, in_world, seeing, turned_into
from .operations import (
    THREAD_ASSIGN,
    THREAD_ENTRIES,
    THREAD_LIST,
    THREAD_MESSAGES_DELETE,
    THREAD_NOTE,
    THREAD_NOTE_CHANGE,
    THREAD_NOTE_DELETE,
    THREAD_RESOLVE,
    THREAD_SEND,
    THREAD_SYNC,
)


@in_world(THREAD_SEND)
class LetsAnyHandlerWrite(World):
    """Whoever writes in a thread is its assignee from then on, whoever was."""

    def send_in_thread(self, sender: Extension, sent: SendThreadMessage) -> ThreadMessage:
        for number in sent.recipients:
            thread = self.threads.open_between(sent.sender.removeprefix("+"), number.removeprefix("+"))
            if thread is not None:
                thread.assignee = sender.number
        return super().send_in_thread(sender, sent)


@in_world(THREAD_LIST)
class LetsAdministratorsIn(World):
    """An administrator handles every thread."""

    def _check_handles(self, extension: Extension, thread: MessageThread) -> None:
        if not extension.administrator:
            super()._check_handles(extension, thread)


@in_world(THREAD_ASSIGN)
class TellsNobodyOfAssignments(World):
    """Of what becomes of a thread nobody is told."""

    def _notify_threads(self, changed: ThreadsChanged) -> None:
        super()._notify_threads(changed._replace(threads=frozenset()))


@in_world(THREAD_RESOLVE)
class KeepsResolvedThreadsOpen(World):
    """A thread that was resolved is open all the same."""

    def resolving_thread(self, extension: Extension, thread_id: str) -> Slices[MessageThread]:
        yield
        return self.thread(extension, thread_id)


@in_world(THREAD_NOTE_CHANGE)
class LetsAnyoneChangeNotes(World):
    """A note is whoever changes it, not its author's."""

    def change_note(self, extension: Extension, note_id: str, text: str) -> ThreadNote:
        note = self.threads.note(note_id)
        author = self.account.extensions[note.author]
        return super().change_note(author, note_id, text)


@in_world(THREAD_NOTE_DELETE)
class KeepsDeletedNotes(World):
    """A deleted note stays."""

    def delete_notes(self, extension: Extension, ids: Iterable[str]) -> None:
        self._each(extension, ids, self.threads.find_note)


@in_answers(THREAD_ENTRIES)
def leaves_hints_out(exchange: Exchange) -> None:
    """A synchronization of entries tells of messages and notes alone."""
    if exchange.path.endswith("/message-threads/entries/sync") and exchange.status == 200:
        exchange.change_answer(_without_hints)


def _without_hints(body: Json) -> None:
    body["records"] = [record for record in body["records"] if not record["recordType"].endswith("Hint")]


class _Prolonging(MessageThreads):
    """Threads that whatever is done keeps open."""

    def prolong(self, thread: MessageThread, now: datetime) -> None:
        self._expiries.remove((thread.expires(self.expire_after), thread.order))
        thread.last_message = max(now, thread.last_message)
        self._expiries.add((thread.expires(self.expire_after), thread.order))


class _ByNotes(_Prolonging):
    def add_note(self, thread: MessageThread, author: str, text: str, now: datetime) -> ThreadNote:
        self.prolong(thread, now)
        return super().add_note(thread, author, text, now)


class _ByAssignments(_Prolonging):
    def assign(self, thread: MessageThread, assignee: str | None, initiator: str, now: datetime) -> None:
        self.prolong(thread, now)
        super().assign(thread, assignee, initiator, now)


class _ByCustomers(MessageThreads):
    def add_message(
        self, thread: MessageThread, delivery: Delivery, now: datetime, *, author: str | None = None
    ) -> ThreadMessage:
        label, last = thread.label, thread.last_message
        message = super().add_message(thread, delivery, now, author=author)
        if author is not None and label:
            self._expiries.remove((thread.expires(self.expire_after), thread.order))
            thread.last_message = last
            self._expiries.add((thread.expires(self.expire_after), thread.order))
        return message


class _LabelsOfCustomers(MessageThreads):
    def add_message(
        self, thread: MessageThread, delivery: Delivery, now: datetime, *, author: str | None = None
    ) -> ThreadMessage:
        label = thread.label
        message = super().add_message(thread, delivery, now, author=author)
        thread.label = label if author is not None and label else thread.label
        return message


class _QuietNotes(MessageThreads):
    def change_note(self, note: ThreadNote, text: str, now: datetime) -> None:
        note.text = text


@in_world(THREAD_NOTE)
class KeepsThreadsOpenByNotes(World):
    """A note keeps a thread open as a message does."""

    def reset_threads(self, ids: IdGenerator) -> None:
        super().reset_threads(ids)
        self._threads = turned_into(_ByNotes, self._threads)


@in_world(THREAD_ASSIGN)
class KeepsThreadsOpenByAssignments(World):
    """An assignment keeps a thread open as a message does."""

    def reset_threads(self, ids: IdGenerator) -> None:
        super().reset_threads(ids)
        self._threads = turned_into(_ByAssignments, self._threads)


@in_world(THREAD_SEND)
class ExpiresThreadsThatWereAnswered(World):
    """An answer does not keep a thread open, the customer's messages alone do."""

    def reset_threads(self, ids: IdGenerator) -> None:
        super().reset_threads(ids)
        self._threads = turned_into(_ByCustomers, self._threads)


@in_world(THREAD_SEND)
class LabelsThreadsByTheCustomer(World):
    """A thread is labelled by what the customer wrote last, whatever was answered."""

    def reset_threads(self, ids: IdGenerator) -> None:
        super().reset_threads(ids)
        self._threads = turned_into(_LabelsOfCustomers, self._threads)


@in_world(THREAD_NOTE_CHANGE)
class DoesNotSynchronizeChangedNotes(World):
    """A synchronization does not tell of a note that has another text now."""

    def reset_threads(self, ids: IdGenerator) -> None:
        super().reset_threads(ids)
        self._threads = turned_into(_QuietNotes, self._threads)


@in_world(THREAD_ASSIGN)
class AssignsAgain(World):
    """Whoever gives a thread to its assignee has assigned it once more."""

    def assign_thread(self, extension: Extension, thread_id: str, assignee_id: str | None) -> MessageThread:
        thread = self.thread(extension, thread_id)
        before = thread.assignee
        super().assign_thread(extension, thread_id, assignee_id)
        if before is not None and before == thread.assignee:
            self.threads.assign(thread, before, extension.number, self.clock.now())
        return thread


@in_world(THREAD_ASSIGN)
class AssignsToTheFrozen(World):
    """A thread may be assigned to a handler who is Frozen."""

    def assign_thread(self, extension: Extension, thread_id: str, assignee_id: str | None) -> MessageThread:
        with seeing(self, everyone_as(self.account, awake)):
            return super().assign_thread(extension, thread_id, assignee_id)


@in_world(THREAD_LIST)
class LetsAssigneesStay(World):
    """The assignee of a thread handles it even when he is no SMS recipient any more."""

    def _check_handles(self, extension: Extension, thread: MessageThread) -> None:
        if thread.assignee != extension.number:
            super()._check_handles(extension, thread)


@in_world(THREAD_MESSAGES_DELETE)
class KeepsMessagesOfResolvedThreads(World):
    """The messages of a resolved thread cannot be deleted."""

    def delete_thread_messages(self, extension: Extension, ids: Iterable[str]) -> None:
        ids = list(ids)
        for message in self._each(extension, ids, self.threads.find_message):
            check_open(self.threads.thread(message.thread))
        super().delete_thread_messages(extension, ids)


@in_world(THREAD_NOTE_DELETE)
class TellsNobodyOfDeletedNotes(World):
    """Nobody is told that a note was deleted."""

    def delete_notes(self, extension: Extension, ids: Iterable[str]) -> None:
        watchers, self._watchers = self._watchers, ()
        try:
            super().delete_notes(extension, ids)
        finally:
            self._watchers = watchers


@in_answers(THREAD_SYNC)
def sorts_threads_upwards(exchange: Exchange) -> None:
    """A synchronization of threads begins with the one that was modified first."""
    if exchange.path.endswith("/message-threads/sync") and exchange.status == 200:
        exchange.change_answer(lambda body: body["records"].reverse())


@in_answers(THREAD_SYNC)
def does_not_tell_of_deleted_threads(exchange: Exchange) -> None:
    """A synchronization of threads leaves out those that were deleted."""
    if exchange.path.endswith("/message-threads/sync") and exchange.status == 200:
        exchange.change_answer(_alive)


def _alive(body: Json) -> None:
    body["records"] = [each for each in body["records"] if each["availability"] == "Alive"]


@in_answers(THREAD_SYNC)
def does_not_tell_of_resolved_threads(exchange: Exchange) -> None:
    """A synchronization of threads leaves out those that were resolved."""
    if exchange.path.endswith("/message-threads/sync") and exchange.status == 200:
        exchange.change_answer(_open)


def _open(body: Json) -> None:
    body["records"] = [each for each in body["records"] if each["status"] == "Open"]
