"""Roles: what a case needs of an account, and where it uses them.

`needs` names the roles of a case, each with properties. Steps use the name for an extension or a phone, and
`${role.property}` anywhere. `binding.py` finds the matches.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...domain.account import ExtensionType
from .expectations import is_pattern

Json = Any
Needs = Mapping[str, Mapping[str, Json]]
"""Roles by name, each with its properties from the case file; `account` is what the account itself needs."""

ACCOUNT, NOBODY = "account", "nobody"
RESERVED = (ACCOUNT, NOBODY, "application", "any", "absent", "operation", "receiver", "client_id")
"""What no role can be called."""

HANDSET, PHONE_NUMBER, APPLICATION = "Handset", "PhoneNumber", "Application"
BRAND, CAMPAIGN = "Brand", "Campaign"
PHONES = ("phone", "digits", "e164")
OF_EXTENSIONS = (
    *("number", "id", "id_text", "name", "first_name", "last_name", "email", "location"),
    *("jwt", "password", "token", "sign_in", *PHONES),
)
PROPERTIES: Mapping[str, tuple[str, ...]] = {
    HANDSET: PHONES,
    PHONE_NUMBER: (*PHONES, "id"),
    APPLICATION: ("client_id", "client_secret"),
    BRAND: ("id", "id_text", "name", "country_code"),
    CAMPAIGN: ("id", "id_text", "name"),
    ACCOUNT: ("id", "id_text", "jwt_secret", "area_code", *PHONES),
    NOBODY: ("number", "id", "id_text", "account_id", "short", "abroad", *PHONES),
    **dict.fromkeys(ExtensionType, OF_EXTENSIONS),
}
"""The properties of `${role.property}`, by the role's type; of the account; and of numbers that do not exist."""

KEYS: Mapping[str, frozenset[str]] = {
    HANDSET: frozenset({"type", "carrier"}),
    PHONE_NUMBER: frozenset(
        {"type", "features", "without", "payment_type", "usage_type", "carries", "owner", "assigned"}
    ),
    APPLICATION: frozenset({"type", "secret", "redirect_uris", "grant_types"}),
    BRAND: frozenset({"type", "registration"}),
    CAMPAIGN: frozenset({"type", "registration", "brand"}),
    ACCOUNT: frozenset({"clock", "ids", "country_code"}),
    **dict.fromkeys(
        ExtensionType,
        frozenset({"type", "status", "administrator", "phone", "numbers", "members", "only_members", "shared"}),
    ),
}
"""By the role's type the keys that make sense of it."""

ROLE_KEYS = ("members", "only_members", "owner", "assigned", "brand")
"""Keys of a role that name other roles."""

SIGNS_IN = "sign in"
"""The additional property of a role that makes a call, or whose mailbox is checked."""

LISTS = ("enable", "freeze", "disable", "deactivate")

NAME = re.compile(r"[a-z][a-z0-9_]*")
MENTION = re.compile(r"\$\{([a-z][a-z0-9_]*)\.([A-Za-z0-9_]+)\}")


def type_of(name: str, needs: Needs) -> str:
    """The type of a role, or `account`, or `nobody`."""
    return name if name in (ACCOUNT, NOBODY) else str(needs[name].get("type", ExtensionType.USER))


def mentions_in(value: Json) -> Iterator[tuple[str, str]]:
    """Every role and property that a value names as `${role.property}`."""
    if isinstance(value, str):
        yield from MENTION.findall(value)
    elif isinstance(value, list):
        for item in value:
            yield from mentions_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from mentions_in(key)
            yield from mentions_in(item)


def named_in_change(change: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Every text of a change of the world that is an extension or a phone, and the properties that it needs."""
    for word in LISTS:
        yield from ((name, "number") for name in change.get(word, ()))
    for department, members in change.get("members", {}).items():
        yield from ((name, "number") for name in (department, *members))
    for sms in change.get("inbound", ()):
        to = sms["to"] if isinstance(sms["to"], list) else [sms["to"]]
        yield from ((name, "digits") for name in (sms["from"], *to))
    for fax in change.get("faxes", ()):
        yield from ((name, "digits") for name in (fax["from"], fax["to"]))


def named_in_step(step: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Every text of a step that is an extension or a phone, and the properties that it needs."""
    yield from named_in_change(step.get("change", {}))
    for caller in (step.get("as"), (step.get("connect") or {}).get("as")):
        if isinstance(caller, str) and caller not in ("application", "nobody"):
            yield caller, SIGNS_IN
    yield from ((name, SIGNS_IN) for name in step.get("mailboxes", {}))
    yield from ((name, "digits") for name in step.get("handsets", {}))
    asked = recipients_are(step.get("when"))
    yield from ((name, asked) for name in step.get("outcomes", {}))


def recipients_are(call: Json) -> str:
    """By what the journal names the recipients of a call: extension numbers for pages, digits for the rest."""
    return "number" if (call or {}).get("operation") == "createInternalTextMessage" else "digits"


def uses_of(needs: Needs, given: Mapping[str, Json], steps: Iterable[Mapping[str, Json]]) -> Mapping[str, set[str]]:
    """By name, the properties that each role of a case needs, and those of roles that these need."""
    used: dict[str, set[str]] = {}

    def note(found: Iterable[tuple[str, str]]) -> None:
        for name, asked in found:
            if name in needs or name in (ACCOUNT, NOBODY):
                used.setdefault(name, set()).add(asked)

    note(named_in_change(given))
    note(mentions_in(dict(given)))
    for step in steps:
        note(named_in_step(step))
        note(mentions_in(dict(step)))
    waiting = list(used)
    while waiting:
        for name in named_by(needs.get(waiting.pop(), {})):
            if name not in used and name in needs:
                used[name] = set()
                waiting.append(name)
    return used


def needs_of(shared: Needs, own: Needs) -> Needs:
    """A case's own roles over those of its file, property by property."""
    return {**shared, **{name: {**shared.get(name, {}), **role} for name, role in own.items()}}


def named_by(role: Mapping[str, Json]) -> Iterator[str]:
    """The other roles that a role names."""
    for key in ROLE_KEYS:
        said = role.get(key, ())
        yield from [said] if isinstance(said, str) else said


def spoken_of(needs: Needs, given: Mapping[str, Json], steps: Iterable[Mapping[str, Json]]) -> Needs:
    """The used roles, and the needs of the account, in the order of the file."""
    used = uses_of(needs, given, steps)
    return {name: role for name, role in needs.items() if name in used or name == ACCOUNT}


def put_in(text: str, value: Any) -> Json:
    """The text with `value(role, property)` for each `${role.property}`, escaped in a pattern.

    A text that is only a reference gets the value with its type.
    """
    whole = MENTION.fullmatch(text)
    if whole is not None:
        return value(whole[1], whole[2])
    escape = re.escape if is_pattern(text) else str
    return MENTION.sub(lambda found: escape(str(value(found[1], found[2]))), text)
