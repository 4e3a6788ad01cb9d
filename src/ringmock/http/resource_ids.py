"""Ids in bodies: clients send a number, as answers have it, or its digits; handlers get one of the two."""

from collections.abc import Callable, Mapping
from typing import Any

Json = Any

Spell = Callable[[Json], Json]
"""Gives a value that has been checked, its ids in one spelling. Changes lists and objects in place."""


def spelled_ids(schema: Mapping[str, Any]) -> Spell | None:
    """What spells the ids of a body of this dereferenced schema as the first of their types; None without any.

    An id is what may be a text or an integer.
    """
    branches = [branch for key in ("anyOf", "oneOf", "allOf") for branch in schema.get(key, ())]
    types = [branch.get("type") for branch in branches]
    if types == ["string", "integer"]:
        return _as_text
    if types == ["integer", "string"]:
        return _as_number
    parts = (schema, *branches)
    members = {name: spelled_ids(member) for part in parts for name, member in part.get("properties", {}).items()}
    items = [spelled_ids(part["items"]) for part in parts if isinstance(part.get("items"), Mapping)]
    known = {name: spell for name, spell in members.items() if spell is not None}
    of_items = next((spell for spell in items if spell is not None), None)
    return _Spelling(known, of_items) if known or of_items else None


def _as_text(value: Json) -> Json:
    return str(value) if isinstance(value, int) else value


def _as_number(value: Json) -> Json:
    return int(value) if isinstance(value, str) else value


class _Spelling:
    """Of a list or an object."""

    def __init__(self, members: Mapping[str, Spell], items: Spell | None) -> None:
        self._members = members
        self._items = items

    def __call__(self, value: Json) -> Json:
        if isinstance(value, dict):
            for name, spell in self._members.items():
                if name in value:
                    value[name] = spell(value[name])
        elif isinstance(value, list) and self._items is not None:
            value[:] = map(self._items, value)
        return value
