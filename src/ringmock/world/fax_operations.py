"""What a world does with faxes: each call plans by the domain's rules, records, and notifies the watchers."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from ..domain.a2p_sms import Batch
from ..domain.account import Account, Extension
from ..domain.agenda import Agenda, Timer
from ..domain.attachment import Attachment
from ..domain.carrier import Carrier
from ..domain.fax import FaxRecipient, SendFax, plan_fax, plan_inbound_fax, sent_again
from ..domain.message import (
    Delivery,
    Direction,
    FaxResolution,
    Message,
    MessageStatus,
    MessageType,
    Outcome,
    Routed,
    reached_by,
)
from ..domain.ports import MessageStore
from ..domain.subscription import Subscription
from .clock import WorldClock

if TYPE_CHECKING:
    from .world import Watcher

_ARRIVING_TOGETHER = 500
"""The maximum of faxes that one call files."""


def _never(_: datetime) -> datetime | None:
    return None


@dataclass(slots=True, eq=False)
class Arrival:
    """A recipient's copy of a fax that is sent later. `place` is the recipient's, among those of the sender's copy."""

    message: Message
    sent: Message
    place: int


class FaxSent(NamedTuple):
    """The result of sending a fax: the sender's own copy, and the outcome of each recipient."""

    message: Message
    routed: tuple[Routed, ...]


class FaxOperations:
    """The part of a `World` that is about faxes."""

    account: Account
    clock: WorldClock
    agenda: Agenda[Message | Batch | Subscription | Timer]
    carrier: Carrier | None
    _dice: Random
    _messages: MessageStore
    _watchers: "tuple[Watcher, ...]"
    _arriving: Agenda[Arrival]
    _arrival: Timer

    @abstractmethod
    def _make_room(self, delivery: Delivery) -> None: ...

    @abstractmethod
    def _notify_sent(self, delivery: Delivery, copies: Sequence[Message], now: datetime) -> None: ...

    @abstractmethod
    def find(self, extension: Extension, message_id: int) -> Message | None:
        """The message from the extension's own mailbox, or an SMS from a shared one."""
        ...

    @property
    @abstractmethod
    def messages(self) -> MessageStore:
        """Every mailbox."""
        ...

    def reset_faxes(self) -> None:
        """Begin without any that waits."""
        self._arriving = Agenda()
        self._arrival = Timer(self._arrive_at)

    def forget_faxes(self) -> None:
        """Let none arrive any more."""
        self._arrival = Timer(_never)

    def replace_arrivals(self, arriving: Agenda[Arrival]) -> None:
        """Let these arrive, and no others."""
        self._arriving = arriving
        self.schedule_arrivals()

    # --- sending ---------------------------------------------------------------------------------

    def send_fax(self, sender: Extension, fax: SendFax) -> FaxSent:
        """Send a fax as `sender`, or have it sent later. Raises a `Refusal` and changes nothing otherwise."""
        now, store = self.clock.now(), self.messages
        delivery = plan_fax(self.account, sender, fax, now, self.carrier, self._dice)
        self._make_room(delivery)
        at = fax.send_at
        if at is None or at <= now:
            copies = store.record(delivery, now)
        else:
            waiting = delivery._replace(routed=tuple(routed._replace(mailbox=None) for routed in delivery.routed))
            copies = store.record(waiting, now)
            self._schedule(delivery, copies[0], at)
        self._notify_sent(delivery, copies, now)
        return FaxSent(copies[0], delivery.routed)

    def resend_fax(
        self, sender: Extension, original: str, recipients: tuple[FaxRecipient, ...], send_at: datetime | None
    ) -> FaxSent:
        """Send a fax of the mailbox again. Raises a `Refusal`."""
        found = self.find(sender, int(original)) if original.isdecimal() and len(original) < 20 else None
        return self.send_fax(sender, sent_again(found, original, recipients, send_at, self.clock.now()))

    def receive_fax(
        self, machine: str, to: str, files: tuple[Attachment, ...], resolution: FaxResolution
    ) -> tuple[Routed, ...]:
        """A fax from a machine outside to a number of the account; what became of it. Raises a `Refusal`."""
        delivery = plan_inbound_fax(self.account, machine, to, files, resolution)
        self._make_room(delivery)
        now = self.clock.now()
        self._notify_sent(delivery, self.messages.record(delivery, now), now)
        return delivery.routed

    def cancel_fax(self, message: Message, now: datetime) -> None:
        """Whoever deletes a fax that still waits does not send it."""
        if message.direction is Direction.OUTBOUND and message.status_at(now) is MessageStatus.QUEUED:
            self._messages.cancel(message, now)

    # --- faxes that are sent later ---------------------------------------------------------------

    def _schedule(self, delivery: Delivery, sent: Message, at: datetime) -> None:
        for place, routed in enumerate(delivery.routed):
            if routed.outcome is Outcome.DELIVERED and routed.mailbox is not None:
                message = self._messages.prepare(delivery, sent, routed.mailbox, at)
                self._arriving.schedule(Arrival(message, sent, place), at)
        self.schedule_arrivals()

    def schedule_arrivals(self) -> None:
        """Have the next fax arrive when it is sent."""
        self.agenda.schedule(self._arrival, self._arriving.next)

    def arrivals(self) -> list[tuple[datetime, Arrival]]:
        """The faxes that wait, and when each is sent."""
        return self._arriving.upcoming(len(self._arriving))

    def let_arrive(self) -> None:
        """File the copies of what is sent by now."""
        at = self._arriving.next
        if at is not None and at <= self.clock.now():
            self._arrive_at(at)
            self.schedule_arrivals()

    def _arrive_at(self, _: datetime) -> datetime | None:
        for at, arrivals in self._arriving.due(self.clock.now(), _ARRIVING_TOGETHER):
            for arrival in arrivals:
                message, sent = arrival.message, arrival.sent
                reached = reached_by(sent.recipient_progress[arrival.place], at - sent.created)
                if reached.status is not MessageStatus.SENDING_FAILED:
                    self._messages.arrive(message)
                    self._notify_arrival(message)
        return self._arriving.next

    def _notify_arrival(self, message: Message) -> None:
        routed = Routed(message.recipients[0], Outcome.DELIVERED, "D-42", mailbox=message.mailbox)
        arrived = Delivery(
            MessageType.FAX,
            message.sender,
            None,
            message.recipients,
            message.text,
            message.conversation,
            (routed,),
            fax=message.fax,
        )
        for watcher in self._watchers:
            watcher.recorded(arrived, (message,))
