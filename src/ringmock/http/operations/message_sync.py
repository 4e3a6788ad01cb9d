"""Keeping a client's copy of a mailbox up to date."""

from dataclasses import replace

from ...domain import errors
from ..call import Answer, Call
from ..stages import Handler
from ..wire import message_sync as wire
from ..wire.messages import moment
from ..wire.record_cache import ListOfRecords, RecordCache
from .access import read_mailbox, readable_types, view_of


def sync_messages(cache: RecordCache) -> Handler:
    """`syncMessages`: with a token, whatever has changed since it was issued."""
    return lambda call: _synced(call, cache)


def _synced(call: Call, cache: RecordCache) -> Answer:
    extension, asked = read_mailbox(call), call.parameters
    kind = asked["syncType"] or (wire.FULL if asked["syncToken"] is None else wire.INCREMENTAL)
    if kind == wire.FULL:
        frame = wire.frame_from(asked, call.here.clock.now())
        readable = readable_types(call, extension)
        if not frame.types <= readable:
            frame = replace(frame, types=frame.types & readable)
        sync = call.here.sync_messages(extension, frame, asked["recordCount"])
    elif asked["syncToken"] is None:
        raise errors.InvalidParameter("syncToken")
    else:
        date_from = moment(asked, "dateFrom")
        sync = call.here.sync_changes(extension, asked["syncToken"], date_from, asked["recordCount"])
    token = call.here.sync_tokens.issue(extension.number, sync.mark)
    view = view_of(call)
    is_full = kind == wire.FULL  # which has no deleted ones
    records = cache.records(sync.records, view) if is_full else wire.records_of(sync.records, extension, view, cache)
    return Answer(ListOfRecords(wire.sync_resource(sync, token, kind, call.filters, extension, view), records))
