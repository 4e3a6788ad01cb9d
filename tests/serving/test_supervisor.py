"""The process that starts those that serve: with workers that do not serve, but end as a test says."""

import logging
import os
import sys
from collections.abc import Callable

import pytest

from ringmock.serving.supervisor import MOST_FAILURES, Supervisor, WorkersFailed

READY = "import os, sys; os.write(int(sys.argv[1]), b'r')"
AND_WAIT = "; os.read(int(sys.argv[2]), 1)"
"""Until the process that has started it is gone, or ends it."""


class Workers:
    """Run the code of their place and turn."""

    def __init__(self, code: Callable[[int, int], str], *more: int) -> None:
        """`more`: descriptors that they have, too."""
        self._code, self._more = code, more
        self.started: list[int] = []
        """Their places, in the order in which they were started."""
        self.on_start: Callable[[int], None] = lambda number: None
        """Called with how many were started before."""

    def __call__(self, place: int, ready: int, parent: int) -> tuple[list[str], list[int]]:
        self.on_start(len(self.started))
        code = self._code(place, self.started.count(place))
        self.started.append(place)
        given = [ready, parent, *self._more]
        return [sys.executable, "-S", "-c", code, *map(str, given)], given


def test_it_is_ready_when_all_are_and_ends_all_when_it_is_stopped() -> None:
    workers, said = Workers(lambda place, turn: READY + AND_WAIT), []

    def ready() -> None:
        said.append(sorted(workers.started))
        supervisor.stop()

    supervisor = Supervisor(workers, 3, ready)
    supervisor.run()
    assert said == [[0, 1, 2]]


def test_one_that_is_killed_is_started_again_and_said(caplog: pytest.LogCaptureFixture) -> None:
    waited, told = os.pipe()
    killed = f"{READY}; os.read(int(sys.argv[3]), 1); os.kill(os.getpid(), 9)"
    workers = Workers(lambda place, turn: READY + AND_WAIT if place or turn else killed, waited)
    supervisor = Supervisor(workers, 2, lambda: os.close(told))
    workers.on_start = lambda number: supervisor.stop() if number == 2 else None
    with caplog.at_level(logging.ERROR):
        supervisor.run()
    os.close(waited)
    assert workers.started == [0, 1, 0]
    assert caplog.messages == ["worker 1 of 2 has ended by signal 9: it is started again"]


def test_one_that_ends_before_all_have_served_ends_all() -> None:
    workers = Workers(lambda place, turn: READY + AND_WAIT if place else "raise SystemExit(3)")
    with pytest.raises(WorkersFailed, match="worker 1 of 2 has ended with status 3 before it served"):
        Supervisor(workers, 2, lambda: None).run()


@pytest.mark.long
def test_one_that_ends_by_itself_again_and_again_ends_all() -> None:
    workers = Workers(lambda place, turn: "raise SystemExit(3)" if turn else READY)
    with pytest.raises(WorkersFailed, match="worker 1 of 1 has ended with status 3 before it served"):
        Supervisor(workers, 1, lambda: None).run()
    assert len(workers.started) == MOST_FAILURES + 2
