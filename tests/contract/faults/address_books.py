"""Address books and the directory, with something else in them than was put there."""

from collections.abc import Mapping
from typing import Any

from ringmock.domain.account import Extension
from ringmock.domain.contact import Contact
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import in_answers, in_world
from .operations import CONTACT_DELETE, CONTACT_LIST, CONTACT_PATCH, CONTACT_SYNC, DIRECTORY, DIRECTORY_SEARCH


@in_world(CONTACT_PATCH)
class ForgetsTheRestOfAContact(World):
    """What a change of a contact leaves out is gone, whichever change it is."""

    def change_contact(self, extension: Extension, contact_id: int, details: Mapping[str, Any]) -> Contact:
        before = self.contacts.get(extension.number, contact_id).details
        changed = {name: value for name, value in details.items() if before.get(name) != value}
        return super().change_contact(extension, contact_id, changed or details)


@in_world(CONTACT_DELETE)
class KeepsDeletedContacts(World):
    """A deleted contact is there all the same."""

    def delete_contact(self, extension: Extension, contact_id: int) -> None:
        self.contacts.get(extension.number, contact_id)


@in_answers(CONTACT_SYNC)
def does_not_tell_of_deleted_contacts(exchange: Exchange) -> None:
    """A synchronization leaves out the contacts that were deleted."""
    if exchange.resource == "address-book-sync" and exchange.status == 200:
        exchange.change_answer(_without_deleted)


def _without_deleted(body: Json) -> None:
    body["records"] = [record for record in body["records"] if record["availability"] == "Alive"]


@in_answers(CONTACT_LIST)
def sorts_contacts_backwards(exchange: Exchange) -> None:
    """A sorted list of contacts begins with the last."""
    if exchange.method == "GET" and exchange.resource == "contact" and "sortBy" in exchange.query:
        exchange.change_answer(_backwards)


def _backwards(body: Json) -> None:
    body.get("records", []).reverse()


@in_answers(DIRECTORY)
def leaves_frozen_extensions_out(exchange: Exchange) -> None:
    """The directory has those alone that can sign in."""
    if exchange.method == "GET" and exchange.resource == "entries" and exchange.status == 200:
        exchange.change_answer(_without_frozen)


def _without_frozen(body: Json) -> None:
    body["records"] = [record for record in body["records"] if record["status"] == "Enabled"]


@in_answers(DIRECTORY_SEARCH)
def finds_everybody(exchange: Exchange) -> None:
    """A search of the directory finds everybody, or nobody."""
    if exchange.resource == "search" and exchange.status == 200:
        exchange.change_answer(_of_nobody)


def _of_nobody(body: Json) -> None:
    body["records"] = []
