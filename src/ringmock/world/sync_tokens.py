"""The opaque tokens of synchronizations: that of message-sync holds the whole state of a client, of a call log nothing.

Both are valid until the world's reset.
"""

import struct
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from ..domain import errors
from ..domain.account import ExtensionType
from ..domain.message import Direction, MessageType
from ..domain.message_sync import Frame, Mark
from ..domain.owners import Owners
from .signed_tokens import TokenSigner

_E = TypeVar("_E", bound=StrEnum)

_SHAPE = struct.Struct(">BBBqqQ12sqQQI")
"""Types, directions, flags; date from, date to; conversation; start; time, position, shared; types of owners.

Times in microseconds. The ids of owners follow, each of eight bytes.
"""
_ID = struct.Struct(">Q")
_CALL_LOG = b"call log"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HAS_END, _HAS_CONVERSATION, _HAS_START, _IS_DISTINCT = 1, 2, 4, 8
_IS_PERSONAL, _IS_SHARED, _HAS_OWNER_TYPES = 16, 32, 64


class SyncTokens:
    """Signs and verifies the tokens of a world between two resets. Tokens from before a reset are not valid."""

    def __init__(self, secret: bytes) -> None:
        self._signer = TokenSigner(secret)

    def issue(self, mailbox: str, mark: Mark) -> str:
        """A token with the mark; `mailbox` is its owner's extension number."""
        return self._signer.sign(_packed(mark), mailbox)

    def read(self, mailbox: str, token: str) -> Mark:
        """The mark that the token was issued with. Raises `SyncTokenInvalid` for any other text."""
        content = self._signer.verify(token, mailbox)
        if content is None or len(content) < _SHAPE.size or (len(content) - _SHAPE.size) % _ID.size:
            raise errors.SyncTokenInvalid("syncToken")
        return _unpacked(content)

    def issue_of_call_log(self, owner: str) -> str:
        """A token of the call log of the extension with this number."""
        return self._signer.sign(_CALL_LOG, owner)

    def check_call_log(self, owner: str, token: str) -> None:
        """Raise `SyncTokenInvalid` for any text but a token of this extension's call log."""
        if self._signer.verify(token, owner) != _CALL_LOG:
            raise errors.SyncTokenInvalid("syncToken")


def _packed(mark: Mark) -> bytes:
    frame, owners = mark.frame, mark.frame.owners
    flags = (
        (_HAS_END if frame.date_to is not None else 0)
        | (_HAS_CONVERSATION if frame.conversation_id is not None else 0)
        | (_HAS_START if frame.start is not None else 0)
        | (_IS_DISTINCT if frame.distinct_conversations else 0)
        | (_IS_PERSONAL if owners.personal else 0)
        | (_IS_SHARED if owners.shared else 0)
        | (_HAS_OWNER_TYPES if owners.types is not None else 0)
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
        mark.shared,
        _bits(ExtensionType, owners.types or ()),
    ) + b"".join(map(_ID.pack, sorted(owners.ids)))


def _unpacked(content: bytes) -> Mark:
    fields, ids = _SHAPE.unpack_from(content), _ID.iter_unpack(content[_SHAPE.size :])
    types, directions, flags, date_from, date_to, conversation_id, start, time, position, shared, owner_types = fields
    frame = Frame(
        date_from=_moment(date_from),
        date_to=_moment(date_to) if flags & _HAS_END else None,
        types=_members(MessageType, types),
        directions=_members(Direction, directions),
        conversation_id=conversation_id if flags & _HAS_CONVERSATION else None,
        distinct_conversations=bool(flags & _IS_DISTINCT),
        start=int.from_bytes(start, signed=True) if flags & _HAS_START else None,
        owners=Owners(
            personal=bool(flags & _IS_PERSONAL),
            shared=bool(flags & _IS_SHARED),
            ids=frozenset(one for (one,) in ids),
            types=_members(ExtensionType, owner_types) if flags & _HAS_OWNER_TYPES else None,
        ),
    )
    return Mark(frame, _moment(time), position, shared)


@lru_cache(256)  # of the same few filters
def _bits(enum: type[_E], members: Collection[_E]) -> int:
    return sum(1 << list(enum).index(member) for member in members)


def _members(enum: type[_E], bits: int) -> frozenset[_E]:
    return frozenset(member for place, member in enumerate(enum) if bits >> place & 1)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND
