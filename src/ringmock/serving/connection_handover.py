"""The protocol of a connection that its process may hand over to another one, before it has answered a request.

The connection itself is handed over, with what has been read of the request. One of TLS, which only this process can
read, or to a process on another machine, is relayed from then on.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Mapping, MutableSet
from functools import partial
from typing import Any, cast

from ..http.call import HAND_OVER, HEADERS
from .committed import CommittedHttpProtocol, CommittedTransport
from .http_protocol import BETWEEN
from .inner import Arrived, PeerAway, Peers
from .request_head_cache import KnownHead
from .websocket_protocol import WebSocketProtocol
from .write_timeout import WriteTimeout

_DRAIN_SECONDS = 0.001


class HandedOverProtocol(CommittedHttpProtocol):
    """For a process among several."""

    def __init__(
        self,
        *args: Any,
        peers: Peers,
        has_plain: Callable[[Any, Mapping[bytes, bytes]], bool],
        arrived: Arrived | None = None,
        **kwargs: Any,
    ) -> None:
        """`has_plain`: see `worker.Worker`. `arrived`: of a connection that comes from another process."""
        super().__init__(*args, **kwargs)
        self._has_plain = has_plain
        self._peers, self._arrived = peers, arrived
        self.is_final = arrived is not None and arrived.is_final
        """Whether the request is to be answered here, wherever its world is."""
        self._raw: list[bytes] | None = None
        """What was read of the request, as long as nobody has decided where it is answered."""
        self._socket: WebSocketProtocol | None = None
        self._hops = 0 if arrived is None else arrived.hops
        self.is_gone = False
        """Whether its client has left."""

    @property
    def is_last(self) -> bool:
        """Whether it ends with this answer: one that is relayed twice would have a longer way each time."""
        return self._hops > 1

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if self._arrived is not None:
            arrived, self._arrived = self._arrived, self._arrived._replace(raw=b"")
            self.client, self.server, self.scheme = arrived.client, arrived.server, cast(Any, arrived.scheme)
            self._of_connection.update(client=self.client, server=self.server, scheme=self.scheme)
            self.data_received(arrived.raw)

    def data_received(self, data: bytes) -> None:
        is_idle = self._phase is BETWEEN and (self.cycle is None or self.cycle.response_complete)
        if is_idle and self._known is None:
            self._raw = [data]
        elif self._raw is not None:
            self._raw.append(data)
        super().data_received(data)

    def extensions(self) -> dict[str, Any]:
        return {**super().extensions(), HAND_OVER: self}

    def opened(self, protocol: WebSocketProtocol) -> None:
        self._socket = protocol
        protocol.client, protocol.server = self.client, self.server
        protocol.scheme = "wss" if self.scheme == "https" else "ws"
        protocol.more_extensions = {HAND_OVER: self}

    def _answered_by(self, head: KnownHead, body: bytes) -> Any:
        """As the other one does, of a call that is this process's."""
        if self.is_last or not self._has_plain(head.scope, head.scope[HEADERS][1]):
            return self.app
        self.decided()
        return super()._answered_by(head, body)

    def decided(self) -> None:
        """The request is answered here."""
        self._raw, self.is_final = None, False

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_gone = True
        super().connection_lost(exc)

    async def hand_over(self, place: int, *, slot: int | None = None, is_final: bool = False) -> None:
        """Let another process answer the request, and those that come after it. Raises `PeerAway`.

        One that came together with others before it cannot be handed over: the connection is closed after the answers
        to those, and its client sends it again on another (RFC 9112, 9.3.2).
        """
        transport = self._transport_below()
        transport.pause_reading()
        self._lost = asyncio.Event()
        if self._raw is None or self.transport.is_closing():
            self.transport.close()
            await self._lost.wait()
            return
        while transport.get_write_buffer_size():
            await asyncio.sleep(_DRAIN_SECONDS)
        given = Arrived(self._read_so_far(), self.client, self.server, str(self.scheme), is_final, slot, self._hops)
        if self._peers.is_elsewhere or transport.get_extra_info("sslcontext") is not None:
            await self._relay(place, given._replace(hops=self._hops + 1), transport)
            return
        copy = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
        try:
            await self._peers.give(place, given, copy)
        except BaseException:
            transport.resume_reading()
            raise
        finally:
            copy.close()
        self._end_here()
        transport.set_protocol(asyncio.Protocol())
        transport.abort()

    def _read_so_far(self) -> bytes:
        assert self._raw is not None
        later = b"" if self._socket is None else self._socket.read_later
        return b"".join([*self._raw, later])

    def _transport_below(self) -> asyncio.Transport:
        held: Any = self.transport
        return held.below if isinstance(held, CommittedTransport) else self.transport

    def _end_here(self) -> None:
        """Nobody is answered here any more, and nothing is closed but by who calls it."""
        ended: asyncio.Protocol = self
        if self._socket is not None:
            ended = self._socket
            self._socket.handshake_complete = self._socket.close_sent = True
        ended.connection_lost(ConnectionAbortedError())
        if self._socket is not None:
            self._socket.close_timer = self.loop.call_later(0, _nothing)

    async def _relay(self, place: int, given: Arrived, transport: asyncio.Transport) -> None:
        try:
            inner = await self._peers.relayed(place, given)
        except BaseException:
            transport.resume_reading()
            raise
        connections = cast(MutableSet[Any], self.connections)
        seconds = self._limits.write_timeout
        outside = Relay(self.loop, seconds, transport, partial(self._refuse_if_away, place), connections)
        await self.loop.create_connection(lambda: outside.made_other(), sock=inner)
        self._end_here()
        connections.add(outside)
        transport.set_protocol(outside)
        transport.resume_reading()

    async def _refuse_if_away(self, place: int, transport: asyncio.Transport) -> None:
        """End a connection whose other end was lost without an answer, by a refusal where its process is gone."""
        try:
            await self._peers.ask(place, "there")
        except PeerAway:
            transport.write(self._unavailable())
        transport.close()


def _nothing() -> None:
    """What a timer does that only has to be there."""


class Relay(asyncio.Protocol):
    """One side of a connection whose other side writes what is read here."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        write_timeout: float,
        transport: asyncio.Transport | None = None,
        unanswered: Callable[[asyncio.Transport], Coroutine[Any, Any, None]] | None = None,
        connections: MutableSet[Any] | None = None,
    ) -> None:
        """`unanswered` ends the connection where the other side ends without a byte. `connections`: of the server.

        What nobody reads for `write_timeout` seconds ends it, too.
        """
        self._loop, self._seconds = loop, write_timeout
        self._unread: WriteTimeout | None = None
        self._transport = transport
        self._other: Relay | None = None
        self._unanswered = unanswered
        self._takes_ends = transport is not None and transport.get_extra_info("sslcontext") is None
        self._ending: asyncio.Task[None] | None = None
        self._connections = set() if connections is None else connections
        self._is_last = False
        """Whether the other side gets nothing more."""

    def made_other(self) -> "Relay":
        """The other side of it."""
        made = Relay(self._loop, self._seconds)
        made._other, self._other = self, made
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def shutdown(self) -> None:
        """The server ends: the call that is under way is answered, and no other one."""
        other = None if self._other is None else self._other._transport
        self._is_last = True
        if other is not None:
            other.write_eof()

    def data_received(self, data: bytes) -> None:
        if self._other is not None and not self._is_last:
            self._other._write(data)

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            return
        self._unanswered = None
        self._transport.write(data)
        self._unread = self._unread or WriteTimeout(self._loop, self._transport, self._seconds)
        self._unread.written()

    def eof_received(self) -> bool:
        """Whether the connection stays: a client that has ended its side gets its answer."""
        other = None if self._other is None else self._other._transport
        if other is None or not self._takes_ends:
            return False
        other.write_eof()
        return True

    def pause_writing(self) -> None:
        if self._other is not None and self._other._transport is not None:
            self._other._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._other is not None and self._other._transport is not None:
            self._other._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._unread is not None:
            self._unread.end()
        other, self._other = self._other, None
        if other is None or other._transport is None:
            return
        other._other = None
        if other._unanswered is None:
            other._transport.close()
        else:
            other._ending = asyncio.get_running_loop().create_task(other._unanswered(other._transport))
