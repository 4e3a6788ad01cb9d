"""Group commit to a log that takes its time: what waits for what, and what is refused."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest

from ringmock.world.history.commands import Command
from ringmock.world.history.distant import OVERDUE_SECONDS, DistantCommit
from ringmock.world.history.log import Change, Head, LogUnavailable, NameClosed


class SlowLog:
    """A log that appends when a test lets it."""

    def __init__(self) -> None:
        self.batches: list[list[Change]] = []
        self.is_closed = False
        self._results: SimpleQueue[str] = SimpleQueue()

    def append(self, batch: Sequence[Change]) -> None:
        said = self._results.get(timeout=10)
        if said:
            raise LogUnavailable(said)
        self.batches.append(list(batch))

    def answer(self, said: str = "") -> None:
        """Let it append once, or fail with this sentence."""
        self._results.put(said)

    def read(self, world: int, after: int, until: int) -> Iterator[tuple[int, Command]]:
        return iter(())

    def heads(self) -> Sequence[Head]:
        return ()

    def closed_names(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        self.is_closed = True


class Loop:
    """What a loop does, when a test says so."""

    def __init__(self) -> None:
        self.turns: list[Callable[[], object]] = []
        self.later: list[tuple[float, Callable[..., object], tuple[Any, ...]]] = []
        self.cancelled = 0
        self.from_thread: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self.call_soon = self.turns.append
        self.call_soon_threadsafe = self.from_thread.put

    def call_later(self, seconds: float, callback: Callable[..., object], *values: Any) -> "Loop":
        self.later.append((seconds, callback, values))
        return self

    def cancel(self) -> None:
        """Of any timer."""
        self.cancelled += 1


class Output:
    def __init__(self) -> None:
        self.told: list[int | str] = []

    def release(self, number: int) -> None:
        self.told.append(number)

    def refuse(self) -> None:
        self.told.append("refused")


class Kept:
    def __init__(self) -> None:
        self.log, self.loop = SlowLog(), Loop()
        self.commits = DistantCommit(self.log)
        self.commits.begin(self.loop)  # type: ignore[arg-type]
        ((self.until_check, self.check, _),) = self.loop.later
        self.loop.later.clear()

    def change(self, name: str) -> tuple[Output, int]:
        """Somebody whose answer waits for it, and the commit that it waits for."""
        self.commits.add(NameClosed(name))
        output = Output()
        return output, self.commits.hold(output)

    def end_turns(self) -> None:
        while self.loop.turns:
            self.loop.turns.pop(0)()

    def arrive(self) -> None:
        """Something has come back from the thread."""
        self.loop.from_thread.get(timeout=10)()
        self.end_turns()


@contextmanager
def kept() -> Iterator[Kept]:
    before = set(threading.enumerate())
    started = Kept()
    (thread,) = set(threading.enumerate()) - before
    yield started
    for _ in range(5):
        started.log.answer()
    started.commits.end()
    thread.join(10)
    assert (started.log.is_closed, thread.is_alive()) == (True, False)


def names(batches: Sequence[Sequence[Change]]) -> list[str]:
    return ["".join(each.name for each in batch if isinstance(each, NameClosed)) for batch in batches]


def test_what_is_accepted_while_a_commit_is_on_its_way_is_the_next_one() -> None:
    with kept() as state:
        first, first_number = state.change("a")
        state.end_turns()
        reader = Output()
        assert state.commits.hold(reader) == first_number  # it may have seen what is on its way
        second, second_number = state.change("b")
        third, third_number = state.change("c")
        state.end_turns()
        assert (first_number, second_number, third_number) == (1, 2, 2)
        assert [first.told, second.told] == [[], []]
        state.log.answer()
        state.arrive()
        assert [each.told for each in (first, reader, second, third)] == [[1], [1], [], []]
        state.log.answer()
        state.arrive()
        assert [second.told, third.told] == [[2], [2]]
        assert names(state.log.batches) == ["a", "bc"]
        assert not state.commits.is_pending
        assert state.loop.cancelled == len(state.loop.later) == 2


def test_what_could_not_be_kept_is_refused_and_kept_with_the_next_before_it() -> None:
    with kept() as state:
        told: list[str] = []
        first, _ = state.change("a")
        state.commits.when_kept(lambda: told.append("a is kept"))
        state.end_turns()
        second, _ = state.change("b")
        state.log.answer("It is away.")
        state.arrive()
        assert [first.told, second.told, told] == [["refused"], ["refused"], []]
        assert not state.commits.is_available()
        state.log.answer()
        (retry,) = [callback for seconds, callback, _ in state.loop.later if seconds < OVERDUE_SECONDS]
        retry()
        state.end_turns()
        state.arrive()
        assert state.commits.is_available()
        assert names(state.log.batches) == ["ab"]
        assert told == ["a is kept"]


def test_where_nobody_writes_the_log_is_asked_whether_somebody_could(caplog: pytest.LogCaptureFixture) -> None:
    """So a server notices that another one has its place, and answers nobody by what it has."""
    with kept() as state:
        state.check()
        state.log.answer("Another server has it.")
        state.arrive()
        assert not state.commits.is_available()
        assert "Another server has it. Every call is answered 503" in caplog.text
        assert state.log.batches == []
        assert [seconds for seconds, callback, _ in state.loop.later if callback == state.check] == [state.until_check]


def test_what_waits_for_the_log_does_not_wait_for_a_look_at_it_too() -> None:
    with kept() as state:
        first, _ = state.change("a")
        state.end_turns()
        state.check()
        state.log.answer()
        state.arrive()
        assert first.told == [1]
        assert not state.commits.is_pending


def test_who_waits_too_long_is_refused_and_what_arrives_then_is_kept() -> None:
    with kept() as state:
        first, _ = state.change("a")
        state.end_turns()
        ((seconds, overdue, values),) = state.loop.later
        overdue(*values)
        assert (seconds, first.told, state.commits.is_available()) == (OVERDUE_SECONDS, ["refused"], False)
        state.log.answer()
        state.arrive()
        assert (first.told, state.commits.is_available()) == (["refused"], True)
        overdue(*values)
        assert state.commits.is_available()


def test_what_is_read_next_is_written_before() -> None:
    with kept() as state:
        state.change("a")
        state.end_turns()
        output, _ = state.change("b")
        state.log.answer()
        state.log.answer()
        state.commits.flush()
        assert (names(state.log.batches), output.told) == (["a", "b"], [2])
        state.change("c")
        state.log.answer("It is away.")
        with pytest.raises(LogUnavailable, match="It is away"):
            state.commits.flush()


def test_the_end_writes_what_is_left() -> None:
    with kept() as state:
        state.change("a")
        state.end_turns()
        state.change("b")
        state.log.answer()
    assert names(state.log.batches) == ["a", "b"]
