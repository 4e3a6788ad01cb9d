"""Every call that a world has seen, with the rules that decided it."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from ..domain.message import Routed


class RefusedBy(StrEnum):
    """What refused a call: the contract, the documented rules and sign-in, or a fault on demand."""

    CONTRACT = "contract"
    RULES = "rules"
    FAULTS = "faults"


class Entry(NamedTuple):
    """One call. `who` is an extension number, None before sign-in; `milliseconds` is the server's time for the call."""

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
    """None for a call that was not refused, and for one on which the server failed."""
    rules: tuple[str, ...] = ()
    """The rules and decisions that decided, each once."""
    body: Any = None
    body_left_out: int = 0
    """The size of a body that is too long for the journal; 0 for a stored body, and for none."""
    token: str | None = None
    is_lost: bool = False
    """Whether the answer was lost on demand: `status` is what the caller would have seen."""
    more_routed: int = 0
    """How many recipients there were beyond those in `routed`."""
    near_path: str | None = None
    """The most similar path of the contract, for a path that the contract does not have."""
    has_credentials: bool = False
    """Whether the caller sent credentials: a token, client credentials or a form, valid or not."""


class Journal:
    """A bounded list of entries. Each entry is made when it is first read, because few are."""

    def __init__(self, most: int) -> None:
        """The journal stores `most` entries and drops the oldest."""
        self.most = most
        self.left_out = 0
        """How many were, since the world began."""
        self._entries: deque[Callable[[], Entry]] = deque(maxlen=most)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, tell: Callable[[], Entry]) -> None:
        """Add a call and drop the oldest when there are too many. `tell` makes its entry, the same each time."""
        if len(self._entries) == self.most:
            self.left_out += 1
        self._entries.append(tell)

    def newest_first(self, limit: int | None = None) -> Iterator[Entry]:
        """At most `limit` entries; all for None."""
        return (tell() for tell in islice(reversed(self._entries), limit))
