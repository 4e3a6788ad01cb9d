"""The opaque tokens of message-sync: each holds all that is known of a client, and dies with its world's life."""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from .domain import errors
from .domain.message import Direction, MessageType
from .domain.message_sync import Frame, Mark
from .seals import Seal

_E = TypeVar("_E", bound=StrEnum)

_SHAPE = struct.Struct(">BBBqqQ12sqQ")
"""Types, directions, flags; date from, date to; conversation; start; time, position. Times in microseconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HAS_END, _HAS_CONVERSATION, _HAS_START, _IS_DISTINCT = 1, 2, 4, 8


class SyncTokens:
    """Writes and reads the tokens of one life of a world: those of another do not bear its seal."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret)

    def issue(self, mailbox: str, mark: Mark) -> str:
        """A token that tells the mark to whoever knows the secret; `mailbox` is its owner's extension number."""
        return self._seal.put_on(_packed(mark), mailbox)

    def read(self, mailbox: str, token: str) -> Mark:
        """The mark that the token was issued with. Raises `SyncTokenInvalid` for any other text."""
        content = self._seal.taken_off(token, mailbox)
        if content is None or len(content) != _SHAPE.size:
            raise errors.SyncTokenInvalid("syncToken")
        return _unpacked(content)


def _packed(mark: Mark) -> bytes:
    frame = mark.frame
    flags = (
        (_HAS_END if frame.date_to is not None else 0)
        | (_HAS_CONVERSATION if frame.conversation_id is not None else 0)
        | (_HAS_START if frame.start is not None else 0)
        | (_IS_DISTINCT if frame.distinct_conversations else 0)
    )
    return _SHAPE.pack(
        _bits(MessageType, frame.types),
        _bits(Direction, frame.directions),
        flags,
        _microseconds(frame.date_from),
        _microseconds(frame.date_to or _EPOCH),
        frame.conversation_id or 0,
        (frame.start or 0).to_bytes(12, signed=True),
        _microseconds(mark.time),
        mark.position,
    )


def _unpacked(content: bytes) -> Mark:
    types, directions, flags, date_from, date_to, conversation_id, start, time, position = _SHAPE.unpack(content)
    frame = Frame(
        date_from=_moment(date_from),
        date_to=_moment(date_to) if flags & _HAS_END else None,
        types=_members(MessageType, types),
        directions=_members(Direction, directions),
        conversation_id=conversation_id if flags & _HAS_CONVERSATION else None,
        distinct_conversations=bool(flags & _IS_DISTINCT),
        start=int.from_bytes(start, signed=True) if flags & _HAS_START else None,
    )
    return Mark(frame, _moment(time), position)


def _bits(enum: type[_E], members: Iterable[_E]) -> int:
    return sum(1 << list(enum).index(member) for member in members)


def _members(enum: type[_E], bits: int) -> frozenset[_E]:
    return frozenset(member for place, member in enumerate(enum) if bits >> place & 1)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND
