"""A message as form fields instead of JSON, as a browser or curl sends it."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .multipart import MultipartPart

Json = Any

_FIELD = re.compile(
    r"(?P<property>from|to|text|country)(?:\[(?P<place>[0-9]*)\])?(?:\[(?P<square>\w+)\]|\.(?P<dot>\w+))?"
)
_MEMBER = {"from": "phoneNumber", "to": "phoneNumber", "country": "isoCode"}
"""The value of a field that is no JSON and whose name has no member."""

_FILES = re.compile(r"attachments?(\[[0-9]*\])?")
_TEXTS = ("", "text/plain", "application/json")


class Form(NamedTuple):
    """The JSON of a message, and its files."""

    message: Json
    files: tuple[MultipartPart, ...]


def form_of(parts: Sequence[MultipartPart], parse: Callable[[bytes], Json]) -> Form | None:
    """The message in the fields; None when the first part is JSON, as the service documents it.

    The fields are `from`, `to` (once or several times), `text` and `country`, in any order, files among them. A number
    can be a text or JSON, or a member (`to[0][phoneNumber]`, `from.phoneNumber`). Other fields are ignored, like other
    properties of the JSON. Raises what `parse` does, and `PartUnreadable`.
    """
    fields = [part for part in parts if _is_field(part)]
    if not fields or (fields[0] is not parts[0] and _is_json(parts[0])):
        return None
    files = tuple(part for part in parts if not _is_field(part) and not part.is_no_choice and _is_file(part))
    return Form(_message(fields, parse), files)


def _is_field(part: MultipartPart) -> bool:
    return not part.is_file and part.media_type in _TEXTS and _FIELD.fullmatch(part.field) is not None


def _is_file(part: MultipartPart) -> bool:
    return part.is_file or part.media_type not in _TEXTS or _FILES.fullmatch(part.field) is not None


def _is_json(part: MultipartPart) -> bool:
    return part.media_type == "application/json" or part.content.lstrip()[:1] == b"{"


def _message(fields: Sequence[MultipartPart], parse: Callable[[bytes], Json]) -> Json:
    said: dict[str, dict[str, Json]] = {}
    for number, part in enumerate(fields):
        name = _FIELD.fullmatch(part.field)
        assert name is not None  # it is a field by that
        _put(said.setdefault(name["property"], {}), name, _value(part, name, parse), f"#{number}")
    message: dict[str, Json] = {}
    for key, entries in said.items():
        values = list(entries.values())
        if key == "to":
            message[key] = [one for value in values for one in (value if isinstance(value, list) else [value])]
        else:
            message[key] = values[0] if len(values) == 1 else values  # what is there twice breaks the schema
    return message


def _value(part: MultipartPart, name: re.Match[str], parse: Callable[[bytes], Json]) -> Json:
    text = part.text
    if name["property"] == "text":
        return text
    if text.lstrip()[:1] in ("{", "["):
        return parse(text.encode())
    return {name["square"] or name["dot"] or _MEMBER[name["property"]]: text}


def _put(entries: dict[str, Json], name: re.Match[str], value: Json, of_its_own: str) -> None:
    """Members with the same index are one object; a member without an index, or a repeated one, begins a new object."""
    is_member = bool(name["square"] or name["dot"])
    place = name["place"] or ("" if is_member and name["property"] != "to" else of_its_own)
    before = entries.get(place, {})
    if isinstance(value, dict) and isinstance(before, dict) and before.keys().isdisjoint(value):
        entries[place] = {**before, **value}
    else:
        entries[of_its_own] = value
