"""Every call that a world has seen, with the rules that decided it."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from ..domain.message import Routed


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
    body_left_out: int = 0
    """How many bytes a body had that is too long to be kept; 0 for one that is, and for none."""
    token: str | None = None
    is_lost: bool = False
    """Whether the answer was lost on demand: `status` is what the caller would have seen."""
    more_routed: int = 0
    """How many recipients there were beyond those in `routed`."""
    near_path: str | None = None
    """The path of the contract that was probably meant by one that names nothing."""
    has_credentials: bool = False
    """Whether the caller said who it is, by a token, as a client or in a form, be it true or not."""


class Journal:
    """A bounded list of entries, each written out when somebody reads it: few ever are."""

    def __init__(self, most: int) -> None:
        """`most` entries are kept; the oldest are left out."""
        self.most = most
        self.left_out = 0
        """How many were, since the world began."""
        self._entries: deque[Callable[[], Entry]] = deque(maxlen=most)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, tell: Callable[[], Entry]) -> None:
        """Remember a call, which `tell` tells the same each time, and forget the oldest when there are too many."""
        if len(self._entries) == self.most:
            self.left_out += 1
        self._entries.append(tell)

    def newest_first(self, limit: int | None = None) -> Iterator[Entry]:
        """At most `limit` entries; all that are kept for None."""
        return (tell() for tell in islice(reversed(self._entries), limit))
