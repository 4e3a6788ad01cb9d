"""The retention period of messages, which administrators set."""

from ...domain import errors
from ..call import Answer, Call
from .access import check_account

_PERMISSION = "AccountAdministration"


def read_message_store_configuration(call: Call) -> Answer:
    """`readMessageStoreConfiguration`."""
    _check(call)
    return Answer({"retentionPeriod": call.here.retention_days})


def update_message_store_configuration(call: Call) -> Answer:
    """`updateMessageStoreConfiguration`: the setting is stored; no message is deleted because of its age."""
    _check(call)
    call.here.retention_days = call.body["retentionPeriod"]
    return Answer({"retentionPeriod": call.here.retention_days})


def _check(call: Call) -> None:
    check_account(call)
    if not call.caller.administrator:
        raise errors.PermissionDenied("accountId", _PERMISSION)
