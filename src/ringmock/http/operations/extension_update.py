"""Changing an extension: its name, and the status that the rules of messaging ask for."""

from ...domain import errors
from ...domain.account import Extension, ExtensionStatus
from ..call import Call
from ..wire.view import Json
from .access import governs

_PERMISSION = "EditUserInfo"


def check_may_update(call: Call, extension: Extension, body: Json, parameter: str) -> None:
    """Raise `PermissionDenied` for who neither governs the extension nor changes but the name of his own."""
    is_own = extension.number == call.caller.number and "status" not in body
    if not is_own and not governs(call.caller, extension):
        raise errors.PermissionDenied(parameter, _PERMISSION)


def update(call: Call, extension: Extension, body: Json, name: str) -> Extension:
    """The extension with this name, and with the status that the body says; both hold at once.

    Raises `InvalidParameter` about `extensionNumber` when it is to be another: conversations go by it.
    """
    if body.get("extensionNumber", extension.number) != extension.number:
        raise errors.InvalidParameter("extensionNumber", body["extensionNumber"])
    world, number = call.here, extension.number
    if name != extension.name:
        world.rename(extension, name)
    if "status" in body:
        world.set_status(world.account.extensions[number], ExtensionStatus(body["status"]))
    return world.account.extensions[number]
