"""What a caller must know of each operation, read from the contract: schemas without references, examples, lines."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ...openapi.document import At, contract_text, follow, line_marks, load_contract, operations, step

Json = Any

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = ("multipart/form-data", "multipart/mixed")


class Parameter(NamedTuple):
    """One of the path or of the query."""

    name: str
    where: str
    is_required: bool
    schema: Mapping[str, Any]
    example: Json


class Plan(NamedTuple):
    """One operation. `bodies` are schemas without references, by media type."""

    operation: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    bodies: Mapping[str, Mapping[str, Any]]
    is_body_required: bool
    example: Json
    """Of a body; None where the contract has none."""
    needs_token: bool
    pointer: str
    """To the operation, in the contract."""

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """Of a body of JSON, or of a form; of the message in a body in parts; None for an operation without."""
        for media_type in (JSON, FORM):
            if media_type in self.bodies:
                return self.bodies[media_type]
        for media_type in MULTIPART:
            if "json" in self.bodies.get(media_type, {}).get("properties", {}):
                found: Mapping[str, Any] = self.bodies[media_type]["properties"]["json"]
                return found
        return None


@lru_cache(maxsize=1)
def plans() -> Mapping[str, Plan]:
    """By operationId."""
    contract = load_contract()
    return {found["operationId"]: _plan(contract, *each) for each in operations(contract) for found in [each[2]]}


def _plan(contract: dict[str, Any], method: str, path: str, found: dict[str, Any]) -> Plan:
    given = (*contract["paths"][path].get("parameters", ()), *found.get("parameters", ()))
    request = follow(contract, At("", found["requestBody"])).node if "requestBody" in found else {}
    content = request.get("content", {})
    security = found.get("security", contract.get("security", []))
    return Plan(
        found["operationId"],
        method.upper(),
        path,
        tuple(_parameter(contract, each) for each in given),
        {name: resolved(contract, each.get("schema", {})) for name, each in content.items()},
        request.get("required", False),
        next((example for each in content.values() for example in _examples(contract, each)), None),
        any("oauth2" in each for each in security),
        step(step("/paths", path), method),
    )


def _parameter(contract: dict[str, Any], given: dict[str, Any]) -> Parameter:
    node = follow(contract, At("", given)).node
    schema = resolved(contract, node["schema"])
    example = node.get("example", example_in(schema))
    return Parameter(node["name"], node["in"], node.get("required", False), schema, example)


def _examples(contract: dict[str, Any], content: dict[str, Any]) -> Iterable[Json]:
    for each in content.get("examples", {}).values():
        yield follow(contract, At("", each)).node["value"]


def resolved(contract: dict[str, Any], schema: Json, above: tuple[str, ...] = ()) -> Json:
    """A schema in which nothing refers to anything else; what refers to itself ends there."""
    if isinstance(schema, list):
        return [resolved(contract, each, above) for each in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference in above:
            return {}
        return resolved(contract, follow(contract, At("", schema)).node, (*above, reference))
    return {name: each if name == "example" else resolved(contract, each, above) for name, each in schema.items()}


# --- examples ------------------------------------------------------------------------------------


def example_in(schema: Mapping[str, Any]) -> Json:
    """A value that keeps a schema, as far as one can be made of it."""
    for name in ("example", "default"):
        if schema.get(name) is not None:
            return schema[name]
    if "enum" in schema:
        return next((value for value in schema["enum"] if value is not None), None)
    parts = merged(schema)
    match _type(parts):
        case "object":
            properties = parts.get("properties", {})
            return {name: example_in(properties.get(name, {})) for name in parts.get("required", ())}
        case "array":
            return [example_in(parts.get("items", {}))] * max(1, min(parts.get("minItems", 1), 3))
        case "integer" | "number":
            return max(parts.get("minimum", 1), 1) if parts.get("maximum", 1) >= 1 else parts["maximum"]
        case "boolean":
            return True
        case _:
            return _text(parts)


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    return str(kind) if kind else "object" if "properties" in schema else "string"


def _text(schema: Mapping[str, Any]) -> str:
    if schema.get("format") in ("date-time", "ringcentral-date-time"):
        return "2026-01-01T00:00:00Z"
    if schema.get("format") == "date":
        return "2026-01-01"
    text = "Hello"
    most, least = int(schema.get("maxLength", 5)), int(schema.get("minLength", 0))
    return (text * (least // 5 + 1))[: max(least, min(most, 5))]


def merged(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with what its `allOf` says in it, and what the first branch of its `anyOf` or `oneOf` does."""
    found = {name: value for name, value in schema.items() if name not in ("allOf", "anyOf", "oneOf")}
    branches = [*schema.get("allOf", ()), *schema.get("anyOf", ())[:1], *schema.get("oneOf", ())[:1]]
    for branch in branches:
        for name, value in merged(branch).items():
            if name == "properties":
                found[name] = {**value, **found.get(name, {})}
            elif name == "required":
                found[name] = list(dict.fromkeys((*found.get(name, ()), *value)))
            else:
                found.setdefault(name, value)
    return found


def every_property(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that an object may have by any branch of its schema."""
    found = dict(schema.get("properties", {}))
    for name in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(name, ()):
            for each, value in every_property(branch).items():
                found.setdefault(each, value)
    return found


def schema_at(schema: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    """The schema of what is at a place of a body; an empty one where it says nothing of it."""
    for each in path:
        merged_here = merged(schema)
        schema = merged_here.get("items", {}) if isinstance(each, int) else every_property(schema).get(each, {})
    return schema


# --- lines ---------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _marks() -> Mapping[str, int]:
    return line_marks(contract_text())


def line_of(pointer: str) -> int | None:
    """The line of openapi.yaml that a JSON pointer leads to; of what is around it where it leads to nothing."""
    while pointer and pointer not in _marks():
        pointer = pointer.rpartition("/")[0]
    return _marks().get(pointer)


def line_of_body(plan: Plan, media_type: str, names: Sequence[str]) -> int | None:
    """The line of openapi.yaml that says what a value of the body is, by the names that lead to it."""
    contract = load_contract()
    operation = next(each for _, _, each in operations(contract) if each["operationId"] == plan.operation)
    if "requestBody" not in operation:
        return line_of(plan.pointer)
    at = follow(contract, At(step(plan.pointer, "requestBody"), operation["requestBody"]))
    content = at.node.get("content", {})
    chosen = media_type if media_type in content else next(iter(content), "")
    at = At(step(step(step(at.pointer, "content"), chosen), "schema"), content.get(chosen, {}).get("schema", {}))
    for name in names:
        found = _property(contract, follow(contract, at), name)
        if found is None:
            break
        at = found
    return line_of(at.pointer)


def _property(contract: dict[str, Any], at: At, name: str) -> At | None:
    if "items" in at.node:
        return _property(contract, follow(contract, At(step(at.pointer, "items"), at.node["items"])), name)
    if name in at.node.get("properties", {}):
        return At(step(step(at.pointer, "properties"), name), at.node["properties"][name])
    for key in ("allOf", "anyOf", "oneOf"):
        for place, branch in enumerate(at.node.get(key, ())):
            inner = follow(contract, At(step(step(at.pointer, key), place), branch))
            found = _property(contract, inner, name)
            if found is not None:
                return found
    return None
