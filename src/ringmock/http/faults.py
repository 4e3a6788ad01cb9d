"""A call and the fault on demand that it meets."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from ..lab.faults import ERRORS
from .call import BREAK_OFF, SCOPE_KEY, Call


async def with_its_fault(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let a call go on to `app`, or fail, come late or lose its answer, as its world wants it."""
    call: Call = scope[SCOPE_KEY]
    plan = call.session.world.faults if call.session is not None else None
    rule = plan.meet(call.operation or "") if plan is not None else None
    if rule is None:
        await app(scope, receive, send)
        return
    if rule.delay:
        life = call.here.life
        await asyncio.sleep(rule.delay)
        call.check_life(life)
    if rule.error is not None:
        raise ERRORS[rule.error]
    try:
        await app(scope, receive, send)
    finally:
        break_off = scope.get("extensions", {}).get(BREAK_OFF)
        if rule.lost and break_off is not None:
            call.is_lost = True
            await break_off()
