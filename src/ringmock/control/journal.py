"""What calls a world has seen."""

from collections.abc import Container, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify

from ..domain.message import Routed
from ..domain.slices import Slices
from ..http.recording import line
from ..http.slices import in_slices
from ..http.why import explanation
from ..timestamps import iso8601
from ..world.call_query import CallQuery
from ..world.journal import Entry
from ..world.world import World
from .call import ControlCall, NotNow, NotThere
from .waiting import Client

Json = Any

NEWEST = "newest"
CALLS_AT_A_TIME = 20
"""Entries of the journal that are made before others are served."""


def read_journal(call: ControlCall) -> Response:
    """The calls, newest first."""
    entries, is_whole = call.waited
    include = call.query.get("include", ())
    answer = jsonify([_entry(entry, include) for entry in entries])
    if not is_whole:
        place = "before" if call.query["order"] == NEWEST else "after"
        query = {**call.query, place: entries[-1].number}
        written = {name: ",".join(value) if isinstance(value, list) else value for name, value in query.items()}
        answer.headers["Link"] = f'<{call.url}?{urlencode(written)}>; rel="next"'
    return answer


async def waiting_read_journal(call: ControlCall, _: Client) -> tuple[Sequence[Entry], bool]:
    """Look for them while others are served; whether there are no more."""
    journal = call.world.journal
    limit = call.query.get("limit", journal.most)
    if limit > journal.most:
        raise NotNow(f"'limit' is a number from 1 to {journal.most}, as in ?limit={min(20, journal.most)}.")
    return await in_slices(_found(call, limit))


def _found(call: ControlCall, limit: int) -> Slices[tuple[Sequence[Entry], bool]]:
    given = {name: value for name, value in call.query.items() if name not in ("limit", "include", "order")}
    query, found, kept = CallQuery(**given), list[Entry](), call.world.journal.snapshot()
    first, last = query.after + 1, min(query.before or call.world.journal.latest + 1, call.world.journal.latest + 1) - 1
    meant = [each for each in kept if first <= each[0] <= last]
    for place, (number, make) in enumerate(meant if call.query["order"] == NEWEST else reversed(meant), 1):
        entry = make()
        if query.takes(entry, number):
            if len(found) == limit:
                return found, False
            found.append(entry._replace(number=number))
        if place % CALLS_AT_A_TIME == 0:
            yield
    return found, True


def with_texts(world: World, until: int) -> Slices[list[Json]]:
    """The calls up to a number with their texts, newest first."""
    found: list[Json] = []
    for place, (number, make) in enumerate(world.journal.snapshot(), 1):
        if number <= until:
            found.append(_entry(make()._replace(number=number), ("text",)))
        if place % CALLS_AT_A_TIME == 0:
            yield
    return found


def journal_as_text(call: ControlCall) -> Response:
    """The latest calls, each on a line as the log has it."""
    entries = list(call.world.journal.newest_first(call.query["limit"]))[::-1]
    lines = "".join(f"  {line(entry)}\n" for entry in entries) or "  none\n"
    return Response(lines, content_type="text/plain; charset=utf-8")


def read_journal_entry(call: ControlCall) -> Json:
    """One call, with its texts."""
    entry = _named(call)
    return {**_entry(entry, ("text",)), "curl": explanation.curl(explanation.request_of(entry), entry.origin)}


def why(call: ControlCall) -> Json:
    """What decided about one call, and which smallest change of it would pass."""
    return explanation.as_json(explanation.explain(_named(call), call.world))


def _named(call: ControlCall) -> Entry:
    """The call that the path names. Raises `NotThere`, also for one that is no longer kept."""
    journal, number = call.world.journal, call.path["id"]
    entry = journal.entry(number)
    if entry is None:
        is_over = 0 < number <= journal.left_out
        said = f"Call {number} is no longer kept" if is_over else f"There is no call {number}"
        kept = f"calls {journal.left_out + 1} to {journal.latest}" if len(journal) else "no calls"
        raise NotThere(f"{said}: the journal has {kept}.")
    return entry


def in_brief(entry: Entry) -> dict[str, Json]:
    """Which call it is, and how it was answered."""
    return {
        "id": entry.number,
        "at": iso8601(entry.at),
        "who": entry.who,
        "method": entry.method,
        "path": entry.path,
        "operation": entry.operation,
        "status": entry.status,
    }


def _entry(entry: Entry, asked: Container[str]) -> Json:
    said: dict[str, Json] = {
        **in_brief(entry),
        "milliseconds": round(entry.milliseconds, 3),
        "rules": entry.rules,
        "recipients": outcomes(entry.routed),
        "errors": entry.errors,
        "refused_by": entry.refused_by,
        "reasons": entry.reasons,
        "lost": entry.is_lost,
        "connection": entry.connection,
        "fault": entry.fault,
        "query": [list(pair) for pair in entry.query],
        "headers": dict(entry.headers),
    }
    if entry.more_routed:
        said["more_recipients"] = entry.more_routed
    if entry.near_path:
        said["did_you_mean"] = entry.near_path
    if "text" in asked:
        said["body"] = entry.body
        if entry.body_left_out:
            said["body_left_out"] = entry.body_left_out
        said["answer"] = entry.answer
        if entry.answer_left_out:
            said["answer_left_out"] = entry.answer_left_out
    if "token" in asked:
        said["token"] = entry.token
    return said


def outcomes(routed: Iterable[Routed]) -> list[Json]:
    """What became of each recipient."""
    return [{"recipient": r.recipient, "outcome": r.outcome.value, "rule": r.rule} for r in routed]
