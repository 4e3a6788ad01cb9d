"""Keeping a client's copy of message threads, and of their entries, up to date."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from .account import Account, Extension
from .message import Availability
from .message_thread import MessageThread, ThreadEntry, ThreadHint, each_once, handled_by
from .message_thread_store import MessageThreads


class Scope(StrEnum):
    """Of which threads a client gets the entries."""

    ACCESSIBLE = "Accessible"
    UNASSIGNED = "Unassigned"
    ASSIGNED_TO_ME = "AssignedToMe"
    ASSIGNED_TO_ME_AND_UNASSIGNED = "AssignedToMeAndUnassigned"
    EXPLICIT = "Explicit"


class ThreadMark(NamedTuple):
    """A client's progress. `owners` are extension ids, `position` the number of changes of the store."""

    owners: tuple[int, ...]
    time: datetime
    position: int
    scope: Scope | None = None
    threads: tuple[str, ...] | None = None


class ThreadSync(NamedTuple):
    """Threads, the last modified first, and the mark for the next call."""

    records: Sequence[MessageThread]
    mark: ThreadMark


class EntrySync(NamedTuple):
    """Entries, oldest first, and the mark for the next call."""

    records: Sequence[ThreadEntry]
    mark: ThreadMark


class Reader(NamedTuple):
    """Who synchronizes what, now."""

    store: MessageThreads
    account: Account
    extension: Extension
    now: datetime

    @property
    def owners(self) -> tuple[str, ...]:
        """The extensions whose threads the client's user handles."""
        return handled_by(self.account, self.extension)

    def mark(self, scope: Scope | None = None, threads: tuple[str, ...] | None = None) -> ThreadMark:
        """The progress of a client that has got everything."""
        ids = tuple(self.account.extensions[owner].id for owner in self.owners)
        return ThreadMark(ids, self.now, self.store.changes, scope, threads)

    def position_in(self, owner: str, mark: ThreadMark) -> int:
        """How far the client is with an owner's threads: at the start with those that it has not had."""
        return mark.position if self.account.extensions[owner].id in mark.owners else 0

    def is_in(self, scope: Scope, assignee: str | None) -> bool:
        """Whether a thread with this assignee is in a scope."""
        if scope is Scope.UNASSIGNED:
            return assignee is None
        if scope is Scope.ASSIGNED_TO_ME:
            return assignee == self.extension.number
        return scope is Scope.ACCESSIBLE or assignee in (None, self.extension.number)


def full_thread_sync(reader: Reader) -> ThreadSync:
    """Every open thread."""
    threads = [thread for owner in reader.owners for thread in reader.store.open_of(owner)]
    return ThreadSync(_last_modified_first(threads), reader.mark())


def incremental_thread_sync(reader: Reader, mark: ThreadMark) -> ThreadSync:
    """Every thread that has changed since the mark, whatever its status and availability."""
    changed = [
        thread
        for owner in reader.owners
        for thread in reader.store.threads_changed(owner, reader.position_in(owner, mark))
    ]
    return ThreadSync(_last_modified_first(changed), reader.mark())


def full_entry_sync(reader: Reader, scope: Scope, threads: tuple[str, ...] | None) -> EntrySync:
    """The messages and notes that are alive in the open threads of a scope, or in those that are named."""
    found = [entry for thread in _threads_in(reader, scope, threads) for entry in _alive(thread)]
    return EntrySync(each_once(found), reader.mark(scope, threads))


def incremental_entry_sync(reader: Reader, mark: ThreadMark) -> EntrySync:
    """What has changed since the mark in the threads of its scope, and what happened to them.

    A thread that has come into the scope since comes whole. One that has left it is listed by its id alone.
    """
    scope = mark.scope or Scope.ASSIGNED_TO_ME
    found: list[ThreadEntry] = []
    for owner in reader.owners:
        position = reader.position_in(owner, mark)
        came = {thread.id for thread in _came(reader, owner, scope, position)}
        for entry in reader.store.entries_changed(owner, position, mark.time, reader.now):
            if _is_listed(reader, entry, scope, mark.threads):
                found.append(entry)
        for thread in map(reader.store.thread, came):
            found += _alive(thread)
    return EntrySync(each_once(found), reader.mark(scope, mark.threads))


def _came(reader: Reader, owner: str, scope: Scope, position: int) -> Iterator[MessageThread]:
    if scope in (Scope.ACCESSIBLE, Scope.EXPLICIT):
        return
    for thread in reader.store.threads_changed(owner, position):
        if thread.is_open and thread.assigned_at > position and reader.is_in(scope, thread.assignee):
            yield thread


def _is_listed(reader: Reader, entry: ThreadEntry, scope: Scope, threads: tuple[str, ...] | None) -> bool:
    if scope is Scope.EXPLICIT:
        return entry.thread in (threads or ())
    thread = reader.store.thread(entry.thread)
    if isinstance(entry, ThreadHint) and (reader.is_in(scope, entry.assignee) or reader.is_in(scope, entry.previous)):
        return True
    return reader.is_in(scope, thread.assignee)


def _threads_in(reader: Reader, scope: Scope, threads: tuple[str, ...] | None) -> Iterator[MessageThread]:
    if scope is Scope.EXPLICIT:
        named = (reader.store.find_thread(name) for name in dict.fromkeys(threads or ()))
        yield from (thread for thread in named if thread is not None and thread.owner in reader.owners)
        return
    for owner in reader.owners:
        if scope is Scope.ACCESSIBLE:
            yield from reader.store.open_of(owner)
            continue
        for assignee in (None, reader.extension.number):
            if reader.is_in(scope, assignee):
                yield from reader.store.open_of_assignee(owner, assignee)


def _alive(thread: MessageThread) -> Iterator[ThreadEntry]:
    for entry in thread.entries:
        if not isinstance(entry, ThreadHint) and entry.availability is Availability.ALIVE:
            yield entry


def _last_modified_first(threads: Iterable[MessageThread]) -> list[MessageThread]:
    return sorted(threads, key=lambda thread: (thread.modified, thread.order), reverse=True)
