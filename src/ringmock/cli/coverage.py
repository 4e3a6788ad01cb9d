"""`ringmock coverage`: what recordings and counts of a run exercised of the contract."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..domain.generation import GENERATIONS
from .console import FILE, with_connection, write_whole

if TYPE_CHECKING:
    from ..contract.http_client import ConnectionOptions
    from ..coverage.exercised import Exercised
    from ..coverage.items import Coverage


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|URL...")
@click.option("--html", type=FILE, help="Write the report as a page.")
@click.option("--json", type=FILE, help="Write the counts, to be added up later.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit with 1 below this figure.")
@click.option(
    "--generation",
    "generations",
    multiple=True,
    type=click.Choice(list(GENERATIONS)),
    help="Count this generation's rows; by default of those that were answered in.",
)
@with_connection
def coverage(
    sources: tuple[str, ...],
    html: Path | None,
    json: Path | None,
    fail_under: float | None,
    generations: tuple[str, ...],
    connection: "ConnectionOptions",
) -> None:
    """Tell what of the contract was exercised, and which tests would be the cheapest to add.

    FILE is a recording (.har, Schemathesis's .ndjson) or counts from --json or GET /_mock/coverage; URL is a server
    started by ringmock serve --coverage. Several are added up.
    """
    from json import dumps

    from ..contract.suggestions import cheapest
    from ..coverage import report
    from ..coverage.exercised import Exercised
    from ..coverage.items import coverage as coverage_of

    exercised = Exercised.sum(_exercised_in(source, connection) for source in sources)
    found = coverage_of(exercised, generations)
    suggestions = cheapest(found)
    click.echo(report.text(found, suggestions))
    if html is not None:
        write_whole(html, report.html(found, suggestions))
    if json is not None:
        write_whole(json, dumps(exercised.to_json(), indent=1) + "\n")
    if is_under(found, fail_under):
        sys.exit(1)


def is_under(found: "Coverage", figure: float | None) -> bool:
    """Whether less was exercised than has to be, which is printed."""
    if figure is None or found.total.percent >= figure:
        return False
    click.echo(f"\ncoverage of behaviour {found.total} is under {figure:g} %", err=True)
    return True


def _exercised_in(source: str, connection: "ConnectionOptions") -> "Exercised":
    from ..contract.http_client import NoAnswer
    from ..contract.traffic import UnreadableTraffic, read_recording, read_server

    try:
        return read_server(source, connection) if "://" in source else read_recording(Path(source))
    except (UnreadableTraffic, NoAnswer, ValueError) as error:
        raise click.ClickException(str(error)) from error
