"""The WebSockets of a case: opened with a token of `authWsToken`, called on, listened to, lost and recovered.

Every message is a list of a header and, for most, a body. A case sees it as the header with the body as `body`.
"""

import asyncio
import json
import ssl
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidHandshake

from ..http_client import Answer, Exchange, NoAnswer, Request, trusting
from ..receiver import WAIT_SECONDS
from .expectations import found_at
from .request import request_of

Json = Any
_T = TypeVar("_T")
Call = Callable[[Json, Mapping[str, Json]], Exchange]
"""Makes a call as a caller of the case."""

CLOSED = {"type": "closed"}
"""The last message of a connection that the server closes, with the close `code`."""
TOKEN_CALL = {"operation": "authWsToken"}
PATH = "/ws"
MAX_MESSAGE = 16 * 1024 * 1024


class Sockets:
    """Those of one case, by name. They are closed with the resources."""

    def __init__(self, base_url: str, call: Call, resources: ExitStack, ca: Path | None = None) -> None:
        self._base_url, self._call, self._resources = base_url, call, resources
        self._trusted = None if ca is None else trusting(ca)
        self._by_name: dict[str, Socket] = {}

    def open(self, said: Mapping[str, Json]) -> Json:
        """Connect as a case says, as `said["socket"]`, and receive the first message, which describes the connection.

        Raises `NoAnswer`.
        """
        name, recovered = said["socket"], said.get("recover")
        uri, token = self._token(said)
        query = {"access_token": token}
        if recovered is not None:
            known = self._by_name.get(recovered)
            query["wsc"] = known.recovery if known is not None else recovered
        socket = Socket(self._base_url, f"{uri}?{urlencode(query)}", self._trusted)
        self._resources.callback(socket.close)
        self._by_name[name] = socket
        return socket.first()

    def _token(self, said: Mapping[str, Json]) -> tuple[str, str]:
        """Where and with which token connections are opened; a given token replaces the server's."""
        if "token" in said:
            parts = urlsplit(self._base_url)
            return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}{parts.path}{PATH}", said["token"]
        exchange = self._call(said["as"], TOKEN_CALL)
        uri, token = (found_at(exchange.answer.json, name) for name in ("uri", "ws_access_token"))
        if exchange.answer.status != 200 or not isinstance(uri, str) or not isinstance(token, str):
            answered = f"{exchange.answer.status} {exchange.answer.text}"
            raise NoAnswer(f"no token for a WebSocket: {answered}", exchange.request)
        return uri, token

    def close(self, name: str) -> None:
        """Close a connection from the client's side."""
        self._by_name[name].close()

    def send(self, said: Mapping[str, Json]) -> None:
        """Send a message as a case says it."""
        self._by_name[said["socket"]].send(said["message"])

    def call(self, name: str, when: Mapping[str, Json]) -> Exchange:
        """Make a call on a connection. Raises `NoAnswer`."""
        return self._by_name[name].call(when)

    def next_messages(self, name: str, count: int) -> list[Json]:
        """So many unread messages, oldest first, each waited for; fewer when they do not arrive."""
        return list(self._by_name[name].next_messages(count))


class Socket:
    """One connection, open from the start. Raises `NoAnswer` when it cannot be opened.

    It has a loop of its own, which runs while something is waited for. The library's client with threads reads and
    writes a TLS connection in two of them at once, which loses the request of one connection in some hundred.
    """

    def __init__(self, base_url: str, uri: str, trusted: ssl.SSLContext | None = None) -> None:
        self._base_url = base_url
        self._runner = asyncio.Runner()
        self._is_closed = False
        try:
            self._connection = self._runner.run(_opened(uri, trusted if uri.startswith("wss:") else None))
        except (OSError, InvalidHandshake) as error:
            self._runner.close()
            raise NoAnswer(f"no WebSocket at {uri.partition('?')[0]}: {error}") from error
        self._unseen: deque[Json] = deque()
        self._calls = 0
        self.recovery = ""
        """The token for recovering the connection, if the server sent one."""

    def first(self) -> Json:
        """The first message. Raises `NoAnswer`."""
        for message in self.next_messages(1):
            return message
        raise NoAnswer(f"no message on the WebSocket within {WAIT_SECONDS:g} s")

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._runner.run(self._connection.close())
            self._runner.close()

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Raises `ConnectionClosed`, also where the case itself has closed it."""
        if self._is_closed:
            work.close()
            raise ConnectionClosedOK(None, None)
        return self._runner.run(work)

    def send(self, message: Json) -> None:
        """Send a text unchanged, anything else as JSON. Raises `NoAnswer` when the connection is closed."""
        try:
            self._run(self._connection.send(message if isinstance(message, str) else json.dumps(message)))
        except ConnectionClosed as error:
            raise NoAnswer(f"the WebSocket is closed: {error}") from error

    def call(self, when: Mapping[str, Json]) -> Exchange:
        """Make a call; messages before its answer stay unread. Raises `NoAnswer`."""
        request = request_of(when)
        self._calls += 1
        header = {
            "type": "ClientRequest",
            "messageId": f"call-{self._calls}",
            "method": request.method,
            "path": request.target,
            "headers": dict(request.headers),
        }
        self.send([header] if request.body is None else [header, _decoded(request.body)])
        for message in self._arriving():
            if message.get("messageId") == header["messageId"]:
                return Exchange(self._base_url, _shown(request), _answer(message))
            self._unseen.append(message)
        raise NoAnswer(f"no answer on the WebSocket within {WAIT_SECONDS:g} s", request)

    def next_messages(self, count: int) -> Iterator[Json]:
        """So many unread messages; fewer when they do not arrive in time."""
        while count and self._unseen:
            count -= 1
            yield self._unseen.popleft()
        for message in self._arriving() if count else ():
            count -= 1
            yield message
            if not count:
                return

    def _arriving(self) -> Iterator[Json]:
        """The messages that arrive, until none does within the waiting time."""
        end = monotonic() + WAIT_SECONDS
        while (left := end - monotonic()) > 0:
            try:
                message = _seen(json.loads(self._run(asyncio.wait_for(self._connection.recv(), left))))
            except TimeoutError:
                return
            except ConnectionClosed as error:
                yield {**CLOSED, "code": None if error.rcvd is None else error.rcvd.code}
                return
            self.recovery = (message.get("wsc") or {}).get("token", self.recovery)
            yield message


async def _opened(uri: str, trusted: ssl.SSLContext | None) -> ClientConnection:
    return await connect(
        uri,
        proxy=None,
        ssl=trusted,
        open_timeout=WAIT_SECONDS,
        close_timeout=WAIT_SECONDS,
        ping_interval=None,
        max_size=MAX_MESSAGE,
    )


def _seen(message: Json) -> dict[str, Json]:
    if not isinstance(message, list) or not message or not isinstance(message[0], dict):
        return {"type": None, "body": message}
    return {**message[0], "body": message[1]} if len(message) > 1 else dict(message[0])


def _decoded(body: bytes) -> Json:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", errors="surrogateescape")


def _answer(message: Mapping[str, Json]) -> Answer:
    body = message.get("body")
    content = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {str(name).lower(): str(value) for name, value in (message.get("headers") or {}).items()}
    status = message.get("status")
    return Answer(status if isinstance(status, int) else 0, headers, content)


def _shown(request: Request) -> Request:
    """The call as one by HTTP, for a report."""
    return Request(request.method, request.target, {"Authorization": "Bearer $TOKEN", **request.headers}, request.body)
