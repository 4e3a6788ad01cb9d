"""The server of one of several processes."""

import socket
from collections.abc import Awaitable, Callable
from typing import Any

from .connection_handover import HandedOverProtocol
from .inner import Arrived, InnerListener
from .server import Server
from .worker import Worker


class WorkerServer(Server):
    """Takes connections from its sockets, and from the other processes."""

    protocol = HandedOverProtocol

    def __init__(
        self,
        *args: Any,
        worker: Worker,
        inner: socket.socket,
        met: Callable[[socket.socket], Awaitable[object]] | None = None,
        **kwargs: Any,
    ) -> None:
        """`inner`: where the others reach this process. `met`: see `InnerListener`."""
        super().__init__(*args, protocol_options={"peers": worker.peers, "has_plain": worker.has_plain}, **kwargs)
        self._listener = InnerListener(inner, worker.answers, self._take, worker.has_slot, met)
        self._worker = worker

    async def begin(self) -> None:
        self._worker.begin(self._listener.do)
        self._listener.begin()
        await super().begin()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._listener.refuse()
        await super().shutdown(sockets)
        self._listener.end()

    async def _take(self, connection: socket.socket, arrived: Arrived) -> None:
        protocol: Any = self.config.http_protocol_class
        await self.running_loop.connect_accepted_socket(
            lambda: protocol(
                config=self.config,
                server_state=self.server_state,
                app_state=self.lifespan.state,
                arrived=arrived,
            ),
            connection,
        )
