"""Closing connections whose clients do not read: unread output is kept for a limited time."""

from asyncio import AbstractEventLoop, TimerHandle, Transport


class WriteTimeout:
    """Aborts a connection whose client has read nothing of the pending output for so many seconds.

    It checks once in that time, and only while output is pending.
    """

    def __init__(self, loop: AbstractEventLoop, transport: Transport, seconds: float) -> None:
        self._loop, self._transport, self._seconds = loop, transport, seconds
        self._timer: TimerHandle | None = None
        self._writes = self._writes_before = self._waited_before = 0

    def written(self) -> None:
        """Something was written just now."""
        self._writes += 1
        if self._timer is None:
            self._look_again(self._transport.get_write_buffer_size())

    def end(self) -> None:
        """The connection is lost, or has another protocol now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_again(self, waiting: int) -> None:
        self._writes_before, self._waited_before = self._writes, waiting
        self._timer = self._loop.call_later(self._seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        waiting = self._transport.get_write_buffer_size()
        if waiting == 0:
            return
        if waiting >= self._waited_before and self._writes == self._writes_before:
            self._transport.abort()
        else:
            self._look_again(waiting)
