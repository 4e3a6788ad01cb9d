"""The stages that a call passes, in order: each is Connexion's own or a subclass of it, built once per operation.

Recorder    journal and log, around everything
EdgeGuard   what no handler should ever see: odd paths, bodies too large, unknown encodings
Routing     which operation it is, or which methods the path knows
Security    whose call it is
(Connexion) the request against the contract, the answer against the contract
Dispatch    the handler; what the contract does not name goes on to the application behind
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import orjson
from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedAPI, RoutedMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.security import SecurityAPI, SecurityMiddleware
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..worlds import Worlds
from . import oauth
from .call import SCOPE_KEY, Answer, Call
from .errors import (
    AuthorizationMalformed,
    AuthorizationMissing,
    AuthorizationNotSupported,
    BodyTooLarge,
    InvalidUri,
    MethodNotAllowed,
    UnparseableRequest,
    UnsupportedMediaType,
)
from .multipart import Parts

MAX_BODY_BYTES = 10 * 1024 * 1024
"""The service's own limit for `sms`."""

MAX_PATH_LENGTH = 2048
MAX_KNOWN_PATHS = 4096
"""Method and path pairs whose operation is remembered."""

CONTROL_PREFIX = "/_mock/"
JSON = "application/json"

_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[A-Za-z0-9.\-_]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)\"?", re.IGNORECASE)

Handler = Callable[[Call], Answer]
Done = Callable[[Call, int, float], None]
"""Told of a call that was answered: the status and the server's own time in milliseconds."""


class Recorder:
    """Opens the call, and tells when it was answered."""

    def __init__(self, app: ASGIApp, done: Done) -> None:
        self.app = app
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = dict(scope["headers"])
        call = Call(scope["method"], scope["path"], base_url(scope, headers.get(b"host", b"")), headers)
        scope[SCOPE_KEY] = call
        status = 500

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting_status)
        finally:
            self._done(call, status, (time.perf_counter() - began) * 1000)


def base_url(scope: Scope, host: bytes) -> str:
    """The origin by which the client reached the server, to complete every `uri`; without a slash at the end."""
    name = host.decode("latin-1")
    if not _HOST.fullmatch(name):
        address, port = scope.get("server") or ("127.0.0.1", 80)
        name = f"{address}:{port}"
    return f"{scope['scheme']}://{name}{scope.get('root_path', '')}"


class EdgeGuard:
    """Reads the body whole, within a bound, and refuses what the stages behind would trip over."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            call: Call = scope[SCOPE_KEY]
            check_path(call.path)
            call.content = await read_body(call, receive)
            if call.content and not call.path.startswith(CONTROL_PREFIX):
                call.media_type = media_type_of(call.headers)
                if call.media_type != call.headers[b"content-type"].decode("latin-1"):
                    scope["headers"] = with_media_type(scope["headers"], call.media_type)
        await self.app(scope, receive, send)


def check_path(path: str) -> None:
    """Raise `InvalidUri` for a path that no resource has: empty segments, control characters, a slash at the end."""
    is_odd = len(path) > MAX_PATH_LENGTH or "//" in path or (path.endswith("/") and len(path) > 1)
    if (is_odd and not path.startswith(CONTROL_PREFIX)) or _CONTROL_CHARACTER.search(path):
        raise InvalidUri


async def read_body(call: Call, receive: Receive) -> bytes:
    """The whole body.

    Raises `BodyTooLarge`, before reading any of it where the client says how much it sends, and
    `UnparseableRequest` when the client goes away in the middle of it.
    """
    declared = call.headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared[:20]) > MAX_BODY_BYTES:
        raise BodyTooLarge(str(MAX_BODY_BYTES))
    chunks, length = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise UnparseableRequest
        chunks.append(message.get("body", b""))
        length += len(chunks[-1])
        if length > MAX_BODY_BYTES:
            raise BodyTooLarge(str(MAX_BODY_BYTES))
        if not message.get("more_body", False):
            return b"".join(chunks)


def media_type_of(headers: Mapping[bytes, bytes]) -> str:
    """The media type of a body, in one spelling, so that every stage finds the same schema for it.

    Raises `UnsupportedMediaType` for a body without one, for one that is no media type, for any charset but
    UTF-8 and for a compressed body.
    """
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise UnsupportedMediaType
    given = headers.get(b"content-type", b"").decode("latin-1")
    if given == JSON:
        return given
    media_type, semicolon, parameters = given.partition(";")
    media_type = media_type.strip().lower()
    charset = _CHARSET.search(semicolon + parameters)
    if not _MEDIA_TYPE.fullmatch(media_type) or (charset and charset[1].lower() not in ("utf-8", "utf8")):
        raise UnsupportedMediaType
    return media_type


def with_media_type(headers: Sequence[tuple[bytes, bytes]], media_type: str) -> list[tuple[bytes, bytes]]:
    """The headers with this Content-Type alone."""
    kept = [(name, value) for name, value in headers if name != b"content-type"]
    return [*kept, (b"content-type", media_type.encode())]


class Routing(RoutingMiddleware):
    """Finds the operation by the contract's paths; a known path with another method is told its methods."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._base_path = ""
        self._paths: list[tuple[re.Pattern[str], dict[str, str]]] = []
        self._found: dict[tuple[str, str], tuple[str | None, dict[str, str]]] = {}

    def add_api(self, specification: Any, base_path: str | None = None, **kwargs: Any) -> None:
        super().add_api(specification, base_path, **kwargs)
        self._base_path = specification.base_path
        for path, operations in specification["paths"].items():
            methods = {
                method.upper(): operation["operationId"]
                for method, operation in operations.items()
                if isinstance(operation, dict) and "operationId" in operation
            }
            self._paths.append((compile_path(self._base_path + path)[0], methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            key = scope["method"], scope["path"]
            found = self._found.get(key)
            if found is None:
                found = self._operation_for(*key)
                if len(self._found) >= MAX_KNOWN_PATHS:
                    self._found.clear()
                self._found[key] = found
            operation_id, scope["path_params"] = found
            scope[SCOPE_KEY].operation = operation_id
            # A server may share one `extensions` between requests.
            scope["extensions"] = {
                **scope.get("extensions", {}),
                ROUTING_CONTEXT: {"api_base_path": self._base_path, "operation_id": operation_id},
            }
        await self.app(scope, receive, send)

    def _operation_for(self, method: str, path: str) -> tuple[str | None, dict[str, str]]:
        for pattern, methods in self._paths:
            match = pattern.match(path)
            if match is None:
                continue
            if method not in methods:
                raise MethodNotAllowed(sorted(methods))
            return methods[method], match.groupdict()
        return None, {}


class Staged:
    """Finds the operation's own part of a stage by one look, where Connexion looks through its APIs.

    For a `RoutedMiddleware` that serves one API.
    """

    app: ASGIApp
    _parts: Mapping[str | None, ASGIApp] = {}

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        api = super().add_api(specification, **kwargs)  # type: ignore[misc]  # the middleware that it is mixed into
        self._parts = {**self._parts, **api.operations}
        return api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        part = self._parts.get(scope[SCOPE_KEY].operation) if scope["type"] == "http" else None
        await (part or self.app)(scope, receive, send)


class _SecurityOperation:
    """The credentials that one operation needs, put on the call."""

    def __init__(self, next_app: ASGIApp, read: Callable[[Call, Scope], None] | None) -> None:
        self._next_app = next_app
        self._read = read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._read is not None:
            self._read(scope[SCOPE_KEY], scope)
        await self._next_app(scope, receive, send)


class _SecurityApi(SecurityAPI):
    def __init__(self, *args: Any, worlds: Worlds, **kwargs: Any) -> None:
        self._worlds = worlds
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> _SecurityOperation:
        types = {
            operation.security_schemes[name]["type"] for requirement in operation.security or () for name in requirement
        }
        if "oauth2" in types:
            return _SecurityOperation(self.next_app, self._sign_in)
        return _SecurityOperation(self.next_app, read_client if "http" in types else None)

    def _sign_in(self, call: Call, scope: Scope) -> None:
        call.token = bearer_token(call, scope["query_string"])
        call.session = self._worlds.session_of(call.token)
        call.world = call.session.world


class Security(Staged, SecurityMiddleware):
    """Bearer tokens are looked up in the registry of worlds; Basic headers are read for the OAuth endpoints."""

    api_cls = _SecurityApi

    def __init__(self, app: ASGIApp, worlds: Worlds) -> None:
        super().__init__(app)
        self._worlds = worlds

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        return super().add_api(specification, worlds=self._worlds, **kwargs)


def bearer_token(call: Call, query: bytes) -> str:
    """The access token of the header, or of the query, as links to media have it.

    Raises `AuthorizationMissing`, `AuthorizationMalformed` or `AuthorizationNotSupported`.
    """
    given = call.headers.get(b"authorization")
    if given is None:
        in_query = parse_qs(query.decode("latin-1")).get("access_token")
        if in_query is None:
            raise AuthorizationMissing
        return str(in_query[-1])
    kind, _, value = given.decode("latin-1").strip().partition(" ")
    if kind.lower() == "basic":
        raise AuthorizationNotSupported
    if kind.lower() != "bearer" or not value.strip():
        raise AuthorizationMalformed
    return value.strip()


def read_client(call: Call, _: Scope) -> None:
    """Put the client id and secret of a Basic header on the call, where there is one."""
    authorization = call.headers.get(b"authorization")
    if authorization is not None:
        call.basic = oauth.basic_credentials(authorization.decode("latin-1"))


class _HandlerOperation:
    """One operation's handler, run in the loop's own thread: handlers never wait."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call: Call = scope[SCOPE_KEY]
        call.is_handled = True
        answer = call.answer = self._handler(call)
        body = encoded(answer.body)
        headers = [(b"content-length", str(len(body)).encode())]
        if answer.status != 204:
            headers.append((b"content-type", answer.media_type.encode()))
        headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def encoded(body: Any) -> bytes:
    """Text and bytes as they are, nothing as nothing, parts one by one, anything else as JSON in UTF-8."""
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, Parts):
        return body.encoded()
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


class _DispatchApi(RoutedAPI):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_paths()

    def make_operation(self, operation: Any) -> _HandlerOperation:
        return _HandlerOperation(operation.function)


class Dispatch(Staged, RoutedMiddleware):
    """The end of the line: the handler that the resolver found for the operation."""

    api_cls = _DispatchApi
