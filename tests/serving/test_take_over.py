"""Worlds that come to a replica: as they were, slot by slot, and others are served in between."""

import asyncio
import difflib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from history_of import told_of
from ringmock.control.call import NotThere
from ringmock.control.worlds import named_world, template_of
from ringmock.domain.errors import StoreFull
from ringmock.fixture import load_named
from ringmock.server_limits import DEFAULT, ServerLimits
from ringmock.serving.server import build
from ringmock.serving.take_over import DONE_TOGETHER, READ_TOGETHER, TakeOver
from ringmock.sign_in.followed import Followed
from ringmock.sign_in.kept_worlds import KeptWorlds
from ringmock.sign_in.sessions import TokenRefused, UnknownClient
from ringmock.sign_in.world_slots import SLOTS, Share, slot_of
from ringmock.sign_in.worlds import Worlds
from ringmock.world.history.commands import Command
from ringmock.world.history.log import Change, GroupCommit, Head, LogDamaged, LogUnavailable
from ringmock.world.world import World
from state_files import kept_server, log_in
from support import WAIT_SECONDS, Client, from_handset


class Kept:
    """What a replica writes, in memory; it has begun with nothing."""

    was_served = False

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def append(self, batch: Sequence[Change]) -> None:
        self.changes += batch

    def read(self, world: int, after: int, until: int) -> Iterator[tuple[int, Command]]:
        raise AssertionError("another one reads")

    def heads(self) -> Sequence[Head]:
        return ()

    def closed_names(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        pass


class Read:
    """What the others have written, with something done before a world is read."""

    def __init__(self, path: Path, before: Callable[[str], object] = lambda _: None) -> None:
        self._log, self._before = log_in(path), before
        self.names = {head.world: head.name for head in self._log.heads()}

    def heads(self) -> Sequence[Head]:
        return self._log.heads()

    def closed_names(self) -> Sequence[str]:
        return self._log.closed_names()

    def read(self, world: int, after: int, until: int) -> Iterator[tuple[int, Command]]:
        self._before(self.names[world])
        yield from self._log.read(world, after, until)

    def close(self) -> None:
        self._log.close()


class Noting(KeptWorlds):
    """Knows how many turns others have had before each piece of a history."""

    turns = 0

    def __init__(self, worlds: Worlds) -> None:
        super().__init__(worlds, template_of)
        self.turns_before: list[int] = []

    def go_on(self, coming: Followed, commands: Iterable[tuple[int, Command]]) -> None:
        self.turns_before.append(self.turns)
        super().go_on(coming, commands)


class Taking:
    """A replica that has nothing, and what it takes."""

    def __init__(self, read: Read, limits: ServerLimits = DEFAULT) -> None:
        commits, share = GroupCommit(Kept()), Share(frozenset(), SLOTS)
        self.worlds = Worlds(load_named("demo"), commits=commits, share=share, limits=limits)
        self.app = build(self.worlds)
        self.kept = Noting(self.worlds)
        self.kept.restore()
        self._read = read

    def take(self, *slots: int) -> None:
        """Have these slots."""
        asyncio.run(self._take(slots))

    async def _take(self, slots: Sequence[int]) -> None:
        turns = asyncio.create_task(self._count_turns())
        with ThreadPoolExecutor(1) as thread:
            await TakeOver(self.kept, self._read, thread).take(slots)
        turns.cancel()

    async def _count_turns(self) -> None:
        for self.kept.turns in count():
            await asyncio.sleep(0)


def named(slot: int) -> str:
    """The name of a world in a slot."""
    return next(name for name in map("world-{}".format, count()) if slot_of(name) == slot)


def fill(path: Path, **counts: int) -> None:
    """Have worlds by their names (`_` for `-`), each with so many messages, in the file."""
    with kept_server(path) as kept:
        for name, messages in counts.items():
            with Client(kept.url) as client:
                client.client_id = name.replace("_", "-")
                for number in range(messages):
                    client.post_sms(str(number))


def texts(world: World) -> list[str]:
    return [message.text for message in sorted(world.messages.oldest_kept(), key=lambda message: -message.id)]


FIRST, SECOND = named(3), named(7)


def test_a_world_that_comes_is_as_it_was_with_its_log_ins(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        client.client_id = FIRST
        client.post_sms("one")
        client.page("102", "103", text="a page")
        from_handset(client, "STOP")
        client.call("PUT", "/_mock/history/labels/here")
        client.call("POST", "/_mock/clock/advance", json={"seconds": 60})
        for method, path_, body in (
            ("PATCH", "/extensions/103", {"status": "Frozen"}),
            ("POST", "/worlds", {"name": SECOND, "fixture": {"extends": "demo", "generation": "current"}}),
            ("POST", "/worlds", {"name": "gone"}),
            ("DELETE", "/worlds/gone", None),
        ):
            assert client.call(method, f"/_mock{path_}", json=body).status_code < 300
        in_default = client.call("GET", "/restapi/v1.0/account/~", headers={"Authorization": "Bearer demo-101"})
        assert in_default.status_code == 200
        token = client.token("101")
        worlds = kept.worlds
        before = kept.server.do(
            lambda: {name: told_of(world) for name, world in [("", worlds.default), *worlds.all_worlds()]}
        )
    with closing(Read(path)) as read:
        taking = Taking(read)
        with pytest.raises(LogUnavailable):
            taking.worlds.world_of_name(FIRST)
        taking.take(*range(SLOTS))
        worlds = taking.worlds
        after = {name: told_of(world) for name, world in [("", worlds.default), *worlds.all_worlds()]}
        assert after.keys() == before.keys()
        for name in before:
            assert not list(difflib.unified_diff(before[name], after[name], "was", "came", lineterm="", n=0))
        assert worlds.log_ins.session_of(token).world is worlds.world_named(FIRST)
        assert worlds.log_ins.session_of("demo-101").world is worlds.default
        assert worlds.known_world(FIRST, "another") is None
        with pytest.raises(UnknownClient):
            worlds.application("gone")


def test_others_are_served_while_a_long_history_is_done_again(path: Path) -> None:
    fill(path, **{FIRST.replace("-", "_"): 3 * DONE_TOGETHER})
    with closing(Read(path)) as read:
        taking = Taking(read)
        taking.take(3)
        world = taking.worlds.world_named(FIRST)
        assert world is not None
        assert (texts(world)[0], len(texts(world))) == (str(3 * DONE_TOGETHER - 1), 3 * DONE_TOGETHER)
        _, *pieces = taking.kept.turns_before
        assert len(pieces) == len(set(pieces)) == -(-len(world.history) // DONE_TOGETHER) > 3


def test_others_are_served_while_a_history_is_read(path: Path) -> None:
    fill(path, **{FIRST.replace("-", "_"): 1})
    has_gone_on, waits = threading.Event(), list[bool]()
    with closing(Read(path, lambda _: waits.append(has_gone_on.wait(WAIT_SECONDS)))) as read:
        taking = Taking(read)

        async def take() -> None:
            with ThreadPoolExecutor(1) as thread:
                task = asyncio.create_task(TakeOver(taking.kept, read, thread).take([3]))
                while not task.done():
                    await asyncio.sleep(0)
                    has_gone_on.set()
                await task

        asyncio.run(take())
        assert waits == [True]


def test_a_slot_is_there_before_a_longer_one_is_read(path: Path) -> None:
    fill(path, **{FIRST.replace("-", "_"): 5, SECOND.replace("-", "_"): 1})
    there: dict[str, list[int]] = {}
    with closing(Read(path, lambda name: there.update({name: sorted(taking.worlds.share.places)}))) as read:
        taking = Taking(read)
        taking.take(3, 7)
        assert there == {SECOND: [], FIRST: [7]}
        assert taking.worlds.share.places == {3, 7}


def test_of_a_slot_that_cannot_be_read_there_is_nothing_until_it_can_be(path: Path) -> None:
    fill(path, **{FIRST.replace("-", "_"): READ_TOGETHER, SECOND.replace("-", "_"): 1})
    is_damaged = True

    def break_it(name: str) -> None:
        if is_damaged and name == FIRST:
            raise LogDamaged("it is")

    with closing(Read(path, break_it)) as read:
        taking = Taking(read)
        with pytest.raises(LogDamaged):
            taking.take(3, 7)
        assert taking.worlds.share.places == {7}
        assert [name for name, _ in taking.worlds.all_worlds()] == [SECOND]
        assert len(taking.worlds.log_ins) == len(taking.worlds.ready_made) + 1
        is_damaged = False
        taking.take(3)
        world = taking.worlds.world_named(FIRST)
        assert world is not None
        assert len(texts(world)) == READ_TOGETHER


def test_a_world_that_comes_is_whole_where_there_was_no_room_for_it(path: Path) -> None:
    fill(path, **{FIRST.replace("-", "_"): 5})
    with closing(Read(path)) as read:
        taking = Taking(read, replace(DEFAULT, max_records=6))
        taking.take(3)
        world = taking.worlds.world_named(FIRST)
        assert world is not None
        assert texts(world) == ["4", "3", "2", "1", "0"]
        assert taking.worlds.room.records == 10
        with pytest.raises(StoreFull):
            taking.worlds.fork("another", world)


def test_of_a_world_that_has_gone_nothing_is_said_to_be_unknown(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        client.client_id = FIRST
        token = client.token("101")
    with closing(Read(path)) as read:
        worlds = (taking := Taking(read)).worlds
        taking.take(3, 7)
        assert worlds.log_ins.session_of(token).world is worlds.world_named(FIRST)
        taking.kept.leave([3])
        for ask in (
            lambda: worlds.log_ins.session_of(token),
            lambda: worlds.world_of_name(FIRST),
            lambda: named_world(worlds, FIRST),
        ):
            with pytest.raises(LogUnavailable):
                ask()
        for unknown in ("nonsense", "AT-H" + "x" * 31):
            with pytest.raises(TokenRefused):
                worlds.log_ins.session_of(unknown)
        with pytest.raises(NotThere):
            named_world(worlds, SECOND)


def test_the_world_of_the_fixture_is_opened_where_nobody_has_had_it(path: Path) -> None:
    fill(path, **{FIRST.replace("-", "_"): 1})
    with closing(Read(path)) as read:
        heads = [head for head in read.heads() if head.name]
        taking = Taking(read)
        stood_in = taking.worlds.default
        taking.kept.arrived(0, [], heads, [])
        assert taking.worlds.default is not stood_in
        assert stood_in.is_closed
        assert taking.worlds.default.history.is_durable
