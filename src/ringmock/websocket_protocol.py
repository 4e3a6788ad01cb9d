"""uvicorn's WebSocket protocol, which ends what it cannot take by a close code, and opens in time or not at all."""

import logging
from asyncio import BaseTransport
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Response
from websockets.server import ServerProtocol

from .http import errors, refused
from .server_limits import DEFAULT, ServerLimits

INVALID_DATA = 1007

log = logging.getLogger("ringmock")


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """For `uvicorn.Config(ws=...)`."""

    def __init__(self, *args: Any, limits: ServerLimits = DEFAULT, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = limits
        self.conn = _Handshakes(
            extensions=self.conn.available_extensions, max_size=self.config.ws_max_size, logger=_silent
        )

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.loop.call_later(self._limits.handshake_timeout, self._end_unopened, errors.RequestTimeout())

    def _end_unopened(self, problem: Exception) -> None:
        if self.handshake_complete or self.transport.is_closing():
            return
        self.handshake_complete = self.close_sent = True
        self.transport.write(refused.answer(problem))
        self.transport.close()

    def handle_parser_exception(self) -> None:
        if not self.handshake_initiated:
            self._end_unopened(errors.UnparseableRequest())
        elif self.conn.close_sent is None:
            self.transport.close()
        elif not self._is_ending:
            self._end_in_order()

    _is_ending = False

    def _end_in_order(self) -> None:
        """Say the close code, and close once the client has: one that still sends would lose it otherwise."""
        assert self.conn.close_sent is not None
        self._is_ending = self.close_sent = True
        code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)

    def data_received(self, data: bytes) -> None:
        if not self._is_ending:
            super().data_received(data)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text":
            text = b"".join(self.frames)
            try:
                text.decode()
            except UnicodeDecodeError:
                self.frames = []
                if not self.close_sent:
                    self.conn.send_close(INVALID_DATA)
                    self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True  # answered, if not by an opening


class _Handshakes(ServerProtocol):
    """Says in the envelope why a handshake is none."""

    def reject(self, status: Any, text: str) -> Response:
        response = super().reject(status, text)
        _, _, body = errors.render(errors.UnparseableRequest())
        response.body = body
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body)))):
            del response.headers[name]
            response.headers[name] = value
        return response


_silent = logging.getLogger("ringmock.websockets")
_silent.setLevel(logging.CRITICAL)
