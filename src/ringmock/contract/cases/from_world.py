"""A case from what was done in a world: from its journals of calls and messages, as the control API gives them.

Extensions and phones become roles, ids and URIs of earlier answers `${names}`. A WebSocket is opened where the first
call comes on it, and looked at where a notification came. Sign-ins are left out, since whoever runs a case signs in; a
token or another secret is never written.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote

from ...coverage.paths import operation_of
from ...domain.account import ExtensionStatus, digits_of
from ...domain.errors import ApplicationPermissionDenied
from ...domain.generation import GENERATIONS
from ...domain.rulebook import DECISIONS, RULEBOOK
from ...fixture.yaml_text import Dumper, yaml_of
from ...http.errors import CATALOGUE
from ...openapi.document import load_contract
from ...sign_in.sessions import TokenExpired, TokenInvalid, TokenReplaced, TokenUnknown
from ...world.history.serialization import value_of
from ...world.template import Template
from .expected_answers import Expectations, held
from .operation import JSON, error_codes, known_operations
from .recorded_connections import Connections, Moment, Place, places_of
from .recorded_roles import Roles
from .recorded_values import CannotBeWritten, Kept, Names

Json = Any

LONG: Final = 60.0
"""Seconds between two calls in a world whose clock was moved, from which the case moves the clock."""
OAUTH: Final = "/restapi/oauth/"
AT_ONCE: Final = 0.5
"""Seconds in which no status becomes another by itself."""
MAX_LINE: Final = 90
_OF_BLOCKS: Final = frozenset({"needs", "cases", "steps", "when", "change", "mailboxes", "handsets", "sockets"})
_STATUS_WORDS: Final = {"Enabled": "enable", "Frozen": "freeze", "Disabled": "disable", "NotActivated": "deactivate"}
_ENDING_SIGN_IN: Final = tuple(word for word in dict.fromkeys(_STATUS_WORDS.values()) if word != "enable")
_CHANGES_MEMBERS: Final = "Department"
_FAX: Final = "Fax"
_GIVEN: Final = ("set_status", "set_members", "set_limits")
_DELETES: Final = frozenset(
    {
        *("deleteMessage", "deleteMessageByFilter", "deleteConversations", "updateMessage", "patchMessage"),
        "updateMessageStoreConfiguration",
    }
)
"""What may leave a mailbox without a message."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a world has seen. `calls` and `messages` are the control API's, the oldest first."""

    calls: Sequence[Mapping[str, Json]]
    messages: Sequence[Mapping[str, Json]]
    extensions: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """Extensions as the world has them now, by number."""
    clock_is_moved: bool = False
    """Whether the world's time is not the real one."""
    clock_is_frozen: bool = False
    limits: Mapping[str, Json] = field(default_factory=dict)
    subscriptions: Sequence[Mapping[str, Json]] = ()
    """Those that there are now, each with its latest notifications."""
    head: Mapping[str, Json] = field(default_factory=dict)
    """How the world's history began; empty for a server that does not say it."""
    commands: Sequence[Mapping[str, Json]] = ()
    """The history, line by line as it is exported."""
    origin: str = "http://127.0.0.1:8080"
    """Where the server is, without a slash at the end."""
    is_whole: bool = False
    """Whether the history has all that was done in the world, and the journal all calls."""

    @property
    def changes(self) -> Sequence[Mapping[str, Json]]:
        """What was done otherwise than by calls, the oldest first."""
        return [line for line in self.commands if "event" in line]

    @property
    def handled(self) -> Mapping[int, Mapping[str, Json]]:
        """The calls that changed something, as they came, by their numbers in the journal."""
        return {line["journal"]: line for line in self.commands if "call" in line}

    def story(self) -> Iterator[tuple[Mapping[str, Json] | None, Mapping[str, Json] | None]]:
        """Calls and changes in the order in which they were, either of them in each pair."""
        changes = list(self.changes) if self.is_whole else []
        for call in self.calls:
            while changes and changes[0]["after"] < call["id"]:
                yield None, changes.pop(0)
            yield call, None
        yield from ((None, change) for change in changes)


@dataclass(frozen=True, slots=True)
class Written:
    """The text of a case file, and why what of the recording is not in it."""

    text: str
    left_out: tuple[str, ...]
    signed_in: int
    """How many calls were sign-ins."""


def written_from(name: str, recording: Recording, template: Template) -> Written:
    """The case file of a recording. Raises `CannotBeWritten` when there is nothing to write."""
    return _Writer(name, recording, template).written()


class _Writer:
    """One case that is being written, step by step."""

    def __init__(self, name: str, recording: Recording, template: Template) -> None:
        self._name, self._recording, self._template = name, recording, template
        self._roles = Roles(template)
        self._kept = Kept()
        self._names = Names(self._roles, self._kept, template)
        has_seeds, has_carrier = bool(template.messages), template.carrier is not None
        is_timed = has_carrier or (recording.is_whole and _lasted(recording) and _is_timed(template))
        is_timed = is_timed or any(change["event"] == "set_carrier" for change in recording.changes)
        self._expectations = Expectations(self._names, has_seeds=has_seeds, is_timed=is_timed)
        self._places = {line["number"]: place for place, line in places_of(recording.commands)}
        self._connections = Connections(recording.subscriptions, _attempted(recording.commands))
        self._mailboxes: dict[str, list[str]] = {}
        self._handsets: dict[str, list[str]] = {}
        self._deleted = False
        self._members_changed = False
        self._steps: list[dict[str, Json]] = []
        self._before: dict[tuple[str, str], Json] = {}
        """What was changed before the first step, by the kind of change and the extension."""
        self._keeps: dict[str, None] = {}
        self._left_out: list[str] = []
        self._signed_in = 0
        self._waiting = list(recording.messages)
        self._at: datetime | None = None

    def written(self) -> Written:
        phones = {recipient for message in self._waiting for recipient in _outside(message)}
        senders = {message["from"] for message in self._waiting if message["sent_by"] is None}
        self._roles.phones_outside = {digits_of(phone) for phone in phones | senders}
        for call, change in self._recording.story():
            if change is not None:
                self._add_change(change)
            elif call is not None:
                if not self._recording.is_whole:
                    self._inbound_before(call)
                self._add(call)
        if not self._recording.is_whole:
            self._inbound_before(None)
        self._received_before(None)
        if not self._steps:
            raise CannotBeWritten(
                "there is nothing to write a case from: no call of the API but sign-ins, and no message from outside"
            )
        given = self._given()
        self._sign_in_before_they_may_not(given)
        self._finish_steps()
        case: dict[str, Json] = {"name": self._name, "keeps": list(self._keeps) or self._called()}
        case |= {"given": given, "steps": self._steps}
        return Written(self._as_text(case), tuple(self._left_out), self._signed_in)

    # --- steps -----------------------------------------------------------------------------------

    def _add(self, call: Mapping[str, Json]) -> None:
        if call["path"].startswith(OAUTH):
            self._signed_in += 1
            return
        try:
            step = self._step_of(call)
        except CannotBeWritten as reason:
            self._left_out.append(f"call {call['id']}, {call['method']} {call['path']}: {reason}")
            self._expectations.is_partial = self._expectations.is_partial or call["id"] in self._recording.handled
            return
        self._keeps_of(call)
        self._steps.append(step)

    def _add_change(self, change: Mapping[str, Json]) -> None:
        """A step for what was done to the world; nothing for what a case need not do, or cannot."""
        kind, values = change["event"], [value_of(value) for value in change["values"]]
        if kind == "text_from_handset":
            came = next((one for one in self._waiting if self._is_from_outside(one)), None)
            if came is not None:
                self._waiting.remove(came)
                self._add_inbound(came, self._places[change["number"]])
        elif not self._steps and kind in _GIVEN and str(values[-1]) != ExtensionStatus.UNASSIGNED:
            self._before[kind, values[0] if len(values) > 1 else ""] = values[-1]
        elif kind == "set_status" and str(values[1]) in _STATUS_WORDS:
            self._steps.append({"change": {_STATUS_WORDS[str(values[1])]: [self._roles.extension(values[0])]}})
        elif kind == "set_members":
            members = [self._roles.extension(member) for member in values[1]]
            self._steps.append({"change": {"members": {self._roles.extension(values[0]): members}}})
        elif kind == "set_limits":
            self._steps.append({"change": {"limits": values[0]}})
        elif kind == "fax_from_machine":
            self._waiting.remove(next(one for one in self._waiting if one["type"] == _FAX))
            self._left_out.append("a fax from outside, which no case sends")
            self._expectations.is_partial = True
        elif kind == "set_carrier":
            self._left_out.append("what carriers make of SMS: it is of an account, and no case changes it")

    def _is_from_outside(self, message: Mapping[str, Json]) -> bool:
        is_ours = digits_of(message["from"]) in self._template.account.phone_numbers
        return message["sent_by"] is None and not is_ours and message["type"] != _FAX

    def _step_of(self, call: Mapping[str, Json]) -> dict[str, Json]:
        call = as_it_was_handled(call, self._recording.handled)
        check_can_be_done_again(call)
        message = self._message_of(call)
        self._received_before(Moment(_moment(call["at"]), Place(call["id"])))
        caller, connection = self._caller(call), call.get("connection")
        change, when = self._change_before(call["at"]), self._when(call, message)
        if _has_good_webhook(call):
            change["receiver"] = {}
        step: dict[str, Json] = {"change": change} if change else {}
        if connection is not None:
            step |= self._connected(connection, caller)
        else:
            step["as"] = caller
        step |= {"when": when, "then": self._expectations.of(call)}
        if 200 <= call["status"] < 300:
            self._deleted = self._deleted or call["operation"] in _DELETES
            self._members_changed = self._members_changed or _CHANGES_MEMBERS in (call["operation"] or "")
        if call["status"] < 400:
            self._kept.note(call.get("answer"), step, self._names.ids)
            if connection is not None:
                self._connections.note_answer(connection, call.get("answer"))
        if message is not None:
            step |= self._seen_of(message, call["recipients"])
        return step

    def _message_of(self, call: Mapping[str, Json]) -> Mapping[str, Json] | None:
        """The message that a call has sent, no longer waiting."""
        sent = sent_by(call)
        found = next((one for one in self._waiting if sent is not None and one["id"] == sent), None)
        if found is not None:
            self._waiting.remove(found)
        return found

    def _caller(self, call: Mapping[str, Json]) -> Json:
        if call["who"] is not None:
            return self._roles.extension(call["who"], calls=True, sends=bool(call["recipients"]))
        kind = str(call["headers"].get("authorization", "")).partition(" ")[0].lower()
        if kind == "basic":
            return "application"
        return {"token": "a-token-that-nobody-has"} if kind == "bearer" else "nobody"

    def _connected(self, connection: str, caller: Json) -> dict[str, Json]:
        """Who calls on a connection, which is opened when it is the first call there."""
        name, is_new = self._connections.name_of(connection)
        opened: dict[str, Json] = {"connect": {"socket": name, "as": caller}} if is_new else {}
        return {**opened, "as": {"socket": name}}

    def _received_before(self, moment: Moment | None) -> None:
        """What came on connections before a moment, or at all: the latest step looks for it."""
        for received in self._connections.received_before(moment):
            subscription = self._names.kept(received.subscription)
            body = self._expectations.of_event(received.body)
            message = {"type": "ServerNotification", "body": {"subscriptionId": subscription, **body}}
            self._steps[-1].setdefault("sockets", {}).setdefault(received.socket, []).append(message)

    def _when(self, call: Mapping[str, Json], message: Mapping[str, Json] | None) -> dict[str, Json]:
        found = operation_of(call["method"], unquote(call["path"]))
        when: dict[str, Json]
        if found is None:
            when = {"request": f"{call['method']} {call['path']}"}
        else:
            path = {name: value for name, value in found[1].items() if value != "~"}
            when = {"operation": found[0]}
            when |= {"path": {name: self._names.of_path(value) for name, value in path.items()}} if path else {}
        if call["query"]:
            when["query"] = self._names.of_query(call["query"])
        body = call.get("body")
        if isinstance(body, str):
            when["raw"] = body
        elif body is not None:
            when["body"] = self._names.of(_with_receiver(body) if _has_good_webhook(call) else body)
        content_type = str(call["headers"].get("content-type", ""))
        if content_type.startswith("multipart/"):
            when |= _files_of(call, message)
        elif body is not None and found is not None and not _is_usual(content_type, found[0]):
            when["headers"] = {"Content-Type": content_type}
        return when

    def _inbound_before(self, call: Mapping[str, Json] | None) -> None:
        """A step for each message from a phone outside that came before this call."""
        while self._waiting:
            first = self._waiting[0]
            if call is not None and not _is_before(first, call, self._waiting):
                return
            self._waiting.pop(0)
            if self._is_from_outside(first):
                self._add_inbound(first)

    def _add_inbound(self, message: Mapping[str, Json], place: Place | None = None) -> None:
        to = [self._roles.phone(number) for number in message["to"]]
        sms: dict[str, Json] = {"from": self._roles.phone(message["from"]), "to": to[0] if len(to) == 1 else to}
        sms["text"] = self._names.of_text(message["text"])
        if message["attachments"]:
            sms["attachments"] = [_file(file) for file in message["attachments"]]
        self._received_before(Moment(_moment(message["created"]), place))
        change = {**self._change_before(message["created"]), "inbound": [sms]}
        for recipient in message["recipients"]:
            self._keep_rule(recipient["rule"])
        self._steps.append({"change": change, **self._seen_of(message, message["recipients"])})

    def _change_before(self, at: str) -> dict[str, Json]:
        """How the clock was moved since the step before."""
        now, before = _moment(at), self._at
        self._at = now
        if before is None or not self._recording.clock_is_moved:
            return {}
        seconds = (now - before).total_seconds()
        if seconds < 0:
            return {"clock": {"now": at, **({"frozen": True} if self._recording.clock_is_frozen else {})}}
        is_moved = seconds > 0 if self._recording.clock_is_frozen else seconds >= LONG
        return {"clock": {"advance": seconds}} if is_moved else {}

    # --- what is seen of a message -----------------------------------------------------------------

    def _seen_of(self, message: Mapping[str, Json], recipients: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
        """The mailboxes and handsets of who was to receive it, as they are then."""
        if message["sent_by"] is not None:
            self._mailboxes.setdefault(message["sent_by"], []).insert(0, message["text"])
        mailboxes, handsets = {}, {}
        for recipient in recipients:
            number = self._mailbox_of(recipient["recipient"])
            if recipient["outcome"] == "delivered" and number is not None:
                self._mailboxes.setdefault(number, []).insert(0, message["text"])
            elif recipient["outcome"] == "outside":
                phone = digits_of(recipient["recipient"])
                self._handsets.setdefault(phone, []).insert(0, message["text"])
                handsets[self._roles.phone(phone)] = [held(text, "text") for text in self._handsets[phone]]
                continue
            if number is not None and self._has_mailbox(number):
                texts = self._mailboxes.get(number, [])
                there: Json = [held(text, "subject") for text in texts]
                mailboxes[self._roles.extension(number)] = {"contains": there[:1]} if self._deleted else there
        return {key: value for key, value in (("mailboxes", mailboxes), ("handsets", handsets)) if value}

    def _mailbox_of(self, recipient: str) -> str | None:
        account = self._template.account
        if recipient in account.extensions:
            return recipient
        number = account.phone_numbers.get(digits_of(recipient))
        return None if number is None else number.mailbox

    def _has_mailbox(self, number: str) -> bool:
        credentials = self._template.credentials.get(number)
        return credentials is not None and credentials.can_sign_in

    # --- the rest of the case ------------------------------------------------------------------------

    def _keeps_of(self, call: Mapping[str, Json]) -> None:
        for rule in [*call["rules"], *(recipient["rule"] for recipient in call["recipients"])]:
            self._keep_rule(rule)
        for error in call["errors"]:
            if error.get("errorCode") in error_codes(load_contract()):
                self._keeps[error["errorCode"]] = None

    def _keep_rule(self, rule: str) -> None:
        if rule in _RULES:
            self._keeps[rule] = None

    def _called(self) -> list[str]:
        """The operations of a case in which no rule decided."""
        called = (step["when"].get("operation") for step in self._steps if "when" in step)
        return list(dict.fromkeys(name for name in called if name)) or ["listMessages"]

    def _given(self) -> dict[str, Json]:
        given: dict[str, Json] = {"generation": self._template.generation}
        if self._names.has_unknown:
            given["account"] = self._template.name
        first = next((each["at"] for each in self._recording.calls), None)
        if first is not None and (self._recording.clock_is_moved or self._names.has_dates):
            given["clock"] = {"now": first, **({"frozen": True} if self._recording.clock_is_frozen else {})}
        limits = {group: count for group, count in self._recording.limits.items() if count is not None}
        if self._recording.is_whole and any(change["event"] == "set_limits" for change in self._recording.changes):
            limits = self._before.get(("set_limits", ""), {})
        given |= {"limits": limits} if limits else {}
        return given | (self._given_before() if self._recording.is_whole else self._given_now())

    def _given_before(self) -> dict[str, Json]:
        """What was changed before the first step."""
        given: dict[str, Json] = {}
        for (kind, number), value in self._before.items():
            if kind == "set_members":
                members = [self._roles.extension(member) for member in value]
                given.setdefault("members", {})[self._roles.extension(number)] = members
            elif kind == "set_status" and value != self._template.account.extensions[number].status:
                given.setdefault(_STATUS_WORDS[str(value)], []).append(self._roles.extension(number))
        return given

    def _given_now(self) -> dict[str, Json]:
        """What is another than in the fixture, whenever it was changed."""
        given: dict[str, Json] = {}
        for number, role in self._roles.extensions():
            seen = self._recording.extensions.get(number, {})
            word = _STATUS_WORDS.get(str(seen.get("status")))
            if word is not None and seen["status"] != self._template.account.extensions[number].status:
                given.setdefault(word, []).append(role)
        return given | self._members_given()

    def _sign_in_before_they_may_not(self, given: dict[str, Json]) -> None:
        """Let callers who were frozen while they were signed in sign in, and only then change their status."""
        change: dict[str, Json] = {}
        signing_in = self._callers_from(0) | {step["connect"]["as"] for step in self._steps if "connect" in step}
        for word in _ENDING_SIGN_IN:
            signed_in = [role for role in given.get(word, ()) if role in signing_in]
            if signed_in:
                change[word] = signed_in
                given[word] = [role for role in given[word] if role not in signed_in]
                if not given[word]:
                    del given[word]
        if change:
            those = {role for roles in change.values() for role in roles}
            opened = [step for step in self._steps if step.get("connect", {}).get("as") in those]
            self._steps[:0] = [*({"connect": step.pop("connect")} for step in opened), {"change": change}]
        place = 0
        while place < len(self._steps):
            changed = self._steps[place].get("change", {})
            roles = [role for word in _ENDING_SIGN_IN for role in changed.get(word, ())]
            known = self._callers_from(0, place)
            looks = [_look_as(role) for role in roles if role in self._callers_from(place + 1) and role not in known]
            self._steps[place:place] = looks
            place += len(looks) + 1

    def _callers_from(self, start: int, end: int | None = None) -> set[str]:
        return {step["as"] for step in self._steps[start:end] if isinstance(step.get("as"), str)}

    def _members_given(self) -> dict[str, Json]:
        """The Departments whose members are not those of the fixture, unless a call of the case makes it so."""
        changed: dict[str, Json] = {}
        for number, role in [] if self._members_changed else self._roles.extensions():
            now = self._recording.extensions.get(number, {}).get("members")
            if now is not None and set(now) != set(self._template.account.extensions[number].members):
                changed[role] = [self._roles.extension(member) for member in now]
        return {"members": changed} if changed else {}

    def _finish_steps(self) -> None:
        for step in self._steps:
            self._kept.put_into(step)

    def _as_text(self, case: Mapping[str, Json]) -> str:
        made = {"needs": self._roles.needs(), "cases": [dict(case)]}
        if not made["needs"]:
            del made["needs"]
        body = yaml_of(made, dumper=_Dumper, width=110)
        notes = [f"# Left out: {' '.join(reason.split())}" for reason in self._left_out]
        return "\n".join(["# By `ringmock cases new`, from what was done in a world.", *notes, body])


_RULES: Final = frozenset({rule.id for rule in RULEBOOK} | {made.id for made in DECISIONS})


class _Dumper(Dumper):
    """Without anchors, which people have to look up."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        return super().represent_sequence(tag, sequence, _is_short(sequence))

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        return super().represent_mapping(tag, mapping, _is_short(mapping))


def _is_short(value: Json) -> bool:
    """Whether it is a value that fits on a line, and no step or part of the file that has lines of its own."""
    if isinstance(value, dict) and not _OF_BLOCKS.isdisjoint(value):
        return False
    if isinstance(value, list) and any(isinstance(item, dict) and not _OF_BLOCKS.isdisjoint(item) for item in value):
        return False
    return len(json.dumps(value, ensure_ascii=False, default=str)) <= MAX_LINE


def _outside(message: Mapping[str, Json]) -> Iterator[str]:
    yield from (each["recipient"] for each in message["recipients"] if each["outcome"] == "outside")


def sent_by(call: Mapping[str, Json]) -> Json:
    """The id of the message that a call sent; None for a call that sent none."""
    answer = call.get("answer")
    return answer.get("id") if isinstance(answer, dict) and call["recipients"] else None


def _is_before(message: Mapping[str, Json], call: Mapping[str, Json], waiting: Sequence[Mapping[str, Json]]) -> bool:
    """Whether a message was there before a call, by the message that the call sent, else by their times."""
    sent = sent_by(call)
    own = next((one["number"] for one in waiting if sent is not None and one["id"] == sent), None)
    if own is not None:
        return bool(message["number"] < own)
    return _moment(message["created"]) <= _moment(call["at"])


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at.replace("Z", "+00:00"))


def _attempted(commands: Iterable[Mapping[str, Json]]) -> Mapping[str, Place]:
    """The places of the notifications that nothing happened to on demand, by UUID."""
    lines = [(place, line) for place, line in places_of(commands) if line.get("event") == "attempted"]
    attempts = [(place, value_of(line["values"][1])) for place, line in lines]
    return {attempt.uuid: place for place, attempt in attempts if attempt.on_demand is None}


def as_it_was_handled(call: Mapping[str, Json], handled: Mapping[int, Mapping[str, Json]]) -> Mapping[str, Json]:
    """A call that a fault on demand met and that was carried out, as if its answer had not been lost."""
    known = handled.get(call["id"])
    if call["fault"] is None or known is None:
        return call
    try:
        answer = json.loads(known["answer"])
    except (TypeError, ValueError):
        answer = None
    return {**call, "fault": None, "status": known["status"], "answer": answer, "errors": []}


def check_can_be_done_again(call: Mapping[str, Json]) -> None:
    """Raise `CannotBeWritten` for a call of which the journal has not everything, or that comes out otherwise."""
    if call["fault"] is not None:
        raise CannotBeWritten("it met a fault on demand, which a case cannot ask for")
    if call.get("body_left_out"):
        raise CannotBeWritten(f"its body of {call['body_left_out']} bytes is longer than the journal keeps")
    code = next((error.get("errorCode") for error in call["errors"]), None)
    if code in _OF_THE_LOG_IN:
        raise CannotBeWritten(f"it was refused for what its log-in was then, {code}")
    kind = str(call["headers"].get("authorization", "")).partition(" ")[0].lower()
    if call["who"] is None and kind == "bearer" and code != _UNKNOWN_TOKEN:
        raise CannotBeWritten("the history does not hold its token, and another one is answered otherwise")


_UNKNOWN_TOKEN: Final = CATALOGUE[TokenInvalid].code
_OF_THE_LOG_IN: Final = frozenset(
    CATALOGUE[kind].code
    for kind in (TokenExpired, TokenReplaced, TokenUnknown, ApplicationPermissionDenied)
    if kind in CATALOGUE
) - {_UNKNOWN_TOKEN}


def _look_as(role: str) -> dict[str, Json]:
    return {"as": role, "when": {"operation": "readExtension"}, "then": {"status": 200}}


def _is_timed(template: Template) -> bool:
    """Whether the status of a message becomes another by itself."""
    return bool(GENERATIONS[template.generation].sms_progress.later)


def _lasted(recording: Recording) -> bool:
    """Whether so much time went by that a status may have become another one."""
    times = [_moment(call["at"]) for call in recording.calls]
    return bool(times) and (max(times) - min(times)).total_seconds() > AT_ONCE


def _has_good_webhook(call: Mapping[str, Json]) -> bool:
    """Whether it subscribed a webhook, which the case's own receiver can stand for; a refused one cannot."""
    body = call.get("body")
    mode = body.get("deliveryMode") if isinstance(body, dict) and call["status"] < 400 else None
    return isinstance(mode, dict) and mode.get("transportType") == "WebHook"


def _with_receiver(body: Json) -> Json:
    """The body, with the case's own receiver in the place of a webhook's."""
    return {**body, "deliveryMode": {**body["deliveryMode"], "address": "${receiver}"}}


def _is_usual(content_type: str, operation: str) -> bool:
    usual = known_operations()[operation].media_type or JSON
    return not content_type or content_type.partition(";")[0].strip().lower() == usual


def _files_of(call: Mapping[str, Json], message: Mapping[str, Json] | None) -> dict[str, Json]:
    """The files of a multipart call: the journal has none, the message that was sent has what they were like."""
    if message is None:
        raise CannotBeWritten("the journal has not the files that it sent")
    kind = {} if str(call["headers"]["content-type"]).startswith("multipart/form-data") else {"multipart": "mixed"}
    return {"attachments": [_file(file) for file in message["attachments"]], **kind}


def _file(file: Mapping[str, Json]) -> dict[str, Json]:
    said = {"name": file.get("fileName"), "type": file.get("contentType"), "bytes": file.get("size", 1)}
    return {key: value for key, value in said.items() if value is not None}
