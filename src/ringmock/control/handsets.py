"""Phones outside the account: what they send and what they have received."""

import base64
from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify

from ..domain.attachment import Attachment, HeldAttachment
from ..domain.message import Message
from ..http.media import HARMLESS, disposition, disposition_of
from ..timestamps import iso8601
from ..world import controls as world_controls
from .call import ControlCall, NotThere, as_refusals
from .journal import outcomes

Json = Any


def send_from_handset(call: ControlCall) -> Json:
    """An SMS or MMS from outside."""
    body, phone_number = call.body, call.path["phone_number"]
    with as_refusals():
        world_controls.handset_of(call.world, phone_number)
        files = call.files or _attachments(body.get("attachments", []))
        routed = world_controls.text_from_handset(call.world, phone_number, body["to"], body.get("text", ""), files)
    return {"recipients": outcomes(routed)}


def fax_from_outside(call: ControlCall) -> Json:
    """A fax from a machine outside."""
    body = call.body
    with as_refusals():
        files = call.files or _attachments(body.get("attachments", []))
        number, resolution = call.path["phone_number"], body.get("resolution", "High")
        routed = world_controls.fax_from_machine(call.world, number, body["to"], files, resolution)
    return {"recipients": outcomes(routed)}


def received_by_handset(call: ControlCall) -> Response:
    """What a phone has received, a page of it."""
    store, handset = call.world.messages, _handset(call)
    total, limit = store.latest_of_handset(handset, 0).total, call.query["limit"]
    start = call.query.get("start", max(0, total - limit))
    answer = jsonify([_received(message, call.url) for message in store.page_of_handset(handset, start, limit)])
    answer.headers["X-Total-Count"] = str(total)
    return answer


def attachment_of_handset(call: ControlCall) -> Response:
    """A file that a phone has received."""
    message = call.world.messages.find_on_handset(_handset(call), call.path["message_id"])
    held = message.attachment(call.path["attachment_id"]) if message is not None else None
    if held is None:
        raise NotThere(
            f"{call.path['phone_number']} has received no such file: its messages list the 'uri' of each attachment."
        )
    return file_answer(held)


def file_answer(held: HeldAttachment) -> Response:
    """A file as a browser may have it: shown where that is harmless, and never run."""
    kind = disposition_of(held.file.content_type, "Inline")
    headers = (("Content-Disposition", disposition(kind, held.name)), *HARMLESS)
    return Response(held.file.content, headers=headers, content_type=held.file.content_type)


def _handset(call: ControlCall) -> str:
    with as_refusals():
        return world_controls.handset_of(call.world, call.path["phone_number"])


def _attachments(given: Json) -> Sequence[Attachment]:
    return [
        Attachment(entry.get("contentType", ""), entry.get("fileName"), base64.b64decode(entry["content"]))
        for entry in (given if isinstance(given, list) else [given])
    ]


def _received(message: Message, url: str) -> Json:
    said = {
        "id": message.id,
        "from": message.sender,
        "to": message.recipients,
        "text": message.text,
        "created": iso8601(message.created),
    }
    return {**said, "attachments": files_of(message, url)} if message.attachments else said


def files_of(message: Message, url: str) -> list[Json]:
    """The files of a message, with where each is read; `url` is that of the messages."""
    folder = f"{url}/{message.id}/attachments"
    return [
        {
            "id": held.id,
            "uri": f"{folder}/{held.id}",
            "contentType": held.file.content_type,
            "fileName": held.name,
            "size": len(held.file.content),
        }
        for held in message.attachments
    ]
