"""The rows of a database, read: what the engines of SQL have in common, whatever each has stored them as."""

from collections.abc import Iterable, Iterator
from typing import Any

from .commands import Base, Command
from .log import Head
from .serialization import Row, Unreadable, command_of, moment_of


def commands_of(rows: Iterable[tuple[Any, ...]], world: int, after: int) -> Iterator[tuple[int, Command]]:
    """The commands of a world after a number, each with its own, the oldest first.

    A row is the number, the six values of a `Row`, and whether a long body has been lost. Raises `Unreadable` at the
    first command that is not there or cannot be read.
    """
    expected = after
    try:
        for number, *values, is_lost in rows:
            expected += 1
            if number != expected or is_lost:
                raise Unreadable("it is not there" if is_lost else f"there is {number} in its place")
            yield number, command_of(Row(*values))
    except (Unreadable, AttributeError, TypeError) as error:
        raise Unreadable(f"command {expected} of world {world} cannot be read: {error}") from error


def heads_of(worlds: Iterable[tuple[Any, ...]], labels: Iterable[tuple[int, str, int]]) -> list[Head]:
    """The heads of worlds, in the order of their rows.

    The row of a world is that of its table, and then the number of its latest command and when that was, both None
    without one; the row of a label is its world, its name and the number of its command. Raises `TypeError` or
    `OverflowError`.
    """
    labels_of: dict[int, dict[str, int]] = {}
    for world, name, number in labels:
        labels_of.setdefault(world, {})[name] = number
    return [_head_of(row, labels_of.get(row[0], {})) for row in worlds]


def _head_of(row: tuple[Any, ...], labels: dict[str, int]) -> Head:
    world, name, opened, fixture, base_at, base_secret, before, is_claimed, secret, latest, latest_at = row
    return Head(
        world,
        name,
        moment_of(opened),
        fixture,
        Base(moment_of(base_at), bytes(base_secret)),
        before,
        before if latest is None else latest,
        labels,
        bool(is_claimed),
        secret.decode(errors="surrogatepass") if isinstance(secret, bytes) else secret,
        latest_at,
    )
