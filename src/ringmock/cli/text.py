"""`ringmock text`: a text from a phone outside the account."""

from pathlib import Path

import click

from .console import CA, CONTROL_TOKEN


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
@CONTROL_TOKEN
@CA
@click.option("--token", help="An access token, which selects the world; without one, the default world.")
@click.argument("words", nargs=-1, metavar="TEXT")
def send_text(
    sender: str,
    recipients: tuple[str, ...],
    files: tuple[Path, ...],
    url: str,
    control_token: str | None,
    ca: Path | None,
    token: str | None,
    words: tuple[str, ...],
) -> None:
    """Send a text from a phone outside to a number of the account, and say what became of it."""
    from .texting import NotSent, Text, send

    try:
        for line in send(url, Text(sender, recipients, " ".join(words), files), token, ca, control_token):
            click.echo(line)
    except NotSent as error:
        raise click.ClickException(str(error)) from error
