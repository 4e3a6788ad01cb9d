"""Protocols of what the domain needs from its environment."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from .account import Account
from .message import Delivery, Message, ReadStatus
from .message_filter import MessageFilter, MessagePage, Span
from .owners import ReadableMailbox
from .slices import Slices


class Clock(Protocol):
    """Returns the world's current time."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


class IdGenerator(Protocol):
    """Names what is recorded."""

    def next_message_id(self) -> int:
        """A message id that this world has not used, below 2**63."""
        ...

    def next_conversation_id(self) -> int:
        """A 63-bit conversation id that this world has not used."""
        ...

    def next_uuid(self) -> str:
        """A UUID that this world has not used, as subscriptions and notifications have."""
        ...


class MessageStore(Protocol):
    """Every mailbox of one world."""

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        """File a plan's copies and return them, the sender's first."""
        ...

    def prepare(self, delivery: Delivery, sent: Message, mailbox: str, created: datetime) -> Message:
        """A recipient's copy of a fax that is sent later, with its id, in no mailbox yet."""
        ...

    def arrive(self, message: Message) -> None:
        """File what was prepared."""
        ...

    def cancel(self, message: Message, now: datetime) -> None:
        """Send what still waits no more."""
        ...

    def find(self, mailbox: str, message_id: int) -> Message | None:
        """The message when that mailbox holds it."""
        ...

    def held(self, message_id: int) -> Message | None:
        """The message, whichever mailbox holds it."""
        ...

    def held_together(self, message_ids: Iterable[int]) -> list[Message]:
        """Those of the messages that mailboxes still hold."""
        ...

    def list_messages(self, mailbox: str, wanted: MessageFilter, account: Account) -> MessagePage:
        """The mailbox's matching messages, newest first, less the threads its owner was removed from (D-04)."""
        ...

    def list_together(
        self, mailboxes: Sequence[ReadableMailbox], wanted: MessageFilter, account: Account
    ) -> MessagePage:
        """As `list_messages`, of several mailboxes as if they were one."""
        ...

    def preparing_list(self, mailboxes: Sequence[ReadableMailbox], wanted: MessageFilter) -> Slices[None]:
        """Compute in slices what `list_together` would compute in one call for its first query of this kind."""
        ...

    def collected(self, mailbox: str, wanted: MessageFilter, most: int) -> Sequence[Message]:
        """The newest of the mailbox's matching messages, those in threads that it was removed from, too."""
        ...

    def oldest_kept(self) -> Iterator[Message]:
        """What mailboxes hold that is not purged, the oldest first. Nothing may change meanwhile."""
        ...

    def preparing_conversations(self, mailbox: str, before: int | None, most: int) -> Slices[Sequence[Message]]:
        """The newest message of each conversation of a mailbox, the newest first, in slices."""
        ...

    def conversation(self, mailbox: str, conversation_id: int, span: Span, most: int) -> Sequence[Message]:
        """So many messages of a conversation, the newest first, the deleted among them."""
        ...

    def conversation_counts(self, mailbox: str, conversation_id: int) -> tuple[int, int]:
        """How many messages it has, and how many of them are unread."""
        ...

    def written_by_phone(self, digits: str, span: Span) -> Iterator[Message]:
        """What a phone outside has sent to mailboxes, one copy of each message, the newest first."""
        ...

    def on_phone(self, digits: str, span: Span) -> Iterator[Message]:
        """What a phone outside has received, the newest first."""
        ...

    def ids_since(self, message_id: int) -> list[int]:
        """The ids of what mailboxes hold that is newer, the newest first."""
        ...

    def ids_after(self, message_id: int | None) -> list[int]:
        """The ids of what came to mailboxes after that one, in the order in which it came; all for None."""
        ...

    def phones_received(self) -> Collection[str]:
        """The phones outside that have received anything, in the order in which they first did."""
        ...

    def last_received(self, digits: str) -> int:
        """The id of the last message that came to one of these phones."""
        ...

    def change_count(self) -> int:
        """How often anything was recorded or changed, in whichever mailbox."""
        ...

    def changes_since(self, mailbox: str, position: int) -> int:
        """The number of changes of a mailbox after the store's first `position` ones."""
        ...

    def changed(
        self, mailbox: str, position: int, since: datetime, now: datetime, account: Account
    ) -> Sequence[Message]:
        """What changed after the store's first `position` changes, or at `since` or later, less what is hidden."""
        ...

    def moving(self, mailbox: str, now: datetime) -> Iterator[Message]:
        """Messages whose status can still change after now."""
        ...

    def received_by_handset(self, digits: str) -> Sequence[Message]:
        """What a phone outside the account was sent, oldest first: the sender's copies."""
        ...

    def latest_of_handset(self, digits: str, limit: int) -> MessagePage:
        """The newest of what that phone was sent, newest first; the rest costs nothing."""
        ...

    def page_of_handset(self, digits: str, start: int, most: int) -> Sequence[Message]:
        """What that phone was sent, oldest first, from the place `start` on, which counts from 0."""
        ...

    def find_on_handset(self, digits: str, message_id: int) -> Message | None:
        """The message when that phone has received it, by the id of the sender's copy."""
        ...

    def hand_over(self, digits: str, message: Message) -> None:
        """Deliver to a handset a message that is in no mailbox."""
        ...

    def send_to_handset(self, sender: str, digits: str, text: str, now: datetime) -> None:
        """Deliver to a handset an SMS that is in no mailbox, from a number of the account."""
        ...

    def set_read_status(self, message: Message, status: ReadStatus, now: datetime) -> None:
        """Mark as Read or Unread."""
        ...

    def restore(self, message: Message, now: datetime) -> None:
        """Deleted becomes Alive again."""
        ...

    def delete(self, message: Message, now: datetime, *, purge: bool = False) -> None:
        """Alive becomes Deleted, Deleted becomes Purged; with `purge`, Alive becomes Purged."""
        ...

    def forget(self, message: Message) -> None:
        """Remove a message from its mailbox entirely."""
        ...
