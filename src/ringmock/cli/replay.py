"""`ringmock replay`: an exported history done again, here or at a server, with its answers compared."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .console import with_connection

if TYPE_CHECKING:
    from ..contract.exports.history_file import HistoryFile
    from ..contract.exports.replayed import Replayed
    from ..contract.http_client import ConnectionOptions
    from ..contract.target import Target

MOST_LISTED = 20
"""Reasons for which something was left out."""


class NothingDone(click.ClickException):
    """What kept a history from being done again."""

    exit_code = 2


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--url", help="Server at which it is done again.  [default: a fresh one of this ringmock]")
@with_connection
@click.option(
    "--fixture", metavar="NAME|FILE", help="Account that it is about.  [default: the bundled one of its name]"
)
def replay(file: Path, url: str | None, connection: "ConnectionOptions", fixture: str | None) -> None:
    """Do the calls of an exported history again, and say which answer is the first that differs.

    FILE is what `ringmock export` writes. Without --url it is done on a fresh server, each call at its time and with
    what was drawn at random then, and answers have to be the same to the letter. With --url the calls are made there,
    in a world of their own of a ringmock: ids, tokens, times and addresses may be others.

    The exit status is 1 when an answer differs, and 2 when there was nothing to do again or it could not be done. At a
    server that is no ringmock of this machine, nothing is sent to numbers that the fixture does not name.
    Credentials for it come from the environment, as for `ringmock contract`.
    """
    from ..contract.exports.history_file import AnotherAccount, read_file
    from ..contract.exports.replayed import CannotBegin
    from ..contract.http_client import NoAnswer
    from ..fixture import FixtureError
    from ..world.history.serialization import Unreadable

    try:
        history = read_file(file)
        if not history.commands:
            raise NothingDone(f"{file} has no commands: nothing was done in that world")
        done = _here(history, fixture) if url is None else _there(history, url, connection, fixture)
    except (Unreadable, AnotherAccount, CannotBegin, FixtureError, NoAnswer, ValueError, OSError) as error:
        raise NothingDone(str(error)) from error
    _tell(done, len(history.commands))


def _tell(done: "Replayed", commands: int) -> None:
    """Say what became of it, and end with the status."""
    for reason in done.left_out[:MOST_LISTED]:
        click.echo(f"Left out: {reason}", err=True)
    if len(done.left_out) > MOST_LISTED:
        click.echo(f"Left out: {len(done.left_out) - MOST_LISTED} more", err=True)
    if done.first is not None:
        for line in done.first.lines():
            click.echo(line)
        sys.exit(1)
    if done.left_out and not done.compared:
        raise NothingDone("nothing was done again, for the reasons above")
    click.echo(f"{commands} commands, {done.compared} answers compared: all are the same.")


def _here(history: "HistoryFile", fixture: str | None) -> "Replayed":
    """On a fresh server of this process."""
    from ..contract.exports.history_file import account_of
    from ..contract.exports.replayed import Replayed, differs_here
    from ..http.replay import unknown_kinds
    from ..serving.own_target import own_target
    from ..sign_in.followed import Difference

    unknown = unknown_kinds(history.commands)
    if unknown:
        by = history.head.get("ringmock", "a later one")
        raise NothingDone(f"it has commands that this ringmock does not know, {', '.join(unknown)}: it is by {by}")
    with own_target(account_of(history.head, fixture)) as target:

        def run() -> Difference | None:
            world = target.worlds.open_world("replay")
            assert target.worlds.replay is not None
            return target.worlds.replay(world, history.base, history.commands)

        found = target.server.do(run)
    compared = sum("call" in line for line in history.lines)
    return Replayed(compared, None if found is None else differs_here(found, history.lines[found.place]))


def _there(history: "HistoryFile", url: str, connection: "ConnectionOptions", fixture: str | None) -> "Replayed":
    """At a server."""
    from ..contract.exports.replayed import replay_at
    from ..contract.target import remote, with_secrets
    from ..fixture import bundled_names, load_named

    named = str((history.head.get("fixture") or {}).get("name"))
    template = load_named(
        fixture or (named if named in bundled_names() else "demo"), generation=history.head.get("generation")
    )
    target = remote(url, with_secrets(template, os.environ), connection=connection)
    return replay_at(_guarded(target), history.head, history.lines)


def _guarded(target: "Target") -> "Target":
    """The target, of which nobody is written to by mistake."""
    from ..contract.guard import Guard, Limits, named_in
    from ..contract.suite import MAX_MESSAGES_ELSEWHERE, RATE_ELSEWHERE
    from ..contract.target import is_on_this_machine

    if target.is_ringmock or is_on_this_machine(target.url):
        return target
    limits = Limits(named_in(target.template), MAX_MESSAGES_ELSEWHERE, RATE_ELSEWHERE, may_change=False)
    return replace(target, guard=Guard(limits))
