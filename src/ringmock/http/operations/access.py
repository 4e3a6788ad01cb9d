"""The account and extension that a path names, and the check that the caller may use them."""

from ...domain import errors
from ...domain.account import Extension
from ...domain.made import maker
from ...domain.message import MessageType
from ...domain.owners import EVERY_TYPE, SHARED_TYPES
from ...openapi.document import user_permissions
from ..call import Call
from ..wire.view import View

OWN = "~"


_view = maker(View)


def view_of(call: Call) -> View:
    """The caller's eyes on the world, as it is now."""
    world = call.here
    return _view((world.account, world.generation, call.base_url, world.clock.now()))


def check_account(call: Call) -> None:
    """Raise `NotFound` for any account but the caller's."""
    account_id = call.parameters["accountId"]
    if account_id != OWN and account_id != str(call.here.account.id):
        raise errors.NotFound("accountId", account_id)


def named_extension(call: Call) -> Extension:
    """The extension of the path. Raises `NotFound` about `accountId` or `extensionId`."""
    check_account(call)
    extension_id = call.parameters["extensionId"]
    if extension_id == OWN:
        return call.caller
    extension = call.here.account.extension_by_id(int(extension_id))
    if extension is None:
        raise errors.NotFound("extensionId", extension_id)
    return extension


def own_extension(call: Call) -> Extension:
    """R-12: messages are sent and read by the signed-in extension, a Department's with its own credentials.

    Raises `NotFound`, or `AnotherExtension` for any other extension's path, even for an administrator.
    """
    caller, named = call.caller, call.parameters
    if named["extensionId"] == OWN and named["accountId"] == OWN:
        return caller
    extension = named_extension(call)
    if extension is not caller:
        raise another(call, extension)
    return extension


def another(call: Call, extension: Extension) -> errors.AnotherExtension:
    """The refusal of a call on behalf of this extension, by the permission that the operation needs."""
    permission = user_permissions().get(call.operation or "")
    if permission is None:
        return errors.AnotherExtension("extensionId", str(extension.id))
    return errors.ExtendedScopeMissing("extensionId", permission)


def read_mailbox(call: Call) -> Extension:
    """The extension whose messages are read: the caller, any for an administrator, his Department for its manager.

    An SMS recipient reads the SMS of the Department or Site: see `readable_types` (D-22). Raises as above.
    """
    extension, caller = named_extension(call), call.caller
    if extension is caller or governs(caller, extension) or caller.number in extension.sms_recipients:
        return extension
    raise another(call, extension)


def readable_types(call: Call, extension: Extension) -> frozenset[MessageType]:
    """The types of the messages that the caller reads in the mailbox of this extension."""
    caller = call.caller
    return EVERY_TYPE if extension is caller or governs(caller, extension) else SHARED_TYPES


def governed_extension(call: Call) -> Extension:
    """The caller's own extension, one that he manages, or any for an administrator. Raises as above."""
    extension = named_extension(call)
    if extension.number != call.caller.number and not governs(call.caller, extension):
        raise another(call, extension)
    return extension


def governs(caller: Extension, extension: Extension) -> bool:
    """Whether the caller administers the account, or manages this Department."""
    return caller.administrator or extension.manager == caller.number
