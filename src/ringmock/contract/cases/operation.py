"""What a client needs to call an operation, read from openapi.yaml."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ...openapi.document import At, follow, load_contract, operations
from ..multipart import OF_MESSAGES, PartNames

Json = dict[str, Any]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Operation:
    """`method` in upper case; `path` with its parameters in braces; `statuses` as the contract declares them."""

    id: str
    method: str
    path: str
    path_parameters: tuple[str, ...]
    query_parameters: tuple[str, ...]
    media_type: str | None
    """The media type of its body, None for an operation without one."""
    statuses: tuple[int, ...]
    refusals: frozenset[str] = frozenset()
    """The refusals that the contract declares, as `401 AGW-401`."""
    examples: Mapping[str, str] = field(default_factory=dict)
    """Of path parameters with an example; not of those that may be `~`."""
    example: Any = None
    """The first example of a body of the media type, None without one."""
    parts: PartNames = OF_MESSAGES
    """The names of the parts of a multipart body."""


@cache
def known_operations() -> Mapping[str, Operation]:
    """Every operation of openapi.yaml."""
    return operations_by_id(load_contract())


def operations_by_id(contract: Json) -> Mapping[str, Operation]:
    """Every operation of the contract."""
    return {
        found["operationId"]: _operation(contract, method, path, found) for method, path, found in operations(contract)
    }


def error_codes(contract: Json) -> frozenset[str]:
    """Every error code that the contract names anywhere."""
    return frozenset(_codes_in(contract))


def _operation(contract: Json, method: str, path: str, found: Json) -> Operation:
    given = (*contract["paths"][path].get("parameters", ()), *_own(found))
    parameters = [_resolved(contract, "parameters", parameter) for parameter in given]
    in_path = [parameter for parameter in parameters if parameter["in"] == "path"]
    content = found.get("requestBody", {}).get("content", {})
    media_type = _media_type(content)
    return Operation(
        id=found["operationId"],
        method=method.upper(),
        path=path,
        path_parameters=tuple(p["name"] for p in in_path),
        query_parameters=tuple(p["name"] for p in parameters if p["in"] == "query"),
        media_type=media_type,
        statuses=tuple(int(status) for status in found["responses"]),
        refusals=frozenset(_refusals(contract, found)),
        examples={p["name"]: str(p["example"]) for p in in_path if p.get("example", "~") != "~"},
        example=next(_examples_in(content.get(media_type, {})), None),
        parts=next(_part_names(contract, content), OF_MESSAGES),
    )


def _part_names(contract: Json, content: Json) -> Iterator[PartNames]:
    for described in content.values():
        schema = follow(contract, At("", described.get("schema", {}))).node
        if "x-first-part" in schema:
            yield PartNames(schema["x-first-part"], schema["x-further-parts"])


def _own(found: Json) -> Iterable[Json]:
    own: list[Json] = found.get("parameters", [])
    return own


def _resolved(contract: Json, kind: str, given: Json) -> Json:
    if "$ref" not in given:
        return given
    found: Json = contract["components"][kind][given["$ref"].rpartition("/")[2]]
    return found


def _refusals(contract: Json, found: Json) -> Iterator[str]:
    for status, response in found["responses"].items():
        for code in _resolved(contract, "responses", response).get("x-error-codes", ()):
            yield f"{status} {code}"


def _examples_in(content: Json) -> Iterator[Any]:
    if "example" in content:
        yield content["example"]
    yield from (example["value"] for example in content.get("examples", {}).values() if "value" in example)


def _media_type(content: Iterable[str]) -> str | None:
    offered = tuple(content)
    return JSON if JSON in offered else next(iter(offered), None)


def _codes_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value.get("x-error-codes", ())
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _codes_in(item)
