"""The description of the control API, openapi.yaml beside this file: its operations, with compiled checks of calls."""

import base64
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import jsonschema_rs

from .. import timestamps
from ..openapi.document import METHODS, parse_contract
from ..openapi.parse_cache import cached

Json = Any

FILE = "openapi.yaml"
JSON, FORM = "application/json", "multipart/form-data"


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


_FORMATS = {"date-time": lambda text: timestamps.parse(text) is not None, "byte": _is_base64}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, `where` being "path", "query" or "header"."""

    name: str
    where: str
    schema: Mapping[str, Any]
    about: str
    example: Json
    is_required: bool
    check: "Check"


@dataclass(frozen=True, slots=True)
class Check:
    """A schema, and what finds its first break."""

    schema: Mapping[str, Any]
    validator: "jsonschema_rs.Validator"

    def first_broken(self, value: Json) -> "jsonschema_rs.ValidationError | None":
        """What is wrong with a value, or the first of it; None for nothing."""
        try:
            self.validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return error
        return None


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the control API. `path` is the whole path, with its parameters in braces."""

    id: str
    module: str
    """Of this package: `id` is a function in it."""
    method: str
    path: str
    summary: str
    about: str
    parameters: tuple[Parameter, ...]
    bodies: Mapping[str, Check]
    """By media type; empty for an operation that takes no body."""
    example: Json
    """Of a body in JSON."""
    is_body_required: bool
    waits: bool
    """Whether it may be answered later than at once, when something has happened: see `waiting`."""
    is_sliced: bool
    """Whether it may be long, and is done in slices: the same."""
    streams: bool
    """Whether it is answered by a stream that does not end by itself: see `events`."""
    tool: Mapping[str, Json] | None
    """The defaults of its arguments as a tool of agents, beside its own; None where it is none: see `tools`."""

    def of(self, where: str) -> Sequence[Parameter]:
        """Its parameters there."""
        return [each for each in self.parameters if each.where == where]


@lru_cache(maxsize=1)
def text() -> str:
    """The description as it stands in the file."""
    return resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def document() -> Mapping[str, Any]:
    """The description with everything in the place of its reference."""
    whole = pickle.loads(cached("control-api", text().encode(), _made))
    assert isinstance(whole, dict)
    return whole


def _made() -> Json:
    raw = parse_contract(text(), FILE)
    return _dereferenced(raw, raw)


@lru_cache(maxsize=1)
def operations() -> tuple[Operation, ...]:
    """Every call, in the order of the file."""
    return tuple(_operations(document()))


def _operations(whole: Mapping[str, Any]) -> Iterator[Operation]:
    prefix = whole["servers"][0]["url"]
    for path, item in whole["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(f"{prefix}{path}", method, item[method], item.get("parameters", ()))


def _operation(path: str, method: str, node: Mapping[str, Any], shared: Sequence[Mapping[str, Any]]) -> Operation:
    body = node.get("requestBody", {})
    content = body.get("content", {})
    return Operation(
        id=node["operationId"],
        module=node["tags"][0],
        method=method.upper(),
        path=path,
        summary=node["summary"],
        about=node.get("description", ""),
        parameters=tuple(_parameter(each) for each in (*shared, *node.get("parameters", ()))),
        bodies={media_type: _check(given.get("schema", {})) for media_type, given in content.items()},
        example=content.get(JSON, {}).get("example"),
        is_body_required=bool(body.get("required", False)),
        waits=node.get("x-waits", False),
        is_sliced=node.get("x-slices", False),
        streams=node.get("x-streams", False),
        tool=node.get("x-tool"),
    )


def _parameter(node: Mapping[str, Any]) -> Parameter:
    schema = node["schema"]
    return Parameter(
        name=node["name"],
        where=node["in"],
        schema=schema,
        about=node.get("description", ""),
        example=node.get("example", schema.get("example")),
        is_required=bool(node.get("required", False)),
        check=_check(schema),
    )


def _check(schema: Mapping[str, Any]) -> Check:
    return Check(schema, jsonschema_rs.Draft202012Validator(dict(schema), formats=_FORMATS, validate_formats=True))


def _dereferenced(node: Json, root: Mapping[str, Any]) -> Json:
    if isinstance(node, list):
        return [_dereferenced(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        found: Json = root
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        beside = {name: value for name, value in node.items() if name != "$ref"}
        return _dereferenced({**found, **beside}, root)
    return {name: _dereferenced(value, root) for name, value in node.items()}
