"""The log in a file of SQLite: one writer, and the file says by itself what it is.

A command is a row of its own, whose key is the world and the number of the command: nobody can write what somebody else
has written. Long bodies are there once, by their hash, whatever number of forked worlds has them.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from .commands import Command
from .log import (
    MOST_COMMANDS,
    Added,
    Begun,
    Change,
    Claimed,
    Closed,
    Copied,
    Cut,
    Head,
    Labelled,
    LogDamaged,
    LogUnavailable,
    NameClosed,
    NameFreed,
    Opened,
    Stored,
)
from .rows import commands_of, heads_of
from .serialization import Row, Unreadable, microseconds, row_of

FORMAT = 1
"""Of the file; a larger one is newer than this version."""

APPLICATION_ID = 0x52494D4B
"""What the head of the file says of whose it is: RIMK."""

LONG = 2048
"""Bytes from which on a body is kept by its hash."""

BUSY_MILLISECONDS = 5000
"""How long a process waits for another one that has the file shortly, as after the end of a third."""

_MAGIC = b"SQLite format 3\x00"

_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE worlds (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '', opened INTEGER NOT NULL DEFAULT 0, fixture TEXT,
    base_at INTEGER NOT NULL DEFAULT 0, base_secret BLOB NOT NULL DEFAULT x'', before INTEGER NOT NULL DEFAULT 0,
    is_claimed INTEGER NOT NULL DEFAULT 0, secret TEXT
);
CREATE TABLE commands (
    place INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, is_call INTEGER NOT NULL,
    payload BLOB NOT NULL, content BLOB, hash BLOB, answer BLOB
);
CREATE TABLE contents (hash BLOB PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE labels (
    world INTEGER NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (world, name)
);
CREATE TABLE closed (place INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
"""


class Durability(StrEnum):
    """What an answered call survives."""

    PROCESS = "process"
    """The end of the server, however it ends."""
    POWER = "power"
    """The end of the machine, too."""


class StateRefused(Exception):
    """What cannot be served from; `str()` is a sentence that says what to do. The file, or database, is as it was."""


class StateServed(StateRefused):
    """What another process serves."""


class StateUnreachable(StateRefused):
    """What may be served from when it can be reached again."""


class FixtureMark(NamedTuple):
    """The fixture of a server: its name, and what differs as soon as it does."""

    name: str
    digest: str


class SqliteLog:
    """A `HistoryLog` on a connection to a file that was checked: see `opened`."""

    def __init__(self, db: sqlite3.Connection, path: Path, lock: sqlite3.Connection | None = None) -> None:
        self.db = db
        self.path = path
        self._lock = lock
        self.was_served = False

    def begin(self) -> bool:
        """Begin to write, for the next `append`; False while another process that shares the file writes.

        Raises `LogUnavailable`.
        """
        db = self.db
        try:
            if not db.in_transaction:
                db.execute("PRAGMA busy_timeout = 0")
                try:
                    db.execute("BEGIN IMMEDIATE")
                finally:
                    db.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise LogUnavailable(f"The state {self.path} cannot be written: {error}.") from error
        return True

    def append(self, batch: Sequence[Change]) -> None:
        """Keep all of it or, raising `LogUnavailable`, none."""
        db = self.db
        try:
            if not db.in_transaction:
                db.execute("BEGIN IMMEDIATE")
            try:
                self._write(batch)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        except sqlite3.IntegrityError as error:
            raise LogUnavailable(f"The state {self.path} was written by another server meanwhile ({error}).") from error
        except Exception as error:
            raise LogUnavailable(f"The state {self.path} cannot be written: {error}.") from error

    def _write(self, batch: Sequence[Change]) -> None:
        rows: list[tuple[Any, ...]] = []
        for change in batch:
            if type(change) is Added:
                rows.append(self._row(change.world, change.number, row_of(change.command)))
                continue
            if type(change) is Stored:
                rows.append(self._row(*change))
                continue
            self._add(rows)
            rows = []
            _WRITERS[type(change)](self.db, change)
        self._add(rows)

    def _add(self, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            self.db.executemany("INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _row(self, world: int, number: int, row: Row) -> tuple[Any, ...]:
        at, kind, is_call, payload, content, answer = row
        place, held, digest = _place(world, number), content or None, None
        if len(content) >= LONG:
            held, digest = None, hashlib.sha256(content).digest()
            self.db.execute("INSERT OR IGNORE INTO contents VALUES (?, ?)", (digest, content))
        return place, at, kind, is_call, payload, held, digest, answer or None

    def read(self, world: int, after: int, until: int) -> Iterator[tuple[int, Command]]:
        """The commands with larger numbers than `after`, to `until`, the oldest first. Raises `LogDamaged`."""
        try:
            rows = self.db.execute(
                "SELECT place - ?, at, kind, is_call, payload, coalesce(commands.content, contents.content, x''),"
                " coalesce(answer, x''), commands.hash IS NOT NULL AND contents.hash IS NULL"
                " FROM commands LEFT JOIN contents USING (hash) WHERE place > ? AND place <= ? ORDER BY place",
                (_place(world, 0), _place(world, after), _place(world, until)),
            )
            yield from commands_of(rows, world, after)
        except (Unreadable, sqlite3.Error) as error:
            raise LogDamaged(damaged(self.path, str(error))) from error

    def heads(self) -> Sequence[Head]:
        """Every world, the oldest first. Raises `LogDamaged`."""
        try:
            worlds = self.db.execute(
                "SELECT id, name, opened, fixture, base_at, base_secret, before, is_claimed, secret,"
                f" latest.place % {MOST_COMMANDS}, latest.at FROM worlds LEFT JOIN commands latest ON latest.place ="
                f" (SELECT max(place) FROM commands"
                f" WHERE place > id * {MOST_COMMANDS} AND place < (id + 1) * {MOST_COMMANDS}) ORDER BY id"
            )
            labels = self.db.execute("SELECT world, name, number FROM labels ORDER BY number, name")
            return heads_of(worlds, labels)
        except (sqlite3.Error, TypeError, OverflowError) as error:
            raise LogDamaged(damaged(self.path, f"its worlds cannot be read: {error}")) from error

    def closed_names(self) -> Sequence[str]:
        """The names that open no worlds, the oldest first."""
        return [name for (name,) in self.db.execute("SELECT name FROM closed ORDER BY place")]

    def close(self) -> None:
        """Nothing is written any more."""
        self.db.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _place(world: int, number: int) -> int:
    """The key of a command."""
    return world * MOST_COMMANDS + number


def _forget(db: sqlite3.Connection, world: int, after: int = -1) -> None:
    """Forget the commands of a world after a number, and their labels; all of them without one."""
    db.execute(
        "DELETE FROM commands WHERE place > ? AND place < ?", (_place(world, max(after, 0)), _place(world + 1, 0))
    )
    db.execute("DELETE FROM labels WHERE world = ? AND number > ?", (world, after))


def _opened(db: sqlite3.Connection, change: Opened) -> None:
    db.execute(
        "INSERT INTO worlds (id, name, opened, fixture) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " name = excluded.name, opened = excluded.opened, fixture = excluded.fixture",
        (change.world, change.name, microseconds(change.at), change.fixture),
    )


def _begun(db: sqlite3.Connection, change: Begun) -> None:
    _forget(db, change.world)
    base = change.base
    db.execute(
        "INSERT INTO worlds (id, base_at, base_secret, before) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " base_at = excluded.base_at, base_secret = excluded.base_secret, before = excluded.before",
        (change.world, microseconds(base.at), base.secret, change.before),
    )


def _copied(db: sqlite3.Connection, change: Copied) -> None:
    between = _place(change.origin, 0), _place(change.origin, change.number)
    db.execute(
        "INSERT INTO commands SELECT place + ?, at, kind, is_call, payload, content, hash, answer FROM commands"
        " WHERE place > ? AND place <= ?",
        (_place(change.world, 0) - between[0], *between),
    )
    db.execute(
        "INSERT INTO labels SELECT ?, name, number FROM labels WHERE world = ? AND number <= ?",
        (change.world, change.origin, change.number),
    )


def _closed(db: sqlite3.Connection, change: Closed) -> None:
    _forget(db, change.world)
    db.execute("DELETE FROM worlds WHERE id = ?", (change.world,))


def _labelled(db: sqlite3.Connection, change: Labelled) -> None:
    db.execute("INSERT OR REPLACE INTO labels VALUES (?, ?, ?)", change)


def _claimed(db: sqlite3.Connection, change: Claimed) -> None:
    db.execute("UPDATE worlds SET is_claimed = 1, secret = ? WHERE id = ?", (change.secret, change.world))


def _name_closed(db: sqlite3.Connection, change: NameClosed) -> None:
    db.execute("INSERT OR REPLACE INTO closed (name) VALUES (?)", change)


def _name_freed(db: sqlite3.Connection, change: NameFreed) -> None:
    db.execute("DELETE FROM closed WHERE name = ?", change)


_WRITERS: dict[type, Any] = {
    Opened: _opened,
    Begun: _begun,
    Cut: lambda db, change: _forget(db, *change),
    Labelled: _labelled,
    Copied: _copied,
    Claimed: _claimed,
    Closed: _closed,
    NameClosed: _name_closed,
    NameFreed: _name_freed,
}


# --- opening a file ------------------------------------------------------------------------------


def opened(path: Path, fixture: FixtureMark, version: str, durability: Durability = Durability.PROCESS) -> SqliteLog:
    """The log in a file, which is made where there is none.

    Raises `StateRefused` for a file that cannot be served from, which stays as it is.
    """
    if not path.parent.is_dir():
        raise StateRefused(f"There is no folder {path.parent} for the state {path.name}: make it first.")
    lock = locked(path)
    try:
        if not path.exists() or path.stat().st_size == 0:
            _create(path, fixture, version)
        about = _checked_for(path, fixture)
        log = SqliteLog(_connected(path, durability), path, lock)
        log.was_served = was_served(about, version)
        log.db.execute("INSERT OR REPLACE INTO about VALUES ('served', ?)", (version,))
        return log
    except sqlite3.Error as error:
        lock.close()
        raise StateRefused(f"The state {path} cannot be opened: {error}.") from error
    except BaseException:
        lock.close()
        raise


def share(log: SqliteLog) -> None:
    """Let processes that `join` write the file, too. No other server has it until all of them have ended.

    Raises `StateServed`.
    """
    lock = log._lock
    assert lock is not None
    lock.execute("COMMIT")
    _hold(lock, log.path)


def joined(path: Path, durability: Durability = Durability.PROCESS, *, was_served: bool) -> SqliteLog:
    """The log in a file that another process has opened and shares. Raises `StateRefused`."""
    lock = sqlite3.connect(
        _lock_of(path), timeout=BUSY_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False
    )
    _hold(lock, path)
    try:
        log = SqliteLog(_connected(path, durability), path, lock)
    except sqlite3.Error as error:
        lock.close()
        raise StateRefused(f"The state {path} cannot be opened: {error}.") from error
    log.was_served = was_served
    return log


def _hold(lock: sqlite3.Connection, path: Path) -> None:
    """Have a part of the lock for as long as the connection is open."""
    try:
        lock.execute("BEGIN")
        lock.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        lock.close()
        raise StateServed(f"The state {path} is served by another process meanwhile: stop that one.") from error


def _checked_for(path: Path, fixture: FixtureMark) -> dict[str, str]:
    about = checked(path)
    if about["digest"] != fixture.digest:
        raise StateRefused(of_another_fixture(path, about["fixture"], fixture.name))
    return about


def was_served(about: Mapping[str, str], version: str) -> bool:
    """Whether it is this version that served, or made, the state last."""
    return about.get("served", about["version"]) == version


class FollowedSqliteLog(SqliteLog):
    """See `FollowedLog` and `followed`."""

    _known: object = None

    @contextmanager
    def news(self) -> Iterator[bool]:
        """Whether another connection has written since."""
        try:
            self.db.execute("BEGIN")
            found = self.db.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            self._let_go()
            raise LogUnavailable(f"The state {self.path} cannot be read: {error}.") from error
        try:
            yield found != self._known
            self._known = found
        finally:
            self._let_go()

    def is_free(self) -> bool:
        """Who tries to take the place learns it."""
        return True

    def _let_go(self) -> None:
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")


def followed(path: Path, fixture: FixtureMark, version: str) -> FollowedSqliteLog | None:
    """The log in a file that another server writes; None where that has not begun yet. Changes nothing.

    Raises `StateRefused`.
    """
    if not path.exists() or path.stat().st_size == 0:
        return None
    about = _checked_for(path, fixture)
    try:
        log = FollowedSqliteLog(read_only(path), path)
    except sqlite3.Error as error:
        raise StateRefused(f"The state {path} cannot be opened: {error}.") from error
    log.was_served = was_served(about, version)
    if log.heads():
        return log
    log.close()
    return None


def of_another_fixture(state: object, was: str, name: str, kind: str = "file") -> str:
    """The sentence for a state, a file or a database, that another fixture has made."""
    return (
        f"The state {state} was made with "
        + (f"the fixture {was!r} as it was then," if was == name else f"the fixture {was!r}, not {name!r},")
        + " and means nothing with another. Serve that fixture as it was, with the same --generation, --limits and"
        f" --webhook-content-type; or begin anew with another {kind}."
    )


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-lock")


def locked(path: Path) -> sqlite3.Connection:
    """What keeps other servers from the file, for as long as it is open and the process lives."""
    try:
        lock = sqlite3.connect(_lock_of(path), timeout=0, isolation_level=None, check_same_thread=False)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except BaseException:
            lock.close()
            raise
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StateServed(
                f"The state {path} is served by another process: stop that one, or give this one another file."
            ) from error
        raise StateRefused(f"The state {path} cannot be written: {error}.") from error
    return lock


def _create(path: Path, fixture: FixtureMark, version: str) -> None:
    """Make the file in one step: there is never half of one."""
    new = path.with_name(f"{path.name}-new")
    with suppress(FileNotFoundError):
        new.unlink()
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # it has tokens in it
    with closing(sqlite3.connect(new, isolation_level=None)) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {FORMAT}")
        db.executescript(f"BEGIN; {_TABLES} COMMIT;")
        said = {"fixture": fixture.name, "digest": fixture.digest, "version": version}
        db.executemany("INSERT INTO about VALUES (?, ?)", said.items())
    os.replace(new, path)


def checked(path: Path) -> dict[str, str]:
    """What the head of a file says, of one that this version can read and that is whole. Changes nothing.

    Raises `StateRefused`.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(100)
    except OSError as error:
        raise StateRefused(f"The state {path} cannot be read: {error.strerror}.") from error
    is_ours = head.startswith(_MAGIC) and len(head) == 100 and int.from_bytes(head[68:72]) == APPLICATION_ID
    if not is_ours:
        raise StateRefused(f"{path} is no state of ringmock: give another file, or none that is there yet.")
    found = int.from_bytes(head[60:64])
    if found > FORMAT:
        raise StateRefused(
            f"The state {path} has format {found}, and this version knows {FORMAT}: serve it with the newer ringmock"
            " that wrote it, or begin anew with another file."
        )
    try:
        with closing(read_only(path)) as db:
            problems = [problem for (problem,) in db.execute("PRAGMA quick_check(3)") if problem != "ok"]
            if problems:
                raise StateRefused(damaged(path, "; ".join(problems)))
            about = dict(db.execute("SELECT name, value FROM about"))
    except sqlite3.Error as error:
        raise StateRefused(damaged(path, str(error))) from error
    if not {"fixture", "digest", "version"} <= about.keys():
        raise StateRefused(damaged(path, "its head is not whole"))
    return about


def damaged(path: Path, why: str) -> str:
    """The sentence for a file that is damaged."""
    return (
        f"The state {path} is damaged ({why.rstrip('.')}). It is left as it is: put a copy from before in its place, or"
        " begin anew with another file."
    )


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing. Raises `sqlite3.Error`."""
    where = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)


def _connected(path: Path, durability: Durability) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
    try:
        if db.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise StateRefused(
                f"The state {path} is on a file system that cannot hold it: give a file on a local disk."
            )
        db.execute(f"PRAGMA synchronous = {'FULL' if durability is Durability.POWER else 'NORMAL'}")
    except BaseException:
        db.close()
        raise
    return db
