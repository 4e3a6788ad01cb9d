"""`ringmock why`: why a call was answered so, and which smallest change of it would pass."""

from typing import TYPE_CHECKING

import click

from .console import with_connection

if TYPE_CHECKING:
    from ..contract.http_client import ConnectionOptions


@click.command("why")
@click.argument("number", metavar="[ID]", type=click.IntRange(min=1), required=False)
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The server.")
@with_connection
@click.option("--token", help="An access token, which selects the world; without one, the default world.")
def why(number: int | None, url: str, connection: "ConnectionOptions", token: str | None) -> None:
    """Say why a call was answered so, and which smallest change of a refused one would pass.

    ID is the call's in the journal, GET /_mock/journal; without one it is the latest that was refused.
    """
    from ..http.why.explanation import as_text
    from .control_client import NoSuchAnswer, get

    try:
        if number is None:
            calls = get(url, "/journal", token, connection)
            number = next((call["id"] for call in calls if call["status"] >= 400), None)
            if number is None:
                raise click.ClickException("no call was refused; `ringmock why ID` takes any call of the journal")
        click.echo(as_text(get(url, f"/journal/{number}/why", token, connection)))
    except NoSuchAnswer as error:
        raise click.ClickException(str(error)) from error
