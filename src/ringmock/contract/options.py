"""The options of the parts of the contract suite, with the random seed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .cases import Case


def _nobody(line: str) -> None:
    """Ignores the line."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run. Each part uses its own."""

    cases: tuple[Case, ...] = ()
    seed: int = 1
    examples: int = 50
    """Of the fuzz: Schemathesis's number for each operation."""
    runs: int = 100
    """Of the state machine: how many times it sets out."""
    steps: int = 30
    """Of the state machine: the number of steps of a run."""
    identities: tuple[str, ...] = ()
    """Extension numbers to act as; empty for one of each type that can sign in."""
    operations: tuple[str, ...] = ()
    """Of the fuzz: the operationIds; empty for all."""
    fixture: str = "demo"
    """The account as the user named it, by name or path."""
    reports: Path | None = None
    """A folder for reports of a part, such as Schemathesis's JUnit."""
    say: Callable[[str], None] = _nobody
    """Gets a line about the progress of a part."""
