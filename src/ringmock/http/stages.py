"""The stages that a call passes, in order: each is Connexion's own or a subclass of it, built once per operation.

Recorder              journal and log, around everything
(FastPath)            a plain call, from here to its handler in one function call
RequestNormalisation  method override and CORS; refuses odd paths, large bodies and unknown encodings
Routing               the operation, or the supported methods of the path
Security              the session of the call; then the rate limits and faults of its world
(Connexion)           the request against the contract, the answer against the contract
Dispatch              the handler; paths outside the contract go to the application behind
"""

import asyncio
import inspect
import re
import time
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

import orjson
from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedAPI, RoutedMiddleware
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.security import SecurityAPI, SecurityMiddleware
from connexion.middleware.server_error import ServerErrorMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..domain.errors import ApplicationPermissionDenied, InvalidParameter, StoreFull
from ..domain.slices import Slices
from ..lab.faults import ServiceUnavailable
from ..lab.limits import Group
from ..server_limits import ServerLimits
from ..sign_in.sessions import Session, TooManyWorlds, UnknownClient
from ..sign_in.worlds import Worlds
from ..world.history.commands import Handled
from ..world.history.moment import Moment
from . import oauth, throttling
from . import request_normalisation as normalisation
from .authorization_header import credentials_of
from .call import (
    HEADERS,
    JSON_ANSWER,
    ON_SOCKET,
    PREFIX_KEY,
    PROBLEM,
    SCOPE_KEY,
    WORLD_HEADER,
    WRITE_WHOLE,
    Answer,
    Call,
    Refused,
)
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
from .faults import SpoiledAnswer
from .limits_and_faults import LimitsAndFaults
from .multipart import Parts
from .slices import in_slices
from .wire.record_cache import ListOfRecords

if TYPE_CHECKING:
    from .fast_path import FastPath

_T = TypeVar("_T")

_BATCHES = "/a2p-sms/batches"

MAX_KNOWN = 4096
"""The maximum of cached paths, hosts and the like."""

CONTROL_PREFIX = "/_mock/"
_CONTROL_ROOT = CONTROL_PREFIX[:-1]
JSON = "application/json"

_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[A-Za-z0-9.\-_]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)\"?", re.IGNORECASE)

Handler = Callable[[Call], Answer | Slices[Answer]]
"""Gives the answer, or makes it in slices when that may take long."""

WaitingHandler = Callable[[Call], Coroutine[Any, Any, Answer]]
"""The handler of an operation that calls an external receiver before it can answer."""

Done = Callable[[Call, int, float], None]
"""Called after an answered call, with the status and the server's time in milliseconds."""

Complete = Callable[[normalisation.Headers, Call], None]
"""Adds the headers of every answer to those of one."""

Rest = Callable[[], Awaitable[Receive | None]]
"""What is left to do for an answer, None then; or how the stages read the body. Raises what the stages would raise."""

WriteWhole = Callable[[int, bytes, bytes], bool]
"""See `call.WRITE_WHOLE`."""

LONGEST_KNOWN = 512
"""Bytes, or characters, of what a caller chose that are worth remembering."""

LONGEST_HOST = 255

UNAUTHORIZED = 401
"""The status whose answers have no rate limit headers (D-18)."""


def remembered(function: Callable[..., _T], most: int = MAX_KNOWN) -> Callable[..., _T]:
    """A function whose last argument is text or bytes from a caller, its last `most` results cached for short ones."""
    known = lru_cache(most)(function)

    def look_up(*key: Any) -> _T:
        return known(*key) if len(key[-1]) <= LONGEST_KNOWN else function(*key)

    return look_up


_EVERY_ANSWER = [(b"content-language", b"en-US"), (b"routingkey", b"RINGMOCK01")]
_UNKNOWN_PATH = [*_EVERY_ANSWER, *throttling.unused(Group.LIGHT)]


class Recorder:
    """Opens the call, sends its handler's answer with the headers of every answer, and reports the end of the call.

    A handler's answer is on the call by then, checked and encoded. Refusals and the application behind send their own.
    """

    def __init__(
        self,
        app: "Refusals",
        done: Done,
        request_ids: Callable[[], bytes],
        groups: Mapping[str, Group],
        limits: ServerLimits,
    ) -> None:
        """`groups`: the usage plan group of each operation that has one, by operationId."""
        self.app = app
        self.limits = limits
        self.done = done
        self._request_ids = request_ids
        self._by_operation: dict[str | None, normalisation.Headers] = {
            operation_id: [*_EVERY_ANSWER, *throttling.unused(group)] for operation_id, group in groups.items()
        }
        self._lines: Mapping[str | None, bytes] = {
            operation_id: lines_of([(b"content-type", JSON_ANSWER.encode()), *headers])
            for operation_id, headers in self._by_operation.items()
        }
        self.lines_of = self._lines.get
        """The headers of an operation's answers of JSON that are the same each time, None where they are not."""
        self._known_base_url = lru_cache(MAX_KNOWN)(base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        if scope["path"].endswith(("/", _CONTROL_ROOT)):
            scope["path"] = spelled_path(scope["path"])
        known = scope.get(HEADERS)
        headers = known[1] if known is not None and known[0] is scope["headers"] else dict(scope["headers"])
        host = headers.get(b"host", b"")
        origin_of = self._known_base_url if len(host) <= LONGEST_HOST else base_url
        origin = origin_of(scope["scheme"], host, scope["server"], scope.get(PREFIX_KEY, ""))
        call = Call(scope["method"], scope["path"], origin, headers)
        call.limits = self.limits
        call.query_string = scope["query_string"]
        call.is_control = scope["path"].startswith(CONTROL_PREFIX) and ON_SOCKET not in scope
        scope[SCOPE_KEY] = call
        await self.finish(call, began, self.app.run(call, scope, receive, send, self.complete), scope, send)

    async def finish(
        self, call: Call, began: float, running: Awaitable[Refused | None], scope: Scope, send: Send
    ) -> None:
        """Answer a call, and report its end. `running` is how it is refused, once its handler has answered or not."""
        try:
            refused = await running
            if refused is not None:
                call.status = refused.status
                if not self._is_written(call, refused, send):
                    await self._send(call, headers_of_refusal(refused), scope, send)
            elif call.status is None and call.answer is not None:
                call.status = call.answer.status
                if not self._is_written(call, None, send):
                    await self._send(call, headers_of(call), scope, send)
        finally:
            self.done(call, call.status or 500, (time.perf_counter() - began) * 1000)

    def _is_written(self, call: Call, refused: Refused | None, send: Send) -> bool:
        """Write an answer that has the headers of most; False for any other."""
        write: WriteWhole | None = getattr(send, WRITE_WHOLE, None)
        status = usual_status(call, refused)
        lines = self._lines.get(call.operation)
        if write is None or status is None or lines is None or b"origin" in call.headers:
            return False
        return write(status, self.head_of(call.encoded, lines), call.encoded)

    def head_of(self, encoded: bytes, lines: bytes) -> bytes:
        """The header lines of an answer with this body and the lines of its operation."""
        return b"content-length: %d\r\nrcrequestid: %b\r\n%b" % (len(encoded), self._request_ids(), lines)

    async def _send(self, call: Call, headers: normalisation.Headers, scope: Scope, send: Send) -> None:
        start: Message = {"type": "http.response.start", "status": call.status, "headers": headers}
        self.complete(headers, call)
        if call.fault is not None:
            send = spoiling(call, scope, send) or send
        await send(start)
        await send({"type": "http.response.body", "body": call.encoded})

    def complete(self, headers: normalisation.Headers, call: Call) -> None:
        """Add the headers of every answer."""
        headers += ((b"rcrequestid", self._request_ids()), *self._on_every_answer_to(call))
        origin = call.headers.get(b"origin")
        if origin is not None and not call.is_control:
            headers += normalisation.cross_origin(origin)

    def _on_every_answer_to(self, call: Call) -> normalisation.Headers:
        """D-18: with rate limit headers, unless the call was counted and has them, or the service documents none."""
        if call.rate_limit or call.status == UNAUTHORIZED:
            return _EVERY_ANSWER
        if call.operation is None:
            is_api = call.method != "OPTIONS" and not call.is_control
            return _UNKNOWN_PATH if is_api else _EVERY_ANSWER
        return self._by_operation.get(call.operation, _EVERY_ANSWER)


class Completing:
    """An ASGI `send` that adds the headers of every answer to what the stages and the application behind send."""

    def __init__(self, complete: Complete, call: Call, scope: Scope, send: Send) -> None:
        self._complete = complete
        self._call = call
        self._scope = scope
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            call = self._call
            call.status = message["status"]
            message["headers"] = [*message["headers"]]
            self._complete(message["headers"], call)
            self._send = spoiling(call, self._scope, self._send) or self._send
        await self._send(message)


def usual_status(call: Call, refused: Refused | None) -> int | None:
    """The status of an answer that has the headers of most: it is of JSON, and has none of its own. None for any other.

    `refused`: how the call is refused, where its handler has not answered it.
    """
    if call.rate_limit or call.fault is not None:
        return None
    answer = call.answer
    if refused is not None:
        status, is_usual = refused.status, not refused.headers
    elif answer is not None:
        is_json = answer.media_type is JSON_ANSWER and answer.body is not None
        status, is_usual = answer.status, is_json and not answer.headers
    else:
        return None
    return status if is_usual and status != UNAUTHORIZED else None


def lines_of(headers: normalisation.Headers) -> bytes:
    """The headers as they are sent, each line with its end."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def spoiling(call: Call, scope: Scope, send: Send) -> Send | None:
    """How the answer goes out to a call that met a fault which spoils it; None where it goes out as ever."""
    rule = call.fault
    return None if rule is None or rule.answer is None or rule.breaks else SpoiledAnswer(rule, scope, send)


def spelled_path(path: str) -> str:
    """The path as the contract spells it: without the slash that official clients put at the end of some.

    One slash, not several; the control API's paths are unchanged.
    """
    if path == _CONTROL_ROOT:
        return CONTROL_PREFIX
    return path if path.startswith(CONTROL_PREFIX) or not path.endswith("/") else path[:-1] or "/"


def headers_of(call: Call) -> normalisation.Headers:
    """The headers of a handler's answer."""
    assert call.answer is not None
    headers = [(b"content-length", b"%d" % len(call.encoded))]
    if call.answer.body is not None:
        headers.append((b"content-type", call.answer.media_type.encode()))
    if call.answer.headers:
        headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in call.answer.headers]
    return headers


def headers_of_refusal(refused: Refused) -> normalisation.Headers:
    """The headers of a refusal."""
    headers = [(b"content-length", b"%d" % len(refused.body)), (b"content-type", JSON_ANSWER.encode())]
    headers += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in refused.headers.items()]
    return headers


class Refusals(ExceptionMiddleware):
    """Connexion's handling of exceptions, entered only by calls that raised one.

    An exception in its handling, or after the answer has begun, is for its `ServerErrorMiddleware`.
    """

    def __init__(
        self,
        next_app: "FastPath",
        refused: Callable[[Call, Exception], Refused],
        handler: Callable[[Any, Exception], Any],
    ) -> None:
        """`handler` does for Connexion what `refused` does: it says how a call is refused for an exception."""
        super().__init__(_raise_again)
        self._next_app = next_app
        self._refused = refused
        self._handler = handler
        self._last_resort = ServerErrorMiddleware(super().__call__, handler=handler)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._next_app(scope, receive, send)

    async def run(
        self, call: Call, scope: Scope, receive: Receive, send: Send, complete: Complete, rest: Rest | None = None
    ) -> Refused | None:
        """Pass a call on; how it is refused for what is raised. `complete` adds the headers of every answer.

        `rest` is what is left to do for a call that was passed on before.
        """
        try:
            behind = await (self._next_app.answering(call, scope, receive) if rest is None else rest())
            if behind is not None:
                await self._next_app(scope, behind, Completing(complete, call, scope, send))
            return None
        except Exception as failure:
            return await self._refuse(failure, call, scope, receive, Completing(complete, call, scope, send))
        except asyncio.CancelledError:  # the server stops, so the call's wait is cancelled
            if call.status is not None:
                raise
            refusal = ServiceUnavailable()
            return await self._refuse(refusal, call, scope, receive, Completing(complete, call, scope, send))

    def refused(self, call: Call, failure: Exception) -> Refused | None:
        """How a call is refused for this; None where that fails, and the last resort is needed."""
        try:
            return self._refused(call, failure)
        except Exception:
            return None

    async def _refuse(
        self, failure: Exception, call: Call, scope: Scope, receive: Receive, send: Send
    ) -> Refused | None:
        if call.status is not None:
            await self._handler(Request(scope), failure)
            raise failure
        try:
            return self._refused(call, failure)
        except Exception:
            await self._last_resort({**scope, _FAILURE: failure}, receive, send)
            return None


async def _raise_again(scope: Scope, _: Receive, __: Send) -> None:
    raise scope[_FAILURE]


_FAILURE = "ringmock.failure"


def base_url(scheme: str, host: bytes, server: tuple[str, int] | None, prefix: str) -> str:
    """The origin by which the client reached the server, to complete every `uri`; without a slash at the end."""
    name = host.decode("latin-1")
    if not is_host(name):
        address, port = server or ("127.0.0.1", 80)
        name = f"{address}:{port}"
    return f"{scheme}://{name}{prefix}"


def is_host(name: str) -> bool:
    """Whether a `Host` header can be the beginning of a link."""
    return _HOST.fullmatch(name) is not None


class RequestNormalisation:
    """Reads the whole body, within a limit, and refuses requests that later stages cannot handle.

    It applies method overrides, and answers preflights.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            call: Call = scope[SCOPE_KEY]
            check_path(call.path, call.limits.max_path, is_control=call.is_control)
            if call.method == "POST" and not call.is_control:
                if (
                    normalisation.METHOD_HEADER in call.headers
                    or normalisation.METHOD_PARAMETER in scope["query_string"]
                ):
                    call.method, query = normalisation.overridden_method(call.headers, scope["query_string"])
                    # The server's own scope stays unchanged: the answer is framed for the original method.
                    scope = {**scope, "method": call.method, "query_string": query}
            elif call.method == "OPTIONS" and is_preflight(call):
                await answer_preflight(call, send)
                return
            call.content = await read_body(call, scope, receive)
            if (call.content or b"content-type" in call.headers) and not call.is_control:
                # The content type of an absent body is normalised, too: a stage chooses the schema by it.
                call.media_type = media_type_of(call.headers) if call.content else spelled_media_type(call.headers)
                if call.media_type is not JSON and call.media_type.encode("latin-1") != call.headers[b"content-type"]:
                    scope["headers"] = with_media_type(scope["headers"], call.media_type)
        await self.app(scope, receive, send)


def is_preflight(call: Call) -> bool:
    """Whether a browser sends a preflight for a page of another origin. The control API never allows such pages."""
    return normalisation.is_preflight(call.headers) and not call.is_control


async def answer_preflight(call: Call, send: Send) -> None:
    """204 with what a browser may send."""
    await send({"type": "http.response.start", "status": 204, "headers": normalisation.preflight_answer(call.headers)})
    await send({"type": "http.response.body", "body": b""})


def check_path(path: str, longest: int, *, is_control: bool = False) -> None:
    """Raise `InvalidUri` for a path that no resource has: empty segments, control characters, a slash at the end."""
    is_odd = len(path) > longest or "//" in path or (path.endswith("/") and len(path) > 1)
    if not is_control and (is_odd or _CONTROL_CHARACTER.search(path)):
        raise InvalidUri


async def read_body(call: Call, scope: Scope, receive: Receive) -> bytes:
    """The whole body.

    Raises `BodyTooLarge`, before reading any of it when the Content-Length is too large, and `UnparseableRequest` when
    the client disconnects before the end, or the refusal that the protocol has already sent.
    """
    most = call.limits.max_batch_body if call.path.endswith(_BATCHES) else call.limits.max_body
    declared = call.headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared[:20]) > most:
        raise BodyTooLarge(str(most))
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise scope.get("extensions", {}).get(PROBLEM) or UnparseableRequest()
        chunk: bytes = message.get("body", b"")
        length += len(chunk)
        if length > most:
            raise BodyTooLarge(str(most))
        if not message.get("more_body", False):
            return b"".join([*chunks, chunk]) if chunks else chunk
        chunks.append(chunk)


def media_type_of(headers: Mapping[bytes, bytes]) -> str:
    """The media type of a body, in one spelling, so that every stage finds the same schema for it.

    Raises `UnsupportedMediaType` for a body without one, for an invalid one, for any charset but UTF-8 and for a
    compressed body.
    """
    if b"content-encoding" in headers and headers[b"content-encoding"].lower() != b"identity":
        raise UnsupportedMediaType
    written = headers.get(b"content-type", b"")
    if written == b"application/json":
        return JSON
    _, semicolon, parameters = written.decode("latin-1").partition(";")
    media_type = spelled_media_type(headers)
    charset = _CHARSET.search(semicolon + parameters)
    if not _MEDIA_TYPE.fullmatch(media_type) or (charset and charset[1].lower() not in ("utf-8", "utf8")):
        raise UnsupportedMediaType
    return media_type


def spelled_media_type(headers: Mapping[bytes, bytes]) -> str:
    """The Content-Type without its parameters, in lower case, whether it is a media type or not."""
    return headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()


def with_media_type(headers: Sequence[tuple[bytes, bytes]], media_type: str) -> list[tuple[bytes, bytes]]:
    """The headers with this Content-Type alone."""
    kept = [(name, value) for name, value in headers if name != b"content-type"]
    return [*kept, (b"content-type", media_type.encode("latin-1"))]


class Routing(RoutingMiddleware):
    """Finds the operation by the contract's paths. The refusal of another method names the supported ones."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._base_path = ""
        self._paths: list[tuple[tuple[str, ...], dict[str, str]]] = []
        """The segments of each path, a parameter in braces, and the operations of its methods."""
        self.find = remembered(self._operation_for)
        """The operation of a method and a path, None where the path has none, and what its path says."""

    def add_api(self, specification: Any, base_path: str | None = None, **kwargs: Any) -> None:
        # Connexion's router, which finds nothing here, would compile an expression for each of the paths.
        self._base_path = specification.base_path
        for path, operations in specification["paths"].items():
            methods = {
                method.upper(): operation["operationId"]
                for method, operation in operations.items()
                if isinstance(operation, dict) and "operationId" in operation
            }
            self._paths.append((tuple((self._base_path + path).split("/")), methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            operation_id, scope["path_params"] = self.find(scope["method"], scope["path"])
            scope[SCOPE_KEY].operation = operation_id
            # A server may share one `extensions` between requests.
            scope["extensions"] = {
                **scope.get("extensions", {}),
                ROUTING_CONTEXT: {"api_base_path": self._base_path, "operation_id": operation_id},
            }
        await self.app(scope, receive, send)

    def _operation_for(self, method: str, path: str) -> tuple[str | None, dict[str, str]]:
        given = path.split("/")
        for segments, methods in self._paths:
            parameters = _parameters_of(segments, given)
            if parameters is None:
                continue
            if method not in methods:
                raise MethodNotAllowed(sorted(methods))
            return methods[method], parameters
        return None, {}


def _parameters_of(segments: Sequence[str], given: Sequence[str]) -> dict[str, str] | None:
    """What a path says of the parameters, each a whole segment, of one of the contract; None for another path."""
    if len(given) != len(segments):
        return None
    parameters = {}
    for segment, value in zip(segments, given, strict=True):
        if segment.startswith("{"):
            if not value:
                return None
            parameters[segment[1:-1]] = value
        elif segment != value:
            return None
    return parameters


class Staged:
    """Finds the operation's part of a stage in one dictionary, instead of searching Connexion's APIs.

    For a `RoutedMiddleware` that serves one API.
    """

    app: ASGIApp
    _parts: Mapping[str | None, ASGIApp] = {}

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        api = super().add_api(specification, **kwargs)  # type: ignore[misc]  # the middleware that it is mixed into
        self._parts = {**self._parts, **api.operations}
        return api

    def part(self, operation_id: str | None) -> ASGIApp:
        """This stage's part for an operation; the next stage when it has none."""
        return self._parts.get(operation_id) or self.app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.part(scope[SCOPE_KEY].operation if scope["type"] == "http" else None)(scope, receive, send)


def following(stage: ASGIApp, operation: Any) -> ASGIApp:
    """The application after an operation: its part of the next stage, which is built first, or that stage itself."""
    return stage.part(operation.operation_id) if isinstance(stage, Staged) else stage


class SecurityOperation:
    """The authentication of one operation."""

    def __init__(self, next_app: ASGIApp, read: Callable[[Call, Scope], object] | None, needed: str | None) -> None:
        """`read` puts the session or client on the call; `needed` is the permission that the token must have."""
        self.next_app = next_app
        self._read = read
        self._needed = needed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.enter(scope[SCOPE_KEY], scope)
        await self.next_app(scope, receive, send)

    def enter(self, call: Call, scope: Scope) -> None:
        """Put the session or client on the call.

        Raises `TokenRefused`, the `Authorization...` errors, and `ApplicationPermissionDenied` when the token lacks
        the needed permission.
        """
        if self._read is None:
            return
        self._read(call, scope)
        if self._needed is not None:
            permissions = call.signed_in.permissions
            if permissions is not None and self._needed not in permissions:
                raise ApplicationPermissionDenied("scope", self._needed)


class _SecurityApi(SecurityAPI):
    def __init__(
        self, *args: Any, worlds: Worlds, permissions: Mapping[str, str], lab: LimitsAndFaults, **kwargs: Any
    ) -> None:
        self._worlds = worlds
        self._permissions = permissions
        self._lab = lab
        self._token_in_header = remembered(token_in_header)
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: Any) -> SecurityOperation:
        next_app = self._lab.before(following(self.next_app, operation), operation.operation_id)
        types = {
            operation.security_schemes[name]["type"] for requirement in operation.security or () for name in requirement
        }
        if "oauth2" in types:
            return SecurityOperation(next_app, self._sign_in, self._permissions.get(operation.operation_id))
        return SecurityOperation(next_app, read_client if "http" in types else None, None)

    def _sign_in(self, call: Call, scope: Scope) -> None:
        given = call.headers.get(b"authorization")
        call.token = token_in_query(scope["query_string"]) if given is None else self._token_in_header(given)
        name = call.world_name
        call.session = session = (
            self._worlds.log_ins.session_of(call.token) if name is None else session_in(self._worlds, call.token, name)
        )
        call.world = session.world


def session_in(worlds: Worlds, token: str, name: str) -> Session:
    """The log-in of a token, in the world that a call names.

    Raises `TokenRefused`, `InvalidParameter` for what is no name, and `StoreFull` where no more worlds are opened.
    """
    try:
        return worlds.session_in(token, name)
    except UnknownClient as error:
        raise InvalidParameter(WORLD_HEADER, name) from error
    except TooManyWorlds as error:
        raise StoreFull(f"{worlds.limits.max_worlds} worlds (--max-worlds)") from error


class Security(Staged, SecurityMiddleware):
    """Looks up bearer tokens in the registry of worlds, and reads Basic headers for the OAuth endpoints.

    Then the rate limits and faults of the call's world apply.
    """

    api_cls = _SecurityApi

    def __init__(self, app: ASGIApp, worlds: Worlds, permissions: Mapping[str, str], lab: LimitsAndFaults) -> None:
        """`permissions` are those that an application needs, by operationId, of the operations that need one."""
        super().__init__(app)
        self._known = {"worlds": worlds, "permissions": permissions, "lab": lab}

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        return super().add_api(specification, **self._known, **kwargs)


def token_in_query(query: bytes) -> str:
    """The access token of the query, as links to media have it. Raises `AuthorizationMissing`."""
    in_query = parse_qs(query.decode("latin-1")).get("access_token")
    if in_query is None:
        raise AuthorizationMissing
    return str(in_query[-1])


def token_in_header(authorization: bytes) -> str:
    """The access token of the header. Raises `AuthorizationMalformed` or `AuthorizationNotSupported`."""
    scheme, token = credentials_of(authorization)
    if scheme == "basic":
        raise AuthorizationNotSupported
    if scheme != "bearer" or not token:
        raise AuthorizationMalformed
    return token


def read_client(call: Call, _: Scope) -> None:
    """Put the client id and secret of a Basic header on the call, if it has one."""
    authorization = call.headers.get(b"authorization")
    if authorization is not None:
        call.basic = oauth.basic_credentials(authorization.decode("latin-1"))


class HandlerOperation:
    """One operation's handler, run in the event loop's thread: handlers never block. Its result goes on the call.

    It is the door by which calls change a world: each is handled at one moment, and what changes something is in the
    history of its world before anything else happens.
    """

    def __init__(self, handler: Handler, moment: Moment, *, is_command: bool) -> None:
        self._handler = handler
        self._moment = moment
        self._is_command = is_command

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call: Call = scope[SCOPE_KEY]
        self.handle(call)
        if call.work is not None and not call.is_replayed:
            await self.finish(call)

    def handle(self, call: Call) -> None:
        """Put the handler's answer on the call, encoded; or the remaining work after a first slice.

        Raises a `Refusal`.
        """
        call.is_handled = True
        moment = self._moment
        before = moment.at
        call.at = moment.at = before or moment.read()
        if moment.drawn:
            moment.drawn.clear()
        try:
            said = self._handler(call)
            if not isinstance(said, Answer):
                try:
                    next(said)
                except StopIteration as end:
                    said = end.value
                else:
                    call.work = remembered_work(call, said) if self._is_command else said
                    return
            call.answer = said
            call.encoded = encoded(said.body)
            if self._is_command and not call.is_replayed:
                call.here.history.handled(command_of(call))
        finally:
            moment.at = before

    async def finish(self, call: Call) -> None:
        """Do the remaining work, while other calls are served. It has a separate task, like everything that waits."""
        assert call.work is not None
        call.answer = await asyncio.create_task(in_slices(call.work))
        call.encoded = encoded(call.answer.body)


class _WaitingOperation:
    """One operation whose handler waits for an external receiver; other calls are served meanwhile.

    It has a separate task: the HTTP protocol runs a call outside of any task, where no time-out could be set. Whenever
    it goes on, it is the moment at which it began, or that it has set since.
    """

    def __init__(self, handler: WaitingHandler, moment: Moment, *, is_command: bool) -> None:
        self._handler = handler
        self._moment = moment
        self._is_command = is_command

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call: Call = scope[SCOPE_KEY]
        call.is_handled = True
        call.port = (scope.get("server") or (None, None))[1]
        await asyncio.create_task(self._handled(call))

    async def _handled(self, call: Call) -> None:
        call.at = call.at or self._moment.read()
        await _at_its_moment(self._answered(call), call, self._moment)

    async def _answered(self, call: Call) -> None:
        call.answer = await self._handler(call)
        call.encoded = encoded(call.answer.body)
        if self._is_command and not call.is_replayed:
            call.here.history.handled(command_of(call))


@types.coroutine
def _at_its_moment(running: Coroutine[Any, Any, None], call: Call, moment: Moment) -> Generator[Any, Any, None]:
    """Let a coroutine find the time of its call whenever it goes on."""
    send, value = running.send, None
    while True:
        with moment.held(call.at):
            try:
                awaited = send(value)
            except StopIteration:
                return
        try:
            value = yield awaited
            send = running.send
        except BaseException as error:
            send, value = running.throw, error


def command_of(call: Call, work: int = 0) -> Handled:
    """A handled call as the history of its world has it; `work` names what is left to do of it."""
    header, answer, world, session = call.headers.get, call.answer, call.here, call.session
    moment = world.moment
    # Its own constructor takes twice as long, and this is done for every SMS.
    return tuple.__new__(
        Handled,
        (
            call.at,
            call.operation,
            call.method,
            call.path,
            call.query_string,
            header(b"content-type", b""),
            header(b"accept", b""),
            call.content,
            None if session is None else session.caller,
            call.base_url,
            moment.take_drawn() if moment.drawn else (),
            world.journal.latest + 1,
            work,
            0 if answer is None else answer.status,
            call.kept_answer,
        ),
    )


def remembered_work(call: Call, work: Slices[Answer]) -> Slices[Answer]:
    """The rest of a call's work, which its world's history follows; of one that is done again, the work itself."""
    return work if call.is_replayed else call.here.history.begun(partial(command_of, call), work)


def encoded(body: Any) -> bytes:
    """Text and bytes as they are, nothing as nothing, parts one by one, anything else as JSON in UTF-8."""
    if type(body) is dict:
        return orjson.dumps(body)
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, (Parts, ListOfRecords)):
        return body.encoded()
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


class _DispatchApi(RoutedAPI):
    def __init__(self, *args: Any, moment: Moment, **kwargs: Any) -> None:
        self._moment = moment
        super().__init__(*args, **kwargs)
        self.add_paths()

    def make_operation(self, operation: Any) -> "HandlerOperation | _WaitingOperation":
        function = operation.function
        kind = _WaitingOperation if inspect.iscoroutinefunction(function) else HandlerOperation
        return kind(function, self._moment, is_command=is_command(operation.method, operation.operation_id))


READS = frozenset({"parsePhoneNumber", "parsePhoneNumberV2", "searchSmsConsentRecords", "searchDirectoryEntries"})
"""What is asked by POST."""

CHANGING_READS = frozenset({"readMessageStoreReportArchive", "readMessageStoreReportArchiveContent"})
"""Who reads a report first has it made: it has what is there then."""


def is_command(method: str, operation_id: str) -> bool:
    """Whether the calls of an operation are in the history of their world.

    Sign-ins are there too, by what they made: see `sign_in.log_ins`.
    """
    if method.upper() in ("GET", "HEAD"):
        return operation_id in CHANGING_READS
    return operation_id not in READS | oauth.OPERATIONS


class Dispatch(Staged, RoutedMiddleware):
    """The last stage: the handler that the resolver found for the operation."""

    api_cls = _DispatchApi

    def __init__(self, app: ASGIApp, moment: Moment) -> None:
        super().__init__(app)
        self._moment = moment

    def add_api(self, specification: Any, **kwargs: Any) -> Any:
        return super().add_api(specification, moment=self._moment, **kwargs)
