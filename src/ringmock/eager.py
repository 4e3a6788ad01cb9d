"""uvicorn's HTTP protocol for an application that never waits: a call that came whole is answered on the spot.

uvicorn starts a task for each request as soon as its headers are there, and the task then waits for the body. Here
a request whose body came in the same piece of data runs at once, without a task and in one write. Whatever does
wait, or comes in several pieces, goes on as uvicorn has it.
"""

import types
from collections.abc import Generator
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle


class EagerProtocol(HttpToolsProtocol):
    """For `uvicorn.Config(http=...)`."""

    _due: "tuple[RequestResponseCycle, Any] | None" = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        while self._due is not None:
            (cycle, app), self._due = self._due, None
            if cycle.more_body or cycle.disconnected:
                super()._start_asgi_task(cycle, app)
            else:
                self._run(cycle, app)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # Called while the parser is still reading: what follows the headers is not there yet.
        self._due = cycle, app

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._due is not None and not self._is_running:
            # The next of several requests that came together, after one that had to wait.
            (cycle, app), self._due = self._due, None
            super()._start_asgi_task(cycle, app)

    _is_running = False

    def _run(self, cycle: RequestResponseCycle, app: Any) -> None:
        joined = _Joined(self.transport)
        cycle.transport = joined  # type: ignore[assignment]  # the cycle writes, closes and asks whether it is closing
        call = cycle.run_asgi(app)
        self._is_running = True
        try:
            awaited = call.send(None)
        except StopIteration:
            joined.flush()
            return
        finally:
            self._is_running = False
        joined.flush()
        cycle.transport = self.transport
        task = self.loop.create_task(_resumed(call, awaited))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)


class _Joined:
    """A transport that keeps what is written until it is told, or closed."""

    __slots__ = ("_chunks", "_transport")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._chunks: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._chunks.append(data)

    def flush(self) -> None:
        if self._chunks and not self._transport.is_closing():
            self._transport.write(b"".join(self._chunks))
        self._chunks.clear()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return bool(self._transport.is_closing())


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
