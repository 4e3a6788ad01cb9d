"""High-volume SMS (A2P): sending in batches, and the store of sent and received messages."""

from ...domain.a2p_sms import Batch, check_a2p_number
from ...domain.slices import Slices
from ...world.page_tokens import Listing
from ..call import Answer, Call
from ..errors import HeaderInvalid
from ..media import HARMLESS
from ..wire import a2p_sms as wire
from ..wire.token_lists import page_from, page_of
from .access import check_account, view_of

OPERATIONS = frozenset(
    {
        "createA2PSMS",
        "listA2PBatches",
        "readA2PBatch",
        "listA2PSMS",
        "readA2PSMS",
        "aggregateA2PSMSStatuses",
        "readA2PSMSOptOuts",
        "addA2PSMSOptOuts",
    }
)

_JSON, _CSV = "application/json", "text/csv"


def create_a2p_sms(call: Call) -> Slices[Answer]:
    """`createA2PSMS`: a batch may have ten thousand messages."""
    check_account(call)
    sent = yield from call.here.sending_batch(call.caller, wire.batch_from(call.body))
    call.routed = sent.routed
    return Answer(wire.batch_resource(sent.batch, view_of(call), just_sent=True), status=201)


def list_a2p_batches(call: Call) -> Answer:
    """`listA2PBatches`."""
    check_account(call)
    view, tokens = view_of(call), call.here.page_tokens
    asked = page_from(Listing.A2P_BATCHES, call.parameters, tokens)
    wanted = wire.batch_filter_from(call.parameters, view)
    found = call.here.a2p.list_batches(wanted, asked.before, asked.size, view.now)
    return Answer(page_of([wire.batch_resource(batch, view) for batch in found.records], found.page, asked, tokens))


def read_a2p_batch(call: Call) -> Answer:
    """`readA2PBatch`."""
    check_account(call)
    return Answer(wire.batch_resource(call.here.a2p.batch(call.parameters["batchId"]), view_of(call)))


def list_a2p_sms(call: Call) -> Answer:
    """`listA2PSMS`."""
    check_account(call)
    view, tokens = view_of(call), call.here.page_tokens
    asked = page_from(Listing.A2P_MESSAGES, call.parameters, tokens)
    wanted = wire.filter_from(call.parameters, _batch_asked(call), view)
    found = call.here.a2p.list_messages(wanted, asked.before, asked.size)
    with_text = call.parameters["view"] == "Detailed"
    records = [wire.message_record(message, view, with_text=with_text) for message in found.records]
    return Answer(page_of(records, found.page, asked, tokens))


def read_a2p_sms(call: Call) -> Answer:
    """`readA2PSMS`."""
    check_account(call)
    return Answer(wire.message_details(call.here.a2p.message(call.parameters["messageId"]), view_of(call)))


def aggregate_a2p_sms_statuses(call: Call) -> Answer:
    """`aggregateA2PSMSStatuses`."""
    check_account(call)
    view = view_of(call)
    wanted = wire.filter_from(call.parameters, _batch_asked(call), view)
    return Answer(wire.statuses(call.here.a2p.counts(wanted, view.now)))


def read_a2p_sms_opt_outs(call: Call) -> Answer:
    """`readA2PSMSOptOuts`: the opt-outs of the account's high-volume numbers, as JSON or as CSV."""
    check_account(call)
    view, tokens = view_of(call), call.here.page_tokens
    media_type = _accepted(call)
    asked = page_from(Listing.A2P_OPT_OUTS, call.parameters, tokens)
    found = call.here.consents.page(wire.opt_out_filter_from(call.parameters, view), asked.before, asked.size)
    records = [wire.opt_out(consent, view) for consent in found.records]
    if media_type == _CSV:
        return Answer(wire.as_csv(records), headers=HARMLESS, media_type=_CSV)
    return Answer(page_of(records, found, asked, tokens))


def _accepted(call: Call) -> str:
    """The one of two media types that the client prefers. Raises `HeaderInvalid` for neither."""
    ranges = call.headers.get(b"accept", b"*/*").decode("latin-1").lower().split(",")
    for each in ranges:
        for media_type in (_JSON, _CSV):
            if each.partition(";")[0].strip() in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
                return media_type
    raise HeaderInvalid("Accept")


def add_a2p_sms_opt_outs(call: Call) -> Slices[Answer]:
    """`addA2PSMSOptOuts`: each number independently; a failure does not affect the others."""
    check_account(call)
    sender = check_a2p_number(call.here.account, call.body["from"])
    assignment = wire.assignment_from(call.body, sender.digits)
    return Answer(wire.assigned((yield from call.here.assigning_opt_outs(assignment))))


def _batch_asked(call: Call) -> Batch | None:
    """The batch that the query names. Raises `NotFound`."""
    batch_id = call.parameters["batchId"]
    return None if batch_id is None else call.here.a2p.batch(batch_id)
