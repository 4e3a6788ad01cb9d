"""A loop whose time a test moves, and the transport of a connection by which nothing is sent."""

import asyncio
from collections.abc import Callable
from typing import Any


class Timer:
    def __init__(self, at: float, ring: Callable[[], None]) -> None:
        self.at, self.ring, self.is_cancelled = at, ring, False

    def when(self) -> float:
        return self.at

    def cancel(self) -> None:
        self.is_cancelled = True


class Loop:
    """A loop whose time moves when it is told."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def create_task(self, coroutine: Any) -> Any:
        return asyncio.get_running_loop().create_task(coroutine)

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, ring: Callable[..., None], *arguments: Any) -> Timer:
        self.timers.append(Timer(self.now + seconds, lambda: ring(*arguments)))
        return self.timers[-1]

    def advance(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer.at <= self.now and not timer.is_cancelled]
        self.timers = [timer for timer in self.timers if timer.at > self.now]
        for timer in due:
            timer.ring()


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written, self.is_closed = b"", False
        self.unread: int | None = 0
        """Bytes that the client has not taken; None for a client that takes none at all."""
        self.is_aborted = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def get_write_buffer_size(self) -> int:
        return len(self.written) if self.unread is None else self.unread

    def abort(self) -> None:
        self.is_aborted = True

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...
