"""Several servers of one database, each on a machine of its own: who they are, and which slots of worlds each has.

A server, called a replica, has a lock as long as the session lives by which it writes, and a row for each slot says
whose it is. Only the one whose it is gives a slot away, in a batch with what it has written. The rows of one that has
no lock any more the others take while they hold that lock: it writes nothing from then on, see `postgresql.Fence`.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import LiteralString, NamedTuple

import psycopg

from .log import LogUnavailable
from .postgresql import (
    LOCK,
    LOCK_SECONDS,
    MOVE,
    WRITERS_TABLE,
    Db,
    Fence,
    PostgresLog,
    PostgresReader,
    about_of,
    check_fixture,
    connected,
    connected_to_read,
    created,
    opening,
    sentence,
    served_by_another,
    shown,
)
from .shares import assigned, given_away
from .sqlite import FixtureMark, StateRefused, StateServed, was_served

RUN = "replicas"
"""What a database says of its owner that replicas serve."""

ABSENT_SECONDS = 2.0
"""How long a replica may have no session before the others take its slots."""

_TABLES = f"""
{WRITERS_TABLE};
CREATE SEQUENCE IF NOT EXISTS ringmock.replica_numbers;
CREATE TABLE IF NOT EXISTS ringmock.replicas (
    number integer PRIMARY KEY, address text NOT NULL, is_reached boolean NOT NULL DEFAULT false
);
CREATE TABLE IF NOT EXISTS ringmock.slots (
    slot integer PRIMARY KEY, replica integer, moves integer NOT NULL DEFAULT 0
);
"""

_CLEAR = (
    "TRUNCATE ringmock.writers, ringmock.replicas, ringmock.slots",
    "INSERT INTO ringmock.slots SELECT generate_series(0, %s - 1)",
)

_REPLICAS = f"""
SELECT number, address, is_reached, EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = {LOCK} AND objid = number AND objsubid = 2
        AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
) FROM ringmock.replicas ORDER BY number
"""

_REACHED = "UPDATE ringmock.replicas SET is_reached = true WHERE number = %s"


class Member(NamedTuple):
    """A replica. `address` is where the others reach it: a host, a colon and a port."""

    address: str
    is_reached: bool
    """Whether one of the others has reached it; only then it has worlds."""
    is_there: bool
    """Whether the session by which it writes lives."""


class View(NamedTuple):
    """The replicas by their numbers, and the slots: whose each is, and how often it was moved."""

    own: int
    members: Mapping[int, Member]
    slots: Mapping[int, tuple[int | None, int]]

    @property
    def own_slots(self) -> Mapping[int, int]:
        """Those of the replica that has looked, with how often each was moved."""
        return {slot: moves for slot, (owner, moves) in self.slots.items() if owner == self.own}

    def to_give(self) -> Sequence[tuple[int, int]]:
        """The slots that the replica that has looked should give, and to whom; none while one of them is away."""
        if not all(each.is_there for each in self.members.values()):
            return ()
        return given_away(self._owners(), self.own, _living(self.members))

    def has_orphans(self) -> bool:
        """Whether a slot is nobody's, or nobody has been reached who could have it."""
        return any(owner not in self.members for owner in self._owners().values()) or not _living(self.members)

    def _owners(self) -> dict[int, int | None]:
        return {slot: owner for slot, (owner, _) in self.slots.items()}


def _living(members: Mapping[int, Member]) -> Sequence[int]:
    return [number for number, each in members.items() if each.is_there and each.is_reached]


class Membership:
    """The place of this replica among the others. One thread at a time uses it."""

    def __init__(self, url: str, number: int, secret: bytes, now: Callable[[], float] = time.monotonic) -> None:
        """`secret` is what the replicas of the database know each other by. `now`: a clock, in seconds."""
        self.number, self.secret = number, secret
        self.name = shown(url)
        self.reader = PostgresReader(url)
        """Of what all replicas have written; for the same thread."""
        self._url = url
        self._db: Db | None = None
        self._now = now
        self._absent: dict[int, float] = {}
        """Since when, by the clock, replicas have no session; later than that after a lost connection."""
        self._not_before = 0.0

    def look(self) -> View:
        """The replicas as they are now, after those that are gone have been replaced. Raises `LogUnavailable`."""
        try:
            db = self._connection()
            view = self._view(db)
            gone = self._gone(view)
            if gone or view.has_orphans():
                self._settle(db, gone)
                view = self._view(db)
            return view
        except psycopg.Error as error:
            raise LogUnavailable(f"The state {self.name} cannot be read: {sentence(error)}.") from error

    def announce(self, address: str) -> None:
        """Say where the others reach this one. Raises `LogUnavailable`."""
        self._write("INSERT INTO ringmock.replicas (number, address) VALUES (%s, %s)", (self.number, address))

    def note_reached(self, number: int) -> None:
        """Let a replica have worlds, that this one has reached. Raises `LogUnavailable`."""
        self._write(_REACHED, (number,))

    def key(self, made: bytes) -> bytes:
        """The key by which all replicas sign: this one, where nobody was first. For any thread."""
        with connected(self._url) as db:
            return bytes.fromhex(_shared(db, "key", made.hex()))

    def leave(self) -> None:
        """Let the others have all slots at once, after the log of this replica is closed."""
        with suppress(psycopg.Error):
            db = self._connection()
            with db.transaction():
                db.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK, self.number))  # once its session has ended
                db.execute("LOCK TABLE ringmock.slots IN EXCLUSIVE MODE")
                _forget(db, [self.number])
        self.close()

    def close(self) -> None:
        """Look no more."""
        if self._db is not None:
            self._db.close()
        self.reader.close()

    def _write(self, query: LiteralString, values: tuple[int | str, ...]) -> None:
        try:
            self._connection().execute(query, values)
        except psycopg.Error as error:
            raise LogUnavailable(f"The state {self.name} cannot be written: {sentence(error)}.") from error

    def _connection(self) -> Db:
        if self._db is None or self._db.closed:
            again = self._db is not None
            self._db = connected_to_read(self._url)
            if again:  # the others were cut off as this one was, and get time to connect again
                self._not_before = self._now() + LOCK_SECONDS
                self._absent.clear()
        return self._db

    def _view(self, db: Db) -> View:
        with db.transaction():
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            members = _members(db)
            rows = db.execute("SELECT slot, replica, moves FROM ringmock.slots").fetchall()
        return View(self.number, members, {slot: (owner, moves) for slot, owner, moves in rows})

    def _gone(self, view: View) -> Sequence[int]:
        """Those that have been away for so long that they are replaced."""
        now = self._now()
        away = [number for number, each in view.members.items() if not each.is_there and number != self.number]
        self._absent = {number: self._absent.get(number, now) for number in away}
        if now < self._not_before:
            return ()
        return [number for number, since in self._absent.items() if now - since >= ABSENT_SECONDS]

    def _settle(self, db: Db, gone: Sequence[int]) -> None:
        """Let those that are there have the slots of those that are gone, and of nobody."""
        with db.transaction():
            db.execute("LOCK TABLE ringmock.slots IN EXCLUSIVE MODE")
            _forget(db, [number for number in gone if _is_gone(db, number)])
            members = _members(db)
            there = [number for number, each in members.items() if each.is_there]
            living = _living(members)
            if not living and there[:1] == [self.number]:
                db.execute(_REACHED, (self.number,))
                living = [self.number]
            owners: dict[int, int | None] = dict(db.execute("SELECT slot, replica FROM ringmock.slots").fetchall())
            kept = {slot: owner if owner in members else None for slot, owner in owners.items()}
            for slot, number in assigned(kept, living).items():
                db.execute(MOVE, (number, slot))


def _members(db: Db) -> Mapping[int, Member]:
    return {number: Member(*values) for number, *values in db.execute(_REPLICAS).fetchall()}


def _is_gone(db: Db, number: int) -> bool:
    """Whether a replica has no session, and gets none before the end of the transaction."""
    return bool((db.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", (LOCK, number)).fetchone() or (False,))[0])


def _forget(db: Db, gone: Sequence[int]) -> None:
    db.execute("DELETE FROM ringmock.writers WHERE number = ANY(%s)", (list(gone),))
    db.execute("DELETE FROM ringmock.replicas WHERE number = ANY(%s)", (list(gone),))
    db.execute(
        "UPDATE ringmock.slots SET replica = NULL, moves = moves + 1 WHERE replica = ANY(%s)",
        (list(gone),),
    )


# --- joining -------------------------------------------------------------------------------------


class Joined(NamedTuple):
    """A replica that has joined: what writes its worlds, and its place among the others."""

    log: PostgresLog
    membership: Membership
    host: str
    """By which the database knows this machine; `127.0.0.1` for one on the same machine."""


def joined(
    url: str,
    fixture: FixtureMark,
    version: str,
    slots: int,
    *,
    patience: float = LOCK_SECONDS,
    now: Callable[[], float] = time.monotonic,
) -> Joined:
    """Become one of the replicas of a database, which is made one where nobody serves it.

    The others know of it when its address is said: `announce`. A server that is alone has so many seconds of `patience`
    to end. `now`: see `Membership`. Raises `StateRefused`.
    """
    with opening(url) as (name, db):
        about = _entered(db, name, fixture, version, slots, patience)
        (number,) = db.execute("SELECT nextval('ringmock.replica_numbers')::integer").fetchone() or (0,)
        fence = Fence(RUN, number)
        if not (fence.has_locks(db) and fence.begin(db)):
            raise StateServed(served_by_another(name))
        log = PostgresLog(url, db, fence, was_served=was_served(about, version))
        (host,) = db.execute("SELECT host(inet_client_addr())").fetchone() or (None,)
        secret = bytes.fromhex(_shared(db, "secret", secrets.token_hex(32)))
        return Joined(log, Membership(url, number, secret, now), host or "127.0.0.1")


def _entered(db: Db, name: str, fixture: FixtureMark, version: str, slots: int, patience: float) -> dict[str, str]:
    """What the database said before this session had a part of its lock."""
    until = time.monotonic() + patience
    refusal: StateRefused = StateServed(served_by_another(name))
    while True:
        if _got(db, "pg_try_advisory_lock"):
            about = about_of(db, name)
            with db.transaction():
                about = _begun(db, about, fixture, version, slots, name)
            _got(db, "pg_try_advisory_lock_shared")
            _got(db, "pg_advisory_unlock")
            return about
        if _got(db, "pg_try_advisory_lock_shared"):
            about = about_of(db, name)
            if about.get("owner") == RUN:
                check_fixture(about, name, fixture)
                if about["served"] == version:
                    return about
                refusal = StateRefused(
                    f"The state {name} is served by replicas of ringmock {about['served']}, and this is {version}:"
                    " all of them have to be of one version. Stop those first."
                )
            _got(db, "pg_advisory_unlock_shared")  # whoever has the other part may just have ended
        if time.monotonic() >= until:
            raise refusal
        time.sleep(0.05)


def _begun(db: Db, about: dict[str, str], fixture: FixtureMark, version: str, slots: int, name: str) -> dict[str, str]:
    """Make it a database of replicas, where it is none. Nobody has it now; who was cut off may return."""
    about = about or created(db, fixture, version)
    check_fixture(about, name, fixture)
    if (about.get("owner"), about.get("served")) != (RUN, version):
        for statement in _TABLES.split(";"):
            if statement.strip():
                db.execute(statement)
        db.execute(_CLEAR[0])
        db.execute(_CLEAR[1], (slots,))
        db.cursor().executemany(
            "INSERT INTO ringmock.about VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [("owner", RUN), ("batch", "0"), ("served", version)],
        )
    return about


def _got(db: Db, call: str) -> bool:
    return bool((db.execute(f"SELECT {call}(%s)", (LOCK,)).fetchone() or (False,))[0])


def _shared(db: Db, name: str, value: str) -> str:
    """What all replicas have by a name: this value, where nobody was first."""
    db.execute("INSERT INTO ringmock.about VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, value))
    (found,) = db.execute("SELECT value FROM ringmock.about WHERE name = %s", (name,)).fetchone() or (value,)
    return str(found)
