"""Calls that wait, outside of Flask: it is called in the loop's own thread once there is something to answer.

An operation with `x-waits` or `x-slices` has a coroutine `waiting_<operationId>` beside its function, in the same
module. What that returns is `ControlCall.waited`; what it raises is how the call is refused.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from flask import Flask
from starlette.types import Receive
from werkzeug.wrappers import Request

from ..world.message_journal import Wait
from ..world.walk import Walk
from ..world.world import World
from . import api
from .call import REFUSED, WAITED, ControlCall, Refused, TooBusy
from .description import Operation, operations

Coroutine = Callable[[ControlCall, "Client"], Awaitable[Any]]


class Client:
    """Who waits: as long as he is there."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._gone: asyncio.Task[Any] | None = None

    @property
    def is_gone(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._gone is not None and self._gone.done()

    async def wait(self, changed: "asyncio.Future[None]", seconds: float | None) -> None:
        """Until that is done, the client is gone or the real time is over."""
        if self._gone is None:
            self._gone = asyncio.get_running_loop().create_task(self._disconnected())
        await asyncio.wait({changed, self._gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def end(self) -> None:
        """Look after him no more."""
        if self._gone is not None:
            self._gone.cancel()


class Waiting:
    """The calls of a server that wait."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._operations: Sequence[tuple[re.Pattern[str], Operation, Coroutine]] = [
            (
                _pattern(each),
                each,
                getattr(import_module(f".{each.module}", __package__), f"waiting_{each.id}"),
            )
            for each in operations()
            if each.waits or each.is_sliced
        ]
        self._most = app.extensions["ringmock.sign_in.worlds"].limits.max_waits
        self.count = 0
        """How many wait now."""

    def is_for(self, method: str, path: str) -> bool:
        """Whether a call may have to wait."""
        return self._found(method, path) is not None

    def _found(self, method: str, path: str) -> "tuple[re.Match[str], Operation, Coroutine] | None":
        for pattern, operation, waiting in self._operations:
            match = pattern.fullmatch(path)
            if match is not None and operation.method == method:
                return match, operation, waiting
        return None

    async def waited(self, environ: dict[str, Any], receive: Receive) -> dict[str, Any]:
        """Wait; what is to be added to the environment of the call."""
        client = Client(receive)
        try:
            request = Request(environ, populate_request=False)
            found = self._found(environ["REQUEST_METHOD"], request.path)
            assert found is not None
            match, operation, waiting = found
            call = api.read(operation, request, match.groupdict(), self._app)
            if not operation.waits:
                return {WAITED: replace(call, waited=await waiting(call, client))}
            if self.count >= self._most:
                raise TooBusy(f"{self._most} calls wait already (--max-waits): let some of them end.")
            self.count += 1
            try:
                return {WAITED: replace(call, waited=await waiting(call, client))}
            finally:
                self.count -= 1
        except Refused as refused:
            return {REFUSED: refused.with_traceback(None)}
        finally:
            client.end()
            environ["wsgi.input"].seek(0)


def _pattern(operation: Operation) -> re.Pattern[str]:
    """Whole paths of an operation, with its parameters by their names."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(operation.path)))


async def wait_for(world: World, wait: Wait, client: Client, seconds: float, changed: "Changed") -> bool:
    """Whether a wait was met within so many real seconds; what has happened already counts.

    Raises what keeps it from being met.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    world.message_journal.begin(wait)
    world.hold()
    try:
        while True:
            if wait.problem is not None:
                raise wait.problem
            now = world.clock.now()
            if len(wait.met(now)) >= wait.count:
                return True
            left = deadline - loop.time()
            if left <= 0 or client.is_gone or world.is_closed:
                return False
            change = wait.next_change(now)
            if change is not None and not world.clock.is_frozen:
                left = min(left, max((change - now).total_seconds(), 0.001))
            await client.wait(changed.next(), left)
    finally:
        world.release()
        world.message_journal.end(wait)


async def advance_until(world: World, wait: Wait, client: Client) -> bool:
    """Whether a wait was met by moving the world's clock along what is due. Raises what keeps it from being met."""

    def is_met() -> bool:
        return wait.problem is not None or client.is_gone or len(wait.met(world.clock.now())) >= wait.count

    world.message_journal.begin(wait)
    world.hold()
    try:
        walk = Walk(world, None, is_met)
        while not walk.step():
            await asyncio.sleep(0)
        if wait.problem is not None:
            raise wait.problem
        return len(wait.met(world.clock.now())) >= wait.count
    finally:
        world.release()
        world.message_journal.end(wait)


class Changed:
    """Says, once for each time that it is asked, that something is different."""

    def __init__(self) -> None:
        self._future: asyncio.Future[None] | None = None

    def __call__(self) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def next(self) -> "asyncio.Future[None]":
        """Done with the next change."""
        self._future = asyncio.get_running_loop().create_future()
        return self._future
