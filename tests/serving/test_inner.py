"""What processes of one server say to each other, over Unix sockets."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ringmock.serving.inner import Arrived, InnerListener, PeerAway, Peers, path_of

ARRIVED = Arrived(b"GET / HTTP/1.1\r\n", ("10.0.0.1", 40_000), ("127.0.0.1", 8080), "https", is_final=True)
ANSWERS = {"twice": lambda value: value * 2, "size": lambda value: {"is": len(value)}}


class Taken:
    """What a process was handed."""

    def __init__(self) -> None:
        self.calls: asyncio.Queue[tuple[socket.socket, Arrived]] = asyncio.Queue()

    async def __call__(self, connection: socket.socket, arrived: Arrived) -> None:
        await self.calls.put((connection, arrived))


@asynccontextmanager
async def listening(folder: Path, place: int, kind: type[socket.socket] = socket.socket) -> AsyncIterator[Taken]:
    with kind(socket.AF_UNIX, socket.SOCK_STREAM) as bound:
        bound.bind(str(path_of(folder, place)))
        bound.listen()
        taken = Taken()
        listener = InnerListener(bound, ANSWERS, taken)
        listener.begin()
        try:
            yield taken
        finally:
            listener.end()


@pytest.mark.parametrize(
    ("about", "value", "answer"),
    [("twice", "ab", "abab"), ("twice", 4, 8), ("size", "x" * 3_000_000, {"is": 3_000_000})],
)
def test_a_question_is_answered(tmp_path: Path, about: str, value: Any, answer: Any) -> None:
    async def asked() -> Any:
        async with listening(tmp_path, 1):
            return await Peers(tmp_path, 0, 2).ask(1, about, value)

    assert asyncio.run(asked()) == answer


def test_all_others_are_asked_and_oneself_is_not(tmp_path: Path) -> None:
    async def asked() -> Any:
        async with listening(tmp_path, 0), listening(tmp_path, 2):
            return await Peers(tmp_path, 1, 3).ask_others("twice", 1)

    assert asyncio.run(asked()) == {0: 2, 2: 2}


@pytest.mark.parametrize("raw", [ARRIVED.raw, b"x" * 3_000_000])
def test_a_connection_is_handed_over_with_what_was_read_of_it(tmp_path: Path, raw: bytes) -> None:
    given = ARRIVED._replace(raw=raw)

    async def handed() -> None:
        ours, theirs = socket.socketpair()
        async with listening(tmp_path, 1) as taken:
            await Peers(tmp_path, 0, 2).give(1, given, theirs)
            theirs.close()
            connection, arrived = await taken.calls.get()
            with ours, connection:
                assert arrived == given
                connection.sendall(b"an answer")
                assert ours.recv(100) == b"an answer"

    asyncio.run(handed())


def test_one_that_cannot_be_handed_over_is_relayed(tmp_path: Path) -> None:
    async def relayed() -> None:
        async with listening(tmp_path, 1) as taken:
            with await Peers(tmp_path, 0, 2).relayed(1, ARRIVED) as inner:
                connection, arrived = await taken.calls.get()
                with connection:
                    assert arrived == ARRIVED
                    connection.sendall(b"an answer")
                    assert await asyncio.get_running_loop().sock_recv(inner, 100) == b"an answer"

    asyncio.run(relayed())


class Full(socket.socket):
    """Has no room for the first of its connections."""

    is_full = True

    def accept(self) -> tuple[socket.socket, Any]:
        if self.is_full:
            self.is_full = False
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_a_process_listens_again_where_a_connection_could_not_be_accepted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def asked() -> Any:
        async with listening(tmp_path, 1, Full):
            return await Peers(tmp_path, 0, 2).ask(1, "twice", 1)

    assert asyncio.run(asked()) == 2
    assert "Too many open files" in caplog.text


def test_a_process_that_is_not_there_is_away(tmp_path: Path) -> None:
    with pytest.raises(PeerAway):
        asyncio.run(Peers(tmp_path, 0, 2).ask(1, "twice", 1))


def test_one_that_ends_before_it_answers_is_away(tmp_path: Path) -> None:
    async def asked() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bound:
            bound.bind(str(path_of(tmp_path, 1)))
            bound.listen()
            bound.setblocking(False)
            asking = asyncio.create_task(Peers(tmp_path, 0, 2).ask(1, "twice", 1))
            connection, _ = await asyncio.get_running_loop().sock_accept(bound)
            connection.close()
            with pytest.raises(PeerAway):
                await asking

    asyncio.run(asked())


def test_a_process_that_ends_in_the_middle_of_a_message_leaves_the_other_listening(tmp_path: Path) -> None:
    async def asked() -> Any:
        async with listening(tmp_path, 1):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as half:
                half.connect(str(path_of(tmp_path, 1)))
                half.sendall(b"\0\0\0\7\0\0")
            return await Peers(tmp_path, 0, 2).ask(1, "twice", 1)

    assert asyncio.run(asked()) == 2
