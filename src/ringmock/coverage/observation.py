"""One call and its answer, as far as it was seen: what coverage is computed from."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

Json = Any


class Note(StrEnum):
    """What no answer shows and only its server knows."""

    DEPARTMENT_SENDS = "a Department sent it"
    DEPARTMENT_CAN_SEND = "it lists a number of a Department with SmsSender"
    FROM_COMPANY_NUMBER = "it was sent from a number of the company's own"
    MEMBER_REPLIES = "a member sent it in a conversation of his Department"
    RECEIVED_UNACTIVATED = "an extension that is NotActivated or Unassigned received it"
    DROPPED_IS_KEPT = "it shows a dropped SMS in its sender's mailbox"
    DROPPED_IS_SENT = "it shows a dropped SMS in the status Sent"


class Problem(NamedTuple):
    """One entry of the `errors` of a refusal."""

    code: str
    parameter: str | None = None


class Observation(NamedTuple):
    """A call of an operation of the contract. What was not observed is None or empty."""

    operation: str
    status: int
    problems: tuple[Problem, ...] = ()
    sent: Json = None
    """The request's body as JSON."""
    answer: Json = None
    """The answer's body as JSON."""
    path: Mapping[str, str] = {}
    """Path parameters by name."""
    rules: frozenset[str] = frozenset()
    """The rules that decided, by the server's own record."""
    notes: frozenset[Note] = frozenset()
    """By the server's own record, too."""
    generation: str | None = None
    """None when only the shape of the answer shows it."""
    is_wanted: bool = False
    """Whether somebody asked for the answer: by a fault on demand, or a test that says that it may come."""

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300

    def is_refused_with(self, *codes: str) -> bool:
        """Whether one of these error codes was answered."""
        return any(problem.code in codes for problem in self.problems)

    def is_refused_about(self, parameter: str, code: str) -> bool:
        """Whether this error code was answered about this parameter."""
        return Problem(code, parameter) in self.problems

    @property
    def messages(self) -> Iterator[Mapping[str, Json]]:
        """Every message of the answer, be it one or a list of them."""
        for found in (self.answer, *as_list(as_object(self.answer).get("records"))):
            if isinstance(found, dict) and {"type", "direction", "availability"} <= found.keys():
                yield found

    def recipients(self) -> tuple[Mapping[str, Json], ...]:
        """`to` of the request."""
        return tuple(map(as_object, as_list(as_object(self.sent).get("to"))))


def problems_in(body: Json) -> tuple[Problem, ...]:
    """The entries of a refusal's envelope, or of RFC 6749's with RingCentral's; none for another answer."""
    entries = [entry for entry in as_list(as_object(body).get("errors")) if isinstance(entry, dict)]
    return tuple(
        Problem(str(entry["errorCode"]), entry.get("parameterName")) for entry in entries if "errorCode" in entry
    )


def as_object(value: Json) -> Mapping[str, Json]:
    """A JSON value that is an object; an empty one for any other."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """A JSON value that is a list; an empty one for any other."""
    return value if isinstance(value, list) else []
