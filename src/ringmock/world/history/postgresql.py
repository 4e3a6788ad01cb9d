"""The log in a database of PostgreSQL, which one server writes: see `sqlite`, whose rows it has.

A connection that is lost is made again, and what was on its way is written once: a batch has a number, and the last one
that is kept says which. Where a server is several processes, each has a lock and a number of its own: see `Fence`.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from .commands import Command
from .log import (
    Added,
    Begun,
    Change,
    Claimed,
    Closed,
    Copied,
    Cut,
    Given,
    Head,
    Labelled,
    LogDamaged,
    LogLost,
    LogUnavailable,
    NameClosed,
    NameFreed,
    Opened,
    Stored,
)
from .rows import commands_of, heads_of
from .serialization import Unreadable, microseconds, row_of
from .sqlite import (
    FORMAT,
    LONG,
    FixtureMark,
    StateRefused,
    StateServed,
    StateUnreachable,
    of_another_fixture,
    was_served,
)
from .state_file import Survey, kept_worlds

logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of what is raised anyway

Db: TypeAlias = psycopg.Connection[tuple[Any, ...]]

LOCK = 0x52494D4B
"""The key of the advisory lock that the server of a database has; its processes, where it has several, share it. Before
the number of a process it is the key of that one's own."""

READ_LOCK_SECONDS = 2
"""How long who reads waits for a table that somebody has locked: it is tried again, and a server may end meanwhile."""

LOCK_SECONDS = 5.0
"""How long the session of a server that is gone may keep it."""

READ_TOGETHER = 2000
"""Commands that are read at a time."""

SETTINGS: Mapping[str, Any] = {
    "application_name": "ringmock",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    # of the other end: a machine that is gone without a word has no session, and no lock, soon after
    "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3",
}
"""Of a connection, unless the URL has others."""

_TABLES = """
CREATE SCHEMA ringmock;
CREATE TABLE ringmock.about (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE ringmock.worlds (
    id bigint PRIMARY KEY, name text NOT NULL DEFAULT '', opened bigint NOT NULL DEFAULT 0, fixture text,
    base_at bigint NOT NULL DEFAULT 0, base_secret bytea NOT NULL DEFAULT '', before bigint NOT NULL DEFAULT 0,
    is_claimed boolean NOT NULL DEFAULT false, secret bytea
);
CREATE TABLE ringmock.commands (
    world bigint, number bigint, at bigint NOT NULL, kind text NOT NULL, is_call boolean NOT NULL,
    payload bytea NOT NULL, content bytea NOT NULL, hash bytea NOT NULL, answer bytea NOT NULL,
    PRIMARY KEY (world, number)
);
CREATE TABLE ringmock.contents (hash bytea PRIMARY KEY, content bytea NOT NULL);
CREATE TABLE ringmock.labels (world bigint, name text, number bigint NOT NULL, PRIMARY KEY (world, name));
CREATE TABLE ringmock.closed (place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
"""

WRITERS_TABLE = """
CREATE TABLE IF NOT EXISTS ringmock.writers (number integer PRIMARY KEY, owner text NOT NULL, batch bigint NOT NULL)
"""
"""Of the processes of a server, by their places: made when several are started for the first time."""

MOVE = "UPDATE ringmock.slots SET replica = %s, moves = moves + 1 WHERE slot = %s"
"""Makes a slot another replica's: see `replicas`."""

_INSERT = """
INSERT INTO ringmock.commands SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::text[], %b::bool[],
    %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[])
"""

_READ = """
SELECT number, at, kind, is_call, payload, coalesce(contents.content, commands.content), answer,
    commands.hash != '' AND contents.hash IS NULL
FROM ringmock.commands LEFT JOIN ringmock.contents USING (hash)
WHERE world = %s AND number > %s AND number <= %s ORDER BY number LIMIT %s
"""

_HEADS = """
SELECT id, name, opened, fixture, base_at, base_secret, before, is_claimed, secret, latest.number, latest.at
FROM ringmock.worlds LEFT JOIN LATERAL
    (SELECT number, at FROM ringmock.commands WHERE world = id ORDER BY number DESC LIMIT 1) latest ON true
ORDER BY id
"""


HOLDERS = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

OWN_HOLDERS = HOLDERS.replace("classid = 0 AND objid = %s AND objsubid = 1", "classid = %s AND objid = %s")

_NEWS_OF_ONE = "SELECT name, value FROM ringmock.about WHERE name IN ('owner', 'batch')"
_NEWS = f"{_NEWS_OF_ONE} UNION ALL SELECT owner, batch::text FROM ringmock.writers ORDER BY 1"


def shown(url: str) -> str:
    """The URL of a database as it may be shown: without the password. Raises `StateRefused` for one that is none."""
    try:
        conninfo_to_dict(url)
        parts = urlsplit(url)
    except (psycopg.Error, ValueError):  # whose words may have the password
        raise StateRefused(
            "What is given as --state is no URL of a database: it is like postgresql://user@host:5432/name, and what"
            " has a meaning in URLs is escaped in it."
        ) from None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class Fence:
    """Keeps two servers from writing one database: the locks of the session that writes, and the marks of whose it is.

    A session that has ended has no locks, and writes nothing. Whoever has them next leaves other marks.
    """

    def __init__(self, run: str, number: int | None = None) -> None:
        """`run` is the mark of the server, `number` the place of this process where it has several."""
        self.run, self._number = run, number
        self._owner = run if number is None else str(uuid4())

    def has_locks(self, db: Db, former: int | None = None, patience: float = LOCK_SECONDS) -> bool:
        """Whether this session is the one that writes. A session that was ours before, `former`, is ended."""
        if self._number is None:
            return has_lock(db, "pg_try_advisory_lock(%s)", (LOCK,), HOLDERS, former, patience)
        own = (LOCK, self._number)
        return has_lock(db, "pg_try_advisory_lock_shared(%s)", (LOCK,), None, None, patience) and has_lock(
            db, "pg_try_advisory_lock(%s, %s)", own, OWN_HOLDERS, former, patience
        )

    def begin(self, db: Db) -> bool:
        """Leave the mark of this process, for a session that has the locks; whether the server is still this one."""
        with db.transaction():
            if _marks(db).get("owner") != self.run:
                return False
            db.execute(
                "INSERT INTO ringmock.writers VALUES (%s, %s, 0) ON CONFLICT (number) DO UPDATE SET"
                " owner = excluded.owner, batch = 0",
                (self._number, self._owner),
            )
        return True

    def batch(self, db: Db) -> int | None:
        """The number of the last batch that is kept; None where somebody else has had the locks meanwhile."""
        marks = _marks(db)
        if marks["owner"] != self.run:
            return None
        if self._number is None:
            return int(marks["batch"])
        query = "SELECT batch FROM ringmock.writers WHERE number = %s AND owner = %s"
        found = db.execute(query, (self._number, self._owner)).fetchone()
        return None if found is None else int(found[0])

    def note(self, db: Db, batch: int) -> None:
        """Keep the number of a batch with it."""
        if self._number is None:
            db.execute("UPDATE ringmock.about SET value = %s WHERE name = 'batch'", (str(batch),))
        else:
            db.execute("UPDATE ringmock.writers SET batch = %s WHERE number = %s", (batch, self._number))


def _marks(db: Db) -> dict[str, str]:
    return dict(db.execute("SELECT name, value FROM ringmock.about").fetchall())


class PostgresReader:
    """Reads what the servers of a database have written. One thread at a time uses it."""

    _db: Db | None = None

    def __init__(self, url: str) -> None:
        self.name = shown(url)
        self._url = url

    def read(self, world: int, after: int, until: int) -> Iterator[tuple[int, Command]]:
        """The commands with larger numbers than `after`, to `until`, the oldest first. Raises `LogDamaged`."""
        try:
            yield from commands_of(self._rows(world, after, until), world, after)
        except Unreadable as error:
            raise LogDamaged(damaged(self.name, str(error))) from error

    def _rows(self, world: int, after: int, until: int) -> Iterator[tuple[Any, ...]]:
        while rows := self._asked(_READ, (world, after, until, READ_TOGETHER)):
            yield from rows
            after = rows[-1][0]

    def _asked(self, query: str, values: Sequence[Any] = ()) -> Sequence[tuple[Any, ...]]:
        """What the database answers, on another connection where this one has ended meanwhile.

        Raises `LogUnavailable`, and `LogDamaged` where what is asked for is not there.
        """
        try:
            try:
                return self._answered(query, values)
            except psycopg.OperationalError:
                if self._db is not None and not self._db.closed:
                    raise
                return self._answered(query, values)
        except psycopg.OperationalError as error:
            raise LogUnavailable(f"The state {self.name} cannot be read: {sentence(error)}.") from error
        except psycopg.Error as error:
            raise LogDamaged(damaged(self.name, sentence(error))) from error

    def _answered(self, query: str, values: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        found: Sequence[tuple[Any, ...]] = self._connected().cursor(binary=True).execute(query, values).fetchall()
        return found

    def heads(self) -> Sequence[Head]:
        """Every world, the oldest first. Raises `LogDamaged`."""
        labels = self._asked("SELECT world, name, number FROM ringmock.labels ORDER BY 3, 2")
        return heads_of(self._asked(_HEADS), labels)

    def closed_names(self) -> Sequence[str]:
        """The names that open no worlds, the oldest first."""
        return [name for (name,) in self._asked("SELECT name FROM ringmock.closed ORDER BY place")]

    def _connected(self) -> Db:
        """The connection, which is made again where it has ended. Raises `psycopg.Error`."""
        if self._db is None or self._db.closed:
            self._db = connected_to_read(self._url)
        return self._db

    def close(self) -> None:
        """Nothing is read any more, nor written."""
        if self._db is not None:
            self._db.close()


class PostgresLog(PostgresReader):
    """A `HistoryLog`. One thread at a time uses it. See `opened`."""

    def __init__(self, url: str, db: Db, fence: Fence, *, was_served: bool) -> None:
        """`db` has the locks of the fence, and the database its marks."""
        super().__init__(url)
        self.was_served = was_served
        self._fence = fence
        self._db = db
        self._pid = db.info.backend_pid
        self._batch = 0
        """The number of the last one that is kept."""
        self._kept = 0
        """How many changes at the beginning of the next batch are."""
        self._unsure = 0
        """How many changes there were in a batch of which the end was not heard; 0 for none."""

    def append(self, batch: Sequence[Change]) -> None:
        """Keep all of it or, raising `LogUnavailable`, none as far as is known: the next batch begins with it then."""
        try:
            try:
                self._append(batch)
            except psycopg.OperationalError:
                if self._db is not None and not self._db.closed:
                    raise
                self._append(batch)  # on another connection: this one has ended meanwhile, as with the database
        except errors.UniqueViolation as error:
            raise LogUnavailable(f"The state {self.name} was written by another server meanwhile.") from error
        except psycopg.Error as error:
            raise LogUnavailable(f"The state {self.name} cannot be written: {sentence(error)}.") from error
        self._kept = 0

    def _append(self, batch: Sequence[Change]) -> None:
        db = self._connected()
        left = batch[self._kept :]
        if not left:
            db.execute("SELECT 1")
            return
        self._unsure = len(left)
        with db.pipeline(), db.transaction():
            self._write(db, left)
            self._fence.note(db, self._batch + 1)
        self._batch, self._unsure = self._batch + 1, 0

    def _write(self, db: Db, batch: Sequence[Change]) -> None:
        written = [_stored(change) if type(change) in (Added, Stored) else change for change in batch]
        _add_contents(db, [each for each in written if type(each) is Stored])
        rows: list[Stored] = []
        for change in written:
            if type(change) is Stored:
                rows.append(change)
            else:
                _add(db, rows)
                rows = []
                _WRITERS[type(change)](db, change)
        _add(db, rows)

    def _connected(self) -> Db:
        """The connection, which is made again where it has ended. What was on its way is known then."""
        if self._db is not None and not self._db.closed:
            self._unsure = 0  # what failed on it was rolled back
            return self._db
        db = connected(self._url)
        try:
            if not self._fence.has_locks(db, self._pid):
                raise LogUnavailable(f"The state {self.name} is served by another process meanwhile.")
            found = self._fence.batch(db)
            if found is None or found not in (self._batch, self._batch + bool(self._unsure)):
                raise LogLost(
                    f"The state {self.name} is another one by now: stop this server, and start it again to go on from"
                    " what is there."
                )
        except BaseException:
            db.close()
            raise
        if found > self._batch:
            self._kept += self._unsure
        self._batch, self._unsure = found, 0
        self._db, self._pid = db, db.info.backend_pid
        return db


class FollowedPostgresLog(PostgresLog):
    """See `log.FollowedLog` and `followed`."""

    _known: object = None
    _not_before = 0.0
    """When, by the monotonic clock, the place of the other server may be taken."""

    def __init__(self, url: str, db: Db, *, was_served: bool) -> None:
        super().__init__(url, db, Fence(""), was_served=was_served)

    def _connected(self) -> Db:
        """The connection; one that has ended is made again by `news`, whose moment has ended with it."""
        if self._db is None or self._db.closed:
            raise psycopg.OperationalError("the connection has ended")
        return self._db

    @contextmanager
    def news(self) -> Iterator[bool]:
        """Whether a server has begun or written a batch since."""
        try:
            if self._db is None or self._db.closed:
                self._db, self._not_before = connected(self._url), time.monotonic() + LOCK_SECONDS
            self._db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            (are_several,) = self._db.execute("SELECT to_regclass('ringmock.writers') IS NOT NULL").fetchone() or (0,)
            known = self._db.execute(_NEWS if are_several else _NEWS_OF_ONE).fetchall()
        except psycopg.Error as error:
            self._let_go()
            raise LogUnavailable(f"The state {self.name} cannot be read: {sentence(error)}.") from error
        try:
            yield known != self._known
            self._known = known
        finally:
            self._let_go()

    def is_free(self) -> bool:
        """Whether no session has the lock. A server that was cut off as this one was gets time to take it again."""
        if time.monotonic() < self._not_before:
            return False
        return not self._asked(HOLDERS, (LOCK,))

    def _let_go(self) -> None:
        if self._db is not None:
            with suppress(psycopg.Error):
                self._db.execute("ROLLBACK")


def damaged(name: str, why: str) -> str:
    """The sentence for a state that is damaged."""
    return (
        f"The state {name} is damaged ({why.rstrip('.')}). It is left as it is: put back what was there before, or"
        " begin anew with another database."
    )


def sentence(error: Exception) -> str:
    """What a library says, of which the first line has the reason, without a stop."""
    return next(iter(str(error).splitlines()), "").strip().rstrip(".?") or type(error).__name__


# --- each change ---------------------------------------------------------------------------------


def _stored(change: Any) -> Stored:
    return change if type(change) is Stored else Stored(change.world, change.number, row_of(change.command))


def _add_contents(db: Db, those: Iterable[Stored]) -> None:
    """Keep long bodies once, in the order of their hashes: processes that add the same ones wait for each other."""
    long = {_digest(each.row.content): each.row.content for each in those if len(each.row.content) >= LONG}
    for known, content in sorted(long.items()):
        db.execute("INSERT INTO ringmock.contents VALUES (%b, %b) ON CONFLICT DO NOTHING", (known, content))


def _add(db: Db, those: Sequence[Stored]) -> None:
    if not those:
        return
    rows = []
    for world, number, (at, kind, is_call, payload, content, answer) in those:
        is_long = len(content) >= LONG
        held, known = (b"", _digest(content)) if is_long else (content, b"")
        rows.append((world, number, at, kind, is_call, payload, held, known, answer))
    db.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])


def _digest(content: bytes) -> bytes:
    """The key of a long body."""
    return hashlib.sha256(content).digest()


def _forget(db: Db, world: int, after: int = -1) -> None:
    """Forget the commands of a world after a number, and their labels; all of them without one."""
    db.execute("DELETE FROM ringmock.commands WHERE world = %s AND number > %s", (world, after))
    db.execute("DELETE FROM ringmock.labels WHERE world = %s AND number > %s", (world, after))


def _opened(db: Db, change: Opened) -> None:
    db.execute(
        "INSERT INTO ringmock.worlds (id, name, opened, fixture) VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO UPDATE SET"
        " name = excluded.name, opened = excluded.opened, fixture = excluded.fixture",
        (change.world, change.name, microseconds(change.at), change.fixture),
    )


def _begun(db: Db, change: Begun) -> None:
    _forget(db, change.world)
    base = change.base
    db.execute(
        "INSERT INTO ringmock.worlds (id, base_at, base_secret, before) VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO"
        " UPDATE SET base_at = excluded.base_at, base_secret = excluded.base_secret, before = excluded.before",
        (change.world, microseconds(base.at), base.secret, change.before),
    )


def _copied(db: Db, change: Copied) -> None:
    of = (change.world, change.origin, change.number)
    db.execute(
        "INSERT INTO ringmock.commands SELECT %s, number, at, kind, is_call, payload, content, hash, answer"
        " FROM ringmock.commands WHERE world = %s AND number <= %s",
        of,
    )
    db.execute(
        "INSERT INTO ringmock.labels SELECT %s, name, number FROM ringmock.labels WHERE world = %s AND number <= %s", of
    )


def _closed(db: Db, change: Closed) -> None:
    _forget(db, change.world)
    db.execute("DELETE FROM ringmock.worlds WHERE id = %s", (change.world,))


def _labelled(db: Db, change: Labelled) -> None:
    db.execute(
        "INSERT INTO ringmock.labels VALUES (%s, %s, %s) ON CONFLICT (world, name) DO UPDATE SET"
        " number = excluded.number",
        change,
    )


def _claimed(db: Db, change: Claimed) -> None:
    secret = None if change.secret is None else change.secret.encode(errors="surrogatepass")
    db.execute("UPDATE ringmock.worlds SET is_claimed = true, secret = %s WHERE id = %s", (secret, change.world))


def _name_closed(db: Db, change: NameClosed) -> None:
    _name_freed(db, NameFreed(change.name))
    db.execute("INSERT INTO ringmock.closed (name) VALUES (%s)", change)


def _name_freed(db: Db, change: NameFreed) -> None:
    db.execute("DELETE FROM ringmock.closed WHERE name = %s", change)


def _given(db: Db, change: Given) -> None:
    db.execute(MOVE, (change.replica, change.slot))


_WRITERS: Mapping[type, Callable[[Db, Any], None]] = {
    Opened: _opened,
    Begun: _begun,
    Cut: lambda db, change: _forget(db, *change),
    Labelled: _labelled,
    Copied: _copied,
    Claimed: _claimed,
    Closed: _closed,
    NameClosed: _name_closed,
    NameFreed: _name_freed,
    Given: _given,
}


# --- opening a database --------------------------------------------------------------------------


def connected(url: str) -> Db:
    """A connection. Raises `psycopg.Error`."""
    given = conninfo_to_dict(url)
    made: Db = psycopg.connect(make_conninfo(**{**SETTINGS, **given}), autocommit=True)
    return made


def connected_to_read(url: str) -> Db:
    """A connection by which nobody waits for a lock for longer than `READ_LOCK_SECONDS`. Raises `psycopg.Error`."""
    db = connected(url)
    db.execute("SELECT set_config('lock_timeout', %s, false)", (f"{READ_LOCK_SECONDS}s",))
    return db


def has_lock(db: Db, call: str, key: tuple[int, ...], holders: str | None, former: int | None, patience: float) -> bool:
    """Whether this session gets a lock by a call, in so many seconds. `holders` finds who has it, to end `former`."""
    until = time.monotonic() + patience
    while not (db.execute(f"SELECT {call}", key).fetchone() or (False,))[0]:
        if former is not None and holders is not None:
            with suppress(psycopg.Error):
                db.execute(
                    f"SELECT pg_terminate_backend(pid) FROM ({holders}) holding WHERE pid = %s",
                    (*key, former),
                )
        if time.monotonic() >= until:
            return False
        time.sleep(0.05)
    return True


def reached(url: str, name: str) -> Db:
    """A connection to what is served from. Raises `StateUnreachable`."""
    try:
        return connected(url)
    except psycopg.Error as error:
        raise StateUnreachable(f"The state {name} cannot be reached: {sentence(error)}.") from error


def opened(url: str, fixture: FixtureMark, version: str, patience: float = LOCK_SECONDS) -> PostgresLog:
    """The log in a database, which is made where there is none. Raises `StateRefused`, and changes nothing then.

    `patience`: for how many seconds the session of a server that was just killed may have the lock.
    """
    with opening(url) as (name, db):
        fence = Fence(str(uuid4()))
        if not fence.has_locks(db, patience=patience):
            raise StateServed(served_by_another(name))
        about = about_of(db, name)
        with db.transaction():
            about = about or created(db, fixture, version)
            check_fixture(about, name, fixture)
            said = {"owner": fence.run, "batch": "0", "served": version}
            db.cursor().executemany(
                "INSERT INTO ringmock.about VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                list(said.items()),
            )
        return PostgresLog(url, db, fence, was_served=was_served(about, version))


@contextmanager
def opening(url: str, refusal: type[StateRefused] = StateRefused) -> Iterator[tuple[str, Db]]:
    """The name of a database, and a connection that stays open unless what is done with it fails.

    Raises `StateUnreachable`, and `refusal` for what the database refuses.
    """
    name = shown(url)
    db = reached(url, name)
    try:
        yield name, db
    except psycopg.Error as error:
        db.close()
        raise refusal(f"The state {name} cannot be opened: {sentence(error)}.") from error
    except BaseException:
        db.close()
        raise


def share(log: PostgresLog) -> str:
    """Let processes that `join` write the database, too. No other server has it until all of them have ended.

    Returns the mark of the server, which they say. Raises `StateRefused`.
    """
    db = log._connected()
    try:
        db.execute(WRITERS_TABLE)
        db.execute("TRUNCATE ringmock.writers")
        db.execute("SELECT pg_advisory_lock_shared(%s)", (LOCK,))
        db.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
    except psycopg.Error as error:
        raise StateRefused(f"The state {log.name} cannot be shared: {sentence(error)}.") from error
    return log._fence.run


def joined(url: str, run: str, number: int, *, was_served: bool) -> PostgresLog:
    """The log in a database that another process has opened and shares, for the process of this place.

    Raises `StateUnreachable`, and `StateServed` where the place, or the database, is another one's.
    """
    with opening(url, StateUnreachable) as (name, db):
        fence = Fence(run, number)
        if not (fence.has_locks(db) and fence.begin(db)):
            raise StateServed(served_by_another(name))
        return PostgresLog(url, db, fence, was_served=was_served)


def served_by_another(name: str) -> str:
    """The sentence for a state that somebody else has."""
    return f"The state {name} is served by another process: stop that one, or give this one another database."


def created(db: Db, fixture: FixtureMark, version: str) -> dict[str, str]:
    """Make the tables. Returns what they say of the state."""
    db.execute(_TABLES)
    about = {"format": str(FORMAT), "fixture": fixture.name, "digest": fixture.digest, "version": version}
    db.cursor().executemany("INSERT INTO ringmock.about VALUES (%s, %s)", list(about.items()))
    return about


def check_fixture(about: Mapping[str, str], name: str, fixture: FixtureMark) -> None:
    """Raise `StateRefused` for a state of another fixture."""
    if about["digest"] != fixture.digest:
        raise StateRefused(of_another_fixture(name, about["fixture"], fixture.name, "database"))


def followed(url: str, fixture: FixtureMark, version: str) -> FollowedPostgresLog | None:
    """The log in a database that another server writes; None where that has not begun yet. Changes nothing.

    Raises `StateRefused`.
    """
    name = shown(url)
    db = reached(url, name)
    try:
        about = about_of(db, name)
        if about:
            check_fixture(about, name, fixture)
            log = FollowedPostgresLog(url, db, was_served=was_served(about, version))
            if log.heads():
                return log
    except BaseException:
        db.close()
        raise
    db.close()
    return None


def about_of(db: Db, name: str) -> dict[str, str]:
    """What a database says of its state; nothing where it has none. Raises `StateRefused`, also for a newer format."""
    (found,) = db.execute("SELECT to_regnamespace('ringmock') IS NOT NULL").fetchone() or (False,)
    if not found:
        return {}
    try:
        about: dict[str, str] = dict(db.execute("SELECT name, value FROM ringmock.about").fetchall())
        kept, _ = int(about["format"]), about["digest"]
    except (psycopg.Error, KeyError, ValueError) as error:
        raise StateRefused(
            f"The schema ringmock of {name} is no state of ringmock: give another database, or one without it."
        ) from error
    if kept > FORMAT:
        raise StateRefused(
            f"The state {name} has format {kept}, and this version knows {FORMAT}: serve it with the newer ringmock"
            " that wrote it, or begin anew with another database."
        )
    return about


# --- from outside --------------------------------------------------------------------------------

_SURVEY = """
SELECT w.name, w.fixture, w.opened, count(c.number),
    coalesce(sum(length(c.payload) + length(c.content) + length(c.answer)
        + coalesce((SELECT length(content) FROM ringmock.contents WHERE hash = c.hash), 0)), 0)::bigint,
    max(c.at), (SELECT count(*) FROM ringmock.labels WHERE world = w.id)
FROM ringmock.worlds w LEFT JOIN ringmock.commands c ON c.world = w.id
GROUP BY w.id ORDER BY w.id
"""

_SIZE = (
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE relnamespace = %s::regnamespace"
)

_ORPHANS = "DELETE FROM ringmock.contents WHERE hash NOT IN (SELECT hash FROM ringmock.commands)"


def surveyed(url: str) -> Survey:
    """Look at a database, also while it is served. Raises `StateRefused`."""
    name = shown(url)
    try:
        with closing(connected(url)) as db:
            about = about_of(db, name)
            if not about:
                raise StateRefused(f"{name} has no state of ringmock: no server has begun one there.")
            (size,) = db.execute(_SIZE, ("ringmock",)).fetchone() or (0,)
            return Survey(about, size, kept_worlds(about, db.execute(_SURVEY).fetchall()))
    except psycopg.Error as error:
        raise StateRefused(f"The state {name} cannot be read: {sentence(error)}.") from error


def vacuumed(url: str) -> tuple[int, int]:
    """Give back the space that nothing uses: the bytes before and after. Raises `StateRefused`."""
    name = shown(url)
    before = surveyed(url).size
    try:
        with closing(connected(url)) as db:
            if not Fence("").has_locks(db):
                raise StateRefused(f"The state {name} is served by another process: stop that one.")
            db.execute(_ORPHANS)
            for table in ("contents", "commands", "worlds", "labels", "closed", "about"):
                db.execute(f"VACUUM (FULL, ANALYZE) ringmock.{table}")
    except psycopg.Error as error:
        raise StateRefused(f"The state {name} cannot be vacuumed: {sentence(error)}. It is as it was.") from error
    return before, surveyed(url).size
