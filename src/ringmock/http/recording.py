"""What is kept of a call that was answered: an entry in its world's journal, and one line of the log."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from ..domain.errors import InvalidParameter, Refusal
from ..journal import Entry, RefusedBy
from ..sessions import TokenRefused
from ..worlds import Worlds
from . import errors, oauth
from .call import Call
from .stages import CONTROL_PREFIX, JSON, Done
from .validation import parse_json

MAX_KEPT_BODY = 16 * 1024
"""Bytes; a thousand bodies of ten megabytes would be more than a machine has."""

_NOTHING: Mapping[Any, Any] = MappingProxyType({})

log = logging.getLogger("ringmock.calls")


def recorder(worlds: Worlds) -> Done:
    """Records a call in the world of its credentials, or in the default world when it carries none."""

    def done(call: Call, status: int, milliseconds: float) -> None:
        is_control = call.path.startswith(CONTROL_PREFIX)
        if call.world is None and not is_control:
            find_caller(call, worlds)
        world = call.world or worlds.default
        tell = partial(entry_of, call, status, milliseconds, world.clock.now())
        let_go(call)
        if not is_control:
            world.remember(tell)
        if log.isEnabledFor(logging.INFO):
            log.info("%s", line(tell()))

    return done


def let_go(call: Call) -> None:
    """Leave on the call only what its entry is made of, in its smallest form: a thousand calls are kept.

    A body of JSON stays as it came, in `content`, any other in `body`.
    """
    is_small = _length_without_attachments(call) <= MAX_KEPT_BODY
    if call.media_type == JSON and call.body is not None and is_small:
        call.body = None
    else:
        call.content = b""
        if not is_small:
            call.body = None
    call.headers = call.parameters = _NOTHING
    call.query = call.attachments = ()
    call.answer, call.encoded = None, b""
    if call.problems:
        call.problems = tuple([problem.with_traceback(None) for problem in call.problems])


def find_caller(call: Call, worlds: Worlds) -> None:
    """Put session and world on a call that was answered before any stage had asked who makes it."""
    authorization = call.headers.get(b"authorization", b"").decode("latin-1")
    kind, _, token = authorization.partition(" ")
    try:
        if kind.lower() == "bearer":
            call.session = worlds.session_of(token.strip())
            call.world = call.session.world
        elif kind.lower() == "basic":
            client_id, secret = oauth.basic_credentials(authorization)
            call.world = worlds.known_world(client_id, secret or None)
    except (TokenRefused, errors.AuthorizationMalformed):
        return


def entry_of(call: Call, status: int, milliseconds: float, at: datetime) -> Entry:
    """The journal's entry for a call that was answered at this time of its world's, and let go."""
    return Entry(
        at=at,
        who=call.session.extension_number if call.session else None,
        method=call.method,
        path=call.path,
        operation=call.operation,
        status=status,
        milliseconds=milliseconds,
        routed=call.routed,
        errors=tuple(error_of(problem) for problem in call.problems),
        refused_by=refused_by(call),
        rules=tuple(rules_of(call)),
        body=parse_json(call.content) if call.content else call.body,
        token=call.token,
    )


def _length_without_attachments(call: Call) -> int:
    length = len(call.content)
    return length - sum(len(each.content) for each in call.attachments) if call.attachments else length


def refused_by(call: Call) -> RefusedBy | None:
    """What refused the call, by its first problem.

    The contract is what a request breaks before it comes to a handler. A text that is too long is found by the
    schema as well, and is R-04 all the same.
    """
    if not call.problems or isinstance(call.problems[0], errors.InternalError):
        return None
    first = call.problems[0]
    breaks_schema = type(first) is InvalidParameter and not call.is_handled
    return RefusedBy.CONTRACT if breaks_schema or isinstance(first, errors.OF_THE_CONTRACT) else RefusedBy.RULES


def error_of(problem: Exception) -> dict[str, str]:
    row = oauth.OAUTH_CATALOGUE.get(type(problem))
    if row is not None:
        said = oauth.oauth_entry(problem, row)
        return {"errorCode": said["errorCode"], "message": said["message"]}
    said = errors.entry(problem)
    value = getattr(problem, "value", None)
    # The service's own message often leaves out whom it is about.
    return said if value is None or value in said["message"] else {**said, "value": value}


def rules_of(call: Call) -> Iterable[str]:
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
