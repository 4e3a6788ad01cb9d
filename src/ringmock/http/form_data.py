"""A message or a fax as form fields instead of JSON, as a browser or curl sends it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .multipart import MultipartPart

Json = Any

_PLACE = r"(?:\[(?P<place>[0-9]*)\])?(?:\[(?P<square>\w+)\]|\.(?P<dot>\w+))?"


class Fields(NamedTuple):
    """The fields that a form may have."""

    names: re.Pattern[str]
    texts: frozenset[str]
    """Those whose values are texts as they stand."""
    members: Mapping[str, str]
    """The value of a field that is no JSON and whose name has no member."""
    numbers: frozenset[str] = frozenset()
    """Those whose values are whole numbers."""
    may_be_unnamed_files: bool = False
    """Whether a field is one although its disposition has a file name, which is empty; and of an empty field nothing is
    said.
    """


MESSAGE = Fields(
    re.compile("(?P<property>from|to|text|country)" + _PLACE),
    frozenset({"text"}),
    {"from": "phoneNumber", "to": "phoneNumber", "country": "isoCode"},
)
FAX = Fields(
    re.compile("(?P<property>to|faxResolution|coverIndex|coverPageText|sendTime|isoCode|country)" + _PLACE),
    frozenset({"faxResolution", "coverPageText", "sendTime", "isoCode"}),
    {"to": "phoneNumber", "country": "isoCode"},
    numbers=frozenset({"coverIndex"}),
    may_be_unnamed_files=True,
)

_FILES = re.compile(r"attachments?(\[[0-9]*\])?")
_TEXTS = ("", "text/plain", "application/json")


class Form(NamedTuple):
    """The JSON of a message, and its files."""

    message: Json
    files: tuple[MultipartPart, ...]


def form_of(parts: Sequence[MultipartPart], parse: Callable[[bytes], Json], known: Fields = MESSAGE) -> Form | None:
    """The message in the fields; None when the first part is JSON, as the service documents it.

    The fields, as `to` (once or several times), are in any order, files among them. A number
    can be a text or JSON, or a member (`to[0][phoneNumber]`, `from.phoneNumber`). Other fields are ignored, like other
    properties of the JSON. Raises what `parse` does, and `PartUnreadable`.
    """
    fields = [part for part in parts if _is_field(part, known)]
    is_said = known.may_be_unnamed_files and any(_property_of(part, known) == "to" for part in fields)
    if not fields or (fields[0] is not parts[0] and _is_json(parts[0]) and not is_said):
        return None
    others = (part for part in parts if not _is_field(part, known))
    return Form(_message(fields, parse, known), tuple(p for p in others if not p.is_no_choice and _is_file(p)))


def _is_field(part: MultipartPart, known: Fields) -> bool:
    is_file = part.file_name is not None if known.may_be_unnamed_files else part.is_file
    return not is_file and part.media_type in _TEXTS and known.names.fullmatch(part.field) is not None


def _property_of(part: MultipartPart, known: Fields) -> str:
    found = known.names.fullmatch(part.field)
    assert found is not None  # it is a field by that
    return found["property"]


def _is_file(part: MultipartPart) -> bool:
    return part.is_file or part.media_type not in _TEXTS or _FILES.fullmatch(part.field) is not None


def _is_json(part: MultipartPart) -> bool:
    return part.media_type == "application/json" or part.content.lstrip()[:1] == b"{"


def _message(fields: Sequence[MultipartPart], parse: Callable[[bytes], Json], known: Fields) -> Json:
    said: dict[str, dict[str, Json]] = {}
    for number, part in enumerate(fields):
        name = known.names.fullmatch(part.field)
        assert name is not None  # it is a field by that
        if part.content or not known.may_be_unnamed_files:
            _put(said.setdefault(name["property"], {}), name, _value(part, name, parse, known), f"#{number}")
    message: dict[str, Json] = {}
    for key, entries in said.items():
        values = list(entries.values())
        if key == "to":
            message[key] = [one for value in values for one in (value if isinstance(value, list) else [value])]
        else:
            message[key] = values[0] if len(values) == 1 else values  # what is there twice breaks the schema
    return message


def _value(part: MultipartPart, name: re.Match[str], parse: Callable[[bytes], Json], known: Fields) -> Json:
    text, field = part.text, name["property"]
    if field in known.texts:
        return text
    if field in known.numbers:
        return int(text) if _WHOLE.fullmatch(text.strip()) else text
    if text.lstrip()[:1] in ("{", "["):
        return parse(text.encode())
    return {name["square"] or name["dot"] or known.members[field]: text.strip() if known is FAX else text}


_WHOLE = re.compile("[0-9]{1,9}")


def _put(entries: dict[str, Json], name: re.Match[str], value: Json, of_its_own: str) -> None:
    """Members with the same index are one object; a member without an index, or a repeated one, begins a new object."""
    is_member = bool(name["square"] or name["dot"])
    place = name["place"] or ("" if is_member and name["property"] != "to" else of_its_own)
    before = entries.get(place, {})
    if isinstance(value, dict) and isinstance(before, dict) and before.keys().isdisjoint(value):
        entries[place] = {**before, **value}
    else:
        entries[of_its_own] = value
