"""High-volume SMS (A2P): sending in batches, and the store that keeps what was sent and what came in."""

from ...domain.a2p_sms import Batch
from ...page_tokens import Listing
from ..call import Answer, Call
from ..wire import a2p_sms as wire
from .access import check_account, view_of

OPERATIONS = frozenset(
    {
        "createA2PSMS",
        "listA2PBatches",
        "readA2PBatch",
        "listA2PSMS",
        "readA2PSMS",
        "aggregateA2PSMSStatuses",
    }
)


def create_a2p_sms(call: Call) -> Answer:
    """`createA2PSMS`."""
    check_account(call)
    sent = call.here.send_batch(call.caller, wire.batch_from(call.body))
    call.routed = sent.routed
    return Answer(wire.batch_resource(sent.batch, view_of(call), sent.rejected, just_sent=True), status=201)


def list_a2p_batches(call: Call) -> Answer:
    """`listA2PBatches`."""
    check_account(call)
    view, tokens = view_of(call), call.here.page_tokens
    asked = wire.page_from(Listing.A2P_BATCHES, call.parameters, tokens)
    wanted = wire.batch_filter_from(call.parameters, view)
    found = call.here.a2p.list_batches(wanted, asked.before, asked.size, view.now)
    return Answer(
        wire.page_of([wire.batch_resource(batch, view) for batch in found.records], found.page, asked, tokens)
    )


def read_a2p_batch(call: Call) -> Answer:
    """`readA2PBatch`."""
    check_account(call)
    return Answer(wire.batch_resource(call.here.a2p.batch(call.parameters["batchId"]), view_of(call)))


def list_a2p_sms(call: Call) -> Answer:
    """`listA2PSMS`."""
    check_account(call)
    view, tokens = view_of(call), call.here.page_tokens
    asked = wire.page_from(Listing.A2P_MESSAGES, call.parameters, tokens)
    wanted = wire.filter_from(call.parameters, _batch_asked(call), view)
    found = call.here.a2p.list_messages(wanted, asked.before, asked.size)
    with_text = call.parameters["view"] == "Detailed"
    records = [wire.message_record(message, view, with_text=with_text) for message in found.records]
    return Answer(wire.page_of(records, found.page, asked, tokens))


def read_a2p_sms(call: Call) -> Answer:
    """`readA2PSMS`."""
    check_account(call)
    return Answer(wire.message_details(call.here.a2p.message(call.parameters["messageId"]), view_of(call)))


def aggregate_a2p_sms_statuses(call: Call) -> Answer:
    """`aggregateA2PSMSStatuses`."""
    check_account(call)
    view = view_of(call)
    wanted = wire.filter_from(call.parameters, _batch_asked(call), view)
    return Answer(wire.statuses(call.here.a2p.tallies(wanted, view.now)))


def _batch_asked(call: Call) -> Batch | None:
    """The batch that the query names. Raises `NotFound`."""
    batch_id = call.parameters["batchId"]
    return None if batch_id is None else call.here.a2p.batch(batch_id)
