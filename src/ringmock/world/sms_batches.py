"""What a world does with batches of ordinary SMS."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random
from typing import NamedTuple

from ..domain.a2p_sms import Batch, BatchPlan
from ..domain.a2p_store import A2PStore
from ..domain.account import Account, Extension
from ..domain.carrier import Carrier, OptOut
from ..domain.message import Delivery, Message, Outcome, Routed
from ..domain.ports import IdGenerator, MessageStore
from ..domain.slices import SLICE, Slices
from ..domain.sms_batch import RejectedSms, SendSmsBatch, planning_sms_batch
from .capacity import Share
from .clock import WorldClock


class SmsBatchSent(NamedTuple):
    """A batch that was accepted, what was rejected of it, and the outcome of each recipient of the rest."""

    batch: Batch
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
    _sms_stores: dict[str, A2PStore]

    @abstractmethod
    def _filed(self, delivery: Delivery, now: datetime) -> Sequence[Message]: ...

    @abstractmethod
    def _notify_sent(self, delivery: Delivery, copies: Sequence[Message], now: datetime) -> None: ...

    @property
    @abstractmethod
    def messages(self) -> MessageStore:
        """Every mailbox."""
        ...

    def reset_sms_batches(self) -> None:
        """Forget what batches have sent."""
        self._sms_stores = {}

    def sms_store(self, extension: Extension) -> A2PStore:
        """What the extension's batches have sent."""
        known = self._sms_stores.get(extension.number)
        return A2PStore(self._ids) if known is None else known

    def sms_stores(self) -> Iterator[tuple[str, A2PStore]]:
        """The stores of the extensions that have sent a batch, by extension number."""
        return iter(self._sms_stores.items())

    def sms_sender_of(self, message: Message) -> Extension | None:
        """The extension one of whose batches has sent the message; None for a message of another kind."""
        for number, store in self._sms_stores.items():
            if store.holds(message):
                return self.account.extensions[number]
        return None

    def sending_sms_batch(self, sender: Extension, batch: SendSmsBatch) -> Slices[SmsBatchSent]:
        """Send a batch as `sender`, in slices. Raises a `Refusal` and changes nothing when the rules do not allow it.

        A reset in between happens after the batch: nothing of it remains.
        """
        epoch, stores = self.epoch, self._sms_stores
        planning = planning_sms_batch(self.account, sender, batch, self.carrier, self.opt_outs, self._dice)
        plan = yield from planning
        if self.epoch == epoch:
            files = sum([len(file.content) for file in batch.attachments])
            copies = sum([1 + len(delivery.routed) for delivery in plan.deliveries])
            self.share.take(1 + copies, files * copies)
        now, store = self.clock.now(), stores.setdefault(sender.number, A2PStore(self._ids))
        made, messages = yield from store.recording(BatchPlan(plan.sender, plan.deliveries, ()), now)
        for place, (delivery, message) in enumerate(zip(plan.deliveries, messages, strict=True), 1):
            if self.epoch != epoch:
                break
            self._notify_sent(delivery, (message, *self._handed_out(delivery, message, now)), now)
            if place % SLICE == 0:
                yield
        routed = tuple([each for delivery in plan.deliveries for each in delivery.routed])
        return SmsBatchSent(made, plan.rejected, routed)

    def _handed_out(self, delivery: Delivery, message: Message, now: datetime) -> Sequence[Message]:
        """Phones outside get the message itself; the copies that it leaves with the account's own."""
        outside = [routed for routed in delivery.routed if routed.outcome is Outcome.OUTSIDE]
        for routed in outside:
            self.messages.hand_over(routed.recipient, message)
        inside = tuple([routed for routed in delivery.routed if routed.outcome is not Outcome.OUTSIDE])
        return self._filed(delivery._replace(routed=inside), now)
