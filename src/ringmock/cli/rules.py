"""`ringmock rules`: the documented rules and the decisions."""

import click


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
def rules(ids: tuple[str, ...]) -> None:
    """Print the documented rules, word for word, and the decisions, each with the code that enforces it.

    ID is one of them, as R-18 or D-30: those alone are printed.
    """
    from ..domain.nearest import did_you_mean
    from ..domain.rulebook import DECISIONS, RULEBOOK

    known = {rule.id: f'{rule.id}  "{rule.sentence}"\n      ringmock.{rule.home}\n' for rule in RULEBOOK}
    known |= {
        made.id: f"{made.id}  {made.question}\n      {made.decision}\n      ringmock.{made.home}\n"
        for made in DECISIONS
    }
    for wanted in ids:
        if wanted not in known:
            raise click.UsageError(f"{wanted!r} is no rule and no decision{did_you_mean(wanted, known)}")
    for wanted in ids or known:
        click.echo(known[wanted])
