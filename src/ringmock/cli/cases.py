"""`ringmock cases`: contract cases of one's own."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .console import with_connection, write_whole

if TYPE_CHECKING:
    from ..contract.cases.from_world import Written
    from ..contract.http_client import ConnectionOptions
    from ..world.template import Template

DASH = "-"


@click.group()
def cases() -> None:
    """Write contract cases of your own."""


@cases.command()
@click.argument("name")
@click.option(
    "--from-world",
    "url",
    metavar="URL",
    required=True,
    help="The ringmock on which it was done, as http://127.0.0.1:8080.",
)
@with_connection
@click.option("--world", default="default", show_default=True, help="The world, of those that the server has open.")
@click.option(
    "--fixture",
    metavar="NAME|FILE",
    default="demo",
    show_default=True,
    help="Account that the world began with.",
)
@click.option(
    "--after",
    type=click.IntRange(min=0),
    default=0,
    metavar="ID",
    help="Leave out what was done up to this call of the journal.",
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="File to write, - for standard output.  [default: the name, as a-page-arrives.yaml]",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def new(
    name: str,
    url: str,
    connection: "ConnectionOptions",
    world: str,
    fixture: str,
    after: int,
    out: Path | None,
    force: bool,
) -> None:
    """Write a case from what was just done in a world of a running ringmock.

    NAME is the sentence that the case keeps, as "A page reaches the night shift". Calls become steps with the answers
    that came, texts from phones outside become changes of the world, and after each message stands what then was in
    the mailboxes. Extensions and phones become roles that any account can play; sign-ins and tokens are left out.

    The case is then run on a fresh server. The exit status is 1 when it does not pass there; it is written all the
    same.
    """
    from ..contract.recording import failure_of
    from ..serving.own_target import own_target

    file = out or Path(f"{_slug(name)}.yaml")
    if str(file) != DASH and file.exists() and not force:
        raise click.ClickException(f"{file} is there already: --force writes over it, --out names another file")
    if not re.fullmatch(r"\S+( \S+)+", name):
        raise click.ClickException(f"{name!r} is no sentence: say what the case keeps, as 'A page arrives'")
    made, template = _written(name, url, connection, world, fixture, after)
    _say_what_is_left_out(made)
    if str(file) == DASH:
        click.echo(made.text, nl=False)
    else:
        write_whole(file, made.text)
    with own_target(template) as target:
        failure = failure_of(made.text, str(file), target)
    if failure is not None:
        click.echo(f"{failure}\n\n{file} does not pass on a fresh server: see above what differs there.", err=True)
        sys.exit(1)
    click.echo(f"{file} passes on a fresh server. To run it: ringmock contract --mine --cases {file}", err=True)


def _written(
    name: str, url: str, connection: "ConnectionOptions", world: str, fixture: str, after: int
) -> "tuple[Written, Template]":
    """The case, and the account that it is about."""
    from ..contract.cases.from_world import written_from
    from ..contract.cases.recorded_values import CannotBeWritten
    from ..contract.http_client import NoAnswer
    from ..contract.recording import CannotBeRead, read_world
    from ..fixture import FixtureError, load_named

    try:
        template = load_named(fixture, generation=_generation_of(url, connection))
        recorded = read_world(url.rstrip("/"), world, template, after, connection)
        return written_from(name, recorded, template), template
    except (NoAnswer, ValueError) as error:
        raise click.ClickException(f"{error}; `ringmock serve` starts a server") from error
    except (CannotBeRead, CannotBeWritten, FixtureError) as error:
        raise click.ClickException(str(error)) from error


def _say_what_is_left_out(made: "Written") -> None:
    for reason in made.left_out:
        click.echo(f"Left out: {reason}", err=True)
    if made.signed_in:
        click.echo(f"Left out: {made.signed_in} calls of sign-in; whoever runs a case signs in.", err=True)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80] or "case"


def _generation_of(url: str, connection: "ConnectionOptions") -> str:
    """The generation that the server answers in. Raises `NoAnswer` and `ValueError`."""
    from ..contract.http_client import HttpClient, Request

    with HttpClient(url.rstrip("/"), connection=connection) as client:
        said = client.send(Request("GET", "/_mock/ready")).json
    if not isinstance(said, dict) or "generation" not in said:
        raise ValueError(f"{url} is no ringmock: it has no /_mock/ready")
    return str(said["generation"])
