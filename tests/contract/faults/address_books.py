"""Address books and the directory, with something else in them than was put there."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ringmock.domain.account import Extension, digits_of
from ringmock.domain.contact import Contact, ContactChanges, Contacts
from ringmock.world.history.commands import Base
from ringmock.world.world import World

from .exchange import Exchange, Json
from .fault import in_answers, in_requests, in_world, turned_into
from .operations import (
    CONTACT_DELETE,
    CONTACT_LIST,
    CONTACT_PATCH,
    CONTACT_SYNC,
    CONTACT_UPDATE,
    DIRECTORY,
    DIRECTORY_SEARCH,
)


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


class _LooseContact(Contact):
    """A contact that a text finds in the middle of its names."""

    __slots__ = ()

    def begins_with(self, text: str) -> bool:
        names = (str(self.details.get(name, "")) for name in ("firstName", "lastName", "company"))
        return any(text.casefold() in name.casefold() for name in names)


class _MobileContact(Contact):
    """A contact that is found by its mobile phone alone."""

    __slots__ = ()

    def has_phone(self, digits: frozenset[str]) -> bool:
        return digits_of(str(self.details.get("mobilePhone", ""))) in digits


class _NamelessCompany(Contact):
    """A contact that is not found by its company."""

    __slots__ = ()

    def begins_with(self, text: str) -> bool:
        names = (str(self.details.get(name, "")) for name in ("firstName", "lastName"))
        return any(name.casefold().startswith(text.casefold()) for name in names)


class _ContactsOf(Contacts):
    """Address books with contacts of another kind."""

    kind: type[Contact]

    def _set(self, contact: Contact) -> Contact:
        fields = (contact.id, contact.owner, contact.number, contact.details, contact.is_deleted)
        return super()._set(self.kind(*fields))


def _with_contacts(world: World, kind: type[Contact]) -> None:
    contacts = turned_into(_ContactsOf, world.contacts)
    contacts.kind = kind
    world.contacts = contacts


@in_world(CONTACT_LIST)
class FindsContactsByTheirMiddle(World):
    """A contact is found by any part of its names, not by how they begin."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        _with_contacts(self, _LooseContact)


@in_world(CONTACT_LIST)
class FindsContactsByMobilePhone(World):
    """A contact is found by its mobile phone, and by none of its other numbers."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        _with_contacts(self, _MobileContact)


@in_world(CONTACT_LIST)
class FindsNoCompanies(World):
    """A contact is not found by how its company begins."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        _with_contacts(self, _NamelessCompany)


class _Repeating(Contacts):
    def changes(self, owner: str, position: int) -> ContactChanges:
        names = self._changed.get(owner, [])
        return ContactChanges([self._of[owner][name] for name in names[position:]], len(names))


@in_world(CONTACT_SYNC)
class TellsEachChangeOfAContact(World):
    """A contact that was changed twice is in a synchronization twice."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.contacts = turned_into(_Repeating, self.contacts)


class _KnownAlone(Contacts):
    def changes(self, owner: str, position: int) -> ContactChanges:
        changes = super().changes(owner, position)
        known = set(self._changed.get(owner, [])[:position])
        return changes._replace(records=[contact for contact in changes.records if contact.id in known])


@in_world(CONTACT_SYNC)
class DoesNotTellOfNewContacts(World):
    """An incremental synchronization leaves out the contacts that were created since."""

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.contacts = turned_into(_KnownAlone, self.contacts)


@in_requests(DIRECTORY_SEARCH)
def sorts_the_directory_upwards(exchange: Exchange) -> None:
    """A search of the directory is in ascending order, whichever is asked for."""
    orders = exchange.sent.get("orderBy")
    if exchange.resource == "search" and isinstance(orders, list):
        upwards = [order | {"direction": "Asc"} if isinstance(order, dict) else order for order in orders]
        exchange.send(orderBy=upwards)


@in_requests(DIRECTORY_SEARCH)
def searches_numbers_alone(exchange: Exchange) -> None:
    """A search that names no fields looks at extension numbers alone."""
    if exchange.resource == "search" and "searchString" in exchange.sent and "searchFields" not in exchange.sent:
        exchange.body = json.dumps({**exchange.sent, "searchFields": ["extensionNumber"]}).encode()


@in_answers(DIRECTORY_SEARCH)
def minds_the_case(exchange: Exchange) -> None:
    """A search of the directory tells capital letters from small ones."""
    text = exchange.sent.get("searchString")
    if exchange.resource == "search" and exchange.status == 200 and text:
        exchange.change_answer(lambda body: _keep(body, lambda entry: text in json.dumps(entry)))


@in_answers(DIRECTORY_SEARCH)
def takes_frozen_for_no_disabled(exchange: Exchange) -> None:
    """Who searches the directory for Disabled extensions does not find the frozen ones."""
    statuses = exchange.sent.get("extensionStatuses")
    if exchange.resource == "search" and exchange.status == 200 and statuses:
        exchange.change_answer(lambda body: _keep(body, lambda entry: entry["status"] in statuses))


@in_answers(DIRECTORY)
def lists_the_directory_without_numbers(exchange: Exchange) -> None:
    """The entries of the directory have no phone numbers."""
    if exchange.method == "GET" and "/directory/entries" in exchange.path and exchange.status == 200:
        exchange.change_answer(lambda body: [each.update(phoneNumbers=[]) for each in body.get("records", [body])])


def _keep(body: Json, is_kept: Callable[[Json], bool]) -> None:
    body["records"] = [record for record in body["records"] if is_kept(record)]


class _Merging(Contacts):
    def change(self, contact: Contact, details: Mapping[str, Any], *, is_deleted: bool = False) -> Contact:
        return super().change(contact, {**contact.details, **details}, is_deleted=is_deleted)


class _WithContacts(World):
    """Has address books that go by other rules."""

    kind: type[Contacts]

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.contacts = turned_into(self.kind, self.contacts)


@in_world(CONTACT_UPDATE)
class KeepsWhatAnUpdateLeavesOut(_WithContacts):
    """An update of a contact keeps what it leaves out, as a change in part does."""

    kind = _Merging


class _Moving(Contacts):
    def change(self, contact: Contact, details: Mapping[str, Any], *, is_deleted: bool = False) -> Contact:
        order = self._ids_in_order[contact.owner]
        order.remove(contact.id)
        order.append(contact.id)
        return super().change(replace(contact, number=len(order) + 1), details, is_deleted=is_deleted)


@in_world(CONTACT_UPDATE, CONTACT_LIST)
class MovesChangedContacts(_WithContacts):
    """A contact that was changed goes to the end of the list."""

    kind = _Moving


class _CaseMatters(Contacts):
    def in_order(self, owner: str, by: Sequence[str] = ()) -> Sequence[Contact]:
        fields = {"FirstName": "firstName", "LastName": "lastName", "Company": "company"}
        found = list(super().in_order(owner, by))
        return sorted(
            found, key=lambda one: [(fields[n] not in one.details, one.details.get(fields[n], "")) for n in by]
        )


@in_world(CONTACT_LIST)
class SortsCapitalLettersFirst(_WithContacts):
    """A sorted list of contacts has those with capital letters first."""

    kind = _CaseMatters


class _NamelessFirst(Contacts):
    def in_order(self, owner: str, by: Sequence[str] = ()) -> Sequence[Contact]:
        found = list(super().in_order(owner, by))
        names = [{"FirstName": "firstName", "LastName": "lastName", "Company": "company"}[each] for each in by]
        return sorted(found, key=lambda one: [name in one.details for name in names])


@in_world(CONTACT_LIST)
class SortsTheNamelessFirst(_WithContacts):
    """A list of contacts that is sorted by a name begins with those that have none."""

    kind = _NamelessFirst


@in_requests(CONTACT_LIST)
def sorts_by_the_first_field(exchange: Exchange) -> None:
    """Of several fields to sort by the first counts."""
    if exchange.method == "GET" and exchange.resource == "contact" and exchange.query.count("sortBy=") > 1:
        first, _, rest = exchange.query.partition("sortBy=")
        kept, *others = rest.split("&")
        exchange.query = "&".join([f"{first}sortBy={kept}", *(one for one in others if not one.startswith("sortBy="))])


@in_requests(CONTACT_LIST)
def finds_contacts_by_the_first_number(exchange: Exchange) -> None:
    """Of several phone numbers that contacts are asked for by the first counts."""
    if exchange.method == "GET" and exchange.resource == "contact" and exchange.query.count("phoneNumber=") > 1:
        first, _, rest = exchange.query.partition("phoneNumber=")
        kept, *others = rest.split("&")
        others = [one for one in others if not one.startswith("phoneNumber=")]
        exchange.query = "&".join([f"{first}phoneNumber={kept}", *others])


@in_answers(CONTACT_SYNC)
def leads_to_no_next_page(exchange: Exchange) -> None:
    """A page of a synchronization has the id of the next page, and no address of it."""
    if exchange.resource == "address-book-sync" and exchange.status == 200:
        exchange.change_answer(lambda body: body.pop("nextPageUri", None))


@in_answers(CONTACT_SYNC)
def leads_to_a_page_of_another_size(exchange: Exchange) -> None:
    """The address of the next page of a synchronization forgets how long a page is."""
    if exchange.resource == "address-book-sync" and exchange.status == 200:

        def change(body: Json) -> None:
            if "nextPageUri" in body:
                body["nextPageUri"] = re.sub("perPage=[0-9]+", "perPage=250", body["nextPageUri"])

        exchange.change_answer(change)


class _FromNow(Contacts):
    def everything(self, owner: str, after: int, size: int, position: int) -> ContactChanges:
        return super().everything(owner, after, size, self.position(owner))


@in_world(CONTACT_SYNC)
class MissesWhatChangesMeanwhile(_WithContacts):
    """What changes while a client gets its first copy page by page is not in its next synchronization."""

    kind = _FromNow


@in_answers(CONTACT_SYNC)
def tells_the_rest_of_deleted_contacts(exchange: Exchange) -> None:
    """A deleted contact has a name in a synchronization."""
    if exchange.resource == "address-book-sync" and exchange.status == 200:

        def change(body: Json) -> None:
            for record in body["records"]:
                if record["availability"] == "Deleted":
                    record["firstName"] = "Deleted"

        exchange.change_answer(change)
