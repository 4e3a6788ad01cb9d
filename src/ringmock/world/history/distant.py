"""Group commit to a log that takes its time, as on another machine: the loop goes on meanwhile.

What is accepted while a commit is on its way is the next one. A log that does not answer counts as one that fails.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from functools import partial

from .log import Added, Change, GroupCommit, LogUnavailable, Stored, Waiting, log
from .serialization import row_of

RETRY_SECONDS = 1.0
"""After a commit that has failed."""

OVERDUE_SECONDS = 10.0
"""After which callers are refused who wait for a commit."""

CHECK_SECONDS = 1.0
"""Between two looks whether the log could be written, where nothing is: another server may have taken it."""

END_SECONDS = 15.0
"""How long the end of the server waits for the last commit."""


class _Flight:
    """A commit on its way."""

    def __init__(
        self,
        number: int,
        changes: Sequence[Change],
        waiting: dict[Waiting, None],
        callbacks: list[Callable[[], None]],
    ) -> None:
        self.number, self.changes, self.waiting, self.callbacks = number, changes, waiting, callbacks
        self.has_arrived = threading.Event()
        self.failure: LogUnavailable | None = None
        self.is_over = False
        """Whether its result was taken note of."""
        self.watch: asyncio.TimerHandle | None = None
        """What looks whether it has arrived in time."""


class DistantCommit(GroupCommit):
    """A thread appends; everything else happens in the loop's."""

    _loop: asyncio.AbstractEventLoop | None = None
    _flight: _Flight | None = None
    _thread: threading.Thread | None = None

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """As the other one does; until then, and after the end, a commit is waited for."""
        super().begin(loop)
        self._flights: queue.SimpleQueue[_Flight | None] = queue.SimpleQueue()
        self._loop = loop
        self._thread = threading.Thread(target=self._append, name="ringmock-state", daemon=True)
        self._thread.start()
        loop.call_later(CHECK_SECONDS, self._check)

    def end(self) -> None:
        """Write what is left, as long as the log takes it."""
        if self._loop is None:
            super().end()
            return
        try:
            self._arrive()
        except LogUnavailable as error:  # what is on its way may arrive yet, and nothing comes after it
            log.error("%s What was not answered may be lost.", error)
            return
        finally:
            self._loop = None
            self._flights.put(None)
        super().end()

    @property
    def is_pending(self) -> bool:
        """Whether something is to be written, or on its way."""
        return self._flight is not None or bool(self._pending)

    def hold(self, output: Waiting) -> int:
        """Have it wait for what is pending, or on its way."""
        if self._flight is not None and not self._pending:
            self._flight.waiting[output] = None
            return self._flight.number
        return super().hold(output)

    def when_kept(self, callback: Callable[[], None]) -> None:
        """Call it when all of this is kept."""
        if self._flight is not None and not self._pending:
            self._flight.callbacks.append(callback)
        else:
            super().when_kept(callback)

    def commit(self) -> None:
        """Begin to write what is pending, unless something is on its way: then it comes after that."""
        if self._loop is None:
            super().commit()
        elif self._flight is None:
            self._start(self._loop)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        # a command is made what is written now: whatever its values are of may change afterwards
        changes = [_as_written(change) for change in self._pending]
        self._number += 1
        self._flight = flight = _Flight(self._number, changes, self._waiting, self._callbacks)
        self._pending, self._waiting, self._callbacks = [], {}, []
        self._flights.put(flight)
        flight.watch = loop.call_later(OVERDUE_SECONDS, self._overdue, flight)

    def _append(self) -> None:
        """In the thread."""
        while (flight := self._flights.get()) is not None:
            try:
                self.log.append(flight.changes)
            except LogUnavailable as error:
                flight.failure = error
            except Exception as error:
                flight.failure = LogUnavailable(f"The state cannot be written: {error!r}.")
            flight.has_arrived.set()
            loop = self._loop
            if loop is not None:
                loop.call_soon_threadsafe(partial(self._arrived, flight))

    def _arrived(self, flight: _Flight) -> None:
        if flight.is_over:
            return
        flight.is_over, self._flight = True, None
        if flight.watch is not None:
            flight.watch.cancel()  # else it would keep thousands of commits in memory
        if flight.failure is not None:
            self._pending[:0] = flight.changes
            self._callbacks[:0] = flight.callbacks
            self._waiting = {**flight.waiting, **self._waiting}
            self._has_failed(flight.failure)
            if self._loop is not None:
                self._loop.call_later(RETRY_SECONDS, self._retry)
            return
        self._is_kept(flight.number, flight.waiting, flight.callbacks)
        if (self._pending or self._waiting) and not self._is_scheduled:
            self._schedule()

    def _retry(self) -> None:
        if self.failure is not None and self._loop is not None:
            self.commit()

    def _check(self) -> None:
        if self._loop is not None:
            self._loop.call_later(CHECK_SECONDS, self._check)
            if self.failure is None:
                self.commit()

    def _overdue(self, flight: _Flight) -> None:
        if not flight.is_over:
            self._waiting = {**flight.waiting, **self._waiting}
            flight.waiting.clear()
            self._has_failed(LogUnavailable(f"The state has not answered for {OVERDUE_SECONDS:.0f} seconds."))

    def _arrive(self) -> None:
        """Wait for what is on its way."""
        flight = self._flight
        if flight is None:
            return
        if not flight.has_arrived.wait(END_SECONDS):
            raise LogUnavailable(f"The state has not answered for {END_SECONDS:.0f} seconds.")
        self._arrived(flight)

    def flush(self) -> None:
        """Have all of it written before it is read. Raises `LogUnavailable`."""
        self._arrive()
        if self._pending:
            self.commit()
            self._arrive()
        if self._pending and self.failure is not None:
            raise self.failure

    def is_available(self) -> bool:
        """Whether something can be written; it is tried again without anybody asking."""
        return self.failure is None


def _as_written(change: Change) -> Change:
    return Stored(change.world, change.number, row_of(change.command)) if type(change) is Added else change
