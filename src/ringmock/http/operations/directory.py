"""The directory of the company."""

from ...domain import errors
from ..call import Answer, Call
from ..wire import directory as wire
from ..wire.view import Json
from .access import check_account, view_of


def list_directory_entries(call: Call) -> Answer:
    """`listDirectoryEntries`."""
    asked = call.parameters
    return Answer(wire.page(wire.listed(_entries(call), asked), asked["page"], asked["perPage"]))


def search_directory_entries(call: Call) -> Answer:
    """`searchDirectoryEntries`."""
    asked = call.body
    return Answer(wire.page(wire.found(_entries(call), asked), asked.get("page", 1), asked.get("perPage", 100)))


def read_directory_entry(call: Call) -> Answer:
    """`readDirectoryEntry`."""
    check_account(call)
    extension = call.here.account.extension_by_id(int(call.parameters["entryId"]))
    if extension is None:
        raise errors.NotFound("entryId", call.parameters["entryId"])
    return Answer(wire.entry(extension, view_of(call)))


def _entries(call: Call) -> list[Json]:
    check_account(call)
    view = view_of(call)
    return [wire.entry(extension, view) for extension in view.account.extensions.values()]
