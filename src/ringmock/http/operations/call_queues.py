"""Call queues: the account's Departments, as today's API has them."""

from ...domain import errors
from ...domain.account import Extension
from ..call import Answer, Call
from ..wire import call_queues as wire
from ..wire import lists
from ..wire.extension_details import queue_details_from
from ..wire.view import Json
from .access import check_account, governs, view_of
from .extension_update import check_may_update, update
from .membership import change_members, membership_change

_MEMBERSHIP_PERMISSION = "Groups"


def list_call_queues(call: Call) -> Answer:
    """`listCallQueues`."""
    check_account(call)
    view, member_id = view_of(call), call.parameters["memberExtensionId"]
    member = None if member_id is None else view.account.extension_by_id(int(member_id))
    records = [
        wire.call_queue(queue, view)
        for queue in view.account.extensions.values()
        if queue.is_department and (member_id is None or (member is not None and member.number in queue.members))
    ]
    return _page(call, f"{view.account_uri}/call-queues", records)


def read_call_queue_info(call: Call) -> Answer:
    """`readCallQueueInfo`."""
    return Answer(wire.call_queue_details(_queue(call), view_of(call)))


def update_call_queue_info(call: Call) -> Answer:
    """`updateCallQueueInfo`: name and status, which rules use, and call handling settings, which are only stored."""
    queue = _queue(call)
    check_may_update(call, queue, {"status": None, **call.body}, "groupId")
    updated = update(call, queue, call.body, call.body.get("name", queue.name), queue_details_from(call.body, queue))
    return Answer(wire.call_queue_details(updated, view_of(call)))


def list_call_queue_members(call: Call) -> Answer:
    """`listCallQueueMembers`."""
    queue, view = _queue(call), view_of(call)
    records = [wire.member(extension, view) for extension in view.account.members_of(queue)]
    return _page(call, f"{view.account_uri}/call-queues/{queue.id}/members", records)


def assign_multiple_call_queue_members(call: Call) -> Answer:
    """`assignMultipleCallQueueMembers`: all of it or, with one mistake in it, none (R-22 applies at once)."""
    queue = _queue(call)
    if not governs(call.caller, queue):
        raise errors.PermissionDenied("groupId", _MEMBERSHIP_PERMISSION)
    change_members(call, [membership_change(call, queue, call.body)])
    return Answer(status=204)


def _queue(call: Call) -> Extension:
    """The Department of the path. Raises `NotFound` about `accountId` or `groupId`."""
    check_account(call)
    group_id = call.parameters["groupId"]
    extension = call.here.account.extension_by_id(int(group_id))
    if extension is None or not extension.is_department:
        raise errors.NotFound("groupId", group_id)
    return extension


def _page(call: Call, uri: str, records: list[Json]) -> Answer:
    return Answer(lists.paged(uri, call.filters, records, call.parameters["page"], call.parameters["perPage"]))
