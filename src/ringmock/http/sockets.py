"""WebSocket connections: calls come on them, notifications go out on them, and a lost one can be recovered.

Every message is a list of a header and, for most, a body. A call that comes on a connection passes the same stages as
any other, in the name of a log-in that lasts as long as the connection does.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode
from uuid import uuid4
from weakref import WeakKeyDictionary

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..domain.errors import InvalidParameter
from ..domain.subscription import Subscription
from ..sessions import Session, TokenUnknown
from ..timestamps import iso8601
from ..world import World
from ..worlds import Worlds, random_token
from . import errors
from .call import Call
from .json_bounds import is_large
from .stages import CONTROL_PREFIX, JSON
from .timeouts import Timeouts
from .validation import parse_json

Json = Any

PATH = "/ws"
TOKEN_SECONDS = 600
"""A token of `authWsToken` opens connections for so long. `@rc-ex/ws` uses one for several."""

MAX_TOKENS = 10_000
"""The oldest go first."""

MAX_LOST = 1000
"""Connections that may be recovered, of all worlds together."""

RECOVERY_SECONDS = 180
RECOVERY_BUFFER = 100
IDLE_SECONDS = 1800
ABSOLUTE_SECONDS = 86_400
MAX_VALUES = 100_000
"""JSON values of one frame: its header, and a body as large as any operation takes."""

MAX_CALL_LENGTH = 8 * 1024
"""Characters of a call's path and query together, as in a request line."""

MAX_CALL_HEADERS = 100
MAX_WAITING = 10_000
"""Messages that one connection may have to read; who lets more come together is disconnected."""

SESSION_NOT_RECOVERED = "WSG-1005"
IDLE = ("WSG-902", "Idle timeout expired")
ABSOLUTE = ("WSG-903", "Absolute timeout expired")

POLICY_VIOLATION, GOING_AWAY = 1008, 1001
_CASED = {"rcrequestid": "RCRequestId"}


class Connection:
    """What is known of a client from its first socket to its last. Times are those of the world."""

    def __init__(self, token: str, session: Session, now: datetime) -> None:
        self.token = token
        self.session = session
        """The log-in in whose name its calls are made."""
        self.created: datetime
        self.active: datetime
        self.start(now)
        self.subscription: Subscription | None = None
        self.lost: datetime | None = None
        self.missed: deque[str] = deque(maxlen=RECOVERY_BUFFER)
        self.outgoing: asyncio.Queue[str | None] | None = None
        """What the open socket has to send, None at the end."""

    def start(self, now: datetime) -> None:
        """Count both timeouts, and the time of the log-in, from now."""
        self.created = self.active = now
        self.session.start(now)

    def send(self, text: str) -> None:
        """Send on the open socket, or keep it for the next one."""
        if self.outgoing is None:
            self.missed.append(text)
        elif self.outgoing.qsize() < MAX_WAITING:
            self.outgoing.put_nowait(text)
        else:
            self.hang_up()

    def hang_up(self) -> None:
        """Close the open socket once it has sent what waits."""
        if self.outgoing is not None:
            self.outgoing.put_nowait(None)

    def is_lost_for_good(self) -> bool:
        """Whether it is too late to recover it."""
        now = self.session.world.clock.now()
        return self.lost is not None and now - self.lost >= timedelta(seconds=RECOVERY_SECONDS)

    def timed_out(self, now: datetime) -> tuple[str, str] | None:
        """Code and message of the time that is over."""
        if now - self.created >= timedelta(seconds=ABSOLUTE_SECONDS):
            return ABSOLUTE
        return IDLE if now - self.active >= timedelta(seconds=IDLE_SECONDS) else None

    @property
    def times_out(self) -> datetime | None:
        """When the first of both timeouts is over, if nothing comes before; None for beyond all time."""
        try:
            idle = self.active + timedelta(seconds=IDLE_SECONDS)
            return min(idle, self.created + timedelta(seconds=ABSOLUTE_SECONDS))
        except OverflowError:
            return None


class Sockets:
    """Every connection of a server. An ASGI application for WebSockets; lives in the serving loop."""

    def __init__(
        self,
        worlds: Worlds,
        *,
        token_source: Callable[[], str] = random_token,
        message_ids: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._worlds = worlds
        self._token_source = token_source
        self._message_ids = message_ids
        self._tokens: dict[str, tuple[Session, datetime]] = {}
        self._connections: dict[str, Connection] = {}
        self._lost: dict[str, Connection] = {}
        self._by_access_token: dict[str, Connection] = {}
        self._timeouts: WeakKeyDictionary[World, Timeouts[Connection]] = WeakKeyDictionary()
        self._app: ASGIApp = _nowhere

    def answer_by(self, app: ASGIApp) -> None:
        """Let this application answer the calls that come on connections."""
        self._app = app

    def issue_token(self, session: Session) -> str:
        """A text that opens connections in the name of this log-in."""
        now = session.world.clock.now()
        while len(self._tokens) >= MAX_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        token = self._token_source()
        self._tokens[token] = session, now + timedelta(seconds=TOKEN_SECONDS)
        return token

    def connection_of(self, call: Call) -> Connection | None:
        """The connection that a call came on; None for one that came by itself."""
        self._forget_the_lost()
        return self._by_access_token.get(call.token or "")

    def notify(self, token: str, notification: Json) -> bool:
        """Send a notification, now or when the client is back; False when it will not be."""
        self._forget_the_lost()
        connection = self._connections.get(token)
        if connection is None:
            return False
        self._is_in_time(connection)
        message_id = notification["uuid"]
        header = {"type": "ServerNotification", "messageId": message_id, "status": 200, "headers": self._request_id()}
        connection.send(_text(header, notification))
        return True

    # --- a socket --------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] != PATH:
            await _refuse_path(scope, send)
            return
        await send({"type": "websocket.accept"})
        query = parse_qs(scope["query_string"].decode("latin-1"))
        session = self._session_of(query.get("access_token", [""])[-1])
        if session is None:
            await send({"type": "websocket.send", "text": self._refusal(TokenUnknown())})
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        await self._serve(self._connected(session, query.get("wsc", [None])[-1]), scope, receive, send)

    def _session_of(self, token: str) -> Session | None:
        session, expires = self._tokens.get(token, (None, None))
        if session is None or expires is None or session.world.clock.now() >= expires:
            return None
        return session

    def _connected(self, session: Session, wsc: str | None) -> Connection:
        """The connection as it was, or a new one; the first message says which."""
        self._forget_the_lost()
        known = self._connections.get(wsc or "")
        if known is not None and (known.session.world, known.session.extension_number) == (
            session.world,
            session.extension_number,
        ):
            connection, recovery = known, {"recoveryState": "Successful"}
            connection.hang_up()
        else:
            connection, recovery = self._opened(session), {}
            if wsc is not None:
                recovery = {"recoveryState": "Failed", "recoveryErrorCode": SESSION_NOT_RECOVERED}
        self._lost.pop(connection.token, None)
        connection.lost, connection.outgoing = None, asyncio.Queue()
        connection.start(session.world.clock.now())
        connection.send(self._details(connection, recovery))
        while connection.missed:
            connection.send(connection.missed.popleft())
        self._timeouts_of(connection).watch_over(connection)
        return connection

    def _timeouts_of(self, connection: Connection) -> "Timeouts[Connection]":
        world = connection.session.world
        if world not in self._timeouts:
            self._timeouts[world] = Timeouts(world, self._look)
        return self._timeouts[world]

    def _look(self, connection: Connection) -> datetime | None:
        """End a connection whose time is over; when to look again at one that goes on."""
        return connection.times_out if self._is_in_time(connection) else None

    def _opened(self, session: Session) -> Connection:
        own = self._worlds.open_connection(session, ABSOLUTE_SECONDS)
        connection = Connection(self._token_source(), own, session.world.clock.now())
        self._connections[connection.token] = connection
        self._by_access_token[own.access_token] = connection
        return connection

    def _details(self, connection: Connection, recovery: Mapping[str, Json]) -> str:
        header = {
            "type": "ConnectionDetails",
            "messageId": self._message_ids(),
            "status": 200,
            "wsc": {"token": connection.token, "sequence": 1},
            "headers": self._request_id(),
        }
        body = {
            "creationTime": iso8601(connection.created),
            "maxConnectionsPerSession": 50,
            "recoveryBufferSize": RECOVERY_BUFFER,
            "recoveryTimeout": RECOVERY_SECONDS,
            "idleTimeout": IDLE_SECONDS,
            "absoluteTimeout": ABSOLUTE_SECONDS,
            "maxActiveRequests": 10,
            **recovery,
        }
        return _text(header, body)

    async def _serve(self, connection: Connection, scope: Scope, receive: Receive, send: Send) -> None:
        outgoing = connection.outgoing
        assert outgoing is not None
        writing = asyncio.create_task(_write(outgoing, send))
        try:
            while (message := await receive())["type"] == "websocket.receive":
                if not self._is_in_time(connection):
                    continue
                connection.active = connection.session.world.clock.now()
                answer = await self._answered(connection, message.get("text") or message.get("bytes") or "", scope)
                outgoing.put_nowait(answer)
        finally:
            writing.cancel()
            if connection.outgoing is outgoing:
                connection.outgoing, connection.lost = None, connection.session.world.clock.now()
                self._lost[connection.token] = connection
                self._timeouts_of(connection).forget(connection)

    def _is_in_time(self, connection: Connection) -> bool:
        """Whether neither timeout is over; says so on the connection and ends it when one is."""
        over = connection.timed_out(connection.session.world.clock.now())
        if over is not None and connection.outgoing is not None:
            code, message = over
            body = {"errorCode": code, "message": message, "errors": [{"errorCode": code, "message": message}]}
            connection.send(_text({"type": "Error", "messageId": self._message_ids(), "status": 408}, body))
            connection.hang_up()
        return over is None

    def _forget_the_lost(self) -> None:
        """Forget those whose time to come back is over, each by the clock of its world; and the oldest of too many."""
        over = [connection for connection in self._lost.values() if connection.is_lost_for_good()]
        for connection in over or tuple(self._lost.values())[:-MAX_LOST]:
            del self._lost[connection.token], self._connections[connection.token]
            del self._by_access_token[connection.session.access_token]
            self._worlds.close_connection(connection.session)
            if connection.subscription is not None:
                connection.session.world.subscriptions.remove(connection.subscription)

    # --- messages --------------------------------------------------------------------------------

    async def _answered(self, connection: Connection, text: str | bytes, scope: Scope) -> str:
        try:
            message = parse_json(text.encode() if isinstance(text, str) else text, MAX_VALUES)
        except errors.BodyOfTooManyValues as problem:
            return self._refusal(problem)
        except (errors.UnparseableJson, InvalidParameter):
            return self._refusal(errors.UnparseableJson())
        header = message[0] if isinstance(message, list) and message and isinstance(message[0], dict) else {}
        body = message[1] if header and len(message) > 1 else None
        if header.get("type") == "Heartbeat":
            return orjson.dumps([header]).decode()
        if header.get("type") != "ClientRequest" or not _is_call(header):
            return self._refusal(errors.UnparseableRequest(), header.get("messageId"))
        if header["path"].startswith(CONTROL_PREFIX):
            return self._refusal(errors.InvalidUri(), header.get("messageId"))
        return await self._called(connection, header, body, scope)

    async def _called(self, connection: Connection, header: Json, body: Json, scope: Scope) -> str:
        content = b"" if body is None else body.encode() if isinstance(body, str) else orjson.dumps(body)
        status, headers, said = await _exchange(self._app, _call_scope(connection, header, content, scope), content)
        names = {_cased(name.decode("latin-1")): value.decode("latin-1") for name, value in headers.items()}
        answer = {
            "type": "ClientRequest",
            "messageId": header.get("messageId") or self._message_ids(),
            "status": status,
            "headers": names,
        }
        if not said:
            return _text(answer)
        if not headers.get(b"content-type", b"").startswith(JSON.encode()):
            text = said.decode("utf-8", errors="replace")
            # Clients tell a multipart answer by its first boundary, which stands there as it is.
            return f"{_text(answer)[:-1]},{text.strip()}]" if text.startswith("--") else _text(answer, text)
        value, subscription = orjson.loads(said), connection.subscription
        is_change = subscription is not None and header["method"].upper() in ("POST", "PUT")
        if subscription is not None and is_change and isinstance(value, dict) and value.get("id") == subscription.id:
            names["WSG-SubscriptionId"] = subscription.id
        return _text(answer, value)

    def _refusal(self, problem: Exception, message_id: Json = None) -> str:
        """An `Error` for what is no call at all, worded as calls are refused."""
        header = {
            "type": "Error",
            "messageId": message_id or self._message_ids(),
            "status": errors.CATALOGUE[type(problem)].status,
            "headers": self._request_id(),
        }
        return _text(header, errors.envelope([problem]))

    def _request_id(self) -> dict[str, str]:
        return {"RCRequestId": self._message_ids()}


def _text(*parts: Json) -> str:
    return orjson.dumps(parts).decode()


def _cased(name: str) -> str:
    return _CASED.get(name, "-".join(word.capitalize() for word in name.split("-")))


def _is_call(header: Mapping[str, Json]) -> bool:
    """Whether a header says what to call, and says it in texts."""
    method, path = header.get("method"), header.get("path")
    headers, query = header.get("headers") or {}, header.get("query") or {}
    return (
        isinstance(method, str)
        and method.isascii()
        and method.isalpha()
        and isinstance(path, str)
        and path.startswith("/")
        and isinstance(headers, dict)
        and len(headers) <= MAX_CALL_HEADERS
        and isinstance(query, dict)
        and not is_large([path, query])
        and len(path) + sum(len(name) + len(str(value)) for name, value in query.items()) <= MAX_CALL_LENGTH
    )


def _call_scope(connection: Connection, header: Mapping[str, Json], content: bytes, scope: Scope) -> Scope:
    """The call of a header, as a server would have it from HTTP."""
    path, _, query = header["path"].partition("?")
    more = urlencode({name: value for name, value in (header.get("query") or {}).items() if value is not None}, True)
    own = {
        "host": dict(scope["headers"]).get(b"host", b"").decode("latin-1"),
        "authorization": f"Bearer {connection.session.access_token}",
        "content-length": str(len(content)),
    }
    given = {name.lower(): str(value) for name, value in (header.get("headers") or {}).items()}
    headers = {**({"content-type": JSON} if content else {}), **given, **own}
    return {
        **{name: scope[name] for name in ("asgi", "server", "client", "root_path") if name in scope},
        "type": "http",
        "http_version": "1.1",
        "scheme": "https" if scope.get("scheme") == "wss" else "http",
        "method": header["method"].upper(),
        "path": unquote(path).rstrip("/") or "/",
        "raw_path": path.encode("utf-8", errors="replace"),
        "query_string": "&".join(filter(None, (query, more))).encode("utf-8", errors="replace"),
        "headers": [
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers.items()
        ],
        "extensions": {},
        "state": {},
    }


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


async def _exchange(app: ASGIApp, scope: Scope, content: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of the answer to a call."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    return messages[0]["status"], dict(messages[0]["headers"]), b"".join(part.get("body", b"") for part in messages[1:])


async def _write(outgoing: "asyncio.Queue[str | None]", send: Send) -> None:
    with contextlib.suppress(OSError, RuntimeError):  # the client has gone away
        while (text := await outgoing.get()) is not None:
            await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close", "code": GOING_AWAY})


async def _refuse_path(scope: Scope, send: Send) -> None:
    """No such WebSocket: as any other path that names nothing, where the server can say so."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    status, headers, body = errors.render(errors.InvalidUri())
    said = [(b"content-type", JSON.encode()), *((n.encode(), v.encode()) for n, v in headers.items())]
    await send({"type": "websocket.http.response.start", "status": status, "headers": said})
    await send({"type": "websocket.http.response.body", "body": body})


async def _nowhere(_: Scope, __: Receive, ___: Send) -> None:
    raise RuntimeError("nobody answers the calls of connections yet")
