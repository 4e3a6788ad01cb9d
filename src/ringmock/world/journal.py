"""Every call that a world has seen, with the rules that decided it."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
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
    number: int = 0
    """Its place among the calls of the world's life, from 1; its id in the journal."""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = MappingProxyType({})
    """Of the request, by lower-case name; this and the query without secrets."""
    answer: Any = None
    """What was answered, without secrets: what its JSON says, a text, or how many bytes there were."""
    answer_left_out: int = 0
    """How many bytes an answer had that is too long to be kept."""
    reasons: tuple[str, ...] = ()
    """What is wrong with a request that the contract does not have, and what would be right."""
    fault: str | None = None
    """The fault on demand that the call met."""
    origin: str = "http://127.0.0.1:8080"
    """Where the caller reached the API, without a slash at the end."""
    has_next_page: bool = False
    """Whether a list was answered of which there is more."""
    connection: str | None = None
    """The WebSocket that it came on, by a name of its own; None for a call by HTTP."""


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

    def add(self, make: Callable[[], Entry]) -> None:
        """Add a call and drop the oldest when there are too many. `make` makes its entry, the same each time."""
        if len(self._entries) == self.most:
            self.left_out += 1
        self._entries.append(make)

    def cut(self, number: int) -> None:
        """Forget the calls after this one."""
        while self._entries and self.latest > number:
            self._entries.pop()

    @property
    def latest(self) -> int:
        """The number of the latest call; 0 where there was none."""
        return self.left_out + len(self._entries)

    def newest_first(self, limit: int | None = None) -> Iterator[Entry]:
        """At most `limit` entries; all that are kept for None."""
        numbered = zip(range(self.latest, 0, -1), reversed(self._entries), strict=False)
        return (make()._replace(number=number) for number, make in islice(numbered, limit))

    def snapshot(self) -> Sequence[tuple[int, Callable[[], Entry]]]:
        """The numbers of the calls, newest first, each with what makes its entry; later calls do not change it."""
        return list(zip(range(self.latest, 0, -1), reversed(self._entries), strict=False))

    def entry(self, number: int) -> Entry | None:
        """The call of this number; None for one that is not kept, or never was."""
        place = number - self.left_out - 1
        return self._entries[place]()._replace(number=number) if 0 <= place < len(self._entries) else None
