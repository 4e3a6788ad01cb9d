"""Receivers of webhooks, good and bad, on sockets of their own; and a patience that runs out when it is told to."""

import asyncio
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Queue
from typing import Any, Self

from support import WAIT_SECONDS, Client

SUBSCRIPTION = "/restapi/v1.0/subscription"
STORE_FILTER = "/restapi/v1.0/account/~/extension/~/message-store"
TOKEN_HEADER = "validation-token"


@dataclass(frozen=True)
class Received:
    """One request. `headers` are by lower-case name."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_handshake(self) -> bool:
        return TOKEN_HEADER in self.headers


Answer = Callable[[Received, socket.socket], None]
"""Answers a request, or does something else."""


def answering(status: str = "200 OK", body: bytes = b"", **headers: str) -> Answer:
    """An HTTP answer with these headers; `_` in a name is `-`, `{token}` in a value the token that came."""

    def answer(request: Received, connection: socket.socket) -> None:
        token = request.headers.get(TOKEN_HEADER, "")
        lines = [f"{name.replace('_', '-')}: {value.format(token=token)}" for name, value in headers.items()]
        head = [f"HTTP/1.1 {status}", *lines, f"Content-Length: {len(body)}", "", ""]
        connection.sendall("\r\n".join(head).encode() + body)

    return answer


good = answering(Validation_Token="{token}", Content_Type="application/json")


class Receiver:
    """Listens on a port of 127.0.0.1, one connection after the other, and keeps what it was sent."""

    def __init__(
        self, handshake: Answer = good, notification: Answer = good, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._tls = tls
        self.handshake = handshake
        self.notification = notification
        self._received: Queue[Received] = Queue()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/webhook?of=mine"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # it may have closed by itself
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(WAIT_SECONDS)

    def next(self) -> Received:
        """The next request that was not looked at yet, waited for."""
        return self._received.get(timeout=WAIT_SECONDS)

    def has_more(self) -> bool:
        """Whether a request has come that was not looked at yet."""
        return not self._received.empty()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            plain.settimeout(WAIT_SECONDS)
            with contextlib.suppress(OSError), self._secured(plain) as connection:
                request = read_request(connection)
                if request is not None:
                    self._received.put(request)
                    (self.handshake if request.is_handshake else self.notification)(request, connection)

    def _secured(self, plain: socket.socket) -> socket.socket:
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_side=True)


def read_request(connection: socket.socket) -> Received | None:
    """One HTTP request; None for what is none."""
    stream = connection.makefile("rb")
    first = stream.readline().split()
    if len(first) != 3 or not first[2].startswith(b"HTTP/"):
        return None
    headers: dict[str, str] = {}
    for line in iter(stream.readline, b"\r\n"):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Received(first[1].decode(), headers, stream.read(int(headers.get("content-length", "0"))))


def unhurried(seconds: float) -> contextlib.AbstractAsyncContextManager[Any]:
    """The patience with receivers that answer as soon as they can, on a machine that may be busy with other tests."""
    return asyncio.timeout(20 * seconds)


class RunsOut:
    """A patience without an end of its own. From any thread."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        """How long it was asked to last."""
        self._latest: tuple[asyncio.AbstractEventLoop, asyncio.Timeout] | None = None

    def __call__(self, seconds: float) -> Any:
        self.seconds.append(seconds)
        self._latest = asyncio.get_running_loop(), asyncio.timeout(None)
        return self._latest[1]

    def run_out(self) -> None:
        """End what runs under it now."""
        assert self._latest is not None
        loop, timeout = self._latest
        loop.call_soon_threadsafe(timeout.reschedule, 0)

    def after(self, *pieces: bytes) -> Answer:
        """Sends these pieces, and no more: the patience runs out, and the connection stays open until it is closed."""

        def answer(request: Received, connection: socket.socket) -> None:
            for piece in pieces:
                connection.sendall(piece)
            self.run_out()
            connection.recv(1)  # nothing, when the other side hangs up

        return answer


class Names:
    """A name server that says something else each time, and counts how often it is asked."""

    def __init__(self, **answers: list[list[str]]) -> None:
        """Each name, `_` for its dots, with its answers in their order; the last one stays."""
        self._answers = {name.replace("_", "."): list(said) for name, said in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self._answers:
            raise OSError(f"no such name: {host}")
        said = self._answers[host]
        return said.pop(0) if len(said) > 1 else said[0]


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 at which nobody listens, and nobody else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def body(receiver: Receiver, *filters: str, **more: Any) -> dict[str, Any]:
    return {
        "eventFilters": list(filters or (STORE_FILTER,)),
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url},
        **more,
    }


def subscribed(client: Client, receiver: Receiver, *filters: str, by: str = "101", **more: Any) -> dict[str, Any]:
    answer = client.post(SUBSCRIPTION, by=by, json=body(receiver, *filters, **more))
    assert answer.status_code == 200, answer.text
    assert receiver.next().is_handshake
    return answer.json()


def event(receiver: Receiver) -> dict[str, Any]:
    return json.loads(receiver.next().body)
