"""Messages as a test reads them, and which ones it waits for."""

from dataclasses import dataclass, field
from datetime import datetime

from ..domain import attachment as domain_attachment
from ..domain import message as domain
from ..domain.account import digits_of
from ..domain.message import Delivery, MessageStatus, MessageType


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an MMS; `file_name` is None where the sender gave it none."""

    content_type: str
    file_name: str | None
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One record of a mailbox, or what a handset received, in RingCentral's words.

    `type`: SMS or Pager; `direction`: Inbound or Outbound; `status`: Queued, Sent, Delivered, DeliveryFailed,
    SendingFailed or Received. `sender` and `recipients` are phone numbers as digits for an SMS and extension numbers
    for a Pager. `created` is aware UTC by the world's clock.
    """

    id: int
    type: str
    direction: str
    sender: str
    recipients: tuple[str, ...]
    text: str
    read: bool
    status: str
    conversation_id: int | None
    created: datetime
    attachments: tuple[Attachment, ...] = ()
    """The files of an MMS, beside its text."""
    life: int = field(default=0, repr=False, compare=False)
    """How often the world had been reset before, for ids start again."""

    def __str__(self) -> str:
        return f"{self.type} {self.sender} to {', '.join(self.recipients)}: {self.text!r}"


def _file(file: domain_attachment.Attachment) -> Attachment:
    return Attachment(file.content_type, file.file_name, file.content)


def shown(message: domain.Message, now: datetime, life: int) -> Message:
    """A message as it is now; `life` is the count of the world's resets."""
    return Message(
        id=message.id,
        type=message.type.value,
        direction=message.direction.value,
        sender=message.sender,
        recipients=message.recipients,
        text=message.text,
        read=message.read_status is domain.ReadStatus.READ,
        status=message.status_at(now).value,
        conversation_id=message.conversation.id,
        created=message.created,
        attachments=tuple(_file(held.file) for held in message.attachments),
        life=life,
    )


@dataclass(frozen=True, slots=True)
class ExpectedMessage:
    """What a message is looked for by; None takes any.

    `to` and `sender` are phone numbers, with or without `+`, or extension numbers. Those who get a page through a
    Department are reached by it as much as those whom it is addressed to. `after` is the life of the
    world and the id of a message in it.
    """

    type: MessageType | None = None
    to: str | None = None
    sender: str | None = None
    contains: str = ""
    after: tuple[int, int] | None = None
    status: MessageStatus | None = None
    """That its first copy has reached by the world's clock."""

    def is_at_status(self, copy: domain.Message, now: datetime) -> bool:
        """Whether the copy has the status that is asked for."""
        return self.status is None or copy.status_at(now) is self.status

    def matches(self, delivery: Delivery, place: tuple[int, int]) -> bool:
        """Whether it is one of those; `place` is its life of the world and its id."""
        reached = {*delivery.recipients, *(routed.mailbox for routed in delivery.routed)}
        return (
            self.type in (None, delivery.type)
            and (self.to is None or digits_of(self.to) in reached)
            and (self.sender is None or digits_of(self.sender) in (delivery.sender, delivery.outbox))
            and self.contains in delivery.text
            and (self.after is None or place > self.after)
        )

    def __str__(self) -> str:
        parts = [
            self.type.value if self.type else "message",
            f"from {self.sender}" if self.sender else "",
            f"to {self.to}" if self.to else "",
            f"that contains {self.contains!r}" if self.contains else "",
            f"after message {self.after[1]}" if self.after else "",
            f"in status {self.status}" if self.status else "",
        ]
        return " ".join(filter(None, parts))
