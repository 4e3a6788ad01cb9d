"""Messages as lists show them, rendered and checked once and kept until they change.

A list is joined from the JSON of its records. What is kept is bounded: the least recently listed message goes first.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from ...domain.account import Account
from ...domain.message import Availability, Message, ReadStatus
from .messages import message_resource
from .view import Json, View

MOST_RECORDS = 20_000
"""Of all worlds of a server, about 20 MB: a record has some 700 bytes of JSON."""

_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Record:
    """One record of a list as JSON, and the checks that it has passed."""

    __slots__ = ("checked_by", "json")

    def __init__(self, value: Json) -> None:
        self.json = memoryview(orjson.dumps(value)).tobytes()  # its own bytes keep a buffer of 8 KB
        self.checked_by: tuple[object, ...] = ()
        """The validators that have accepted it: one or two operations list it."""

    @property
    def value(self) -> Json:
        """What the JSON says."""
        found: Json = orjson.loads(self.json)
        return found


class ListOfRecords(dict[str, Any]):
    """The body of a list without its records, which are `records`; they stand where the envelope has its own."""

    def __init__(self, envelope: Json, records: Sequence[Record]) -> None:
        """`envelope` has an empty list of records."""
        super().__init__(envelope)
        self.records = records

    def encoded(self) -> bytes:
        """The whole list as JSON."""
        return orjson.dumps({**self, "records": [orjson.Fragment(record.json) for record in self.records]})

    @property
    def whole(self) -> Json:
        """What the JSON says."""
        return {**self, "records": [record.value for record in self.records]}


class _Kept(NamedTuple):
    """A record, and what it depends on."""

    account: Account
    base_url: str
    modified: datetime
    read_status: ReadStatus
    availability: Availability
    since: datetime
    until: datetime
    """From when to when, in the world's time, nothing about it changes by itself."""
    record: Record


class RecordCache:
    """The records of a server's worlds. Not thread-safe: one thread serves them."""

    def __init__(self, most: int = MOST_RECORDS) -> None:
        """`most` are kept."""
        self._most = most
        self._kept: dict[Message, _Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def records(self, messages: Sequence[Message], view: View) -> list[Record]:
        """Each message as `message_resource` shows it."""
        return [self.record(message, view) for message in messages]

    def record(self, message: Message, view: View) -> Record:
        """A message as `message_resource` shows it."""
        kept = self._kept.pop(message, None)
        if (
            kept is None
            or kept.account is not view.account
            or kept.modified is not message.modified
            or kept.read_status is not message.read_status
            or kept.availability is not message.availability
            or not kept.since <= view.now < kept.until
            or kept.base_url != view.base_url
        ):
            kept = _kept(message, view)
            if len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
        self._kept[message] = kept
        return kept.record


def _kept(message: Message, view: View) -> _Kept:
    moves = next(message.delays(), None) is not None
    return _Kept(
        view.account,
        view.base_url,
        message.modified,
        message.read_status,
        message.availability,
        view.now if moves else _EVER,
        (message.next_change(view.now) if moves else None) or _NEVER,
        Record(message_resource(message, view)),
    )
