"""The retention period of messages, which administrators set."""

from ...domain import errors
from ...domain.retention import MOST_DAYS
from ..call import Answer, Call
from .access import check_account

_PERMISSION = "AccountAdministration"


def read_message_store_configuration(call: Call) -> Answer:
    """`readMessageStoreConfiguration`."""
    _check(call)
    return _answer(call)


def update_message_store_configuration(call: Call) -> Answer:
    """`updateMessageStoreConfiguration`: from now on messages are purged that are older (D-48)."""
    _check(call)
    call.here.keep_messages_for(call.body["retentionPeriod"])
    return _answer(call)


def _answer(call: Call) -> Answer:
    retention = call.here.retention
    return Answer({"retentionPeriod": MOST_DAYS if retention is None else retention.days})


def _check(call: Call) -> None:
    check_account(call)
    if not call.caller.administrator:
        raise errors.PermissionDenied("accountId", _PERMISSION)
