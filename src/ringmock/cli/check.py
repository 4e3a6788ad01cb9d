"""`ringmock check`: the contract, account fixtures and the limits of a server."""

import sys

import click

from ..server_limits import DEFAULT

LINT_NEEDS = ("openapi_schema_validator", "openapi_spec_validator")


@click.command()
@click.argument("fixtures", nargs=-1, metavar="[NAME|FILE]...")
def check(fixtures: tuple[str, ...]) -> None:
    """Check the contract and account fixtures, by default the bundled ones.

    Every mistake is reported with its file, line and what would pass; the exit status is 1 when there is one. Without a
    fixture the limits of a server are printed, too.
    """
    from ..fixture import FixtureError, bundled_names, load_named

    mistakes = _mistakes_of_the_contract()
    for name in fixtures or bundled_names():
        try:
            template = load_named(name)
        except FixtureError as error:
            mistakes.append(str(error))
            click.echo(f"{name}: refused")
        else:
            click.echo(f"{name}: fine, {len(template.account.extensions)} extensions")
    if not fixtures:
        click.echo("\nlimits of a server, and what sets them on ringmock serve:")
        for line in DEFAULT.lines():
            click.echo(f"  {line}")
    if mistakes:
        click.echo("\n" + "\n".join(mistakes), err=True)
        sys.exit(1)


def _mistakes_of_the_contract() -> list[str]:
    """What the lint finds in openapi.yaml; nothing where its validators are not installed, which is printed."""
    from ..openapi.document import contract_text, line_marks, load_contract

    try:
        from ..openapi.lint import lint
    except ModuleNotFoundError as error:
        if error.name not in LINT_NEEDS:
            raise
        click.echo("openapi.yaml: not checked; pip install 'ringmock[contract]' installs what checks it")
        return []
    mistakes = [f"openapi.yaml: {problem}" for problem in lint(load_contract(), line_marks(contract_text()))]
    click.echo(f"openapi.yaml: {f'{len(mistakes)} mistakes' if mistakes else 'fine'}")
    return mistakes
