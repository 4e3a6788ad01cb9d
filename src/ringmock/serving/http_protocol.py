"""uvicorn's HTTP protocol for an application that never blocks: a call that arrived in one piece is answered at once.

uvicorn starts a task for each request when its headers have arrived, and the task then waits for the body. Here a
request whose body arrived in the same piece of data runs immediately, without a task, and an answer of one piece is
sent in one write. Calls that wait, and requests or answers in several pieces, are handled by uvicorn.

Clients repeat themselves: the head of a request is mostly equal, byte by byte, to an earlier one. What the parser made
of a plain head is kept for a while (`request_head_cache`), and a request with the same head is not parsed again.
"""

import asyncio
import logging
import re
import struct
import types
from collections.abc import Callable, Generator, MutableMapping
from socket import SO_LINGER, SOL_SOCKET
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from ..http import errors, parser_refusals
from ..http.call import BREAK_OFF, ON_STOP, PROBLEM
from ..http.known_calls import KNOWN_CALLS, KnownCalls
from ..lab.faults import Spoiled
from ..server_limits import DEFAULT, ServerLimits
from .request_head_cache import KnownHead, KnownHeads
from .write_timeout import WriteTimeout

if TYPE_CHECKING:
    from .websocket_protocol import WebSocketProtocol

log = logging.getLogger("ringmock")

BETWEEN, _HEAD, _BODY = "between requests", "in the headers of one", "in its body"
_FIRST_LINE = 64
"""Bytes of a request line besides its URI."""
_HOST = re.compile(rb"([A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")
_OTHER_METHOD = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+( [^\r\n]* HTTP/[0-9.]+\r?\n|$)")

_FIRST_LINE_OF = re.compile(rb"[^ \r\n]+ ([^ \r\n]+) HTTP/")

GARBAGE = b"\x00\xff\x15\x03 this is no HTTP\r\n\r\n" * 8
"""What an answer is on demand that nobody can read."""

_FOR_UVICORN = frozenset({b"connection", b"transfer-encoding"})
"""Headers of an answer about the connection."""


class HttpProtocol(HttpToolsProtocol):
    """For `uvicorn.Config(http=...)`."""

    _due: "tuple[RequestResponseCycle, Any] | None" = None
    _answered: "RequestResponseCycle | None" = None
    """The last request that the application was called with."""
    _is_running = False
    _lost: asyncio.Event | None = None
    _on_stop: Callable[[], None] | None = None

    def __init__(
        self,
        *args: Any,
        limits: ServerLimits = DEFAULT,
        heads: KnownHeads | None = None,
        base_path: bytes = b"",
        **kwargs: Any,
    ) -> None:
        """`heads` are shared by the connections of a server. `base_path` stands before its paths."""
        super().__init__(*args, **kwargs)
        self._limits, self._base_path = limits, base_path
        self._heads = KnownHeads() if heads is None else heads
        self._asgi = {"version": self.asgi_version, "spec_version": "2.3"}
        self._of_connection: dict[str, Any] = {}
        """What is the same in the scope of each of its requests."""
        self.url = b""
        self._problem: Exception | None = None
        """Why no more of the connection is read; sent once, after the answers to earlier requests."""
        self._phase = BETWEEN
        self._came = 0  # bytes since the headers ended, or since the body went on
        self._has_completed = False
        self._line = 0  # bytes of the line that has not ended
        self._block = self._count = 0  # of trailers
        self._reads = self._size = self._begun_with = (
            0  # how often was read, how much the last time, where the head began
        )
        self._small = min(limits.max_header_line, limits.max_header_bytes)
        """Bytes of a read that no head within it can be too large with, but by the number of its headers."""
        self._has_ended = False  # whether the client sends no more
        self._is_read_again = False
        """Whether the headers request an upgrade to another protocol than WebSocket: they are then parsed without it.
        """

    # --- what is read, and how much of it ----------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._of_connection = {
            "asgi": self._asgi,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
        }
        self._write_timeout = WriteTimeout(self.loop, transport, self._limits.write_timeout)
        self._expect(self._limits.header_timeout)

    def on_message_begin(self) -> None:
        self._phase, self._line, self._block, self._count = _HEAD, 0, 0, 0
        self._begun_with = self._reads
        super().on_message_begin()
        self.scope["extensions"] = self.extensions()

    def extensions(self) -> dict[str, Any]:
        """What a scope says of the connection, besides ASGI."""
        return {BREAK_OFF: self.break_off, ON_STOP: self.on_stop}

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Call it when the server begins to stop: for an answer that would not end by itself."""
        self._on_stop = callback

    def shutdown(self) -> None:
        if self._on_stop is not None:
            self._on_stop()
        self._parse_known()
        super().shutdown()

    async def break_off(self, how: Spoiled = Spoiled.RESET) -> None:
        """Close the connection immediately; later writes are discarded."""
        self._lost = asyncio.Event()
        if how is Spoiled.GARBAGE:
            self.transport.write(GARBAGE)
        if how is Spoiled.RESET:
            # Without lingering, the system ends it by a reset and not by the end of what is sent.
            self.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()
        await self._lost.wait()

    def on_header(self, name: bytes, value: bytes) -> None:
        """As uvicorn does it. Limits are checked when all headers are complete, or at the end of the data."""
        name = name.lower()
        if self._phase is not _HEAD:
            self._count_trailer(len(name) + len(value) + 2)
            return
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def _count_trailer(self, length: int) -> None:
        """Trailers are counted, and no headers."""
        self._block += length + 2
        self._count += 1
        self._check_bounds(length, self._block, self._count)

    def _check_headers(self) -> None:
        block = 0
        for count, (name, value) in enumerate(self.headers, 1):
            length = len(name) + len(value) + 2
            block += length + 2
            self._check_bounds(length, block, count)

    def _check_url(self) -> None:
        if len(self.url) > self._limits.max_uri:
            raise errors.UriTooLong(str(self._limits.max_uri))

    def _check_bounds(self, line: int, block: int, count: int) -> None:
        limits = self._limits
        if line > limits.max_header_line or block > limits.max_header_bytes or count > limits.max_headers:
            raise self._too_large()

    def _too_large(self) -> Exception:
        limits = self._limits
        return errors.HeadersTooLarge(
            f"at most {limits.max_headers} headers of {limits.max_header_line} bytes each are read,"
            f" {limits.max_header_bytes} bytes together"
        )

    def on_headers_complete(self) -> None:
        if self._size > self._small or self._begun_with != self._reads or len(self.headers) > self._limits.max_headers:
            self._check_headers()
        self._check_url()
        if not self.url.startswith(b"/"):
            self.url, authority = origin_form(self.url)
            if authority is not None:
                self._replace_host(authority)
            if authority == b"":
                raise errors.UnparseableRequest
        check_head(self.parser.get_method(), self.parser.get_http_version(), self.headers)
        self._phase, self._came, self._block, self._count = _BODY, 0, 0, 0
        if self.parser.should_upgrade():
            if not self._should_upgrade():
                self._is_read_again = True
                return
            check_handshake(self.parser.get_method(), self.headers)
            if self.cycle is not None and not self.cycle.response_complete:
                raise errors.UnparseableRequest
        super().on_headers_complete()

    def _replace_host(self, authority: bytes) -> None:
        """A target in absolute form says whom it is for, and no Host does (RFC 9112, 3.2.2)."""
        first = True
        for at, (name, _) in enumerate(self.headers):
            if name == b"host" and first:
                self.headers[at], first = (name, authority), False

    def on_body(self, body: bytes) -> None:
        self._came = self._line = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_read_again:
            return
        self._phase, self._has_completed = BETWEEN, True
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        if self._problem is not None:
            return
        if self._known is not None:
            self._receive_body(self._known, data)
        elif self._phase is BETWEEN and (self.cycle is None or self.cycle.response_complete):
            self._receive_request(data)
        else:
            alone, self._alone = self._alone, b""
            self._parse(data)
            if alone and self._has_completed and self._phase is BETWEEN:
                self._learn(alone, len(data))

    _known: "tuple[KnownHead, bytes] | None" = None
    """A known head that came alone, and its bytes: its body is to come, and the parser has seen neither."""
    _alone = b""
    """The bytes of a head that came alone, when the parser has seen nothing else of its request."""

    def _receive_request(self, data: bytes) -> None:
        """What begins a request, or several. Many clients send the head by itself, and the body after it."""
        end = data.find(b"\r\n\r\n") + 4
        head = self._heads.get(data[:end])
        if head is not None and len(data) - end == head.length:
            self._run_known(head, data[end:])
        elif head is not None and len(data) == end:
            self._known = head, data
            self._expect(self._limits.body_timeout)
        else:
            self._parse(data)
            if head is None and self._has_completed and self._phase is BETWEEN:
                self._learn(data[:end], len(data) - end)
            elif head is None and len(data) == end and self._phase is _BODY:
                self._alone = data

    def _receive_body(self, known: "tuple[KnownHead, bytes]", data: bytes) -> None:
        """What comes after a known head that came alone."""
        head, begun = known
        self._known = None
        if len(data) == head.length:
            self._run_known(head, data)
        else:
            self._parse(begun)
            if self._problem is None:
                self._parse(data)

    def _parse_known(self) -> None:
        """Let the parser see a head that waits for its body: its request may not come to its end."""
        if self._known is not None:
            (_, begun), self._known = self._known, None
            self._parse(begun)

    def _run_known(self, head: KnownHead, body: bytes) -> None:
        """A complete request whose head has been parsed before."""
        self.url = head.url
        app = self._answered_by(head, body)
        if app is None:
            return
        scope: Any = {**head.scope, **self._of_connection}
        scope["state"] = self.app_state.copy()
        scope["extensions"] = self.extensions()
        self.scope = scope
        self.cycle = self._answered = cycle = _Cycle(self, scope, body)
        self._run(cycle, app)

    def _answered_by(self, head: KnownHead, body: bytes) -> Any:
        """The application that has to be run for it; None when it has been answered."""
        calls: KnownCalls | None = getattr(self.app, KNOWN_CALLS, None)
        if calls is None or self.flow.write_paused or self.access_log or self.transport.is_closing():
            return self.app
        known = head.known_call(calls, self.scheme or "http")
        answer = None if known is None else calls.answer(known, body)
        if type(answer) is not tuple:
            return answer or self.app
        self._write_whole(*answer)
        return None

    def _write_whole(self, status: int, headers: bytes, body: bytes) -> None:
        """The answer to a request that was alone."""
        self.write_pieces(self.server_state.default_headers, status, headers, body)
        self._write_timeout.written()
        self.server_state.total_requests += 1
        self._expect(self.timeout_keep_alive)

    def _learn(self, head: bytes, length: int) -> None:
        """Keep what was parsed of a head, if nothing was read but a whole request with a plain one."""
        if self._problem is None and self.cycle is not None and self.cycle.keep_alive and not self._is_upgraded:
            # The application may have changed the scope by now.
            method = self.parser.get_method().decode("ascii")
            self._heads.learn(head, length, method, self.url, self.headers, self.root_path)

    def _parse(self, data: bytes) -> None:
        was, url = self._phase, self.url or b""
        self._reads += 1
        self._size = len(data)
        self._came += self._size
        before = self._came
        self._has_completed = was is not BETWEEN
        try:
            self._feed(data)
            if self._is_upgraded:
                return
            if self._phase is not BETWEEN:
                self._check_unfinished(data)
        except httptools.HttpParserError as error:
            begun = b"" if self._has_completed else data
            self._problem = errors.without_frames(problem_of(error, begun))
            first = _FIRST_LINE_OF.match(begun.lstrip(b"\r\n"))
            if first is not None:
                self.url = first[1]
        except Exception as problem:
            self._problem = errors.without_frames(problem)
        if self._due is not None:
            self._run_due()
        if self._problem is not None:
            self._refuse(self.url or url)
        elif self._phase is _HEAD and was is not _HEAD:
            self._expect(self._limits.header_timeout)
        elif self._phase is _BODY and (was is not _BODY or self._came < before):
            self._expect(self._limits.body_timeout)

    _is_upgraded = False

    def _feed(self, data: bytes) -> None:
        """Let the parser read, also past a request for another protocol, at which it stops."""
        while True:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                rest = data[upgrade.args[0] :]
            if not self._is_read_again:
                self._is_upgraded = True
                self._open_websocket(rest)
                return
            self._is_read_again = False
            data = self._head_without_upgrade() + rest
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def _head_without_upgrade(self) -> bytes:
        """Servers may ignore Upgrade (RFC 9110, 7.8); the parser would ignore the body with it."""
        first = b"%b %b HTTP/%b\r\n" % (
            self.parser.get_method(),
            self.url,
            self.parser.get_http_version().encode(),
        )
        kept = [b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        return b"".join([first, *kept, b"\r\n"])

    def _open_websocket(self, rest: bytes) -> None:
        self._expect(None)
        self._unset_timer()
        self._write_timeout.end()
        self.connections.discard(self)
        self._forget()
        assert self.ws_protocol_class is not None
        protocol: Any = self.ws_protocol_class(  # type: ignore[call-arg]  # as uvicorn calls it
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        protocol.connection_made(self.transport)
        self.opened(protocol)
        self.transport.set_protocol(protocol)
        protocol.open(self.url, self.headers, rest)

    def opened(self, protocol: "WebSocketProtocol") -> None:
        """The connection is a WebSocket from now on."""

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn closes at once
        """Whether the connection stays open: a client that has ended its side gets its answers (RFC 9112, 9.6).

        Of TLS, the loop ends both sides at once.
        """
        self._parse_known()
        if self._problem is None and self._phase is not BETWEEN:
            self._problem = errors.UnparseableRequest()
            self._refuse(self.url or b"")
        self._has_ended = True
        is_owed = self.cycle is not None and not self.cycle.response_complete and not self.transport.is_closing()
        return is_owed and self.scheme == "http"

    _defaults: list[tuple[bytes, bytes]] | None = None
    _default_lines = b""

    def write_pieces(self, defaults: list[tuple[bytes, bytes]], status: int, headers: bytes, body: bytes) -> None:
        """Write a whole answer with the server's own headers. `headers` are lines, each with its end."""
        lines = self._header_lines(defaults)
        self.transport.write(b"".join((STATUS_LINE[status], lines, headers, b"\r\n", body)))

    def _header_lines(self, defaults: list[tuple[bytes, bytes]]) -> bytes:
        """The server's own headers as lines. uvicorn makes another list whenever one of them changes."""
        if defaults is not self._defaults:
            self._defaults = defaults
            self._default_lines = b"".join([b"%b: %b\r\n" % header for header in defaults])
        return self._default_lines

    def _check_unfinished(self, data: bytes) -> None:
        """Raise for an incomplete line, and for framing without a body, when they exceed a limit.

        Complete lines were checked in the parser's callbacks.
        """
        tail = len(data) - data.rfind(b"\n") - 1
        self._line = self._line + tail if tail == len(data) else tail
        limits = self._limits
        if self._phase is _HEAD:
            self._check_url()
            self._check_headers()
            first = limits.max_uri + _FIRST_LINE if not self.headers else 0
            if self._line > max(limits.max_header_line, first):
                raise self._too_large()
        elif self._came > limits.max_header_bytes + limits.max_header_line:
            raise self._too_large()

    def _refuse(self, target: bytes) -> None:
        """Send the refusal after the answers to earlier requests, and close the connection."""
        target = origin_form(target)[0].removeprefix(self._base_path)
        cycle, problem = self.cycle, self._problem
        if cycle is not None and not cycle.response_complete and (self.pipeline or not cycle.more_body):
            self._refused_target = target
            return
        if self.transport.is_closing() or problem is None:
            return
        if cycle is not None and not cycle.response_complete:
            if not cycle.response_started:
                self.transport.write(parser_refusals.answer(problem, target))
            cycle.disconnected = True
            cycle.scope["extensions"][PROBLEM] = problem  # type: ignore[assignment]  # ours; see on_message_begin
            cycle.message_event.set()
        else:
            self.transport.write(parser_refusals.answer(problem, target))
        self._write_timeout.written()
        log.info("refused before it was a call: %s", type(problem).__name__)
        self.transport.close()

    _refused_target = b""

    def _run_due(self) -> None:
        while self._due is not None:
            (cycle, app), self._due = self._due, None
            if cycle.more_body and self._problem is not None:
                cycle.response_complete = True  # half a request is none
            elif cycle.more_body or cycle.disconnected:
                super()._start_asgi_task(cycle, app)
            else:
                self._run(cycle, app)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # Called while the parser is still reading: what follows the headers is not there yet.
        self._due, self._answered = (cycle, app), cycle

    def _run(self, cycle: RequestResponseCycle, app: Any) -> None:
        call = _Send(cycle, self).run(app)
        self._is_running = True
        try:
            awaited = call.send(None)
        except StopIteration:
            return
        finally:
            self._is_running = False
        task = self.loop.create_task(_resumed(call, awaited))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def on_response_complete(self) -> None:
        self._write_timeout.written()
        if self._problem is not None and self.pipeline and self.pipeline[-1][0].more_body:
            self.pipeline.clear()  # half a request is none
            self._refuse(self._refused_target)
            return
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.flow.resume_reading()
            if self._phase is BETWEEN:
                self._expect(self.timeout_keep_alive)
            elif self._phase is _HEAD:
                self._expect(self._limits.header_timeout)
            if self._problem is not None and not self._is_running:
                self._refuse(self._refused_target)
        if self._due is not None and not self._is_running:
            # The next of several requests that arrived together, after one that had to wait.
            (cycle, app), self._due = self._due, None
            super()._start_asgi_task(cycle, app)
        elif self._has_ended and self._problem is None and self.cycle.response_complete:
            self.transport.close()

    # A connection has one timer, which checks whether the time-out has passed; uvicorn sets a new one
    # after each answer.

    _until: float | None = None

    def _expect(self, seconds: float | None) -> None:
        """Set the time-out in seconds for the next data; None for no time-out."""
        if seconds is None:
            self._until = None
            return
        self._until = self.loop.time() + seconds
        if self.timeout_keep_alive_task is None:
            self._look_again_in(seconds)
        elif self.timeout_keep_alive_task.when() > self._until:
            self.timeout_keep_alive_task.cancel()
            self._look_again_in(seconds)

    def _unset_keepalive_if_required(self) -> None:
        self._until = None

    def _unset_timer(self) -> None:
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _look_again_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._until is None:
            return
        left = self._until - self.loop.time()
        if left > 0:
            self._look_again_in(left)
            return
        self._parse_known()
        if self._phase is BETWEEN:
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()
        elif not self.flow.read_paused:
            self._problem = errors.RequestTimeout()
            self._refuse(self.url or b"")
            if not self.transport.is_closing():
                self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._parse_known()
        # uvicorn notifies only the last of several requests; the one before it would continue to write.
        self.pipeline.clear()
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        self._answered = self._on_stop = None
        super().connection_lost(exc)
        if self._lost is not None:
            self._lost.set()
        self._unset_timer()
        self._write_timeout.end()
        self._forget()

    def _forget(self) -> None:
        """Give up what refers back to the connection: the collector ignores frozen objects."""
        self.scope = self.cycle = self.parser = None  # type: ignore[assignment]  # as uvicorn has them without a request


def check_head(method: bytes, version: str, headers: list[tuple[bytes, bytes]]) -> None:
    """Raise for a request that the parser accepts but RFC 9112 (3.2 and 6.1) does not."""
    if version not in ("1.0", "1.1"):
        raise errors.VersionNotSupported
    if method == b"CONNECT":
        raise errors.MethodUnknown
    hosts = 0
    for name, value in headers:
        if name == b"host":
            hosts += 1
            if not _HOST.fullmatch(value):
                raise errors.UnparseableRequest
        elif name == b"transfer-encoding" and value.lower() != b"chunked":
            raise errors.CodingUnknown
    if hosts > 1 or (hosts == 0 and version == "1.1"):
        raise errors.UnparseableRequest


def check_handshake(method: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """Raise for a WebSocket handshake that has a body, or is no GET."""
    if method != b"GET" or not {name for name, _ in headers}.isdisjoint((b"transfer-encoding", b"content-length")):
        raise errors.UnparseableRequest


def origin_form(target: bytes) -> tuple[bytes, bytes | None]:
    """A target as path and optional query, and the authority before it, if there is one (RFC 9112, 3.2)."""
    _, colon, rest = target.partition(b"://")
    if not colon:
        return target, None
    authority = re.split(rb"[/?#]", rest, maxsplit=1)[0]
    path = rest[len(authority) :]
    return path if path.startswith(b"/") else b"/" + path, authority


def problem_of(error: httptools.HttpParserError, begun: bytes) -> Exception:
    """The refusal for a parser's error. `begun` is the data that begins a request."""
    cause = error.__context__
    if type(cause) in errors.CATALOGUE:
        return cause  # type: ignore[return-value]  # an exception of ours
    if isinstance(error, httptools.HttpParserInvalidMethodError) and _OTHER_METHOD.match(begun.lstrip(b"\r\n")):
        return errors.MethodUnknown()
    if "HTTP version" in str(error) or "PRI" in str(error):
        return errors.VersionNotSupported()
    return errors.UnparseableRequest()


class _Cycle(RequestResponseCycle):
    """uvicorn's state of one request, for one that is known to be complete."""

    # What is true of every such request, without an attribute of its own until it becomes another.
    disconnected = waiting_for_100_continue = False
    keep_alive = True
    more_body = False
    response_started = response_complete = False
    chunked_encoding = None
    expected_content_length = 0

    def __init__(self, protocol: HttpProtocol, scope: Any, body: bytes) -> None:
        """As uvicorn does it, with no more than most requests need."""
        self._protocol = protocol
        self.scope = scope
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.access_log = protocol.access_log
        self.default_headers = protocol.server_state.default_headers
        self.on_response = protocol.on_response_complete
        self.body = body  # type: ignore[assignment]  # nothing is added to it

    def __getattr__(self, name: str) -> Any:
        if name not in ("message_event", "logger", "access_logger"):
            raise AttributeError(name)
        value = asyncio.Event() if name == "message_event" else getattr(self._protocol, name)
        setattr(self, name, value)
        return value


class _Receive:
    """The ASGI `receive` of a request that arrived as a whole."""

    __slots__ = ("_cycle", "_is_read", "whole_body")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._is_read = False
        self.whole_body = bytes(cycle.body)

    async def __call__(self) -> Any:
        """The whole body, and then nothing until the client disconnects."""
        cycle = self._cycle
        if self._is_read:
            return await cycle.receive()
        self._is_read = True
        cycle.body = bytearray()
        cycle.waiting_for_100_continue = False
        cycle.message_event.clear()
        cycle.flow.resume_reading()
        return {"type": "http.request", "body": self.whole_body, "more_body": False}


class _Send:
    """The ASGI `send` of such a request, which writes an answer in one piece where it can."""

    __slots__ = ("_cycle", "_protocol", "_start")

    def __init__(self, cycle: RequestResponseCycle, protocol: HttpProtocol) -> None:
        self._cycle = cycle
        self._protocol = protocol
        self._start: MutableMapping[str, Any] | None = None

    async def run(self, app: Any) -> None:
        """Run the application; failures are reported as uvicorn reports them."""
        cycle = self._cycle
        try:
            await app(cycle.scope, _Receive(cycle), self)
            if self._start is not None:
                await cycle.send(self._start)  # type: ignore[arg-type]  # any mapping of an ASGI message will do
        except BaseException as error:
            await cycle.run_asgi(_raising(error))
        else:
            if not cycle.response_complete:
                await cycle.run_asgi(_doing_nothing)

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """Hold the start until the body arrives, and write both together when it is complete."""
        cycle = self._cycle
        if message["type"] == "http.response.start" and self._start is None and not cycle.response_started:
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            if self._is_written(start, message):
                return
            await cycle.send(start)  # type: ignore[arg-type]  # as above
        await cycle.send(message)  # type: ignore[arg-type]  # as above

    def write_whole(self, status: int, headers: bytes, body: bytes) -> bool:
        """Write a whole answer; False, and nothing is written, where an answer has to be sent as messages.

        `headers` are lines, each with its end, and none about the connection.
        """
        cycle = self._cycle
        is_plain = cycle.keep_alive and not (
            cycle.response_started or cycle.disconnected or cycle.flow.write_paused or cycle.access_log
        )
        if not is_plain or cycle.scope["method"] == "HEAD":
            return False
        cycle.response_started = cycle.response_complete = True
        self._protocol.write_pieces(cycle.default_headers, status, headers, body)
        if "message_event" in cycle.__dict__:
            cycle.message_event.set()
        cycle.on_response()
        return True

    def _is_written(self, start: MutableMapping[str, Any], message: MutableMapping[str, Any]) -> bool:
        """Write an answer that is complete and has the announced length; False for any other."""
        cycle, body = self._cycle, message.get("body", b"")
        is_plain = cycle.keep_alive and not (cycle.disconnected or cycle.flow.write_paused or cycle.access_log)
        if not is_plain or message.get("more_body") or cycle.scope["method"] == "HEAD":
            return False
        pieces, announced = [STATUS_LINE[start["status"]]], None
        headers = [*cycle.default_headers, *start["headers"]]
        for name, value in headers:
            if name == b"content-length":
                announced = value
            elif name in _FOR_UVICORN:
                return False
            pieces += (name, b": ", value, b"\r\n")
        head = b"".join(pieces)
        if announced != b"%d" % len(body) or not head.count(b"\r") == head.count(b"\n") == len(headers) + 1:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.transport.write(b"%b\r\n%b" % (head, body))
        cycle.message_event.set()
        cycle.on_response()
        return True


def _raising(error: BaseException) -> Any:
    async def app(*_: Any) -> None:
        raise error

    return app


async def _doing_nothing(*_: Any) -> None:
    pass


@types.coroutine
def _resumed(call: Any, awaited: Any) -> Generator[Any, Any, None]:
    """The rest of a coroutine that has been started and awaits something, for a task to run."""
    while True:
        try:
            sent = yield awaited
        except BaseException as error:
            thrown: BaseException | None = error
        else:
            thrown = None
        try:
            awaited = call.send(sent) if thrown is None else call.throw(thrown)
        except StopIteration:
            return
