"""Recording answered calls: an entry in the world's journal, and one line in the log."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple

from ..domain.errors import InvalidParameter, Refusal
from ..domain.message import Routed
from ..lab.faults import BrokenOff, FaultRule, Injected, rule_text
from ..sign_in.sessions import Session, TokenRefused
from ..sign_in.worlds import Worlds
from ..world.history.log import LogUnavailable
from ..world.journal import Entry, RefusedBy
from . import errors, oauth, redaction
from .authorization_header import credentials_of
from .call import Call
from .near_paths import near_path
from .stages import JSON, Done
from .validation import as_it_came
from .why.plans import plans
from .why.reasons import sentences, sentences_of_parameters

_CREDENTIALS = frozenset({"access_token", "client_id", "client_assertion"})

_CONNECTION_DIGITS = 12
_SIGN_IN = oauth.OPERATIONS | {"authWsToken"}
_NONE: Mapping[bytes, bytes] = MappingProxyType({})
log = logging.getLogger("ringmock.calls")


def recorder(worlds: Worlds) -> Done:
    """Records a call in the world of its credentials, or in the default world when it has none.

    Reading calls of the control API are not recorded.
    """

    def done(call: Call, status: int, milliseconds: float) -> None:
        is_control = call.is_control
        if is_control and call.method == "GET":
            return  # a page of the inspector polls every other second
        if call.world is None and not is_control:
            find_caller(call, worlds)
        world = call.world or worlds.default
        kept = call_data_of(call, status, milliseconds, world.clock.now())
        problems = call.problems
        is_of_this_life = not problems or not any(isinstance(problem, BrokenOff) for problem in problems)
        if not is_control and is_of_this_life:
            world.record_call(kept.entry)
        if log.isEnabledFor(logging.INFO):
            entry = kept.entry()
            log.info("%s", line(entry), extra={"entry": entry})

    return done


class CallData(NamedTuple):
    """The data of a call's journal entry, as small as possible: a thousand are stored."""

    at: datetime
    session: Session | None
    method: str
    path: str
    operation: str | None
    status: int
    milliseconds: float
    routed: tuple[Routed, ...]
    problems: Sequence[Exception]
    is_handled: bool
    content: bytes
    """A JSON body, as received."""
    body: Any
    """Any other body, parsed."""
    body_left_out: int
    token: str | None
    is_lost: bool
    more_routed: int
    has_credentials: bool
    query: bytes
    headers: Mapping[bytes, bytes]
    answer: bytes
    answer_left_out: int
    fault: FaultRule | None
    has_next_page: bool
    origin: str

    def entry(self) -> Entry:
        """The journal's entry."""
        is_of_sign_in = self.operation in _SIGN_IN
        body = redaction.body_of(_written(self.content) if self.content else self.body, is_of_sign_in=is_of_sign_in)
        query = redaction.query_of(self.query)
        refuser = refused_by(self.problems, is_handled=self.is_handled)
        said = tuple(error_of(problem) for problem in self.problems)
        return Entry(
            at=self.at,
            who=self.session.extension_number if self.session else None,
            method=self.method,
            path=self.path,
            operation=self.operation,
            status=self.status,
            milliseconds=self.milliseconds,
            routed=self.routed,
            errors=said,
            refused_by=refuser,
            rules=tuple(rules_of(self.routed, self.problems)),
            body=body,
            body_left_out=self.body_left_out,
            token=self.token,
            is_lost=self.is_lost,
            more_routed=self.more_routed,
            near_path=self.near_path,
            has_credentials=self.has_credentials,
            query=query,
            headers=redaction.headers_of(self.headers),
            answer=redaction.answer_of(self.answer, is_of_sign_in=is_of_sign_in),
            answer_left_out=self.answer_left_out,
            reasons=tuple(self._reasons(body, said)) if refuser is RefusedBy.CONTRACT else (),
            fault=None if self.fault is None else rule_text(self.fault),
            has_next_page=self.has_next_page,
            origin=self.origin,
            connection=_connection_of(self.session),
        )

    def _reasons(self, body: Any, said: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        """What of the request the contract does not have, and what would be right."""
        plan = plans().get(self.operation or "")
        if plan is None:
            return ()
        about = [error["parameterName"] for error in said if "parameterName" in error]
        return [*sentences(plan, body), *sentences_of_parameters(plan, about)]

    @property
    def near_path(self) -> str | None:
        """The similar path of the contract, for a path that the contract does not have."""
        names_nothing = self.operation is None and any(isinstance(each, errors.InvalidUri) for each in self.problems)
        return near_path(self.path) if names_nothing else None


def _connection_of(session: Session | None) -> str | None:
    """A name for the WebSocket whose session this is, that says nothing of its token."""
    if session is None or not session.is_of_connection:
        return None
    return sha256(session.access_token.encode()).hexdigest()[:_CONNECTION_DIGITS]


def call_data_of(call: Call, status: int, milliseconds: float, at: datetime) -> CallData:
    """The data of an answered call at this time of its world; without the body when it is too large."""
    content, body, left_out = _body_of(call)
    problems = call.problems
    routed, more_routed, most = call.routed, 0, call.limits.max_journal_recipients
    if len(routed) > most:
        routed, more_routed = routed[:most], len(routed) - most
    # Its own constructor takes longer, and this is done for every call.
    return tuple.__new__(
        CallData,
        (
            at,
            call.session,
            call.method,
            call.path,
            call.operation,
            status,
            milliseconds,
            routed,
            tuple([errors.without_frames(problem) for problem in problems]) if problems else (),
            call.is_handled,
            content,
            body,
            left_out,
            call.token,
            call.is_lost,
            more_routed,
            b"authorization" in call.headers or has_credentials(call),
            call.query_string,
            call.headers if call.header_bytes <= call.limits.max_journal_body else _NONE,
            call.kept_answer,
            0 if len(call.encoded) <= call.limits.max_journal_body else len(call.encoded),
            call.fault,
            call.method == "GET" and call.answer is not None and _has_next_page(call.answer.body),
            call.base_url,
        ),
    )


def _body_of(call: Call) -> tuple[bytes, Any, int]:
    """The body as it came where it is JSON, else what it says; and how long one is that is left out."""
    body, most = call.body, call.limits.max_journal_body
    if body is None:
        return call.content if call.problems and len(call.content) <= most else b"", None, 0
    if len(call.content) > most and _length_without_attachments(call) > most:
        return b"", None, len(call.content)
    return (call.content, None, 0) if call.media_type == JSON else (b"", body, 0)


def _has_next_page(body: Any) -> bool:
    return isinstance(body, dict) and "nextPage" in body.get("navigation", ())


def _written(content: bytes) -> Any:
    """What a body of JSON says; a body that is none, as the text that it is."""
    try:
        return as_it_came(content)
    except Exception:
        return content.decode("utf-8", "replace")


def has_credentials(call: Call) -> bool:
    """Whether a call without an Authorization header has credentials all the same: in its query, or in a form."""
    if call.world is not None or call.token is not None:
        return True
    given = {name for name, _ in call.query}
    if isinstance(call.body, dict) and call.operation in oauth.OPERATIONS:
        given |= call.body.keys()
    return not given.isdisjoint(_CREDENTIALS)


def find_caller(call: Call, worlds: Worlds) -> None:
    """Put session and world on a call that was answered before any stage had authenticated it."""
    authorization = call.headers.get(b"authorization", b"").decode("latin-1")
    scheme, credentials = credentials_of(authorization)
    try:
        if scheme == "bearer":
            call.session = worlds.log_ins.session_of(credentials)
            call.world = call.session.world
        elif scheme == "basic":
            client_id, secret = oauth.basic_credentials(authorization)
            call.world = worlds.known_world(client_id, secret or None)
    except (TokenRefused, errors.AuthorizationMalformed, LogUnavailable):
        pass
    name = call.world_name
    call.world = call.world if name is None else worlds.world_named(name) or call.world


def _length_without_attachments(call: Call) -> int:
    length = len(call.content)
    return length - sum(len(each.content) for each in call.attachments) if call.attachments else length


def refused_by(problems: Sequence[Exception], *, is_handled: bool) -> RefusedBy | None:
    """What refused a call, by its first problem.

    The contract refuses before the handler is called. A text that is too long violates its schema too, and is reported
    as R-04.
    """
    if not problems or isinstance(problems[0], errors.InternalError):
        return None
    if isinstance(problems[0], Injected):
        return RefusedBy.FAULTS
    first = problems[0]
    breaks_schema = type(first) is InvalidParameter and not is_handled
    return RefusedBy.CONTRACT if breaks_schema or isinstance(first, errors.OF_THE_CONTRACT) else RefusedBy.RULES


def error_of(problem: Exception) -> dict[str, str]:
    row = oauth.row_of_sign_in(problem)
    if row is not None:
        said = oauth.oauth_entry(problem, row)
        return {"errorCode": said["errorCode"], "message": said["message"]}
    said = errors.entry(problem)
    value = getattr(problem, "value", None)
    # the service's own message often does not name the subject
    return said if value is None or value in said["message"] else {**said, "value": value}


def rules_of(routed: Iterable[Routed], problems: Iterable[Exception]) -> Iterable[str]:
    """The rules that decided, each once."""
    rules = [each.rule for each in routed]
    rules += [problem.rule for problem in problems if isinstance(problem, Refusal) and problem.rule]
    return dict.fromkeys(rules)


MOST_REASONS = 3
"""A log line has no more."""


def line(entry: Entry) -> str:
    """Extension, operation, status, time and the rules that decided; the reason when it was refused."""
    more = [f"and {entry.more_routed} more"] if entry.more_routed else []
    outcomes = ", ".join([*map(outcome, entry.routed), *more])
    reasons = "; ".join(map(_reason, entry.errors))
    reasons += f": did you mean {entry.near_path}?" if entry.near_path else ""
    reasons += f": {'; '.join(map(printable, entry.reasons[:MOST_REASONS]))}" if entry.reasons else ""
    rules = f" ({', '.join(entry.rules)})" if entry.errors and entry.rules else ""
    said = f"{entry.who or '-':>4} {entry.method} {printable(entry.path)} {entry.status} {entry.milliseconds:.1f}ms"
    failed = "failed on demand" if entry.refused_by is RefusedBy.FAULTS else ""
    lost = "answer lost on demand" if entry.is_lost else ""
    return "  ".join(part for part in (said, outcomes, reasons + rules, failed, lost) if part)


def facts(entry: Entry) -> dict[str, Any]:
    """What `line` says, as JSON; what there is nothing to say of is left out."""
    all_facts = {
        "extension": entry.who,
        "method": entry.method,
        "path": entry.path,
        "operation": entry.operation,
        "status": entry.status,
        "milliseconds": round(entry.milliseconds, 1),
        "recipients": [
            {"recipient": each.recipient, "outcome": each.outcome.value, "rule": each.rule} for each in entry.routed
        ],
        "moreRecipients": entry.more_routed,
        "errors": list(entry.errors),
        "refusedBy": entry.refused_by,
        "rules": list(entry.rules),
        "reasons": list(entry.reasons),
        "didYouMean": entry.near_path,
        "fault": entry.fault,
        "isAnswerLost": entry.is_lost,
    }
    return {name: value for name, value in all_facts.items() if value not in (None, [], 0, False)}


def outcome(routed: Routed) -> str:
    """What became of one recipient, and the rule that decided it."""
    return f"{routed.recipient} {routed.outcome} ({routed.rule})"


def _reason(error: Mapping[str, str]) -> str:
    about = " ".join(error[key] for key in ("parameterName", "value") if key in error)
    return f"{error['errorCode']} {error['message']}" + (f" [{printable(about)}]" if about else "")


def printable(text: str) -> str:
    """A client's text on one line, for the log."""
    return text.encode("unicode_escape").decode("ascii")[:200]
