"""The phones outside that a world has had to do with, by their latest message. Made when somebody looks."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from ..domain.message import Message, MessageType
from ..domain.slices import Slices

if TYPE_CHECKING:
    from .world import World

TOGETHER = 2000
"""Messages that are looked at in a turn."""


class PhoneBook:
    """Phones by their digits. It is caught up before it is read, with what has come since the time before."""

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}
        """The phones, that of the latest message last, each with the id of its latest message; 0 where it has none."""
        self._last_id = self._last_number = self._receivers = 0

    def __len__(self) -> int:
        return len(self._latest)

    def newest_first(self) -> Iterator[str]:
        """All of them."""
        return iter(list(reversed(self._latest)))

    def has(self, digits: str) -> bool:
        """Whether the world has had to do with it."""
        return digits in self._latest

    def catching_up(self, world: "World") -> Slices[None]:
        """Look at what is new, in slices."""
        if not self._latest and not self._last_id:
            self._latest = dict.fromkeys(reversed(world.account.handsets), 0)
        own, store = world.account.phone_numbers, world.messages
        yield from self._from_journal(world, own)
        begun_at = self._last_id
        ids = store.ids_since(begun_at)
        newest: dict[int | None, Message] = {}
        for start in range(0, len(ids), TOGETHER):
            for message in store.held_together(ids[start : start + TOGETHER]):
                if message.type is MessageType.SMS:
                    newest.setdefault(message.conversation.id, message)
            yield
        if ids and self._last_id == begun_at:  # else somebody else has caught up meanwhile
            self._last_id = ids[0]
            for message in reversed(newest.values()):
                for number in message.conversation.numbers - own.keys():
                    self._note(number, message.id)
        received = store.phones_received()
        for number in list(islice(received, self._receivers, None)):
            if number not in self._latest:
                self._note(number, store.last_received(number))
        self._receivers = len(received)

    def _from_journal(self, world: "World", own: Mapping[str, object]) -> Slices[None]:
        """Phones whose messages came to no mailbox."""
        new = world.message_journal.since(self._last_number)
        for place, entry in enumerate(new, 1):
            self._last_number = max(self._last_number, entry.number)
            if not entry.copies and entry.type is MessageType.SMS and entry.sender not in own:
                self._note(entry.sender, 0)
            if place % TOGETHER == 0:
                yield

    def _note(self, number: str, message_id: int) -> None:
        self._latest.pop(number, None)
        self._latest[number] = message_id
