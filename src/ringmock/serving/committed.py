"""Answers that wait until what they say is on the disk.

With a state, whatever a connection writes while something is still to be committed waits for the commit, answers to
reads too: they may be about it. Where it fails, a call gets 503 instead.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send

from ..http import parser_refusals
from ..http.errors import StateUnavailable
from ..http.known_calls import KNOWN_CALLS, KnownCalls
from ..world.history.log import GroupCommit
from .http_protocol import HttpProtocol, origin_form

_ANSWER = b"HTTP/1.1 "


class CommittedTransport:
    """A transport whose output goes out after the commit of what was pending when it was written."""

    def __init__(self, transport: asyncio.Transport, commits: GroupCommit, refusal: Callable[[], bytes]) -> None:
        """`refusal` makes what is written instead of an answer."""
        self._transport = transport
        self._commits = commits
        self._refusal = refusal
        self._held: list[tuple[int, bytes]] = []
        """Each with the number of the commit that it waits for."""
        self._then: Callable[[], None] | None = None
        """What is to be done with the transport afterwards."""

    @property
    def is_holding(self) -> bool:
        """Whether something that was written waits."""
        return bool(self._held)

    @property
    def below(self) -> asyncio.Transport:
        """The transport itself."""
        return self._transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: Any) -> None:
        """Write it now, or later."""
        if not self._held and not self._commits.is_pending:
            self._transport.write(data)
        else:
            self._held.append((self._commits.hold(self), bytes(data)))

    def writelines(self, pieces: Any) -> None:
        """Write them as one."""
        self.write(b"".join(pieces))

    def close(self) -> None:
        """Close it after what is written."""
        self._do_then(self._transport.close)

    def write_eof(self) -> None:
        """End this side after what is written."""
        self._do_then(self._transport.write_eof)

    def _do_then(self, done: Callable[[], None]) -> None:
        if self._held:
            self._then = done
        else:
            done()

    def abort(self) -> None:
        """Close it at once."""
        self._held, self._then = [], None
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether nothing more is written."""
        return self._then is not None or self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        """What waits, for whatever reason."""
        return self._transport.get_write_buffer_size() + sum(len(data) for _, data in self._held)

    def release(self, number: int) -> None:
        """What waited for this commit is kept, and what waited for those before it."""
        if self._held and self._held[-1][0] <= number:
            held, self._held = self._held, []
            then, self._then = self._then, None
        else:
            held = [each for each in self._held if each[0] <= number]
            del self._held[: len(held)]
            then = None
        if not held or self._transport.is_closing():
            return
        self._transport.write(held[0][1] if len(held) == 1 else b"".join([data for _, data in held]))
        if then is not None:
            then()

    def refuse(self) -> None:
        """It cannot be kept: whoever asked is refused, and whoever has half of an answer is sent nothing more."""
        held, self._held, self._then = self._held, [], None
        if not held or self._transport.is_closing():
            return
        if held[0][1].startswith(_ANSWER):
            self._transport.write(self._refusal())
            self._transport.close()
        else:
            self._transport.abort()


class CommittedHttpProtocol(HttpProtocol):
    """For a server with a state."""

    def __init__(self, *args: Any, commits: GroupCommit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._commits = commits

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        held = CommittedTransport(transport, self._commits, self._unavailable)
        super().connection_made(cast(asyncio.Transport, held))

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn closes at once
        """As the other one does: an answer that waits is owed, too."""
        is_owed = super().eof_received()
        transport: Any = self.transport
        if is_owed or self.scheme != "http" or not transport.is_holding:
            return is_owed
        self.transport.close()  # once it is written
        return True

    def _unavailable(self) -> bytes:
        target = origin_form(self.url or b"")[0].removeprefix(self._base_path)
        return parser_refusals.answer(StateUnavailable(), target)


class WhileAvailable:
    """An application of which nothing is called while nothing can be kept: every call is answered 503."""

    def __init__(self, app: ASGIApp, commits: GroupCommit) -> None:
        self._app = app
        self._commits = commits

    @property
    def known_calls(self) -> KnownCalls | None:
        """See `known_calls.KNOWN_CALLS`."""
        return getattr(self._app, KNOWN_CALLS, None) if self._commits.is_available() else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._commits.is_available():
            await self._app(scope, receive, send)
        else:
            await parser_refusals.refuse(StateUnavailable(), scope["path"], scope, receive, send)
