"""What has become of extensions and of the members of Departments while messages went to and fro."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from .account import ExtensionStatus
from .conversation import Conversation


class AccountChange(NamedTuple):
    """An extension has another status, or is in a Department or in it no more."""

    at: datetime
    after: int
    """How many messages the world had seen by then."""
    extension: str
    departments: tuple[str, ...]
    """Those that it was in then; or the one that it has joined or left."""
    before: ExtensionStatus | None = None
    status: ExtensionStatus | None = None
    joined: bool | None = None
    """None for another status."""

    def concerns(self, conversation: Conversation, holders: Collection[str]) -> bool:
        """Whether it is about somebody in a conversation; `holders` are the extensions whose mailboxes have it."""
        if not set(self.departments).isdisjoint(conversation.departments):
            return True
        is_addressed = self.extension in conversation.addressed or self.extension in holders
        return self.joined is None and is_addressed
