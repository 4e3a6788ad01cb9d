"""What is kept of a call that was answered: an entry in its world's journal, and one line of the log."""

import logging
from collections.abc import Iterable, Mapping

from ..domain.errors import Refusal
from ..journal import Entry
from ..worlds import Worlds
from . import errors, oauth
from .call import Call
from .stages import CONTROL_PREFIX, Done

MAX_KEPT_BODY = 16 * 1024
"""Bytes; a thousand bodies of ten megabytes would be more than a machine has."""

log = logging.getLogger("ringmock.calls")


def recorder(worlds: Worlds) -> Done:
    """Records a call in its world, or in the default world as long as nobody has signed in."""

    def done(call: Call, status: int, milliseconds: float) -> None:
        entry = entry_of(call, status, milliseconds, worlds)
        if not call.path.startswith(CONTROL_PREFIX):
            (call.world or worlds.default).journal.add(entry)
        if log.isEnabledFor(logging.INFO):
            log.info("%s", line(entry))

    return done


def entry_of(call: Call, status: int, milliseconds: float, worlds: Worlds) -> Entry:
    """The journal's entry for a call."""
    return Entry(
        at=(call.world or worlds.default).clock.now(),
        who=call.session.extension_number if call.session else None,
        method=call.method,
        path=call.path,
        operation=call.operation,
        status=status,
        milliseconds=milliseconds,
        routed=call.routed,
        errors=tuple(_error_of(problem) for problem in call.problems),
        rules=tuple(_rules_of(call)),
        body=call.body if len(call.content) <= MAX_KEPT_BODY else None,
        token=call.token,
    )


def _error_of(problem: Exception) -> dict[str, str]:
    row = oauth.OAUTH_CATALOGUE.get(type(problem))
    if row is not None:
        return {"errorCode": row.code, "message": row.description}
    said = errors.entry(problem)
    value = getattr(problem, "value", None)
    # The service's own message often leaves out whom it is about.
    return said if value is None or value in said["message"] else {**said, "value": value}


def _rules_of(call: Call) -> Iterable[str]:
    """The rules that decided, each once."""
    rules = [routed.rule for routed in call.routed]
    rules += [problem.rule for problem in call.problems if isinstance(problem, Refusal) and problem.rule]
    return dict.fromkeys(rules)


def line(entry: Entry) -> str:
    """Who, what, status, time and the rules that decided; the reason when it was refused."""
    outcomes = ", ".join(f"{r.recipient} {r.outcome} ({r.rule})" for r in entry.routed)
    reasons = "; ".join(map(_reason, entry.errors))
    rules = f" ({', '.join(entry.rules)})" if entry.errors and entry.rules else ""
    said = f"{entry.who or '-':>4} {entry.method} {printable(entry.path)} {entry.status} {entry.milliseconds:.1f}ms"
    return "  ".join(part for part in (said, outcomes, reasons + rules) if part)


def _reason(error: Mapping[str, str]) -> str:
    about = " ".join(error[key] for key in ("parameterName", "value") if key in error)
    return f"{error['errorCode']} {error['message']}" + (f" [{printable(about)}]" if about else "")


def printable(text: str) -> str:
    """A client's text, such that it cannot break the line that it stands in."""
    return text.encode("unicode_escape").decode("ascii")[:200]
