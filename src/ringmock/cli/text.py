"""`ringmock text`: a text from a phone outside the account."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .console import with_connection

if TYPE_CHECKING:
    from ..contract.http_client import ConnectionOptions


@click.command("text")
@click.option("--from", "sender", required=True, metavar="NUMBER", help="The phone outside that sends.")
@click.option(
    "--to",
    "recipients",
    required=True,
    multiple=True,
    metavar="NUMBER",
    help="The number of the account that gets it; repeated, all of them get it as a group message.",
)
@click.option(
    "--attach",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file to go with it; may be given again.",
)
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The server.")
@with_connection
@click.option("--token", help="An access token, which selects the world; without one, the default world.")
@click.argument("words", nargs=-1, metavar="TEXT")
def send_text(
    sender: str,
    recipients: tuple[str, ...],
    files: tuple[Path, ...],
    url: str,
    connection: "ConnectionOptions",
    token: str | None,
    words: tuple[str, ...],
) -> None:
    """Send a text from a phone outside to a number of the account, and say what became of it."""
    from .texting import NotSent, Text, send

    if not any(words) and not files:
        raise click.UsageError("Give a TEXT, or a file by --attach.")
    try:
        for line in send(url, Text(sender, recipients, " ".join(words), files), token, connection):
            click.echo(line)
    except NotSent as error:
        raise click.ClickException(str(error)) from error
