"""Batches of ordinary SMS: requests, and what is answered to them."""

from typing import TYPE_CHECKING

from ...domain.attachment import Attachment
from ...domain.sms_batch import SendSmsBatch, SmsOfBatch
from ...timestamps import iso8601_to_the_microsecond
from .a2p_sms import REJECTED
from .view import Json, View

if TYPE_CHECKING:
    from ...world.sms_batches import SmsBatchSent


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


def batch_resource(sent: "SmsBatchSent", view: View) -> Json:
    """What was accepted, none of which was sent yet, and what was rejected, if anything."""
    created = iso8601_to_the_microsecond(sent.created)
    resource: Json = {
        "id": sent.id,
        "from": {"phoneNumber": view.phone(sent.sender)},
        "batchSize": sent.size,
        "processedCount": 0,
        "lastModifiedTime": created,
        "creationTime": created,
        "status": "Processing" if sent.size else "Completed",
        "cost": 0,
    }
    if sent.rejected:
        resource["rejected"] = [
            {"index": each.place, "to": list(each.recipients), **REJECTED} for each in sent.rejected
        ]
    return resource
