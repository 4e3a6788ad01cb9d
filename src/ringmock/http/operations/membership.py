"""Changes of a Department's members in a request body."""

from collections.abc import Iterable
from typing import NamedTuple

from ...domain import errors
from ...domain.account import Extension
from ...domain.message import MessageType
from ...domain.rules import can_receive
from ..call import Call
from ..wire.view import Json


class MembershipChange(NamedTuple):
    """A Department, and its added and removed members, as extension numbers."""

    department: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


def membership_change(call: Call, department: Extension, item: Json, prefix: str = "") -> MembershipChange:
    """The changes in `addedExtensionIds` and `removedExtensionIds` of `item`; nothing is changed yet.

    `prefix` is the item's place in the body. Raises `ParameterNotFound` for an id that is no extension's, and
    `InvalidParameter` for an extension that no page can reach through a Department.
    """
    added = extensions_named(call, item, "addedExtensionIds", prefix)
    for extension in added:
        if extension.is_department or not can_receive(extension, MessageType.PAGER):
            raise errors.InvalidParameter(f"{prefix}addedExtensionIds", str(extension.id))
    removed = extensions_named(call, item, "removedExtensionIds", prefix)
    return MembershipChange(department.number, tuple(e.number for e in added), tuple(e.number for e in removed))


def change_members(call: Call, changes: Iterable[MembershipChange]) -> None:
    """Make the changes one after the other, to the members as they are now; each Department is changed once."""
    account = call.here.account
    members: dict[str, dict[str, None]] = {}
    for change in changes:
        if change.department not in members:
            members[change.department] = dict.fromkeys(account.extensions[change.department].members)
        of_department = members[change.department]
        for number in change.removed:
            of_department.pop(number, None)
        of_department.update(dict.fromkeys(change.added))
    for department, numbers in members.items():
        call.here.set_members(account.extensions[department], numbers)


def extensions_named(call: Call, item: Json, name: str, prefix: str = "") -> list[Extension]:
    """The extensions whose ids `item` lists under `name`. Raises `ParameterNotFound`."""
    found = []
    for extension_id in item.get(name, ()):
        extension = call.here.account.extension_by_id(int(extension_id))
        if extension is None:
            raise errors.ParameterNotFound(f"{prefix}{name}", extension_id)
        found.append(extension)
    return found
