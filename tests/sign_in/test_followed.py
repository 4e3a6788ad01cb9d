"""A server that stands by has what the other one writes, whatever that is: all that can be asked, looked into."""

import difflib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from history_of import told_of
from ringmock.sign_in.worlds import Worlds
from sessions import act, session_on
from state_files import Behind, Kept, kept_server
from support import OWN, STORE, Client, from_handset

FULL = bool(os.environ.get("RINGMOCK_FULL"))
EXAMPLES, STEPS = (250, 50) if FULL else (6, 20)


def worlds_of(worlds: Worlds) -> list[tuple[str, list[str]]]:
    return [("default", told_of(worlds.default)), *((name, told_of(world)) for name, world in worlds.all_worlds())]


def told(named: list[tuple[str, list[str]]]) -> list[str]:
    return [f"{name}: {line}" for name, lines in sorted(named) for line in lines]


def log_ins_at(kept: Kept) -> list[str]:
    """The log-ins of a server, and the codes."""
    worlds = kept.worlds

    def found() -> list[str]:
        sessions = [f"{each.world.name} {each.state}" for each in worlds.log_ins._sessions.values() if each.client_id]
        codes = [f"{name} {code}" for name, world in worlds.all_worlds() for code in worlds.log_ins._codes.of(world)]
        return sorted([*sessions, *codes, *map(str, worlds.closed), *map(str, worlds.secrets.items())])

    return kept.server.do(found)


def log_ins_behind(behind: Behind) -> list[str]:
    """The same, of one that stands by."""
    worlds = behind.worlds
    followed = behind.kept._followed.values()
    sessions = [f"{each.world.name} {one.state}" for each in followed for one in each.log_ins.sessions.values()]
    codes = [f"{each.world.name} {code}" for each in followed for code in each.log_ins.codes]
    return sorted([*sessions, *codes, *map(str, worlds.closed), *map(str, worlds.secrets.items())])


def assert_follows(behind: Behind, kept: Kept) -> None:
    kept.server.do(kept.commits.flush)
    behind.look()
    here, there = told(kept.server.do(lambda: worlds_of(kept.worlds))), told(worlds_of(behind.worlds))
    here, there = [*here, *log_ins_at(kept)], [*there, *log_ins_behind(behind)]
    differs = "\n".join(difflib.unified_diff(here, there, "served", "followed", lineterm="", n=0))
    assert not differs, differs


def control(client: Client, method: str, path: str, body: object = None) -> None:
    answer = client.call(method, f"/_mock{path}", **({} if body is None else {"json": body}))
    assert answer.status_code < 300, answer.text


def refresh(client: Client) -> None:
    first = client.log_in("101")
    again = client.ask_token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    client._tokens["101"] = again.json()["access_token"]


def take_back(client: Client) -> None:
    client.post_sms("one")
    control(client, "PUT", "/history/labels/one")
    client.post_sms("two")
    control(client, "POST", "/history/rewind", {"to": "one"})


def fork(client: Client) -> None:
    control(client, "PUT", "/history/labels/here")
    client.post_sms("behind")
    control(client, "POST", "/worlds", {"name": "now", "fork": client.client_id})
    control(client, "POST", "/worlds", {"name": "then", "fork": client.client_id, "at": "here"})


def open_again(client: Client) -> None:
    """A world of a name that another one had."""
    control(client, "POST", "/worlds", {"name": "own", "fixture": {"extends": "demo", "generation": "current"}})
    control(client, "DELETE", "/worlds/own")
    control(client, "POST", "/worlds", {"name": "own", "fixture": "carriers"})
    control(client, "POST", "/worlds", {"name": "gone"})
    control(client, "DELETE", "/worlds/gone")


STEPS_OF_ONE: dict[str, Callable[[Client], object]] = {
    "a message": lambda client: client.post_sms("one"),
    "a phone": lambda client: from_handset(client, "STOP"),
    "a page": lambda client: client.page("102", "103", text="a page"),
    "a contact": lambda client: client.post(f"{OWN}/address-book/contact", json={"firstName": "A", "lastName": "B"}),
    "a deletion": lambda client: client.call("DELETE", f"{STORE}/{client.post_sms('gone').json()['id']}"),
    "a clock": lambda client: control(client, "POST", "/clock/advance", {"seconds": 1800}),
    "an extension": lambda client: control(client, "PATCH", "/extensions/103", {"status": "Frozen"}),
    "faults": lambda client: control(client, "PUT", "/faults", [{"operation": "createContact", "error": "CMN-201"}]),
    "a label": lambda client: control(client, "PUT", "/history/labels/here"),
    "a refresh": refresh,
    "a way back": take_back,
    "forks": fork,
    "worlds": open_again,
    "a reset": lambda client: control(client, "POST", "/reset"),
    "a reset of the fixture's own": lambda client: client.call(
        "POST", "/_mock/reset", headers={"X-Ringmock-World": "ringmock"}
    ),
}


def test_every_step_is_followed_wherever_the_one_before_has_led(path: Path) -> None:
    with kept_server(path) as kept, closing(Behind(path)) as behind, Client(kept.url) as client:
        for step in (*STEPS_OF_ONE.values(), *STEPS_OF_ONE.values()):
            for name in ("now", "then", "own"):
                client.call("DELETE", f"/_mock/worlds/{name}")
            step(client)
            assert_follows(behind, kept)


def test_several_steps_are_followed_at_once(path: Path) -> None:
    with kept_server(path) as kept, closing(Behind(path)) as behind, Client(kept.url) as client:
        client.post_sms("before")
        behind.look()
        for step in STEPS_OF_ONE.values():
            step(client)
        assert_follows(behind, kept)


def test_what_is_followed_goes_on_with_the_world_that_it_was(path: Path) -> None:
    """It is not made anew for each command."""
    with kept_server(path) as kept, closing(Behind(path)) as behind, Client(kept.url) as client:
        client.post_sms("one")
        behind.look()
        world = behind.worlds.world_named(client.client_id)
        assert world is not None
        messages = world.messages
        client.post_sms("two")
        assert_follows(behind, kept)
        assert world.messages is messages
        control(client, "POST", "/reset")
        assert_follows(behind, kept)
        assert behind.worlds.world_named(client.client_id) is world
        assert world.messages is not messages


@pytest.mark.parametrize("others", [0, 1, 2, 5])
def test_a_way_back_is_followed_when_as_many_other_commands_have_come_since(path: Path, others: int) -> None:
    with kept_server(path) as kept, closing(Behind(path)) as behind, Client(kept.url) as client:
        control(client, "PUT", "/history/labels/begun")
        for text in ("one", "two"):
            client.post_sms(text)
        assert_follows(behind, kept)
        control(client, "POST", "/history/rewind", {"to": "begun"})
        for number in range(others):
            client.post_sms(f"another {number}")
        assert_follows(behind, kept)


def test_a_world_that_has_the_number_of_a_closed_one_is_another(path: Path) -> None:
    """A server that goes on counts from the largest number that there is."""
    with kept_server(path) as kept, Client(kept.url) as client:
        control(client, "POST", "/worlds", {"name": "first", "fixture": "carriers"})
        behind = Behind(path)
        assert_follows(behind, kept)
        number = max(behind.kept._followed)
        control(client, "DELETE", "/worlds/first")
    with closing(behind), kept_server(path) as kept, Client(kept.url) as client:
        control(client, "POST", "/worlds", {"name": "second"})
        client.call("POST", "/_mock/reset", headers={"X-Ringmock-World": "second"})
        assert_follows(behind, kept)
        assert behind.kept._followed[number].world.name != "first"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Kept, Behind]]:
    path = tmp_path_factory.mktemp("followed") / "demo.db"
    with kept_server(path) as kept, closing(Behind(path)) as behind:
        yield kept, behind


def machine_on(kept: Kept, behind: Behind) -> type[RuleBasedStateMachine]:
    """A machine whose examples are worlds of a server that another one follows."""
    numbers = count()

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.resources = ExitStack()
            self.session = self.resources.enter_context(session_on(kept.url, f"machine-{next(numbers)}"))
            self.labels: list[str] = []

        @rule(seed=st.integers(0, 1 << 32))
        def do_something(self, seed: int) -> None:
            act(self.session, Random(seed), 1)

        @rule(seed=st.integers(0, 1 << 32))
        def do_several_things(self, seed: int) -> None:
            act(self.session, Random(seed), 3)

        @rule()
        def look(self) -> None:
            behind.look()

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
                assert_follows(behind, kept)
            finally:
                kept.server.do(lambda: kept.worlds.close_world(self.session.world))
                self.resources.close()

    return Machine


@pytest.mark.long
def test_whenever_it_looks_a_server_that_stands_by_has_everything_that_can_be_asked(pair: tuple[Kept, Behind]) -> None:
    health = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine_on(*pair),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=health,
        ),
    )
