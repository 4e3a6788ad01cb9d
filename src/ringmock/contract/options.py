"""The options of the parts of the contract suite, with the random seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .cases import Case
from .cases.preconditions import PreparedCase
from .side_by_side import Stop


def _nobody(line: str) -> None:
    """Ignores the line."""


def _unseen(share: float) -> None:
    """Shows nobody."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run. Each part uses its own."""

    cases: tuple[Case, ...] = ()
    prepared: tuple[PreparedCase, ...] = ()
    """These cases as they were planned for the server; without any the part prepares them."""
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
    """Receives a line that says how far a part has come."""
    trace: Callable[[str], None] = _nobody
    """Takes Schemathesis's own output, line by line."""
    reached: Callable[[float], None] = _unseen
    """Takes how much of the part is done, from 0 to 1."""
    not_implemented: tuple[str, ...] = ()
    """The operations that the server has not, which nothing is expected of."""
    is_quick: bool = False
    """Of the fuzz: the calls that are made once, without Schemathesis."""
    is_smaller: bool = False
    """Of the fuzz: as few calls as show one generation's shapes, where another is fuzzed whole."""
    stop: Stop = field(default_factory=Stop)
    """Ends the part before its end."""
