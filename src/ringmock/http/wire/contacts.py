"""Personal contacts, and their synchronization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from ...domain import errors
from ...domain.account import Extension, digits_of
from ...domain.contact import PHONES, Contact, ContactChanges
from ...timestamps import iso8601
from .lists import paged
from .view import Json, View

FULL, INCREMENTAL = "FSync", "ISync"

FIELDS = (
    *("firstName", "lastName", "middleName", "nickName", "company", "jobTitle", "email", "email2", "email3"),
    *("birthday", "webPage", "notes", *PHONES, "homeAddress", "businessAddress", "otherAddress"),
    *("ringtoneIndex", "appInfo"),
)
_NUMBER_BITS = 31


def details_from(body: Json) -> Json:
    """The fields of a checked body."""
    return {name: body[name] for name in FIELDS if name in body}


def contact_resource(contact: Contact, extension: Extension, view: View) -> Json:
    """`PersonalContactResource`; of a deleted one what it was called by."""
    uri = f"{view.extension_uri(extension)}/address-book/contact/{contact.id}"
    if contact.is_deleted:
        return {"uri": uri, "id": contact.id, "availability": "Deleted"}
    return {"uri": uri, "id": contact.id, "availability": "Alive", **contact.details}


def contact_list(
    contacts: Sequence[Contact],
    parameters: Mapping[str, Any],
    given: Sequence[tuple[str, str]],
    extension: Extension,
    view: View,
) -> Json:
    """`ContactList` of contacts in their order."""
    begins, phones = parameters["startsWith"], parameters["phoneNumber"]
    digits = None if phones is None else frozenset(map(digits_of, phones))
    found: Any = contacts
    if begins is not None or digits is not None:
        found = [
            contact
            for contact in contacts
            if (begins is None or contact.begins_with(begins)) and (digits is None or contact.has_phone(digits))
        ]
    book = f"{view.extension_uri(extension)}/address-book"
    page = paged(f"{book}/contact", given, found, parameters["page"], parameters["perPage"])
    records = [contact_resource(each, extension, view) for each in page["records"]]
    return {**page, "records": records, "groups": {"uri": f"{book}/group"}}


def group_list(
    parameters: Mapping[str, Any], given: Sequence[tuple[str, str]], extension: Extension, view: View
) -> Json:
    """The groups of contacts, of which there are none."""
    uri = f"{view.extension_uri(extension)}/address-book/group"
    return paged(uri, given, (), parameters["page"], parameters["perPage"])


def page_from(page_id: int | None, position: int) -> tuple[int, int]:
    """The contact behind which a page begins, and the position of the first page. Raises `InvalidParameter`."""
    if page_id is None:
        return 0, position
    started, after = page_id >> _NUMBER_BITS, page_id & ((1 << _NUMBER_BITS) - 1)
    if started > position:
        raise errors.InvalidParameter("pageId", str(page_id))
    return after, started


def sync_resource(
    changes: ContactChanges, kind: str, token: str, per_page: int, extension: Extension, view: View, now: datetime
) -> Json:
    """`AddressBookSync`."""
    uri = f"{view.extension_uri(extension)}/address-book-sync"
    resource: Json = {
        "uri": uri,
        "records": [contact_resource(contact, extension, view) for contact in changes.records],
        "syncInfo": {"syncType": kind, "syncToken": token, "syncTime": iso8601(now)},
    }
    if changes.next_number is not None:
        page_id = changes.position << _NUMBER_BITS | changes.next_number
        query = urlencode({"syncType": kind, "perPage": per_page, "pageId": page_id})
        resource |= {"nextPageId": page_id, "nextPageUri": f"{uri}?{query}"}
    return resource
