"""Messages: requests, and a message as its mailbox's owner sees it."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from ... import timestamps
from ...domain import errors
from ...domain.account import Extension, ExtensionType
from ...domain.attachment import Attachment, HeldAttachment
from ...domain.generation import Generation
from ...domain.made import maker
from ...domain.message import Availability, Direction, Message, MessageStatus, MessageType, ReadStatus, Step, step_at
from ...domain.message_filter import MessageFilter, MessagePage
from ...domain.owners import PERSONAL, Owners
from ...domain.pager import Address, SendPager
from ...domain.segments import segment_count
from ...domain.sms import SendSms
from ...timestamps import iso8601
from .faxes import fax_resource
from .lists import MAX_PER_PAGE, envelope_of
from .parties import PRIORITY, phone_party
from .view import Json, View

_E = TypeVar("_E", bound=StrEnum)

# Python 3.11 takes twenty times as long for a member of an enumeration as for a name of the module.
_SMS, _PAGER = MessageType.SMS, MessageType.PAGER

DEFAULT_WINDOW = timedelta(hours=24)
TEXT_ATTACHMENT_ID = 1

Change = tuple[ReadStatus | None, Availability | None]
"""The changes of a message; None leaves a property unchanged."""

# --- requests ------------------------------------------------------------------------------------


_send_sms = maker(SendSms)


def sms_from(body: Json, attachments: tuple[Attachment, ...] = ()) -> SendSms:
    """A checked body of `createSMSMessage` or `createMMS`. Raises `CountryGivenTwice`."""
    if "country" in body and body["country"].keys() >= {"id", "isoCode"}:
        raise errors.CountryGivenTwice("country")
    recipients = tuple([to["phoneNumber"] for to in body["to"]])
    return _send_sms((body["from"]["phoneNumber"], recipients, body.get("text", ""), attachments))


def pager_from(body: Json) -> SendPager:
    """A checked `createInternalTextMessage` body."""
    return SendPager(
        to=tuple(_address(to) for to in body.get("to", ())),
        text=body["text"],
        sender=_address(body["from"]) if body.get("from") else None,
        reply_on=body.get("replyOn"),
    )


def read_status_from(body: Json) -> Change:
    """A checked `updateMessage` body."""
    return ReadStatus(body["readStatus"]), None


def change_from(body: Json) -> Change:
    """A checked `patchMessage` body."""
    status, availability = body.get("readStatus"), body.get("availability")
    return status and ReadStatus(status), availability and Availability(availability)


def _address(party: Json) -> Address:
    extension_id = party.get("extensionId")
    return Address(
        number=party.get("extensionNumber"),
        id=None if extension_id is None else int(extension_id),
        phone_number=party.get("phoneNumber"),
    )


def filter_from(parameters: Mapping[str, Any], now: datetime) -> MessageFilter:
    """Checked `listMessages` parameters.

    `dateTo` is now unless given, `dateFrom` the minute that lies 24 hours before it. Message types that this server
    does not have match nothing. Raises `InvalidParameter` for a window outside the years 1 to 9999.
    """
    date_to = moment(parameters, "dateTo") or now
    conversation_id = parameters.get("conversationId")
    return MessageFilter(
        date_from=moment(parameters, "dateFrom") or default_date_from(date_to),
        date_to=date_to,
        types=chosen(MessageType, parameters.get("messageType")),
        directions=chosen(Direction, parameters.get("direction")),
        read_statuses=chosen(ReadStatus, parameters.get("readStatus")),
        availabilities=chosen(Availability, parameters.get("availability") or [Availability.ALIVE]),
        conversation_id=None if conversation_id is None else int(conversation_id),
        phone_number=parameters.get("phoneNumber"),
        distinct_conversations=bool(parameters.get("distinctConversations")),
        owners=owners_from(parameters),
        page=parameters["page"],
        per_page=min(parameters["perPage"], MAX_PER_PAGE),
    )


def filters_to_delete(parameters: Mapping[str, Any], now: datetime) -> list[MessageFilter]:
    """Checked `deleteMessageByFilter` parameters: one filter for each conversation, one in all without any."""
    kind = parameters["type"]
    alive, deleted = Availability.ALIVE, Availability.DELETED
    everything = MessageFilter(
        date_from=datetime.min.replace(tzinfo=UTC),
        date_to=moment(parameters, "dateTo") or now,
        types=chosen(MessageType, None if kind == "All" else [kind]),
        availabilities=frozenset({alive, deleted} if parameters["purge"] else {alive}),
        owners=owners_from(parameters),
        per_page=sys.maxsize,
    )
    conversations = parameters["conversationId"]
    if not conversations:
        return [everything]
    return [replace(everything, conversation_id=int(one)) for one in dict.fromkeys(conversations)]


def owners_from(parameters: Mapping[str, Any]) -> Owners:
    """Checked `owner` filters: the own messages without any, all messages with `ownerExtensionType` alone (D-22)."""
    types = parameters.get("ownerExtensionType")
    names = set(parameters.get("owner") or (["Any"] if types else ["Personal"]))
    if names == {"Personal"} and not types:
        return PERSONAL
    return Owners(
        personal=not names.isdisjoint({"Any", "Personal"}),
        shared=not names.isdisjoint({"Any", "Shared"}),
        ids=frozenset(int(name) for name in names if name.isdecimal()),
        types=chosen(ExtensionType, types) if types else None,
    )


def moment(parameters: Mapping[str, Any], name: str) -> datetime | None:
    """A checked date and time; None where none is given."""
    text = parameters.get(name)
    return None if text is None else timestamps.parse(text)


def default_date_from(date_to: datetime, name: str = "dateTo") -> datetime:
    """The minute that lies 24 hours before. Raises `InvalidParameter`, of the parameter `name`, where there is none."""
    try:
        return (date_to - DEFAULT_WINDOW).replace(second=0, microsecond=0)
    except OverflowError as error:
        raise errors.InvalidParameter(name) from error


def chosen(enum: type[_E], names: Iterable[str] | None) -> frozenset[_E]:
    """The members with these names, as far as this server has them; all of them for None."""
    if names is None:
        return _all_of(enum)
    known = _by_name(enum)
    return frozenset([known[name] for name in names if name in known])


@lru_cache
def _all_of(enum: type[_E]) -> frozenset[_E]:
    return frozenset(enum)


@lru_cache
def _by_name(enum: type[_E]) -> Mapping[str, _E]:
    return {member.value: member for member in enum}


# --- messages ------------------------------------------------------------------------------------


def message_resource(message: Message, view: View, *, just_sent: bool = False) -> Json:
    """A message as its mailbox's owner sees it, its keys in the documented order.

    `just_sent`: the answer to a sending, which shows the status that the message was accepted with.
    """
    if message.fax is not None:
        return fax_resource(message, message.fax, view, just_sent=just_sent)
    uri = f"{view.extension_uri(view.account.extensions[message.mailbox])}/message-store/{message.id}"
    step = None if just_sent else message.step_at(view.now)
    status = message.progress.accepted if step is None else step[1].status
    is_pager = message.type is _PAGER
    resource: Json = {
        "uri": uri,
        "id": message.id,
        "to": _pager_to(message, view) if is_pager else _sms_to(message, view, just_sent=just_sent),
        "from": _pager_party(message.sender, view) if is_pager else phone_party(message.sender, view),
        "type": str(message.type),
        "creationTime": iso8601(message.created),
        "readStatus": str(message.read_status),
        "priority": PRIORITY,
        "attachments": _attachments(message, uri, view.generation),
        "direction": str(message.direction),
        "availability": str(message.availability),
        "subject": message.text,
        "messageStatus": str(status),
        "conversationId": message.conversation.id,
        "lastModifiedTime": iso8601(message.modified if step is None else message.last_changed(view.now)),
    }
    if is_pager:
        resource["pgToDepartment"] = bool(message.conversation.departments)
    if view.generation.with_current_fields:
        resource.update(_current_fields(message, view))
        if message.type is _SMS:
            resource.update(_sms_fields(message, step, just_sent=just_sent))
    if step is not None and step[1].error is not None:
        resource["deliveryErrorCode"] = step[1].error
    owner = view.account.extensions[message.mailbox]
    if owner.sms_recipients:
        resource["owner"] = _owner(owner)
    return resource


def _owner(owner: Extension) -> Json:
    """The owner of a shared message. Clients assume that a message without it is their user's own."""
    return {"extensionId": str(owner.id), "name": owner.name, "extensionType": owner.type.value}


def attachment_id(message: Message, generation: Generation) -> int:
    """The id of the attachment that holds the text of a message."""
    return message.id if generation.attachment_id_is_message_id else TEXT_ATTACHMENT_ID


def _attachments(message: Message, uri: str, generation: Generation) -> list[Json]:
    files = [_file(held, uri) for held in message.attachments] if message.attachments else []
    if not message.has_text:
        return files
    number = attachment_id(message, generation)
    attachment: Json = {"id": number, "uri": f"{uri}/content/{number}", "contentType": "text/plain"}
    if generation.with_current_fields:
        attachment["type"] = "Text"
    return [attachment, *files]


def _file(held: HeldAttachment, uri: str) -> Json:
    """A file of an MMS. 2012 has no example, so both generations have today's shape."""
    said: Json = {
        "id": held.id,
        "uri": f"{uri}/content/{held.id}",
        "type": "MmsAttachment",
        "contentType": held.file.content_type,
        "size": len(held.file.content),
    }
    if held.file.file_name is not None:
        said["fileName"] = held.file.file_name
    return said if held.file.pixels is None else {**said, **held.file.pixels._asdict()}


def _pager_to(message: Message, view: View) -> list[Json]:
    numbers: tuple[str, ...] = message.recipients
    if view.generation.sender_first_in_pager_to:
        numbers = tuple(dict.fromkeys((message.sender, *numbers)))
    return [_pager_party(number, view) for number in numbers]


def _pager_party(number: str, view: View) -> Json:
    if not view.generation.with_current_fields:
        return {"extensionNumber": number}
    extension = view.account.extensions[number]
    return {"extensionNumber": number, "extensionId": str(extension.id), "name": extension.name}


def _sms_to(message: Message, view: View, *, just_sent: bool) -> list[Json]:
    parties = [phone_party(number, view) for number in message.recipients]
    if message.recipient_progress:
        for progress, party in zip(message.recipient_progress, parties, strict=True):
            taken = None if just_sent else step_at(progress, view.now - message.created)
            party["messageStatus"] = (progress.accepted if taken is None else taken[1].status).value
    if len(parties) > 1 and message.direction is Direction.INBOUND:
        for number, party in zip(message.recipients, parties, strict=True):
            owner = view.account.mailbox_of(number)
            if owner is not None and owner.number == message.mailbox:
                party["target"] = True
    return parties


def _current_fields(message: Message, view: View) -> Json:
    owner = view.account.extensions[message.mailbox]
    conversation_id = str(message.conversation.id)
    return {
        "extensionId": str(owner.id),
        "conversation": {
            "id": conversation_id,
            "uri": f"{view.base_url}/restapi/v1.0/conversation/{conversation_id}",
        },
    }


def _sms_fields(message: Message, step: Step | None, *, just_sent: bool) -> Json:
    """The segments of an SMS. An MMS, which a group message is too, has none."""
    fields: Json = {}
    if message.direction is Direction.OUTBOUND:
        fields["smsSendingAttemptsCount"] = 1 if step is None else step[1].attempts
        if step is not None and step[1].status is MessageStatus.DELIVERED:
            fields["smsDeliveryTime"] = iso8601(message.created + step[0])
    if not just_sent and message.text and not message.attachments and len(message.recipients) == 1:
        fields["segmentCount"] = segment_count(message.text)
    return fields


def message_list(
    page: MessagePage, wanted: MessageFilter, given: Sequence[tuple[str, str]], extension: Extension, view: View
) -> Json:
    """One page of the message list without its records; `given` are the filters of the request, in their order."""
    effective = [(name, value) for name, value in given if name not in ("page", "perPage")]
    names = {name for name, _ in effective}
    if "availability" not in names:
        effective.append(("availability", Availability.ALIVE.value))
    if "dateFrom" not in names:
        effective.append(("dateFrom", iso8601(wanted.date_from)))
    uri = f"{view.extension_uri(extension)}/message-store"
    return envelope_of(uri, effective, len(page.records), page.total, wanted.page, wanted.per_page)
