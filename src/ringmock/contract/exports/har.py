"""A journal as HAR 1.2, which browsers' tools and proxies read (http://www.softwareishard.com/blog/har-12-spec/)."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from ... import __version__
from ..cases.from_world import Recording

Json = Any


def har(recording: Recording) -> str:
    """The calls that the journal has, with what is no secret of them."""
    entries = [_entry(call, recording.origin) for call in recording.calls]
    creator = {"name": "ringmock", "version": __version__}
    return json.dumps({"log": {"version": "1.2", "creator": creator, "entries": entries}}, indent=1) + "\n"


def _entry(call: Mapping[str, Json], origin: str) -> dict[str, Json]:
    milliseconds = call["milliseconds"]
    said = {
        "startedDateTime": call["at"],
        "time": milliseconds,
        "request": _request(call, origin),
        "response": _response(call),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }
    rules = [*call["rules"], *(each["rule"] for each in call["recipients"])]
    notes = [f"by extension {call['who']}"] if call["who"] else []
    notes += [f"decided by {', '.join(dict.fromkeys(rules))}"] if rules else []
    notes += [f"met a fault on demand: {call['fault']}"] if call["fault"] else []
    return said | ({"comment": "; ".join(notes)} if notes else {})


def _request(call: Mapping[str, Json], origin: str) -> dict[str, Json]:
    query = f"?{urlencode([tuple(pair) for pair in call['query']])}" if call["query"] else ""
    said: dict[str, Json] = {
        "method": call["method"],
        "url": f"{origin}{call['path']}{query}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _named(call["headers"].items()),
        "queryString": _named(call["query"]),
        "headersSize": -1,
        "bodySize": -1,
    }
    body, size = call.get("body"), call.get("body_left_out", 0)
    if body is None and not size:
        return {**said, "bodySize": 0}
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body, ensure_ascii=False)
    posted = {"mimeType": call["headers"].get("content-type", ""), "text": text}
    left_out = {"comment": f"{size} bytes, which the journal does not keep"} if size else {}
    return {**said, "postData": posted | left_out}


def _response(call: Mapping[str, Json]) -> dict[str, Json]:
    answer, size = call.get("answer"), call.get("answer_left_out", 0)
    if isinstance(answer, str):
        text, kind = answer, "text/plain"
    elif answer is None:
        text, kind = "", "x-unknown"
    else:
        text, kind = json.dumps(answer, ensure_ascii=False), "application/json"
    content: dict[str, Json] = {"size": size or len(text.encode("utf-8", "replace")), "mimeType": kind, "text": text}
    if size:
        content["comment"] = "longer than the journal keeps"
    return {
        "status": call["status"],
        "statusText": _words_of(call["status"]),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }


def _words_of(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _named(pairs: Any) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
