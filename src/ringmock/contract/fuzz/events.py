"""What Schemathesis wrote of a run, event by event (its NDJSON report): the traffic, and every failed check."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..http_client import Answer, Exchange, Request

Json = Any


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """One kind of failure of an operation, at its first occurrence. `operation` is method and path."""

    operation: str
    title: str
    message: str
    exchange: Exchange | None
    count: int = 1
    """How many calls failed in this way."""


class Kind(NamedTuple):
    """What makes failures one: the operation, and the check's title."""

    operation: str
    title: str


class NotTested(NamedTuple):
    """What prevented Schemathesis from testing: an operation, as method and path, or another place; an exception."""

    where: str
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message.partition(chr(10))[0] or self.kind}"


def not_tested(path: Path) -> Iterator[NotTested]:
    """Every error of Schemathesis's own."""
    for name, event in _events(path, "NonFatalError", "FatalError"):
        error = event.get("value") or event.get("exception") or {}
        yield NotTested(event.get("label") or name, error.get("type", name), error.get("message", ""))


def scenarios(path: Path) -> Iterator[Json]:
    """The record of each finished scenario; nothing from a missing file."""
    for _, event in _events(path, "ScenarioFinished"):
        yield event["recorder"]


def _events(path: Path, *names: str) -> Iterator[tuple[str, Json]]:
    """The events of these names, and what is in each."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            name = line[2:].partition('"')[0]
            if name in names:
                yield name, json.loads(line)[name]


def operations_of(record: Json) -> Iterator[str]:
    """The operations that a scenario called, as method and path."""
    called = record.get("interactions", {})
    for case_id, case in record.get("cases", {}).items():
        if case_id in called:
            yield f"{case['value']['method']} {case['value']['path']}"


def exchanges(record: Json, base_url: str) -> Iterator[tuple[str, Exchange]]:
    """A scenario's calls that were answered, by the ids of its cases."""
    for case_id, interaction in record.get("interactions", {}).items():
        answer = interaction.get("response")
        if answer is not None:
            yield case_id, Exchange(base_url, _request(interaction["request"], base_url), _answer(answer))


def failed_checks(record: Json, base_url: str) -> Iterator[FailedCheck]:
    """A scenario's failures, one for each occurrence."""
    calls = dict(exchanges(record, base_url))
    for case_id, checks in record.get("checks", {}).items():
        for check in checks:
            failure = (check.get("failure_info") or {}).get("failure")
            if failure is not None:
                operation = failure.get("operation") or record["label"]
                yield FailedCheck(operation, failure["title"], failure["message"], calls.get(case_id))


def _request(data: Mapping[str, Json], base_url: str) -> Request:
    parts = urlsplit(data["uri"])
    path = parts.path.removeprefix(urlsplit(base_url).path)
    headers = {name: ", ".join(values) for name, values in data["headers"].items()}
    return Request(data["method"], f"{path}?{parts.query}" if parts.query else path, headers, _bytes(data.get("body")))


def _answer(data: Mapping[str, Json]) -> Answer:
    headers = {name.lower(): ", ".join(values) for name, values in data["headers"].items()}
    return Answer(data["status_code"], headers, _bytes(data.get("content")) or b"")


def _bytes(content: Json) -> bytes | None:
    if isinstance(content, dict):
        return base64.b64decode(content["$base64"])
    return content.encode("utf-8", errors="surrogatepass") if isinstance(content, str) else None
