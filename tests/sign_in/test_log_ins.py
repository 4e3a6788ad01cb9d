"""The sessions of a registry: who has one, for how long, and what ends it."""

import gc
from datetime import timedelta

import pytest

from builders import START
from registry import log_in, worlds
from ringmock.http.wire.access import token_info
from ringmock.sign_in import sessions


def test_ready_made_tokens_open_the_first_world_and_never_expire() -> None:
    here = worlds()
    session = here.log_ins.session_of("ready-102")
    assert (session.world, session.extension.number) == (here.default, "102")
    here.default.clock.advance(timedelta(days=3650))
    assert here.log_ins.session_of("ready-102") is session
    here.log_ins.revoke("app", "ready-102")
    assert here.log_ins.session_of("ready-102") is session


@pytest.mark.parametrize(("seconds", "is_alive"), [(3599, True), (3600, False)])
def test_a_token_expires_by_its_worlds_clock(seconds: int, is_alive: bool) -> None:
    here = worlds()
    token = log_in(here, here.default).access_token
    here.default.clock.advance(timedelta(seconds=seconds))
    if is_alive:
        assert here.log_ins.session_of(token)
        return
    with pytest.raises(sessions.TokenExpired):
        here.log_ins.session_of(token)


def test_a_refresh_gives_new_tokens_and_ends_the_old_ones() -> None:
    here = worlds()
    old = log_in(here, here.default, "102")
    new = here.log_ins.refresh(here.default, "app", old.refresh_token)
    assert here.log_ins.session_of(new.access_token).extension.number == "102"
    assert (new.endpoint_id, new.session_id) == (old.endpoint_id, old.session_id)
    assert new.access_token != old.access_token
    with pytest.raises(sessions.TokenReplaced):
        here.log_ins.session_of(old.access_token)


@pytest.mark.parametrize(("seconds", "refusal"), [(9, sessions.TokenReplaced), (10, sessions.TokenUnknown)])
def test_a_replaced_access_token_is_soon_forgotten(seconds: int, refusal: type[Exception]) -> None:
    here = worlds()
    old = log_in(here, here.default)
    here.log_ins.refresh(here.default, "app", old.refresh_token)
    here.default.clock.advance(timedelta(seconds=seconds))
    with pytest.raises(refusal):
        here.log_ins.session_of(old.access_token)


@pytest.mark.parametrize(("used_after", "asked_after", "is_answered"), [
    (None, 3599, True),
    (None, 3600, False),
    (0, 9, True),
    (0, 10, False),
    (3000, 3009, True),
    (3000, 3010, False),
    (3595, 3599, True),
    (3595, 3600, False),
])  # fmt: skip
def test_an_old_refresh_token_gets_the_same_new_pair_until_the_new_access_token_is_in_use(
    used_after: int | None, asked_after: int, is_answered: bool
) -> None:
    here = worlds()
    old = log_in(here, here.default)
    new = here.log_ins.refresh(here.default, "app", old.refresh_token)
    if used_after is not None:
        here.default.clock.set(START + timedelta(seconds=used_after), frozen=True)
        here.log_ins.session_of(new.access_token)
    here.default.clock.set(START + timedelta(seconds=asked_after), frozen=True)
    if used_after is not None and asked_after < 3600:
        here.log_ins.session_of(new.access_token)  # the second use is not the first
    if is_answered:
        assert here.log_ins.refresh(here.default, "app", old.refresh_token) is new
        return
    with pytest.raises(sessions.RefreshTokenDead):
        here.log_ins.refresh(here.default, "app", old.refresh_token)


def test_an_old_refresh_token_is_dead_when_its_answer_was_refreshed_itself() -> None:
    here = worlds()
    first = log_in(here, here.default)
    second = here.log_ins.refresh(here.default, "app", first.refresh_token)
    third = here.log_ins.refresh(here.default, "app", second.refresh_token)
    with pytest.raises(sessions.RefreshTokenDead):
        here.log_ins.refresh(here.default, "app", first.refresh_token)
    assert here.log_ins.refresh(here.default, "app", second.refresh_token) is third


@pytest.mark.parametrize(("seconds", "left"), [(0, (3600, 604800)), (3590, (10, 601210)), (3599, (1, 601201))])
def test_a_pair_that_is_answered_again_says_what_is_left_of_it(seconds: int, left: tuple[int, int]) -> None:
    here = worlds()
    old = log_in(here, here.default)
    here.log_ins.refresh(here.default, "app", old.refresh_token)
    here.default.clock.advance(timedelta(seconds=seconds))
    told = token_info(here.log_ins.refresh(here.default, "app", old.refresh_token))
    assert (told["expires_in"], told["refresh_token_expires_in"]) == left


@pytest.mark.parametrize(("ttl", "seconds", "is_answered"), [
    ({"refresh_ttl": 60}, 59, True),
    ({"refresh_ttl": 60}, 60, False),
    ({"access_ttl": 600}, 599, True),
    ({"access_ttl": 600}, 600, False),
])  # fmt: skip
def test_no_pair_is_answered_again_when_either_of_its_own_tokens_is_dead(
    ttl: dict[str, int], seconds: int, is_answered: bool
) -> None:
    here = worlds()
    old = log_in(here, here.default, **ttl)
    new = here.log_ins.refresh(here.default, "app", old.refresh_token)
    here.default.clock.advance(timedelta(seconds=seconds))
    if is_answered:
        assert here.log_ins.refresh(here.default, "app", old.refresh_token) is new
        return
    with pytest.raises(sessions.RefreshTokenDead):
        here.log_ins.refresh(here.default, "app", old.refresh_token)


def test_log_ins_that_are_over_go_with_the_next_five_hundred_of_them_with_each() -> None:
    here = worlds()
    before = held(sessions.Session)
    for _ in range(980):
        log_in(here, here.default)
    for _ in range(10):
        here.log_ins.refresh(here.default, "app", log_in(here, here.default).refresh_token)
    here.default.clock.advance(timedelta(days=31))
    log_in(here, here.default)
    assert held(sessions.Session) - before == 501
    kept = log_in(here, here.default)
    assert held(sessions.Session) - before == 2
    assert here.log_ins.session_of(kept.access_token) is kept


def held(kind: type) -> int:
    """How many of a kind are in memory."""
    gc.collect()
    return sum(type(each) is kind for each in gc.get_objects())


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_session(which: str) -> None:
    here = worlds()
    session = log_in(here, here.default)
    here.log_ins.revoke("app", getattr(session, which))
    with pytest.raises(sessions.TokenUnknown):
        here.log_ins.session_of(session.access_token)
    with pytest.raises(sessions.RefreshTokenRevoked):
        here.log_ins.refresh(here.default, "app", session.refresh_token)


def test_one_application_neither_refreshes_nor_revokes_the_tokens_of_another() -> None:
    here = worlds()
    session = log_in(here, here.default)
    other = here.world_of_client("another", "x")
    here.log_ins.revoke("another", session.access_token)
    assert here.log_ins.session_of(session.access_token) is session
    with pytest.raises(sessions.RefreshTokenDead):
        here.log_ins.refresh(other, "another", session.refresh_token)
    new = here.log_ins.refresh(here.default, "app", session.refresh_token)
    with pytest.raises(sessions.RefreshTokenDead):
        here.log_ins.refresh(other, "another", session.refresh_token)
    assert here.log_ins.session_of(new.access_token) is new


@pytest.mark.parametrize(
    ("token", "refusal"),
    [("garbage", sessions.TokenInvalid), ("", sessions.TokenInvalid), ("AT-" + "x" * 32, sessions.TokenUnknown)],
)
def test_a_token_that_opens_nothing_is_told_from_one_that_could_not(token: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        worlds().log_ins.session_of(token)


@pytest.mark.parametrize("seconds", [604799, 604800])
def test_a_refresh_token_expires_too(seconds: int) -> None:
    here = worlds()
    session = log_in(here, here.default)
    here.default.clock.advance(timedelta(seconds=seconds))
    if seconds < 604800:
        assert here.log_ins.refresh(here.default, "app", session.refresh_token)
        return
    with pytest.raises(sessions.RefreshTokenDead):
        here.log_ins.refresh(here.default, "app", session.refresh_token)


def test_without_a_lifetime_there_is_no_refresh_token() -> None:
    here = worlds()
    assert log_in(here, here.default, refresh_ttl=0).refresh_token is None
