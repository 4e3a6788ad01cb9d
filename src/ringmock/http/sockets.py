"""WebSocket connections: clients send calls on them and get notifications, and can recover a lost one.

Every message is a list of a header and, for most, a body. A call on a connection passes the same stages as any other,
in a session that lasts as long as the connection.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlencode
from uuid import uuid4

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..domain.errors import InvalidParameter
from ..server_limits import ServerLimits
from ..sign_in.sessions import Session, SignInRefused, TokenUnknown, later
from ..sign_in.worlds import Worlds
from ..timestamps import iso8601
from ..world.history.commands import Caller
from ..world.world import World
from . import errors
from .call import BREAK_OFF, JSON_ANSWER, ON_SOCKET, PREFIX_KEY, WORLD_HEADER, Call
from .connections import ABSOLUTE_SECONDS, IDLE_SECONDS, POLICY_VIOLATION, RECOVERY_SECONDS, Connection, Done, Socket
from .json_bounds import is_large
from .stages import JSON
from .validation import parse_json

Json = Any

PATH = "/ws"
WORLD_PROTOCOL = "ringmock-world."
"""Begins the sub-protocol that names a world."""

TOKEN_SECONDS = 600
"""The lifetime of a token of `authWsToken` in seconds. `@rc-ex/ws` opens several connections with one."""

SESSION_NOT_RECOVERED = "WSG-1005"
_CASED = {"rcrequestid": "RCRequestId"}

log = logging.getLogger("ringmock")


class _WorldSockets(NamedTuple):
    """What belongs to one world: its tokens, and its connections by theirs."""

    tokens: set[str]
    connections: dict[str, Connection]


def world_of_socket(scope: Scope, query: Mapping[str, list[str]]) -> tuple[str | None, str | None]:
    """The world that a connection names, and the sub-protocol that does: browsers set no headers on WebSockets."""
    for offered in scope.get("subprotocols", ()):
        if offered.startswith(WORLD_PROTOCOL):
            return offered.removeprefix(WORLD_PROTOCOL), offered
    in_query = next((values[-1] for name, values in query.items() if name.lower() == WORLD_HEADER.lower()), None)
    if in_query is not None:
        return in_query, None
    key = WORLD_HEADER.lower().encode()
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == key), None), None


def _look_away(*_: object) -> None:
    """What stands in for a connection ends with the history that it is of."""


class Sockets:
    """All connections of a server. An ASGI application for WebSockets; lives in the serving loop."""

    def __init__(
        self,
        worlds: Worlds,
        *,
        token_source: Callable[[], str] | None = None,
        message_ids: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._worlds = worlds
        self.limits = worlds.limits
        self._token_source = worlds.draw if token_source is None else lambda _: token_source()
        self._message_ids = message_ids
        self._tokens: dict[str, tuple[Session, datetime | None]] = {}
        self._connections: dict[str, Connection] = {}
        self._lost: dict[str, Connection] = {}
        self._replayed: dict[World, dict[str, Connection]] = {}
        self._by_access_token: dict[str, Connection] = {}
        self._of_worlds: dict[World, _WorldSockets] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._app: ASGIApp = _nowhere
        self._watch: Callable[[World], None] = lambda _: None

    def answer_by(self, app: ASGIApp) -> None:
        """Set the application that answers calls on connections."""
        self._app = app

    def when_connected(self, watch: Callable[[World], None]) -> None:
        """Set the function that gets each world with a connection: it runs the world's scheduled events."""
        self._watch = watch

    def issue_token(self, session: Session) -> str:
        """A text that opens connections in the name of this log-in."""
        while len(self._tokens) >= self.limits.max_socket_tokens:
            oldest, (of, expires) = next(iter(self._tokens.items()))
            del self._tokens[oldest]
            self._of(of.world).tokens.discard(oldest)
            if expires is None or of.world.clock.now() < expires:
                self._worlds.note_forgotten("max_socket_tokens")
        token = self._token_source(session.world)
        if session.world.history.is_replaying and token in self._tokens:
            owner, _ = self._tokens[token]
            if owner.world is not session.world:
                return token  # it stays with the world that a fork is made of
        self._tokens[token] = session, later(session.world.clock.now(), TOKEN_SECONDS)
        self._of(session.world).tokens.add(token)
        return token

    def connection_of(self, call: Call) -> Connection | None:
        """The connection on which a call came; None for an HTTP call."""
        found = self._by_access_token.get(call.token or "")
        if call.is_replayed and (found is None or found.session.world is not call.world):
            return self._replayed.get(call.here, {}).get(call.token or "")
        return found

    def connect_again(self, world: World, access_token: str, token: str) -> None:
        """Stand in for a connection of a world's history, for calls that came on it, until `forget_replayed`."""
        caller = Caller("", "", access_token, None, "", "", is_of_connection=True)
        session = self._worlds.log_ins.session_again(world, caller)
        look = _look_away if self._worlds.log_ins.again is None else self._look
        again = self._replayed.setdefault(world, {})
        again[access_token] = Connection(token, session, world.clock.now(), look, self.limits)

    def adopt_replayed(self, world: World, sessions: Mapping[str, Session]) -> None:
        """Keep what stands in for connections whose sessions these are: their clients may recover them from now on."""
        now = world.clock.now()
        for access_token, connection in self._replayed.get(world, {}).items():
            if sessions.get(access_token) is not connection.session:
                continue
            connection.active = connection.lost = now
            self._connections[connection.token] = self._of(world).connections[connection.token] = connection
            self._by_access_token[access_token] = connection
            self._watch(world)
            self._note_loss(connection)

    def forget_replayed(self, world: World) -> None:
        """The history of a world has been done again."""
        self._replayed.pop(world, None)

    def notify(self, token: str, notification: Json, at: datetime, done: Done) -> bool:
        """Send a notification, now or when the client reconnects; False when it cannot be sent.

        `done` is called with the result: whether it was written, or dropped.
        """
        connection = self._connections.get(token)
        if connection is None or not self._is_here(connection, at):
            return False
        self._is_in_time(connection, at)
        message_id = notification["uuid"]
        header = {"type": "ServerNotification", "messageId": message_id, "status": 200, "headers": self._request_id()}
        connection.notify(_text(header, notification), done)
        self._note_loss(connection)
        return True

    def close_socket(self, token: str) -> None:
        """Close the socket that a connection is on; its client may recover the connection on another."""
        connection = self._connections.get(token)
        if connection is not None and connection.socket is not None:
            connection.leave(connection.socket)
            self._note_loss(connection)

    def _close_all(self, world: World) -> int:
        """Close every socket that is open in a world, on demand: how many there were."""
        held = [each for each in self._of(world).connections.values() if each.socket is not None]
        for connection in held:
            self.close_socket(connection.token)
        return len(held)

    # --- worlds ----------------------------------------------------------------------------------

    def _of(self, world: World) -> _WorldSockets:
        if world not in self._of_worlds:
            self._of_worlds[world] = _WorldSockets(set(), {})
            world.on_reset(partial(self._life_ended, world))
            world.close_sockets = partial(self._close_all, world)
        return self._of_worlds[world]

    def _life_ended(self, world: World) -> None:
        """Called after a reset, which restarts the lifetimes of tokens and open connections, or a close, which ends
        them.
        """
        held, now = self._of_worlds[world], world.clock.now()
        for connection in tuple(held.connections.values()):
            if world.is_closed or connection.socket is None:
                self._forget(connection)
            else:
                connection.restart(now)
                world.agenda.schedule(connection, connection.times_out)
        for token in held.tokens:
            session, _ = self._tokens.pop(token)
            if not world.is_closed:
                self._tokens[token] = session, later(now, TOKEN_SECONDS)
        if world.is_closed:
            del self._of_worlds[world]

    # --- a socket --------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        query = parse_qs(scope["query_string"].decode("latin-1"))
        session = self._session_of_caller(query.get("access_token", [""])[-1])
        if scope["path"] != PATH:
            await _refuse(TokenUnknown() if session is None else errors.InvalidUri(), scope, send)
            return
        name, protocol = world_of_socket(scope, query)
        await send({"type": "websocket.accept", **({"subprotocol": protocol} if protocol else {})})
        if session is not None and name is not None:
            session = self._session_in(session, name)
        if session is None:
            await send({"type": "websocket.send", "text": self._refusal(TokenUnknown())})
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        connection, socket = self._connected(session, query.get("wsc", [None])[-1], send)
        await self._serve(connection, socket, scope, receive)

    def _session_in(self, session: Session, name: str) -> Session | None:
        """The session in the world that a connection names; None where there is none of it there."""
        try:
            return self._worlds.session_as(session, name)
        except SignInRefused:
            return None

    def _session_of_caller(self, token: str) -> Session | None:
        lent = self._worlds.log_ins.lent.get(token)
        return lent if isinstance(lent, Session) else self.session_of(token)

    def session_of(self, token: str) -> Session | None:
        """The log-in that a token for connections is of; None for one that is not good."""
        session, expires = self._tokens.get(token, (None, None))
        if session is None or (expires is not None and session.world.clock.now() >= expires):
            return None
        return session

    def _connected(self, session: Session, wsc: str | None, send: Send) -> tuple[Connection, Socket]:
        """The connection to recover, or a new one, with its socket; the first message says which.

        When notifications were dropped, the recovery has failed; the client still gets the remaining ones.
        """
        world = session.world
        now = world.clock.now()
        known = self._connections.get(wsc or "")
        failed = {"recoveryState": "Failed", "recoveryErrorCode": SESSION_NOT_RECOVERED}
        if known is not None and _is_of(known, session) and self._is_here(known, now):
            connection, recovery = known, failed if known.has_missed else {"recoveryState": "Successful"}
        else:
            connection, recovery = self._opened(session), {} if wsc is None else failed
        self._lost.pop(connection.token, None)
        connection.start(now)
        socket = Socket(connection, send)
        connection.join(socket, self._details(connection, recovery))
        self._watch(world)
        world.agenda.schedule(connection, connection.times_out)
        return connection, socket

    def _opened(self, session: Session) -> Connection:
        own = self._worlds.log_ins.open_connection(session, ABSOLUTE_SECONDS)
        connection = Connection(
            self._token_source(session.world), own, session.world.clock.now(), self._look, self.limits
        )
        self._connections[connection.token] = self._of(session.world).connections[connection.token] = connection
        self._by_access_token[own.access_token] = connection
        session.world.history.add("connected", own.access_token, connection.token)
        return connection

    def _look(self, connection: Connection, at: datetime) -> datetime | None:
        """End what has expired of a connection at a time; returns when to look again."""
        return connection.times_out if self._is_here(connection, at) and self._is_in_time(connection, at) else None

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
            "recoveryBufferSize": self.limits.max_missed,
            "recoveryTimeout": RECOVERY_SECONDS,
            "idleTimeout": IDLE_SECONDS,
            "absoluteTimeout": ABSOLUTE_SECONDS,
            "maxActiveRequests": self.limits.max_socket_calls,
            **recovery,
        }
        return _text(header, body)

    async def _serve(self, connection: Connection, socket: Socket, scope: Scope, receive: Receive) -> None:
        writing = asyncio.create_task(socket.write())
        world = connection.session.world
        world.hold()
        calls: set[asyncio.Task[None]] = set()
        try:
            while (message := await receive())["type"] == "websocket.receive":
                now = connection.session.world.clock.now()
                if not self._is_in_time(connection, now) or socket.is_ending:
                    continue
                connection.active = now
                text = message.get("text") or message.get("bytes") or ""
                self._take(connection, socket, text, scope, calls)
                while len(calls) >= self.limits.max_socket_calls_read:
                    await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        finally:
            world.release()
            writing.cancel()
            connection.leave(socket)
            self._note_loss(connection)

    def _is_in_time(self, connection: Connection, at: datetime) -> bool:
        """Whether neither timeout is over; says so on the connection and ends it when one is."""
        over, socket = connection.timed_out(at), connection.socket
        if over is not None and socket is not None and not socket.is_ending:
            code, message = over
            body = {"errorCode": code, "message": message, "errors": [{"errorCode": code, "message": message}]}
            header = {"type": "Error", "messageId": self._message_ids(), "status": 408}
            connection.answer(socket, _text(header, body), is_last=True)
        return over is None

    def _is_here(self, connection: Connection, at: datetime) -> bool:
        """Whether its client is connected, or may reconnect; otherwise the connection is removed."""
        if connection.is_past_recovery(at):
            self._forget(connection)
            return False
        return True

    def _note_loss(self, connection: Connection) -> None:
        """Wait for a client that has disconnected; when there are too many, remove the one that disconnected first."""
        world = connection.session.world
        if connection.lost is None or connection.token not in self._connections or connection.token in self._lost:
            return
        self._lost[connection.token] = connection
        world.agenda.schedule(connection, connection.times_out)
        if len(self._lost) > self.limits.max_lost_sockets:
            self._forget(next(iter(self._lost.values())))
            self._worlds.note_forgotten("max_lost_sockets")

    def _forget(self, connection: Connection) -> None:
        """End a connection permanently."""
        world, socket = connection.session.world, connection.socket
        del self._connections[connection.token], self._by_access_token[connection.session.access_token]
        del self._of_worlds[world].connections[connection.token]
        self._lost.pop(connection.token, None)
        world.agenda.schedule(connection, None)
        self._worlds.log_ins.close_connection(connection.session)
        if socket is not None:
            connection.leave(socket)
        if connection.subscription is not None and not connection.subscription.is_deleted:
            world.subscriptions.remove(connection.subscription)
            world.history.add("unsubscribed", connection.subscription.id)

    def start(self, world: World) -> None:
        """Count all times of a world's connections from now: it was taken back."""
        now = world.clock.now()
        for connection in self._of(world).connections.values() if world in self._of_worlds else ():
            connection.start(now)
            world.agenda.schedule(connection, connection.times_out)

    # --- messages --------------------------------------------------------------------------------

    def _take(
        self,
        connection: Connection,
        socket: Socket,
        text: str | bytes,
        scope: Scope,
        calls: set[asyncio.Task[None]],
    ) -> None:
        """Answer anything but a call immediately; run a call as a task, so that nothing waits behind it."""
        limits = self.limits
        try:
            message = parse_json(
                text.encode() if isinstance(text, str) else text, limits.max_frame_values, limits.max_json_depth
            )
        except errors.BodyOfTooManyValues as problem:
            connection.answer(socket, self._refusal(problem))
            return
        except (errors.UnparseableJson, InvalidParameter):
            connection.answer(socket, self._refusal(errors.UnparseableJson()))
            return
        first = message[0] if isinstance(message, list) and message and isinstance(message[0], dict) else {}
        header = _in_origin_form(first, scope)
        body = message[1] if header and len(message) > 1 else None
        if not _is_flat(header):
            asked = header.get("messageId")
            own = asked if isinstance(asked, (str, int)) else None
            connection.answer(socket, self._refusal(errors.UnparseableRequest(), own))
        elif header.get("type") == "Heartbeat":
            connection.answer(socket, orjson.dumps([header]).decode())
        elif header.get("type") != "ClientRequest" or not _is_call(header, limits):
            connection.answer(socket, self._refusal(errors.UnparseableRequest(), header.get("messageId")))
        else:
            task = asyncio.create_task(self._call(connection, socket, header, body, scope))
            for held in (calls, self._tasks):
                held.add(task)
                task.add_done_callback(held.discard)

    async def _call(self, connection: Connection, socket: Socket, header: Json, body: Json, scope: Scope) -> None:
        """Carry a call out, whether or not its client is still there when it is answered."""
        async with socket.slots:
            try:
                text = await self._called(connection, header, body, scope)
            except Exception:
                log.exception("%s %s on a WebSocket failed", header["method"], header["path"])
                text = self._refusal(errors.InternalError(), header.get("messageId"))
        connection.answer(socket, text)

    async def _called(self, connection: Connection, header: Json, body: Json, scope: Scope) -> str:
        try:
            content = _encoded(body)
        except ValueError:
            return self._refusal(errors.UnparseableJson(), header.get("messageId"))
        own = _call_scope(connection, header, content, scope)
        own["extensions"] = {BREAK_OFF: partial(self._break_off, connection)}
        status, headers, said = await _exchange(self._app, own, content)
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
            # Clients find the boundary of a multipart answer in its first line, so it is sent unchanged.
            return f"{_text(answer)[:-1]},{text.strip()}]" if text.startswith("--") else _text(answer, text)
        value, subscription = orjson.loads(said), connection.subscription
        is_change = subscription is not None and header["method"].upper() in ("POST", "PUT")
        if subscription is not None and is_change and isinstance(value, dict) and value.get("id") == subscription.id:
            names["WSG-SubscriptionId"] = subscription.id
        return _text(answer, value)

    async def _break_off(self, connection: Connection, _: object = None) -> None:
        """Close the connection's socket, on demand: whatever is answered afterwards goes nowhere."""
        self.close_socket(connection.token)

    def _refusal(self, problem: Exception, message_id: Json = None) -> str:
        """An `Error` for a message that is no call, worded as calls are refused."""
        header = {
            "type": "Error",
            "messageId": message_id or self._message_ids(),
            "status": errors.CATALOGUE[type(problem)].status,
            "headers": self._request_id(),
        }
        return _text(header, errors.envelope([problem]))

    def _request_id(self) -> dict[str, str]:
        return {"RCRequestId": self._message_ids()}


def _is_of(connection: Connection, session: Session) -> bool:
    """Whether a connection is of the same user in the same world."""
    own = connection.session
    return own.world is session.world and own.extension_number == session.extension_number


def _text(*parts: Json) -> str:
    return orjson.dumps(parts).decode()


def _cased(name: str) -> str:
    return _CASED.get(name, "-".join(word.capitalize() for word in name.split("-")))


def _in_origin_form(header: Mapping[str, Json], scope: Scope) -> Mapping[str, Json]:
    """A header with the path alone where it has an address of this server: so clients follow the `uri` of an answer."""
    path = header.get("path")
    if not isinstance(path, str) or not path.startswith(("http://", "https://")):
        return header
    authority, slash, target = path.partition("://")[2].partition("/")
    return {**header, "path": f"/{target}"} if slash and authority == _host_of(scope) else header


def _host_of(scope: Scope) -> str:
    """The name of this server and its port, as the client that opened the socket has them."""
    host: bytes = dict(scope["headers"]).get(b"host", b"")
    return host.decode("latin-1")


def _is_call(header: Mapping[str, Json], limits: ServerLimits) -> bool:
    """Whether a header says what to call, in texts, and no more of them than a call by HTTP may have."""
    method, path = header.get("method"), header.get("path")
    headers, query = header.get("headers") or {}, header.get("query") or {}
    return (
        isinstance(method, str)
        and method.isascii()
        and method.isalpha()
        and isinstance(path, str)
        and path.startswith("/")
        and isinstance(headers, dict)
        and len(headers) <= limits.max_headers
        and isinstance(query, dict)
        and not is_large([path, query])
        and len(path) + sum(len(name) + len(str(value)) for name, value in query.items()) <= limits.max_uri
    )


def _is_flat(header: Mapping[str, Json]) -> bool:
    """Whether the fields of a header are plain values or lists of such; `headers` and `query` are objects of them."""
    nested = [header[name] for name in _NESTED if isinstance(header.get(name), dict)]
    own = {name: value for name, value in header.items() if name not in _NESTED}
    values = [value for each in (own, *nested) for value in each.values()]
    return not isinstance(header.get("messageId"), list) and all(
        not isinstance(value, dict)
        and not (isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value))
        for value in values
    )


_NESTED = ("headers", "query")


def _encoded(body: Json) -> bytes:
    """The body of a call as HTTP would have it. Raises `ValueError` for a body that is nested too deep."""
    if body is None or isinstance(body, str):
        return (body or "").encode()
    try:
        return orjson.dumps(body)
    except TypeError:  # orjson writes 254 levels, and reads more
        try:
            return json.dumps(body).encode()
        except RecursionError as error:
            raise ValueError("nested too deep") from error


def _call_scope(connection: Connection, header: Mapping[str, Json], content: bytes, scope: Scope) -> Scope:
    """The call of a header, as a server would have it from HTTP."""
    prefix = scope.get(PREFIX_KEY, "")
    path, _, query = header["path"].partition("?")
    if prefix and path.startswith(f"{prefix}/"):
        path = path.removeprefix(prefix)  # of a `uri` in an answer
    more = urlencode({name: value for name, value in (header.get("query") or {}).items() if value is not None}, True)
    own = {
        "host": _host_of(scope),
        "authorization": f"Bearer {connection.session.access_token}",
        "content-length": str(len(content)),
    }
    given = {name.lower(): str(value) for name, value in (header.get("headers") or {}).items()}
    headers = {**({"content-type": JSON} if content else {}), **given, **own}
    return {
        **{name: scope[name] for name in ("asgi", "server", "client", PREFIX_KEY) if name in scope},
        "type": "http",
        "http_version": "1.1",
        "scheme": "https" if scope.get("scheme") == "wss" else "http",
        "method": header["method"].upper(),
        "path": unquote(path),
        "raw_path": path.encode("utf-8", errors="replace"),
        "query_string": "&".join(filter(None, (query, more))).encode("utf-8", errors="replace"),
        "headers": [
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers.items()
        ],
        "extensions": {},
        "state": {},
        ON_SOCKET: True,
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
    task = asyncio.current_task()
    if task is not None and task.cancelling():  # the call was answered instead
        raise asyncio.CancelledError
    return messages[0]["status"], dict(messages[0]["headers"]), b"".join(part.get("body", b"") for part in messages[1:])


async def _refuse(problem: Exception, scope: Scope, send: Send) -> None:
    """Open nothing, and say why as to any other call, where the server can."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    status, headers, body = errors.render(problem)
    said = [(b"content-type", JSON_ANSWER.encode()), *((n.encode(), v.encode()) for n, v in headers.items())]
    await send({"type": "websocket.http.response.start", "status": status, "headers": said})
    await send({"type": "websocket.http.response.body", "body": body})


async def _nowhere(_: Scope, __: Receive, ___: Send) -> None:
    raise RuntimeError("the application for calls on connections is not set")
