"""What is wrong with a call that its description does not have, and what would be right, as one sentence."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jsonschema_rs

from ..domain.nearest import nearest
from .description import Check, Operation, Parameter

Json = Any

MOST_NAMES = 40
"""A sentence names no more than these."""


def of_body(operation: Operation, check: Check, error: "jsonschema_rs.ValidationError") -> str:
    """About the body of a call."""
    example = _shown(operation.example)
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        return _unknown(check, error, example)
    is_whole = all(isinstance(step, int) for step in error.instance_path)
    if is_whole and not isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
        return f"The body is {what(check.schema)}{example}."
    name, schema = _place(check.schema, error)
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
        return f"{name!r} is missing: it is {what(schema)}{example or _shown(schema.get('example'))}."
    return f"{name!r} is {what(schema)}{_shown(schema.get('example')) if _is_deep(error) else example}."


def of_parameter(parameter: Parameter) -> str:
    """About a parameter whose value is no good."""
    if parameter.example is None:
        return f"{parameter.name!r} is {what(parameter.schema)}."
    shown = parameter.example
    return f"{parameter.name!r} is {what(parameter.schema)}, as in {_as_query(parameter, shown)}."


def missing_parameter(parameter: Parameter) -> str:
    """About a parameter that has to be there."""
    shown = f", as in {_as_query(parameter, parameter.example)}" if parameter.example is not None else ""
    return f"{parameter.name!r} is missing: it is {what(parameter.schema)}{shown}."


def unknown_parameter(operation: Operation, name: str) -> str:
    """About a name in the query that means nothing to the operation."""
    known = [each.name for each in operation.of("query")]
    if not known:
        return f"{name!r} is not known here: {operation.method} {operation.path} takes no query."
    return f"{name!r} is not known here{did_you_mean(name, known)} The query takes {listed(known)}."


def repeated_parameter(name: str) -> str:
    """About a name that stands in the query twice."""
    return f"{name!r} is there twice: each name of the query stands once."


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ ": did you mean ...?" where one of the known names is like it, a full stop where none is."""
    near = nearest(name, known, 1, 0.6)
    return f": did you mean {near[0]!r}?" if near else "."


def listed(names: Sequence[str]) -> str:
    """Names with commas and "and"."""
    shown = [*names[:MOST_NAMES], *(["more"] if len(names) > MOST_NAMES else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def what(schema: Mapping[str, Any]) -> str:
    """What a value of this schema is, as it stands after "is"."""
    if "title" in schema:
        return str(schema["title"])
    if "enum" in schema:
        return "one of " + ", ".join("null" if value is None else str(value) for value in schema["enum"])
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_KINDS.get(kind, lambda _: "a value")(schema) for kind in kinds)


def _number(schema: Mapping[str, Any], noun: str) -> str:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    above = "above" if "exclusiveMinimum" in schema else "from"
    if low is None or high is None:
        return f"{noun} {above} {low} on" if low is not None else noun
    return f"{noun} {above} {low} {'up ' if above == 'above' else ''}to {high}"


def _text(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    bound = f" of at most {most} characters" if most is not None else ""
    return f"a text{bound}{', not an empty one' if least == 1 else ''}"


def _list(schema: Mapping[str, Any]) -> str:
    items = schema.get("items")
    of = f", each of which is {what(items)}" if isinstance(items, Mapping) else ""
    bound = f" of at most {schema['maxItems']}" if "maxItems" in schema else ""
    return f"a list{bound}{of}"


_KINDS: Mapping[str, Any] = {
    "string": _text,
    "number": lambda schema: _number(schema, "a number"),
    "integer": lambda schema: _number(schema, "a number"),
    "boolean": lambda _: "true or false",
    "array": _list,
    "object": lambda schema: _object(schema),
    "null": lambda _: "null",
}


def _object(schema: Mapping[str, Any]) -> str:
    return (
        f"an object with some of {listed(sorted(schema['properties']))}" if "minProperties" in schema else "an object"
    )


def _unknown(check: Check, error: "jsonschema_rs.ValidationError", example: str) -> str:
    [name, *_] = sorted(error.kind.unexpected)  # type: ignore[attr-defined]  # the caller has looked
    around, schema = _place(check.schema, error)
    known = sorted(schema.get("properties", {}))
    where, it = (f"in {around!r}", "It") if around else ("here", "The body")
    takes = f"{it} takes {listed(known)}" if around or not example else f"{it} is an object{example}"
    return f"{name!r} is not known {where}{did_you_mean(name, known)} {takes}."


def _place(schema: Mapping[str, Any], error: "jsonschema_rs.ValidationError") -> tuple[str, Mapping[str, Any]]:
    """The name of the value that is no good, from the body on, and its schema."""
    node: Json = schema
    for step in list(error.schema_path)[:-1]:
        node = node[step]
    path = list(error.instance_path)
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
        missing = error.kind.property
        path, node = [*path, missing], node.get("properties", {}).get(missing, {})
    name = ""
    for step in path:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else str(step)
    return name, node


def _is_deep(error: "jsonschema_rs.ValidationError") -> bool:
    return len(error.instance_path) > 1


def _shown(example: Json) -> str:
    return "" if example is None else f", as in {json.dumps(example, ensure_ascii=False)}"


def _as_query(parameter: Parameter, value: Json) -> str:
    written = json.dumps(value) if isinstance(value, bool) else str(value)
    return f"?{parameter.name}={written}" if parameter.where == "query" else written
