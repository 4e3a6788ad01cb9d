"""What each operation of the contract may be refused with: its `x-error-codes`, status by status."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from .document import At, follow, load_contract, operations


class Documented(NamedTuple):
    """A status and a code that an operation documents, and the parameter that its answer may be about."""

    status: int
    code: str


@lru_cache(maxsize=1)
def documented() -> Mapping[str, tuple[Documented, ...]]:
    """By operationId, in the contract's order."""
    contract = load_contract()
    return {
        operation["operationId"]: tuple(
            Documented(int(status), code)
            for status, response in operation["responses"].items()
            for code in follow(contract, At("", response)).node.get("x-error-codes", ())
        )
        for _, _, operation in operations(contract)
    }


@lru_cache(maxsize=1)
def every_code() -> frozenset[str]:
    """Each code that any operation documents."""
    return frozenset(each.code for found in documented().values() for each in found)


def status_of(operation: str, code: str) -> int | None:
    """The first status under which an operation documents a code; None where it does not."""
    return next((each.status for each in documented().get(operation, ()) if each.code == code), None)


def code_of(operation: str, status: int) -> str | None:
    """The first code that an operation documents under a status; None where it has none."""
    return next((each.code for each in documented().get(operation, ()) if each.status == status), None)


@lru_cache(maxsize=256)
def parameter_of(operation_id: str) -> str:
    """A parameter that a refusal of the operation can be about: the first that its body needs, or one of its path."""
    contract = load_contract()
    found: dict[str, Any] = next(each for _, _, each in operations(contract) if each["operationId"] == operation_id)
    body = follow(contract, At("", found["requestBody"])).node if "requestBody" in found else {}
    for content in body.get("content", {}).values():
        schema = follow(contract, At("", content.get("schema", {}))).node
        names = [*schema.get("required", ()), *schema.get("properties", ())]
        if names:
            return str(names[0])
    listed = [follow(contract, At("", each)).node["name"] for each in found.get("parameters", ())]
    return str(listed[-1]) if listed else "request"
