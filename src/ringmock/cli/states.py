"""The state of a server, as an option or an argument names it: a file, or a database by its URL."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..world.history.log import GroupCommit
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


def commits_of(state: Path | str, mark: "FixtureMark", version: str, durability: str) -> "GroupCommit":
    """What writes the log in this state."""
    from ..world.history.distant import DistantCommit
    from ..world.history.log import GroupCommit
    from ..world.history.sqlite import Durability, StateRefused, opened

    try:
        if isinstance(state, Path):
            return GroupCommit(opened(state, mark, version, Durability(durability)))
        return DistantCommit(postgresql().opened(state, mark, version))
    except StateRefused as error:
        raise click.ClickException(str(error)) from error
