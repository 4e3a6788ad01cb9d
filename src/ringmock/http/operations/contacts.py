"""The address book of an extension."""

from ...domain import errors
from ...domain.account import Extension
from ..call import Answer, Call
from ..wire import contacts as wire
from ..wire.view import Json
from .access import own_extension, view_of


def list_contacts(call: Call) -> Answer:
    """`listContacts`."""
    extension = own_extension(call)
    contacts = call.here.contacts.in_order(extension.number, call.parameters["sortBy"] or ())
    return Answer(wire.contact_list(contacts, call.parameters, call.filters, extension, view_of(call)))


def list_contact_groups(call: Call) -> Answer:
    """`listContactGroups`: nobody makes one here."""
    return Answer(wire.group_list(call.parameters, call.filters, own_extension(call), view_of(call)))


def create_contact(call: Call) -> Answer:
    """`createContact`."""
    extension = own_extension(call)
    return _answered(call, extension, call.here.create_contact(extension, wire.details_from(call.body)).id)


def read_contact(call: Call) -> Answer:
    """`readContact`."""
    return _answered(call, own_extension(call), _named(call))


def update_contact(call: Call) -> Answer:
    """`updateContact`: the body is all of it."""
    return _changed(call, {})


def patch_contact(call: Call) -> Answer:
    """`patchContact`: what the body does not say stays."""
    before = call.here.contacts.get(own_extension(call).number, _named(call))
    return _changed(call, dict(before.details))


def delete_contact(call: Call) -> Answer:
    """`deleteContact`."""
    call.here.delete_contact(own_extension(call), _named(call))
    return Answer(status=204)


def sync_address_book(call: Call) -> Answer:
    """`syncAddressBook`: all contacts page by page, or with a token what has changed."""
    extension, asked, book = own_extension(call), call.parameters, call.here.contacts
    token, size = asked["syncToken"], asked["perPage"]
    kind = asked["syncType"] or (wire.FULL if token is None else wire.INCREMENTAL)
    if kind == wire.FULL:
        after, position = wire.page_from(asked["pageId"], book.position(extension.number))
        changes = book.everything(extension.number, after, size, position)
    elif token is None:
        raise errors.InvalidParameter("syncToken")
    else:
        changes = book.changes(extension.number, call.here.contact_tokens.read(extension.number, token))
    issued = call.here.contact_tokens.issue(extension.number, changes.position)
    view = view_of(call)
    return Answer(wire.sync_resource(changes, kind, issued, size, extension, view, view.now))


def _named(call: Call) -> int:
    return int(call.parameters["contactId"])


def _changed(call: Call, before: Json) -> Answer:
    extension = own_extension(call)
    details = {**before, **wire.details_from(call.body)}
    return _answered(call, extension, call.here.change_contact(extension, _named(call), details).id)


def _answered(call: Call, extension: Extension, contact_id: int) -> Answer:
    contact = call.here.contacts.get(extension.number, contact_id)
    return Answer(wire.contact_resource(contact, extension, view_of(call)))
