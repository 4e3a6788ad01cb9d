"""Batches of ordinary SMS: requests, and what is answered to them and of what they have sent."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...domain.a2p_sms import A2PFilter, A2PMessage, Batch, BatchFilter, BatchStatus, cost_of, is_paid_for
from ...domain.account import Extension, digits_of
from ...domain.attachment import Attachment
from ...domain.message import Direction, Reached, reached_by
from ...domain.sms_batch import COST_OF_SEGMENTS, SendSmsBatch, SmsOfBatch, status_at
from ...timestamps import iso8601_to_the_microsecond
from .a2p_sms import REJECTED
from .messages import chosen, default_date_from, moment
from .view import Json, View

if TYPE_CHECKING:
    from ...world.sms_batches import SmsBatchSent

_STATUSES = {
    "Processing": (BatchStatus.PROCESSING,),
    "Completed": (BatchStatus.SENT, BatchStatus.COMPLETED),
}
"""Version 2 has two words for the progress of a batch."""

# --- requests ------------------------------------------------------------------------------------


def batch_from(body: Json, attachments: tuple[Attachment, ...]) -> SendSmsBatch:
    """A checked `createSmsBatch` body: a message without a text has the batch's."""
    common = body.get("text", "")
    return SendSmsBatch(
        body["from"]["phoneNumber"],
        tuple(
            [
                SmsOfBatch(tuple([to["phoneNumber"] for to in each["to"]]), each.get("text") or common)
                for each in body["messages"]
            ]
        ),
        attachments,
    )


def batch_filter_from(parameters: Mapping[str, Any], view: View) -> BatchFilter:
    """Checked `listSmsBatches` parameters; the last 24 hours unless they say otherwise."""
    until = moment(parameters, "timeTo") or view.now
    sender, names = parameters["from"], parameters["status"] or _STATUSES
    return BatchFilter(
        date_from=moment(parameters, "timeFrom") or default_date_from(until, "timeTo"),
        date_to=until,
        sender=None if sender is None else digits_of(sender),
        statuses=frozenset(status for name in names for status in _STATUSES[name]),
    )


def filter_from(parameters: Mapping[str, Any], batch: Batch | None, view: View) -> A2PFilter:
    """Checked parameters of `listSmsMessages`; the last 24 hours unless they say otherwise."""
    until, numbers = moment(parameters, "timeTo") or view.now, parameters["phoneNumber"]
    return A2PFilter(
        date_from=moment(parameters, "timeFrom") or default_date_from(until, "timeTo"),
        date_to=until,
        directions=chosen(Direction, parameters["direction"]),
        numbers=None if numbers is None else tuple(map(digits_of, numbers)),
        batch=batch,
    )


def summary_filter_from(parameters: Mapping[str, Any], batch: Batch | None, view: View) -> A2PFilter:
    """Checked parameters of `readSmsStatusSummary`: the times do not matter where a batch is named."""
    if batch is None:
        return filter_from(parameters, None, view)
    always = {**parameters, "timeFrom": None, "timeTo": None}
    return replace(filter_from(always, batch, view), date_from=batch.created, date_to=batch.created)


# --- answers -------------------------------------------------------------------------------------


def accepted_resource(sent: "SmsBatchSent", view: View) -> Json:
    """What was accepted, none of which was sent yet, and what was rejected, if anything."""
    created = iso8601_to_the_microsecond(sent.batch.created)
    resource: Json = {
        "id": sent.batch.id,
        "from": {"phoneNumber": view.phone(sent.batch.sender)},
        "batchSize": sent.batch.size,
        "processedCount": 0,
        "lastModifiedTime": created,
        "creationTime": created,
        "status": "Processing" if sent.batch.size else "Completed",
        "cost": 0,
    }
    if sent.rejected:
        resource["rejected"] = [
            {"index": each.place, "to": list(each.recipients), **REJECTED} for each in sent.rejected
        ]
    return resource


def batch_resource(batch: Batch, view: View) -> Json:
    """How far a batch is; what was rejected of it was said in the answer to its sending alone."""
    return {
        "id": batch.id,
        "from": {"phoneNumber": view.phone(batch.sender)},
        "batchSize": batch.size,
        "processedCount": batch.processed_at(view.now),
        "lastModifiedTime": iso8601_to_the_microsecond(batch.last_changed(view.now)),
        "creationTime": iso8601_to_the_microsecond(batch.created),
        "status": status_at(batch, view.now).value,
        "cost": cost_of(batch.segments_at(view.now), COST_OF_SEGMENTS),
    }


def message_record(message: A2PMessage, view: View, *, with_text: bool) -> Json:
    """A message of a list."""
    reached = _reached(message, view)
    record = {
        **_common(message, reached, view),
        "from": view.phone(message.sender),
        "to": [view.phone(number) for number in message.recipients],
        "messageStatus": reached.status.value,
        **_error_of(reached),
    }
    return {**record, "text": message.text} if with_text else record


def message_resource(message: A2PMessage, sender: Extension, view: View) -> Json:
    """A message by itself, with its text, what became of it for each recipient, and its files."""
    reached, age = _reached(message, view), view.now - message.created
    each = [reached_by(progress, age) for progress in message.recipient_progress] or [reached] * len(message.recipients)
    content = f"{_messages_uri(sender, view)}/{message.id}/content"
    files = [(message.id, "text/plain")] if message.has_text else []
    files += [(held.id, held.file.content_type) for held in message.attachments]
    return {
        **_common(message, reached, view),
        "from": {"phoneNumber": view.phone(message.sender)},
        "to": [
            {"phoneNumber": view.phone(number), "messageStatus": one.status.value, **_error_of(one)}
            for number, one in zip(message.recipients, each, strict=True)
        ],
        "text": message.text,
        "attachments": [
            {"id": str(number), "contentType": kind, "contentUri": f"{content}/{number}"} for number, kind in files
        ],
    }


def _messages_uri(sender: Extension, view: View) -> str:
    return f"{view.base_url}/restapi/v2/accounts/{view.account.id}/extensions/{sender.id}/sms/messages"


def _reached(message: A2PMessage, view: View) -> Reached:
    return reached_by(message.progress, max(view.now - message.created, timedelta(0)))


def _error_of(reached: Reached) -> Json:
    return {} if reached.error is None else {"errorCode": reached.error}


def _common(message: A2PMessage, reached: Reached, view: View) -> Json:
    return {
        "id": str(message.id),
        "batchId": message.batch,
        "direction": message.direction.value,
        "creationTime": iso8601_to_the_microsecond(message.created),
        "lastModifiedTime": iso8601_to_the_microsecond(message.last_changed(view.now)),
        "cost": cost_of(message.segments, COST_OF_SEGMENTS) if is_paid_for(reached.status) else 0,
        "segmentCount": message.segments,
    }
