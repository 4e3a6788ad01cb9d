"""The pieces in which a request comes make no difference, nor whether its head was met before."""

import asyncio
import itertools
import re
from collections.abc import Sequence

import pytest
import uvicorn
from uvicorn.server import ServerState

from fake_transport import Loop, Transport
from ringmock.fixture import load_named
from ringmock.server_limits import ServerLimits
from ringmock.serving.http_protocol import HttpProtocol
from ringmock.serving.server import build
from ringmock.sign_in.worlds import Worlds
from support import OWN, SMS

BODY = b'{"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hello"}'
TOO_LONG = b'{"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": ""   }'
OTHER_EACH_TIME = re.compile(rb"(date|rcrequestid): [^\r]*\r\n")
LIMITS = ServerLimits(header_timeout=10.0, body_timeout=30.0)
KNOWN = 3
"""Requests of a connection, of which the last one's head is known."""


def head(length: int, method: str = "POST", path: str = SMS, more: str = "") -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: here.test\r\nAuthorization: Bearer demo-101\r\n{more}"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


class Connection:
    """To a server on the account of the page, whose clock stands and whose ids are counted."""

    def __init__(self) -> None:
        self.worlds = Worlds(load_named("source-page"))
        self.loop, self.transport = Loop(), Transport()
        config = uvicorn.Config(build(self.worlds), log_level="critical", access_log=False, timeout_keep_alive=60)
        config.load()
        self.served = HttpProtocol(config, ServerState(), {}, self.loop, limits=LIMITS)  # type: ignore[arg-type]
        self.served.connection_made(self.transport)

    async def sent(self, pieces: Sequence[bytes]) -> bytes:
        """What is written for a request that comes in these pieces."""
        self.transport.written = b""
        for piece in pieces:
            self.served.data_received(piece)
            await asyncio.sleep(0)
        while self.served.tasks:
            await asyncio.gather(*self.served.tasks)
        return OTHER_EACH_TIME.sub(b"", self.transport.written)


async def answers(cut: Sequence[int], requests: Sequence[bytes]) -> tuple[list[bytes], int]:
    """To the same request several times, each cut at these places; and how many calls are in the journal."""
    connection = Connection()
    found = []
    for request in requests:
        places = [0, *(place + request.index(b"\r\n\r\n") + 4 for place in cut), len(request)]
        pieces = [request[begin:end] for begin, end in itertools.pairwise(places)]
        found.append(await connection.sent([piece for piece in pieces if piece]))
    return found, connection.worlds.default.journal.latest


@pytest.mark.parametrize("cut", [(0,), (-3,), (0, 20), (20,), (-40, -3, 0, 5)], ids=str)
@pytest.mark.parametrize(
    "request_",
    [
        head(len(BODY)) + BODY,
        head(len(TOO_LONG)) + TOO_LONG,
        head(2) + b"{ ",
        head(2) + b"[]",
        head(0, "GET", OWN),
        head(0, "DELETE", SMS),
        head(0, "GET", f"{OWN}/nothing"),
        head(len(BODY), more="Origin: https://app.test\r\n") + BODY,
        head(len(BODY), more="X-Http-Method-Override: GET\r\n") + BODY,
        head(len(BODY)).replace(b"demo-101", b"no-token") + BODY,
    ],
    ids=lambda request: str(request[:40]) + str(len(request)),
)
def test_a_request_is_answered_alike_in_whatever_pieces_it_comes(request_: bytes, cut: tuple[int, ...]) -> None:
    whole = asyncio.run(answers((), [request_] * KNOWN))
    assert asyncio.run(answers(cut, [request_] * KNOWN)) == whole


def test_after_a_known_head_that_came_alone_other_bytes_than_its_body_are_read_as_what_they_are() -> None:
    async def mixed() -> tuple[bytes, int]:
        connection, once = Connection(), head(len(BODY)) + BODY
        for _ in range(KNOWN):
            await connection.sent([once])
        written = await connection.sent([head(len(BODY)), BODY + once])
        return written, connection.worlds.default.journal.latest

    written, calls = asyncio.run(mixed())
    assert written.count(b"HTTP/1.1 200") == 2
    assert calls == KNOWN + 2


@pytest.mark.parametrize(
    ("seconds", "status"), [(29.9, b""), (30.0, b"HTTP/1.1 408")], ids=["before its time", "at its time"]
)
def test_the_body_of_a_known_head_has_as_long_to_come_as_any(seconds: float, status: bytes) -> None:
    async def waiting() -> bytes:
        connection = Connection()
        for _ in range(KNOWN):
            await connection.sent([head(len(BODY)) + BODY])
        connection.transport.written = b""
        connection.served.data_received(head(len(BODY)))
        connection.loop.advance(seconds)
        await asyncio.sleep(0)
        return connection.transport.written[:12]

    assert asyncio.run(waiting()) == status


@pytest.mark.parametrize("how", ["eof", "lost"])
def test_a_known_head_whose_body_never_comes_is_half_a_request(how: str) -> None:
    async def broken_off(times: int) -> tuple[bytes, int, list[int]]:
        connection = Connection()
        for _ in range(times):
            await connection.sent([head(len(BODY)) + BODY])
        connection.transport.written = b""
        connection.served.data_received(head(len(BODY)))
        if how == "eof":
            connection.served.eof_received()
        else:
            connection.served.connection_lost(None)
        while connection.served.tasks:
            await asyncio.gather(*connection.served.tasks)
        journal = connection.worlds.default.journal
        return (
            connection.transport.written[:12],
            journal.latest - times,
            [entry.status for entry in journal.newest_first()][: journal.latest - times],
        )

    assert asyncio.run(broken_off(KNOWN)) == asyncio.run(broken_off(0))
