"""Group commit to a log that other processes write, too: one at a time, and none of them holds its loop meanwhile."""

import asyncio
import time

from .log import GroupCommit, LogUnavailable
from .sqlite import SqliteLog

TURN_SECONDS = 0.0005
"""Between two looks whether the others have written."""

OVERDUE_SECONDS = 10.0
"""After which a process that cannot write is taken for one that has no log."""


class SharedCommit(GroupCommit):
    """Writes when it is its turn. See `sqlite.share`."""

    _loop: asyncio.AbstractEventLoop | None = None
    _since: float | None = None
    """Since when, by the loop's clock, it waits for its turn; None while it does not."""

    def __init__(self, history_log: SqliteLog) -> None:
        super().__init__(history_log)
        self._file = history_log

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """As the other one does."""
        super().begin(loop)
        self._loop = loop

    def end(self) -> None:
        """Write what is left, as long as the others let it."""
        self._loop = None
        super().end()

    def commit(self) -> None:
        """Write, now or as soon as the others have."""
        if self._loop is None or not self._pending:
            self._write_in_turn()
        elif self._since is None:
            self._since = self._loop.time()
            self._try(self._loop)

    def _try(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._since is None or self._loop is None:
            return  # it has written meanwhile
        has_turn = self._has_turn()
        if not has_turn and loop.time() - self._since < OVERDUE_SECONDS:
            loop.call_later(TURN_SECONDS, self._try, loop)
            return
        self._since = None
        if has_turn:
            super().commit()
        else:
            self._has_failed(self._held)

    def _write_in_turn(self) -> None:
        """Write now, after the others."""
        until = time.monotonic() + OVERDUE_SECONDS
        while self._pending and not self._has_turn():
            if time.monotonic() > until:
                self._has_failed(self._held)
                return
            time.sleep(TURN_SECONDS)
        self._since = None
        super().commit()

    @property
    def _held(self) -> LogUnavailable:
        return LogUnavailable(f"The state {self._file.path} is held by another process.")

    def _has_turn(self) -> bool:
        try:
            return self._file.begin()
        except LogUnavailable:
            return True  # to fail as any other

    def flush(self) -> None:
        """Have all of it written before it is read. Raises `LogUnavailable`."""
        if self._pending:
            self._write_in_turn()
            if self.failure is not None:
                raise self.failure
