"""Sending messages and reading the message store."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ...domain import errors
from ...domain.account import Extension
from ...domain.made import maker
from ...domain.message import Message
from ...domain.message_filter import MessageFilter
from ...domain.slices import Slices
from ...world.world import Sent
from ..call import JSON_ANSWER, Answer, Call
from ..media import content_answer
from ..stages import Handler
from ..wire import messages as wire
from ..wire.batch import Result
from ..wire.record_cache import ListOfRecords, RecordCache
from ..wire.view import Json
from . import batch
from .access import own_extension, read_mailbox, readable_types, view_of

_answer = maker(Answer)

MESSAGE_ID = "messageId"


def create_sms_message(call: Call) -> Answer:
    """`createSMSMessage` and `createMMS`, which differ in what their bodies must have."""
    extension = own_extension(call)
    sent = call.here.send_sms(extension, wire.sms_from(call.body, call.attachments))
    return answer_of_sending(call, sent)


def answer_of_sending(call: Call, sent: Sent) -> Answer:
    """The sender's own copy; nothing where nobody reads it."""
    call.routed = sent.routed
    said = None if call.is_unheard else wire.message_resource(sent.message, view_of(call), just_sent=True)
    return _answer((said, 200, (), JSON_ANSWER))


def create_internal_text_message(call: Call) -> Answer:
    """`createInternalTextMessage`."""
    extension = own_extension(call)
    sent = call.here.send_pager(extension, wire.pager_from(call.body))
    return answer_of_sending(call, sent)


def list_messages(cache: RecordCache) -> Handler:
    """`listMessages`."""
    return lambda call: _list(call, cache)


def _list(call: Call, cache: RecordCache) -> Answer | Slices[Answer]:
    extension = read_mailbox(call)
    wanted = wire.filter_from(call.parameters, call.here.clock.now())
    types = readable_types(call, extension)
    if not wanted.types <= types:
        wanted = replace(wanted, types=wanted.types & types)
    if wanted.distinct_conversations:
        return _listing(call, cache, extension, wanted)
    return _listed(call, cache, extension, wanted)


def _listing(call: Call, cache: RecordCache, extension: Extension, wanted: MessageFilter) -> Slices[Answer]:
    yield from call.here.preparing_list(extension, wanted)
    return _listed(call, cache, extension, wanted)


def _listed(call: Call, cache: RecordCache, extension: Extension, wanted: MessageFilter) -> Answer:
    page, view = call.here.list_messages(extension, wanted), view_of(call)
    envelope = wire.message_list(page, wanted, call.filters, extension, view)
    return Answer(ListOfRecords(envelope, cache.records(page.records, view)))


def read_message(call: Call) -> Answer:
    """`readMessage`."""
    extension, (ids, is_batch) = read_mailbox(call), batch.named_in_path(call, MESSAGE_ID)

    def read(one: str) -> Json:
        return wire.message_resource(_readable(call, extension, one), view_of(call))

    return _answered(call, extension, batch.each(ids, read)) if is_batch else Answer(read(ids[0]))


def _readable(call: Call, extension: Extension, message_id: str) -> Message:
    """Raises `NotFound` also for what the caller may not read in that mailbox, as if it were not there."""
    message = call.here.read_message(extension, int(message_id))
    if message.type not in readable_types(call, extension):
        raise errors.NotFound(MESSAGE_ID, message_id)
    return message


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
    """`deleteMessage`: nothing is deleted when the message is not of the given `type`."""
    extension, (ids, is_batch) = own_extension(call), batch.named_to_delete(call, MESSAGE_ID)

    def delete(one: str) -> None:
        held = call.here.find(extension, int(one))
        if held is None or call.parameters["type"] in ("All", held.type.value):
            call.here.delete_message(extension, int(one), purge=call.parameters["purge"])

    if not is_batch:
        delete(ids[0])
        return Answer(status=204)
    results = batch.each(ids, delete, status=204)
    return Answer(status=204) if {result.status for result in results} == {204} else _answered(call, extension, results)


def delete_message_by_filter(call: Call) -> Slices[Answer]:
    """`deleteMessageByFilter`: deleted messages are only changed by `purge`."""
    extension = own_extension(call)
    conversations = call.parameters["conversationId"] or []
    if conversations and any(name == "type" for name, _ in call.query):
        raise errors.ConversationAndTypeTogether("conversationId")
    batch.check_size(conversations, batch.MAX_IN_PATH, "conversationId")
    wanted = wire.filters_to_delete(call.parameters, call.here.clock.now())
    yield from call.here.deleting_messages(extension, wanted, purge=call.parameters["purge"])
    return Answer(status=204)


def _answered(call: Call, extension: Extension, results: Sequence[Result]) -> Answer:
    return batch.answer(call, results, f"{view_of(call).extension_uri(extension)}/message-store")


def read_message_content(call: Call) -> Answer:
    """`readMessageContent`: a file of the message, or its text, which is an attachment too."""
    message = _readable(call, read_mailbox(call), call.parameters[MESSAGE_ID])
    asked = int(call.parameters["attachmentId"])
    held = message.attachment(asked)
    if held is not None:
        return content_answer(call, held.file.content, held.file.content_type, held.name)
    if not message.has_text or asked != wire.attachment_id(message, call.here.generation):
        raise errors.NotFound("attachmentId", str(asked))
    return content_answer(call, message.text.encode(), "text/plain; charset=utf-8", f"{message.id}.txt")
