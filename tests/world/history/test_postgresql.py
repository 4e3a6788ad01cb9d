"""The state in PostgreSQL: what it keeps, what it refuses, and a database that goes away and comes back."""

import logging
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import httpx2
import psycopg
import pytest
from click.testing import CliRunner

from databases import Cluster
from kills import lives
from logged import AT, BASE, FIRST, MARK, NUMBERED, handled
from ringmock.cli.main import main
from ringmock.control.worlds import template_of
from ringmock.fixture import load_named
from ringmock.serving.server import build, serving
from ringmock.serving.standby import Standby
from ringmock.sign_in.kept_worlds import KeptWorlds
from ringmock.sign_in.worlds import Worlds
from ringmock.world.history import postgresql
from ringmock.world.history.commands import Command
from ringmock.world.history.distant import DistantCommit
from ringmock.world.history.log import (
    Added,
    Begun,
    Change,
    Claimed,
    Copied,
    LogDamaged,
    LogUnavailable,
    NameClosed,
    NameFreed,
    Opened,
)
from ringmock.world.history.postgresql import PostgresLog, opened
from ringmock.world.history.sqlite import LONG, FixtureMark, StateRefused, StateServed
from support import STORE, Client


@pytest.fixture
def url(databases: Cluster) -> str:
    return databases.empty()


def log_at(url: str) -> PostgresLog:
    return opened(url, MARK, "1.0")


def commands_of(log: PostgresLog, world: int) -> list[tuple[int, Command]]:
    return list(log.read(world, 0, 10_000))


def changed(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(statement)


def cut_off(url: str) -> None:
    """End the connections of others, as a router in between does."""
    changed(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid != pg_backend_pid()",
    )


# --- what it keeps -------------------------------------------------------------------------------


def test_what_is_appended_is_there_after_the_end(url: str) -> None:
    with closing(log_at(url)) as log:
        log.append(FIRST)
    with closing(log_at(url)) as log:
        assert commands_of(log, 1) == [(each.number, each.command) for each in FIRST if isinstance(each, Added)]
        (head,) = log.heads()
        assert (head.name, head.base, head.before, head.latest, head.labels) == ("", BASE, 0, 3, {"two": 2})


@pytest.mark.parametrize(("changes", "numbers", "labels"), NUMBERED)
def test_a_history_is_as_it_was_changed(url: str, changes: list[Change], numbers: list[int], labels: Any) -> None:
    with closing(log_at(url)) as log:
        log.append(FIRST)
        log.append(changes)
        assert [number for number, _ in log.read(1, log.heads()[0].before, 100)] == numbers
        assert {head.world: head.labels for head in log.heads()}.get(1, {}) == labels


def test_a_fork_has_the_commands_of_its_origin_and_any_secret_is_kept(url: str) -> None:
    with closing(log_at(url)) as log:
        log.append(FIRST)
        log.append([Opened(2, "fork", AT, '"demo"'), Begun(2, 0, BASE), Copied(2, 1, 3), Claimed(2, "a\0\ud83d")])
        assert commands_of(log, 2) == commands_of(log, 1)
        head = log.heads()[1]
        assert (head.name, head.fixture, head.is_claimed, head.secret) == ("fork", '"demo"', True, "a\0\ud83d")


def test_names_that_open_no_worlds_are_kept_in_their_order(url: str) -> None:
    with closing(log_at(url)) as log:
        log.append([NameClosed("b"), NameClosed("a"), NameClosed("c"), NameFreed("a")])
        assert log.closed_names() == ["b", "c"]


def test_more_commands_than_are_read_at_a_time_are_read_in_their_order(url: str) -> None:
    many = postgresql.READ_TOGETHER
    with closing(log_at(url)) as log:
        log.append([*FIRST, *(Added(1, number, handled()) for number in range(4, many + 2))])
        assert [number for number, _ in commands_of(log, 1)] == list(range(1, many + 2))


def test_a_batch_that_fails_leaves_nothing_of_it(url: str) -> None:
    with closing(log_at(url)) as log:
        log.append(FIRST)
        with pytest.raises(LogUnavailable, match="was written by another server"):
            log.append([Added(1, 4, handled()), Added(1, 3, handled())])
        log.append([Added(1, 4, handled())])
        assert [number for number, _ in commands_of(log, 1)] == [1, 2, 3, 4]


# --- a database that goes away -------------------------------------------------------------------


def test_a_connection_that_was_cut_is_made_again_and_nobody_notices(url: str) -> None:
    with closing(log_at(url)) as log:
        log.append(FIRST)
        cut_off(url)
        log.append([Added(1, 4, handled())])
        cut_off(url)
        assert [number for number, _ in commands_of(log, 1)] == [1, 2, 3, 4]


def test_a_batch_of_which_the_end_was_not_heard_is_written_once(url: str) -> None:
    with closing(log_at(url)) as log:
        log.append(FIRST)
        batch: list[Change] = [Added(1, 4, handled())]
        log.append(batch)
        assert log._db is not None
        log._batch, log._unsure = log._batch - 1, len(batch)  # as it was before the answer,
        log._db.close()  # which never came
        log.append([*batch, Added(1, 5, handled())])
        assert [number for number, _ in commands_of(log, 1)] == [1, 2, 3, 4, 5]


def test_a_database_that_is_away_is_said_to_be_so_and_what_was_kept_stays(url: str, databases: Cluster) -> None:
    with closing(log_at(url)) as log:
        log.append(FIRST)
        databases.stop("immediate")
        try:
            for _ in range(2):
                with pytest.raises(LogUnavailable, match="postgresql:///postgres cannot be written: conn"):
                    log.append([Added(1, 4, handled())])
            with pytest.raises(LogUnavailable, match="postgresql:///postgres cannot be read: connection"):
                log.heads()
        finally:
            databases.start()
        log.append([Added(1, 4, handled()), Added(1, 5, handled())])
        assert [number for number, _ in commands_of(log, 1)] == [1, 2, 3, 4, 5]


def test_a_state_that_another_server_has_taken_meanwhile_is_written_no_more(url: str) -> None:
    with closing(log_at(url)) as log:
        log.append(FIRST)
        cut_off(url)
        with closing(log_at(url)) as other:
            other.append([Added(1, 4, handled())])
        with pytest.raises(LogUnavailable, match="is another one by now"):
            log.append([Added(1, 4, handled(b"[]"))])
        with closing(log_at(url)) as other:
            assert commands_of(other, 1)[-1] == (4, handled())


# --- several processes of a server -----------------------------------------------------------------

OWN: list[Change] = [Opened(2, "own", AT, None), Begun(2, 0, BASE), Added(2, 1, handled())]


@contextmanager
def shared(url: str) -> Iterator[str]:
    """What processes say to join the state of a server that is there until the end."""
    with closing(log_at(url)) as log:
        yield postgresql.share(log)


def one_of(url: str, run: str, place: int) -> PostgresLog:
    return postgresql.joined(url, run, place, was_served=True)


def test_each_process_writes_its_worlds_and_reads_all(url: str) -> None:
    with shared(url) as run, closing(one_of(url, run, 0)) as first, closing(one_of(url, run, 1)) as second:
        first.append(FIRST)
        second.append(OWN)
        for each in (first, second):
            cut_off(url)
            assert [head.latest for head in each.heads()] == [3, 1]
        first.append([Added(1, 4, handled())])
        second.append([Added(2, 2, handled())])
        assert [head.latest for head in first.heads()] == [4, 2]
    with closing(log_at(url)) as log:
        assert [head.latest for head in log.heads()] == [4, 2]


def test_a_batch_of_one_process_of_which_the_end_was_not_heard_is_written_once(url: str) -> None:
    with shared(url) as run, closing(one_of(url, run, 0)) as first, closing(one_of(url, run, 1)) as second:
        first.append(FIRST)
        second.append(OWN)
        batch: list[Change] = [Added(2, 2, handled())]
        second.append(batch)
        assert second._db is not None
        second._batch, second._unsure = second._batch - 1, len(batch)  # as it was before the answer,
        second._db.close()  # which never came
        first.append([Added(1, 4, handled())])
        second.append([*batch, Added(2, 3, handled())])
        assert [number for number, _ in commands_of(second, 2)] == [1, 2, 3]


def test_a_process_whose_place_another_one_has_meanwhile_writes_no_more(url: str) -> None:
    with shared(url) as run, closing(one_of(url, run, 0)) as before:
        before.append(FIRST)
        cut_off(url)
        with closing(one_of(url, run, 0)) as after:
            after.append([Added(1, 4, handled())])
        with pytest.raises(LogUnavailable, match="is another one by now"):
            before.append([Added(1, 4, handled(b"[]"))])
        with closing(one_of(url, run, 1)) as other:
            assert commands_of(other, 1)[-1] == (4, handled())


def test_a_process_of_a_server_whose_state_another_one_has_had_meanwhile_writes_no_more(url: str) -> None:
    with shared(url) as run, closing(one_of(url, run, 0)) as log:
        log.append(FIRST)
        cut_off(url)
        log_at(url).close()
        with pytest.raises(LogUnavailable, match="is another one by now"):
            log.append([Added(1, 4, handled())])
        with pytest.raises(StateServed):
            one_of(url, run, 0)


def test_nobody_else_has_the_state_before_the_last_process_has_ended(url: str) -> None:
    with shared(url) as run:
        last = one_of(url, run, 0)
    with closing(last), pytest.raises(StateServed):
        opened(url, MARK, "1.0", patience=0)
    log_at(url).close()


def test_who_stands_by_has_news_of_each_process(url: str) -> None:
    with shared(url) as run, closing(one_of(url, run, 0)) as first, closing(one_of(url, run, 1)) as second:
        first.append(FIRST)
        followed = postgresql.followed(url, MARK, "1.0")
        assert followed is not None
        with closing(followed):
            for write, is_expected in ((None, True), (None, False), (OWN, True), (None, False)):
                if write is not None:
                    second.append(write)
                with followed.news() as there_are_news:
                    assert there_are_news is is_expected
            assert not followed.is_free()


def test_processes_that_add_the_same_long_bodies_do_not_wait_for_each_other_in_a_circle(url: str) -> None:
    bodies = [bytes([each]) * LONG for each in range(40)]
    with shared(url) as run, closing(one_of(url, run, 0)) as first, closing(one_of(url, run, 1)) as second:
        first.append(FIRST)
        second.append(OWN)
        ways: list[tuple[PostgresLog, list[Change]]] = [
            (first, [Added(1, 4 + place, handled(body)) for place, body in enumerate(bodies)]),
            (second, [Added(2, 2 + place, handled(body)) for place, body in enumerate(reversed(bodies))]),
        ]
        with ThreadPoolExecutor() as threads:
            for done in [threads.submit(log.append, changes) for log, changes in ways]:
                done.result()
        assert len(commands_of(first, 1)) == len(commands_of(second, 2)) + 2 == 43


# --- what it refuses -----------------------------------------------------------------------------


def test_a_database_has_one_server_at_a_time(url: str) -> None:
    with closing(log_at(url)), pytest.raises(StateRefused, match="is served by another process"):
        opened(url, MARK, "1.0", patience=0)
    log_at(url).close()


REFUSED = [
    ("UPDATE ringmock.about SET value = '2' WHERE name = 'format'", "serve it with the newer ringmock"),
    ("UPDATE ringmock.about SET value = 'other' WHERE name = 'digest'", "begin anew with another database"),
    ("DELETE FROM ringmock.about WHERE name = 'format'", "is no state of ringmock"),
    ("DROP TABLE ringmock.about", "is no state of ringmock"),
    ("DROP TABLE ringmock.worlds", ""),
]


@pytest.mark.parametrize(("statement", "said"), REFUSED)
def test_what_cannot_be_served_from_is_refused(url: str, statement: str, said: str) -> None:
    log_at(url).close()
    changed(url, statement)
    if said:
        with pytest.raises(StateRefused, match=said):
            log_at(url)
    else:
        with (
            closing(log_at(url)) as log,
            pytest.raises(LogDamaged, match=r"is damaged \(relation .ringmock.worlds. does not exist\)"),
        ):
            log.heads()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ringmock.commands WHERE number = 2",
        "DELETE FROM ringmock.contents",
        "UPDATE ringmock.commands SET payload = '{' WHERE number = 2",
    ],
)
def test_a_command_that_cannot_be_read_is_named(url: str, statement: str) -> None:
    with closing(log_at(url)) as log:
        log.append(FIRST)
        changed(url, statement)
        with pytest.raises(LogDamaged, match=r"is damaged \(command [23] of world 1 cannot be read"):
            commands_of(log, 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["serve", "--state", "postgresql://me:secret@127.0.0.1:1/none"],
            "://127.0.0.1:1/none cannot be",
        ),
        (["serve", "--state", "postgresql://[::1/none"], "is no URL of a database"),
        (
            ["state", "postgres://127.0.0.1:1/none"],
            "The state postgres://127.0.0.1:1/none cannot be read: connection failed",
        ),
    ],
)
def test_a_database_that_is_not_there_is_said_to_be_so_without_its_password(arguments: list[str], said: str) -> None:
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code in (1, 2)
    assert said in " ".join(refused.output.split())
    assert "secret" not in refused.output


def test_durability_is_the_databases_own(url: str) -> None:
    refused = CliRunner().invoke(main, ["serve", "--state", url, "--durability", "power"])
    assert (refused.exit_code, "synchronous_commit" in refused.output) == (2, True)


def test_a_survey_tells_what_each_world_has_and_a_vacuum_forgets_what_nobody_names(url: str) -> None:
    with closing(log_at(url)) as log:
        log.append([*FIRST, Opened(2, "own", AT, "{}"), Begun(2, 0, BASE)])
        default, own = postgresql.surveyed(url).worlds
        assert (default.name, default.fixture, default.commands, default.labels) == ("default", "demo", 3, 1)
        assert (own.name, own.fixture, own.commands, own.last) == ("own", "in the call", 0, None)
        log.append([Begun(1, 3, BASE)])
    told = CliRunner().invoke(main, ["state", url, "--vacuum"])
    assert (told.exit_code, "default" in told.output) == (0, True), told.output
    with psycopg.connect(url) as db:
        assert db.execute("SELECT count(*) FROM ringmock.contents").fetchone() == (0,)


@pytest.mark.long
def test_a_killed_server_has_lost_nothing_that_it_answered(url: str) -> None:
    """As often as you like: `python tests/kills.py --times 200 --state postgresql://...`."""
    for found in lives(url, random.Random(1), 2):
        assert found.problems == []


SERVED = FixtureMark("demo", "digest")

# --- a server ------------------------------------------------------------------------------------


@contextmanager
def server_on(url: str) -> Iterator[str]:
    commits = DistantCommit(opened(url, SERVED, "1.0"))
    worlds = Worlds(load_named("demo"), commits=commits)
    with serving(build(worlds), state=KeptWorlds(worlds, template_of)) as (place, _):
        yield place


def test_a_database_away_and_back_is_503_meanwhile_and_nothing_is_lost(
    url: str, databases: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "ringmock"), server_on(url) as place, Client(place) as client:
        assert client.post_sms("before").status_code == 200
        databases.stop("immediate")
        try:
            refused = client.post_sms("meanwhile")
            assert (refused.status_code, refused.json()["errorCode"]) == (503, "CMN-201")
            assert client.get(STORE).status_code == 503
        finally:
            databases.start()
        tried = (client.get(STORE) for _ in range(20_000))
        assert next((answer for answer in tried if answer.status_code == 200), None) is not None
        assert client.post_sms("after").status_code == 200
        credentials, tokens = client.client_id, client._tokens
    assert "the state is written again" in caplog.messages
    with server_on(url) as place, Client(place) as client:
        client.client_id, client._tokens = credentials, tokens
        assert [each["subject"] for each in client.messages("101")] == ["after", "meanwhile", "before"]


# --- another server that stands by ---------------------------------------------------------------


class Behind:
    """One that stands by, in the process of the test."""

    def __init__(self, url: str) -> None:
        self._url = url
        log = postgresql.followed(url, SERVED, "1.0")
        assert log is not None
        self.log = log
        self.commits = DistantCommit(log)
        self.worlds = Worlds(load_named("demo"), commits=self.commits)
        self.app = build(self.worlds)
        self.kept = KeptWorlds(self.worlds, template_of)
        self.standby = Standby(self.kept, log, self._taken)

    def _taken(self) -> PostgresLog | None:
        try:
            return opened(self._url, SERVED, "1.0", patience=0)
        except StateServed:
            return None

    @contextmanager
    def serving(self) -> Iterator[str]:
        with serving(self.app, state=self.kept) as (place, _):
            yield place

    def looks(self) -> None:
        """Look until it is connected again."""
        for _ in range(20_000):
            assert not self.standby.has_taken()
            if not self.standby._is_away:
                return
        raise AssertionError("it never is")

    def takes(self) -> None:
        """Take the place of the other one, which loses it again and again: it may have it back before."""
        held = f"locktype = 'advisory' AND objid = {postgresql.LOCK}"
        for _ in range(20_000):
            changed(self._url, f"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE {held}")
            if self.standby.has_taken():
                return
        raise AssertionError("it never has")


def test_who_stands_by_follows_and_takes_the_place_and_the_one_before_answers_503(url: str) -> None:
    with server_on(url) as place, Client(place) as client:
        client.post_sms("before")
        behind = Behind(url)
        behind.looks()
        client.post_sms("meanwhile")
        behind.looks()
        behind.takes()
        with behind.serving() as other, Client(other) as there:
            there.client_id, there._tokens = client.client_id, client._tokens
            assert [each["subject"] for each in there.messages("101")] == ["meanwhile", "before"]
            client._http.timeout = httpx2.Timeout(60)  # it hopes for its place for a while
            tried = (client.get(STORE) for _ in range(20_000))
            assert next((answer for answer in tried if answer.status_code == 503), None) is not None
            assert there.post_sms("after").status_code == 200


def test_who_was_cut_off_with_the_server_leaves_it_its_place(url: str) -> None:
    with server_on(url) as place, Client(place) as client:
        client.post_sms("before")
        behind = Behind(url)
        behind.looks()
        cut_off(url)
        behind.looks()
        behind.looks()
        assert not behind.log.is_free()
        assert client.post_sms("after").status_code == 200
        behind.log.close()


def test_there_is_nothing_to_follow_before_a_server_has_begun(url: str) -> None:
    assert postgresql.followed(url, MARK, "1.0") is None
    with closing(log_at(url)) as log:
        assert postgresql.followed(url, MARK, "1.0") is None
        log.append(FIRST)
        followed = postgresql.followed(url, MARK, "1.0")
        assert followed is not None
        assert followed.heads() == log.heads()
        assert not followed.is_free()
        followed.close()
        with pytest.raises(StateRefused, match="means nothing with another"):
            postgresql.followed(url, FixtureMark("demo", "other"), "1.0")


def test_what_is_followed_is_of_one_moment_and_read_when_there_are_news(url: str) -> None:
    with closing(log_at(url)) as log:
        log.append(FIRST)
        followed = postgresql.followed(url, MARK, "1.0")
        assert followed is not None
        with closing(followed):
            with followed.news() as there_are_news:
                before = followed.heads()
                log.append([Added(1, 4, handled())])
                assert (there_are_news, followed.heads()) == (True, before)
            for is_expected in (True, False):
                with followed.news() as there_are_news:
                    assert there_are_news is is_expected
            assert followed.heads() == log.heads() != before
