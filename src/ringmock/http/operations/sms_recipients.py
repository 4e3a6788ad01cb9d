"""SMS recipients: the users who send SMS from the phone numbers of a Department or a Site, and read them."""

from ...domain import errors
from ...domain.account import Extension
from ...domain.rules import SMS_RECIPIENTS
from ..call import Answer, Call
from ..wire import sms_recipients as wire
from .access import governs, named_extension
from .membership import extensions_named

_EDIT_PERMISSION = "EditExtensionInfo"


def get_sms_recipients(call: Call) -> Answer:
    """`getSmsRecipients`: open to everyone in the account, as the members of a queue are."""
    return Answer(wire.sms_recipients(call.here.account.sms_recipients_of(_shared_extension(call))))


def bulk_assign_sms_recipients(call: Call) -> Answer:
    """`bulkAssignSmsRecipients`: all of it or, with one mistake in it, none; it holds for the next message."""
    extension = _shared_extension(call)
    if not governs(call.caller, extension):
        raise errors.PermissionDenied("extensionId", _EDIT_PERMISSION)
    added = extensions_named(call, call.body, "addedExtensionIds")
    for recipient in added:
        if recipient.type not in SMS_RECIPIENTS:
            raise errors.InvalidParameter("addedExtensionIds", str(recipient.id))
    removed = {recipient.number for recipient in extensions_named(call, call.body, "removedExtensionIds")}
    kept = [number for number in extension.sms_recipients if number not in removed]
    call.here.set_sms_recipients(extension, [*kept, *(recipient.number for recipient in added)])
    return Answer(status=204)


def _shared_extension(call: Call) -> Extension:
    """The extension of the path. Raises `NotFound` about `accountId`, or `extensionId` without shared numbers."""
    extension = named_extension(call)
    if not extension.is_shared:
        raise errors.NotFound("extensionId", str(extension.id))
    return extension
