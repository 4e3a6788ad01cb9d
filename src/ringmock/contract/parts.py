"""The parts of the contract suite: each runs against a target and yields findings."""

from collections.abc import Callable, Iterator, Mapping

from .cases import part as cases
from .findings import Finding
from .fuzz import part as fuzz
from .options import Options
from .oracle import part as oracle
from .target import Target

Part = Callable[[Target, Options], Iterator[Finding]]

PARTS: Mapping[str, Part] = {"cases": cases.run, "fuzz": fuzz.run, "stateful": oracle.run}
"""In the order in which they are run."""

DESCRIBED_BY: Mapping[str, Callable[[Target, Options], Iterator[str]]] = {
    "cases": cases.describe,
    "fuzz": fuzz.describe,
    "stateful": oracle.describe,
}
"""What a part would send, for a dry run: lines for a person. Nothing is sent."""


def described(part: str, target: Target, options: Options) -> Iterator[str]:
    """What a part would send; for one that decides while it runs, the maximum, and the recipients."""
    if part in DESCRIBED_BY:
        yield from DESCRIBED_BY[part](target, options)
        return
    limits = target.limits
    yield f"{part} on {target.url}, {target.account} {target.generation}: calls that are chosen during the run"
    yield f"  {most_messages(options)} calls at the most, seed {options.seed}"
    yield f"  to {'any number' if limits.numbers is None else ', '.join(limits.numbers)}"


def most_messages(options: Options) -> int:
    """How many messages the state machine can send."""
    return options.runs * options.steps
