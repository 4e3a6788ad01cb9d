"""The stage of faults on demand. It comes behind security when a world first has some, not before."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from ..eager import BREAK_OFF
from ..lab.faults import ERRORS
from ..worlds import Worlds
from .call import SCOPE_KEY, Call
from .throttling import Throttled


class Faults:
    """Knows where each operation's faults would take place."""

    def __init__(self, worlds: Worlds) -> None:
        self._places: list[Throttled] = []
        self._is_in_place = False
        worlds.when_faulty(self.put_in_place)

    def add(self, before: Throttled) -> None:
        """Look for faults of an operation's calls behind `before`, from when there are any."""
        self._places.append(before)
        if self._is_in_place:
            before.next_app = _Faulty(before.next_app)

    def put_in_place(self) -> None:
        """Look for them from now on."""
        if self._is_in_place:
            return
        self._is_in_place = True
        for before in self._places:
            before.next_app = _Faulty(before.next_app)


class _Faulty:
    """One operation's calls, each with the fault that it meets."""

    def __init__(self, next_app: ASGIApp) -> None:
        self._next_app = next_app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call: Call = scope[SCOPE_KEY]
        plan = call.session.world.faults if call.session is not None else None
        rule = plan.meet(call.operation or "") if plan is not None else None
        if rule is None:
            await self._next_app(scope, receive, send)
            return
        if rule.delay:
            await asyncio.sleep(rule.delay)
        if rule.error is not None:
            raise ERRORS[rule.error]
        try:
            await self._next_app(scope, receive, send)
        finally:
            break_off = scope.get("extensions", {}).get(BREAK_OFF)
            if rule.lost and break_off is not None:
                call.is_lost = True
                await break_off()
