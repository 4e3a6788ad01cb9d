"""The state of a server, as an option or an argument names it: a file, or a database by its URL."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..world.history.log import FollowedLog, GroupCommit, HistoryLog
    from ..world.history.replicas import Joined
    from ..world.history.sqlite import FixtureMark


def postgresql() -> Any:
    """The module of the log in PostgreSQL; a sentence where what it needs is not installed."""
    try:
        from ..world.history import postgresql as module
    except ImportError as error:
        raise click.ClickException(
            f"A state in PostgreSQL needs psycopg, which is not installed ({error}): pip install 'ringmock[postgresql]'"
        ) from error
    return module


class KeptState:
    """The state of a server, a file or a database, for one fixture and version."""

    def __init__(self, state: Path | str, mark: "FixtureMark", version: str, durability: str) -> None:
        self._state, self._mark, self._version, self._durability = state, mark, version, durability

    def commits(self) -> "GroupCommit":
        """What writes the log. Raises `ClickException`."""
        from ..world.history.sqlite import StateRefused

        try:
            return self._committing(self._opened())
        except StateRefused as error:
            raise click.ClickException(str(error)) from error

    def shared(self) -> "tuple[HistoryLog, str]":
        """The log, which processes that join write, too, and what they say to join. Raises `ClickException`."""
        from ..world.history.sqlite import SqliteLog, StateRefused, share

        try:
            log = self._opened()
            if isinstance(log, SqliteLog):
                share(log)
                return log, ""
            return log, postgresql().share(log)
        except StateRefused as error:
            raise click.ClickException(str(error)) from error

    def joined(self, run: str, place: int, *, was_served: bool, wait: Callable[[], None]) -> "GroupCommit":
        """What writes the log of another process, which shares it, for the process of a place.

        `wait` lets some time go by, until a database is there again. Raises `ClickException`.
        """
        from ..world.history.shared import SharedCommit
        from ..world.history.sqlite import Durability, StateRefused, StateUnreachable, joined

        while True:
            try:
                if isinstance(self._state, Path):
                    return SharedCommit(joined(self._state, Durability(self._durability), was_served=was_served))
                return self._committing(postgresql().joined(self._state, run, place, was_served=was_served))
            except StateUnreachable:
                wait()
            except StateRefused as error:
                raise click.ClickException(str(error)) from error

    def replica(self, slots: int) -> "Joined":
        """The place of one of several servers of a database. Raises `ClickException`."""
        from ..world.history.sqlite import StateRefused

        postgresql()
        from ..world.history.replicas import joined

        assert isinstance(self._state, str)
        try:
            return joined(self._state, self._mark, self._version, slots)
        except StateRefused as error:
            raise click.ClickException(str(error)) from error

    def commits_behind(self, wait: Callable[[], None]) -> "tuple[GroupCommit, FollowedLog | None]":
        """What is to write the log once this server has the place of the one that does, and the log to follow until
        then; None where nobody serves it. `wait` lets some time go by. Raises `ClickException`.
        """
        from ..world.history.sqlite import StateRefused

        while True:
            taken = self.taken()
            if taken is not None:
                return self._committing(taken), None
            try:
                log = self._followed()
            except StateRefused as error:
                raise click.ClickException(str(error)) from error
            if log is not None:
                return self._committing(log), log
            wait()

    def taken(self) -> "HistoryLog | None":
        """The log for this server to write; None while another one has it, or it is away. Raises `ClickException`."""
        from ..world.history.sqlite import StateRefused, StateServed, StateUnreachable

        try:
            return self._opened(patience=0)
        except (StateServed, StateUnreachable):
            return None
        except StateRefused as error:
            raise click.ClickException(str(error)) from error

    def _opened(self, **patience: float) -> "HistoryLog":
        from ..world.history.sqlite import Durability, opened

        if isinstance(self._state, Path):
            return opened(self._state, self._mark, self._version, Durability(self._durability))
        log: HistoryLog = postgresql().opened(self._state, self._mark, self._version, **patience)
        return log

    def _followed(self) -> "FollowedLog | None":
        from ..world.history.sqlite import followed

        if isinstance(self._state, Path):
            return followed(self._state, self._mark, self._version)
        log: FollowedLog | None = postgresql().followed(self._state, self._mark, self._version)
        return log

    def _committing(self, log: "HistoryLog") -> "GroupCommit":
        from ..world.history.distant import DistantCommit
        from ..world.history.log import GroupCommit

        return GroupCommit(log) if isinstance(self._state, Path) else DistantCommit(log)
