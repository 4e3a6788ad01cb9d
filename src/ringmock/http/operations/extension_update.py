"""Changing an extension: its name, its status, which the messaging rules use, and settings that are only stored."""

from collections.abc import Mapping
from typing import Any

from ...domain import errors
from ...domain.account import Extension, ExtensionStatus
from ..call import Call
from ..wire.extension_details import NOT_KEPT
from ..wire.view import Json
from .access import governs

_PERMISSION = "EditUserInfo"


def check_may_update(call: Call, extension: Extension, body: Json, parameter: str) -> None:
    """Raise `PermissionDenied` unless the caller governs the extension, or changes only his own name."""
    is_own = extension.number == call.caller.number and "status" not in body
    if not is_own and not governs(call.caller, extension):
        raise errors.PermissionDenied(parameter, _PERMISSION)


def update(call: Call, extension: Extension, body: Json, name: str, details: Mapping[str, Any]) -> Extension:
    """The extension with this name and these details, and with the body's status; all take effect at once.

    Raises `InvalidParameter` about `extensionNumber` when it changes, because conversations refer to it, about `type`,
    and about settings that are not stored.
    """
    not_kept = next((each for each in NOT_KEPT if each in body), None)
    if not_kept is not None:
        raise errors.InvalidParameter(not_kept)
    if body.get("type", extension.type) != extension.type:
        raise errors.InvalidParameter("type", body["type"])
    if body.get("extensionNumber", extension.number) != extension.number:
        raise errors.InvalidParameter("extensionNumber", body["extensionNumber"])
    world, number = call.here, extension.number
    if name != extension.name:
        world.rename(extension, name)
    if details:
        world.set_details(world.account.extensions[number], details)
    if "status" in body:
        world.set_status(world.account.extensions[number], ExtensionStatus(body["status"]))
    return world.account.extensions[number]
