"""Whose messages an extension reads: its own, and those of the Departments and Sites whose SMS recipient it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .account import Account, Extension, ExtensionType
from .message import MessageType

EVERY_TYPE = frozenset(MessageType)
SHARED_TYPES = frozenset({MessageType.SMS})
"""What an SMS recipient may read of a Department or a Site: its pages are for its members (R-10)."""


class ReadableMailbox(NamedTuple):
    """A mailbox, by its extension's number, and the types of the messages in it that may be read."""

    number: str
    types: frozenset[MessageType] = EVERY_TYPE


@dataclass(frozen=True, slots=True)
class Owners:
    """The `owner` filters of a list, a synchronization or a deletion (D-22)."""

    personal: bool = True
    shared: bool = False
    ids: frozenset[int] = frozenset()
    """Extension ids. An id that is neither the extension's own nor a shared one matches nothing."""
    types: frozenset[ExtensionType] | None = None
    """None for owners of any type."""

    def mailboxes(self, extension: Extension, account: Account) -> tuple[ReadableMailbox, ...]:
        """The mailboxes that the extension reads now and that the filters include, its own first."""
        return tuple(self._mailboxes(extension, account))

    def _mailboxes(self, extension: Extension, account: Account) -> Iterator[ReadableMailbox]:
        if self._lets_through(extension, is_asked_for=self.personal):
            yield ReadableMailbox(extension.number)
        for owner in account.shared_with(extension):
            if self._lets_through(owner, is_asked_for=self.shared):
                yield ReadableMailbox(owner.number, SHARED_TYPES)

    def _lets_through(self, owner: Extension, *, is_asked_for: bool) -> bool:
        return (is_asked_for or owner.id in self.ids) and (self.types is None or owner.type in self.types)


PERSONAL = Owners()
EVERYONE = Owners(shared=True)
