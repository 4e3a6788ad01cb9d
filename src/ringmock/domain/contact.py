"""Personal contacts: the address book of each extension, and what has changed in it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sortedcontainers import SortedKeyList

from . import errors
from .account import digits_of
from .ports import IdGenerator

MAX_CONTACTS = 10_000
"""How many an extension may have, unless a server has another limit."""

PHONES = (
    *("homePhone", "homePhone2", "businessPhone", "businessPhone2", "mobilePhone", "businessFax", "companyPhone"),
    *("assistantPhone", "carPhone", "otherPhone", "otherFax", "callbackPhone"),
)
"""The fields that hold a phone number."""

_FIELDS = {"FirstName": "firstName", "LastName": "lastName", "Company": "company"}


@dataclass(frozen=True, slots=True)
class Contact:
    """`number` counts an extension's contacts from 1; `details` are the fields that the API names."""

    id: int
    owner: str
    number: int
    details: Mapping[str, Any]
    is_deleted: bool = False

    def begins_with(self, text: str) -> bool:
        """Whether one of its names does, in any case."""
        wanted = text.casefold()
        names = (str(self.details.get(name, "")) for name in ("firstName", "lastName", "company"))
        return any(name.casefold().startswith(wanted) for name in names)

    def has_phone(self, digits: frozenset[str]) -> bool:
        """Whether one of its numbers is among these."""
        return not digits.isdisjoint(digits_of(str(self.details[name])) for name in PHONES if name in self.details)


class ContactChanges(NamedTuple):
    """Contacts of one extension, oldest first, and the place among its changes that they bring a client to."""

    records: Sequence[Contact]
    position: int
    next_number: int | None = None
    """The number of the last contact of a page with others behind it."""


_Key = tuple[tuple[bool, str] | int, ...]


class Contacts:
    """The address books of one world. Not thread-safe: one thread serves a world."""

    def __init__(self, ids: IdGenerator, most: int = MAX_CONTACTS) -> None:
        """`most` are the contacts of one extension that are not deleted."""
        self._ids = ids
        self._most = most
        self._of: defaultdict[str, dict[int, Contact]] = defaultdict(dict)
        self._ids_in_order: defaultdict[str, list[int]] = defaultdict(list)
        self._changed: defaultdict[str, list[int]] = defaultdict(list)
        self._alive: defaultdict[str, int] = defaultdict(int)
        self._sorted: defaultdict[str, dict[tuple[str, ...], SortedKeyList[Contact, _Key]]] = defaultdict(dict)
        """Those of an extension that are not deleted, in each order that somebody has asked for."""

    def in_order(self, owner: str, by: Sequence[str] = ()) -> Sequence[Contact]:
        """Those of one extension that are not deleted: by these fields in turn, in any case, those without one last;
        without fields, the oldest first. Sorted once, and kept so.
        """
        names = tuple(_FIELDS[name] for name in dict.fromkeys(by))
        known = self._sorted[owner].get(names)
        if known is None:
            alive = (contact for contact in self._of.get(owner, {}).values() if not contact.is_deleted)
            known = self._sorted[owner][names] = SortedKeyList(alive, key=partial(_key, names))
        return known

    def get(self, owner: str, contact_id: int) -> Contact:
        """Raises `NotFound`."""
        found = self._of.get(owner, {}).get(contact_id)
        if found is None or found.is_deleted:
            raise errors.NotFound("contactId", str(contact_id))
        return found

    def create(self, owner: str, details: Mapping[str, Any]) -> Contact:
        """Raises `InvalidParameter` when the extension has the maximum number of contacts."""
        order = self._ids_in_order[owner]
        if self._alive[owner] >= self._most:
            raise errors.InvalidParameter("contactId")
        contact = Contact(self._ids.next_message_id(), owner, len(order) + 1, dict(details))
        order.append(contact.id)
        return self._set(contact)

    def change(self, contact: Contact, details: Mapping[str, Any], *, is_deleted: bool = False) -> Contact:
        """The contact with these fields and no others."""
        return self._set(Contact(contact.id, contact.owner, contact.number, dict(details), is_deleted))

    def _set(self, contact: Contact) -> Contact:
        book = self._of[contact.owner]
        before = book.get(contact.id)
        for order in self._sorted[contact.owner].values():
            if before is not None:
                order.remove(before)
            if not contact.is_deleted:
                order.add(contact)
        book[contact.id] = contact
        self._alive[contact.owner] += (not contact.is_deleted) - (before is not None)
        self._changed[contact.owner].append(contact.id)
        return contact

    def position(self, owner: str) -> int:
        """How often anything in an address book was changed."""
        return len(self._changed.get(owner, ()))

    def everything(self, owner: str, after: int, size: int, position: int) -> ContactChanges:
        """A page of `size` contacts behind the one with a number, of a client that began at a position."""
        order, book = self._ids_in_order.get(owner, []), self._of.get(owner, {})
        found: list[Contact] = []
        place = after
        while place < len(order) and len(found) < size:
            contact = book[order[place]]
            place += 1
            if not contact.is_deleted:
                found.append(contact)
        return ContactChanges(found, position, place if place < len(order) else None)

    def changes(self, owner: str, position: int) -> ContactChanges:
        """What has changed since a position, each once."""
        changed = self._changed.get(owner, [])
        names = dict.fromkeys(reversed(changed[position:]))
        return ContactChanges([self._of[owner][name] for name in reversed(names)], len(changed))


def _key(names: Sequence[str], contact: Contact) -> _Key:
    fields = contact.details
    return (*((name not in fields, str(fields.get(name, "")).casefold()) for name in names), contact.number)
