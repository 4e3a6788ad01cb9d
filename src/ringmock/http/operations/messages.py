"""Sending messages and reading the message store."""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from ...domain import errors
from ...domain.account import Extension
from ...domain.message import Availability
from ...domain.message_filter import Page
from ..call import Answer, Call
from ..wire import messages as wire
from ..wire.batch import Result
from ..wire.view import Json
from . import batch
from .access import own_extension, view_of

MESSAGE_ID = "messageId"


def create_sms_message(call: Call) -> Answer:
    """`createSMSMessage`."""
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
    extension, (ids, is_batch) = own_extension(call), batch.named_in_path(call, MESSAGE_ID)

    def read(one: str) -> Json:
        return wire.message_resource(call.here.read_message(extension, int(one)), view_of(call))

    return _answered(call, extension, batch.each(ids, read)) if is_batch else Answer(read(ids[0]))


def update_message(call: Call) -> Answer:
    """`updateMessage`: of what a body says, the read status alone."""
    return _changed(call, wire.read_status_from)


def patch_message(call: Call) -> Answer:
    """`patchMessage`."""
    return _changed(call, wire.change_from)


def _changed(call: Call, change_from: Callable[[Json], wire.Change]) -> Answer:
    extension, (changes, is_batch) = own_extension(call), batch.changes(call, MESSAGE_ID)

    def change(one: str) -> Json:
        message = call.here.change_message(extension, int(one), *change_from(changes[one]))
        return wire.message_resource(message, view_of(call))

    return _answered(call, extension, batch.each(changes, change)) if is_batch else Answer(change(next(iter(changes))))


def delete_message(call: Call) -> Answer:
    """`deleteMessage`: with a `type` that the message is not of, there is nothing to delete."""
    extension, (ids, is_batch) = own_extension(call), batch.named_to_delete(call, MESSAGE_ID)

    def delete(one: str) -> None:
        held = call.here.messages.held(extension.number, int(one))
        if held is None or call.parameters["type"] in ("All", held.type.value):
            call.here.delete_message(extension, int(one), purge=call.parameters["purge"])

    if not is_batch:
        delete(ids[0])
        return Answer(status=204)
    results = batch.each(ids, delete, status=204)
    return Answer(status=204) if {result.status for result in results} == {204} else _answered(call, extension, results)


def _answered(call: Call, extension: Extension, results: Sequence[Result]) -> Answer:
    return batch.answer(call, results, f"{view_of(call).extension_uri(extension)}/message-store")


def read_message_content(call: Call) -> Answer:
    """`readMessageContent`: the text, under the one attachment id that it has."""
    message = call.here.read_message(own_extension(call), int(call.parameters["messageId"]))
    asked = int(call.parameters["attachmentId"])
    is_gone = message.availability is Availability.PURGED
    if is_gone or asked != wire.attachment_id(message, call.here.generation):
        raise errors.NotFound("attachmentId", str(asked))
    headers = (("Content-Disposition", _disposition(call, f"{message.id}.txt")),)
    return Answer(message.text, headers=headers, media_type="text/plain; charset=utf-8")


def _disposition(call: Call, default_filename: str) -> str:
    kind = (call.parameters["contentDisposition"] or "Attachment").lower()
    filename = call.parameters["contentDispositionFilename"] or default_filename
    return f"{kind}; filename*=UTF-8''{quote(filename, safe='')}"
