"""What calls a world has seen."""

from collections.abc import Container, Iterable
from typing import Any

from ..domain.message import Routed
from ..timestamps import iso8601
from ..world.journal import Entry
from .call import ControlCall, NotNow

Json = Any


def read_journal(call: ControlCall) -> Json:
    """The calls, newest first."""
    journal = call.world.journal
    limit = call.query.get("limit", journal.most)
    if limit > journal.most:
        raise NotNow(f"'limit' is a number from 1 to {journal.most}, as in ?limit={min(20, journal.most)}.")
    return [_entry(entry, call.query.get("include", ())) for entry in journal.newest_first(limit)]


def _entry(entry: Entry, asked: Container[str]) -> Json:
    said = {
        "at": iso8601(entry.at),
        "who": entry.who,
        "method": entry.method,
        "path": entry.path,
        "operation": entry.operation,
        "status": entry.status,
        "milliseconds": round(entry.milliseconds, 3),
        "rules": entry.rules,
        "recipients": outcomes(entry.routed),
        "errors": entry.errors,
        "refused_by": entry.refused_by,
        "lost": entry.is_lost,
    }
    if entry.more_routed:
        said["more_recipients"] = entry.more_routed
    if entry.near_path:
        said["did_you_mean"] = entry.near_path
    if "text" in asked:
        said["body"] = entry.body
        if entry.body_left_out:
            said["body_left_out"] = entry.body_left_out
    if "token" in asked:
        said["token"] = entry.token
    return said


def outcomes(routed: Iterable[Routed]) -> list[Json]:
    """What became of each recipient."""
    return [{"recipient": r.recipient, "outcome": r.outcome.value, "rule": r.rule} for r in routed]
