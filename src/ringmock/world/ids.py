"""The id sequences of one world. They are the same for every world of a template, so answers are predictable."""

from uuid import UUID

from .template import IdStart

_CONVERSATION_IDS = 1 << 63
# Knuth's MMIX generator: a full period modulo any power of two, so no conversation id repeats.
_MULTIPLIER, _INCREMENT = 6364136223846793005, 1442695040888963407


class SequentialIds:
    """An `IdGenerator`: message ids increase by a fixed step, conversation ids look like 63-bit hashes."""

    def __init__(self, start: IdStart) -> None:
        self._message = start.first_message
        self._step = start.message_step
        self._conversation = start.first_conversation
        self._uuid = start.first_conversation

    def next_message_id(self) -> int:
        """Rises by the template's step."""
        issued, self._message = self._message, self._message + self._step
        return issued

    def next_conversation_id(self) -> int:
        """Of 63 bits. 0 is left out, because clients read it as no id."""
        issued = self._conversation
        self._conversation = (issued * _MULTIPLIER + _INCREMENT) % _CONVERSATION_IDS
        return issued or self.next_conversation_id()

    def next_uuid(self) -> str:
        """It has the form of version 4, and is as predictable as the other ids."""
        self._uuid = (self._uuid * _MULTIPLIER + _INCREMENT) % _CONVERSATION_IDS
        return str(UUID(int=self._uuid << 64 | self._uuid ^ _INCREMENT, version=4))
