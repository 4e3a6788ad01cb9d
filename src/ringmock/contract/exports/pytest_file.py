"""A pytest file from what was done in a world: the calls again, by the plugin's handle, with the answers that came.

Its clock stands still, and goes where the recorded one was: what is due happens on the way. Ids of answers are
variables, times and addresses are not compared.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ...domain.account import ExtensionStatus
from ...domain.generation import GENERATIONS
from ...world.history.serialization import value_of
from ...world.template import Template
from ..cases.from_world import Recording
from ..cases.recorded_values import DATE, CannotBeWritten
from .control_calls import FAULTS, control_call
from .python_source import Source, literal, text, with_names
from .redone import Redone, is_of_sign_in, needs_receiver, redone
from .world_time import WorldTime

Json = Any

_ANY: Final = Source("ANY")
_VOLATILE: Final = re.compile(
    r"id|.*Id|ids|uri|.*Uri|expiresIn|.*([Tt]oken|[Kk]ey|[Uu]uid|[Ee]tag|[Pp]assword|[Ss]ecret|[Ss]ince)|address"
)
_OF_IDS: Final = re.compile(r"id|ids|uri|replyOn|.*(Ids?|Uri|[Tt]oken)")
_NOT_DONE: Final = FAULTS | {"set_limits"}
"""Calls that met a fault are made without it, and those over a limit not at all."""
_SHORT: Final = 5
"""Signs of what may stand in an answer by chance."""
_A_WHILE: Final = 1.0
"""Seconds between two calls from which the clock is moved, where no status depends on it."""


def pytest_file(name: str, recording: Recording, template: Template) -> tuple[str, tuple[str, ...]]:
    """The file's text, and what of the recording is not in it. Raises `CannotBeWritten` where nothing would be."""
    writer = _Writer(recording, template)
    lines = list(writer.lines())
    if not writer.is_anything:
        raise CannotBeWritten(
            "there is nothing to write a test from: no call of the API but sign-ins, and no message from outside"
        )
    head = _head(writer, template)
    given = "ringmock, receiver" if writer.has_receiver else "ringmock"
    function = f"def test_{_identifier(name)}({given}):"
    return "\n".join([*head, function, *(f"    {line}" if line else "" for line in lines), ""]), tuple(writer.left_out)


def _head(writer: "_Writer", template: Template) -> Iterator[str]:
    yield '"""What was done in a world of ringmock, done again: by `ringmock export --format pytest`.'
    if writer.left_out:
        yield from ("", "Left out:", *(f"- {_inert(reason)}" for reason in writer.left_out))
    yield from ('"""', "")
    if template.name != "demo" or template.generation != "2012":
        yield f"# pytest -o ringmock_fixture={_inert(template.name)} -o ringmock_generation={template.generation}"
        yield ""
    has_content = writer.has_files or writer.has_content
    yield from (*(["import base64"] if has_content else []), "from datetime import timedelta")
    yield from ("from unittest.mock import ANY", "", "import pytest", "")
    if writer.has_receiver:
        yield "from ringmock.contract.receiver import Receiver"
    if writer.has_files:
        yield "from ringmock.testing import Attachment"
    yield from [""] * (writer.has_receiver or writer.has_files)
    if writer.has_receiver:
        yield from (
            "",
            "@pytest.fixture",
            "def receiver():",
            "    with Receiver() as receiver:",
            "        yield receiver",
            "",
        )
    yield from ("", f"@pytest.mark.ringmock_allows({', '.join(map(text, writer.allowed))})")


def _inert(reason: str) -> str:
    """A text in the docstring: nothing of it ends that."""
    return " ".join(reason.split()).replace("\\", "/").replace('"', "'")


def _identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "what_was_done"


class _Writer:
    """One test that is being written, line by line."""

    def __init__(self, recording: Recording, template: Template) -> None:
        self.left_out: list[str] = []
        self.is_anything = self.has_files = self.has_content = self.has_receiver = False
        self._differs_after = 0
        """From which call on the world is not as it was, for one that is left out; 0 for none."""
        self._recording, self._template = recording, template
        self._own_ids = {str(template.account.id), *(str(each.id) for each in template.account.extensions.values())}
        self._time = WorldTime(recording.head)
        self._stands_at = 0.0
        changes = {change["event"] for change in recording.changes}
        progress = GENERATIONS[template.generation].sms_progress
        is_timed = template.carrier is not None or "set_carrier" in changes or bool(progress.later)
        self._least = 0.001 if is_timed else _A_WHILE
        self._calls = dict(self._redone())
        self._named_later = self._values_of_requests()
        self._names: dict[str, tuple[str, type]] = {}
        """By value, as a text: the variable that has it, and of which type that is."""

    @property
    def allowed(self) -> list[str]:
        """What the plugin is not to fail the test for."""
        refusers = {each.call["refused_by"] for each in self._calls.values()}
        failed = any(each.call["status"] >= 500 for each in self._calls.values())
        return [
            *(["contract_violations"] if "contract" in refusers else []),
            *(["server_errors"] if failed else []),
            "findings",
        ]

    def _redone(self) -> Iterator[tuple[int, Redone]]:
        """The calls that can be made again, by number; with those goes whoever names what a left out one made."""
        unknown: set[str] = set()
        for call in self._recording.calls:
            if is_of_sign_in(call):
                continue
            try:
                made = redone(call, self._recording)
                self._check_may_sign_in(made.by, call["id"])
                if unknown & _numbers_in(made):
                    raise CannotBeWritten("it is about something that a call which is left out has made")
            except CannotBeWritten as reason:
                self.left_out.append(f"call {call['id']}, {call['method']} {call['path']}: {reason}")
                unknown |= set(_ids_of(call.get("answer"))) - self._own_ids
                if call["id"] in self._recording.handled and not self._differs_after:
                    self._differs_after = call["id"]
                continue
            yield call["id"], made

    def _status_changes(self, extension: str) -> Iterator[tuple[int, Any]]:
        """After which calls its status was changed, and to what."""
        for change in self._recording.changes:
            if change["event"] == "set_status" and change["values"][0] == extension:
                yield change["after"], value_of(change["values"][1])

    def _check_may_sign_in(self, extension: str | None, number: int) -> None:
        known = self._template.account.extensions.get(extension or "")
        if known is None or known.can_log_in:
            return
        changes = self._status_changes(known.number)
        if not any(after < number and status == ExtensionStatus.ENABLED for after, status in changes):
            raise CannotBeWritten(f"extension {extension} is {known.status}, and had a token all the same")

    def _to_be_signed_in(self) -> list[str]:
        """The callers whose status is changed before their first call."""
        first: dict[str, int] = {}
        for number, made in self._calls.items():
            if made.by is not None:
                first.setdefault(made.by, number)
        able = [number for number in first if self._template.account.extensions[number].can_log_in]
        return [each for each in able if any(after < first[each] for after, _ in self._status_changes(each))]

    def _values_of_requests(self) -> set[str]:
        return {value for each in self._calls.values() for value in _numbers_in(each)}

    # --- lines -----------------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """The body of the test."""
        yield "start = ringmock.clock.now"
        yield "ringmock.clock.freeze(start)"
        for extension in self._to_be_signed_in():
            yield f'ringmock.call("GET", "/restapi/v1.0/account/~/extension/~", by={text(extension)})  # signs in'
        for call, change in self._story():
            if change is not None:
                yield from self._change(change)
            elif call is not None and call["id"] in self._calls:
                yield from self._call(self._calls[call["id"]])

    def _story(self) -> Iterator[tuple[Mapping[str, Json] | None, Mapping[str, Json] | None]]:
        if not self._recording.is_whole:
            raise CannotBeWritten(
                "the history or the journal has not all that was done: serve with more of --max-history and"
                " --max-journal-calls, or begin with a reset"
            )
        return self._recording.story()

    def _change(self, change: Mapping[str, Json]) -> Iterator[str]:
        self._time.note(change)
        kind = change["event"]
        try:
            call = control_call(change)
        except LookupError:
            self.left_out.append(f"{kind}: nothing does it again")
            return
        if call is None:
            return
        yield from self._clock(self._time.at(change), is_moved=kind == "walked")
        if kind == "walked":
            return
        if kind in _NOT_DONE:
            return
        self.is_anything = True
        yield self._verb(kind, [value_of(value) for value in change["values"]]) or self._control(call)

    def _verb(self, kind: str, values: list[Any]) -> str | None:
        """The method of the handle that does it; None where it has none."""
        if kind == "text_from_handset":
            return self._from_handset(*values)
        if kind == "set_members":
            return f"ringmock.members({', '.join(map(text, (values[0], *values[1])))})"
        verbs = {ExtensionStatus.FROZEN: "freeze", ExtensionStatus.ENABLED: "thaw"}
        if kind == "set_status" and values[1] in verbs:
            return f"ringmock.{verbs[values[1]]}({text(values[0])})"
        return None

    def _from_handset(self, phone: str, to: Any, words: str, files: Any = ()) -> str:
        said = {"to": to if isinstance(to, str) else list(to), "text": words}
        given = [f"{name}={literal(value, 4, 20)}" for name, value in said.items()]
        if files:
            self.has_files = True
            given.append(f"attachments=[{', '.join(map(_attachment, files))}]")
        return f"ringmock.handset({text(phone)}).send({', '.join(given)})"

    def _control(self, call: Any) -> str:
        body = literal(call.body, 4, 40)
        world = '{"X-Ringmock-World": ringmock.client_id}'
        return f"ringmock.call({text(call.method)}, {text(f'/_mock{call.path}')}, json={body}, headers={world})"

    def _clock(self, now: datetime, *, is_moved: bool = False) -> Iterator[str]:
        seconds = round(self._time.seconds(now), 3)
        if is_moved or abs(seconds - self._stands_at) >= self._least:
            self._stands_at = seconds
            yield f"ringmock.clock.set(start + timedelta(seconds={seconds:.15g}))"

    def _call(self, made: Redone) -> Iterator[str]:
        self.is_anything = True
        call = made.call
        yield ""
        yield from self._clock(datetime.fromisoformat(call["at"]))
        given = [text(call["method"]), with_names(call["path"], self._texts(_segments(call["path"])))]
        if made.by is not None:
            given.append(f"by={text(made.by)}")
        given += [f"{name}={value}" for name, value in self._content(made)]
        flat = f"answer = ringmock.call({', '.join(given)})"
        if "\n" in flat or len(flat) > 106:
            yield "answer = ringmock.call("
            yield from (f"    {line}" for each in given for line in f"{each},".split("\n"))
            yield ")"
        else:
            yield flat
        yield f"assert answer.status == {call['status']}"
        yield from self._answer(call)

    def _content(self, made: Redone) -> Iterator[tuple[str, str]]:
        if made.query:
            pairs = [(name, self._of_request(value, name)) for name, value in made.query]
            is_plain = len(dict(made.query)) == len(made.query)
            yield "query", literal(dict(pairs) if is_plain else pairs, 0, 24)
        if made.body is not None:
            body = self._of_request(made.body)
            if needs_receiver(made):
                self.has_receiver = True
                body = {**body, "deliveryMode": {**body["deliveryMode"], "address": Source("receiver.url")}}
            yield "json", literal(body, 0, 24)
        if made.content is not None:
            self.has_content = True
            yield "content", f"base64.b64decode({text(base64.b64encode(made.content).decode())})"
        if made.content_type is not None:
            yield "content_type", text(made.content_type)
        if made.headers:
            yield "headers", literal(dict(made.headers), 0, 24)

    def _of_request(self, value: Json, key: str = "") -> Json:
        """A value of a request: ids that an answer had are variables, times count from the beginning."""
        if isinstance(value, dict):
            return {name: self._of_request(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [self._of_request(each, key) for each in value]
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            return value
        if self._is_named(value, key):
            return self._variable(value)
        if isinstance(value, str) and DATE.fullmatch(value):
            return self._moment(value)
        return value

    def _is_named(self, value: Json, key: str) -> bool:
        """Whether it is what a variable has, and not by chance."""
        return str(value) in self._names and (len(str(value)) > _SHORT or bool(_OF_IDS.fullmatch(key)))

    def _moment(self, written: str) -> Json:
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            return written
        if moment.tzinfo is None or self._template.clock.now is not None:
            return written
        seconds = self._time.seconds(moment)
        return Source(f"(start + timedelta(seconds={seconds:.15g})).isoformat()")

    def _variable(self, value: Json) -> Source:
        name, kind = self._names[str(value)]
        return Source(name if isinstance(value, kind) else f"str({name})" if kind is int else f"int({name})")

    def _texts(self, segments: list[str]) -> dict[str, str]:
        return {segment: self._names[segment][0] for segment in segments if segment in self._names}

    # --- answers ---------------------------------------------------------------------------------

    def _answer(self, call: Mapping[str, Json]) -> Iterator[str]:
        answer = call.get("answer")
        if not isinstance(answer, (dict, list)):
            return
        if call["status"] >= 400:
            errors = answer.get("errors") if isinstance(answer, dict) else None
            if errors:
                yield f'assert answer.json["errors"][0]["errorCode"] == {text(str(errors[0].get("errorCode")))}'
            return
        for where, value in _leaves(answer, "answer.json"):
            is_of_id = _OF_IDS.fullmatch(_key(where)) is not None
            if is_of_id and str(value) in self._named_later and str(value) not in {*self._names, *self._own_ids}:
                name = self._new_name(where, call["operation"] or "")
                self._names[str(value)] = name, type(value)
                yield f"{name} = {where}"
        if self._differs_after and call["id"] > self._differs_after and call["method"] == "GET":
            return
        yield f"assert answer.json == {literal(self._expected(answer), 4, 24)}"

    def _new_name(self, where: str, operation: str) -> str:
        word = _identifier(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", _key(where)))
        if word == "id":
            word = "subscription" if "ubscription" in operation else "message"
        taken = {name for name, _ in self._names.values()}
        count = sum(name == word or name.startswith(f"{word}_") for name in taken)
        return word if not count else f"{word}_{count + 1}"

    def _expected(self, value: Json, key: str = "") -> Json:
        if isinstance(value, dict):
            return {name: self._expected(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [self._expected(each, key) for each in value]
        if isinstance(value, bool) or value is None:
            return value
        if self._is_named(value, key):
            return self._variable(value)
        if str(value) in self._own_ids:
            return value
        if _VOLATILE.fullmatch(key) or (
            isinstance(value, str) and (DATE.fullmatch(value) or "://" in value or "$SECRET" in value)
        ):
            return _ANY
        return value


def _attachment(file: Any) -> str:
    name = "None" if file.file_name is None else text(file.file_name)
    content = f"base64.b64decode({text(base64.b64encode(file.content).decode())})"
    return f"Attachment({text(file.content_type)}, {name}, {content})"


def _leaves(value: Json, where: str) -> Iterator[tuple[str, Json]]:
    """Every text and number of an answer, and the expression that finds it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        place = f"{where}[{text(key) if isinstance(key, str) else key}]"
        if isinstance(each, (dict, list)):
            yield from _leaves(each, place)
        elif isinstance(each, (str, int)) and not isinstance(each, bool) and isinstance(key, str):
            yield place, each


def _key(where: str) -> str:
    """The last name of an expression that finds something."""
    names: list[str] = re.findall(r'"([^"]+)"', where)
    return names[-1] if names else ""


def _ids_of(answer: Json) -> Iterator[str]:
    for where, value in _leaves(answer, ""):
        if re.fullmatch(r"id|.*Id", _key(where)):
            yield str(value)


def _segments(path: str) -> list[str]:
    """What of a path may be the id of something."""
    return [segment for segment in path.split("/") if len(segment) > 5 and any(sign.isdigit() for sign in segment)]


def _numbers_in(made: Redone) -> set[str]:
    """What of a request may be something that an earlier answer gave: ids and tokens."""
    found = {*_segments(made.call["path"])}
    found |= {value for name, value in made.query if _OF_IDS.fullmatch(name)}
    body = made.body
    if isinstance(body, (dict, list)):
        for where, value in _leaves(body, ""):
            if _OF_IDS.fullmatch(_key(where)):
                found.add(str(value))
        found |= _in_lists(body)
    return found


def _in_lists(value: Json) -> set[str]:
    """Numbers that stand in lists, as ids do."""
    if isinstance(value, dict):
        return {each for item in value.values() for each in _in_lists(item)}
    if not isinstance(value, list):
        return set()
    own = {str(each) for each in value if isinstance(each, (int, str)) and re.fullmatch(r"\d{6,}", str(each))}
    return own | {each for item in value for each in _in_lists(item)}
