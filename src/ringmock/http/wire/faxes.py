"""Faxes: requests, and a fax as its mailbox's owner sees it, of today in both generations."""

from collections.abc import Sequence
from datetime import datetime

from ... import timestamps
from ...domain.attachment import Attachment, HeldAttachment
from ...domain.fax import RENDERED_TYPES, FaxRecipient, SendFax, fax_file
from ...domain.message import Direction, FaxDetails, FaxResolution, Message, MessageStatus, reached_by
from ...timestamps import iso8601
from .parties import PRIORITY, phone_party
from .view import Json, View

# --- requests ------------------------------------------------------------------------------------


def fax_from(body: Json, files: Sequence[Attachment]) -> SendFax:
    """A checked body in parts of `createFaxMessage`."""
    return SendFax(
        recipients_from(body),
        tuple(map(fax_file, files)),
        FaxResolution(body.get("faxResolution", FaxResolution.HIGH)),
        body.get("coverIndex", 0),
        body.get("coverPageText"),
        send_at_from(body),
    )


def recipients_from(body: Json) -> tuple[FaxRecipient, ...]:
    """Those that a checked body names, if any."""
    return tuple(FaxRecipient(to["phoneNumber"], to.get("name")) for to in body.get("to", ()))


def send_at_from(body: Json) -> datetime | None:
    """When a checked body has the fax sent, aware UTC; None for at once."""
    return timestamps.parse(body["sendTime"].upper()) if "sendTime" in body else None


# --- answers -------------------------------------------------------------------------------------


def fax_resource(message: Message, fax: FaxDetails, view: View, *, just_sent: bool = False) -> Json:
    """A fax, its keys in the order that was captured. `just_sent`: the answer to its sending."""
    owner = view.account.extensions[message.mailbox]
    uri = f"{view.extension_uri(owner)}/message-store/{message.id}"
    status = message.progress.accepted if just_sent else message.status_at(view.now)
    resource: Json = {
        "uri": uri,
        "id": message.id,
        "to": _recipients(message, fax, view, just_sent=just_sent),
        "from": phone_party(message.sender, view),
        "type": message.type.value,
        "creationTime": iso8601(message.created),
        "readStatus": message.read_status.value,
        "priority": PRIORITY,
        "attachments": [_document(held, uri) for held in message.attachments],
        "direction": message.direction.value,
        "availability": message.availability.value,
        "messageStatus": status.value,
        "faxResolution": fax.resolution.value,
        "faxPageCount": 0 if status is MessageStatus.QUEUED else fax.pages,
        "lastModifiedTime": iso8601(message.modified if just_sent else message.last_changed(view.now)),
    }
    if fax.cover_index is not None:
        resource["coverIndex"] = fax.cover_index
    if fax.cover_text is not None:
        resource["coverPageText"] = fax.cover_text
    if message.direction is Direction.INBOUND:
        resource["subject"] = view.phone(message.recipients[0])
    if not just_sent:
        resource["extensionId"] = str(owner.id)
    return resource


def _recipients(message: Message, fax: FaxDetails, view: View, *, just_sent: bool) -> list[Json]:
    parties = []
    for place, digits in enumerate(message.recipients):
        party = phone_party(digits, view)
        if message.direction is Direction.OUTBOUND:
            if fax.names[place] is not None:
                party["name"] = fax.names[place]
            progress = message.recipient_progress[place]
            age = view.now - message.created
            status = progress.accepted if just_sent else reached_by(progress, age).status
            party = {"recipientId": f"{message.id}{place:02}", **party, "messageStatus": status.value}
            error = None if just_sent else reached_by(progress, age).fax_error
            if error is not None:
                party["faxErrorCode"] = error
        parties.append(party)
    return parties


def _document(held: HeldAttachment, uri: str) -> Json:
    """A file of a fax as it came: nothing is rendered here."""
    is_rendered = held.file.content_type in RENDERED_TYPES
    return {
        "id": held.id,
        "uri": f"{uri}/content/{held.id}",
        "type": "RenderedDocument" if is_rendered else "SourceDocument",
        "contentType": held.file.content_type,
        "size": len(held.file.content),
    }
