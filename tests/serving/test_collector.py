"""What the server keeps is out of the collector's sight, and none of it is a cycle that only it could end."""

import gc
import http.client
import json
import socket
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from broken_requests import Willing
from hostile.in_process import InProcess
from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.http.call import Call
from ringmock.http.connections import Connection
from ringmock.serving import collector
from ringmock.serving.http_protocol import HttpProtocol
from ringmock.serving.server import running
from ringmock.serving.websocket_protocol import WebSocketProtocol
from ringmock.sign_in.worlds import Worlds
from ringmock.world.world import World
from support import HANDSET, JWT_BEARER, OWN, SMS, basic, jwt_of, sms_body

pytestmark = pytest.mark.long


@contextmanager
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def growing() -> Iterator[None]:
    try:
        with collector.growing():
            yield
    finally:
        gc.unfreeze()


def filled(world: World, count: int) -> None:
    sender = world.account.extensions["101"]
    for number in range(count):
        world.send_sms(sender, SendSms("16509100010", (f"141510{number:05}",), "Hello"))


def test_no_round_walks_more_than_came_since_the_last_ones() -> None:
    world = Worlds(load_named("demo")).default
    walked: list[int] = []

    def seen(phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            walked.append(sum(len(gc.get_objects(generation)) for generation in range(info["generation"] + 1)))

    with growing():
        gc.callbacks.append(seen)
        try:
            filled(world, 6_000)
        finally:
            gc.callbacks.remove(seen)
        is_in_sight = sum(len(gc.get_objects(generation)) for generation in range(3))

    new, rounds, _ = collector.THRESHOLDS
    most = new * (rounds + 3)  # the entries that leave a full journal are not counted as new ones
    assert len(walked) > rounds
    assert max(walked) <= most, walked
    assert is_in_sight <= most
    assert gc.get_threshold() == (700, 10, 10)


def test_what_is_there_at_the_start_is_out_of_sight_without_a_round() -> None:
    kept: list[Any] = [[]]
    rounds: list[str] = []

    def seen(phase: str, _: dict[str, Any]) -> None:
        rounds.append(phase)

    with without_collector():
        gc.callbacks.append(seen)
        try:
            with growing():
                is_in_sight = any(each is kept for each in gc.get_objects())
        finally:
            gc.callbacks.remove(seen)

    assert not rounds
    assert not is_in_sight


def test_what_dies_young_is_collected_as_ever() -> None:
    class Node:
        def __init__(self) -> None:
            self.itself = self

    with growing():
        died = weakref.ref(Node())
        kept = [[] for _ in range(2 * collector.THRESHOLDS[0])]  # type: ignore[var-annotated]

    assert died() is None
    assert kept


@pytest.mark.parametrize(("garbage", "is_frozen"), [(0, True), (5, True), (6, False)])
def test_what_survives_a_young_round_is_out_of_sight_unless_there_was_garbage(garbage: int, is_frozen: bool) -> None:
    with growing():
        gc.collect(0)
        kept: list[Any] = [[]]
        for _ in range(garbage):
            dead: list[Any] = []
            dead.append(dead)
        dead = []
        gc.collect(0)

        assert any(each is kept for each in gc.get_objects(generation=1)) is not is_frozen


def test_a_closed_world_is_gone_without_the_collector() -> None:
    worlds = Worlds(load_named("demo"))
    world = worlds.world_of_client("somebody", "secret")
    worlds.log_ins.open_session(world, world.account.extensions["101"], "somebody", access_ttl=60, refresh_ttl=60)
    filled(world, 10)
    world.reset()
    filled(world, 10)
    left = weakref.ref(world)

    with without_collector():
        del world
        worlds.close_world("somebody")

        assert left() is None


CALLS = {
    "a message": ("POST", SMS, sms_body()),
    "a batch": ("POST", "/restapi/v1.0/account/~/a2p-sms/batches",
                {"from": "16509100300", "text": "Hello", "messages": [{"to": [HANDSET]}]}),
    "a subscription": ("POST", "/restapi/v1.0/subscription",
                       {"eventFilters": [f"{OWN}/message-store"],
                        "deliveryMode": {"transportType": "WebHook", "address": "https://hook.test/"}}),
    "a token of WebSockets": ("POST", "/restapi/oauth/wstoken", None),
    "a report": ("POST", "/restapi/v1.0/account/~/message-store-report", {}),
    "the control API": ("GET", "/_mock/journal", None),
    "a fault": ("PUT", "/_mock/faults", [{"notification": "late", "delay": 9}]),
    "a wait": ("GET", "/_mock/messages?wait=0", None),
    "the clock": ("POST", "/_mock/clock/advance", {"to": "next"}),
    "nothing": ("GET", "/restapi/nonsense", None),
}  # fmt: skip


@pytest.mark.parametrize("what", [*CALLS, "all of it"])
@pytest.mark.parametrize("way", ["credentials", "header"])
def test_a_world_that_was_called_is_gone_without_the_collector_once_it_is_closed(what: str, way: str) -> None:
    served = InProcess(webhooks=Willing())
    own = [(b"x-ringmock-world", b"apart")] if way == "header" else []
    token = "demo-101"
    if way == "credentials":
        form = urlencode({"grant_type": JWT_BEARER, "assertion": jwt_of("101")}).encode()
        signed = (b"authorization", basic("apart", "secret")["Authorization"].encode())
        kind = (b"content-type", b"application/x-www-form-urlencoded")
        token = json.loads(served.call("POST", b"/restapi/oauth/token", [signed, kind], form).content)["access_token"]
    headers = [*own, (b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
    with served, without_collector():
        assert served.call("GET", OWN.encode(), headers, b"").status == 200
        for method, path, body in CALLS.values() if what == "all of it" else [CALLS[what]]:
            content = b"" if body is None else json.dumps(body).encode()
            assert served.call(method, path.encode(), headers, content).status < 500
        left = weakref.ref(served.worlds.world_named("apart"))
        assert left() is not None
        served.worlds.close_world("apart")
        for _ in range(3):  # tasks of it end, and no call is its latest any more
            served.call("GET", b"/restapi", [], b"")

        assert left() is None


def test_a_connection_that_was_closed_is_gone_without_the_collector() -> None:
    with running(load_named("demo")) as (url, _), without_collector():
        before = connected()[HttpProtocol.__name__]
        for _ in range(20):
            connection = http.client.HTTPConnection(urlsplit(url).netloc)
            for path in ("/restapi", "/restapi/nonsense", "/_mock/ready"):
                connection.request("GET", path)
                connection.getresponse().read()
            connection.close()
        last = http.client.HTTPConnection(urlsplit(url).netloc)
        last.request("GET", "/restapi")
        last.getresponse().read()

        assert connected()[HttpProtocol.__name__] - before <= 2
        last.close()


HANDSHAKE = (
    b"GET /ws?access_token=demo-101 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"


def posted(body: bytes) -> bytes:
    head = b"POST %b HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer demo-101\r\nContent-Type: application/json\r\n"
    return head % SMS.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"GET /restapi HTTP/3.0\r\nHost: a\r\n\r\n", id="a head that is refused"),
        pytest.param(b"GET /restapi HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", id="a head that the parser takes"),
        pytest.param(b"POST /restapi HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n12", id="half a body"),
        pytest.param(posted(b"{"), id="a body that is no JSON"),
        pytest.param(posted(b'{"text": "\\ud800"}'), id="a body with a lone surrogate"),
        pytest.param(posted(b'{"text": 1, "to": 2}'), id="several problems"),
        pytest.param(HANDSHAKE + CLOSE, id="a WebSocket"),
        pytest.param(HANDSHAKE + b"\xff\xff", id="a WebSocket with a broken frame"),
        pytest.param(HANDSHAKE.replace(b": 13", b": 12"), id="a handshake that is refused"),
    ],
)
def test_what_was_refused_or_upgraded_is_gone_without_the_collector_after_a_reset(address: Any, sent: bytes) -> None:
    with without_collector():
        exchange(address, sent)
        before = connected()
        for _ in range(10):
            exchange(address, sent)
        exchange(address, b"POST /_mock/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")

        left = connected() - before
    assert max(left.values(), default=0) <= 2, left


@pytest.fixture(scope="module")
def address() -> Iterator[Any]:
    """Where a server is that only these tests call."""
    with running(load_named("demo")) as (url, _):
        yield urlsplit(url)


def connected() -> Counter[str]:
    """What belongs to connections and calls, by its kind."""
    kinds = {kind.__name__ for kind in (HttpProtocol, WebSocketProtocol, Connection, Call)}
    return Counter(name for thing in gc.get_objects() if (name := type(thing).__name__) in kinds)


def exchange(address: Any, sent: bytes) -> None:
    """Send it, and read until the server closes."""
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass
