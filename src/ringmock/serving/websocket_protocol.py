"""uvicorn's WebSocket protocol with close codes for invalid input, and a time-out for the handshake."""

import logging
from asyncio import BaseTransport, Transport
from collections.abc import Generator, Mapping
from http import HTTPStatus
from typing import Any, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from ..http import errors, parser_refusals
from ..http.call import JSON_ANSWER
from ..server_limits import DEFAULT, ServerLimits
from .write_timeout import WriteTimeout

INVALID_DATA = 1007
VERSION_HEADER, VERSION = "Sec-WebSocket-Version", "13"

log = logging.getLogger("ringmock")


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=...)`, begun by `open`."""

    _is_ending = False
    _has_ended = False
    _early = b""
    _early_with_head = 0
    more_extensions: Mapping[str, Any] = {}
    """What its scope has besides those of ASGI."""

    def __init__(self, *args: Any, limits: ServerLimits = DEFAULT, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self.conn = _Connection(
            extensions=self.conn.available_extensions, max_size=self.config.ws_max_size, logger=_silent
        )

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._write_timeout = WriteTimeout(self.loop, cast(Transport, transport), self._limits.write_timeout)
        self._opens = self.loop.call_later(self._limits.handshake_timeout, self._end_unopened, errors.RequestTimeout())

    def open(self, target: bytes, headers: list[tuple[bytes, bytes]], early: bytes) -> None:
        """Begin with a request that was read, and with what its client sent before it was answered."""
        self._early, self._early_with_head = early, len(early)
        given = [(name.decode("ascii"), value.decode("ascii", "surrogateescape")) for name, value in headers]
        self.handle_connect(Request(target.decode("ascii"), Headers(given)))
        if self.handshake_complete:  # refused
            self._write_timeout.written()
        else:
            self.scope["extensions"].update(self.more_extensions)

    @property
    def read_later(self) -> bytes:
        """What its client has sent after its request, and before an answer."""
        return self._early[self._early_with_head :]

    def _end_unopened(self, problem: Exception) -> None:
        if self.handshake_complete or self.transport.is_closing():
            return
        self.handshake_complete = self.close_sent = True
        self.transport.write(parser_refusals.answer(problem))
        self._write_timeout.written()
        self.transport.close()

    def handle_parser_exception(self) -> None:
        if self.conn.close_sent is None:
            self.transport.close()
        elif not self._is_ending:
            self._end_in_order()

    def _end_in_order(self) -> None:
        """Send the close code, and disconnect when the client has closed: a client that still sends would lose the code
        otherwise.
        """
        assert self.conn.close_sent is not None
        self._is_ending = self.close_sent = True
        code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._write_timeout.written()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._read_on()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)

    def _read_on(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._is_ending:
            return
        if self.handshake_complete:
            super().data_received(data)
            return
        self._early += data
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn closes at once
        """Whether the connection stays: a handshake is answered, open ones end without a close."""
        self._has_ended = not self.handshake_complete
        return self._has_ended and self.scheme == "ws"

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._opens.cancel()
        self._write_timeout.end()
        # The parser's own frame refers back to the connection, too.
        self.conn.parser.close()
        for problem in (self.conn.parser_exc, self.conn.handshake_exc):
            if problem is not None:
                errors.without_frames(problem)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            text = b"".join(self.frames)
            try:
                text.decode()
            except UnicodeDecodeError:
                self.frames = []
                if self.conn.state is State.OPEN:  # the same data may contain the client's close as well
                    self.conn.send_close(INVALID_DATA)
                    self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        if self._is_ending:
            return
        if self.writable.is_set():
            super().handle_ping()
            self._write_timeout.written()
        else:
            self.conn.data_to_send()  # a client that reads no pongs is owed none (RFC 6455, 5.5.3)

    def handle_cont(self, event: Frame) -> None:
        if self._is_ending:
            return
        most = self._limits.max_frame_parts
        if len(self.frames) < most:
            super().handle_cont(event)
        elif self.conn.state is State.OPEN:
            self.frames = []
            self.conn.send_close(CloseCode.MESSAGE_TOO_BIG, f"a message has at most {most} frames")
            self.handle_parser_exception()

    async def send(self, message: Any) -> None:
        if self._is_ending:
            raise ClientDisconnected
        await super().send(message)
        self._write_timeout.written()
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True  # answered, if not by an opening
        elif message["type"] == "websocket.accept":
            self._take_what_came_early()

    def _take_what_came_early(self) -> None:
        early, self._early = self._early, b""
        if early:
            self.data_received(early)
        if self._has_ended:
            self.transport.close()
        elif self.queue.empty():
            self._read_on()


class _Connection(ServerProtocol):
    """A connection from its frames on; says in the envelope why it cannot be one."""

    def parse(self) -> Generator[None, None, None]:
        return super(ServerProtocol, self).parse()

    def reject(self, status: Any, text: str) -> Response:
        problem, failure = self.handshake_exc, errors.InternalError()
        more = {}
        if problem is not None:
            status = HTTPStatus.BAD_REQUEST if HTTPStatus(status) >= HTTPStatus.INTERNAL_SERVER_ERROR else status
            if VERSION_HEADER in str(problem):
                status, more = HTTPStatus.UPGRADE_REQUIRED, {VERSION_HEADER: VERSION}
            if HTTPStatus(status) is HTTPStatus.UPGRADE_REQUIRED:
                more = {**more, "Upgrade": "websocket"}
        _, _, body = errors.render(failure if problem is None else errors.HandshakeRefused(_printable(problem)))
        response = super().reject(status, "")
        for name, value in {"Content-Type": JSON_ANSWER, "Content-Length": str(len(body)), **more}.items():
            if name in response.headers:
                del response.headers[name]
            response.headers[name] = value
        response.body = body
        return response


def _printable(problem: Exception) -> str:
    """What is wrong, without a byte of the client's that no text has."""
    return str(problem).encode("ascii", "backslashreplace").decode()[:200]


_silent = logging.getLogger("ringmock.websockets")
_silent.setLevel(logging.CRITICAL)
