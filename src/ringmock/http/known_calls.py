"""The shortest way of a call: one whose head was met before, and whose answer needs no coroutine.

A head says the same each time: which operation it calls, with which headers, from which origin. It is read once, as a
`KnownCall`; its calls then pass the parts of the operation in one function call, as on the fast path.
"""

import time
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from ..world.history.moment import Moment
from .call import HEADERS, SCOPE_KEY, Call, Refused
from .fast_path import FastPath, FastRoute, is_plain
from .stages import Recorder, Refusals, Rest, base_url, is_host, usual_status

KNOWN_CALLS = "known_calls"
"""The attribute of an ASGI application that is its `KnownCalls`, or None while there are none.

They are other ones when the application has become another.
"""

Whole = tuple[int, bytes, bytes]
"""A whole answer: its status, its header lines, each with its end and none about the connection, and its body."""


class KnownCall(NamedTuple):
    """What a head says of each call that has it."""

    route: FastRoute
    scope: Scope
    """What the parts of the operation read; calls share it, and nothing changes it."""
    origin: str
    headers: Mapping[bytes, bytes]
    header_bytes: int
    """See `Call.header_bytes`."""
    has_media_type: bool
    lines: bytes | None
    """The headers of its answers that are the same each time; None where they are not."""


class KnownCalls:
    """Answers them by the stages of one application."""

    def __init__(self, recorder: Recorder, refusals: Refusals, fast_path: FastPath, moment: Moment) -> None:
        """`moment` is that of the worlds: a call is read, answered and recorded at one."""
        self._moment = moment
        self._recorder = recorder
        self._refusals = refusals
        self._fast_path = fast_path

    def read(self, scope: Scope, scheme: str) -> KnownCall | None:
        """What the head of this scope says; None for one whose calls take the usual way."""
        path, query, headers = scope["path"], scope["query_string"], scope[HEADERS][1]
        host = headers.get(b"host", b"")
        if scope["method"] == "HEAD" or not is_host(host.decode("latin-1")) or not is_plain(headers, query):
            return None
        route = self._fast_path.route_of(scope["method"], path)
        if route is None:
            return None
        lines = None if b"origin" in headers else self._recorder.lines_of(route.operation_id)
        within = {**scope, "scheme": scheme, "path_params": route.path_params}
        origin = base_url(scheme, host, None, "")
        size = sum(map(len, headers.values()))
        return KnownCall(route, within, origin, headers, size, b"content-type" in headers, lines)

    def answer(self, known: KnownCall, content: bytes) -> Whole | ASGIApp | None:
        """The whole answer to a call with this body.

        Or the application that goes on with it, where it has more work or its answer has other headers. None when it
        has to take the usual way; nothing has happened then.
        """
        moment = self._moment
        moment.at = moment.read()
        try:
            return self._answer(known, content)
        finally:
            moment.at = None

    def _answer(self, known: KnownCall, content: bytes) -> Whole | ASGIApp | None:
        began = time.perf_counter()
        if content and not (known.has_media_type and len(content) <= self._fast_path.most_content):
            return None
        recorder, scope = self._recorder, known.scope
        call = Call(scope["method"], scope["path"], known.origin, known.headers)
        call.header_bytes = known.header_bytes
        call.limits = recorder.limits
        call.query_string = scope["query_string"]
        call.content = content
        refused: Refused | None = None
        try:
            if not self._fast_path.is_done(call, scope, known.route):
                return None
        except Exception as failure:
            refused = self._refusals.refused(call, failure)
            if refused is None:
                return self._going_on(call, began, partial(_raise, failure))
        if call.work is not None:
            return self._going_on(call, began, partial(self._fast_path.finish, call, known.route))
        status = usual_status(call, refused)
        if status is None or known.lines is None:
            return self._ending(call, began, refused)
        call.status = status
        headers = recorder.head_of(call.encoded, known.lines)
        recorder.done(call, status, (time.perf_counter() - began) * 1000)
        return status, headers, call.encoded

    def _going_on(self, call: Call, began: float, rest: Rest) -> ASGIApp:
        """Does what is left to do, and answers."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope[SCOPE_KEY] = call
            running = self._refusals.run(call, scope, receive, send, self._recorder.complete, rest)
            await self._recorder.finish(call, began, running, scope, send)

        return app

    def _ending(self, call: Call, began: float, refused: Refused | None) -> ASGIApp:
        """Answers a call of which all else is done."""

        async def ready() -> Refused | None:
            return refused

        async def app(scope: Scope, _: Receive, send: Send) -> None:
            scope[SCOPE_KEY] = call
            await self._recorder.finish(call, began, ready(), scope, send)

        return app


async def _raise(failure: Exception) -> Receive | None:
    raise failure
