"""The directory of the company: its extensions, as clients search them."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

from ...domain.account import Extension, PhoneNumber
from .lists import MAX_PER_PAGE
from .view import Json, View

_TEXTS = ("firstName", "lastName", "extensionNumber", "email", "jobTitle", "department")
_PHONE = "phoneNumber"
_TYPES = frozenset(
    {
        *("User", "Department", "Announcement", "Voicemail", "SharedLinesGroup", "PagingOnly", "ParkLocation"),
        *("IvrMenu", "Limited", "ApplicationExtension", "Site", "Bot", "Room"),
    }
)
"""The extension types that a directory knows."""


def entry(extension: Extension, view: View) -> Json:
    """`ContactResource`."""
    contact = extension.details.get("contact", {})
    said = {
        "email": extension.email,
        "firstName": contact.get("first_name", contact.get("firstName")),
        "lastName": contact.get("last_name", contact.get("lastName")),
        "jobTitle": contact.get("job_title", contact.get("jobTitle")),
        "department": contact.get("department"),
    }
    numbers = view.account.numbers_of(extension)
    return {
        "id": str(extension.id),
        "type": extension.type.value if extension.type.value in _TYPES else "Unknown",
        "status": extension.status.value,
        "account": {"id": str(view.account.id), "mainNumber": {"phoneNumber": f"+{view.account.main_number}"}},
        "extensionNumber": extension.number,
        "name": extension.name,
        "phoneNumbers": [_phone(number) for number in numbers],
        "hidden": False,
        **{name: value for name, value in said.items() if value is not None},
    }


def _phone(number: PhoneNumber) -> Json:
    return {"phoneNumber": f"+{number.digits}", "type": number.type.value, "usageType": number.usage_type.value}


def page(entries: Sequence[Json], number: int, per_page: int) -> Json:
    """`DirectoryResource`: no uri and no navigation."""
    size = min(per_page, MAX_PER_PAGE)
    start = (number - 1) * size
    records = entries[start : start + size]
    paging: Json = {"perPage": size, "totalElements": len(entries), "totalPages": ceil(len(entries) / size)}
    if records:
        paging |= {"page": number, "pageStart": start, "pageEnd": start + len(records) - 1}
    return {"records": list(records), "paging": paging}


def listed(entries: Iterable[Json], parameters: Mapping[str, Any]) -> list[Json]:
    """What the parameters of a list leave of the directory."""
    kind, group = parameters["type"], parameters["typeGroup"]
    return [
        each
        for each in entries
        if kind in (None, each["type"])
        and (group is None or (each["type"] == "User") is (group == "User"))
        and parameters["siteId"] is None
    ]


def found(entries: Iterable[Json], asked: Json) -> list[Json]:
    """What a search leaves of the directory, in its order."""
    types = set(asked.get("extensionTypes", ())) | ({asked["extensionType"]} if "extensionType" in asked else set())
    statuses, ids = set(asked.get("extensionStatuses", ())), set(asked.get("extensionIds", ()))
    matching = [
        each
        for each in entries
        if (not types or each["type"] in types)
        and (not statuses or _status_of(each) in statuses)
        and (not ids or each["id"] in ids)
        and ("department" not in asked or each.get("department") == asked["department"])
        and not asked.get("siteId")
        and not asked.get("siteIds")
        and _has_text(each, asked.get("searchString", ""), asked.get("searchFields") or (*_TEXTS, _PHONE, "name"))
    ]
    for order in sorted(asked.get("orderBy", ()), key=lambda order: -int(order.get("index", 1))):
        name = order.get("fieldName", "firstName")
        matching.sort(key=lambda each: _text_of(each, name).casefold(), reverse=order.get("direction") == "Desc")
    return matching


def _status_of(each: Json) -> str:
    """The status as searches name it."""
    return str(each["status"]) if each["status"] in ("Enabled", "NotActivated") else "Disabled"


def _has_text(each: Json, text: str, fields: Iterable[str]) -> bool:
    wanted = text.casefold()
    return not wanted or any(wanted in _text_of(each, name).casefold() for name in fields)


def _text_of(each: Json, name: str) -> str:
    if name == _PHONE:
        return " ".join(phone[_PHONE] for phone in each["phoneNumbers"])
    return str(each.get(name, ""))
