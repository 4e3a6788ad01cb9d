"""Batches of ordinary SMS, as version 2 of the API sends them: to many phones, or to several as a group.

They are sent from the numbers that an SMS is sent from, and are in no outbox but in a store of their own (D-44).
"""

from collections.abc import Collection
from datetime import datetime
from random import Random
from typing import NamedTuple

from . import errors
from .a2p_sms import Batch, BatchStatus
from .account import Account, Extension, Feature, PhoneNumber, digits_of
from .attachment import Attachment, check_attachments
from .carrier import Carrier, OptOut, carried, progress_to
from .generation import GENERATIONS
from .message import Delivery, MessageType
from .rules import check_sms_sender, check_text_length
from .slices import SLICE, Slices
from .sms import check_recipients, delivery_of

AS_TODAY = GENERATIONS["current"]
"""Version 2 is younger than the generation of 2012."""

COST_OF_SEGMENTS = 85, 10_000
"""The price of one segment: 0.0085 in the examples of the guide."""


class SmsOfBatch(NamedTuple):
    """One message of a request: to phone numbers as they were written, several of which are a group."""

    recipients: tuple[str, ...]
    text: str


class SendSmsBatch(NamedTuple):
    """A request to send a batch from a number, with or without `+`. Each message has all files."""

    sender: str
    messages: tuple[SmsOfBatch, ...]
    attachments: tuple[Attachment, ...] = ()


class RejectedSms(NamedTuple):
    """A message that has a number which cannot be reached; `place` counts the messages of the request from 1."""

    place: int
    recipients: tuple[str, ...]


class SmsBatchPlan(NamedTuple):
    """One delivery for each message that is not rejected, in their order. `sender` is digits."""

    sender: str
    deliveries: tuple[Delivery, ...]
    rejected: tuple[RejectedSms, ...]


def status_at(batch: Batch, now: datetime) -> BatchStatus:
    """How far a batch is: Completed once none of its messages waits. Version 2 has no third status."""
    is_done = batch.status_at(now) is not BatchStatus.PROCESSING
    return BatchStatus.COMPLETED if is_done else BatchStatus.PROCESSING


_OF_THE_WHOLE = (errors.MmsNotAvailable, errors.TooManySmsRecipients)
"""Refusals of a message that are those of the batch: no number is at fault."""


def planning_sms_batch(
    account: Account,
    sender: Extension,
    batch: SendSmsBatch,
    carrier: Carrier | None,
    opt_outs: Collection[OptOut],
    dice: Random,
) -> Slices[SmsBatchPlan]:
    """Decide in slices what a batch of `sender` would do. Raises a `Refusal` for what the rules do not allow."""
    number = check_sms_sender(account, sender, batch.sender)
    if batch.attachments:
        if not number.can(Feature.MMS_SENDER):
            raise errors.MmsNotAvailable
        check_attachments(batch.attachments)
    deliveries: list[Delivery] = []
    rejected: list[RejectedSms] = []
    for place, message in enumerate(batch.messages, 1):
        if not message.text and not batch.attachments:
            raise errors.InvalidParameter("text")
        check_text_length(message.text, MessageType.SMS)
        if _can_be_sent(account, number, message.recipients):
            recipients = tuple(map(digits_of, message.recipients))
            planned = delivery_of(account, number.digits, None, recipients, message.text, batch.attachments)
            deliveries.append(_with_course(planned, carrier, opt_outs, dice))
        else:
            rejected.append(RejectedSms(place, message.recipients))
        if place % SLICE == 0:
            yield
    return SmsBatchPlan(number.digits, tuple(deliveries), tuple(rejected))


def _can_be_sent(account: Account, number: PhoneNumber, recipients: tuple[str, ...]) -> bool:
    """Raises what is no fault of a recipient's."""
    try:
        check_recipients(account, number, recipients, AS_TODAY)
    except _OF_THE_WHOLE:
        raise
    except errors.Refusal:
        return False
    return True


def _with_course(delivery: Delivery, carrier: Carrier | None, opt_outs: Collection[OptOut], dice: Random) -> Delivery:
    if carrier is not None or opt_outs:
        delivery = carried(delivery, carrier, opt_outs, AS_TODAY, dice)
    if delivery.progress is not None:
        return delivery
    return delivery._replace(progress=progress_to(delivery.routed[0].outcome, AS_TODAY))
