"""Several servers of one database: whose the slots are, who takes them, and who writes no more."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count

import psycopg
import pytest

from databases import Cluster
from logged import AT, BASE, MARK, handled
from replica_pairs import has_come
from ringmock.world.history import postgresql
from ringmock.world.history.log import Added, Begun, Given, LogLost, LogUnavailable, Opened
from ringmock.world.history.postgresql import LOCK, opened
from ringmock.world.history.replicas import Joined, View, joined
from ringmock.world.history.sqlite import FixtureMark, StateRefused, StateServed

SLOTS = 8
_TRIED = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%advisory_unlock_shared%' AND pid != pg_backend_pid()"
LOOKS = 2_000
"""Until something has come to hold."""


@pytest.fixture
def url(databases: Cluster) -> str:
    return databases.empty()


class Clock:
    """Stands, but for a hundredth of a second each time that it is read."""

    def __init__(self) -> None:
        self._seconds = count(0, 0.01)

    def __call__(self) -> float:
        return next(self._seconds)


class Joining:
    """Joins replicas to a database, which are let go at the end."""

    def __init__(self, url: str, held: ExitStack) -> None:
        self._url, self._held = url, held

    def __call__(self, version: str = "1.0", *, is_reached: bool = True) -> Joined:
        """One of the replicas, which the others know, and have reached."""
        own = joined(self._url, MARK, version, SLOTS, now=Clock())
        self._held.callback(own.log.close)
        self._held.callback(own.membership.close)
        own.membership.announce(f"{own.host}:1")
        if is_reached:
            own.membership.note_reached(own.membership.number)
        return own


@pytest.fixture
def join(url: str) -> Iterator[Joining]:
    with ExitStack() as held:
        yield Joining(url, held)


def looks_until(own: Joined, slots: dict[int, int]) -> View:
    """Look until each replica has so many slots."""
    for _ in range(LOOKS):
        view = own.membership.look()
        if Counter(owner for owner, _ in view.slots.values()) == slots:
            return view
    raise AssertionError(f"it has never come to {slots}")


def cut_off(url: str, own: Joined) -> None:
    """End the session by which a replica writes, as its end does, without a word to it."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SELECT pg_terminate_backend(%s)", (own.log._pid,))


def test_the_first_has_all_and_gives_half_to_the_second(join: Joining) -> None:
    first = join()
    one = first.membership.number
    looks_until(first, {one: SLOTS})
    second = join()
    two = second.membership.number
    first.log.append([Given(slot, to) for slot, to in first.membership.look().to_give()])
    view = looks_until(second, {one: SLOTS // 2, two: SLOTS // 2})
    assert view.own_slots.keys() == {4, 5, 6, 7}
    assert not view.to_give()


def test_nobody_has_a_slot_whom_the_others_have_not_reached(join: Joining) -> None:
    first, second = join(), join(is_reached=False)
    looks_until(first, {first.membership.number: SLOTS})
    assert not first.membership.look().to_give()
    first.membership.note_reached(second.membership.number)
    assert len(first.membership.look().to_give()) == SLOTS // 2


def test_one_that_is_alone_reaches_itself(join: Joining) -> None:
    own = join(is_reached=False)
    looks_until(own, {own.membership.number: SLOTS})


def test_the_others_take_the_slots_of_one_whose_session_ended_and_it_writes_no_more(url: str, join: Joining) -> None:
    first = join()
    looks_until(first, {first.membership.number: SLOTS})
    first.log.append([Opened(1, "own", AT, None), Begun(1, 0, BASE), Added(1, 1, handled())])
    second = join()
    cut_off(url, first)
    looks_until(second, {second.membership.number: SLOTS})
    with pytest.raises(LogLost, match="is another one by now"):
        first.log.append([Added(1, 2, handled())])
    assert first.membership.number not in first.membership.look().members
    assert [head.latest for head in second.log.heads()] == [1]


def test_one_that_comes_back_in_time_keeps_its_slots(url: str, join: Joining) -> None:
    first, second = join(), join()
    looks_until(first, {first.membership.number: SLOTS // 2, second.membership.number: SLOTS // 2})
    for _ in range(3):
        cut_off(url, first)
        assert not second.membership.look().to_give()
        first.log.append([])
    looks_until(second, {first.membership.number: SLOTS // 2, second.membership.number: SLOTS // 2})


def test_after_the_database_was_away_the_others_get_time_to_come_back(join: Joining, databases: Cluster) -> None:
    first, second = join(), join()
    both = {first.membership.number: SLOTS // 2, second.membership.number: SLOTS // 2}
    looks_until(first, both)
    second.membership.look()
    databases.stop("immediate")
    try:
        with pytest.raises(LogUnavailable, match="cannot be read"):
            second.membership.look()
    finally:
        databases.start()
    looks_until(second, both)
    assert second.membership._gone(second.membership.look()) == ()
    for each in (first, second):
        each.log.append([])
    assert all(member.is_there for member in looks_until(second, both).members.values())


def test_the_others_have_the_slots_of_one_that_leaves_at_once(join: Joining) -> None:
    first, second = join(), join()
    looks_until(second, {first.membership.number: SLOTS // 2, second.membership.number: SLOTS // 2})
    first.log.close()
    first.membership.leave()
    assert second.membership.look().own_slots.keys() == set(range(SLOTS))


def test_all_have_the_secret_and_the_key_of_the_first(join: Joining) -> None:
    first, second = join(), join()
    assert first.membership.secret == second.membership.secret
    assert [each.membership.key(made) for each, made in ((first, b"one"), (second, b"two"))] == [b"one", b"one"]


# --- who may join --------------------------------------------------------------------------------


def test_replicas_are_of_one_fixture_and_version(url: str, join: Joining) -> None:
    join()
    with pytest.raises(StateRefused, match="means nothing with another"):
        joined(url, FixtureMark("demo", "other"), "1.0", SLOTS)
    with pytest.raises(StateRefused, match=r"served by replicas of ringmock 1.0, and this is 2.0"):
        joined(url, MARK, "2.0", SLOTS)


def test_replicas_and_a_server_that_is_alone_do_not_have_one_database(url: str, join: Joining) -> None:
    with closing(opened(url, MARK, "1.0")), pytest.raises(StateServed):
        joined(url, MARK, "1.0", SLOTS, patience=0)
    own = join()
    with pytest.raises(StateServed):
        opened(url, MARK, "1.0", patience=0)
    own.log.close()
    opened(url, MARK, "1.0").close()


def test_one_that_finds_others_that_come_where_a_server_has_just_ended_waits_for_these(url: str) -> None:
    """Each of them has a part of the lock for a moment, and the server's mark is still there."""
    opened(url, MARK, "1.0").close()
    with psycopg.connect(url, autocommit=True) as other, ThreadPoolExecutor(1) as thread:
        other.execute("SELECT pg_advisory_lock_shared(%s)", (LOCK,))
        joining = thread.submit(joined, url, MARK, "1.0", SLOTS, patience=60)
        with psycopg.connect(url, autocommit=True) as db:
            assert has_come(lambda: db.execute(_TRIED).fetchone() != (0,))
        other.close()
        own = joining.result()
    own.log.close()
    own.membership.close()


@pytest.mark.parametrize("table", ["slots", "commands"])
def test_who_looks_or_reads_does_not_wait_until_a_table_is_let_go(url: str, join: Joining, table: str) -> None:
    own = join()
    ask = own.membership.look if table == "slots" else own.membership.reader.heads
    with psycopg.connect(url) as other:
        other.execute(f"LOCK TABLE ringmock.{table}")
        with pytest.raises(LogUnavailable, match="lock timeout"):
            ask()
    ask()


def test_replicas_do_not_join_the_processes_of_a_server(url: str) -> None:
    with closing(opened(url, MARK, "1.0")) as log:
        run = postgresql.share(log)
        with closing(postgresql.joined(url, run, 0, was_served=True)), pytest.raises(StateServed):
            joined(url, MARK, "1.0", SLOTS, patience=0)


def test_one_that_was_cut_off_does_not_come_back_where_another_server_has_been(url: str, join: Joining) -> None:
    own = join()
    cut_off(url, own)
    opened(url, MARK, "1.0").close()
    with pytest.raises(LogLost):
        own.log.append([])


def test_the_first_of_another_version_begins_where_those_of_the_version_before_have_ended(join: Joining) -> None:
    first = join()
    first.log.close()
    second = join("2.0", is_reached=False)
    looks_until(second, {second.membership.number: SLOTS})
