"""Sending messages and reading the message store."""

from ...domain import errors
from ...domain.message import ReadStatus
from ...domain.message_filter import Page
from ..call import Answer, Call
from ..media import content_answer
from ..wire import messages as wire
from .access import own_extension, view_of


def create_sms_message(call: Call) -> Answer:
    """`createSMSMessage` and `createMMS`, which differ in what their bodies must have."""
    extension = own_extension(call)
    sent = call.here.send_sms(extension, wire.sms_from(call.body, call.attachments))
    call.routed = sent.routed
    return Answer(wire.message_resource(sent.message, view_of(call), just_sent=True))


def create_internal_text_message(call: Call) -> Answer:
    """`createInternalTextMessage`."""
    extension = own_extension(call)
    sent = call.here.send_pager(extension, wire.pager_from(call.body))
    call.routed = sent.routed
    return Answer(wire.message_resource(sent.message, view_of(call), just_sent=True))


def list_messages(call: Call) -> Answer:
    """`listMessages`."""
    extension = own_extension(call)
    wanted = wire.filter_from(call.parameters, call.here.clock.now())
    page = Page((), 0)
    if wire.wants_own_messages(call.parameters, extension):
        page = call.here.list_messages(extension, wanted)
    return Answer(wire.message_list(page, wanted, call.query, extension, view_of(call)))


def read_message(call: Call) -> Answer:
    """`readMessage`."""
    message = call.here.read_message(own_extension(call), int(call.parameters["messageId"]))
    return Answer(wire.message_resource(message, view_of(call)))


def update_message(call: Call) -> Answer:
    """`updateMessage`."""
    status = ReadStatus(call.body["readStatus"])
    message = call.here.mark_message(own_extension(call), int(call.parameters["messageId"]), status)
    return Answer(wire.message_resource(message, view_of(call)))


def delete_message(call: Call) -> Answer:
    """`deleteMessage`: with a `type` that the message is not of, there is nothing to delete."""
    extension, message_id = own_extension(call), int(call.parameters["messageId"])
    held = call.here.messages.held(extension.number, message_id)
    if held is None or call.parameters["type"] in ("All", held.type.value):
        call.here.delete_message(extension, message_id, purge=call.parameters["purge"])
    return Answer(status=204)


def read_message_content(call: Call) -> Answer:
    """`readMessageContent`: a file that came with the message, or its text, which is an attachment too."""
    message = call.here.read_message(own_extension(call), int(call.parameters["messageId"]))
    asked = int(call.parameters["attachmentId"])
    held = message.attachment(asked)
    if held is not None:
        return content_answer(call, held.file.content, held.file.content_type, held.name)
    if not message.has_text or asked != wire.attachment_id(message, call.here.generation):
        raise errors.NotFound("attachmentId", str(asked))
    return content_answer(call, message.text.encode(), "text/plain; charset=utf-8", f"{message.id}.txt")
