"""High-volume SMS: batches, their messages and the numbers of messages by status.

The shapes are today's in both generations; phone numbers are written as the generation specifies (D-10).
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...domain.a2p_sms import (
    COST_OF_SEGMENTS,
    A2PFilter,
    A2PMessage,
    Assigned,
    Assignment,
    Batch,
    BatchFilter,
    BatchMessage,
    BatchStatus,
    SendBatch,
    cost_of,
    is_paid_for,
)
from ...domain.a2p_store import BatchCounts
from ...domain.account import digits_of
from ...domain.consent import Consent, ConsentFilter, ConsentSource, OptStatus
from ...domain.message import Direction, MessageStatus
from ...timestamps import iso8601
from .messages import chosen, default_date_from, moment
from .view import Json, View

REJECTED = {"errorCode": "SMS-RC-410", "description": "The recipient number is invalid"}

_STATUS_NAMES = {
    MessageStatus.QUEUED: "queued",
    MessageStatus.DELIVERED: "delivered",
    MessageStatus.DELIVERY_FAILED: "deliveryFailed",
    MessageStatus.SENT: "sent",
    MessageStatus.SENDING_FAILED: "sendingFailed",
}
_FAILURES = frozenset({"deliveryFailed", "sendingFailed"})
_STATUSES_ASKED = {
    "optout": frozenset({OptStatus.OUT}),
    "optin": frozenset({OptStatus.IN}),
    "all": frozenset(OptStatus),
}
_SOURCES = {ConsentSource.API: "Account"}
"""Words that high-volume SMS has for what other lists call otherwise."""

# --- requests ------------------------------------------------------------------------------------


def batch_from(body: Json) -> SendBatch:
    """A checked `createA2PSMS` body: a message without a text has the batch's."""
    common = body.get("text", "")
    return SendBatch(
        sender=body["from"],
        messages=tuple([BatchMessage(one["to"][0], one.get("text") or common) for one in body["messages"]]),
    )


def filter_from(parameters: Mapping[str, Any], batch: Batch | None, view: View) -> A2PFilter:
    """Checked parameters of `listA2PSMS` or `aggregateA2PSMSStatuses`; the last 24 hours unless they say otherwise."""
    date_to = moment(parameters, "dateTo") or view.now
    numbers = parameters["phoneNumber"]
    return A2PFilter(
        date_from=moment(parameters, "dateFrom") or default_date_from(date_to),
        date_to=date_to,
        directions=chosen(Direction, parameters["direction"]),
        numbers=None if numbers is None else tuple(map(digits_of, numbers)),
        batch=batch,
    )


def batch_filter_from(parameters: Mapping[str, Any], view: View) -> BatchFilter:
    """Checked `listA2PBatches` parameters. No batch here is ever Queued."""
    date_to = moment(parameters, "dateTo") or view.now
    sender = parameters["from"]
    return BatchFilter(
        date_from=moment(parameters, "dateFrom") or default_date_from(date_to),
        date_to=date_to,
        sender=None if sender is None else digits_of(sender),
        statuses=chosen(BatchStatus, parameters["status"]),
    )


def opt_out_filter_from(parameters: Mapping[str, Any], view: View) -> ConsentFilter:
    """Checked `readA2PSMSOptOuts` parameters; other numbers than those of high-volume SMS have no part in it."""
    sender, recipient = parameters["from"], parameters["to"]
    numbers = view.account.a2p_numbers
    return ConsentFilter(
        statuses=_STATUSES_ASKED[parameters["status"]],
        senders=numbers if sender is None else numbers & {digits_of(sender)},
        recipients=None if recipient is None else frozenset({digits_of(recipient)}),
    )


def assignment_from(body: Json, sender: str) -> Assignment:
    """A checked `addA2PSMSOptOuts` body, about the number with these digits."""
    return Assignment(sender, tuple(body.get("optOuts", ())), tuple(body.get("optIns", ())))


# --- answers -------------------------------------------------------------------------------------


def batch_resource(batch: Batch, view: View, *, just_sent: bool = False) -> Json:
    """A batch. `just_sent`: the answer to its sending, which has its first status."""
    now = batch.created if just_sent else view.now
    processed = 0 if just_sent else batch.processed_at(now)
    status = BatchStatus.PROCESSING if just_sent and batch.size else batch.status_at(now)
    return {
        "id": batch.id,
        "from": view.phone(batch.sender),
        "batchSize": batch.size,
        "processedCount": processed,
        "lastModifiedTime": iso8601(batch.created if just_sent else batch.last_changed(now)),
        "status": status.value,
        "creationTime": iso8601(batch.created),
        "rejected": [{"index": each.place, "to": [each.recipient], **REJECTED} for each in batch.rejected],
        "cost": cost_of(batch.segments_at(now)),
    }


def message_details(message: A2PMessage, view: View) -> Json:
    """One message, read by its id, which is a text here."""
    return {**_message(message, view), "id": str(message.id), "text": message.text}


def message_record(message: A2PMessage, view: View, *, with_text: bool) -> Json:
    """One message of a list, where its id is a number."""
    said = _message(message, view)
    return {**said, "text": message.text} if with_text else said


def _message(message: A2PMessage, view: View) -> Json:
    step = message.step_at(view.now)
    status = message.progress.accepted if step is None else step[1].status
    said: Json = {
        "id": message.id,
        "from": view.phone(message.sender),
        "to": [view.phone(number) for number in message.recipients],
        "creationTime": iso8601(message.created),
        "lastModifiedTime": iso8601(message.last_changed(view.now)),
        "messageStatus": status.value,
        "segmentCount": message.segments,
        "cost": cost_of(message.segments) if is_paid_for(status) else 0,
        "direction": message.direction.value,
    }
    if message.batch is not None:
        said["batchId"] = message.batch
    if step is not None and step[1].error is not None:
        said["errorCode"] = step[1].error
    return said


def statuses(totals: Iterable[BatchCounts], price: tuple[int, int] = COST_OF_SEGMENTS) -> Json:
    """`MessageStatusesResponse`: every status, also those of no message. `price` is that of a segment."""
    counts: Counter[str] = Counter()
    segments: Counter[str] = Counter()
    failures: dict[str, Counter[str]] = {name: Counter() for name in _FAILURES}
    for total in totals:
        name = _STATUS_NAMES[total.status]
        counts[name] += total.messages
        if is_paid_for(total.status):
            segments[name] += total.segments
        if name in failures and total.error is not None:
            failures[name][total.error] += total.messages
    said: Json = {
        name: {"count": counts[name], "cost": cost_of(segments[name], price)} for name in _STATUS_NAMES.values()
    }
    for name, errors in failures.items():
        said[name]["errorCodeCounts"] = {code: number for code, number in errors.items() if number}
    return said


def opt_out(consent: Consent, view: View) -> Json:
    """What a phone, or the account for it, has said last of a number."""
    return {
        "from": view.phone(consent.sender),
        "to": view.phone(consent.recipient),
        "status": consent.status.value,
        "source": _SOURCES.get(consent.source, consent.source.value),
    }


def as_csv(records: Sequence[Json]) -> str:
    """Opt-outs as a table of RFC 4180 with a head."""
    table = io.StringIO()
    writer = csv.DictWriter(table, ("from", "to", "status", "source"))
    writer.writeheader()
    writer.writerows(records)
    return table.getvalue()


def assigned(results: Sequence[Assigned]) -> Json:
    """`OptOutBulkAssignResponse`."""
    return {
        name: {
            "successful": [each.phone for each in results if each.status is status and each.problem is None],
            "failed": [
                {"to": each.phone, "errorMessage": f"The recipient number is {each.problem}"}
                for each in results
                if each.status is status and each.problem is not None
            ],
        }
        for name, status in (("optIns", OptStatus.IN), ("optOuts", OptStatus.OUT))
    }
