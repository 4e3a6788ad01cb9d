"""Observations from traffic: exchanges of our own client, and recordings of others as HAR or Schemathesis's NDJSON."""

import base64
import binascii
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ..coverage.exercised import Exercised, NotCoverageCounts
from ..coverage.observation import Json, Observation, as_list, as_object, problems_in
from ..coverage.paths import operation_of
from ..coverage.schemas import FORM, Body, SchemaCoverage, SchemaExchange
from .http_client import PLAIN, ConnectionOptions, Exchange, HttpClient, Request


class UnreadableTraffic(ValueError):
    """A file without traffic or coverage; the message says which, where in it, and what is wrong."""


def observation(
    method: str, target: str, status: int, sent: bytes, answer: bytes, media_type: str = "application/json"
) -> Observation | None:
    """One call; None for one that is of no operation of the contract. `target` may be a whole URL."""
    found = operation_of(method.upper(), unquote(urlsplit(target).path))
    if found is None:
        return None
    name, path = found
    body = json_of(answer)
    return Observation(
        name, status, problems_in(body) if status >= 400 else (), _sent(sent, media_type), body, dict(path)
    )


def json_of(body: bytes) -> Json:
    """The value of a JSON text, None for another text."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _sent(body: bytes, media_type: str) -> Json:
    """The JSON of a request: the body, or the first JSON object among the parts of a multipart one."""
    if not media_type.lower().startswith("multipart/"):
        return json_of(body)
    boundary = re.search(r'boundary="?([^";]+)', media_type, re.IGNORECASE)
    parts = body.split(b"--" + boundary[1].encode("latin-1", "replace")) if boundary else []
    found = (json_of(part.partition(b"\r\n\r\n")[2].strip()) for part in parts)
    return next((value for value in found if isinstance(value, dict)), None)


def observation_of(exchange: Exchange) -> Observation | None:
    """An exchange of our own client."""
    request = exchange.request
    headers = {name.lower(): value for name, value in request.headers.items()}
    return observation(
        request.method,
        request.target,
        exchange.answer.status,
        request.body or b"",
        exchange.answer.body,
        headers.get("content-type", ""),
    )


class Onlooker:
    """Counts exchanges from any thread: a `Watcher`. Answers count for one generation."""

    def __init__(self, generation: str) -> None:
        self.exercised = Exercised()
        self._generation = generation
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        seen = observation_of(exchange)
        if seen is not None:
            with self._lock:
                self.exercised.note(seen._replace(generation=self._generation))


MOST_BYTES = 1_000_000
"""Longer bodies are not compared with schemas."""


class SchemaOnlooker:
    """Counts which schemas exchanges exercise, from any thread: a `Watcher`."""

    def __init__(self) -> None:
        self.coverage = SchemaCoverage()
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        seen = schema_exchange_of(exchange)
        if seen is not None:
            with self._lock:
                self.coverage.note(seen)


def schema_exchange_of(exchange: Exchange) -> SchemaExchange | None:
    """An exchange of our own client, as schemas see it; None for one that is of no operation of the contract."""
    request, answer = exchange.request, exchange.answer
    found = operation_of(request.method.upper(), unquote(urlsplit(request.target).path))
    if found is None:
        return None
    headers = {name.lower(): value for name, value in request.headers.items()}
    return SchemaExchange(
        found[0],
        request.target,
        answer.status,
        dict(found[1]),
        headers,
        _body(request.body or b"", headers.get("content-type", "")),
        answer.headers,
        _body(answer.body, answer.headers.get("content-type", "")),
    )


def _body(body: bytes, content_type: str) -> Body | None:
    """A body in JSON or of a form; None for another, for none and for one that is too long to be looked at."""
    media_type = content_type.partition(";")[0].strip().lower()
    if not body or len(body) > MOST_BYTES:
        return None
    if media_type == FORM:
        return Body(FORM, parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        return Body(media_type, json.loads(body))
    except (ValueError, RecursionError):
        return None


# --- recordings ------------------------------------------------------------------------------------


def read_recording(path: Path) -> Exercised:
    """The content of a recording: a `.har`, Schemathesis's `.ndjson`, or coverage from `GET /_mock/coverage`.

    Raises `UnreadableTraffic`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableTraffic(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnreadableTraffic(f"{path}: no text in UTF-8") from error
    if path.suffix == ".ndjson":
        return Exercised().note_all(_of_ndjson(path, text))
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableTraffic(f"{path}: no JSON: {error}") from error
    entries = as_object(as_object(data).get("log")).get("entries")
    if isinstance(entries, list):
        return Exercised().note_all(_of_har(path, entries))
    try:
        return Exercised.from_json(data)
    except NotCoverageCounts as error:
        raise UnreadableTraffic(f"{path}: neither HAR, which has log.entries, nor coverage counts: {error}") from error


def read_server(url: str, connection: ConnectionOptions = PLAIN) -> Exercised:
    """The coverage of a server started with `--coverage`. Raises `UnreadableTraffic`, `NoAnswer`, `ValueError`."""
    with HttpClient(url, connection=connection) as client:
        answer = client.send(Request("GET", "/_mock/coverage"))
    if answer.status != 200:
        said = as_object(json_of(answer.body)).get("error", f"it answers {answer.status}")
        raise UnreadableTraffic(f"{url}: {said}")
    try:
        return Exercised.from_json(json_of(answer.body))
    except NotCoverageCounts as error:
        raise UnreadableTraffic(f"{url}: no coverage counts: {error}") from error


def _of_har(path: Path, entries: Iterable[Json]) -> Iterator[Observation]:
    for number, entry in enumerate(entries):
        request, response = as_object(as_object(entry).get("request")), as_object(as_object(entry).get("response"))
        method, url, status = request.get("method"), request.get("url"), response.get("status")
        if not isinstance(method, str) or not isinstance(url, str) or type(status) is not int:
            raise UnreadableTraffic(f"{path}: log.entries[{number}]: no request.method, request.url, response.status")
        post = as_object(request.get("postData"))
        found = observation(
            method,
            url,
            status,
            str(post.get("text") or "").encode("utf-8", "replace"),
            _har_content(as_object(response.get("content"))),
            str(post.get("mimeType") or ""),
        )
        if found is not None and status:  # 0 is a call without an answer
            yield found


def _har_content(content: Mapping[str, Json]) -> bytes:
    text = str(content.get("text") or "")
    return _decoded(text) if content.get("encoding") == "base64" else text.encode("utf-8", "replace")


def _of_ndjson(path: Path, text: str) -> Iterator[Observation]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        event = json_of(line.encode())
        if not isinstance(event, dict):
            raise UnreadableTraffic(f"{path}:{number}: no JSON object: a line is one event of Schemathesis")
        recorder = as_object(as_object(event.get("ScenarioFinished")).get("recorder"))
        for interaction in as_object(recorder.get("interactions")).values():
            found = _of_interaction(as_object(interaction))
            if found is not None:
                yield found


def _of_interaction(interaction: Mapping[str, Json]) -> Observation | None:
    request, response = as_object(interaction.get("request")), as_object(interaction.get("response"))
    method, url, status = request.get("method"), request.get("uri"), response.get("status_code")
    if not isinstance(method, str) or not isinstance(url, str) or type(status) is not int:
        return None
    headers = {str(name).lower(): as_list(value) for name, value in as_object(request.get("headers")).items()}
    media_type = str(next(iter(headers.get("content-type", ())), ""))
    bodies = (_decoded(as_object(part).get("$base64")) for part in (request.get("body"), response.get("content")))
    sent, answer = bodies
    return observation(method, url, status, sent, answer, media_type)


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(text or "")
    except (binascii.Error, TypeError, ValueError):
        return b""
