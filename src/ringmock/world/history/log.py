"""The log of a server's histories: where they are when the server is not, and the group commit that writes it."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

from .commands import Base, Command
from .serialization import Row

log = logging.getLogger("ringmock")

MOST_COMMANDS = 1 << 40
"""Of a world, over its whole life."""


class LogUnavailable(Exception):
    """Nothing can be written now; `str()` is a sentence that says why."""


class LogLost(LogUnavailable):
    """Nothing can be written any more: somebody else has had the log meanwhile."""


class LogDamaged(Exception):
    """What was written cannot be read; `str()` is a sentence that says what."""


class Opened(NamedTuple):
    """A world was opened. `fixture` is what it was opened from, as JSON; None for the fixture of the server."""

    world: int
    name: str
    at: datetime
    fixture: str | None


class Begun(NamedTuple):
    """A world began, or began anew: its history is empty, behind `before` commands."""

    world: int
    before: int
    base: Base


class Added(NamedTuple):
    """A command came to a history."""

    world: int
    number: int
    command: Command


class Stored(NamedTuple):
    """The same, as it is written."""

    world: int
    number: int
    row: Row


class Cut(NamedTuple):
    """What came after a command of this number was forgotten, labels too."""

    world: int
    number: int


class Labelled(NamedTuple):
    """A label came to stand for what is after this number of commands."""

    world: int
    name: str
    number: int


class Copied(NamedTuple):
    """A world went on from what another one was after this number of commands, its labels included."""

    world: int
    origin: int
    number: int


class Claimed(NamedTuple):
    """The first sign-in of a world's client showed its secret; None for a client that has none."""

    world: int
    secret: str | None


class Closed(NamedTuple):
    """A world was closed: nothing is left of it."""

    world: int


class NameClosed(NamedTuple):
    """Late calls open no world of this name."""

    name: str


class NameFreed(NamedTuple):
    """They do again; or so many other names were closed since that this one is forgotten."""

    name: str


class Given(NamedTuple):
    """The worlds of a slot are another replica's from here on; for a log that has replicas."""

    slot: int
    replica: int


Change = Opened | Begun | Added | Stored | Cut | Labelled | Copied | Claimed | Closed | NameClosed | NameFreed | Given


class Head(NamedTuple):
    """A world as the log has it, but for its commands; the fields are those of the changes."""

    world: int
    name: str
    opened: datetime
    fixture: str | None
    base: Base
    before: int
    latest: int
    labels: dict[str, int]
    is_claimed: bool
    secret: str | None
    latest_at: int | None
    """When the latest command was, in microseconds since 1970; None without one."""

    def is_of(self, other: "Head") -> bool:
        """Whether both are of one world that was neither reset nor replaced by another one in between."""
        return self[:4] == other[:4] and (self.base, self.before) == (other.base, other.before)


class HistoryLog(Protocol):
    """Keeps the histories of a server. One server writes it."""

    was_served: bool
    """Whether this version of the program has gone on from it before, and so compared all that it had then."""

    def append(self, batch: Sequence[Change]) -> None:
        """Keep all of it or, raising `LogUnavailable`, none as far as is known: the next batch begins with it then.

        Of nothing, raise it where nothing could be written.
        """
        ...

    def read(self, world: int, after: int, until: int) -> Iterator[tuple[int, Command]]:
        """The commands with larger numbers than `after`, to `until`, the oldest first. Raises `LogDamaged`."""
        ...

    def heads(self) -> Sequence[Head]:
        """Every world, the oldest first. Raises `LogDamaged`."""
        ...

    def closed_names(self) -> Sequence[str]:
        """The names that open no worlds, the oldest first."""
        ...

    def close(self) -> None:
        """Nothing is written any more."""
        ...


class FollowedLog(HistoryLog, Protocol):
    """A log that another server writes; nothing can be appended."""

    def news(self) -> AbstractContextManager[bool]:
        """Whether there may be more than at the last time. Within, what is read is of one moment.

        Raises `LogUnavailable`.
        """
        ...

    def is_free(self) -> bool:
        """Whether the other server seems to be gone, so that its place may be taken. Raises `LogUnavailable`."""
        ...


class Waiting(Protocol):
    """Output that waits until what it is about is kept."""

    def release(self, number: int) -> None:
        """What waited for the commit of this number, or for an earlier one, is kept."""
        ...

    def refuse(self) -> None:
        """It cannot be kept: send something else."""
        ...


MOST_GATHERED = 128
"""Changes that are not kept waiting for others that may come."""


class GroupCommit:
    """Writes what callers who came together have changed together, and lets go what waited for that.

    It writes as soon as a turn of the loop brings nothing more. What could not be written stays pending and is written
    with what comes next: the worlds have it. Meanwhile nothing of it is sent to anybody.
    """

    def __init__(self, history_log: HistoryLog) -> None:
        self.log = history_log
        self.soon: Callable[[Callable[[], None]], object] | None = None
        """Calls a function at the end of this turn of the loop; None while nothing runs."""
        self.failure: LogUnavailable | None = None
        """Why the last attempt to write has failed."""
        self._pending: list[Change] = []
        self._waiting: dict[Waiting, None] = {}
        self._callbacks: list[Callable[[], None]] = []
        self._is_scheduled = False
        self._seen = 0
        """How many changes were pending at the end of the turn before."""
        self._number = 0
        """Of the latest commit."""

    @property
    def is_pending(self) -> bool:
        """Whether something is to be written."""
        return bool(self._pending)

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write at the ends of the turns of this loop, which runs."""
        self.flush()
        self.soon = loop.call_soon

    def end(self) -> None:
        """Write what is left, and nothing any more."""
        if self.soon is not None:
            self.soon = None
            self.commit()
        self.log.close()

    def add(self, change: Change) -> None:
        """Write it with what else there is."""
        self._pending.append(change)
        if not self._is_scheduled:
            self._schedule()

    def _schedule(self) -> None:
        if self.soon is not None:
            self._is_scheduled, self._seen = True, 0
            self.soon(self._turn_ended)

    def _turn_ended(self) -> None:
        """Commit, unless this turn has brought more: what its callers wait for may be about to come from others, too.

        A commit for each of them would make everyone wait for all of these.
        """
        count = len(self._pending)
        if self.soon is not None and self._seen < count < MOST_GATHERED:
            self._seen = count
            self.soon(self._turn_ended)
        else:
            self._is_scheduled = False
            self.commit()

    def hold(self, output: Waiting) -> int:
        """Have it wait for what is pending: the number of the commit that it waits for."""
        self._waiting[output] = None
        if not self._is_scheduled:
            self._schedule()
        return self._number + 1

    def when_kept(self, callback: Callable[[], None]) -> None:
        """Call it when all that is pending is kept: now, where nothing is."""
        if self.is_pending:
            self._callbacks.append(callback)
        else:
            callback()

    def commit(self) -> None:
        """Write all that is pending. What waits is released, or refused."""
        try:
            if self._pending:
                self.log.append(self._pending)
        except LogUnavailable as error:
            self._has_failed(error)
            return
        self._pending = []
        waiting, self._waiting = self._waiting, {}
        callbacks, self._callbacks = self._callbacks, []
        self._number += 1
        self._is_kept(self._number, waiting, callbacks)

    def _is_kept(self, number: int, waiting: Iterable[Waiting], callbacks: Iterable[Callable[[], None]]) -> None:
        if self.failure is not None:
            log.warning("the state is written again")
        self.failure = None
        for output in waiting:
            output.release(number)
        for each in callbacks:
            each()

    def _has_failed(self, error: LogUnavailable) -> None:
        if self.failure is None:
            log.error("%s Every call is answered 503 until it can be written.", error)
        self.failure = error
        waiting, self._waiting = self._waiting, {}
        for output in waiting:
            output.refuse()

    def flush(self) -> None:
        """Have all of it written before it is read. Raises `LogUnavailable`."""
        if self._pending:
            self.commit()
            if self.failure is not None:
                raise self.failure

    def is_available(self) -> bool:
        """Whether something can be written: tried again where it could not."""
        if self.failure is not None:
            self.commit()
        return self.failure is None
