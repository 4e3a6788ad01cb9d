"""An application that is made with the first call of it."""

import asyncio
import threading
from typing import Any

import pytest

from ringmock.control.lazy_app import OnDemand


class Made:
    """An application whose making takes until it is let go."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.times, self.called = 0, 0
        self.thread: threading.Thread | None = None
        self.may_end = threading.Event()
        self._failure = failure

    def __call__(self) -> Any:
        self.times += 1
        self.thread = threading.current_thread()
        assert self.may_end.wait(30)
        if self._failure is not None:
            raise self._failure
        return self.app

    async def app(self, *_: object) -> None:
        self.called += 1


async def called(app: OnDemand) -> None:
    await app({}, nothing, nothing)


async def nothing(*_: object) -> Any:
    raise AssertionError


def test_nothing_is_made_before_the_first_call() -> None:
    made = Made()
    OnDemand(made)
    assert made.times == 0


def test_the_loop_goes_on_while_it_is_made_and_all_calls_have_the_same() -> None:
    made = Made()

    async def run() -> None:
        app = OnDemand(made)
        calls = [asyncio.create_task(called(app)) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(call.done() for call in calls)
        calls.pop().cancel()
        made.may_end.set()
        await asyncio.gather(*calls)
        await called(app)

    asyncio.run(run())
    assert (made.times, made.called) == (1, 3)
    assert made.thread is not None
    made.thread.join(30)
    assert not made.thread.is_alive()


def test_each_call_of_what_cannot_be_made_says_why() -> None:
    made = Made(ImportError("no Flask"))
    made.may_end.set()

    async def run() -> None:
        app = OnDemand(made)
        for _ in range(2):
            with pytest.raises(ImportError, match="no Flask"):
                await called(app)

    asyncio.run(run())
    assert made.times == 1
