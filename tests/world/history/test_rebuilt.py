"""Rebuilt from its history, a world is the same: whatever clients, phones and tests have done, in both generations."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from history_of import differences
from ringmock.contract.cases.from_world import Recording
from ringmock.contract.exports import history
from ringmock.contract.recording import control_api, read_history
from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_named
from ringmock.serving.server import Server, build, serving
from ringmock.sign_in.worlds import Worlds
from ringmock.world.world import World
from sessions import act, session_on

FULL = bool(os.environ.get("RINGMOCK_FULL"))
EXAMPLES, STEPS = (250, 50) if FULL else (4, 15)
"""In each generation: 500 together by `.ci/run --full`."""
TIMES = 100 if FULL else 3

Json = Any
Place = tuple[str, Worlds, Server]


@pytest.fixture(scope="module")
def server_of() -> Iterator[Callable[[str], Place]]:
    """A server in a generation."""
    with ExitStack() as servers:
        started: dict[str, Place] = {}

        def place(generation: str) -> Place:
            if generation not in started:
                worlds = Worlds(load_named("demo", generation=generation))
                url, server = servers.enter_context(serving(build(worlds)))
                started[generation] = url, worlds, server
            return started[generation]

        yield place


def machine_on(place: Place) -> type[RuleBasedStateMachine]:
    """A machine whose examples are worlds of this server."""
    url, worlds, server = place
    numbers = count()

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.resources = ExitStack()
            self.session = self.resources.enter_context(session_on(url, f"machine-{next(numbers)}"))
            self.labels: list[str] = []

        @property
        def world(self) -> World:
            return worlds.world_of_name(self.session.world)

        @rule(seed=st.integers(0, 1 << 32))
        def do_something(self, seed: int) -> None:
            act(self.session, Random(seed), 1)

        @rule(seed=st.integers(0, 1 << 32))
        def do_several_things(self, seed: int) -> None:
            act(self.session, Random(seed), 3)

        @rule()
        def label(self) -> None:
            self.labels.append(f"label-{len(self.labels)}")
            self.session.control("PUT", f"/history/labels/{self.labels[-1]}")

        @rule(place=st.integers(0, 20))
        def rewind(self, place: int) -> None:
            if self.labels:
                del self.labels[place % len(self.labels) + 1 :]
                assert self.session.control("POST", "/history/rewind", {"to": self.labels[-1]})["differs_at"] is None

        @rule()
        def reset(self) -> None:
            self.session.control("POST", "/reset")
            self.labels.clear()

        def teardown(self) -> None:
            try:
                assert server.do(lambda: differences(worlds, self.world)) == []
            finally:
                server.do(lambda: worlds.close_world(self.session.world))
                self.resources.close()

    return Machine


@pytest.mark.long
@pytest.mark.parametrize("generation", sorted(GENERATIONS))
def test_rebuilt_from_history_everything_that_can_be_asked_is_equal(
    generation: str, server_of: Callable[[str], Place]
) -> None:
    health = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine_on(server_of(generation)),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=health,
        ),
    )


class KeepsNoSecret(World):
    """Its tokens are signed by the same secret each time."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named, secret_source=lambda: bytes(16))


def test_the_same_seed_and_script_give_the_same_history_to_the_byte() -> None:
    time = [datetime(2026, 1, 1, tzinfo=UTC)]
    worlds = Worlds(load_named("demo"), real_time=lambda: time[0], token_source=lambda: "t" * 32, kind=KeepsNoSecret)
    histories = set()
    with serving(build(worlds)) as (url, server):
        for _ in range(TIMES):
            time[0], dice = datetime(2026, 1, 1, tzinfo=UTC), Random(7)
            with session_on(url, "again") as session, control_api(url, "again") as get:
                for _ in range(60):
                    act(session, dice, 1)
                    time[0] += timedelta(milliseconds=7)
                head, lines = read_history(get)
            server.do(lambda: worlds.close_world("again"))
            histories.add(history(Recording((), (), head=head, commands=lines)))
    assert len(histories) == 1
    assert len(histories.pop().splitlines()) > 15
