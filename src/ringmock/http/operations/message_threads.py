"""Message threads: conversations of shared numbers, and what their handlers say, note and do in them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ...domain import errors
from ...domain.message_thread import handled_by
from ...domain.message_thread_store import ThreadFilter
from ...domain.slices import SLICE, Slices
from ..call import Answer, Call
from ..media import content_answer
from ..wire import message_threads as wire
from ..wire.view import Json, View
from .access import check_account, view_of

T = TypeVar("T")


def list_threads(call: Call) -> Answer:
    """`mthListThreads`: of all extensions whose SMS recipient the caller is."""
    wanted = _filter(call)
    found, view = call.here.threads.list_threads(wanted), view_of(call)
    return Answer(wire.page([wire.thread_resource(thread, view) for thread in found.records], found.total, wanted))


def get_thread(call: Call) -> Answer:
    """`mthGetThread`."""
    check_account(call)
    return Answer(wire.thread_resource(call.here.thread(call.caller, call.parameters["threadId"]), view_of(call)))


def delete_thread(call: Call) -> Slices[Answer]:
    """`mthDeleteThread`."""
    check_account(call)
    yield from call.here.deleting_thread(call.caller, call.parameters["threadId"])
    return Answer(status=204)


def assign_thread(call: Call) -> Answer:
    """`mthAssignThread`."""
    check_account(call)
    assignee = wire.assignee_from(call.body)
    thread = call.here.assign_thread(call.caller, call.parameters["threadId"], assignee)
    return Answer(wire.thread_resource(thread, view_of(call)))


def resolve_thread(call: Call) -> Slices[Answer]:
    """`mthResolveThread`."""
    check_account(call)
    thread = yield from call.here.resolving_thread(call.caller, call.parameters["threadId"])
    return Answer(wire.thread_resource(thread, view_of(call)))


def list_messages(call: Call) -> Answer:
    """`mthListMessages`."""
    wanted = _filter(call, "messageIds")
    found, view = call.here.threads.list_messages(wanted), view_of(call)
    return Answer(wire.page([wire.message_resource(each, view) for each in found.records], found.total, wanted))


def send_message(call: Call) -> Answer:
    """`mthSendMessage`."""
    check_account(call)
    message = call.here.send_in_thread(call.caller, wire.sent_from(call.body, call.attachments))
    body = None if call.is_unheard else wire.message_resource(message, view_of(call), just_sent=True)
    return Answer(body, status=201)


def delete_messages(call: Call) -> Answer:
    """`mthDeleteMessages`: all of them or, with one mistake among them, none."""
    check_account(call)
    call.here.delete_thread_messages(call.caller, call.body["ids"])
    return Answer(status=204)


def read_message_content(call: Call) -> Answer:
    """`mthReadMessageContent`: a file of a message."""
    check_account(call)
    message = call.here.thread_message(call.caller, call.parameters["messageId"])
    asked = call.parameters["attachmentId"]
    held = next((held for held in message.attachments if str(held.id) == asked), None)
    if held is None or message.is_deleted:
        raise errors.NotFound("attachmentId", asked)
    return content_answer(call, held.file.content, held.file.content_type, held.name)


def list_notes(call: Call) -> Answer:
    """`mthListNotes`."""
    wanted = _filter(call, "noteIds")
    found, view = call.here.threads.list_notes(wanted), view_of(call)
    return Answer(wire.page([wire.note_resource(note, view) for note in found.records], found.total, wanted))


def create_note(call: Call) -> Answer:
    """`mthCreateNote`."""
    check_account(call)
    note = call.here.add_note(call.caller, call.body["threadId"], call.body["text"])
    return Answer(wire.note_resource(note, view_of(call)), status=201)


def update_note(call: Call) -> Answer:
    """`mthUpdateNote`."""
    check_account(call)
    note = call.here.change_note(call.caller, call.parameters["noteId"], call.body["text"])
    return Answer(wire.note_resource(note, view_of(call)))


def delete_notes(call: Call) -> Answer:
    """`mthDeleteNotes`: all of them or, with one mistake among them, none."""
    check_account(call)
    call.here.delete_notes(call.caller, call.body["ids"])
    return Answer(status=204)


def sync_threads(call: Call) -> Slices[Answer]:
    """`mthSyncThreads`."""
    check_account(call)
    world, caller, view = call.here, call.caller, view_of(call)
    kind, token = _kind_of_sync(call)
    mark = None if token is None else world.thread_tokens.read(caller.number, token, of_entries=False)
    sync = world.sync_threads(caller, mark)
    records = yield from _presented(sync.records, view, wire.thread_resource)
    return Answer(wire.sync_resource(records, kind, world.thread_tokens.issue(caller.number, sync.mark), sync.mark))


def sync_entries(call: Call) -> Slices[Answer]:
    """`mthSyncEntries`."""
    check_account(call)
    world, caller, view = call.here, call.caller, view_of(call)
    kind, token = _kind_of_sync(call)
    if token is None:
        sync = world.sync_entries(caller, *wire.scope_from(call.parameters))
    else:
        sync = world.sync_changed_entries(caller, world.thread_tokens.read(caller.number, token, of_entries=True))
    records = yield from _presented(sync.records, view, wire.entry_resource)
    return Answer(wire.sync_resource(records, kind, world.thread_tokens.issue(caller.number, sync.mark), sync.mark))


def _presented(records: Sequence[T], view: View, present: Callable[[T, View], Json]) -> Slices[list[Json]]:
    """Records as answers have them: a client gets all of its threads at once, and they may be many."""
    found: list[Json] = []
    for record in records:
        found.append(present(record, view))
        if len(found) % SLICE == 0:
            yield
    return found


def _kind_of_sync(call: Call) -> tuple[str, str | None]:
    """The kind of a synchronization, and the token that it goes on from; None for a full one."""
    token: str | None = call.parameters["syncToken"]
    kind = call.parameters["syncType"] or (wire.FULL if token is None else wire.INCREMENTAL)
    if kind == wire.FULL:
        return kind, None
    if token is None:
        raise errors.InvalidParameter("syncToken")
    return kind, token


def _filter(call: Call, ids: str | None = None) -> ThreadFilter:
    check_account(call)
    account = call.here.account
    handled = [account.extensions[owner] for owner in handled_by(account, call.caller)]
    return wire.filter_from(call.parameters, handled, ids)
