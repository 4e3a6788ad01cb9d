"""Refusals of requests that the parser does not accept, in the API's, OAuth's or the control API's format."""

import json
from http import HTTPStatus
from urllib.parse import unquote
from uuid import uuid4

from starlette.types import Receive, Scope, Send

from . import errors, oauth
from .call import JSON_ANSWER
from .stages import CONTROL_PREFIX, JSON, spelled_path


def answer(problem: Exception, target: bytes = b"") -> bytes:
    """The whole answer; the connection closes after it. `target` is the known part of the URI."""
    status, headers, body = parts(problem, unquote(target.partition(b"?")[0].decode("latin-1")))
    headers["connection"] = "close"
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


async def refuse(problem: Exception, path: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a call of this path before it is one; a WebSocket is closed."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close"})
        return
    status, headers, body = parts(problem, path)
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


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
