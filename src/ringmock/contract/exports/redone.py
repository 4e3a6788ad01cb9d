"""The calls of a recording that can be made again: as whom, with what, and why another one cannot be."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ...world.history.serialization import value_of
from ..cases.from_world import OAUTH, Recording, as_it_was_handled, check_can_be_done_again
from ..cases.recorded_values import CannotBeWritten

Json = Any

JSON: Final = "application/json"
_TRANSPORT: Final = frozenset(
    {
        *("host", "user-agent", "authorization", "content-length", "content-type", "accept-encoding", "connection"),
        *("transfer-encoding", "cookie", "origin", "referer", "expect", "te", "traceparent", "tracestate"),
    }
)
_HIDDEN: Final = "$SECRET"
TOO_MANY: Final = 429


class Redone(NamedTuple):
    """A call as it is made again. One of `body` and `content` is None, or both."""

    call: Mapping[str, Json]
    by: str | None
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: Json
    content: bytes | None
    content_type: str | None
    """None for JSON, and where there is no body."""


def is_of_sign_in(call: Mapping[str, Json]) -> bool:
    """Whether it signs in: whoever makes the calls again does that otherwise."""
    return bool(call["path"].startswith(OAUTH))


def redone(call: Mapping[str, Json], recording: Recording) -> Redone:
    """A call as it can be made again. Raises `CannotBeWritten`."""
    handled = recording.handled
    call = as_it_was_handled(call, handled)
    check_can_be_done_again(call)
    if call["status"] == TOO_MANY:
        raise CannotBeWritten("it was one too many for a rate limit, which depends on what else is called")
    kind = str(call["headers"].get("authorization", "")).partition(" ")[0].lower()
    if call["who"] is None and kind not in ("", "bearer"):
        raise CannotBeWritten("it was made as an application, and not as an extension")
    if call["who"] is None and kind == "bearer":
        raise CannotBeWritten("the history does not hold its token")
    if _transport(call.get("body")) == "WebSocket":
        raise CannotBeWritten("the connection that received its notifications is not there")
    query = [(name, value) for name, value in call["query"] if name != "access_token"]
    if _HIDDEN in json.dumps([query, call.get("body")]):
        raise CannotBeWritten("it sent a secret, which is not kept")
    headers = {
        name: value
        for name, value in call["headers"].items()
        if name not in _TRANSPORT
        and not name.startswith(("x-ringmock", "x-forwarded", "sec-"))
        and not _is_plain(name, value)
    }
    return Redone(call, call["who"], query, headers, *_content_of(call, handled.get(call["id"])))


def _is_plain(name: str, value: str) -> bool:
    return name == "accept" and value.partition(";")[0].partition(",")[0].strip() in ("*/*", JSON)


def _content_of(call: Mapping[str, Json], handled: Mapping[str, Json] | None) -> tuple[Json, bytes | None, str | None]:
    """Body, content and its type."""
    body, said = call.get("body"), str(call["headers"].get("content-type", ""))
    if body is None:
        return None, None, None
    is_json = said.partition(";")[0].strip().lower() == JSON and not isinstance(body, str)
    if is_json:
        return body, None, None if said == JSON else said
    if handled is not None and isinstance(handled["content"], str):
        return None, handled["content"].encode(), said
    if handled is not None:
        return None, value_of(handled["content"]), said
    if isinstance(body, str):
        return None, body.encode("utf-8", "surrogatepass"), said
    raise CannotBeWritten("of its body the journal does not have what came")


def _transport(body: Json) -> Json:
    mode = body.get("deliveryMode") if isinstance(body, dict) else None
    return mode.get("transportType") if isinstance(mode, dict) else None


def needs_receiver(made: Redone) -> bool:
    """Whether it subscribed a webhook that has accepted: another receiver stands for that."""
    return bool(made.call["status"] < 400 and _transport(made.body) == "WebHook")
