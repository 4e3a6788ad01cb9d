"""Whether generated values keep the contract: what breaks it must still break it when it is sent."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from ...openapi.document import load_contract, operations

Values = dict[str, Any]
IsValid = Callable[[Any], bool]


def body_with_defect(operation_id: str, generated: Any, grounded: Any) -> Any:
    """The grounded body; the generated one where only that breaks the contract.

    A file of a form is a text there, as the contract has it.
    """
    is_valid = _bodies().get(operation_id)
    if is_valid is None:
        return grounded
    try:
        lost = not is_valid(_as_json(generated)) and is_valid(_as_json(grounded))
    except (TypeError, ValueError):  # it has a number or a text that the validator does not read
        return grounded
    return generated if lost else grounded


def _as_json(value: Any) -> Any:
    """The value, with a text for whatever is no JSON, as a file of a form is: one character a byte."""
    if isinstance(value, Mapping):
        return {str(name): _as_json(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(each) for each in value]
    if type(value) in _SCALARS:
        return value
    file = getattr(value, "data", value)
    return file.decode("latin-1") if isinstance(file, bytes) else str(file)


_SCALARS = (type(None), bool, int, float, str)
"""Their subclasses, as Schemathesis's `Binary`, are no JSON to the validator."""


def parameters_with_defects(operation_id: str, place: str, generated: Values, grounded: Values) -> Values:
    """The grounded parameters of `path` or `query`, and as they were generated those that break the contract."""
    known = _parameters().get((operation_id, place), {})
    return grounded | {name: value for name, value in generated.items() if name in known and not known[name](value)}


@lru_cache(maxsize=1)
def _bodies() -> Mapping[str, IsValid]:
    """By operationId: whether any of the request's media types takes the value."""
    contract, found = load_contract(), {}
    for _, _, operation in operations(contract):
        content = _resolved(contract, operation.get("requestBody", {})).get("content", {})
        schemas = [described["schema"] for described in content.values() if "schema" in described]
        if schemas:
            found[operation["operationId"]] = _validator(contract, {"anyOf": schemas})
    return found


@lru_cache(maxsize=1)
def _parameters() -> Mapping[tuple[str, str], Mapping[str, IsValid]]:
    """By operationId and `in`: whether a parameter takes the value, by its name."""
    contract: Values = load_contract()
    found: dict[tuple[str, str], dict[str, IsValid]] = {}
    for _, path, operation in operations(contract):
        for written in (*contract["paths"][path].get("parameters", ()), *operation.get("parameters", ())):
            parameter = _resolved(contract, written)
            of_place = found.setdefault((operation["operationId"], parameter["in"]), {})
            of_place[parameter["name"]] = _validator(contract, parameter["schema"])
    return found


def _resolved(contract: Values, node: Values) -> Values:
    while "$ref" in node:
        kind, name = node["$ref"].split("/")[2:]
        node = contract["components"][kind][name]
    return node


def _validator(contract: Values, schema: Values) -> IsValid:
    """By Schemathesis's validator. The first call compiles it: most runs are of a few operations."""

    @lru_cache(maxsize=1)
    def compiled() -> Any:
        return jsonschema_rs.Draft4Validator({"allOf": [schema], "components": contract["components"]})

    return lambda value: bool(compiled().is_valid(value))
