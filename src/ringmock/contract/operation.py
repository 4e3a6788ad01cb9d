"""What a client must know of an operation to call it, read from openapi.yaml."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .openapi import operations

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
    """What a body is sent as, None where the operation takes none."""
    statuses: tuple[int, ...]


def operations_by_id(contract: Json) -> Mapping[str, Operation]:
    """Every operation of the contract."""
    return {
        found["operationId"]: _operation(contract, method, path, found) for method, path, found in operations(contract)
    }


def error_codes(contract: Json) -> frozenset[str]:
    """Every error code that the contract names anywhere."""
    return frozenset(_codes_in(contract))


def _operation(contract: Json, method: str, path: str, found: Json) -> Operation:
    parameters = [_resolved(contract, p) for p in (*contract["paths"][path].get("parameters", ()), *_own(found))]
    return Operation(
        id=found["operationId"],
        method=method.upper(),
        path=path,
        path_parameters=tuple(p["name"] for p in parameters if p["in"] == "path"),
        query_parameters=tuple(p["name"] for p in parameters if p["in"] == "query"),
        media_type=_media_type(found.get("requestBody", {}).get("content", {})),
        statuses=tuple(int(status) for status in found["responses"]),
    )


def _own(found: Json) -> Iterable[Json]:
    own: list[Json] = found.get("parameters", [])
    return own


def _resolved(contract: Json, parameter: Json) -> Json:
    if "$ref" not in parameter:
        return parameter
    found: Json = contract["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found


def _media_type(content: Iterable[str]) -> str | None:
    offered = tuple(content)
    return JSON if JSON in offered else next(iter(offered), None)


def _codes_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value.get("x-error-codes", ())
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _codes_in(item)
