"""What a fixture says, as the objects that a world starts from. The data has been checked by then."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .domain.account import (
    Account,
    Extension,
    ExtensionStatus,
    ExtensionType,
    Feature,
    PhoneNumber,
    UsageType,
    digits_of,
)
from .domain.message import MessageType
from .template import Application, ClockStart, Credentials, IdStart, SeedMessage, Template
from .timestamps import parse

Data = Mapping[str, Any]


def template_of(name: str, data: Data) -> Template:
    """The template of a whole fixture that has no mistakes."""
    start = IdStart()
    ids = data.get("ids", {})
    return Template(
        name=name,
        account=account_of(
            data["account"], data["extensions"], data.get("phone_numbers", ()), data.get("handsets", ())
        ),
        applications=tuple(
            Application(entry["client_id"], entry.get("client_secret")) for entry in data.get("applications", ())
        ),
        credentials={
            entry["number"]: Credentials(**entry["credentials"])
            for entry in data["extensions"]
            if "credentials" in entry
        },
        clock=_clock_of(data.get("clock", {})),
        ids=IdStart(
            first_message=int(ids.get("first_message", start.first_message)),
            message_step=int(ids.get("message_step", start.message_step)),
            first_conversation=int(ids.get("first_conversation", start.first_conversation)),
        ),
        messages=tuple(seed_of(entry) for entry in data.get("messages", ())),
        generation=data.get("generation", "2012"),
    )


def account_of(account: Data, extensions: Iterable[Data], phones: Iterable[Data], handsets: Iterable[str]) -> Account:
    """The account; a main number that is not listed comes before the listed ones."""
    main_number = digits_of(account["main_number"])
    listed = list(phones)
    if all(digits_of(entry["number"]) != main_number for entry in listed):
        listed.insert(0, {"number": main_number})
    return Account.of(
        id=int(account["id"]),
        main_number=main_number,
        extensions=map(_extension_of, extensions),
        phone_numbers=_phone_numbers_of(listed, main_number),
        handsets=map(digits_of, handsets),
    )


def usage_type_of(entry: Data, main_number: str | None) -> UsageType:
    """As given, or by who owns it."""
    if "usage_type" in entry:
        return UsageType(entry["usage_type"])
    if "owner" in entry:
        return UsageType.DIRECT_NUMBER
    is_main = digits_of(entry["number"]) == main_number
    return UsageType.MAIN_COMPANY_NUMBER if is_main else UsageType.COMPANY_NUMBER


def seed_of(entry: Data) -> SeedMessage:
    """One seeded message; phone numbers as digits."""
    message_type = MessageType(entry["type"])
    spelled = digits_of if message_type is MessageType.SMS else str
    return SeedMessage(
        type=message_type,
        sender=spelled(entry["from"]),
        recipients=tuple(map(spelled, entry.get("to", ()))),
        text=entry["text"],
        created=_moment(entry.get("created")),
        name=entry.get("name"),
        reply_on=entry.get("reply_on"),
        read=entry.get("read", False),
    )


def _extension_of(entry: Data) -> Extension:
    return Extension(
        id=int(entry["id"]),
        number=entry["number"],
        type=ExtensionType(entry["type"]),
        status=ExtensionStatus(entry.get("status", "Enabled")),
        name=entry.get("name", ""),
        administrator=entry.get("administrator", False),
        members=tuple(entry.get("members", ())),
        manager=entry.get("manager"),
    )


def _phone_numbers_of(entries: Iterable[Data], main_number: str) -> Iterable[PhoneNumber]:
    entries = list(entries)
    taken = {int(entry["id"]) for entry in entries if "id" in entry}
    for entry in entries:
        digits = digits_of(entry["number"])
        yield PhoneNumber(
            id=int(entry["id"]) if "id" in entry else _free_id(digits, taken),
            digits=digits,
            owner=entry.get("owner"),
            features=tuple(map(Feature, entry.get("features", ()))),
            usage_type=usage_type_of(entry, main_number),
        )


def _free_id(digits: str, taken: set[int]) -> int:
    """An id that the digits make whatever the order of the list, and that no client can mistake for them."""
    made = int(digits) * 1000 + 4
    while made in taken:
        made += 1
    taken.add(made)
    return made


def _clock_of(clock: Data) -> ClockStart:
    return ClockStart(_moment(clock.get("now")), clock.get("frozen", False))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse(text.upper())
