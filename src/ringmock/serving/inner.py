"""What the processes of one server say to each other: connections that are handed over, and questions.

On one machine each listens on a Unix socket in a folder that only its user can read; on several, on a port: see
`replicas`. A message is a head of JSON, then bytes; a connection itself comes beside the head, or is relayed behind it
after one byte that says it was taken. Whoever asks gets JSON back.
"""

import array
import asyncio
import json
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

log = logging.getLogger("ringmock")

Json = Any

ASK_SECONDS = 10.0
"""How long an answer is waited for; a process that has ended is there again by then."""

ACCEPT_AGAIN_SECONDS = 0.5
"""Before others are listened to again, where no connection could be accepted."""

TAKEN = b"t"
"""What who takes a relayed connection says first."""

_LENGTHS = struct.Struct("!II")
_DESCRIPTOR = array.array("i", [0]).itemsize
_FIRST_READ = 65536


class PeerAway(Exception):
    """Another process does not answer."""


class Arrived(NamedTuple):
    """A connection that another process has accepted. The addresses and the scheme are those that its client sees."""

    raw: bytes
    """What of a request has been read."""
    client: tuple[str, int] | None
    server: tuple[str, int | None] | None
    scheme: str
    is_final: bool
    """Whether the request has to be answered here, wherever its world is."""
    slot: int | None = None
    """Of its world, where that has to be here."""
    hops: int = 0
    """How many processes relay it."""


class Peers:
    """The processes of a server, by their places."""

    patience = 0.0
    """For how many seconds a call waits for who has its world, where nobody is reached who has it."""

    is_elsewhere = False
    """Whether they are on other machines: connections are relayed then."""

    def __init__(self, folder: Path, place: int, count: int) -> None:
        self.place, self.count = place, count
        self.folder = folder

    def others(self) -> list[int]:
        """Their places."""
        return [place for place in range(self.count) if place != self.place]

    def of(self, slot: int) -> int:
        """Who has the worlds of a slot. Raises `PeerAway` where nobody has."""
        return slot % self.count

    async def give(self, place: int, given: Arrived, connection: socket.socket) -> None:
        """Hand a connection over. Raises `PeerAway`; the connection is still here then."""
        with closing(await self._connected(place)) as inner:
            await _send(inner, _head_of(given, is_relayed=False), given.raw, connection.fileno())

    async def relayed(self, place: int, given: Arrived) -> socket.socket:
        """Another end of a connection that cannot be handed over itself: what is written to it is read there, and so
        back. Raises `PeerAway`; nothing was done with it then.
        """
        return await asyncio.create_task(self._relayed(place, given))

    async def _relayed(self, place: int, given: Arrived) -> socket.socket:
        inner = await self._connected(place)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await _send(inner, _head_of(given, is_relayed=True), given.raw)
                if await asyncio.get_running_loop().sock_recv(inner, 1) != TAKEN:
                    raise PeerAway
        except BaseException as error:
            inner.close()
            if isinstance(error, OSError):  # the end of the time is one, too
                raise PeerAway from error
            raise
        return inner

    async def ask(self, place: int, about: str, value: Json = None) -> Json:
        """What a process answers. Raises `PeerAway`."""
        # The protocol begins a call outside of any task, where no time-out could be set.
        return await asyncio.create_task(self._asked(place, about, value))

    async def _asked(self, place: int, about: str, value: Json) -> Json:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                with closing(await self._connected(place)) as inner:
                    await _send(inner, {"ask": about, "value": value})
                    head, _, _ = await _received(inner)
                    return head
        except TimeoutError as error:
            raise PeerAway from error

    async def ask_others(self, about: str, value: Json = None) -> Mapping[int, Json]:
        """What each of the others answers, by its place. Raises `PeerAway`."""
        others = self.others()
        said = await asyncio.gather(*(self.ask(place, about, value) for place in others))
        return dict(zip(others, said, strict=True))

    async def _connected(self, place: int) -> socket.socket:
        try:
            inner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError as error:
            raise PeerAway from error
        inner.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(inner, str(path_of(self.folder, place)))
        except OSError as error:
            inner.close()
            raise PeerAway from error
        return inner


def path_of(folder: Path, place: int) -> Path:
    """Where a process listens."""
    return folder / f"{place}.sock"


def _head_of(given: Arrived, *, is_relayed: bool) -> Json:
    return {**given._replace(raw=b"")._asdict(), "raw": None, "is_relayed": is_relayed}


async def _send(inner: socket.socket, head: Json, content: bytes = b"", descriptor: int | None = None) -> None:
    written = json.dumps(head).encode()
    message = b"".join((_LENGTHS.pack(len(written), len(content)), written, content))
    beside = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
    try:
        sent = inner.sendmsg([message], beside)
        await asyncio.get_running_loop().sock_sendall(inner, message[sent:])
    except OSError as error:
        raise PeerAway from error


async def _send_bytes(inner: socket.socket, content: bytes) -> None:
    try:
        await asyncio.get_running_loop().sock_sendall(inner, content)
    except OSError as error:
        raise PeerAway from error


async def _received(inner: socket.socket) -> tuple[Json, bytes, int | None]:
    """Head, content and connection of a message. Raises `PeerAway`."""
    loop = asyncio.get_running_loop()
    descriptor: int | None = None
    try:
        await _readable(inner)
        data, beside, _, _ = inner.recvmsg(_FIRST_READ, socket.CMSG_SPACE(_DESCRIPTOR))
        for level, kind, value in beside:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptor = array.array("i", value[:_DESCRIPTOR])[0]
        while len(data) < _LENGTHS.size or len(data) < _LENGTHS.size + sum(_LENGTHS.unpack_from(data)):
            more = await loop.sock_recv(inner, _FIRST_READ)
            if not more:
                raise PeerAway
            data += more
    except BaseException as error:
        if descriptor is not None:
            os.close(descriptor)
        if isinstance(error, OSError):
            raise PeerAway from error
        raise
    length, _ = _LENGTHS.unpack_from(data)
    head = data[_LENGTHS.size : _LENGTHS.size + length]
    return json.loads(head), data[_LENGTHS.size + length :], descriptor


async def _readable(inner: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    found: asyncio.Future[None] = loop.create_future()
    loop.add_reader(inner, _found, found)
    try:
        await found
    finally:
        loop.remove_reader(inner)


def _found(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


Answers = Mapping[str, Callable[[Json], Json]]


class InnerListener:
    """Takes what other processes hand over, and answers what they ask."""

    def __init__(
        self,
        listening: socket.socket,
        answers: Answers,
        take: Callable[[socket.socket, Arrived], Awaitable[object]],
        has: Callable[[int], bool] = lambda _: True,
        met: Callable[[socket.socket], Awaitable[object]] | None = None,
    ) -> None:
        """`take` gets a connection, or the other end of one that is relayed. `answers` are by what is asked about.

        `has`: whether the worlds of a slot are here. `met` makes sure who has connected, or raises `PeerAway`.
        """
        self._listening, self._answers, self._take = listening, answers, take
        self._has, self._met = has, met
        listening.setblocking(False)
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Listen, in the loop that runs."""
        self._accepting = self.do(self._listen())

    def refuse(self) -> None:
        """Listen no more, and let what has come be done."""
        if self._accepting is not None:
            self._accepting.cancel()

    def end(self) -> None:
        """Do nothing more."""
        for task in self._tasks:
            task.cancel()

    def do(self, coroutine: Any) -> "asyncio.Task[None]":
        """Run a coroutine beside everything else."""
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                inner, _ = await loop.sock_accept(self._listening)
            except OSError as error:  # as where too many files are open: there may be fewer soon
                log.error("nothing is taken from the other processes: %s", error)
                await asyncio.sleep(ACCEPT_AGAIN_SECONDS)
                continue
            inner.setblocking(False)
            self.do(self._served(inner))

    async def _served(self, inner: socket.socket) -> None:
        is_kept = False
        try:
            if self._met is not None:
                await self._met(inner)
            head, content, descriptor = await _received(inner)
            if "ask" in head:
                await _send(inner, self._answers[head["ask"]](head["value"]))
                return
            is_relayed = head.pop("is_relayed")
            arrived = Arrived(
                **{**head, "raw": content, "client": _address(head["client"]), "server": _address(head["server"])}
            )
            if is_relayed:
                if arrived.slot is None or self._has(arrived.slot):
                    is_kept = True
                    await _send_bytes(inner, TAKEN)
                    await self._take(inner, arrived)
            elif descriptor is not None:
                connection = socket.socket(fileno=descriptor)
                connection.setblocking(False)
                await self._take(connection, arrived)
        except PeerAway:
            pass  # it has ended before it has said what it wants
        finally:
            if not is_kept:
                with suppress(OSError):
                    inner.close()


def _address(said: Any) -> Any:
    return None if said is None else tuple(said)
