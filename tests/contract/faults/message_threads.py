"""Message threads that forget whose they are, or what has happened to them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ringmock.domain.account import Extension
from ringmock.domain.message import Availability, Delivery
from ringmock.domain.message_thread import (
    MessageThread,
    SendThreadMessage,
    StatusReason,
    ThreadMessage,
    ThreadNote,
    ThreadsChanged,
    check_open,
)
from ringmock.domain.message_thread_store import MessageThreads, RecordsPage, ThreadFilter
from ringmock.domain.message_thread_sync import EntrySync, Scope, ThreadMark, ThreadSync
from ringmock.domain.moments import LAST
from ringmock.domain.ports import IdGenerator
from ringmock.domain.slices import Slices
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import awake, everyone_as, in_answers, in_world, seeing, turned_into, unwatched
from .operations import (
    THREAD_ASSIGN,
    THREAD_DELETE,
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
        with unwatched(self):
            super().delete_notes(extension, ids)


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


class _WithThreads(World):
    """Has a store of threads that goes by other rules."""

    kind: type[MessageThreads]

    def reset_threads(self, ids: IdGenerator) -> None:
        super().reset_threads(ids)
        self._threads = turned_into(self.kind, self._threads)


class _Surviving(MessageThreads):
    def _deleting(self, thread: MessageThread, now: datetime) -> Slices[None]:
        yield


@in_world(THREAD_DELETE)
class KeepsTheMessagesOfADeletedThread(_WithThreads):
    """Who deletes a thread leaves its messages and notes."""

    kind = _Surviving


class _FirstLabel(MessageThreads):
    def add_message(
        self, thread: MessageThread, delivery: Delivery, now: datetime, *, author: str | None = None
    ) -> ThreadMessage:
        label = thread.label
        message = super().add_message(thread, delivery, now, author=author)
        thread.label = label or thread.label
        return message


@in_world(THREAD_SEND)
class LabelsThreadsOnce(_WithThreads):
    """A thread is labelled by its first message for good."""

    kind = _FirstLabel


class _Everything(MessageThreads):
    def list_threads(self, wanted: ThreadFilter) -> RecordsPage[MessageThread]:
        return super().list_threads(replace(wanted, availabilities=frozenset(Availability)))


@in_world(THREAD_LIST)
class ListsDeletedThreads(_WithThreads):
    """A list of threads has the deleted ones, too."""

    kind = _Everything


class _Undated(MessageThreads):
    def list_threads(self, wanted: ThreadFilter) -> RecordsPage[MessageThread]:
        return super().list_threads(replace(wanted, date_to=LAST))


@in_world(THREAD_LIST)
class ListsThreadsToTheLast(_WithThreads):
    """A list of threads goes on to the last, whatever creationTimeTo says."""

    kind = _Undated


class _OfOneGuest(MessageThreads):
    def list_threads(self, wanted: ThreadFilter) -> RecordsPage[MessageThread]:
        return super().list_threads(replace(wanted, guest=None))


@in_world(THREAD_LIST)
class ListsThreadsOfEveryGuest(_WithThreads):
    """A list of threads passes over the guest's number that is asked for."""

    kind = _OfOneGuest


class _AnyIds(MessageThreads):
    def list_messages(self, wanted: ThreadFilter) -> RecordsPage[ThreadMessage]:
        return super().list_messages(replace(wanted, threads=None))


@in_world("mthListMessages")
class ListsMessagesOfEveryThread(_WithThreads):
    """A list of messages passes over the threads that are asked for."""

    kind = _AnyIds


class _NoPrevious(MessageThreads):
    def _hint(self, *given: object, **named: object) -> None:
        super()._hint(*given, **{name: value for name, value in named.items() if name != "previous"})  # type: ignore[arg-type]


@in_world(THREAD_ASSIGN)
class ForgetsTheAssigneeBefore(_WithThreads):
    """The hint of an assignment does not say whose the thread was."""

    kind = _NoPrevious


class _ByHand(MessageThreads):
    def resolve(
        self, thread: MessageThread, reason: StatusReason, now: datetime, initiator: str | None = None
    ) -> Slices[None]:
        return super().resolve(thread, StatusReason.MANUAL, now, initiator)


@in_world("mthGetThread")
class ResolvesByHand(_WithThreads):
    """A thread that has expired says that somebody has resolved it."""

    kind = _ByHand


class _Unmoved(MessageThreads):
    def change_note(self, note: ThreadNote, text: str, now: datetime) -> None:
        modified = note.modified
        super().change_note(note, text, now)
        note.modified = modified


@in_world(THREAD_NOTE_CHANGE)
class LeavesTheTimeOfANote(_WithThreads):
    """A note that has another text now was last modified when it was written."""

    kind = _Unmoved


@in_world(THREAD_NOTE_DELETE)
class DeletesTheNotesBeforeAMistake(World):
    """Of several notes those before an unknown one are deleted."""

    def delete_notes(self, extension: Extension, ids: Iterable[str]) -> None:
        for each in ids:
            super().delete_notes(extension, [each])


@in_world(THREAD_MESSAGES_DELETE)
class DeletesTheMessagesBeforeAMistake(World):
    """Of several messages of threads those before an unknown one are deleted."""

    def delete_thread_messages(self, extension: Extension, ids: Iterable[str]) -> None:
        for each in ids:
            super().delete_thread_messages(extension, [each])


@in_world(THREAD_ENTRIES)
class SynchronizesEveryScope(World):
    """A synchronization of entries is about every thread that one handles, whichever scope is asked for."""

    def sync_entries(self, extension: Extension, scope: Scope, threads: tuple[str, ...] | None) -> EntrySync:
        return super().sync_entries(extension, Scope.ACCESSIBLE, None)


@in_world(THREAD_ENTRIES)
class SynchronizesWhatIsAssignedAlone(World):
    """A synchronization of entries that is to have unassigned threads, too, has one's own alone."""

    def sync_entries(self, extension: Extension, scope: Scope, threads: tuple[str, ...] | None) -> EntrySync:
        if scope is Scope.ASSIGNED_TO_ME_AND_UNASSIGNED:
            scope = Scope.ASSIGNED_TO_ME
        return super().sync_entries(extension, scope, threads)


@in_world(THREAD_SYNC)
class BeginsEverySynchronizationAnew(World):
    """A synchronization of threads with a token has all that are open, changed or not."""

    def sync_threads(self, extension: Extension, mark: ThreadMark | None) -> ThreadSync:
        changed, full = super().sync_threads(extension, mark), super().sync_threads(extension, None)
        known = {thread.id for thread in changed.records}
        return changed._replace(records=[*changed.records, *(one for one in full.records if one.id not in known)])


@in_world(THREAD_ASSIGN)
class TellsEverybodyOfMessages(World):
    """Of a customer's message in a thread that is assigned everybody is told, not its assignee alone."""

    def _notify_threads(self, changed: ThreadsChanged) -> None:
        if changed.entries:
            shared = [
                one.sms_recipients
                for one in self.account.extensions.values()
                if changed.entries & set(one.sms_recipients)
            ]
            changed = changed._replace(entries=frozenset(number for recipients in shared for number in recipients))
        super()._notify_threads(changed)
