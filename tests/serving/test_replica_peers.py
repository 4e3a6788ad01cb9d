"""How replicas reach each other: by TCP, where both know the secret."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from ringmock.serving.inner import Arrived, InnerListener, PeerAway
from ringmock.serving.replica_peers import ReplicaPeers
from ringmock.serving.server import bound_socket
from ringmock.world.history.replicas import Member, View

SECRET = b"what both know"
GIVEN = Arrived(b"GET / HTTP/1.1\r\n", ("10.0.0.1", 40_000), ("127.0.0.1", 8080), "http", is_final=False, hops=1)
HAS = 3
"""The slot whose worlds are there."""


def peers_of(port: int, secret: bytes = SECRET, host: str = "127.0.0.1") -> ReplicaPeers:
    """Those of the replica 1: there is one more, at a port."""
    peers = ReplicaPeers(1, secret)
    members = {number: Member(f"{host}:{port}", is_reached=True, is_there=True) for number in (1, 2)}
    peers.view = View(1, members, {HAS: (2, 0), 4: (1, 0), 5: (None, 0)})
    return peers


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, "asyncio.Queue[tuple[socket.socket, Arrived]]"]]:
    """The port of a replica, and what it is given."""
    taken: asyncio.Queue[tuple[socket.socket, Arrived]] = asyncio.Queue()

    async def take(connection: socket.socket, arrived: Arrived) -> None:
        await taken.put((connection, arrived))

    with bound_socket("127.0.0.1", 0) as bound:
        bound.listen()
        met = ReplicaPeers(2, SECRET).met
        listener = InnerListener(bound, {"twice": lambda value: value * 2}, take, lambda slot: slot == HAS, met)
        listener.begin()
        try:
            yield bound.getsockname()[1], taken
        finally:
            listener.end()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_question_is_answered(host: str) -> None:
    async def asked() -> Any:
        async with listening() as (port, _):
            return await peers_of(port, host=host).ask(2, "twice", "x" * 300_000)

    assert asyncio.run(asked()) == "x" * 600_000


def test_who_does_not_know_the_secret_is_told_nothing() -> None:
    async def asked() -> None:
        async with listening() as (port, taken):
            with pytest.raises(PeerAway):
                await peers_of(port, b"another").ask(2, "twice", 1)
            with pytest.raises(PeerAway):
                await peers_of(port, b"another").relayed(2, GIVEN)
            assert taken.empty()
            assert await peers_of(port).ask(2, "twice", 1) == 2

    asyncio.run(asked())


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\0" * 200], ids=len)
def test_a_stranger_is_let_go_and_the_others_are_served(said: bytes) -> None:
    async def asked() -> Any:
        async with listening() as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said)
            writer.write_eof()
            with suppress(ConnectionResetError):  # of what it has said nobody has read the end
                assert len(await reader.read()) in (0, 48)
            writer.close()
            return await peers_of(port).ask(2, "twice", 1)

    assert asyncio.run(asked()) == 2


def test_a_call_is_relayed_to_who_has_its_world_and_to_nobody_else() -> None:
    async def relayed() -> None:
        async with listening() as (port, taken):
            with pytest.raises(PeerAway):
                await peers_of(port).relayed(2, GIVEN._replace(slot=HAS + 1))
            assert taken.empty()
            with await peers_of(port).relayed(2, GIVEN._replace(slot=HAS)) as inner:
                connection, arrived = await taken.get()
                with connection:
                    assert arrived == GIVEN._replace(slot=HAS)
                    connection.sendall(b"an answer")
                    assert await asyncio.get_running_loop().sock_recv(inner, 100) == b"an answer"

    asyncio.run(relayed())


def test_who_has_a_slot_is_as_at_the_last_look() -> None:
    peers = peers_of(1)
    assert peers.of(HAS) == 2
    for slot in (4, 5, 6):  # its own, nobody's, and one that there is not
        with pytest.raises(PeerAway):
            peers.of(slot)
    assert peers.others() == [2]


@pytest.mark.parametrize("number", [2, 3])
def test_one_that_is_not_there_is_away(number: int) -> None:
    with pytest.raises(PeerAway):
        asyncio.run(peers_of(1).ask(number, "twice", 1))
