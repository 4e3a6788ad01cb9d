"""What is wrong with a body, and what would be right, each reason a sentence for whoever wrote the client."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import jsonschema_rs

from ...domain.nearest import nearest
from ..json_bounds import is_large
from ..json_schemas import UTF16, schema_of
from .plans import Plan, every_property, example_in, merged, schema_at

Json = Any
Path = tuple[str | int, ...]

MOST_REASONS = 20
_MOST_SHOWN = 160
"""Characters of an example."""


class Reason(NamedTuple):
    """One way in which a body breaks its schema. `kind` is jsonschema's name of it, such as `Required`."""

    path: Path
    """To what is wrong; of what is missing, to where it should be."""
    kind: str
    schema: Mapping[str, Any]
    """Of what is there."""

    @property
    def place(self) -> str:
        """`to[0].phoneNumber`."""
        return place_of(self.path)


def place_of(path: Sequence[str | int]) -> str:
    """A place in a body as people write it."""
    said = ""
    for each in path:
        said += f"[{each}]" if isinstance(each, int) else f".{each}" if said else each
    return said


def reasons_of(schema: Mapping[str, Any], body: Json) -> list[Reason]:
    """The ways in which a body breaks its schema, at most `MOST_REASONS`; of a large body the first."""
    validator = schema_of(schema).validator
    try:
        if not is_large(body):
            return [_reason(schema, error) for error in islice(validator.iter_errors(body), MOST_REASONS)]
        validator.validate(body)
    except jsonschema_rs.ValidationError as error:
        return [_reason(schema, error)]
    except (ValueError, RecursionError):  # more levels than the validator walks
        return []
    return []


def _reason(schema: Mapping[str, Any], error: "jsonschema_rs.ValidationError") -> Reason:
    path, kind = tuple(error.instance_path), type(error.kind).__name__.removeprefix("ValidationErrorKind_")
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
        path = (*path, error.kind.property)
    if UTF16 in [str(each) for each in error.schema_path] or UTF16 in schema_at(schema, path):
        kind = UTF16 if kind in ("AnyOf", "Custom", "AllOf") else kind
    return Reason(path, kind, schema_at(schema, path))


# --- sentences -----------------------------------------------------------------------------------


def sentences(plan: Plan, body: Json) -> list[str]:
    """The reasons against a body of JSON, and the names in it that nobody knows and somebody may have misspelled."""
    schema = plan.schema
    if schema is None or body is None:
        return []
    reasons = reasons_of(schema, body)
    said = list(dict.fromkeys(_sentence(reason) for reason in reasons))
    return said + list(_unknown_names(schema, body)) if said else said


def sentences_of_parameters(plan: Plan, names: Iterable[str]) -> list[str]:
    """What the parameters of the path or the query are that a refusal names."""
    known = {each.name: each for each in plan.parameters}
    return [
        f"`{name}` of the {known[name].where} is {what(known[name].schema)}"
        for name in dict.fromkeys(names)
        if name in known
    ]


def _sentence(reason: Reason) -> str:
    name = f"`{reason.place}`" if reason.path else "the body"
    if reason.kind == "Required":
        return f"{name} is missing: it is {what(reason.schema)}"
    return f"{name} is {what(reason.schema)}"


def _unknown_names(schema: Mapping[str, Any], body: Json, path: Path = ()) -> Iterator[str]:
    if isinstance(body, list):
        for place, item in enumerate(body[:MOST_REASONS]):
            yield from _unknown_names(schema, item, (*path, place))
        return
    if not isinstance(body, dict):
        return
    known = every_property(schema_at(schema, path))
    for name, value in islice(body.items(), MOST_REASONS):
        if name in known:
            yield from _unknown_names(schema, value, (*path, name))
        elif known:
            missing = [each for each in nearest(name, known) if each not in body]
            if missing:
                yield f"`{place_of((*path, name))}` is not known: `{missing[0]}`?"


def what(schema: Mapping[str, Any]) -> str:
    """What a value of a schema is, as it stands after "is", with an example."""
    full = merged(schema)
    if "enum" in full:
        return "one of " + ", ".join(json.dumps(value) for value in full["enum"][:20])
    kind = full.get("type")
    noun = _NOUNS.get(kind if isinstance(kind, str) else "", "a value")
    if kind == "array":
        noun = _list_of(full)
    bounds = _bounds(full)
    shown = json.dumps(example_in(schema), ensure_ascii=False)
    such = f" such as {shown}" if len(shown) <= _MOST_SHOWN and shown not in ("{}", "null") else ""
    return f"{noun}{bounds}{such}"


_NOUNS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_PLURALS = {"string": "texts", "integer": "whole numbers", "number": "numbers", "object": "objects"}


def _list_of(schema: Mapping[str, Any]) -> str:
    kind = merged(schema.get("items", {})).get("type")
    return f"a list of {_PLURALS.get(kind if isinstance(kind, str) else '', 'values')}"


def _bounds(schema: Mapping[str, Any]) -> str:
    said = []
    for name, words in (
        (UTF16, "of at most {} UTF-16 units"),
        ("maxLength", "of at most {} characters"),
        ("minLength", "of at least {} characters"),
        ("minItems", "of at least {}"),
        ("maxItems", "of at most {}"),
        ("minimum", "from {}"),
        ("maximum", "to {}"),
    ):
        if schema.get(name) is not None and not (name in ("minLength", "minItems") and schema[name] <= 1):
            said.append(words.format(schema[name]))
    return f" {' '.join(said)}" if said else ""
