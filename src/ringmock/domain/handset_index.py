"""What each phone outside the account has received."""

from collections.abc import Collection, Sequence

from .message import Message


class _Several:
    """What one phone has received, if that is more than one message."""

    __slots__ = ("by_id", "ids")

    def __init__(self, first: Message) -> None:
        self.by_id = {first.id: first}
        self.ids = [first.id]


class HandsetIndex:
    """Messages by the digits of a phone, and by their ids, in the order in which they came.

    Most phones receive one, which is held as it is: containers for it would take 400 bytes.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[str, Message | _Several] = {}

    def add(self, digits: str, message: Message) -> None:
        """The phone receives it."""
        held = self._held.get(digits)
        if held is None:
            self._held[digits] = message
            return
        if isinstance(held, Message):
            held = self._held[digits] = _Several(held)
        held.by_id[message.id] = message
        held.ids.append(message.id)

    def change(self, digits: str, message: Message) -> None:
        """The phone, which has received a message with this id, has this one instead."""
        held = self._held[digits]
        if isinstance(held, Message):
            self._held[digits] = message
        else:
            held.by_id[message.id] = message

    @property
    def phones(self) -> Collection[str]:
        """The phones that have received anything, in the order in which they first did."""
        return self._held.keys()

    def ids(self, digits: str) -> Sequence[int]:
        """The ids of what the phone has received, oldest first."""
        held = self._held.get(digits)
        if held is None:
            return ()
        return (held.id,) if isinstance(held, Message) else held.ids

    def by_id(self, digits: str) -> dict[int, Message]:
        """What the phone has received, by its ids, oldest first."""
        held = self._held.get(digits)
        if held is None:
            return {}
        return {held.id: held} if isinstance(held, Message) else held.by_id
