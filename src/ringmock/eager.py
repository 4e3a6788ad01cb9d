"""uvicorn's HTTP protocol for an application that never waits: a call that came whole is answered on the spot.

uvicorn starts a task for each request as soon as its headers are there, and the task then waits for the body. Here
a request whose body came in the same piece of data runs at once, without a task, and an answer of one piece goes out
in one write. Whatever waits, and comes or goes in several pieces, goes on as uvicorn has it.
"""

import asyncio
import types
from collections.abc import Generator, MutableMapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

_FOR_UVICORN = frozenset({b"connection", b"transfer-encoding"})
"""Headers of an answer that say how the connection goes on."""


BREAK_OFF = "ringmock.break_off"
"""The extension of a scope by which an application ends the connection without an answer."""


class EagerProtocol(HttpToolsProtocol):
    """For `uvicorn.Config(http=...)`."""

    _due: "tuple[RequestResponseCycle, Any] | None" = None
    _is_running = False
    _lost: asyncio.Event | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {BREAK_OFF: self.break_off}  # type: ignore[dict-item]  # ASGI has any, uvicorn its own

    async def break_off(self) -> None:
        """End the connection at once; whatever is sent afterwards goes nowhere."""
        self._lost = asyncio.Event()
        self.transport.abort()
        await self._lost.wait()

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

    def _run(self, cycle: RequestResponseCycle, app: Any) -> None:
        call = _Exchange(cycle).run(app)
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
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.flow.resume_reading()
            self._idle_since = self.loop.time()
            if self.timeout_keep_alive_task is None:
                self._look_again_in(self.timeout_keep_alive)
        if self._due is not None and not self._is_running:
            # The next of several requests that came together, after one that had to wait.
            (cycle, app), self._due = self._due, None
            super()._start_asgi_task(cycle, app)

    # A connection has one timer, which asks how long it has been idle; uvicorn sets a new one after each answer.

    _idle_since: float | None = None

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _look_again_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._look_again_in(left)
        else:
            super().timeout_keep_alive_handler()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._lost is not None:
            self._lost.set()
        super()._unset_keepalive_if_required()
        # Each of them refers back to the connection, and the collector does not see what has been there for long.
        self.scope = self.cycle = None  # type: ignore[assignment]  # as uvicorn has them before the first request


class _Exchange:
    """A request whose body is there, and its answer: what the application is called with."""

    __slots__ = ("_cycle", "_is_read", "_start")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._is_read = False
        self._start: MutableMapping[str, Any] | None = None

    async def run(self, app: Any) -> None:
        """Run the application; how it fails or falls short is told as uvicorn tells it."""
        cycle = self._cycle
        try:
            await app(cycle.scope, self.receive, self.send)
            if self._start is not None:
                await cycle.send(self._start)  # type: ignore[arg-type]  # any mapping of an ASGI message will do
        except BaseException as error:
            await cycle.run_asgi(_raising(error))
        else:
            if not cycle.response_complete:
                await cycle.run_asgi(_doing_nothing)

    async def receive(self) -> Any:
        """The whole body, and then nothing until the client goes away."""
        cycle = self._cycle
        if self._is_read:
            return await cycle.receive()
        self._is_read = True
        body, cycle.body = bytes(cycle.body), bytearray()
        cycle.waiting_for_100_continue = False
        cycle.message_event.clear()
        cycle.flow.resume_reading()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Keep the start until the body is there, and write both at once when it came whole."""
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

    def _is_written(self, start: MutableMapping[str, Any], message: MutableMapping[str, Any]) -> bool:
        """Write an answer that is all there and of the announced length; False for any other."""
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
