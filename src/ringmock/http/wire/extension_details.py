"""Settings of an extension that are stored as clients wrote them: contact, regional settings, call handling.

They have the API's names here, Python's in the domain: `businessPhone` is `business_phone`.
"""

import re
from collections.abc import Mapping
from typing import Any

from ...domain.account import Extension, digits_of
from .countries import HOME
from .view import Json, View

_NAMES = frozenset({"first_name", "last_name"})
_PHONES = ("business_phone", "mobile_phone")

NOT_KEPT = ("password", "ivrPin", "customFields", "references", "site", "subType")
"""Properties of `updateExtension` that would change something that this server does not have."""


def details_from(body: Json, extension: Extension) -> dict[str, Any]:
    """The settings of a checked `updateExtension` body besides name and status, merged with the stored ones."""
    said = {name: value for name, value in _ours(body).items() if name in ("setup_wizard_state", "partner_id")}
    for name in ("contact", "regional_settings", "status_info"):
        if name in _ours(body):
            said[name] = _merged(extension.details.get(name, {}), _ours(body)[name])
    if "contact" in said:
        said["contact"] = {name: value for name, value in said["contact"].items() if name not in _NAMES}
    return {**said, **_queue(_ours(body), "call_queue_info", extension)}


def queue_details_from(body: Json, queue: Extension) -> dict[str, Any]:
    """The same of `updateCallQueueInfo`."""
    said = {name: value for name, value in _ours(body).items() if name in ("editable_member_status", "alert_timer")}
    return {**said, **_queue(_ours(body), "service_level_settings", queue)}


def contact(extension: Extension, view: View) -> Json:
    """`contact`: the name in its parts, and the stored rest."""
    first, _, last = extension.name.partition(" ")
    kept = {
        name: view.phone(digits_of(value)) if name in _PHONES else value
        for name, value in extension.details.get("contact", {}).items()
    }
    return {"firstName": first, "lastName": last, **_theirs(kept)}


def regional_settings(extension: Extension) -> Json:
    """`regionalSettings`, by default those of the account's country."""
    kept = _theirs(extension.details.get("regional_settings", {}))
    country = kept.get("homeCountry", HOME)
    return {"timeFormat": "12h", **kept, "homeCountry": HOME if country.get("id") == HOME["id"] else country}


def other_details(extension: Extension) -> Json:
    """Further stored settings, if any."""
    kept = {name: extension.details[name] for name in ("partner_id", "alert_timer") if name in extension.details}
    levels = extension.details.get("service_level_settings")
    return {**_theirs(kept), **({} if levels is None else {"callQueueInfo": _theirs(levels)})}


def status_info(extension: Extension) -> Json:
    """The reason for its status, if stored."""
    return {"statusInfo": extension.details["status_info"]} if "status_info" in extension.details else {}


def queue_details(queue: Extension) -> Json:
    """The same of `readCallQueueInfo`."""
    names = ("editable_member_status", "alert_timer", "service_level_settings")
    return {"editableMemberStatus": False, **_theirs({n: queue.details[n] for n in names if n in queue.details})}


def _queue(said: Mapping[str, Any], name: str, queue: Extension) -> dict[str, Any]:
    if name not in said:
        return {}
    return {"service_level_settings": _merged(queue.details.get("service_level_settings", {}), said[name])}


def _merged(kept: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The stored settings, updated by the given ones."""
    return {
        **kept,
        **{
            name: _merged(kept.get(name, {}), value) if isinstance(value, Mapping) else value
            for name, value in said.items()
        },
    }


def _ours(value: Any) -> Any:
    if isinstance(value, dict):
        return {re.sub("[A-Z]", lambda c: f"_{c[0].lower()}", name): _ours(inner) for name, inner in value.items()}
    return value


def _theirs(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {re.sub("_([a-z])", lambda c: c[1].upper(), name): _theirs(inner) for name, inner in value.items()}
    return value
