"""How long a connection may take over a request, by a clock that the test moves."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from fake_transport import Loop, Transport
from ringmock.fixture import load_named
from ringmock.server_limits import ServerLimits
from ringmock.serving.http_protocol import HttpProtocol
from ringmock.serving.server import build
from ringmock.serving.websocket_protocol import WebSocketProtocol
from ringmock.serving.write_timeout import WriteTimeout
from ringmock.sign_in.worlds import Worlds

HALF = b"POST /restapi HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
LIMITS = ServerLimits(header_timeout=10.0, body_timeout=30.0, handshake_timeout=10.0)


async def reading(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body whole and answers nothing when the client has gone."""
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass


async def never_opening(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


async def after(*steps: bytes | float, protocol: Any = HttpProtocol, app: Any = reading) -> tuple[bool, bytes]:
    """Whether it is closed, and the first words written, once these bytes have come and these seconds have passed."""
    loop, transport = Loop(), Transport()
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


# --- clients that do not read ----------------------------------------------------------------------


class Written:
    """A connection on which something was just written, and a clock."""

    def __init__(self, unread: int | None) -> None:
        self.loop = Loop()
        self.transport = Transport()
        self.transport.write(b"twelve bytes")
        self.transport.unread = unread
        self.unread = WriteTimeout(self.loop, self.transport, 30.0)  # type: ignore[arg-type]
        self.unread.written()


@pytest.mark.parametrize(("seconds", "ends"), [(29.9, False), (30.0, True)])
def test_a_client_has_so_long_to_take_something_of_what_is_written(seconds: float, ends: bool) -> None:
    connection = Written(unread=None)

    connection.loop.advance(seconds)

    assert connection.transport.is_aborted is ends


def test_a_client_that_takes_a_byte_in_time_has_as_long_again() -> None:
    connection = Written(unread=None)

    connection.loop.advance(29.9)
    connection.transport.unread = 11
    connection.loop.advance(0.1)
    connection.loop.advance(29.9)
    assert not connection.transport.is_aborted

    connection.loop.advance(0.1)
    assert connection.transport.is_aborted


def test_a_client_that_has_taken_everything_is_no_longer_looked_at() -> None:
    connection = Written(unread=0)

    connection.loop.advance(30.0)

    assert not connection.transport.is_aborted
    assert not connection.loop.timers


def test_a_connection_that_is_lost_is_not_looked_at() -> None:
    connection = Written(unread=None)

    connection.unread.end()
    connection.loop.advance(30.0)

    assert not connection.transport.is_aborted


WHOLE = b"GET /restapi HTTP/1.1\r\nHost: a\r\n\r\n"


async def answering(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def opening(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "websocket.accept"})
    await asyncio.Event().wait()


WEBSOCKET = [(b"upgrade", b"websocket"), (b"connection", b"Upgrade"), (b"sec-websocket-version", b"13")]
WEBSOCKET += [(b"sec-websocket-key", b"5Av4SM21qhSHo1xd9vpCGg==")]


@pytest.mark.parametrize(
    ("protocol", "app", "begin"),
    [
        (HttpProtocol, answering, lambda served: served.data_received(WHOLE)),
        (HttpProtocol, answering, lambda served: served.data_received(b"garbage\r\n")),
        (WebSocketProtocol, opening, lambda served: served.open(b"/ws", WEBSOCKET, b"")),
        (WebSocketProtocol, opening, lambda served: served.open(b"/ws", WEBSOCKET[:3], b"")),
    ],
    ids=["an answer", "a refusal", "a WebSocket", "a handshake that is none"],
)
@pytest.mark.parametrize(("seconds", "ends"), [(29.9, False), (30.0, True)])
def test_whoever_takes_nothing_of_what_either_protocol_writes_is_cut_off(
    protocol: Any, app: Any, begin: Callable[[Any], None], seconds: float, ends: bool
) -> None:
    async def served() -> bool:
        loop, transport = Loop(), Transport()
        transport.unread = None
        config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_keep_alive=60)
        config.load()
        connection = protocol(config, ServerState(), {}, loop, limits=ServerLimits(write_timeout=30.0))
        connection.connection_made(transport)
        begin(connection)
        for _ in range(3):
            await asyncio.sleep(0)
        loop.advance(seconds)
        return transport.is_aborted

    assert asyncio.run(served()) is ends


# --- what the journal says of it -------------------------------------------------------------------

SENT = b"POST /restapi/v1.0/account/~/extension/~/sms HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer demo-101\r\n"
CHUNKED = SENT + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("rest", "status"),
    [(30.0, 408), (b"xyz\r\n", 400), (b"0\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431)],
    ids=["nothing more", "a chunk that is none", "a long trailer"],
)
def test_the_journal_says_of_a_body_that_broke_off_what_the_client_was_told(rest: bytes | float, status: int) -> None:
    worlds = Worlds(load_named("demo"))

    _, told = asyncio.run(after(CHUNKED, rest, b"", app=build(worlds)))

    (entry,) = worlds.default.journal.newest_first()
    assert told == b"HTTP/1.1 %d" % status
    assert entry.status == status


def connected_to_one_that_waits() -> tuple[HttpProtocol, Transport, asyncio.Event]:
    """A connection to an application that reads each request, and answers when the event is set."""
    transport, goes_on = Transport(), asyncio.Event()

    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await goes_on.wait()
        await answering(scope, receive, send)

    config = uvicorn.Config(waiting, log_level="critical", access_log=False)
    config.load()
    connection = HttpProtocol(config, ServerState(), {}, Loop())  # type: ignore[arg-type]
    connection.connection_made(transport)
    return connection, transport, goes_on


def test_the_first_of_several_requests_writes_nothing_once_its_client_has_gone() -> None:
    async def served() -> bytes:
        connection, transport, goes_on = connected_to_one_that_waits()
        connection.data_received(WHOLE + WHOLE)
        connection.connection_lost(ConnectionResetError())
        goes_on.set()
        for _ in range(5):
            await asyncio.sleep(0)
        return transport.written

    assert asyncio.run(served()) == b""


def test_half_a_request_behind_one_that_is_still_answered_is_refused_after_its_answer() -> None:
    async def served() -> bytes:
        connection, transport, goes_on = connected_to_one_that_waits()
        connection.data_received(WHOLE + HALF + b"\r\nab")
        assert connection.eof_received()
        assert transport.written == b""
        goes_on.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert transport.is_closed
        return transport.written

    written = asyncio.run(served())

    assert written.startswith(b"HTTP/1.1 204")
    assert written.count(b"HTTP/1.1 ") == 2
    assert b"\r\n\r\nHTTP/1.1 400" in written


@pytest.mark.parametrize(("reads", "pongs"), [(True, 2), (False, 0)])
def test_a_client_that_does_not_read_is_owed_no_pongs(reads: bool, pongs: int) -> None:
    async def served() -> bytes:
        config = uvicorn.Config(opening, log_level="critical", access_log=False)
        config.load()
        connection = WebSocketProtocol(config, ServerState(), {}, Loop())  # type: ignore[arg-type]
        connection.connection_made(transport := Transport())
        connection.open(b"/ws", WEBSOCKET, b"")
        for _ in range(3):
            await asyncio.sleep(0)
        if not reads:
            connection.pause_writing()
        connection.data_received(b"\x89\x80\0\0\0\0" * 2)
        return transport.written

    assert asyncio.run(served()).count(b"\x8a\x00") == pongs
