"""The parts of the contract suite: each is run against a target and tells, finding by finding, what came of it."""

from collections.abc import Callable, Iterator, Mapping

from .cases import part as cases
from .findings import Finding
from .fuzz import part as fuzz
from .options import Options
from .target import Target

Part = Callable[[Target, Options], Iterator[Finding]]

PARTS: Mapping[str, Part] = {"cases": cases.run, "fuzz": fuzz.run}
"""In the order in which they are run."""

DESCRIBED_BY: Mapping[str, Callable[[Target, Options], Iterator[str]]] = {
    "cases": cases.describe,
    "fuzz": fuzz.describe,
}
"""What each part would send, for a dry run: lines for a person. Nothing is sent."""
