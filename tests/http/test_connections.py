"""What a client of a WebSocket gets, whatever comes first: by hand-made sockets, without a network or a clock."""

import asyncio
import gc
import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from weakref import ref

import pytest
from starlette.types import Message, Receive, Scope, Send

from builders import STANDING_STILL, account, user
from ringmock.domain.agenda import Timer
from ringmock.http.notifications import Notifier
from ringmock.http.sockets import PATH, Sockets
from ringmock.lab.webhooks import WebHooks
from ringmock.server_limits import ServerLimits
from ringmock.sign_in.sessions import Session
from ringmock.sign_in.worlds import Worlds
from ringmock.world.template import Application, Template
from ringmock.world.world import World

CLIENT_ID = "client"
TURNS = 12
"""Of the loop, after which nothing goes on by itself."""


class Socket:
    """A client's end. It takes a text only where there is room, and none once its transport is closed."""

    def __init__(self, office: "Office", wsc: str | None = None, room: int = 1) -> None:
        self.read: list[Any] = []
        self.codes: list[int] = []
        self._room = asyncio.Semaphore(room)
        self._is_gone = asyncio.Event()
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._said.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(self._connect(office, wsc))

    async def _connect(self, office: "Office", wsc: str | None) -> None:
        query = f"access_token={office.sockets.issue_token(office.session)}" + (f"&wsc={wsc}" if wsc else "")
        scope = {"type": "websocket", "path": PATH, "query_string": query.encode(), "headers": []}
        await office.sockets(scope, self._said.get, self._send)

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.send" and not self._room.locked():
            await self._room.acquire()  # at once
        elif message["type"] == "websocket.send":
            room, gone = asyncio.create_task(self._room.acquire()), asyncio.create_task(self._is_gone.wait())
            try:
                await asyncio.wait((room, gone), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (room, gone):
                    task.cancel()
        if self._is_gone.is_set():
            raise OSError
        if message["type"] == "websocket.send":
            self.read.append(json.loads(message["text"]))
        elif message["type"] == "websocket.close":
            self.codes.append(message["code"])

    def take(self, texts: int = 1) -> None:
        for _ in range(texts):
            self._room.release()

    def say(self, *parts: Any) -> None:
        self._said.put_nowait({"type": "websocket.receive", "text": json.dumps(parts)})

    def close_transport(self) -> None:
        self._is_gone.set()

    def let_disconnect_be_seen(self) -> None:
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1001})

    @property
    def details(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.read[0]

    @property
    def notified(self) -> list[str]:
        return [header["messageId"] for header, *_ in self.read if header["type"] == "ServerNotification"]


LIMITS = ServerLimits(max_socket_queue=20, max_missed=7, max_socket_calls=3, max_lost_sockets=2, max_socket_tokens=2)

QUEUE = LIMITS.max_socket_queue


class Office:
    """A server without a network, and one user who may connect."""

    def __init__(self, limits: ServerLimits = LIMITS) -> None:
        home = account(user("101", administrator=True))
        template = Template("test", home, (Application("app", "hush"),), clock=STANDING_STILL)
        self.worlds = Worlds(template, limits=limits)
        self.sockets = Sockets(self.worlds)
        self.notifier = Notifier(WebHooks(), self.sockets)
        self.world = self.worlds.world_of_client(CLIENT_ID, "x")
        self.session = log_in(self.worlds, self.world)
        self.done: dict[str, list[bool]] = {}
        self._names = map(str, itertools.count(1))

    def notify(self, wsc: str) -> bool:
        name = next(self._names)
        done = self.done[name] = []
        return self.sockets.notify(wsc, {"uuid": name}, self.world.clock.now(), done.append)


def log_in(worlds: Worlds, world: World) -> Session:
    lifetimes = {"access_ttl": 3600, "refresh_ttl": 604800}
    return worlds.log_ins.open_session(world, world.account.extensions["101"], CLIENT_ID, **lifetimes)


async def settle() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def connected(office: Office, wsc: str | None = None, room: int = 1) -> Socket:
    socket = Socket(office, wsc, room)
    await settle()
    return socket


def wsc_of(socket: Socket) -> str:
    return str(socket.details[0]["wsc"]["token"])


NOTIFY, CLOSED, SEEN, BACK, IDLE, ROOM, TURN = "notify", "closed", "seen", "back", "idle", "room", "turn"


def orders() -> Iterator[tuple[str, ...]]:
    """Every order of what can happen at the end of a socket, each once; what was not closed is not seen to be."""
    for more in ((ROOM, TURN), (IDLE, ROOM), (IDLE, TURN)):
        for order in dict.fromkeys(itertools.permutations((NOTIFY, NOTIFY, CLOSED, SEEN, BACK, *more))):
            # Who is away for as long as the idle timeout is lost for good.
            is_long_away = IDLE in order and order.index(SEEN) < order.index(IDLE)
            if order.index(CLOSED) < order.index(SEEN) and not is_long_away:
                yield order


async def walk(order: tuple[str, ...]) -> None:
    office = Office()
    sockets = [await connected(office)]
    wsc = wsc_of(sockets[0])
    for event in order:
        if event == NOTIFY:
            assert office.notify(wsc)
        elif event == CLOSED:
            sockets[0].close_transport()
        elif event == SEEN:
            sockets[0].let_disconnect_be_seen()
        elif event == BACK:
            sockets.append(Socket(office, wsc))
        elif event == IDLE:
            office.world.clock.advance(timedelta(seconds=1800))
        elif event == ROOM:
            sockets[-1].take()
        else:
            await settle()
    for socket in sockets:
        socket.take(10)
    await settle()
    sockets.append(await connected(office, wsc, room=10))
    read = [name for socket in sockets for name in socket.notified]
    # A text that an abandoned socket still took comes on the next one too.
    assert list(dict.fromkeys(read)) == ["1", "2"], (order, [socket.read for socket in sockets])
    assert {name: told for name, told in office.done.items() if told != [True]} == {}, order
    assert [socket.details[1]["recoveryState"] for socket in sockets[1:]] == ["Successful"] * 2, order
    for socket in sockets:
        socket.close_transport()
        socket.let_disconnect_be_seen()
    await settle()
    assert all(socket.task.done() for socket in sockets)


@pytest.mark.long
def test_nothing_is_lost_between_two_sockets_in_whatever_order_their_ends_come() -> None:
    async def walked() -> int:
        walks = 0
        for order in orders():
            await walk(order)
            walks += 1
        return walks

    assert asyncio.run(walked()) > 1000


@pytest.mark.parametrize(("count", "state"), [(6, "Successful"), (7, "Successful"), (8, "Failed")])
def test_a_recovery_that_could_not_keep_everything_says_so_and_brings_the_latest(count: int, state: str) -> None:
    async def away() -> None:
        office = Office()
        first = await connected(office)
        first.close_transport()
        first.let_disconnect_be_seen()
        await settle()
        for _ in range(count):
            office.notify(wsc_of(first))
        second = await connected(office, wsc_of(first), room=count + 1)
        assert second.details[1]["recoveryState"] == state
        await settle()
        assert second.notified == [str(n) for n in range(1, count + 1)][-LIMITS.max_missed :]
        assert [told for told in office.done.values() if told != [True]] == [[False]] * (count - len(second.notified))
        third = await connected(office, wsc_of(first))
        assert third.details[1]["recoveryState"] == "Successful"

    asyncio.run(away())


@pytest.mark.parametrize(
    ("count", "state"),
    [
        (LIMITS.max_socket_queue - 1, "Successful"),
        (LIMITS.max_socket_queue, "Successful"),
        (LIMITS.max_socket_queue + 1, "Failed"),
    ],
)
def test_who_does_not_read_is_disconnected_and_told_that_some_are_missing(count: int, state: str) -> None:
    async def unread() -> None:
        office = Office()
        first = await connected(office)
        for _ in range(count):
            assert office.notify(wsc_of(first))
        second = await connected(office, wsc_of(first), room=count + 1)
        while len(second.notified) < (count if state == "Successful" else LIMITS.max_missed):
            await settle()
        assert second.details[1]["recoveryState"] == state
        assert second.notified[-1] == str(count)
        assert sum(told == [False] for told in office.done.values()) == count - len(second.notified)

    asyncio.run(unread())


# --- worlds --------------------------------------------------------------------------------------


def test_a_closed_world_leaves_no_token_no_socket_and_nothing_in_memory() -> None:
    async def closing() -> None:
        office = Office()
        token = office.sockets.issue_token(office.session)
        away, here = await connected(office), await connected(office)
        away.close_transport()
        away.let_disconnect_be_seen()
        await settle()
        office.notify(wsc_of(away))
        office.notifier.watch(office.world)

        office.worlds.close_world(CLIENT_ID)

        await settle()
        assert here.codes == [1001]
        assert not office.notify(wsc_of(here))
        here.let_disconnect_be_seen()
        late = Late(office.sockets, token)
        await late.task
        assert late.read[0][1]["errors"][0]["errorCode"] == "OAU-213"
        closed = ref(office.world)
        del office.world, office.session
        await settle()
        gc.collect()
        assert closed() is None

    asyncio.run(closing())


class Late:
    """Who comes with a token."""

    def __init__(self, sockets: Sockets, token: str) -> None:
        self.read: list[Any] = []
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._said.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": PATH, "query_string": f"access_token={token}".encode(), "headers": []}
        self.task = asyncio.create_task(sockets(scope, self._said.get, self._send))

    async def _send(self, message: Message) -> None:
        if "text" in message:
            self.read.append(json.loads(message["text"]))


@pytest.mark.parametrize("moved", [-4000, 0, 4000])
def test_an_open_socket_and_a_token_for_one_have_all_their_time_again_after_a_reset(moved: int) -> None:
    async def resetting() -> None:
        office = Office()
        office.world.clock.advance(timedelta(days=moved))
        token = office.sockets.issue_token(office.session)
        socket = await connected(office, room=10)
        assert office.notify(wsc_of(socket))  # is written in a turn that comes after the reset

        office.world.reset()

        office.world.clock.advance(timedelta(seconds=599))
        late = Late(office.sockets, token)
        await settle()
        assert late.read[0][0]["type"] == "ConnectionDetails"
        late.task.cancel()
        office.world.clock.advance(timedelta(seconds=1200))
        await settle()
        assert [header["type"] for header, *_ in socket.read] == ["ConnectionDetails"]
        office.world.clock.advance(timedelta(seconds=1))
        await settle()
        assert socket.read[-1][1]["errorCode"] == "WSG-902"

    asyncio.run(resetting())


def test_whoever_was_away_when_the_world_was_reset_begins_anew() -> None:
    async def resetting() -> None:
        office = Office()
        first = await connected(office)
        first.let_disconnect_be_seen()
        await settle()
        office.notify(wsc_of(first))
        office.world.reset()
        second = await connected(office, wsc_of(first), room=10)
        assert second.details[1]["recoveryState"] == "Failed"
        assert second.notified == []

    asyncio.run(resetting())


@pytest.mark.parametrize("steps", [(1801,), (1799, 2)])
def test_what_was_due_before_a_timeout_comes_before_it(steps: tuple[int, ...]) -> None:
    async def waiting() -> None:
        office = Office()
        socket = await connected(office, room=10)
        due = Timer(lambda at: office.sockets.notify(wsc_of(socket), {"uuid": "due"}, at, lambda _: None) and None)
        office.world.agenda.schedule(due, office.world.clock.now() + timedelta(seconds=1700))
        for step in steps:
            office.world.clock.advance(timedelta(seconds=step))
        await settle()
        assert [header["type"] for header, *_ in socket.read] == ["ConnectionDetails", "ServerNotification", "Error"]

    asyncio.run(waiting())


# --- calls ---------------------------------------------------------------------------------------


class Slow:
    """An application that answers when told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._may_end: dict[str, asyncio.Event] = {}

    def end(self, path: str) -> None:
        self._may_end[path].set()

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        self.begun.append(scope["path"])
        self._may_end[scope["path"]] = asyncio.Event()
        await self._may_end[scope["path"]].wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def call(path: str) -> dict[str, str]:
    return {"type": "ClientRequest", "messageId": path, "method": "GET", "path": path}


def test_neither_a_heartbeat_nor_another_call_waits_behind_a_slow_one() -> None:
    async def talk() -> None:
        office, slow = Office(), Slow()
        office.sockets.answer_by(slow)
        socket = await connected(office, room=10)
        for path in ("/slow", "/quick"):
            socket.say(call(path))
        socket.say({"type": "Heartbeat", "messageId": "beat"})
        await settle()
        slow.end("/quick")
        await settle()
        slow.end("/slow")
        await settle()
        assert [header["messageId"] for header, *_ in socket.read[1:]] == ["beat", "/quick", "/slow"]

    asyncio.run(talk())


def test_so_many_calls_are_carried_out_at_a_time_and_the_next_when_one_is_answered() -> None:
    async def talk() -> None:
        office, slow = Office(), Slow()
        office.sockets.answer_by(slow)
        socket = await connected(office, room=100)
        paths = [f"/{n}" for n in range(LIMITS.max_socket_calls + 1)]
        for path in paths:
            socket.say(call(path))
        socket.say({"type": "Heartbeat", "messageId": "beat"})
        await settle()
        assert slow.begun == paths[:-1]
        slow.end("/2")
        await settle()
        assert slow.begun == paths
        assert [header["messageId"] for header, *_ in socket.read[1:]] == ["beat", "/2"]

    asyncio.run(talk())


def test_a_call_whose_client_has_gone_is_carried_out_and_its_answer_meant_for_nobody_else() -> None:
    async def talk() -> None:
        office, slow = Office(), Slow()
        office.sockets.answer_by(slow)
        first = await connected(office)
        first.say(call("/slow"))
        await settle()
        first.close_transport()
        first.let_disconnect_be_seen()
        second = await connected(office, wsc_of(first), room=5)
        slow.end("/slow")
        await settle()
        assert slow.begun == ["/slow"]
        assert len(second.read) == 1

    asyncio.run(talk())


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "read"), [(3, True), (4, True), (5, False)])
def test_no_more_calls_are_read_than_may_wait_before_one_is_answered(count: int, read: bool) -> None:
    async def talk() -> None:
        office, slow = Office(ServerLimits(max_socket_calls=1, max_socket_calls_read=5)), Slow()
        office.sockets.answer_by(slow)
        socket = await connected(office, room=100)
        for number in range(count):
            socket.say(call(f"/{number}"))
        socket.say({"type": "Heartbeat", "messageId": "beat"})
        await settle()
        assert [header["messageId"] for header, *_ in socket.read[1:]] == (["beat"] if read else [])
        slow.end("/0")
        await settle()
        assert {header["messageId"] for header, *_ in socket.read[1:]} == {"beat", "/0"}

    asyncio.run(talk())


@pytest.mark.parametrize(("clients", "known"), [(1, True), (2, True), (3, False)])
def test_so_many_clients_may_come_back_and_the_longest_away_is_given_up(clients: int, known: bool) -> None:
    async def away() -> None:
        office = Office(ServerLimits(max_lost_sockets=2))
        sockets = [await connected(office) for _ in range(clients)]
        for socket in sockets:
            socket.close_transport()
            socket.let_disconnect_be_seen()
            await settle()
        again = await connected(office, wsc_of(sockets[0]))
        assert again.details[1]["recoveryState"] == ("Successful" if known else "Failed")

    asyncio.run(away())


@pytest.mark.parametrize(("issued", "opens"), [(1, True), (2, True), (3, False)])
def test_so_many_tokens_open_sockets_and_the_oldest_is_forgotten(issued: int, opens: bool) -> None:
    office = Office(ServerLimits(max_socket_tokens=2))
    first, *_ = [office.sockets.issue_token(office.session) for _ in range(issued)]

    assert (office.sockets.session_of(first) is office.session) is opens
