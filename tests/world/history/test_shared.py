"""A file that several processes write: one at a time, without holding their loops."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ringmock.world.history.log import LogUnavailable, NameClosed
from ringmock.world.history.shared import SharedCommit
from ringmock.world.history.sqlite import SqliteLog, StateServed, joined, share
from state_files import log_in


class Output:
    """What waits for a commit."""

    def __init__(self) -> None:
        self.released = asyncio.Event()

    def release(self, number: int) -> None:
        self.released.set()

    def refuse(self) -> None:
        raise AssertionError("it could be kept")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "demo.db"


@pytest.fixture
def logs(path: Path) -> Iterator[tuple[SqliteLog, SqliteLog]]:
    """One file, twice."""
    with ExitStack() as held:
        first = log_in(path)
        held.callback(first.close)
        share(first)
        second = joined(path, was_served=True)
        held.callback(second.close)
        yield first, second


def test_who_waits_for_another_goes_on_meanwhile(logs: tuple[SqliteLog, SqliteLog]) -> None:
    first, second = logs

    async def waited() -> None:
        commits, output, turns = SharedCommit(second), Output(), 0
        commits.begin(asyncio.get_running_loop())
        assert first.begin()
        commits.add(NameClosed("late"))
        commits.hold(output)
        while turns < 100:
            await asyncio.sleep(0)
            turns += 1
        assert not output.released.is_set()
        first.append([NameClosed("early")])
        async with asyncio.timeout(10):
            await output.released.wait()

    asyncio.run(waited())
    assert first.closed_names() == ["early", "late"]


def test_what_is_read_is_written_before_after_the_other_has_written(logs: tuple[SqliteLog, SqliteLog]) -> None:
    first, second = logs
    commits = SharedCommit(second)
    first.append([NameClosed("early")])
    commits.add(NameClosed("late"))
    commits.flush()
    assert first.closed_names() == ["early", "late"]


def test_one_begins_to_write_at_a_time(logs: tuple[SqliteLog, SqliteLog]) -> None:
    first, second = logs
    assert first.begin()
    assert not second.begin()
    first.append([NameClosed("one")])
    assert second.begin()
    second.append([NameClosed("two")])


def test_a_file_that_cannot_be_written_is_said(logs: tuple[SqliteLog, SqliteLog]) -> None:
    first, _ = logs
    first.db.close()
    with pytest.raises(LogUnavailable, match="cannot be written"):
        first.begin()


def test_no_server_has_the_file_until_all_have_left_it(path: Path) -> None:
    first = log_in(path)
    share(first)
    second = joined(path, was_served=True)
    first.close()
    with pytest.raises(StateServed):
        log_in(path)
    second.close()
    log_in(path).close()
