"""How long a connection may take over a request, by a clock that the test moves."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from ringmock.eager import EagerProtocol
from ringmock.server_limits import ServerLimits
from ringmock.websocket_protocol import WebSocketProtocol

HALF = b"POST /restapi HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
LIMITS = ServerLimits(header_timeout=10.0, body_timeout=30.0, handshake_timeout=10.0)


class Timer:
    def __init__(self, at: float, ring: Callable[[], None]) -> None:
        self.at, self.ring, self.is_cancelled = at, ring, False

    def when(self) -> float:
        return self.at

    def cancel(self) -> None:
        self.is_cancelled = True


class Loop:
    """A loop whose time moves when it is told."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []
        self.create_task = loop.create_task

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

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def reading(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body whole and answers nothing when the client has gone."""
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass


async def never_opening(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


async def after(*steps: bytes | float, protocol: Any = EagerProtocol, app: Any = reading) -> tuple[bool, bytes]:
    """Whether it is closed, and the first words written, once these bytes have come and these seconds have passed."""
    loop, transport = Loop(asyncio.get_running_loop()), Transport()
    config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_keep_alive=60)
    config.load()
    served = protocol(config, ServerState(), {}, loop, limits=LIMITS)
    served.connection_made(transport)
    for step in steps:
        if isinstance(step, bytes):
            served.data_received(step)
            await asyncio.sleep(0)
        else:
            loop.advance(step)
    return transport.is_closed, transport.written[:12]


@pytest.mark.parametrize(
    ("steps", "ends", "status"),
    [
        ((9.9,), False, b""),
        ((10.0,), True, b""),
        ((b"GET / HT", 9.9), False, b""),
        ((9.0, b"GET / HT", 9.9), False, b""),
        ((b"GET / HT", 10.0), True, b"HTTP/1.1 408"),
        ((b"G", 9.0, b"ET", 1.0), True, b"HTTP/1.1 408"),
        ((HALF, 10.0), True, b"HTTP/1.1 408"),
        ((HALF + b"\r\n", 29.9), False, b""),
        ((HALF + b"\r\nab", 29.0, b"c", 29.9), False, b""),
        ((HALF + b"\r\nab", 29.0, b"c", 29.9, 0.1), True, b"HTTP/1.1 408"),
        ((HALF + b"\r\n", 30.0), True, b"HTTP/1.1 408"),
    ],
)
def test_a_request_has_so_long_to_come(steps: tuple[bytes | float, ...], ends: bool, status: bytes) -> None:
    ended = asyncio.run(after(*steps))

    assert ended == (ends, status)


def test_a_body_of_chunks_that_never_come_to_a_chunk_ends_in_time() -> None:
    head = b"POST /restapi HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    ended = asyncio.run(after(head, 20.0, b"5;a", 9.0, b"=b", 1.0))

    assert ended == (True, b"HTTP/1.1 408")


@pytest.mark.parametrize(("seconds", "ends"), [(9.9, False), (10.0, True)])
def test_a_socket_has_so_long_to_open(seconds: float, ends: bool) -> None:
    ended = asyncio.run(after(seconds, protocol=WebSocketProtocol, app=never_opening))

    assert ended == (ends, b"HTTP/1.1 408" if ends else b"")
