"""A history as JSON: what an exported one is written in, line by line, and read from again.

The first line is the head, each other one a command. Values that JSON has no form for are objects whose only key begins
with `$`. Nothing that was issued by signing in is written: a token is named by a digest of it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from .commands import Base, Caller, Command, Event, Handled
from .serialization import Unreadable, plain, value_of

Json = Any

FORMAT: Final = "ringmock-history"
VERSION: Final = 1
"""Of the format. A file of a later one is refused, and one of an earlier one is read."""

_SIGN_INS: Final = frozenset(
    {"log-in", "log-ins", "log-in-ended", "refreshed", "revoked", "code", "code-used", "first-use"}
)


# --- commands ------------------------------------------------------------------------------------


def written(number: int, command: Command, base: Base) -> dict[str, Json]:
    """A command of a history that began so."""
    if isinstance(command, Event):
        values = () if command.kind in _SIGN_INS else _without_tokens(command, base)
        return {
            "number": number,
            "at": _time(command.at),
            "event": command.kind,
            "values": [plain(value) for value in values],
            "after": command.after,
        }
    caller = command.caller
    return {
        "number": number,
        "at": _time(command.at),
        "call": command.operation,
        "method": command.method,
        "path": command.path,
        "query": command.query.decode("latin-1"),
        "content_type": command.content_type.decode("latin-1"),
        "accept": command.accept.decode("latin-1"),
        "content": _content(command.content),
        "caller": None if caller is None else _caller(caller, base),
        "origin": command.origin,
        "draws": list(command.draws),
        "journal": command.number,
        "work": command.work,
        "status": command.status,
        "answer": _content(command.answer),
    }


def read(said: Mapping[str, Json]) -> Command:
    """The command of a line. Raises `Unreadable`."""
    try:
        if "event" in said:
            values = tuple(value_of(value) for value in said["values"])
            return Event(_moment(said["at"]), str(said["event"]), values, int(said["after"]))
        return Handled(
            at=_moment(said["at"]),
            operation=str(said["call"]),
            method=str(said["method"]),
            path=str(said["path"]),
            query=said["query"].encode("latin-1"),
            content_type=said["content_type"].encode("latin-1"),
            accept=said["accept"].encode("latin-1"),
            content=_bytes(said["content"]),
            caller=None if said["caller"] is None else _read_caller(said["caller"]),
            origin=str(said["origin"]),
            draws=tuple(map(str, said["draws"])),
            number=int(said["journal"]),
            work=int(said["work"]),
            status=int(said["status"]),
            answer=_bytes(said["answer"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"command {said.get('number', '?')} has no, or no good, {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return repr(error.args[0]) if isinstance(error, KeyError) else str(error)


def _without_tokens(event: Event, base: Base) -> tuple[Any, ...]:
    """The values of an event, with a name for the access token of a connection."""
    if event.kind != "connected":
        return event.values
    access_token, *others = event.values
    return (named_token(access_token, base), *others)


def named_token(token: str, base: Base) -> str:
    """What stands for an access token: the same for the same one, and of no use to sign in with."""
    return f"token-{hashlib.sha256(base.secret + token.encode()).hexdigest()[:16]}"


def _caller(caller: Caller, base: Base) -> dict[str, Json]:
    permissions = caller.permissions
    return {
        "extension": caller.extension,
        "client_id": caller.client_id,
        "token": named_token(caller.token, base),
        "permissions": None if permissions is None else sorted(permissions),
        "endpoint_id": caller.endpoint_id,
        "session_id": caller.session_id,
        "is_of_connection": caller.is_of_connection,
    }


def _read_caller(said: Mapping[str, Json]) -> Caller:
    permissions = said["permissions"]
    return Caller(
        extension=str(said["extension"]),
        client_id=str(said["client_id"]),
        token=str(said["token"]),
        permissions=None if permissions is None else frozenset(map(str, permissions)),
        endpoint_id=str(said["endpoint_id"]),
        session_id=str(said["session_id"]),
        is_of_connection=bool(said["is_of_connection"]),
    )


# --- the head ------------------------------------------------------------------------------------


def head_of(base: Base) -> dict[str, Json]:
    """How a history begins, and the format of what follows."""
    return {"format": FORMAT, "version": VERSION, "began": _time(base.at), "secret": base.secret.hex()}


def read_head(said: Json) -> Base:
    """What a history began with. Raises `Unreadable`, also for a format that is newer than this program's."""
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise Unreadable(f'the first line of a history has "format": "{FORMAT}"; `ringmock export` writes one')
    version = said.get("version")
    if not isinstance(version, int) or version > VERSION:
        by = said.get("ringmock", "a later one")
        raise Unreadable(
            f"it is of format {version}, and this ringmock reads up to {VERSION}: install the ringmock that wrote it,"
            f" {by}, or a later one"
        )
    try:
        return Base(_moment(said["began"]), bytes.fromhex(said["secret"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"its head has no, or no good, {_reason(error)}") from error


# --- values --------------------------------------------------------------------------------------


def _content(content: bytes) -> Json:
    """A body: as the text that it is, else in base64."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return plain(content)


def _bytes(said: Json) -> bytes:
    if isinstance(said, str):
        return said.encode()
    found = value_of(said)
    if not isinstance(found, bytes):
        raise ValueError("content")
    return found


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time with a zone in {text!r}")
    return moment


def line(said: Json) -> str:
    """A line of a file: the same value gives the same text."""
    written = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    try:
        written.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON writes as an escape
        return json.dumps(said, separators=(",", ":"))
    return written
