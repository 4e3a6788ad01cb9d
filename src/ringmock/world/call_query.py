"""Which calls of a journal are meant: by caller, result and text."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..domain.message import Routed
from .journal import Entry

Json = Any

SENDING = frozenset({"createSMSMessage", "createMMS", "createInternalTextMessage", "createA2PSMS"})
"""The operations that make messages."""


def made(entry: Entry, first: int | str | None, routed: Sequence[Routed]) -> bool:
    """Whether a call made the message of these outcomes, whose first copy, or batch, has the id `first`.

    The outcomes are those of the call itself, even where its answer was lost or is too long to be kept.
    """
    if entry.operation not in SENDING:
        return False
    if routed and entry.routed is routed:
        return True
    return first is not None and isinstance(entry.answer, dict) and str(entry.answer.get("id")) == str(first)


def is_about(entry: Entry, ids: Collection[str]) -> bool:
    """Whether the path of a call names one of these messages, by itself or in a list."""
    return any(part in ids for part in _ids_in(entry.path))


def _ids_in(path: str) -> Iterator[str]:
    """What stands behind the name of a collection of messages."""
    steps = path.split("/")
    for before, step in pairwise(steps):
        if before in ("message-store", "messages"):
            yield from step.split(",")


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls are meant; None and empty take any."""

    before: int | None = None
    """The number of a later call."""
    after: int = 0
    operation: str | None = None
    who: str | None = None
    """An extension number; empty for nobody."""
    status: str | None = None
    """Three digits, or a class, as `4xx`."""
    refused_by: str | None = None
    """The contract, rules, faults; a rule, a decision or an error code; or `any`."""
    rule: str | None = None
    """A rule or decision that decided, about the call or one of its recipients."""
    text: str = ""
    """What stands in the address, the request, the answer, or a reason; in any case of letters."""
    message: int | None = None
    """The id of a message that the call made or is about."""

    def takes(self, entry: Entry, number: int) -> bool:
        """Whether the call of this number is one of those."""
        return (
            number > self.after
            and (self.before is None or number < self.before)
            and self.operation in (None, entry.operation)
            and (self.who is None or self.who == (entry.who or ""))
            and (self.status is None or _is_status(self.status, entry.status))
            and (self.refused_by is None or _is_refused_by(self.refused_by, entry))
            and (self.rule is None or self.rule in entry.rules)
            and (self.message is None or is_about(entry, (str(self.message),)) or made(entry, self.message, ()))
            and (not self.text or any(self.text.casefold() in said.casefold() for said in _texts(entry)))
        )


def _is_status(wanted: str, status: int) -> bool:
    return str(status).startswith(wanted.rstrip("x"))


def _is_refused_by(wanted: str, entry: Entry) -> bool:
    if entry.refused_by is None:
        return False
    if wanted in ("any", entry.refused_by.value):
        return True
    return wanted in entry.rules or any(wanted == error.get("errorCode") for error in entry.errors)


def _texts(entry: Entry) -> Iterator[str]:
    """All that is written in a call, one piece at a time."""
    yield f"{entry.method} {entry.path}"
    yield from (f"{name}={value}" for name, value in entry.query)
    yield entry.operation or ""
    yield from (f"{error.get('errorCode', '')} {error.get('message', '')}" for error in entry.errors)
    yield from entry.reasons
    yield from (routed.recipient for routed in entry.routed)
    yield from (_written(said) for said in (entry.body, entry.answer))
    yield from (f"{name}: {value}" for name, value in entry.headers.items())


def _written(said: Json) -> str:
    """A text as it is, anything else as JSON."""
    if said is None:
        return ""
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=str)
