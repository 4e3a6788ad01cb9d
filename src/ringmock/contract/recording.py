"""What a world has seen, read by the control API; and whether the case made of it passes on a fresh server."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..world.template import Template
from .cases import parse_cases
from .cases.from_world import Recording, sent_by
from .cases.report import failure_report
from .cases.runner import run_case
from .http_client import HttpClient, Request
from .target import Target

Json = Any

MOVED = 5.0
"""Seconds between a world's clock and the real one from which it counts as moved."""
WORLD = "X-Ringmock-World"


class CannotBeRead(Exception):
    """What the control API did not answer; the message says why."""


def read_world(url: str, world: str, template: Template, after: int = 0, ca: Path | None = None) -> Recording:
    """The calls and messages of a world since call `after`. `ca` as for `HttpClient`.

    Raises `CannotBeRead` and `NoAnswer`.
    """
    with HttpClient(url, ca=ca) as client:

        def get(path: str) -> Json:
            answer = client.send(Request("GET", f"/_mock{path}", {WORLD: world}))
            said = answer.json
            if answer.status != 200:
                sentence = said.get("error") if isinstance(said, dict) else None
                raise CannotBeRead(sentence or f"{url} answers {answer.status}, which is not what ringmock says")
            return said

        _check_account(get, url, template)
        ids = [call["id"] for call in get("/journal") if call["id"] > after][::-1]
        if ids and ids[0] > after + 1:
            raise CannotBeRead(
                f"the journal has dropped the calls before {ids[0]}, and a case cannot begin in the middle:"
                f" --after {ids[0] - 1} begins there"
            )
        calls = [get(f"/journal/{number}") for number in ids]
        seen = get("/messages")["messages"]
        since = get(f"/journal/{after}")["at"] if after else ""
        sent = {sent_by(call) for call in calls} - {None}
        messages = [
            message
            for message in seen
            # several calls of one millisecond have the same time
            if (message["created"] > since or message["id"] in sent) and not _is_seed(message, template)
        ]
        extensions = {number: get(f"/extensions/{number}") for number in template.account.extensions}
        clock = get("/clock")
        limits = get("/limits") if template.limits is None else {}
        subscriptions = get("/subscriptions")
    return Recording(calls, messages, extensions, _is_moved(clock), clock["frozen"], limits, subscriptions)


def _check_account(get: Any, url: str, template: Template) -> None:
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
