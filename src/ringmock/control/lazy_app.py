"""An ASGI application that is made with the first call of it, while everything else is served."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from starlette.types import ASGIApp, Receive, Scope, Send


class OnDemand:
    """Makes it in a thread, which ends with that: it takes 40 ms, by which a start is shorter."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        """`make` is called once. What it raises, each call raises."""
        self._make = make
        self._made: Future[ASGIApp] | None = None
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            self._app = await asyncio.shield(asyncio.wrap_future(self._making()))
        await self._app(scope, receive, send)

    def _making(self) -> "Future[ASGIApp]":
        if self._made is None:
            with_one = ThreadPoolExecutor(1, "ringmock-control")
            self._made = with_one.submit(self._make)
            with_one.shutdown(wait=False)
        return self._made
