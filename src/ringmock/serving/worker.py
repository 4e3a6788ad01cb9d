"""One of several processes that serve a state: its worlds, and how calls of the others get to who has them.

A world is one process's alone, decided by its name (`sign_in.world_slots`): its calls, webhooks, timers and connections
are there, and so is its journal. Whichever process accepts a connection hands it over to the one that has the world
of its call. What is about several worlds is gathered from all.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from starlette.types import ASGIApp, Receive, Scope, Send

from ..control.server import of_server
from ..control.worlds import origin_of, shown_worlds
from ..domain.message import Outcome, Routed
from ..http import parser_refusals
from ..http.call import ELSEWHERE, HAND_OVER, WHOLE_BODY
from ..http.errors import StateUnavailable
from ..http.known_calls import KNOWN_CALLS, KnownCalls
from ..http.sockets import Sockets
from ..http.stages import CONTROL_PREFIX
from ..sign_in import sessions
from ..sign_in.id_tokens import SigningKey, shared_by_file
from ..sign_in.log_ins import session_like
from ..sign_in.sessions import TokenRefused, TokenUnknown
from ..sign_in.world_slots import slot_of_token
from ..sign_in.worlds import Worlds
from ..world.history.commands import Caller
from ..world.history.serialization import plain, value_of, written
from ..world.journal import Entry, Journal, RefusedBy
from ..world.world import World
from .inner import Answers, PeerAway, Peers
from .routing import Whereabouts, Whose

log = logging.getLogger("ringmock")

Json = Any

_T = TypeVar("_T")

_LARGEST_BODY = 65_536
"""Bytes of a body that says which world a call is about; a larger one is refused by any process."""

_LISTED = f"{CONTROL_PREFIX}worlds"
_COUNTED = (f"{CONTROL_PREFIX}usage", f"{CONTROL_PREFIX}metrics")


for _kind in (Entry, Routed, Outcome, RefusedBy, Caller):
    written(_kind)

AGAIN_SECONDS = 0.05
"""Before a process is tried again that was not reached."""


class Worker:
    """The worlds of this process, and the way to the others'."""

    def __init__(self, worlds: Worlds, peers: Peers, base_path: str = "", key: SigningKey | None = None) -> None:
        """`base_path` stands before the paths of calls; `key` is that of all processes, where no file has it."""
        self._worlds, self.peers = worlds, peers
        self.sockets = Sockets(worlds)
        self.key = key or SigningKey(partial(shared_by_file, peers.folder / "key.pem"))
        self._whose = Whose((each.client_id for each in worlds.template.applications), base_path)
        worlds.on_default = self._note_default
        self._note_default(worlds.default)
        self._tell: Callable[[Any], object] = lambda _: None
        self._under_way: Counter[int] = Counter()
        """How many calls wait for something, by the slots of their worlds."""

    def _note_default(self, world: World) -> None:
        if not self._worlds.share.has(""):
            world.journal = _JournalElsewhere(self._tell_entry)

    def has_slot(self, slot: int) -> bool:
        """Whether the worlds of a slot are this process's."""
        return self._worlds.share.has_slot(slot)

    def is_busy(self, slot: int) -> bool:
        """Whether a call is under way in a world of a slot, as one that waits for a webhook's receiver is."""
        return self._under_way[slot] > 0

    @contextmanager
    def under_way(self, slot: int) -> Iterator[None]:
        """A call in a world of this slot."""
        self._under_way[slot] += 1
        try:
            yield
        finally:
            self._under_way[slot] -= 1

    def begin(self, tell: Callable[[Any], object]) -> None:
        """`tell` runs a coroutine in the loop."""
        self._tell = tell

    @property
    def answers(self) -> Answers:
        """What the others may ask."""
        return {
            "there": lambda _: {},
            "session": self._with_places(self._session),
            "worlds": self._with_places(lambda _: shown_worlds(self._worlds)),
            "usage": self._with_places(lambda _: of_server(self._worlds)),
            "origin": self._origin,
            "entry": self._note_entry,
        }

    def _with_places(self, said: Callable[[Json], Json]) -> Callable[[Json], Json]:
        return lambda value: {"places": sorted(self._worlds.share.places), "said": said(value)}

    def of(self, app: ASGIApp) -> ASGIApp:
        """The application, for the calls of this process's worlds; the others are handed over."""
        return _Placing(app, self)

    def has_plain(self, scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a call is of the world of its token alone, and that is here: what most calls are."""
        return self.plain_slot(scope, headers) is not None

    def plain_slot(self, scope: Scope, headers: Mapping[bytes, bytes]) -> int | None:
        """The slot of the world of such a call; None for any other call."""
        token = self._whose.plain_token(scope, headers)
        if token is None:
            return None
        slot = slot_of_token(token)
        return slot if self.has_slot(slot) and self._worlds.log_ins.has_log_in(token) else None

    async def placed(self, connection: Any, scope: Scope, receive: Receive) -> "Placed | None":
        """How a call is answered here; None for one that another process answers. Raises `PeerAway`."""
        body = b""
        if self._whose.needs_body(scope):
            body, receive, is_whole = await _body(receive)
            if not is_whole:
                connection.decided()
                return Placed(receive)
        where = self._whose.of(scope, body)
        while where.slot is None or await self._is_here(where.slot, connection):
            holder = await self._holder(where)
            if holder is not None:
                await connection.hand_over(holder, is_final=True)
                return None
            await self._gather(scope, body)
            if where.slot is None or self.has_slot(where.slot):  # it may have gone meanwhile
                connection.decided()
                return Placed(receive, where.slot)
        return None

    async def _is_here(self, slot: int, connection: Any) -> bool:
        """Whether the worlds of a slot are this process's. Where they are another's, the connection is handed over.

        Where nobody is reached who has them, another one may be about to take them. Raises `PeerAway` in the end.
        """
        loop, until = asyncio.get_running_loop(), None
        while not self.has_slot(slot):
            try:
                await connection.hand_over(self.peers.of(slot), slot=slot)
                return False
            except PeerAway:
                until = until or loop.time() + self.peers.patience
                if connection.is_gone or loop.time() >= until:
                    raise
                await asyncio.sleep(AGAIN_SECONDS)
        return True

    def path_of(self, scope: Scope) -> str:
        """The path below the base path."""
        return self._whose.path_of(scope)

    async def _gather(self, scope: Scope, body: bytes) -> None:
        """Put on the scope what a call is about, and others know."""
        path = self._whose.path_of(scope)
        if scope["type"] != "http" or not path.startswith(CONTROL_PREFIX):
            return
        if path == _LISTED and scope["method"] == "GET":
            scope[ELSEWHERE] = list((await self._ask_all("worlds")).values())
        elif path in _COUNTED:
            scope[ELSEWHERE] = list((await self._ask_all("usage")).values())
        elif path == _LISTED and scope["method"] == "POST":
            origin = self._whose.origin(body)
            scope.pop(ELSEWHERE, None)
            if origin is not None:
                scope[ELSEWHERE] = await self._patiently(partial(self._ask_of_origin, origin))

    async def _patiently(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        """What is found, which is tried again while somebody is away, or a world on its way. Raises `PeerAway`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.peers.patience
        while True:
            try:
                return await ask()
            except PeerAway:
                if loop.time() >= until:
                    raise
            await asyncio.sleep(AGAIN_SECONDS)

    async def _ask_all(self, about: str, value: Json = None) -> Mapping[int, Json]:
        """What each of the others says about its worlds, by its place. Raises `PeerAway`."""
        return await self._patiently(partial(self._ask_once, about, value))

    async def _ask_once(self, about: str, value: Json) -> Mapping[int, Json]:
        """Raises `PeerAway`, also where a world may be at nobody's, or at two: it is on its way."""
        answers = await self.peers.ask_others(about, value)
        share = self._worlds.share
        places = sorted(chain(share.places, *(each["places"] for each in answers.values())))
        if places != list(range(share.of)):
            raise PeerAway
        return {place: each["said"] for place, each in answers.items()}

    async def _ask_of_origin(self, name: str) -> Json:
        """What who has a world says of it; None where that is here. Raises `PeerAway`."""
        slot = self._whose.slot(name)
        if self.has_slot(slot):
            return None
        said = await self.peers.ask(self.peers.of(slot), "origin", name)
        if said is None:
            raise PeerAway
        return said

    def _origin(self, name: str) -> Json:
        return origin_of(self._worlds, name) if self.has_slot(self._whose.slot(name)) else None

    # --- log-ins of others -----------------------------------------------------------------------

    def _has(self, token: str) -> bool:
        return self._worlds.log_ins.has_log_in(token) or self.sockets.session_of(token) is not None

    async def _holder(self, where: Whereabouts) -> int | None:
        """Who else answers a call because it has the token: that was drawn when there were no slots.

        The log-in of a token that is of another world than the call's is known here afterwards.
        """
        token = where.token
        if token is None:
            return None
        self._worlds.log_ins.lent.pop(token, None)
        if self._has(token):
            return None
        said = await self._ask_all("session", token)
        holder = next((place for place, each in said.items() if each is not None), None)
        if not where.is_lent:
            return holder
        self._borrow(token, {"refused": TokenUnknown.__name__} if holder is None else said[holder])
        return None

    def _borrow(self, token: str, said: Json) -> None:
        """Know the log-in of a token by what was said of it."""
        if "refused" in said:
            self._worlds.log_ins.lend(token, getattr(sessions, said["refused"])())
            return
        caller: Caller = value_of(said["caller"])
        self._worlds.log_ins.lend(token, session_like(self._worlds.default, caller))

    def _session(self, token: str) -> Json:
        """Who a token is of; why it is refused, where it was good; None for one that is not known here."""
        if not self._has(token):
            return None
        session = self.sockets.session_of(token)
        try:
            caller = (session or self._worlds.log_ins.session_of(token)).caller
        except TokenRefused as refused:
            return {"refused": type(refused).__name__}
        return {"caller": plain(caller)}

    # --- the journal of the fixture's own world --------------------------------------------------

    def _tell_entry(self, entry: Entry) -> None:
        self._tell(self._send_entry(entry))

    async def _send_entry(self, entry: Entry) -> None:
        try:
            await self.peers.ask(self.peers.of(0), "entry", plain(entry))
        except PeerAway:
            log.warning("a call is not in the journal: the process that has the default world is away")

    def _note_entry(self, said: Json) -> Json:
        if self._worlds.share.has(""):  # else it has gone elsewhere meanwhile
            entry: Entry = value_of(said)
            self._worlds.default.record_call(lambda: entry)
        return {}


class Placed(NamedTuple):
    """A call that is answered here: what the application receives by, and the slot of its world where it has one."""

    receive: Receive
    slot: int | None = None


class _Placing:
    """An application of which a process answers its part."""

    def __init__(self, app: ASGIApp, worker: Worker) -> None:
        self._app, self._worker = app, worker

    @property
    def known_calls(self) -> KnownCalls | None:
        """See `known_calls.KNOWN_CALLS`."""
        return getattr(self._app, KNOWN_CALLS, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = (scope.get("extensions") or {}).get(HAND_OVER)
        if connection is None:
            await self._app(scope, receive, send)
            return
        try:
            placed = await self._placed(connection, scope, receive)
        except PeerAway:
            await parser_refusals.refuse(StateUnavailable(), self._worker.path_of(scope), scope, receive, send)
            return
        if placed is None:
            return
        send = _ending(send) if connection.is_last else send
        if placed.slot is None or scope["type"] != "http":
            await self._app(scope, placed.receive, send)
            return
        with self._worker.under_way(placed.slot):
            await self._app(scope, placed.receive, send)

    async def _placed(self, connection: Any, scope: Scope, receive: Receive) -> Placed | None:
        slot = None if connection.is_final else self._worker.plain_slot(scope, dict(scope["headers"]))
        if slot is None and not connection.is_final:
            return await self._worker.placed(connection, scope, receive)
        connection.decided()
        return Placed(receive, slot)


class _JournalElsewhere(Journal):
    """The journal of a world that another process has."""

    def __init__(self, tell: Callable[[Entry], None]) -> None:
        super().__init__(0)
        self._tell = tell

    def add(self, make: Callable[[], Entry]) -> None:
        self._tell(make())


def _ending(send: Send) -> Send:
    """What sends an answer after which the connection is closed."""

    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return sent


async def _body(receive: Receive) -> tuple[bytes, Receive, bool]:
    """The body of a call, as far as it says a world; what gives the same again; and whether its client is there."""
    whole: bytes | None = getattr(receive, WHOLE_BODY, None)
    if whole is not None:
        return whole, receive, True
    messages: list[MutableMapping[str, Any]] = []
    body, is_there = b"", True
    while len(body) <= _LARGEST_BODY:
        message = await receive()
        messages.append(message)
        body += message.get("body", b"")
        is_there = message["type"] == "http.request"
        if not is_there or not message.get("more_body"):
            break
    again = iter(messages)

    async def repeated() -> MutableMapping[str, Any]:
        message = next(again, None)
        return await receive() if message is None else message

    return body, repeated, is_there
