"""Which calls no test wants to see, and how they are printed."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from enum import StrEnum

from ..http import oauth
from ..http.recording import MOST_REASONS, line
from ..world.journal import Entry, RefusedBy

MAX_LINES = 100
"""Calls that a timeline shows; the latest."""

HEAD = "The calls of this test, oldest first:"

MAX_SHOWN_BODY = 400
"""Characters."""


class Fault(StrEnum):
    """Two kinds of calls that fail the test that made them, by the names that a test allows them with."""

    CONTRACT_VIOLATIONS = "contract_violations"
    SERVER_ERRORS = "server_errors"


_SAID = {
    Fault.CONTRACT_VIOLATIONS: "The client sent what the contract does not have:",
    Fault.SERVER_ERRORS: "The server failed:",
}


def fault_of(entry: Entry) -> Fault | None:
    """What is wrong with a call; nothing with one that the documented rules refused, or that failed on demand."""
    if entry.refused_by is RefusedBy.FAULTS:
        return None
    if entry.status >= 500:
        return Fault.SERVER_ERRORS
    return Fault.CONTRACT_VIOLATIONS if entry.refused_by is RefusedBy.CONTRACT else None


def by_methods(kinds: Sequence[Fault]) -> str:
    """How a test allows such calls under any test runner."""
    return f"A test that wants this calls {' and '.join(f'allow_{kind}()' for kind in kinds)} of its handle."


def by_marks(kinds: Sequence[Fault]) -> str:
    """How a test allows such calls under pytest."""
    allowed = ", ".join(f'"{kind}"' for kind in kinds)
    return f"A test that wants this says @pytest.mark.ringmock_allows({allowed})."


def complaint(faults: Sequence[Entry], calls: Sequence[Entry], advice: Callable[[Sequence[Fault]], str]) -> str:
    """What went wrong in a test, what its world saw, and by `advice` how to say that it is as it should be."""
    kinds = [kind for kind in Fault if any(fault_of(entry) is kind for entry in faults)]
    parts = []
    for kind in kinds:
        parts += [_SAID[kind], *(line for entry in faults if fault_of(entry) is kind for line in _in_full(entry))]
    return "\n".join([*parts, "", timeline(calls, faults), "", advice(kinds)])


def timeline(calls: Iterable[Entry], faults: Collection[Entry] = ()) -> str:
    """One line for each call, oldest first: who, what, status and time, outcomes, reasons and rules."""
    lines = [f"{'>' if entry in faults else ' '} {line(entry)}" for entry in calls]
    return "\n".join([HEAD, *(lines or ["  none"])])


def _in_full(entry: Entry) -> Iterable[str]:
    yield f"  {line(entry).lstrip()}"
    yield from (f"    {reason}" for reason in entry.reasons[MOST_REASONS:])
    if entry.body is not None and entry.operation not in oauth.OPERATIONS:
        yield f"    body: {json.dumps(entry.body)[:MAX_SHOWN_BODY]}"
