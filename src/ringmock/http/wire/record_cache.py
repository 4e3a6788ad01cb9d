"""Messages as lists show them, rendered and checked once and kept until they change.

A list is joined from the JSON of its records. What is kept is bounded in bytes: what was not listed for the longest
time goes first.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from ...domain.account import Account
from ...domain.message import Message
from ...server_limits import DEFAULT
from .messages import message_resource
from .view import Json, View

OVERHEAD = 500
"""Bytes of a kept record besides its JSON."""

_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)
_NO_RECORDS = b'"records":[]'


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
        # A quotation mark within a text is escaped: the first place that reads so is the envelope's own.
        before, _, behind = orjson.dumps(self).partition(_NO_RECORDS)
        return b"".join((before, b'"records":[', b",".join([record.json for record in self.records]), b"]", behind))

    @property
    def whole(self) -> Json:
        """What the JSON says."""
        return {**self, "records": [record.value for record in self.records]}


class _Kept(NamedTuple):
    """A record, and what it depends on besides the message."""

    revision: int
    account: Account
    base_url: str
    since: datetime
    until: datetime
    """From when to when, in the world's time, nothing about it changes by itself."""
    record: Record


class RecordCache:
    """The records of a server's worlds. Not thread-safe: one thread serves them.

    They are in two halves: what is listed moves to the younger one, and when that is full, it becomes the older one,
    whose records are given up.
    """

    def __init__(self, most: int = DEFAULT.max_list_cache) -> None:
        """`most` bytes are kept."""
        self._half = most // 2
        self._young: dict[Message, _Kept] = {}
        self._old: dict[Message, _Kept] = {}
        self._bytes = self._old_bytes = 0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    @property
    def bytes(self) -> int:
        """How much is kept."""
        return self._bytes + self._old_bytes

    def records(self, messages: Sequence[Message], view: View) -> list[Record]:
        """Each message as `message_resource` shows it."""
        account, _, base_url, now = view
        get = self._young.get
        found: list[Record] = []
        for message in messages:
            kept = get(message)
            if kept is not None:
                revision, of_account, at, since, until, record = kept
                if revision == message.revision and of_account is account and at == base_url and since <= now < until:
                    found.append(record)
                    continue
            found.append(self._moved_or_made(message, view))
            get = self._young.get
        return found

    def record(self, message: Message, view: View) -> Record:
        """A message as `message_resource` shows it."""
        return self.records((message,), view)[0]

    def _moved_or_made(self, message: Message, view: View) -> Record:
        """A record that is not among the young ones, or no longer right."""
        kept = self._young.pop(message, None)
        if kept is not None:
            self._bytes -= _size(kept)
        else:
            kept = self._old.pop(message, None)
            if kept is not None:
                self._old_bytes -= _size(kept)
        if kept is None or not _is_right(kept, message, view):
            kept = _kept(message, view)
        size = _size(kept)
        if self._bytes + size > self._half:
            self._old, self._old_bytes = self._young, self._bytes
            self._young, self._bytes = {}, 0
        if size <= self._half:
            self._young[message] = kept
            self._bytes += size
        return kept.record


def _size(kept: _Kept) -> int:
    return len(kept.record.json) + OVERHEAD


def _is_right(kept: _Kept, message: Message, view: View) -> bool:
    return (
        kept.revision == message.revision
        and kept.account is view.account
        and kept.base_url == view.base_url
        and kept.since <= view.now < kept.until
    )


def _kept(message: Message, view: View) -> _Kept:
    moves = next(message.delays(), None) is not None
    return _Kept(
        message.revision,
        view.account,
        view.base_url,
        view.now if moves else _EVER,
        (message.next_change(view.now) if moves else None) or _NEVER,
        Record(message_resource(message, view)),
    )
