"""`ringmock rules`: the documented rules and the decisions."""

import click


@click.command()
def rules() -> None:
    """Print the documented rules, word for word, and the decisions, each with the code that enforces it."""
    from ..domain.rulebook import DECISIONS, RULEBOOK

    for rule in RULEBOOK:
        click.echo(f'{rule.id}  "{rule.sentence}"\n      ringmock.{rule.home}\n')
    for made in DECISIONS:
        click.echo(f"{made.id}  {made.question}\n      {made.decision}\n      ringmock.{made.home}\n")
