"""A JSON Schema applied to YAML that people write: every misfit at once, worded so that its mending is plain.

The schema's own descriptions say what would pass, so one file serves the loader and the editors.
"""

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from .timestamps import is_rfc3339
from .yaml_source import Path, Source, kind_of

Schema = dict[str, Any]

_WANTED = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys to values",
    "null": "nothing",
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """A spot that the schema refuses.

    `value` is what was meant as far as anyone can tell, None when nobody can; `stays` when what is there can be
    read on with as it is.
    """

    path: Path
    message: str
    value: Any = None
    stays: bool = False


class Shape:
    """A compiled schema. Patterns match whole texts, and `date-time` is checked."""

    def __init__(self, schema: Schema) -> None:
        self._validator = _Validator(schema, format_checker=_FORMATS)

    def misfits(self, source: Source) -> list[Misfit]:
        """What does not fit, one misfit for each spot."""
        found: dict[tuple[Path, str], Misfit] = {}
        for error in sorted(self._validator.iter_errors(source.data), key=lambda error: error.validator != "type"):
            path = tuple(error.absolute_path)
            missing = error.message if error.validator == "required" else ""
            found.setdefault((path, missing), _misfit(path, error, source))
        return list(found.values())


def _misfit(path: Path, error: ValidationError, source: Source) -> Misfit:
    match error.validator:
        case "required" | "additionalProperties" | "uniqueItems" | "minItems":
            return Misfit(path, error.message, stays=True)
        case "type":
            return _wrong_type(path, error, source.written(path))
        case "enum":
            return _none_of(path, error.instance, _schema_of(error))
        case keyword:
            message = f"{_shown(error.instance)} is not {_described(_schema_of(error))}"
            return Misfit(path, message, stays=keyword == "pattern")


def mend(data: Any, misfits: Iterable[Misfit]) -> None:
    """Take every misfit that cannot stay out of `data`, or put what was meant in its place; list items become None."""
    for misfit in misfits:
        if misfit.stays or not misfit.path:
            continue
        holder = data
        for step in misfit.path[:-1]:
            holder = holder[step]
        last = misfit.path[-1]
        if misfit.value is None and isinstance(holder, dict):
            holder.pop(last)
        else:
            holder[last] = misfit.value


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def _wrong_type(path: Path, error: ValidationError, written: str | None) -> Misfit:
    value, schema = error.instance, _schema_of(error)
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if "string" in types and written is not None and value is not None:
        return _unquoted(path, written, kind_of(value), schema)
    if "integer" in types and isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,18}", value):
        return Misfit(path, f"{value!r} is text here: write it without quotes, {value}", int(value))
    wanted = " or ".join(_WANTED[name] for name in types)
    if value is None or isinstance(value, list | dict):
        return Misfit(path, f"{kind_of(value)} stands here, where {wanted} is wanted")
    return Misfit(path, f"{_shown(value)} is not {wanted}")


def _unquoted(path: Path, written: str, kind: str, schema: Schema) -> Misfit:
    """Text without its quotes; quoting is no advice where the text would not pass either."""
    if written not in schema.get("enum", [written]):
        return _none_of(path, written, schema)
    if re.fullmatch(schema.get("pattern", ".*"), written) is None:
        return Misfit(path, f"{written} is not {_described(schema)}", written)
    return Misfit(path, f'{written} is {kind} here: quote it, "{written}"', written)


def _none_of(path: Path, value: Any, schema: Schema) -> Misfit:
    return Misfit(path, f"{_shown(value)} is not one of {', '.join(map(str, schema['enum']))}")


def _schema_of(error: ValidationError) -> Schema:
    assert isinstance(error.schema, dict)  # `true` and `false` as a schema have no keywords to fail
    return error.schema


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _described(schema: Schema) -> str:
    """The first sentence of a description, to go on a sentence with."""
    description = str(schema.get("description", "what is wanted here"))
    first = re.split(r"\.(?:\s|$)", description)[0]
    return first[0].lower() + first[1:] if first[1:2].islower() or first[:2] in ("A ", "An") else first


# --- keywords whose errors jsonschema locates or words otherwise ------------------------------------


def _additional(_: Any, allowed: Any, instance: Any, schema: Schema) -> Iterator[ValidationError]:
    if allowed is not False or not isinstance(instance, dict):
        return
    known = schema.get("properties", {})
    for key in instance:
        if key not in known:
            close = nearest(key, known)
            advice = f"did you mean {close!r}?" if close else f"known here are {', '.join(known)}"
            yield ValidationError(f"unknown key: {advice}", path=(key,))


def _required(_: Any, required: list[str], instance: Any, schema: Schema) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for name in required:
        if name not in instance:
            yield ValidationError(f"{name} is missing{_hint(schema.get('properties', {}).get(name, {}))}")


def _hint(schema: Schema) -> str:
    example = next(iter(schema.get("examples", ())), None)
    such = "" if example is None else f", such as {_as_yaml(example)}"
    return f": {_described(schema)}{such}" if "description" in schema else ""


def _as_yaml(example: Any) -> str:
    return f'"{example}"' if isinstance(example, str) and example[:1].isdigit() else str(example)


def _unique(_: Any, wanted: bool, instance: Any, __: Schema) -> Iterator[ValidationError]:
    if not wanted or not isinstance(instance, list):
        return
    seen: set[str] = set()
    for index, item in enumerate(instance):
        key = json.dumps(item, sort_keys=True)
        if key in seen:
            yield ValidationError(f"{_shown(item)} is listed twice", path=(index,))
        seen.add(key)


def _pattern(_: Any, pattern: str, instance: Any, __: Schema) -> Iterator[ValidationError]:
    if isinstance(instance, str) and re.fullmatch(pattern, instance) is None:
        yield ValidationError("")


def _min_items(_: Any, least: int, instance: Any, __: Schema) -> Iterator[ValidationError]:
    if isinstance(instance, list) and len(instance) < least:
        yield ValidationError(f"the list is too short: at least {least} wanted")


_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "additionalProperties": _additional,
        "required": _required,
        "uniqueItems": _unique,
        "pattern": _pattern,
        "minItems": _min_items,
    },
)

_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time")
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or is_rfc3339(value)
