"""A filter of a mailbox's messages, and the page that matches it."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import product

from .message import Availability, Direction, Message, MessageType, ReadStatus
from .owners import PERSONAL, Owners


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Filters of the message list. Both dates are inclusive, aware UTC; `page` counts from 1.

    An empty set lets nothing through; the defaults let everything through but the Deleted and the Purged.
    """

    date_from: datetime
    date_to: datetime
    types: frozenset[MessageType] = frozenset(MessageType)
    directions: frozenset[Direction] = frozenset(Direction)
    read_statuses: frozenset[ReadStatus] = frozenset(ReadStatus)
    availabilities: frozenset[Availability] = frozenset({Availability.ALIVE})
    conversation_id: int | None = None
    phone_number: str | None = None
    distinct_conversations: bool = False
    owners: Owners = PERSONAL
    oldest: int | None = None
    """`order` of the oldest message to include, in addition to `date_from`."""
    before: int | None = None
    """`order` of the first message to exclude, in addition to `date_to`."""
    page: int = 1
    per_page: int = 100

    def combinations(self) -> frozenset[tuple[MessageType, Direction, ReadStatus, Availability]]:
        """Every combination of the four enumerated properties that the filter lets through."""
        return _combinations(self.types, self.directions, self.read_statuses, self.availabilities)


@lru_cache(256)  # most clients ask for the same few
def _combinations(
    types: frozenset[MessageType],
    directions: frozenset[Direction],
    read_statuses: frozenset[ReadStatus],
    availabilities: frozenset[Availability],
) -> frozenset[tuple[MessageType, Direction, ReadStatus, Availability]]:
    return frozenset(product(types, directions, read_statuses, availabilities))


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a list: records before `before`, and not before `oldest`, each the `order` of a record; None for all.

    With `oldest`, a list of so many begins there; without it, it ends with the newest.
    """

    before: int | None = None
    oldest: int | None = None

    @property
    def is_ascending(self) -> bool:
        """Whether the list begins with the oldest."""
        return self.oldest is not None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of a list and the total number of matches."""

    records: tuple[Message, ...]
    total: int
