"""Entries that stand for several cases: an entry with `each` or `examples` is one case for each.

`each: 401 AGW-401` is one case for each operation that documents this refusal, `each: [listMessages, syncMessages]` for
these, and `${operation}` is the operation's name. Its calls use the contract's examples for absent parts. `examples` is
a table: one case for each row, with the row's values for `${column}`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .operation import Operation, known_operations

Json = Any

OPERATION = "operation"
PLACE = f"${{{OPERATION}}}"
"""The placeholder for the operation's name."""

_COLUMN = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Made(NamedTuple):
    """One case, expanded."""

    case: Json
    operation: str | None
    """The operation of the case, None for an entry without `each`."""
    is_first: bool = True
    """Whether it is the first case of its entry."""


def written_out(entry: Mapping[str, Json]) -> Iterator[Made]:
    """The cases of an entry: itself, or one for each row of its examples and each of its operations."""
    plain = {name: value for name, value in entry.items() if name not in ("each", "but", "examples")}
    number = 0
    for row in entry.get("examples", [{}]):
        if "each" not in entry:
            yield Made(_named(plain, row), None, number == 0)
            number += 1
            continue
        for operation in operations_of(entry):
            steps = [_step(step, operation) for step in entry["steps"]]
            yield Made(_named({**plain, "steps": steps}, {OPERATION: operation.id, **row}), operation.id, number == 0)
            number += 1


def operations_of(entry: Mapping[str, Json]) -> tuple[Operation, ...]:
    """The operations that document the refusal, without those of `but`, and that have the parameters of the entry's
    calls.
    """
    calls = [step["when"] for step in entry["steps"] if is_about_each(step)]
    return tuple(
        operation
        for operation in named_by(entry["each"])
        if operation.id not in entry.get("but", ()) and all(_fits(operation, call) for call in calls)
    )


def named_by(each: str | list[str]) -> tuple[Operation, ...]:
    """The operations of an `each`: the listed ones, or those that document its refusal."""
    known = known_operations()
    return documenting(each) if isinstance(each, str) else tuple(known[name] for name in each if name in known)


def documenting(refusal: str) -> tuple[Operation, ...]:
    """The operations that document a refusal, `401 AGW-401`, in the contract's order."""
    return tuple(operation for operation in known_operations().values() if refusal in operation.refusals)


def is_about_each(step: Mapping[str, Json]) -> bool:
    """Whether the step calls whichever operation the case is made for."""
    return (step.get("when") or {}).get("operation") == PLACE


def _fits(operation: Operation, call: Mapping[str, Json]) -> bool:
    has_path = set(call.get("path", ())) <= set(operation.path_parameters)
    return has_path and (operation.media_type is not None or not {"body", "raw", "attachments"} & call.keys())


def _step(step: Mapping[str, Json], operation: Operation) -> Json:
    if not is_about_each(step):
        return step
    call = dict(step["when"])
    path = {**operation.examples, **call.get("path", {})}
    if path:
        call["path"] = path
    if operation.example is not None and not {"body", "raw", "attachments"} & call.keys():
        call["body"] = operation.example
    return {**step, "when": call}


def _named(value: Json, row: Mapping[str, Json]) -> Json:
    """The value with the row's values for names; a text that is only a name gets the value with its type."""
    if isinstance(value, str):
        whole = _COLUMN.fullmatch(value)
        if whole is not None and whole[1] in row:
            return row[whole[1]]
        return _COLUMN.sub(lambda found: str(row.get(found[1], found[0])), value)
    if isinstance(value, list):
        return [_named(item, row) for item in value]
    if isinstance(value, dict):
        return {_named(key, row): _named(item, row) for key, item in value.items()}
    return value
