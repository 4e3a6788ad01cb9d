"""Limits a run on a foreign server: no texts to strangers, and no more messages than allowed.

Every call of every part passes it. A sending call that it refuses is never made.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from email.parser import BytesParser
from functools import cache
from time import monotonic, sleep
from typing import Any

from ..domain.account import digits_of
from ..openapi.document import load_contract, operations
from ..world.template import Template

Json = Any

_DIGITS = re.compile(r"\d{3,}")
_PARTIES = ("phoneNumber", "extensionNumber", "extensionId")
CALLS_A_MINUTE = re.compile(r"([1-9][0-9]*)/([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class NotSent(Exception):
    """A call that was not made; the message says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The allowed sendings. Plain values, so that they can be passed to another process as JSON."""

    numbers: tuple[str, ...] | None = None
    """Phone numbers as digits, extension numbers and extension ids that may be sent to; None for any."""
    max_messages: int | None = None
    """Recipients that sent messages may have in all, for a service bills each; None for no limit."""
    rate: str | None = None
    """Calls in a time, as `40/m`; None for no limit."""
    may_change: bool = True
    """Whether calls may change or delete what was there before the run."""


UNLIMITED = Limits()


def named_in(template: Template) -> tuple[str, ...]:
    """Every number that an account's fixture names: phone numbers, handsets, extension numbers and ids."""
    account = template.account
    numbers = [digits_of(number) for number in (*account.phone_numbers, *account.handsets, account.main_number)]
    for extension in account.extensions.values():
        numbers += [extension.number, str(extension.id)]
    return tuple(dict.fromkeys(numbers))


@dataclass(slots=True)
class Guard:
    """Counts what is sent, and stops what may not be. Safe to use from several threads."""

    limits: Limits = UNLIMITED
    sent: int = 0
    """Recipients of messages that were accepted so far."""
    refused: Counter[str] = field(default_factory=Counter)
    """How many calls were not made, by the reason."""
    thinned: set[str] = field(default_factory=set)
    """The operations, as method and path, of which generated calls were filtered."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next: float = 0.0

    def check(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> None:
        """Let a call pass, in its turn. Raises `NotSent`."""
        reason = self.reason_against(method, target, headers, body)
        if reason is not None:
            self.refuse(reason)
            raise NotSent(reason)
        self._wait()

    def refuse(self, reason: str, operation: str | None = None) -> None:
        """Record a call that is not made, and its operation."""
        with self._lock:
            self.refused[reason] += 1
            if operation is not None:
                self.thinned.add(operation)

    def reason_against(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, times: int = 1
    ) -> str | None:
        """Why this call may not be made, or not so many times; None when it may."""
        if not is_sending(method, target):
            return None
        recipients = list(recipients_of(headers, body))
        if self.limits.numbers is not None:
            strangers = [n for n in recipients if n not in self.limits.numbers and _DIGITS.search(n)]
            if strangers:
                return "it would send to a number that the fixture does not name"
        if self.limits.max_messages is not None and self.sent + times * max(1, len(recipients)) > (
            self.limits.max_messages
        ):
            return f"the limit of {self.limits.max_messages} messages is reached"
        return None

    def count(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, status: int) -> None:
        """Record an answer: the message of a sending call counts as sent unless it was refused."""
        if is_sending(method, target) and not 400 <= status < 500:
            with self._lock:
                self.sent += max(1, len(list(recipients_of(headers, body))))

    def to_json(self) -> str:
        """For a guard with the same limits in another process, which continues from this state."""
        return json.dumps(
            {
                "limits": asdict(self.limits),
                "sent": self.sent,
                "refused": self.refused,
                "thinned": sorted(self.thinned),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Guard":
        data = json.loads(text)
        numbers = data["limits"]["numbers"]
        limits = Limits(**data["limits"] | {"numbers": None if numbers is None else tuple(numbers)})
        return cls(limits, data["sent"], Counter(data["refused"]), set(data["thinned"]))

    def take_over(self, other: Mapping[str, Json]) -> None:
        """Continue from the state of a guard in another process, from its `to_json`; empty after a failure."""
        if other:
            self.sent, self.refused = other["sent"], Counter(other["refused"])
            self.thinned = set(other["thinned"])

    def _wait(self) -> None:
        if self.limits.rate is None:
            return
        with self._lock:
            start = max(monotonic(), self._next)
            self._next = start + seconds_between(self.limits.rate)
        sleep(max(0.0, start - monotonic()))


def seconds_between(rate: str) -> float:
    """The pause between calls for a rate such as `40/m`. Raises `ValueError` for an invalid rate."""
    found = CALLS_A_MINUTE.fullmatch(rate)
    if found is None:
        raise ValueError(f"{rate!r} is no rate, as 40/m is: calls, and s, m or h")
    return _SECONDS[found[2]] / int(found[1])


@cache
def _sending_paths() -> tuple[re.Pattern[str], ...]:
    """The paths of every operation that has recipients."""
    contract = load_contract()
    return tuple(
        re.compile(re.sub(r"\\\{\w+\\\}", "[^/]*", re.escape(path)))
        for method, path, operation in operations(contract)
        if method == "post" and _takes_recipients(contract, operation)
    )


def _takes_recipients(contract: Json, operation: Json) -> bool:
    media = operation.get("requestBody", {}).get("content", {}).values()
    return any(_has_to(contract, content.get("schema", {})) for content in media)


def _has_to(contract: Json, schema: Json) -> bool:
    """Whether a body of this schema has `to` at its top or one level below, as a part of a multipart body."""
    schema = _resolved(contract, schema)
    properties: list[Json] = [_resolved(contract, child) for child in schema.get("properties", {}).values()]
    properties += [_resolved(contract, child.get("items", {})) for child in properties]
    return "to" in schema.get("properties", {}) or any("to" in child.get("properties", {}) for child in properties)


def _resolved(contract: Json, schema: Json) -> Json:
    if "$ref" not in schema:
        return schema
    found: Json = contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def is_sending(method: str, target: str) -> bool:
    """Whether a call of this path sends a message."""
    path = target.partition("?")[0]
    return method.upper() == "POST" and any(pattern.fullmatch(path) for pattern in _sending_paths())


@cache
def sending_operations() -> tuple[str, ...]:
    """The operationIds that send messages."""
    return tuple(
        operation["operationId"] for method, path, operation in operations(load_contract()) if is_sending(method, path)
    )


@cache
def changing_operations() -> tuple[str, ...]:
    """The operationIds that change or delete data of an account; sending operations only add to it."""
    return tuple(
        operation["operationId"]
        for method, path, operation in operations(load_contract())
        if method != "get" and not path.startswith("/restapi/oauth/") and not is_sending(method, path)
    )


def recipients_of(headers: Mapping[str, str], body: bytes | None) -> Iterator[str]:
    """The numbers and ids that a body is addressed to, without `+`; every longer number in it if it cannot be read."""
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    for name, text in _parts(content_type, body or b""):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            yield from _DIGITS.findall(text)
        else:
            yield from _addressed({"to": value} if name == "to" else value)


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str | None, str]]:
    """The body; of a multipart one every field that is text or JSON, with its name."""
    whole = body.decode("utf-8", errors="replace")
    if not content_type.lower().startswith("multipart/"):
        yield None, whole
        return
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", errors="replace")
    message = BytesParser().parsebytes(head + body)
    if not message.is_multipart():
        yield None, whole
        return
    for part in message.walk():
        content, name = part.get_payload(decode=True), part.get_param("name", header="Content-Disposition")
        if isinstance(content, bytes) and (part.get_content_type() == "application/json" or name in ("json", "to")):
            yield str(name), content.decode("utf-8", errors="replace")


def _addressed(value: Json, under_to: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, child in value.items():
            if name == "to" or (under_to and name in _PARTIES):
                yield from _addressed(child, under_to=True)
            elif not under_to:
                yield from _addressed(child)
    elif isinstance(value, list):
        for child in value:
            yield from _addressed(child, under_to)
    elif under_to and isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value).removeprefix("+")
