"""Extensions and Departments, as a test changes them."""

from typing import Any

from ..domain.account import Extension
from ..world import controls as world_controls
from .call import ControlCall, as_refusals, named_in_path

Json = Any


def list_extensions(call: ControlCall) -> Json:
    """Those that are meant, in the account's order."""
    account, text = call.world.account, call.query.get("text", "").casefold()
    found = [
        {**_shown(one), "phone_numbers": [n.digits for n in account.numbers_of(one)]}
        for one in account.extensions.values()
    ]
    kept = ("number", "name", "type", "status", "phone_numbers")
    meant = [one for one in found if any(text in str(one[name]).casefold() for name in kept)]
    return {"count": len(meant), "extensions": meant[: call.query["limit"]]}


def read_extension(call: ControlCall) -> Json:
    """One extension."""
    return _shown(_named(call))


def change_extension(call: ControlCall) -> Json:
    """Freeze it, thaw it, disable it ..."""
    extension = _named(call)
    with as_refusals():
        world_controls.set_status(call.world, extension.number, call.body["status"])
    return read_extension(call)


def put_members(call: ControlCall) -> Json:
    """Say who is in a Department."""
    department = _named(call)
    with as_refusals():
        world_controls.set_members(call.world, department.number, call.body)
    return read_extension(call)


def _named(call: ControlCall) -> Extension:
    with named_in_path():
        return world_controls.extension_of(call.world, call.path["number"])


def _shown(extension: Extension) -> Json:
    said: dict[str, Json] = {
        "number": extension.number,
        "id": extension.id,
        "type": extension.type.value,
        "status": extension.status.value,
        "name": extension.name,
    }
    return {**said, "members": extension.members} if extension.is_department else said
