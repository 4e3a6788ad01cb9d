"""The fast path: a plain call passes all stages in one function call.

Each stage has a part for each operation. Here the parts run one after the other, without a coroutine for each. A call
that any part cannot decide goes through the stages one by one, with the same result: each refusal has one wording, and
only the stages wait.
"""

from collections.abc import Mapping
from typing import NamedTuple

from starlette.types import Message, Receive, Scope, Send

from ..server_limits import ServerLimits
from . import request_normalisation as normalisation
from .call import WHOLE_BODY, Call
from .compiled import AnswerOperation, RequestOperation
from .errors import InvalidUri, MethodNotAllowed
from .limits_and_faults import LimitsAndFaultsOperation
from .stages import (
    JSON,
    HandlerOperation,
    RequestNormalisation,
    Routing,
    SecurityOperation,
    Staged,
    check_path,
    read_body,
    remembered,
)


class FastRoute(NamedTuple):
    """The parts of one operation, and what its path says."""

    operation_id: str
    path_params: Mapping[str, str]
    security: SecurityOperation
    lab: LimitsAndFaultsOperation
    request: RequestOperation
    answer: AnswerOperation
    handler: HandlerOperation


class FastPath:
    """Answers plain calls before the stages from `RequestNormalisation` on."""

    def __init__(self, app: RequestNormalisation, limits: ServerLimits) -> None:
        self.app = app
        self._longest_path = limits.max_path
        self.most_content = min(limits.max_body, limits.max_batch_body)
        self.route_of = remembered(self._route_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    async def answering(self, call: Call, scope: Scope, receive: Receive) -> Receive | None:
        """Put the answer on a plain call, None; for any other call, how the stages read its body.

        Raises what the stages would raise.
        """
        route = self.route_of(scope["method"], scope["path"])
        if route is None or not is_plain(call.headers, scope["query_string"]):
            return receive
        content = getattr(receive, WHOLE_BODY, None)
        if content is None or len(content) > self.most_content:
            content = await read_body(call, scope, receive)
        call.content = content
        scope["path_params"] = route.path_params
        if not self.is_done(call, scope, route):
            return whole(content)
        if call.work is not None:
            await self.finish(call, route)
        return None

    async def finish(self, call: Call, route: FastRoute) -> None:
        """Do the work that is left. Raises what the stages would raise."""
        await route.handler.finish(call)
        route.answer.check(call)

    def is_done(self, call: Call, scope: Scope, route: FastRoute) -> bool:
        """Whether the call has been answered, or has only work left to do. `scope` has what the path says.

        Raises what the stages would raise for a call like this.
        """
        call.operation = route.operation_id
        if call.content:
            if b"content-type" not in call.headers:
                return False
            call.media_type = JSON
        route.security.enter(call, scope)
        if not route.lab.passes(call):
            return False
        if not route.request.accepts(scope, call):
            route.request.refuse(scope, call)
            return False
        route.handler.handle(call)
        route.answer.check(call)
        return True

    def _route_of(self, method: str, path: str) -> FastRoute | None:
        """The parts for a call to this path; None for other stages, or a path that would be refused."""
        routing = self.app.app
        assert isinstance(routing, Routing)
        assert isinstance(routing.app, Staged)
        try:
            check_path(path, self._longest_path)
            operation_id, path_params = routing.find(method, path)
        except (InvalidUri, MethodNotAllowed):
            return None
        security = routing.app.part(operation_id)
        lab = getattr(security, "next_app", None)
        request = getattr(lab, "next_app", None)
        answer = getattr(request, "next_app", None)
        handler = getattr(answer, "next_app", None)
        if (
            operation_id is not None
            and isinstance(security, SecurityOperation)
            and isinstance(lab, LimitsAndFaultsOperation)
            and isinstance(request, RequestOperation)
            and isinstance(answer, AnswerOperation)
            and isinstance(handler, HandlerOperation)
        ):
            return FastRoute(operation_id, path_params, security, lab, request, answer, handler)
        return None


def is_plain(headers: Mapping[bytes, bytes], query: bytes) -> bool:
    """Whether a call has its plain method and, with a body, the usual content type of JSON."""
    return not (
        normalisation.METHOD_HEADER in headers
        or normalisation.METHOD_PARAMETER in query
        or b"content-encoding" in headers
        or headers.get(b"content-type", b"application/json") != b"application/json"
    )


def whole(content: bytes, afterwards: Receive | None = None) -> Receive:
    """A `receive` for the stages behind, of a body that has been read; the server's own one, where it goes on."""
    given = False

    async def receive() -> Message:
        nonlocal given
        if given and afterwards is not None:
            return await afterwards()
        given = True
        return {"type": "http.request", "body": content, "more_body": False}

    return receive
