"""What a world does with batches of ordinary SMS."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import NamedTuple

from ..domain.account import Account, Extension
from ..domain.carrier import Carrier, OptOut
from ..domain.message import Delivery, Message, Routed
from ..domain.ports import IdGenerator, MessageStore
from ..domain.slices import SLICE, Slices
from ..domain.sms_batch import RejectedSms, SendSmsBatch, planning_sms_batch
from .capacity import Share
from .clock import WorldClock


class SmsBatchSent(NamedTuple):
    """A batch that was accepted: how many messages are on their way, and the outcome of each of their recipients."""

    id: str
    sender: str
    created: datetime
    size: int
    rejected: tuple[RejectedSms, ...]
    routed: tuple[Routed, ...]


class SmsBatches:
    """The part of a `World` that sends batches."""

    account: Account
    clock: WorldClock
    share: Share
    carrier: Carrier | None
    opt_outs: set[OptOut]
    epoch: int
    _dice: Random
    _ids: IdGenerator

    @abstractmethod
    def _filed(self, delivery: Delivery, now: datetime) -> Sequence[Message]: ...

    @abstractmethod
    def _notify_sent(self, delivery: Delivery, copies: Sequence[Message], now: datetime) -> None: ...

    @property
    @abstractmethod
    def messages(self) -> MessageStore:
        """Every mailbox."""
        ...

    def sending_sms_batch(self, sender: Extension, batch: SendSmsBatch) -> Slices[SmsBatchSent]:
        """Send a batch as `sender`, in slices. Raises a `Refusal` and changes nothing when the rules do not allow it.

        A reset in between happens after the batch: nothing of it remains.
        """
        epoch = self.epoch
        planning = planning_sms_batch(self.account, sender, batch, self.carrier, self.opt_outs, self._dice)
        plan = yield from planning
        now, name = self.clock.now(), self._ids.next_uuid()
        if self.epoch == epoch:
            files = sum([len(file.content) for file in batch.attachments])
            copies = sum([1 + len(delivery.routed) for delivery in plan.deliveries])
            self.share.take(copies, files * copies)
        for place, delivery in enumerate(plan.deliveries, 1):
            if self.epoch != epoch:
                break
            filed = self._filed(delivery, now) or (self.messages.send_unfiled(delivery, now),)
            self._notify_sent(delivery, filed, now)
            if place % SLICE == 0:
                yield
        routed = tuple([each for delivery in plan.deliveries for each in delivery.routed])
        return SmsBatchSent(name, plan.sender, now, len(plan.deliveries), plan.rejected, routed)
