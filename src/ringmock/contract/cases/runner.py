"""The runner of a contract case: a new world, its changes, its calls, and checks of the results.

Client credentials that the server does not know open a separate world, so cases do not affect each other. Changes
without an API call (a freeze, the clock, handsets, outcomes) use ringmock's control API.
"""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ...domain.account import Account
from ...domain.generation import GENERATIONS
from ...world.template import Credentials
from .. import multipart
from ..guard import NotSent
from ..http_client import Answer, ConnectionEnded, Exchange, HttpClient, NoAnswer, Request
from ..receiver import WAIT_SECONDS, Manners, Receiver
from ..target import Target, basic, form_request, made_up_application, shown, sign_in_forms
from . import RECEIVER, Case, Step
from .expectations import ABSENT, CLIENT_ID, Difference, differences, filled, found_at, is_matcher, names_in
from .membership import Membership, Unreadable, changes_members
from .operation import JSON
from .preconditions import PreparedCase, prepared
from .request import encoded, file_of, request_of
from .shapes import SENDING, WRITTEN, Shape
from .sockets import Sockets

Json = Any

API = "/restapi/v1.0"
OWN_MAILBOX = f"{API}/account/~/extension/~/message-store"
EVERYTHING = {"dateFrom": "2000-01-01T00:00:00.000Z", "perPage": 1000}
CONNECTION, CLOSED = "connection", "closed connection"
"""Where there is no answer: of a server that is not reached, and of one that ends the connection instead."""
"""The place of the difference when no answer came."""
OPENED = {"type": "ConnectionDetails"}
"""What a WebSocket says first, unless a step expects more."""
BETWEEN_LOOKS = 0.5
WORLD = "X-Ringmock-World"
MAX_LINE = 300
JOURNAL_LIMIT = 5
"""Between a call and the check of its outcomes there are at most sign-ins."""

_STATUS_BY_CHANGE = {
    "enable": "Enabled",
    "freeze": "Frozen",
    "disable": "Disabled",
    "deactivate": "NotActivated",
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A call with an unexpected answer or effect, and at least one difference."""

    differences: tuple[Difference, ...]
    exchange: Exchange | None
    """None when no answer came."""
    after: Exchange | None = None
    """The step's own call, when its answer was right but its effect was not."""
    unanswered: Exchange | None = None
    """The call that no answer came to."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The step that failed, counted from 1 (0 is what the case is given), and all that was wrong with it."""

    number: int
    line: int
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case and its result. The steps after a failed one are not run."""

    case: Case
    failure: Failure | None
    skipped: str | None = None
    """Why it was not run, or not to its end."""

    @property
    def passed(self) -> bool:
        return self.failure is None and self.skipped is None

    @property
    def is_unanswered(self) -> bool:
        """Whether the case ended because the server could not be reached, or kept it waiting in vain."""
        return self.failure is not None and any(m.differences[0].where == CONNECTION for m in self.failure.mismatches)


Look = Callable[[], tuple[Exchange, list[Json]]]
"""Makes a call and gives the list that it shows."""


class _Stuck(Exception):
    """A missing value without which the case cannot continue."""

    def __init__(self, mismatch: Mismatch) -> None:
        super().__init__(mismatch)
        self.mismatch = mismatch


class _SignInRefused(_Stuck):
    """No access token for an extension."""


def run_case(case: Case, target: Target) -> CaseResult:
    """Prepare a case, and run it: see `run_prepared`."""
    return run_prepared(prepared(case, target), target)


def run_prepared(found: PreparedCase, target: Target) -> CaseResult:
    """Run a case, in a separate world if the target has worlds. Always returns a result, whatever the server does.

    Without worlds, only messages that arrived after its start count in mailboxes.
    """
    case, reason = found
    if reason is not None:
        return CaseResult(case, None, reason)
    with target.client() as client, ExitStack() as resources:
        caller = _Caller(client, target)
        run = _Run(case, caller, resources, _shape(case, target))
        try:
            if target.has_worlds or not changes_members(case):
                return CaseResult(case, run.failure())
            return _members_kept(case, caller, run)
        except NotSent as refusal:
            return CaseResult(case, None, str(refusal))


def _shape(case: Case, target: Target) -> Shape:
    """The shape of expected answers on this server: literal for a case that names its generation."""
    return Shape(GENERATIONS[WRITTEN if case.generation is not None else target.generation])


def _members_kept(case: Case, caller: "_Caller", run: "_Run") -> CaseResult:
    """Run a case that changes the members of Departments, and restore them, even when it failed."""
    try:
        members = Membership(caller.account, caller.as_steward)
    except (Unreadable, _Stuck, NoAnswer) as error:
        return CaseResult(case, None, f"it changes who is in a Department, which could not be put back: {_why(error)}")
    skipped = None
    try:
        failure = run.failure()
    except NotSent as refusal:
        failure, skipped = None, str(refusal)
    except KeyboardInterrupt:
        members.put_back()
        raise
    left = _left_changed(members)
    if left is None:
        return CaseResult(case, failure, skipped)
    failed = failure or Failure(len(case.steps), case.line, ())
    return CaseResult(case, replace(failed, mismatches=(*failed.mismatches, left)))


def _left_changed(members: Membership) -> Mismatch | None:
    """Restore the members of Departments; returns the reason of a failure."""
    expected = "as before the case"
    try:
        refused = members.put_back()
    except (Unreadable, NoAnswer) as error:
        return Mismatch((Difference("members of Departments", expected, str(error)),), None)
    if refused is None:
        return None
    said = f"{refused.answer.status} {refused.answer.text}"
    return Mismatch((Difference("members of Departments", expected, said),), refused)


def _why(error: Exception) -> str:
    return str(error.mismatch.differences[0].actual) if isinstance(error, _Stuck) else str(error)


def calls_of(case: Case, target: Target) -> Iterator[str]:
    """The calls of the case, bound to the account, one per line, with their callers. Sends nothing."""
    if case.given:
        yield f"changes the world: {json.dumps(case.given, ensure_ascii=False)}"
    for step in (*case.steps, *case.after):
        if step.change:
            yield f"changes the world: {json.dumps(step.change, ensure_ascii=False)}"
        if step.when is not None:
            named = {name: f"${{{name}}}" for name in names_in(dict(step.when))}
            request = request_of(filled(dict(step.when), named))
            who = step.caller if isinstance(step.caller, str) else f"a {next(iter(step.caller))}"
            sent = shown(target, request).body
            body = "" if sent is None else f" {sent.decode('utf-8', errors='replace')!r}"[:MAX_LINE]
            yield f"as {who}: {request.method} {request.target}{body}{_not_sent(target, request)}"
        for number in step.mailboxes:
            yield f"as {number}: GET {OWN_MAILBOX}"


def _not_sent(target: Target, request: Request) -> str:
    guard = target.guard
    reason = guard and guard.reason_against(request.method, request.target, request.headers, request.body)
    return f"  -- not sent: {reason}" if reason else ""


def _with_lower_headers(notification: Json) -> Json:
    """What is expected of a notification, its headers named as the receiver names them."""
    if not isinstance(notification, dict) or not isinstance(notification.get("headers"), dict):
        return notification
    return {**notification, "headers": {name.lower(): value for name, value in notification["headers"].items()}}


def _as_written(expected: Json, _: Json) -> Json:
    return expected


class _Run:
    """One case under way."""

    def __init__(self, case: Case, caller: "_Caller", resources: ExitStack, shape: Shape) -> None:
        self._case = case
        self._caller = caller
        self._resources = resources
        self._shape = shape
        self._receiver: Receiver | None = None
        self._sockets = Sockets(caller.base_url, caller.call, resources, caller.ca)
        self._kept: dict[str, Json] = {CLIENT_ID: caller.client_id}

    def failure(self) -> Failure | None:
        """Run the steps up to the first failure; then run the `after` steps in any case."""
        case = self._case
        given = Step(line=case.line, change=self._caller.cleared(case.given))
        try:
            self._caller.remember({number for step in (*case.steps, *case.after) for number in step.mailboxes})
        except _Stuck as stuck:
            return Failure(0, case.line, (stuck.mismatch,))
        except NoAnswer as error:
            return Failure(0, case.line, (_unanswered(error),))
        failed = self._first_failure(enumerate((given, *case.steps)))
        cleared = self._first_failure(enumerate(case.after, start=len(case.steps) + 1))
        return failed or cleared

    def _first_failure(self, steps: Iterable[tuple[int, Step]]) -> Failure | None:
        for number, step in steps:
            mismatches = self._mismatches(step)
            if mismatches:
                return Failure(number, step.line, mismatches)
        return None

    def _mismatches(self, step: Step) -> tuple[Mismatch, ...]:
        try:
            return tuple(self._taken(step))
        except _Stuck as stuck:
            return (stuck.mismatch,)
        except NoAnswer as error:
            return (_unanswered(error),)
        except KeyError as name:
            unkept = Difference("step", f"a value that was kept as {name.args[0]}", ABSENT)
            return (Mismatch((unkept,), None),)

    def _taken(self, step: Step) -> Iterator[Mismatch]:
        if "receiver" in step.change:
            self._receive(Manners.of(step.change["receiver"]))
        _World(self._caller).change(filled(dict(step.change), self._kept))
        yield from self._connections(step)
        if step.when is not None:
            when = self._shape.call(filled(dict(step.when), self._kept))
            exchange = self._called(filled(step.caller, self._kept), when)
            then = self._in_shape(filled(dict(step.then), self._kept), exchange.answer, when)
            found = tuple(_unexpected(then, exchange.answer))
            if found:
                yield Mismatch(found, exchange)
                return
            self._keep(step.keep, exchange)
            yield from (replace(mismatch, after=exchange) for mismatch in self._looks(step))
        else:
            yield from self._looks(step)

    def _called(self, caller: Json, when: Mapping[str, Json]) -> Exchange:
        if isinstance(caller, dict) and "socket" in caller:
            return self._sockets.call(caller["socket"], when)
        return self._caller.call(caller, when)

    def _connections(self, step: Step) -> Iterator[Mismatch]:
        """Close, open and send, as the step says."""
        if step.disconnect is not None:
            self._sockets.close(step.disconnect)
        if step.connect is not None:
            said = filled(dict(step.connect), self._kept)
            first = self._sockets.open(said)
            found = tuple(differences(said.get("details", OPENED), first, f"WebSocket {said['socket']}"))
            if found:
                yield Mismatch(found, None)
        if step.send is not None:
            self._sockets.send(filled(dict(step.send), self._kept))

    def _in_shape(self, then: Mapping[str, Json], answer: Answer, when: Mapping[str, Json]) -> Mapping[str, Json]:
        just_sent, body = when.get("operation") in SENDING, answer.json
        changed = dict(then)
        for part in ("body", "exact"):
            if part in then:
                is_exact = part == "exact"
                changed[part] = self._shape.expected(then[part], body, just_sent=just_sent, exact=is_exact)
        if "parts" in then:
            changed["parts"] = self._shape.expected(then["parts"], answer.parts)
        if "text" in then and "text/csv" in answer.headers.get("content-type", ""):
            changed["text"] = self._shape.csv(then["text"])
        self._shape.threads.note(body)
        self._shape.answered_with(answer.status)
        return changed

    def _receive(self, manners: Manners) -> None:
        """Set the behaviour of the case's webhook receiver; the first time, open it and keep its address."""
        if self._receiver is None:
            self._receiver = self._resources.enter_context(Receiver())
            self._kept[RECEIVER] = self._receiver.url
        self._receiver.manners = manners

    def _keep(self, names: Mapping[str, str], exchange: Exchange) -> None:
        for name, where in names.items():
            value = _kept_from(exchange.answer, where)
            if value is ABSENT:
                raise _Stuck(Mismatch((Difference(where, f"a value to keep as {name}", ABSENT),), exchange))
            self._kept[name] = value

    def _looks(self, step: Step) -> Iterator[Mismatch]:
        if step.outcomes and step.when is not None:
            yield from self._outcomes(step.outcomes, step.when.get("operation"))
        for number, expected in step.mailboxes.items():
            look = partial(self._caller.mailbox, number)
            yield from self._look(f"mailbox of {number}", expected, "subject", look, self._shape.expected)
        for phone, expected in step.handsets.items():
            yield from self._look(f"handset {phone}", expected, "text", partial(self._caller.handset, phone))
        for name, wanted in step.sockets.items():
            came = self._sockets.next_messages(name, max(len(wanted), 1))
            found = tuple(differences(filled(list(wanted), self._kept), came, f"WebSocket {name}"))
            if found:
                yield Mismatch(found, None)
        if step.notifications and self._receiver is not None:
            actual = self._receiver.next_notifications(len(step.notifications))
            wanted = [_with_lower_headers(each) for each in filled(list(step.notifications), self._kept)]
            found = tuple(differences(wanted, actual, "notifications"))
            if found:
                yield Mismatch(found, None)
            elif not self._receiver.manners.are_good:
                self._let_failures_be_noted({each["uuid"] for each in actual})

    def _let_failures_be_noted(self, uuids: set[str]) -> None:
        """Wait until the server knows the result of these notifications, or cannot say."""
        end = monotonic() + WAIT_SECONDS
        while monotonic() < end:
            known = _list_in(self._caller.control("GET", "/subscriptions"))
            if uuids <= {each["uuid"] for one in known for each in one["notifications"]}:
                return
            sleep(BETWEEN_LOOKS)

    def _outcomes(self, expected: Mapping[str, str], operation: str | None) -> Iterator[Mismatch]:
        journal = self._caller.control("GET", f"/journal?limit={JOURNAL_LIMIT}")
        actual = _outcomes_of(_list_in(journal), operation)
        found = tuple(differences(filled(dict(expected), self._kept), actual, "outcomes", exact=True))
        if found:
            yield Mismatch(found, journal)

    def _look(
        self, where: str, expected: Json, text: str, look: Look, shaped: Callable[[Json, Json], Json] = _as_written
    ) -> Iterator[Mismatch]:
        expected = filled(_as_messages(expected, text), self._kept)
        end = monotonic() + self._caller.patience
        while True:
            exchange, actual = look()
            seen: Json = len(actual) if isinstance(expected, int) else actual
            found = tuple(differences(shaped(expected, seen), seen, where))
            if not found or monotonic() >= end:
                break
            sleep(BETWEEN_LOOKS)
        if found:
            yield Mismatch(_as_texts(where, expected, actual, text) or found, exchange)


def _as_texts(where: str, expected: Json, actual: list[Json], text: str) -> tuple[Difference, ...]:
    """The texts that were expected and those that are there; nothing when those agree and something else differs."""
    present = ["" if found_at(message, text) is ABSENT else found_at(message, text) for message in actual]
    if isinstance(expected, list):
        wanted = [one.get(text, "any") if isinstance(one, dict) and not is_matcher(one) else one for one in expected]
        if next(differences(wanted, present), None) is None:
            return ()
        return (Difference(where, wanted, present),)
    if isinstance(expected, int):
        return (Difference(where, f"{expected} message{'' if expected == 1 else 's'}", present),)
    return (Difference(where, _without_key(expected, text), present),)


def _without_key(expected: Json, text: str) -> Json:
    """A matcher of messages as one of texts."""
    if isinstance(expected, list):
        return [_without_key(one, text) for one in expected]
    if not isinstance(expected, dict):
        return expected
    if expected.keys() == {text}:
        return expected[text]
    return {name: _without_key(one, text) for name, one in expected.items()} if is_matcher(expected) else expected


def _as_messages(expected: Json, text: str) -> Json:
    """Expected messages as mappings; a text stands for a message with that text."""
    if isinstance(expected, str):
        return {text: expected}
    if isinstance(expected, list):
        return [_as_messages(one, text) for one in expected]
    if is_matcher(expected):
        return {name: wanted if name == "count" else _as_messages(wanted, text) for name, wanted in expected.items()}
    return expected


def _unanswered(error: NoAnswer) -> Mismatch:
    where = CLOSED if isinstance(error, ConnectionEnded) else CONNECTION
    return Mismatch((Difference(where, "an answer", str(error)),), None, unanswered=error.shown)


def _unexpected(then: Mapping[str, Json], answer: Answer) -> Iterator[Difference]:
    """Every difference between an answer and what is expected of it."""
    yield from differences(then["status"], answer.status, "status")
    body = answer.json
    for name, where in (("error", "errors.0.errorCode"), ("parameter", "errors.0.parameterName")):
        if name in then:
            yield from differences(then[name], found_at(body, where), where)
    if "body" in then:
        yield from differences(then["body"], body, "body")
    if "exact" in then:
        yield from differences(then["exact"], body, "body", exact=True)
    if "parts" in then:
        yield from differences(then["parts"], answer.parts, "parts")
    if "text" in then:
        yield from differences(then["text"], answer.text, "text")
    for name, expected in then.get("headers", {}).items():
        yield from differences(expected, answer.headers.get(name.lower(), ABSENT), f"headers.{name}")


def _kept_from(answer: Answer, where: str) -> Json:
    """What is at a place of the body, in `headers.Location`, or in the query of that: `headers.Location.code`."""
    if not where.startswith("headers."):
        return found_at(answer.json, where)
    _, name, *parameter = where.split(".", 2)
    value = answer.headers.get(name.lower())
    if value is None or not parameter:
        return ABSENT if value is None else value
    return dict(parse_qsl(urlsplit(value).query)).get(parameter[0], ABSENT)


def _outcomes_of(journal: list[Json], operation: str | None) -> Json:
    """The outcome of each recipient of the newest call of the operation, as `{"104": "skipped R-19"}`."""
    for entry in journal:
        if entry["operation"] == operation:
            return {said["recipient"]: f"{said['outcome']} {said['rule']}" for said in entry["recipients"]}
    return ABSENT


class _Caller:
    """Makes calls in the world of one application, and signs extensions in."""

    def __init__(self, client: HttpClient, target: Target) -> None:
        self._client = client
        self._target = target
        self._application = made_up_application() if target.has_worlds else target.application
        self._tokens: dict[str, str] = {}
        self._lapsed: set[str] = set()
        """Who was signed in before the clock was moved."""
        self._before: set[Json] = set()

    @property
    def base_url(self) -> str:
        """The server's."""
        return self._client.base_url

    @property
    def ca(self) -> Path | None:
        """The roots that the server's certificate may have."""
        return self._target.connection.ca

    @property
    def patience(self) -> float:
        """Seconds within which what was sent has to be in the mailboxes."""
        return self._target.patience

    def cleared(self, given: Mapping[str, Json]) -> Mapping[str, Json]:
        """What is given, without the rate limits that the fixture begins with: a case that needs some says so."""
        if self._target.template.limits is None or not self._target.has_worlds or "limits" in given:
            return given
        return {**given, "limits": {}}

    def remember(self, numbers: Iterable[str]) -> None:
        """Record what these mailboxes contain, from other cases or the fixture, so that it does not count."""
        if not self._target.has_worlds or self._target.template.messages:
            for number in sorted(numbers):
                _, records = self.mailbox(number)
                self._before |= {found_at(record, "id") for record in records}

    @property
    def client_id(self) -> str:
        """The application's."""
        return self._application.client_id

    def call(self, caller: Json, call: Mapping[str, Json]) -> Exchange:
        """Make the call that a case describes."""
        return self._send(request_of(call), self._authorization(caller))

    def mailbox(self, number: str) -> tuple[Exchange, Json]:
        """Every message that an extension can list and that was not there before, newest first."""
        with self._awake(number):
            request = Request("GET", f"{OWN_MAILBOX}?{urlencode(EVERYTHING)}")
            exchange = self._send(request, f"Bearer {self._token_of(number)}")
        records = _list_in(exchange, "records")
        return exchange, [record for record in records if found_at(record, "id") not in self._before]

    def handset(self, phone: str) -> tuple[Exchange, Json]:
        """Every SMS that a phone outside the account has received, newest first."""
        exchange = self.control("GET", f"/handsets/{quote(phone)}/messages")
        return exchange, _list_in(exchange)[::-1]

    def control(self, method: str, path: str, body: Json = None) -> Exchange:
        """Call the control API about this world. Raises `_Stuck` with the sentence that refuses the call."""
        headers, content = encoded(body, JSON)
        if self._lapsed and self._target.has_worlds:  # the steward may be frozen by now
            headers = {**headers, WORLD: self.client_id}
            exchange = self._send(Request(method, f"/_mock{path}", headers, content), None)
        else:
            request = Request(method, f"/_mock{path}", headers, content)
            exchange = self._send(request, f"Bearer {self._token_of(self._target.steward)}")
        if exchange.answer.status >= 300:
            said = found_at(exchange.answer.json, "error")
            raise _Stuck(Mismatch((Difference("control API", "2xx", f"{exchange.answer.status} {said}"),), exchange))
        return exchange

    @property
    def account(self) -> Account:
        """As the fixture describes it."""
        return self._target.template.account

    def as_steward(self, request: Request) -> Exchange:
        """Make a call as an administrator."""
        return self._send(request, f"Bearer {self._token_of(self._target.steward)}")

    def forget_sessions(self) -> None:
        """Sign in again at the next call: a moved clock may have ended every session."""
        self._lapsed |= self._tokens.keys()
        self._tokens.clear()

    @contextmanager
    def _awake(self, number: str) -> Iterator[None]:
        """Enable an extension that may not sign in for one check of its mailbox, and restore its status."""
        try:
            self._token_of(number)
        except _SignInRefused:
            if not self._target.is_ringmock:
                raise
            with self._enabled(number):
                yield
        else:
            yield

    @contextmanager
    def _enabled(self, number: str) -> Iterator[None]:
        """Enable an extension, and restore its status."""
        path = f"/extensions/{number}"
        status = found_at(self.control("GET", path).answer.json, "status")
        self.control("PATCH", path, {"status": "Enabled"})
        yield
        self.control("PATCH", path, {"status": status})

    def _authorization(self, caller: Json) -> str | None:
        if isinstance(caller, dict):
            return f"Bearer {caller['token']}"
        if caller == "application":
            return basic(self._application)
        return None if caller == "nobody" else f"Bearer {self._token_of(caller)}"

    def _token_of(self, number: str) -> str:
        if number not in self._tokens:
            again = number in self._lapsed and self._target.has_worlds
            self._tokens[number] = self._sign_in_again(number) if again else self._sign_in(number)
        return self._tokens[number]

    def _sign_in_again(self, number: str) -> str:
        """The log-in of an extension that may have been frozen since it signed in."""
        try:
            return self._sign_in(number)
        except _SignInRefused:
            with self._enabled(number):
                return self._sign_in(number)

    def _sign_in(self, number: str) -> str:
        ready_made = self._target.template.credentials.get(number, Credentials()).access_token
        if ready_made is not None and not self._target.has_worlds:
            return ready_made
        if number not in self._target.template.account.extensions:
            raise _SignInRefused(_refused(number, "no extension of the fixture", None))
        form = next(iter(sign_in_forms(self._target.template, number)), None)
        if form is None:
            raise _SignInRefused(_refused(number, "no credentials in the fixture", None))
        exchange = self._send(form_request(form, self._application), None)
        token = found_at(exchange.answer.json, "access_token")
        if exchange.answer.status != 200 or not isinstance(token, str):
            raise _SignInRefused(_refused(number, f"{exchange.answer.status} {exchange.answer.text}", exchange))
        return token

    def _send(self, request: Request, authorization: str | None) -> Exchange:
        if authorization is not None:
            request = replace(request, headers={"Authorization": authorization, **request.headers})
        as_shown = shown(self._target, request)
        try:
            return Exchange(self._client.base_url, as_shown, self._client.send(request))
        except NoAnswer as error:
            error.shown = Exchange(self._client.base_url, as_shown, Answer(0, {}, b""))
            raise


def _refused(number: str, said: str, exchange: Exchange | None) -> Mismatch:
    return Mismatch((Difference(f"sign-in of {number}", "an access token", said),), exchange)


@dataclass(frozen=True, slots=True)
class _World:
    """Changes of the world, through the control API."""

    caller: _Caller

    def change(self, change: Mapping[str, Json]) -> None:
        """Make these changes: the clock first, inbound messages last."""
        if "clock" in change:
            self._set_clock(change["clock"])
        for number, members in change.get("members", {}).items():
            self.caller.control("PUT", f"/departments/{number}/members", members)
        for word, status in _STATUS_BY_CHANGE.items():
            for number in change.get(word, ()):
                self.caller.control("PATCH", f"/extensions/{number}", {"status": status})
        if "limits" in change:
            self.caller.control("PUT", "/limits", dict(change["limits"]))
        for sms in change.get("inbound", ()):
            path = f"/handsets/{quote(sms['from'])}/messages"
            files = [_in_base64(file_of(said)) for said in sms.get("attachments", ())]
            sent = {"to": sms["to"], "text": sms["text"]}
            self.caller.control("POST", path, {**sent, "attachments": files} if files else sent)
        for fax in change.get("faxes", ()):
            files = [_in_base64(file_of(said)) for said in fax["attachments"]]
            path = f"/handsets/{quote(fax['from'])}/faxes"
            self.caller.control("POST", path, {"to": fax["to"], "attachments": files})

    def _set_clock(self, clock: Mapping[str, Json]) -> None:
        if "advance" in clock:
            self.caller.control("POST", "/clock/advance", {"seconds": clock["advance"]})
        else:
            self.caller.control("PUT", "/clock", dict(clock))
        self.caller.forget_sessions()


def _in_base64(file: multipart.File) -> dict[str, str]:
    """A file in the form that the control API accepts."""
    said = {"contentType": file.content_type, "fileName": file.name}
    content = base64.b64encode(file.content).decode()
    return {**{name: text for name, text in said.items() if text is not None}, "content": content}


def _list_in(exchange: Exchange, where: str | None = None) -> list[Json]:
    """The list that is an answer, or at a path in it. Raises `_Stuck` when there is none."""
    value = exchange.answer.json if where is None else found_at(exchange.answer.json, where)
    if not isinstance(value, list):
        said = f"{exchange.answer.status} {exchange.answer.text}"
        raise _Stuck(Mismatch((Difference(where or "body", "a list", said),), exchange))
    return value
