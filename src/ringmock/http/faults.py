"""The stage of faults on demand."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from ..eager import BREAK_OFF
from ..lab.faults import ERRORS
from .call import SCOPE_KEY, Call


class Faulty:
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
