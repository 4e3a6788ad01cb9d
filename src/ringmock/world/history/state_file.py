"""What a state file has, for who looks at it from outside, and its space."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from .log import MOST_COMMANDS
from .serialization import moment_of
from .sqlite import StateRefused, checked, damaged, locked, read_only

_SURVEY = f"""
SELECT w.name, w.fixture, w.opened, count(c.place),
    coalesce(sum(length(c.payload) + coalesce(length(c.content), 0) + coalesce(length(c.answer), 0)
        + coalesce((SELECT length(content) FROM contents WHERE hash = c.hash), 0)), 0),
    max(c.at), (SELECT count(*) FROM labels WHERE world = w.id)
FROM worlds w LEFT JOIN commands c ON c.place > w.id * {MOST_COMMANDS} AND c.place < (w.id + 1) * {MOST_COMMANDS}
GROUP BY w.id ORDER BY w.id
"""


class KeptWorld(NamedTuple):
    """A world of the file. `size` are the bytes of its commands; `last` is when the latest of them was, if any."""

    name: str
    fixture: str
    opened: datetime
    commands: int
    size: int
    last: datetime | None
    labels: int


class Survey(NamedTuple):
    """What a file says of itself (`fixture`, `version`), its bytes with what waits beside it, and its worlds."""

    about: dict[str, str]
    size: int
    worlds: list[KeptWorld]


def surveyed(path: Path) -> Survey:
    """Look at a file, also while it is served. Raises `StateRefused`."""
    about = checked(path)
    try:
        with closing(read_only(path)) as db:
            rows = db.execute(_SURVEY).fetchall()
    except sqlite3.Error as error:
        raise StateRefused(damaged(path, str(error))) from error
    return Survey(about, _size(path), kept_worlds(about, rows))


def kept_worlds(about: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> list[KeptWorld]:
    """The worlds of a state, whose head says so: name, fixture, when it was opened, commands, size, last, labels."""
    return [
        KeptWorld(
            name or "default",
            about["fixture"] if fixture is None else _name_of(fixture),
            moment_of(opened),
            commands,
            size,
            None if last is None else moment_of(last),
            labels,
        )
        for name, fixture, opened, commands, size, last, labels in rows
    ]


def vacuumed(path: Path) -> tuple[int, int]:
    """Give back the space that nothing uses: the file's bytes before and after. Raises `StateRefused`."""
    checked(path)
    with closing(locked(path)):
        before = _size(path)
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as db:
                db.execute("DELETE FROM contents WHERE hash NOT IN (SELECT hash FROM commands WHERE hash IS NOT NULL)")
                db.execute("VACUUM")
        except sqlite3.Error as error:
            raise StateRefused(f"The state {path} cannot be vacuumed: {error}. It is as it was.") from error
        return before, _size(path)


def _size(path: Path) -> int:
    beside = path.with_name(f"{path.name}-wal")
    return path.stat().st_size + (beside.stat().st_size if beside.exists() else 0)


def _name_of(fixture: str) -> str:
    given = json.loads(fixture)
    return given if isinstance(given, str) else "in the call"
