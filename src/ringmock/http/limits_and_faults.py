"""The stage of rate limits and faults on demand. It does nothing for a call whose world has neither."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from ..lab.limits import Group
from ..sign_in.worlds import Worlds
from .call import SCOPE_KEY, Call
from .faults import with_its_fault
from .throttling import Throttling, caller_of


class LimitsAndFaultsOperation:
    """One operation's calls: each is counted, then meets its fault, then continues."""

    def __init__(self, next_app: ASGIApp, throttling: Throttling | None, worlds: Worlds) -> None:
        """`throttling` is None for an operation that has no limit in any world."""
        self.next_app = next_app
        self._throttling = throttling
        self._worlds = worlds

    def passes(self, call: Call) -> bool:
        """Whether the call continues unchanged. For a call without a session the world is determined first, if calls
        are counted.
        """
        if call.session is None:
            return self._throttling is None and not self._worlds.default.has_limits_or_faults
        return not call.session.world.has_limits_or_faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call: Call = scope[SCOPE_KEY]
        if self.passes(call):
            await self.next_app(scope, receive, send)
            return
        caller = caller_of(call, scope["query_string"], self._worlds)
        if self._throttling is not None:
            self._throttling.count(call, caller)
        if caller.world is None:
            await self.next_app(scope, receive, send)
        else:
            await with_its_fault(self.next_app, scope, receive, send, caller.world, caller.user or None)
        if call.answer is not None and call.rate_limit:
            call.answer = call.answer._replace(headers=(*call.answer.headers, *call.rate_limit))


class LimitsAndFaults:
    """Makes each operation's part, by its group in the contract."""

    def __init__(self, worlds: Worlds, groups: Mapping[str, Group]) -> None:
        """`groups` are the usage plan groups of the operations that have a limit, by operationId."""
        self._worlds = worlds
        self._groups = groups

    def before(self, next_app: ASGIApp, operation_id: str) -> LimitsAndFaultsOperation:
        """The part of an operation that passes calls to `next_app`."""
        group = self._groups.get(operation_id)
        return LimitsAndFaultsOperation(next_app, None if group is None else Throttling(group), self._worlds)
