"""The async twin of a handle: what blocks there is awaited here, and the loop goes on meanwhile."""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

BLOCKING = ("wait_for_sms", "wait_for_page", "expect_no_sms", "expect_no_page")
"""What waits for something to happen, and so is never called in a running loop."""


class WouldBlock(RuntimeError):
    """A call that waits, made where an event loop runs: the loop would stand still, and the client in it."""


def check_no_loop(name: str) -> None:
    """Raise `WouldBlock` where an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise WouldBlock(
        f"{name} waits, and would stop the event loop that runs here: await it of the async twin, as in"
        f" `await ringmock.twin.{name}(...)` or of the fixture async_ringmock"
    )


class AsyncTwin:
    """A handle whose every method is awaited, and whose values are methods: `await twin.journal()`.

    `await twin.wait_for_sms(to="14151003732")`, `await (await twin.handset("1415...")).messages()`. It takes what the
    handle takes, and raises what it raises.
    """

    def __init__(self, of: Any) -> None:
        self._of = of

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        known = inspect.getattr_static(type(self._of), name, None)
        if isinstance(known, property):
            return functools.partial(asyncio.to_thread, getattr, self._of, name)
        found = getattr(self._of, name)
        if name == "handset":
            return _handset(found)
        if name in _PARTS:
            return AsyncTwin(found)
        return _awaited(found) if callable(found) else found


_PARTS = ("clock", "expect")
"""What has methods of its own."""


def _handset(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def handset(phone_number: str) -> AsyncTwin:
        return AsyncTwin(await asyncio.to_thread(function, phone_number))

    return handset


def _awaited(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(function)
    async def awaited(*given: Any, **named: Any) -> Any:
        return await asyncio.to_thread(function, *given, **named)

    return awaited
