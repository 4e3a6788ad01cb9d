"""The state file: what it keeps, what it refuses, and that what it refuses stays as it was."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from logged import AT, BASE, FIRST, MARK, NUMBERED, handled
from ringmock.domain.attachment import Attachment
from ringmock.domain.carrier import Carrier, CarrierProfile
from ringmock.domain.message import MessageStatus, Reached
from ringmock.domain.pictures import Pixels
from ringmock.domain.subscription import Attempt
from ringmock.lab.limits import Group
from ringmock.sign_in.authorization import Challenge, ChallengeMethod
from ringmock.sign_in.sessions import LogIn, SessionState
from ringmock.world.history import state_file
from ringmock.world.history.commands import Command, Event, Handled
from ringmock.world.history.log import (
    Added,
    Begun,
    Change,
    Claimed,
    Copied,
    Cut,
    LogDamaged,
    LogUnavailable,
    NameClosed,
    NameFreed,
    Opened,
)
from ringmock.world.history.serialization import Unreadable, command_of, row_of
from ringmock.world.history.sqlite import FORMAT, LONG, Durability, SqliteLog, StateRefused, opened

VALUES: list[Any] = [
    None, True, 1 << 70, 1.5, "text \ud83d", b"\x00\xff", [1, (2, "three")], {"a": [1]}, {"$a": 1}, {1: "one"},
    frozenset({"x"}), AT, timedelta(days=1, microseconds=1), Group.HEAVY, MessageStatus.SENT,
    Attachment("image/png", None, b"\x89PNG", Pixels(1, 2)),
    Carrier((CarrierProfile(((timedelta(0), Reached(MessageStatus.SENT, "X")),), frozenset({"1"})),), 7, True),
    Attempt(AT, "/message-store", "uuid", None, "lost", (1, 2), b"{}"),
    SessionState("101", "c", "AT", "e", None, 1, 2, AT, None, "s", LogIn(AT, "n"), None, AT, None, None, False, True),
    Challenge("value", ChallengeMethod.S256),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_of_an_event_is_read_as_it_was_written(value: Any) -> None:
    event = Event(AT, "kind", (value, "and another"))
    assert command_of(row_of(event)) == event


@pytest.mark.parametrize("command", [handled(), handled(path="/half-\ud83d"), handled(caller=None)])
def test_a_call_is_read_as_it_was_written(command: Handled) -> None:
    assert command_of(row_of(command)) == command


def test_a_value_that_cannot_be_written_is_found_at_once() -> None:
    with pytest.raises(TypeError, match="object is no value of a command"):
        row_of(Event(AT, "kind", (object(),)))


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"values": [{"$Nobody": 1}]}', b'{"values": [{"$time": "soon"}]}'])
def test_what_cannot_be_read_is_said_to_be_so(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        command_of(row_of(Event(AT, "kind", ()))._replace(payload=payload))


# --- what it keeps -------------------------------------------------------------------------------


def log_at(path: Path) -> SqliteLog:
    return opened(path, MARK, "1.0")


def commands_of(log: SqliteLog, world: int, until: int = 100) -> list[tuple[int, Command]]:
    return list(log.read(world, 0, until))


def test_what_is_appended_is_there_after_the_end(path: Path) -> None:
    with closing(log_at(path)) as log:
        log.append(FIRST)
    with closing(log_at(path)) as log:
        assert commands_of(log, 1) == [(each.number, each.command) for each in FIRST if isinstance(each, Added)]
        (head,) = log.heads()
        assert (head.name, head.base, head.before, head.latest, head.labels) == ("", BASE, 0, 3, {"two": 2})


@pytest.mark.parametrize(("changes", "numbers", "labels"), NUMBERED)
def test_a_history_is_as_it_was_changed(path: Path, changes: list[Change], numbers: list[int], labels: Any) -> None:
    with closing(log_at(path)) as log:
        log.append(FIRST)
        log.append(changes)
        after = log.heads()[0].before
        found = [number for number, _ in log.read(1, after, 100)]
        assert found == numbers
        assert {head.world: head.labels for head in log.heads()}.get(1, {}) == labels


def test_a_fork_has_the_commands_of_its_origin_and_a_long_body_is_there_once(path: Path) -> None:
    with closing(log_at(path)) as log:
        log.append(FIRST)
        log.append([Opened(2, "fork", AT, '"demo"'), Begun(2, 0, BASE), Copied(2, 1, 3), Claimed(2, "secret")])
        assert commands_of(log, 2) == commands_of(log, 1)
        assert log.db.execute("SELECT count(*) FROM contents").fetchone() == (1,)
        head = log.heads()[1]
        assert (head.name, head.fixture, head.is_claimed, head.secret) == ("fork", '"demo"', True, "secret")


def test_names_that_open_no_worlds_are_kept_in_their_order(path: Path) -> None:
    with closing(log_at(path)) as log:
        log.append([NameClosed("b"), NameClosed("a"), NameClosed("c"), NameFreed("a")])
        assert log.closed_names() == ["b", "c"]


def test_a_batch_that_fails_leaves_nothing_of_it(path: Path) -> None:
    with closing(log_at(path)) as log:
        log.append(FIRST)
        with pytest.raises(LogUnavailable, match="was written by another server"):
            log.append([Added(1, 4, handled()), Added(1, 3, handled())])
        assert [number for number, _ in commands_of(log, 1)] == [1, 2, 3]


def test_a_full_disk_is_said_to_be_so_and_what_was_kept_stays(path: Path) -> None:
    with closing(log_at(path)) as log:
        log.append(FIRST)
        pages = log.db.execute("PRAGMA page_count").fetchone()[0]
        log.db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LogUnavailable, match="cannot be written: database or disk is full"):
            log.append([Added(1, 4, handled(bytes(100_000)))])
        assert [number for number, _ in commands_of(log, 1)] == [1, 2, 3]
        log.db.execute("PRAGMA max_page_count = 1000000")
        log.append([Added(1, 4, handled(bytes(100_000)))])
        assert [number for number, _ in commands_of(log, 1)] == [1, 2, 3, 4]


@pytest.mark.parametrize(("durability", "level"), [(Durability.PROCESS, 1), (Durability.POWER, 2)])
def test_durability_is_how_the_disk_is_waited_for(path: Path, durability: Durability, level: int) -> None:
    with closing(opened(path, MARK, "1.0", durability)) as log:
        assert log.db.execute("PRAGMA synchronous").fetchone() == (level,)
        assert log.db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_only_the_owner_reads_a_file_of_tokens(path: Path) -> None:
    log_at(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


# --- what it refuses -----------------------------------------------------------------------------


def changed(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(statement)


def torn(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\x5a" * 4096 + content[8192:])


REFUSED: list[tuple[Callable[[Path], object], str]] = [
    (
        lambda path: changed(path, "UPDATE about SET value = 'other' WHERE name = 'digest'"),
        "means nothing with another",
    ),
    (lambda path: changed(path, "UPDATE about SET value = 'mine' WHERE name = 'fixture'"), ""),
    (lambda path: changed(path, f"PRAGMA user_version = {FORMAT + 1}"), "serve it with the newer ringmock"),
    (lambda path: changed(path, "PRAGMA application_id = 1"), "is no state of ringmock"),
    (lambda path: path.write_text("extends: demo\n" * 20), "is no state of ringmock"),
    (lambda path: path.write_bytes(path.read_bytes()[:99]), "is no state of ringmock"),
    (lambda path: path.write_bytes(path.read_bytes()[:5000]), "is damaged"),
    (torn, "is damaged"),
    (lambda path: changed(path, "DELETE FROM about WHERE name = 'version'"), "is damaged"),
]


@pytest.mark.parametrize(("spoil", "sentence"), REFUSED)
def test_a_file_that_cannot_be_served_from_is_refused_and_stays_as_it_is(
    path: Path, spoil: Callable[[Path], object], sentence: str
) -> None:
    with closing(log_at(path)) as log:
        log.append(FIRST)
    spoil(path)
    before = path.read_bytes()
    if not sentence:  # the same fixture by another name
        log_at(path).close()
        return
    with pytest.raises(StateRefused, match=sentence):
        log_at(path)
    assert path.read_bytes() == before


def test_a_file_without_a_folder_is_refused(path: Path) -> None:
    with pytest.raises(StateRefused, match=r"There is no folder .* make it first"):
        log_at(path.parent / "none" / path.name)


def test_a_file_has_one_server_at_a_time(path: Path) -> None:
    with closing(log_at(path)), pytest.raises(StateRefused, match="is served by another process"):
        log_at(path)
    log_at(path).close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM commands WHERE place % 1099511627776 = 2",
        "DELETE FROM contents",
        "UPDATE commands SET payload = x'7b' WHERE place % 1099511627776 = 2",
        "UPDATE commands SET at = 'soon' WHERE place % 1099511627776 = 2",
    ],
)
def test_a_command_that_cannot_be_read_is_named(path: Path, statement: str) -> None:
    with closing(log_at(path)) as log:
        log.append(FIRST)
        log.db.execute(statement)
        with pytest.raises(LogDamaged, match=r"is damaged \(command [23] of world 1 cannot be read"):
            commands_of(log, 1)


# --- from outside --------------------------------------------------------------------------------


def test_a_survey_tells_what_each_world_has_also_while_the_file_is_served(path: Path) -> None:
    with closing(log_at(path)) as log:
        log.append([*FIRST, Opened(2, "own", AT, "{}"), Begun(2, 0, BASE)])
        default, own = state_file.surveyed(path).worlds
    assert (default.name, default.fixture, default.commands, default.labels) == ("default", "demo", 3, 1)
    assert (own.name, own.fixture, own.commands, own.last) == ("own", "in the call", 0, None)
    assert default.last == AT
    assert default.size > LONG


def test_a_vacuum_gives_space_back_and_keeps_what_there_is(path: Path) -> None:
    with closing(log_at(path)) as log:
        log.append(FIRST)
        log.append([Added(1, number, handled(bytes([number % 256]) * 50_000)) for number in range(4, 24)])
        log.append([Cut(1, 3)])
        with pytest.raises(StateRefused, match="is served by another process"):
            state_file.vacuumed(path)
    before, after = state_file.vacuumed(path)
    assert after < before / 5
    with closing(log_at(path)) as log:
        assert [number for number, _ in commands_of(log, 1)] == [1, 2, 3]
