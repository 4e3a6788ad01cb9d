"""Cases about what every operation answers alike, written once: an entry with `each` stands for one case of each.

`each: 401 AGW-401` is for the operations that document this refusal, and `${operation}` is the name of one. Its calls
take the contract's own examples for what they do not say.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .operation import Operation, known_operations

Json = Any

OPERATION = "operation"
PLACE = f"${{{OPERATION}}}"
"""What stands for the operation's name."""


class Made(NamedTuple):
    """One case as if it had been written out."""

    case: Json
    operation: str | None
    """The operation that it was made for, None for a case that is as it was written."""
    is_first: bool = True
    """Whether it is the first of those that its entry stands for."""


def written_out(entry: Mapping[str, Json]) -> Iterator[Made]:
    """The cases that an entry stands for: itself, or one for each of its operations."""
    if "each" not in entry:
        yield Made(entry, None)
        return
    plain = {name: value for name, value in entry.items() if name not in ("each", "but")}
    for number, operation in enumerate(operations_of(entry)):
        steps = [_step(step, operation) for step in entry["steps"]]
        yield Made(_named({**plain, "steps": steps}, operation.id), operation.id, number == 0)


def operations_of(entry: Mapping[str, Json]) -> tuple[Operation, ...]:
    """Those that document the refusal, without those of `but`, and that have what the entry's calls say of them."""
    calls = [step["when"] for step in entry["steps"] if is_about_each(step)]
    return tuple(
        operation
        for operation in documenting(entry["each"])
        if operation.id not in entry.get("but", ()) and all(_fits(operation, call) for call in calls)
    )


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


def _named(value: Json, operation: str) -> Json:
    """The value with the operation's name where it stands for one."""
    if isinstance(value, str):
        return value.replace(PLACE, operation)
    if isinstance(value, list):
        return [_named(item, operation) for item in value]
    if isinstance(value, dict):
        return {key: _named(item, operation) for key, item in value.items()}
    return value
