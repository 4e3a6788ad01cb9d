"""A history done again at a server by its API: each call with its answer compared, and the first that differs."""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from ...sign_in.followed import Difference
from ...timestamps import iso8601_to_the_microsecond
from ...world.history.serialization import value_of
from ..guard import NotSent
from ..http_client import Answer, HttpClient, Request
from ..receiver import Receiver
from ..target import Target, form_request, is_on_this_machine, sign_in_forms
from .answers import Known, Unlike, plain_differences
from .control_calls import FAULTS, control_call
from .world_time import WorldTime

Json = Any

_OPEN: Final = "X-Ringmock-World"


class Differs(NamedTuple):
    """The first command that is answered otherwise. Answers are JSON, a text, or None where they are not kept."""

    number: int
    what: str
    was_status: int
    was: Json
    status: int
    answer: Json
    places: tuple[Unlike, ...] = ()

    def lines(self) -> Iterator[str]:
        """For a person."""
        at = f" at {', '.join(each.where for each in self.places[:5] if each.where)}" if self.places else ""
        yield f"Command {self.number}, {self.what}, is answered otherwise{at}."
        yield f"  recorded: {self.was_status} {shown(self.was)}"
        yield f"  now:      {self.status or 'a failure'} {shown(self.answer)}"


class Replayed(NamedTuple):
    """What became of a replay: how many calls were compared, and what could not be done."""

    compared: int
    first: Differs | None
    left_out: tuple[str, ...] = ()


class CannotBegin(Exception):
    """What keeps a history from being done again at a server; the message says why."""


def shown(value: Json) -> str:
    """An answer on one line."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def said_by(content: bytes | str) -> Json:
    """What an answer says: as JSON, else as a text."""
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text or None


def what_of(line: Mapping[str, Json]) -> str:
    """Which call a line of a history is."""
    by = f" by {line['caller']['extension']}" if line["caller"] is not None else ""
    query = f"?{line['query']}" if line["query"] else ""
    return f"{line['method']} {line['path']}{query}{by} ({line['call']})"


def replay_at(target: Target, head: Mapping[str, Json], lines: Sequence[Mapping[str, Json]]) -> Replayed:
    """Do it again, in a world of its own of a ringmock. Raises `NoAnswer` and `CannotBegin`."""
    with ExitStack() as resources:
        replay = _Replay(target, resources, head)
        replay.sign_in(line["caller"]["extension"] for line in lines if line.get("caller"))
        for line in lines:
            first = replay.again(line)
            if first is not None:
                return Replayed(replay.compared, first, tuple(replay.left_out))
        return Replayed(replay.compared, None, tuple(replay.left_out))


def differs_here(found: Difference, line: Mapping[str, Json]) -> Differs:
    """What a fresh server of ours has found, worded like what another server answers."""
    was, now = said_by(found.command.answer), said_by(found.answer)
    places = tuple(plain_differences(was, now)) if found.status == found.command.status else ()
    return Differs(line["number"], what_of(line), found.command.status, was, found.status, now, places)


class _LeftOut(Exception):
    """Why a command is not done again."""


class _Replay:
    """One history that is done again, command by command."""

    def __init__(self, target: Target, resources: ExitStack, head: Mapping[str, Json]) -> None:
        self.compared = 0
        self.left_out: list[str] = []
        self._target, self._resources = target, resources
        self._client: HttpClient = resources.enter_context(target.client())
        self._world = f"replay-{secrets.token_hex(8)}" if target.is_ringmock else None
        self._tokens: dict[str, str] = {}
        self._known, self._time = Known(), WorldTime(head)
        self._receiver: Receiver | None = None
        self._unknown: set[str] = set()
        if self._world is not None:
            self._control("POST", "/worlds", {"name": self._world}, is_of_world=False)
            resources.callback(self._control, "DELETE", f"/worlds/{self._world}", is_of_world=False)
            now = datetime.fromisoformat(self._control("GET", "/clock").json["now"])
            has_own_time = head.get("clock", {}).get("now") is not None
            self._known.shift = timedelta(0) if has_own_time else now - self._time.start

    def sign_in(self, extensions: Iterable[str]) -> None:
        """Sign them in, before any of them is frozen."""
        for extension in dict.fromkeys(extensions) if self._world is not None else ():
            with suppress(_LeftOut):
                self._token(extension)

    def again(self, line: Mapping[str, Json]) -> Differs | None:
        """Do a command again: how its answer differs, None where it does not."""
        self._time.note(line)
        try:
            return self._event(line) if "event" in line else self._call(line)
        except (_LeftOut, NotSent) as reason:
            what = line["event"] if "event" in line else what_of(line)
            self.left_out.append(f"command {line['number']}, {what}: {reason}")
            if "call" in line:
                self._unknown |= _ids_in(said_by(_text(line["answer"])))
            return None

    # --- what is no call of the API --------------------------------------------------------------

    def _event(self, line: Mapping[str, Json]) -> Differs | None:
        try:
            call = control_call(line)
        except LookupError:
            raise _LeftOut("nothing does it again") from None
        if call is None or line["event"] in FAULTS:
            return None
        if self._world is None:
            raise _LeftOut("only a ringmock has what does it, the control API")
        if line["event"] == "walked":
            moment = self._time.at(line) + self._known.shift
            self._control("PUT", "/clock", {"now": iso8601_to_the_microsecond(moment), "frozen": True})
            return None
        answer = self._control(call.method, call.path, call.body, is_checked=False)
        if answer.status == 200:
            return None
        what = f"{call.method} /_mock{call.path} ({line['event']})"
        return Differs(line["number"], what, 200, None, answer.status, said_by(answer.body))

    def _control(
        self, method: str, path: str, body: Json = None, *, is_of_world: bool = True, is_checked: bool = True
    ) -> Answer:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        headers |= {_OPEN: self._world} if is_of_world and self._world is not None else {}
        sent = None if body is None else json.dumps(body).encode()
        answer = self._client.send(Request(method, f"/_mock{path}", headers, sent))
        if is_checked and answer.status != 200:
            sentence = answer.json.get("error") if isinstance(answer.json, dict) else None
            raise CannotBegin(sentence or f"{self._target.url} answers {answer.status} to {method} /_mock{path}")
        return answer

    # --- calls -----------------------------------------------------------------------------------

    def _call(self, line: Mapping[str, Json]) -> Differs | None:
        request = self._request(line)
        if self._world is not None:
            moment = self._time.at(line) + self._known.shift
            self._control("PUT", "/clock", {"now": iso8601_to_the_microsecond(moment), "frozen": True})
        extension = None if line["caller"] is None else line["caller"]["extension"]
        answer = self._sent(request, extension)
        if answer.status == 401 and extension is not None and self._tokens.pop(extension, ""):
            answer = self._sent(request, extension)  # its hour was over
        self.compared += 1
        if line["status"] == 0:  # it was not yet answered when it was written
            return None
        was, now = said_by(_text(line["answer"])), said_by(answer.body)
        places: tuple[Unlike, ...] = ()
        if answer.status == line["status"]:
            places = () if was is None else tuple(self._known.unlike(was, now))
            if not places:
                return None
        return Differs(line["number"], what_of(line), line["status"], was, answer.status, now, places)

    def _request(self, line: Mapping[str, Json]) -> Request:
        path, pairs = line["path"], parse_qsl(line["query"], keep_blank_values=True)
        named = {*path.split("/"), *(value for _, value in pairs)}
        body = self._body(line, named)
        if named & self._unknown:
            raise _LeftOut("it is about something that a command which is left out has made")
        query = urlencode([(name, self._known.now(value, name)) for name, value in pairs if name != "access_token"])
        given = {"Content-Type": line["content_type"], "Accept": line["accept"]}
        headers = {name: value for name, value in given.items() if value}
        return Request(line["method"], self._known.path(path) + (f"?{query}" if query else ""), headers, body)

    def _body(self, line: Mapping[str, Json], named: set[str]) -> bytes | None:
        content = line["content"]
        if isinstance(content, dict):
            return self._known.content(value_of(content))
        if not content:
            return None
        said = said_by(content)
        if not isinstance(said, (dict, list)):
            return self._known.content(content.encode())
        named |= {str(each) for each in _values(said)}
        changed = self._with_receiver(self._known.now(said))
        return content.encode() if changed == said else json.dumps(changed).encode()

    def _with_receiver(self, body: Json) -> Json:
        mode = body.get("deliveryMode") if isinstance(body, dict) else None
        kind = mode.get("transportType") if isinstance(mode, dict) else None
        if kind == "WebSocket":
            raise _LeftOut("the connection that received its notifications is not there")
        if kind not in ("WebHook", "RC/WebHook"):
            return body
        if not is_on_this_machine(self._target.url):
            raise _LeftOut("who received its notifications is not there")
        if self._receiver is None:
            self._receiver = self._resources.enter_context(Receiver())
        return {**body, "deliveryMode": {**body["deliveryMode"], "address": self._receiver.url}}

    def _sent(self, request: Request, extension: str | None) -> Answer:
        headers = dict(request.headers)
        if self._world is not None:
            headers[_OPEN] = self._world
        if extension is not None:
            headers["Authorization"] = f"Bearer {self._token(extension)}"
        return self._client.send(Request(request.method, request.target, headers, request.body))

    def _token(self, extension: str) -> str:
        if extension not in self._tokens:
            self._tokens[extension] = self._control_token_of(extension) if self._world else self._signed_in(extension)
        return self._tokens[extension]

    def _control_token_of(self, extension: str) -> str:
        answer = self._control("POST", "/tokens", {"extension": extension}, is_checked=False)
        if answer.status != 200:
            raise _LeftOut(f"extension {extension} cannot sign in: {said_by(answer.body)}")
        return str(answer.json["access_token"])

    def _signed_in(self, extension: str) -> str:
        template = self._target.template
        if extension not in template.account.extensions:
            raise _LeftOut(f"the account has no extension {extension}")
        known = template.credentials.get(extension)
        if known is not None and known.access_token is not None:
            return known.access_token
        for form in sign_in_forms(template, extension):
            answer = self._client.send(form_request(form, self._target.application))
            if answer.status == 200:
                return str(answer.json["access_token"])
        raise _LeftOut(f"extension {extension} cannot sign in: RINGMOCK_JWT_{extension} is its JWT")


def _text(said: Json) -> str:
    """A kept answer; nothing for bytes that are no text."""
    return said if isinstance(said, str) else ""


def _values(value: Json) -> Iterator[Json]:
    if isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _values(each)
    else:
        yield value


def _ids_in(answer: Json) -> set[str]:
    """What a call that is left out has made: its own id."""
    found = answer.get("id") if isinstance(answer, dict) else None
    return set() if found is None else {str(found)}
