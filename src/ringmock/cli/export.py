"""`ringmock export`: what was done in a world of a running server, as a file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .console import with_connection, write_whole

if TYPE_CHECKING:
    from ..contract.exports import Exported
    from ..contract.http_client import ConnectionOptions
    from ..world.template import Template

FORMATS = ("history", "har", "curl", "case", "pytest")
DASH = "-"


@click.command()
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="history", show_default=True, help="What is written."
)
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The server.")
@with_connection
@click.option(
    "--client", default="default", show_default=True, help="The world: the client id that opened it, or its name."
)
@click.option(
    "--fixture", metavar="NAME|FILE", help="Account that the world began with.  [default: the bundled one of its name]"
)
@click.option(
    "--name",
    default="What was done in the world is done again",
    show_default=True,
    help="Sentence of a case, or name of a test.",
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=DASH,
    help="File to write.  [default: standard output]",
)
def export(
    form: str,
    url: str,
    connection: "ConnectionOptions",
    client: str,
    fixture: str | None,
    name: str,
    output: Path,
) -> None:
    """Write what was done in a world: its history, HAR, a script of curl, a contract case or a pytest file.

    A history is JSON by lines, from which `ringmock replay` does the same again; HAR has the calls of the journal. A
    case and a pytest file do the calls again, and expect the answers that came; a case is run at once on a fresh
    server, and the exit status is 1 when it does not pass there. What cannot be written is named.
    """
    from ..contract.cases.recorded_values import CannotBeWritten
    from ..contract.exports.history_file import AnotherAccount
    from ..contract.http_client import NoAnswer
    from ..contract.recording import CannotBeRead
    from ..fixture import FixtureError

    try:
        made, template = _written(form, url.rstrip("/"), client, fixture, name, connection)
    except (NoAnswer, ValueError) as error:
        hint = "" if isinstance(error, AnotherAccount) else "; `ringmock serve` starts a server, --url says where it is"
        raise click.ClickException(f"{error}{hint}") from error
    except (CannotBeRead, CannotBeWritten, FixtureError) as error:
        raise click.ClickException(str(error)) from error
    for reason in made.left_out:
        click.echo(f"Left out: {reason}", err=True)
    if str(output) == DASH:
        click.echo(made.text, nl=False)
    else:
        write_whole(output, made.text)
    if form == "case" and template is not None:
        _check(made.text, str(output), template)


def _written(
    form: str, url: str, world: str, fixture: str | None, name: str, connection: "ConnectionOptions"
) -> "tuple[Exported, Template | None]":
    """The file's text, and the account that it is about where that had to be known."""
    from ..contract.exports import FORMATS as WRITERS
    from ..contract.exports import OF_ANY_ACCOUNT
    from ..contract.exports.history_file import account_of
    from ..contract.recording import control_api, read_alone, read_history, read_world
    from ..fixture import load_named

    with control_api(url, world, connection) as get:
        if form in OF_ANY_ACCOUNT:
            recording, left_out = read_alone(form, get, url)
            made = WRITERS[form](name, recording, load_named("demo"))
            return made._replace(left_out=(*left_out, *made.left_out)), None
        head, _ = read_history(get, most=1)
    template = account_of(head, fixture)
    return WRITERS[form](name, read_world(url, world, template, connection=connection), template), template


def _check(text: str, file: str, template: "Template") -> None:
    """Run a case on a fresh server, and end with its status."""
    from ..contract.recording import failure_of
    from ..serving.own_target import own_target

    with own_target(template) as target:
        failure = failure_of(text, file, target)
    if failure is not None:
        click.echo(f"{failure}\n\nIt does not pass on a fresh server: see above what differs there.", err=True)
        sys.exit(1)
