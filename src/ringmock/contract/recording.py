"""What a world has seen, read by the control API; and whether the case made of it passes on a fresh server."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from ..world.fork import FORKED
from ..world.template import Template
from .cases import parse_cases
from .cases.from_world import Recording, sent_by
from .cases.report import failure_report
from .cases.runner import run_case
from .http_client import PLAIN, ConnectionOptions, HttpClient, Request
from .target import Target

Json = Any

MOVED = 5.0
"""Seconds between a world's clock and the real one from which it counts as moved."""
WORLD = "X-Ringmock-World"
COMMANDS_AT_A_TIME = 200

Get = Callable[[str], Json]
"""What `GET /_mock<path>` answers."""


class CannotBeRead(Exception):
    """What the control API did not answer; the message says why."""


@contextmanager
def control_api(url: str, world: str, connection: ConnectionOptions = PLAIN) -> Iterator[Get]:
    """What reads the control API about a world.

    It raises `CannotBeRead` and `NoAnswer`.
    """
    headers = {WORLD: world}
    with HttpClient(url, connection=connection) as client:

        def get(path: str) -> Json:
            answer = client.send(Request("GET", f"/_mock{path}", headers))
            said = answer.json
            if answer.status != 200:
                sentence = said.get("error") if isinstance(said, dict) else None
                raise CannotBeRead(sentence or f"{url} answers {answer.status}, which is not what ringmock says")
            return said

        yield get


def read_calls(get: Get) -> list[Mapping[str, Json]]:
    """The calls that the journal has, with their texts, the oldest first."""
    calls: list[Mapping[str, Json]] = get("/journal?include=text")
    return calls[::-1]


def read_history(get: Get, most: int | None = None) -> tuple[Mapping[str, Json], list[Mapping[str, Json]]]:
    """The head and the lines of a world's history; with `most` no more lines than that."""
    page = get(f"/history/commands?limit={most or COMMANDS_AT_A_TIME}")
    head, lines = page["head"], page["commands"]
    while page["next"] is not None and most is None:
        page = get(f"/history/commands?limit={COMMANDS_AT_A_TIME}&after={page['next']}")
        lines += page["commands"]
    return head, lines


def read_alone(form: str, get: Get, origin: str) -> tuple[Recording, tuple[str, ...]]:
    """What a history or HAR is made of, and what of the world it is without. `origin`: the server's address."""
    if form == "har":
        return Recording(read_calls(get), (), origin=origin), ()
    head, lines = read_history(get)
    left_out: tuple[str, ...] = ()
    if head["left_out"]:
        last = lines[-1]["number"] if lines else head["first"] - 1
        left_out = (f"{head['left_out']} commands after {last}, which the history does not keep",)
    return Recording((), (), head=head, commands=lines), left_out


def read_world(
    url: str, world: str, template: Template, after: int = 0, connection: ConnectionOptions = PLAIN
) -> Recording:
    """The calls and messages of a world since call `after`, and its history.

    Raises `CannotBeRead` and `NoAnswer`.
    """
    with control_api(url, world, connection) as get:
        _check_account(get, url, template)
        return read_whole(get, url, world, template, after)


def read_whole(get: Get, origin: str, world: str, template: Template, after: int = 0) -> Recording:
    """As `read_world`, of what `get` says; `origin`: the server's address. Raises `CannotBeRead`."""
    head, lines = read_history(get)
    calls = [call for call in read_calls(get) if call["id"] > after]
    _check_whole(world, calls, lines, after)
    seen = get("/messages")["messages"]
    since = get(f"/journal/{after}")["at"] if after else ""
    sent = {sent_by(call) for call in calls} - {None}
    messages = [
        message
        for message in seen
        # several calls of one millisecond have the same time
        if (message["created"] > since or message["id"] in sent) and not _is_seed(message, template)
    ]
    clock = get("/clock")
    return Recording(
        calls,
        messages,
        {number: get(f"/extensions/{number}") for number in template.account.extensions},
        _is_moved(clock),
        clock["frozen"],
        get("/limits") if template.limits is None else {},
        get("/subscriptions"),
        head=head,
        commands=lines,
        origin=origin,
        is_whole=after == 0 and head["left_out"] == 0,
    )


def _check_whole(
    world: str, calls: Sequence[Mapping[str, Json]], lines: Sequence[Mapping[str, Json]], after: int
) -> None:
    """Raise `CannotBeRead` where the journal does not have every call since then."""
    if after == 0 and any(line.get("event") == FORKED for line in lines):
        raise CannotBeRead(
            f"the world {world} began as a fork, and the calls until then are in the journal of another: export that"
            " one, or this one as a history"
        )
    numbers = {call["id"] for call in calls}
    lost = [line["journal"] for line in lines if "call" in line and line["journal"] > after]
    first = min(numbers, default=max(lost, default=after) + 1)
    if first > after + 1 or not numbers.issuperset(lost):
        raise CannotBeRead(
            f"the journal has dropped the calls before {first}, and a case cannot begin in the middle: `ringmock cases"
            f" new --after {first - 1}` begins there, and a history has them"
        )


def _check_account(get: Get, url: str, template: Template) -> None:
    ready = get("/ready")
    if ready["account"] != template.account.id:
        raise CannotBeRead(
            f"{url} serves the account {ready['account']}, and {template.name} is {template.account.id}:"
            " --fixture names the file that the server was started with"
        )


def _is_seed(message: Mapping[str, Json], template: Template) -> bool:
    """Whether a message is one that the fixture begins with: those are the first of a world."""
    return bool(message["number"] <= len(template.messages))


def _is_moved(clock: Mapping[str, Json]) -> bool:
    now = datetime.fromisoformat(clock["now"].replace("Z", "+00:00"))
    return bool(clock["frozen"]) or abs((now - datetime.now(UTC)).total_seconds()) > MOVED


def failure_of(text: str, file: str, target: Target) -> str | None:
    """What is wrong when the case of this text is run on this server; None when it passes.

    Raises `CaseFileError` for a text that is no case file.
    """
    for case in parse_cases(text, file):
        result = run_case(case, target)
        if result.skipped is not None:
            return f"{case.name} is not run: {result.skipped}"
        if result.failure is not None:
            return failure_report(case, result.failure)
    return None
