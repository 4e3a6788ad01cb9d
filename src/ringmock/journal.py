"""Every call that a world has seen, with the rules that decided it."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from .domain.message import Routed

MAX_ENTRIES = 1000
"""A world remembers this many calls; the oldest go first."""


class RefusedBy(StrEnum):
    """What said no to a call: the contract itself, the rules and sign-in that it documents, or a fault on demand."""

    CONTRACT = "contract"
    RULES = "rules"
    FAULTS = "faults"


class Entry(NamedTuple):
    """One call. `who` is an extension number, None before sign-in; `milliseconds` is the server's own time."""

    at: datetime
    who: str | None
    method: str
    path: str
    operation: str | None
    status: int
    milliseconds: float
    routed: tuple[Routed, ...] = ()
    errors: tuple[Mapping[str, Any], ...] = ()
    """The `errors[]` of a refusal."""
    refused_by: RefusedBy | None = None
    """None for a call that was not refused, and for one that the server failed at."""
    rules: tuple[str, ...] = ()
    """The rules and decisions that decided, each once."""
    body: Any = None
    token: str | None = None
    is_lost: bool = False
    """Whether the answer was lost on demand: `status` is what the caller would have seen."""
    more_routed: int = 0
    """How many recipients there were beyond those in `routed`."""
    has_credentials: bool = False
    """Whether the caller said who it is, by a token, as a client or in a form, be it true or not."""


class Journal:
    """A bounded list of entries, each written out when somebody reads it: few ever are."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._entries: deque[Callable[[], Entry]] = deque(maxlen=max_entries)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, tell: Callable[[], Entry]) -> None:
        """Remember a call, which `tell` tells the same each time, and forget the oldest when there are too many."""
        self._entries.append(tell)

    def newest_first(self, limit: int = MAX_ENTRIES) -> Iterator[Entry]:
        """At most `limit` entries."""
        return (tell() for tell in islice(reversed(self._entries), limit))
