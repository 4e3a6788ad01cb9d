"""How long worlds that nobody uses stay open, and which goes for another one."""

from datetime import timedelta

import pytest

from builders import Clock
from ringmock.fixture import load_named
from ringmock.server_limits import ServerLimits
from ringmock.sign_in import sessions
from ringmock.sign_in.sessions import Session, TokenRefused, TooManyWorlds
from ringmock.sign_in.worlds import Worlds


def worlds(clock: Clock, **limits: float) -> Worlds:
    return Worlds(load_named("demo"), real_time=clock, limits=ServerLimits(**limits))  # type: ignore[arg-type]


def later(clock: Clock, seconds: float) -> None:
    clock.moment += timedelta(seconds=seconds)


def signed_in(worlds: Worlds, client_id: str) -> Session:
    world = worlds.world_of_client(client_id, "secret")
    ttl, extension = sessions.DEFAULT_ACCESS_TTL, world.account.extensions["101"]
    return worlds.log_ins.open_session(world, extension, client_id, access_ttl=ttl, refresh_ttl=0)


@pytest.mark.parametrize(("seconds", "is_there"), [(59.9, True), (60, False)])
def test_a_world_that_nobody_uses_is_closed_when_its_time_is_over(seconds: float, is_there: bool) -> None:
    clock = Clock()
    held = worlds(clock, world_ttl=60)
    session = signed_in(held, "one")
    later(clock, seconds)

    held.world_of_client("another", "secret")

    assert (held.world_named("one") is not None) is is_there
    assert session.world.is_closed is not is_there


def test_whoever_comes_back_gets_a_fresh_world_and_any_secret_opens_it() -> None:
    clock = Clock()
    held = worlds(clock, world_ttl=60)
    session = signed_in(held, "one")
    later(clock, 60)

    with pytest.raises(TokenRefused):
        held.log_ins.session_of(session.access_token)
    assert held.world_of_client("one", "other") is not session.world


def test_a_call_keeps_a_world_open() -> None:
    clock = Clock()
    held = worlds(clock, world_ttl=60)
    session = signed_in(held, "one")
    for number in range(5):
        later(clock, 59)
        held.log_ins.session_of(session.access_token)
        held.world_of_client(f"another-{number}", "secret")

    assert not session.world.is_closed
    assert len(held) == 1 + 1 + 2  # the fixture's, this one, the latest of the others


def test_what_is_held_is_in_use_whether_it_is_called_or_not() -> None:
    clock = Clock()
    held = worlds(clock, world_ttl=60, max_worlds=2)
    session = signed_in(held, "one")
    session.world.hold()
    later(clock, 1000)
    held.world_of_client("two", "secret")
    later(clock, 59)
    held.world_of_client("two", "secret")
    with pytest.raises(TooManyWorlds):
        held.world_of_client("three", "secret")

    assert held.log_ins.session_of(session.access_token) is session
    session.world.release()
    later(clock, 60)
    held.world_of_client("three", "secret")
    assert session.world.is_closed


@pytest.mark.parametrize(("seconds", "goes"), [(59.9, False), (60, True)])
def test_the_oldest_unused_goes_when_there_are_too_many_and_never_one_in_use(seconds: float, goes: bool) -> None:
    clock = Clock()
    held = worlds(clock, max_worlds=3)
    first, second, third = (signed_in(held, name) for name in ("one", "two", "three"))
    held.log_ins.session_of(first.access_token)
    later(clock, seconds)
    held.log_ins.session_of(first.access_token)
    held.log_ins.session_of(third.access_token)

    if not goes:
        with pytest.raises(TooManyWorlds):
            held.world_of_client("four", "secret")
    else:
        held.world_of_client("four", "secret")

    assert second.world.is_closed is goes
    assert not first.world.is_closed
    assert not third.world.is_closed
    assert held.forgotten["max_worlds"] == goes


def test_worlds_that_come_and_go_leave_nothing_behind() -> None:
    clock = Clock()
    held = worlds(clock, world_ttl=60)
    kept = signed_in(held, "kept")
    kept.world.hold()
    for number in range(2000):
        later(clock, 1)
        signed_in(held, f"client-{number}")

    assert len(held) == 1 + 1 + 60
    assert len(held.log_ins) <= 62 + len(held.template.credentials)
    assert not kept.world.is_closed
    assert len(held._lifetimes._by_use) <= 70
