"""Batches of ordinary SMS, by version 2 of the API, and the store of what an extension's batches have sent."""

from collections.abc import Iterator

from ...domain import errors
from ...domain.a2p_sms import Batch
from ...domain.a2p_store import A2PStore, BatchCounts
from ...domain.slices import SLICE, Slices
from ...domain.sms_batch import COST_OF_SEGMENTS
from ...world.page_tokens import Listing
from ..call import Answer, Call
from ..media import content_answer
from ..wire import sms_batches as wire
from ..wire.a2p_sms import statuses
from ..wire.token_lists import page_from, page_of
from .access import own_extension, read_mailbox, view_of


def create_sms_batch(call: Call) -> Slices[Answer]:
    """`createSmsBatch`."""
    extension = own_extension(call)
    sent = yield from call.here.sending_sms_batch(extension, wire.batch_from(call.body, call.attachments))
    call.routed = sent.routed
    return Answer(wire.accepted_resource(sent, view_of(call)), status=201)


def list_sms_batches(call: Call) -> Answer:
    """`listSmsBatches`."""
    store, view, tokens = _store(call), view_of(call), call.here.page_tokens
    asked = page_from(Listing.SMS_BATCHES, call.parameters, tokens)
    wanted = wire.batch_filter_from(call.parameters, view)
    found = store.list_batches(wanted, asked.before, asked.size, view.now)
    return Answer(page_of([wire.batch_resource(batch, view) for batch in found.records], found.page, asked, tokens))


def read_sms_batch(call: Call) -> Answer:
    """`readSmsBatch`."""
    return Answer(wire.batch_resource(_store(call).batch(call.parameters["batchId"]), view_of(call)))


def list_sms_messages(call: Call) -> Answer:
    """`listSmsMessages`."""
    store, view, tokens = _store(call), view_of(call), call.here.page_tokens
    asked = page_from(Listing.SMS_MESSAGES, call.parameters, tokens)
    wanted = wire.filter_from(call.parameters, _batch_asked(call, store), view)
    found = store.list_messages(wanted, asked.before, asked.size)
    with_text = call.parameters["view"] == "Detailed"
    records = [wire.message_record(message, view, with_text=with_text) for message in found.records]
    return Answer(page_of(records, found.page, asked, tokens))


def read_sms_message(call: Call) -> Answer:
    """`readSmsMessage`."""
    extension = read_mailbox(call)
    message = call.here.sms_store(extension).message(call.parameters["messageId"])
    return Answer(wire.message_resource(message, extension, view_of(call)))


def read_sms_message_content(call: Call) -> Answer:
    """`readSmsMessageContent`: the text of a message, or a file."""
    message, asked = _store(call).message(call.parameters["messageId"]), int(call.parameters["attachmentId"])
    held = message.attachment(asked)
    if held is not None:
        return content_answer(call, held.file.content, held.file.content_type, held.name)
    if not message.has_text or asked != message.id:
        raise errors.NotFound("attachmentId", str(asked))
    return content_answer(call, message.text.encode(), "text/plain; charset=utf-8", f"{message.id}.txt")


def read_sms_status_summary(call: Call) -> Slices[Answer]:
    """`readSmsStatusSummary`: there may be a count of each of many groups."""
    store, view = _store(call), view_of(call)
    wanted = wire.summary_filter_from(call.parameters, _batch_asked(call, store), view)
    counts: list[BatchCounts] = []
    counted: Iterator[BatchCounts] = store.counts(wanted, view.now)
    for place, each in enumerate(counted, 1):
        if each.messages:
            counts.append(each)
        if place % SLICE == 0:
            yield
    return Answer(statuses(counts, COST_OF_SEGMENTS))


def _store(call: Call) -> A2PStore:
    """What the batches of the named extension have sent, for whoever reads its mailbox."""
    return call.here.sms_store(read_mailbox(call))


def _batch_asked(call: Call, store: A2PStore) -> Batch | None:
    """The batch that the query names. Raises `NotFound`."""
    batch_id = call.parameters["batchId"]
    return None if batch_id is None else store.batch(batch_id)
