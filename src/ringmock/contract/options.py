"""How much the parts of the contract suite do, and by what dice."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .cases import Case


def _nobody(line: str) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for. A part takes what concerns it."""

    cases: tuple[Case, ...] = ()
    seed: int = 1
    examples: int = 50
    """Of the fuzz: Schemathesis's number for each operation."""
    runs: int = 100
    """Of the state machine: how many times it sets out."""
    steps: int = 30
    """Of the state machine: how far it goes each time."""
    identities: tuple[str, ...] = ()
    """Extension numbers to act as; empty for one of each type that can sign in."""
    operations: tuple[str, ...] = ()
    """Of the fuzz: operationIds to keep to; empty for all."""
    fixture: str = "demo"
    """The account as it was asked for, by name or path."""
    reports: Path | None = None
    """A folder for what a part writes itself, as Schemathesis its own JUnit."""
    say: Callable[[str], None] = _nobody
    """Takes a line that tells how far a part has come."""
