"""Making the story of a disagreement short: the same acts again, without those that do not matter."""

from collections.abc import Callable, Iterator

from .caller import Caller
from .commands import Keyed, mailboxes_of, simpler, without_one
from .runner import Disagreement, OracleRunner, RunCounts

MOST_TRIALS = 200
"""They are counted, not timed, so that the same seed tells the same story."""

Again = Callable[[tuple[Keyed, ...], Disagreement], Disagreement | None]


def done_again(caller: Caller, acts: tuple[Keyed, ...], story: Disagreement | None = None) -> Disagreement | None:
    """What comes of these acts in a world that starts afresh; None where everything agrees.

    With a story, only the mailboxes that matter to it are looked into.
    """
    concerned = None if story is None else _concerned(caller, story)
    try:
        bench = OracleRunner(caller, RunCounts())
        for key, act in acts:
            bench.do(key, act)
            bench.compare(concerned)
    except Disagreement as disagreement:
        return disagreement
    return None


def _concerned(caller: Caller, story: Disagreement) -> list[str]:
    """Where it was seen, and whose copies its acts are about: the bench learns their ids from a look."""
    mailboxes = story.seen_in | {mailbox for _, act in story.acts for mailbox in mailboxes_of(act)}
    return [number for number in caller.numbers if number in mailboxes]


def shortest(story: Disagreement, again: Again) -> Disagreement:
    """A story that cannot do without any of its acts, about the same rules; or the shortest of `MOST_TRIALS`."""
    left = iter(range(MOST_TRIALS))
    for variants in (without_one, simpler, without_one):
        better: Disagreement | None = story
        while better is not None:
            story = better
            better = next(_alike(story, variants(story.acts), again, left), None)
    return story


def _alike(
    story: Disagreement, variants: Iterator[tuple[Keyed, ...]], again: Again, left: Iterator[int]
) -> Iterator[Disagreement]:
    """The disagreements that variants of a story end in, as far as they are about the same thing."""
    for acts, _ in zip(variants, left, strict=False):
        told = again(acts, story)
        if told is not None and (set(told.rules) & set(story.rules) or told.rules == story.rules):
            yield told
