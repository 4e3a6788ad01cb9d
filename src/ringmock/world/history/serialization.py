"""Commands as a file has them: what a history holds in memory, as JSON and bytes, and back.

A value is written by what it is, never by how Python keeps it: reading runs no code of the file's choice.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import orjson

from ...domain.attachment import Attachment
from ...domain.carrier import Carrier, CarrierProfile
from ...domain.message import MessageStatus, Reached
from ...domain.pictures import Pixels
from ...domain.subscription import Attempt
from ...lab.limits import Group
from .commands import Caller, Command, Event, Handled

_T = TypeVar("_T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_MORE: tuple[str, ...] = Event._fields[3:]

_KINDS: dict[str, Any] = {}


def written(kind: type[_T]) -> type[_T]:
    """Let the values of a command be of this class: a named tuple, a data class or an enumeration."""
    assert kind.__name__ not in _KINDS, kind
    _KINDS[kind.__name__] = kind
    return kind


for _kind in (Attachment, Pixels, Carrier, CarrierProfile, Reached, MessageStatus, Attempt, Group):
    written(_kind)


class Unreadable(ValueError):
    """What is written is no command that this version knows."""


class Row(NamedTuple):
    """A command in a table. `at` is in microseconds since 1970, `payload` JSON."""

    at: int
    kind: str
    is_call: bool
    payload: bytes
    content: bytes
    answer: bytes


def row_of(command: Command) -> Row:
    """A command as it is written."""
    if isinstance(command, Event):
        event = {"values": [plain(value) for value in command.values], **dict(zip(_MORE, command[3:], strict=True))}
        payload = json.dumps(event, separators=(",", ":")).encode()
        return Row(microseconds(command.at), command.kind, False, payload, b"", b"")
    caller = command.caller
    said: dict[str, Any] = {
        "method": command.method,
        "path": command.path,
        "origin": command.origin,
        "number": command.number,
        "status": command.status,
    }
    if caller is not None:
        said["caller"] = _caller(caller)
    for name in ("query", "content_type", "accept"):
        value = getattr(command, name)
        if value:
            said[name] = value.decode("latin-1")
    if command.draws:
        said["draws"] = command.draws
    if command.work:
        said["work"] = command.work
    return Row(microseconds(command.at), command.operation, True, _json(said), command.content, command.answer)


def command_of(row: Row) -> Command:
    """The command of a row. Raises `Unreadable`."""
    try:
        if not row.is_call:
            event = json.loads(row.payload)
            values = tuple(value_of(each) for each in event["values"])
            return Event(moment_of(row.at), row.kind, values, *(event[each] for each in _MORE if each in event))
        said = _read(row.payload)
        get = said.get
        caller = get("caller")
        # Its own constructor takes twice as long.
        return tuple.__new__(
            Handled,
            (
                moment_of(row.at),
                row.kind,
                said["method"],
                said["path"],
                get("query", "").encode("latin-1"),
                get("content_type", "").encode("latin-1"),
                get("accept", "").encode("latin-1"),
                row.content,
                None if caller is None else _caller_of(caller),
                said["origin"],
                tuple(get("draws", ())),
                said["number"],
                get("work", 0),
                said["status"],
                row.answer,
            ),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def microseconds(at: datetime) -> int:
    """A time as the number of microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def moment_of(count: int) -> datetime:
    """The time of a number of microseconds since 1970, aware UTC."""
    return _EPOCH + timedelta(microseconds=count)


def _json(said: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(said)
    except TypeError:  # half a surrogate pair, which a caller may well have sent
        return json.dumps(said).encode()


def _read(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:  # as above
        return json.loads(payload)


@lru_cache(4096)
def _caller(caller: Caller) -> Any:
    """A caller as JSON: the same one for all calls of a log-in."""
    said = caller._asdict()
    said["permissions"] = None if caller.permissions is None else sorted(caller.permissions)
    return said


def _caller_of(said: Mapping[str, Any]) -> Caller:
    permissions = said["permissions"]
    return _read_caller(
        said["extension"],
        said["client_id"],
        said["token"],
        None if permissions is None else tuple(permissions),
        said["endpoint_id"],
        said["session_id"],
        said["is_of_connection"],
    )


@lru_cache(4096)
def _read_caller(
    extension: str, client_id: str, token: str, permissions: tuple[str, ...] | None, *others: Any
) -> Caller:
    """The same caller for all calls of a log-in."""
    return Caller(extension, client_id, token, None if permissions is None else frozenset(permissions), *others)


# --- the values of events ------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value in what JSON has. What JSON has not is an object with one name, which begins with `$`."""
    kind = type(value)
    if value is None or kind in (str, int, float, bool):
        return value
    if kind is list:
        return [plain(each) for each in value]
    if kind is tuple:
        return {"$tuple": [plain(each) for each in value]}
    if isinstance(value, (set, frozenset)):
        return {"$frozenset": sorted((plain(each) for each in value), key=repr)}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"$span": [value.days, value.seconds, value.microseconds]}
    if _KINDS.get(kind.__name__) is kind:
        return {f"${kind.__name__}": plain(value.value) if isinstance(value, Enum) else _fields(value)}
    if isinstance(value, Mapping):
        if all(type(name) is str and not name.startswith("$") for name in value):
            return {name: plain(each) for name, each in value.items()}
        return {"$dict": [[plain(name), plain(each)] for name, each in value.items()]}
    if isinstance(value, Enum):  # whoever takes it takes what it is called by, too
        return plain(value.value)
    raise TypeError(f"{kind.__qualname__} is no value of a command that can be written: see written.written")


def _fields(value: Any) -> dict[str, Any]:
    names = [each.name for each in fields(value) if each.init] if is_dataclass(value) else value._fields
    return {name: plain(getattr(value, name)) for name in names}


def value_of(said: Any) -> Any:
    """The value that was made plain. Raises `ValueError`, `TypeError` or `KeyError`."""
    if isinstance(said, list):
        return [value_of(each) for each in said]
    if not isinstance(said, dict):
        return said
    tag = next(iter(said), "")
    if not tag.startswith("$"):
        return {name: value_of(each) for name, each in said.items()}
    held = said[tag]
    if tag in _TAGS:
        return _TAGS[tag](held)
    kind = _KINDS[tag[1:]]
    if issubclass(kind, Enum):
        return kind(value_of(held))
    return kind(**{name: value_of(each) for name, each in held.items()})


_TAGS: dict[str, Callable[[Any], Any]] = {
    "$tuple": lambda held: tuple(value_of(each) for each in held),
    "$frozenset": lambda held: frozenset(value_of(each) for each in held),
    "$bytes": lambda held: base64.b64decode(held, validate=True),
    "$time": datetime.fromisoformat,
    "$span": lambda held: timedelta(*held),
    "$dict": lambda held: {value_of(name): value_of(each) for name, each in held},
}
