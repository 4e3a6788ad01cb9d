"""Shortening a run with a disagreement: the same commands without those that do not matter."""

from collections.abc import Callable, Iterator

from .caller import Caller
from .commands import Keyed, mailboxes_of, simpler, without_one
from .runner import Disagreement, OracleRunner, RunCounts

MOST_TRIALS = 200
"""Trials are counted, not timed, so that the same seed gives the same result."""

Again = Callable[[tuple[Keyed, ...], Disagreement], Disagreement | None]


def done_again(caller: Caller, commands: tuple[Keyed, ...], failure: Disagreement | None = None) -> Disagreement | None:
    """The disagreement of these commands in a new world; None when everything agrees.

    Given an earlier disagreement, only the mailboxes that matter to it are compared.
    """
    concerned = None if failure is None else _concerned(caller, failure)
    try:
        runner = OracleRunner(caller, RunCounts())
        for key, command in commands:
            runner.do(key, command)
            runner.compare(concerned)
    except Disagreement as disagreement:
        return disagreement
    return None


def _concerned(caller: Caller, failure: Disagreement) -> list[str]:
    """The mailboxes that showed it, and those whose copies its commands need: a list gives the runner their ids."""
    mailboxes = failure.seen_in | {mailbox for _, command in failure.commands for mailbox in mailboxes_of(command)}
    return [number for number in caller.numbers if number in mailboxes]


def shortest(failure: Disagreement, again: Again) -> Disagreement:
    """A run in which every command matters, with the same rules; or the shortest after `MOST_TRIALS`."""
    left = iter(range(MOST_TRIALS))
    for variants in (without_one, simpler, without_one):
        better: Disagreement | None = failure
        while better is not None:
            failure = better
            better = next(_alike(failure, variants(failure.commands), again, left), None)
    return failure


def _alike(
    failure: Disagreement, variants: Iterator[tuple[Keyed, ...]], again: Again, left: Iterator[int]
) -> Iterator[Disagreement]:
    """The disagreements of variants of a run, as far as they have the same rules."""
    for commands, _ in zip(variants, left, strict=False):
        shorter = again(commands, failure)
        if shorter is not None and (set(shorter.rules) & set(failure.rules) or shorter.rules == failure.rules):
            yield shorter
