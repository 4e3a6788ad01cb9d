"""`ringmock state`: what is in a state, and its space."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from .console import State
from .states import postgresql


@click.command()
@click.argument("state", metavar="FILE|DATABASE", type=State())
@click.option(
    "--vacuum", is_flag=True, help="Give back the space of what was reset, cut and closed. No server may serve it."
)
def state(state: Path | str, vacuum: bool) -> None:
    """List the worlds of a state of `ringmock serve --state`, with what each has and how old it is.

    A state that is served may be listed, too.
    """
    from ..world.history import state_file
    from ..world.history.sqlite import StateRefused

    module: Any = state_file if isinstance(state, Path) else postgresql()
    path = state if isinstance(state, Path) else module.shown(state)
    try:
        if vacuum:
            before, after = module.vacuumed(state)
            click.echo(f"{path}: {_size(before)} before, {_size(after)} now\n")
        found = module.surveyed(state)
    except StateRefused as error:
        raise click.ClickException(str(error)) from error
    now = datetime.now(UTC)
    about = found.about
    click.echo(f"{path}: {_size(found.size)}, fixture {about['fixture']}, made by ringmock {about['version']}")
    rows = [("world", "fixture", "commands", "labels", "size", "opened", "last command")]
    for each in found.worlds:
        last = "-" if each.last is None else _age(now, each.last)
        rows.append(
            (
                each.name,
                each.fixture,
                f"{each.commands}",
                f"{each.labels}",
                _size(each.size),
                _age(now, each.opened),
                last,
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _size(count: int) -> str:
    """Bytes for a reader."""
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.0f} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def _age(now: datetime, at: datetime) -> str:
    """How long ago, by the largest unit."""
    seconds = max(0, int((now - at).total_seconds()))
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "now"
