"""Message threads that forget whose they are, or what has happened to them."""

from collections.abc import Iterable

from ringmock.domain.account import Extension
from ringmock.domain.message_thread import MessageThread, SendThreadMessage, ThreadMessage, ThreadNote, ThreadsChanged
from ringmock.domain.slices import Slices
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import in_answers, in_world
from .operations import (
    THREAD_ASSIGN,
    THREAD_ENTRIES,
    THREAD_LIST,
    THREAD_NOTE_CHANGE,
    THREAD_NOTE_DELETE,
    THREAD_RESOLVE,
    THREAD_SEND,
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
