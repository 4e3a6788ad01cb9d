"""Who is there, and who takes the calls of a call queue."""

from typing import Any

from ...domain import errors
from ...domain.account import Extension
from ..call import Answer, Call
from ..wire import lists
from ..wire import presence as wire
from ..wire.view import Json
from . import batch
from .access import OWN, check_account, governed_extension, governs, view_of

EXTENSION_ID = "extensionId"
_QUEUE_ID = "records.callQueue.id"
_PERMISSION = "EditPresenceStatus"


def read_user_presence_status(call: Call) -> Answer:
    """`readUserPresenceStatus`: of one extension, or of several, open to everyone in the account."""
    check_account(call)
    named, is_batch = batch.named_in_path(call, EXTENSION_ID)
    ids = list(dict.fromkeys(str(call.caller.id) if one == OWN else one for one in named))

    def read(one: str) -> Json:
        return _seen(call, _extension(call, one))

    if not is_batch:
        return Answer(read(ids[0]))
    return batch.answer(call, batch.each(ids, read), f"{view_of(call).account_uri}/extension", "/presence")


def update_user_presence_status(call: Call) -> Answer:
    """`updateUserPresenceStatus`."""
    extension, world = governed_extension(call), call.here
    world.set_presence(extension, wire.presence_from(call.body, world.presence_of(extension)))
    return Answer(wire.presence_resource(extension, world.presence_of(extension), call.parameters, view_of(call)))


def read_account_presence(call: Call) -> Answer:
    """`readAccountPresence`: of every extension, in the order of the account's list."""
    check_account(call)
    view, asked = view_of(call), call.parameters
    everyone: Any = list(view.account.extensions.values())
    uri = f"{view.account_uri}/presence"
    page = lists.paged(uri, call.filters, everyone, asked["page"], asked["perPage"])
    return Answer({**page, "records": [_seen(call, extension) for extension in page["records"]]})


def read_extension_call_queue_presence(call: Call) -> Answer:
    """`readExtensionCallQueuePresence`."""
    extension, is_wanted = governed_extension(call), call.parameters["editableMemberStatus"]
    queues = [queue for queue in _queues_of(call, extension) if is_wanted in (None, wire.is_editable(queue))]
    return Answer(_queue_presences(call, extension, queues))


def update_extension_call_queue_presence(call: Call) -> Answer:
    """`updateExtensionCallQueuePresence`: all of it or, with one mistake in it, none."""
    extension, world = governed_extension(call), call.here
    queues = {queue.id: queue for queue in _queues_of(call, extension)}
    presence = world.presence_of(extension)
    for record in call.body["records"]:
        queue = queues.get(int(record["callQueue"]["id"]))
        if queue is None:
            raise errors.ParameterNotFound(_QUEUE_ID, record["callQueue"]["id"])
        if not wire.is_editable(queue) and not governs(call.caller, queue):
            raise errors.PermissionDenied(_QUEUE_ID, _PERMISSION)
        presence = presence.accepting(queue.number, accepts=record["acceptCalls"])
    world.set_presence(extension, presence)
    return Answer(_queue_presences(call, extension, list(queues.values())))


def _extension(call: Call, extension_id: str) -> Extension:
    extension = call.here.account.extension_by_id(int(extension_id))
    if extension is None:
        raise errors.NotFound(EXTENSION_ID, extension_id)
    return extension


def _seen(call: Call, extension: Extension) -> Json:
    """The presence as the caller sees it: who does not let others see his is seen by himself and administrators."""
    presence, view = call.here.presence_of(extension), view_of(call)
    if not presence.is_visible and extension.number != call.caller.number and not governs(call.caller, extension):
        return wire.hidden(extension, call.parameters, view)
    return wire.presence_resource(extension, presence, call.parameters, view)


def _queues_of(call: Call, extension: Extension) -> list[Extension]:
    """The Departments that the extension is a member of."""
    account = call.here.account
    return [queue for queue in account.extensions.values() if extension.number in queue.members]


def _queue_presences(call: Call, extension: Extension, queues: list[Extension]) -> Json:
    presence = call.here.presence_of(extension)
    return {"records": [wire.queue_presence(queue, presence) for queue in queues]}
