"""Refusals of requests that the parser does not accept, in the API's, OAuth's or the control API's format."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import unquote
from uuid import uuid4

from . import errors, oauth
from .call import JSON_ANSWER
from .stages import CONTROL_PREFIX, JSON, spelled_path


def answer(problem: Exception, target: bytes = b"", more: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """The whole answer; the connection closes after it. `target` is the known part of the URI, `more` are headers."""
    status, headers, body = parts(problem, unquote(target.partition(b"?")[0].decode("latin-1")))
    headers.update(more, connection="close")
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def parts(problem: Exception, path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a call of this path."""
    path = spelled_path(path)
    if path in oauth.PATHS:
        status, more, body = oauth.render(problem)
    else:
        status, more, body = errors.render(problem)
    is_control = path.startswith(CONTROL_PREFIX)
    if is_control:
        body = json.dumps({"error": f"{json.loads(body)['message']}."}).encode()
    headers = {
        "content-type": JSON if is_control else JSON_ANSWER,
        "content-length": str(len(body)),
        "rcrequestid": str(uuid4()),
        "content-language": "en-US",
        "routingkey": "RINGMOCK01",
        **{name.lower(): value for name, value in more.items()},
    }
    return status, headers, body
