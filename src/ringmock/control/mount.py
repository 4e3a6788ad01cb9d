"""A Flask application inside the ASGI server, run in the loop's own thread.

Worlds are not locked, so nothing may touch them from a second thread; and every control call is short, once it has
waited for what it waits for.
"""

import asyncio
import io
import json
import re
import sys
from collections.abc import Iterable
from typing import Any

from flask import Flask
from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.test import run_wsgi_app

from ..http.call import ELSEWHERE, ON_STOP, PREFIX_KEY, PROXIED_KEY
from ..inspector.ui import HAS_TOKEN
from .access import Access, Refused
from .events import Streams
from .waiting import Waiting

Headers = list[tuple[bytes, bytes]]


def mounted(app: Flask, access: Access) -> ASGIApp:
    """The application as an ASGI callable for whole requests: `receive` gives the body in one message.

    Calls that `access` refuses do not reach it. Those that wait do so before it is called.
    """
    waiting, streams = Waiting(app), Streams(app)

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            _check_port(scope, access)
            proxied = scope.get(PROXIED_KEY)
            headers = access.check(
                None if proxied is not None else _host_of(scope, "client"),
                _host_of(scope, "server"),
                scope["headers"],
                is_page=_is_page(scope),
                proxied_as=proxied,
            )
        except Refused as refused:
            await _refuse(refused, send)
            return
        environ = environ_of({**scope, "headers": headers}, (await receive()).get("body", b""))
        environ[HAS_TOKEN] = access.has_token
        environ[ELSEWHERE] = scope.get(ELSEWHERE)
        if waiting.is_for(scope["method"], scope["path"]):
            # The eager protocol begins a call outside of any task, where nothing could be waited for.
            environ |= await asyncio.create_task(waiting.waited(environ, receive))
        if streams.is_for(scope["method"], scope["path"]):
            await asyncio.create_task(_stream(app, streams, environ, scope, receive, send))
            return
        status, encoded, content = _called(app, environ)
        if scope["method"] not in _READING:
            streams.wake()
        await _answer(send, status, encoded, content)

    return asgi


_READING = ("GET", "HEAD")


def _called(app: Flask, environ: dict[str, Any]) -> tuple[int, Headers, bytes]:
    """What the application answers."""
    chunks, status, answered = run_wsgi_app(app, environ, buffered=True)
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answered]
    return int(status.split(" ", 1)[0]), encoded, joined(chunks)


async def _stream(
    app: Flask, streams: Streams, environ: dict[str, Any], scope: Scope, receive: Receive, send: Send
) -> None:
    """Send a stream, or why there is none."""
    stream, added = streams.opened(environ)
    status, headers, content = _called(app, environ | added)
    if stream is None:
        await _answer(send, status, headers, content)
        return
    try:
        headers = [each for each in headers if each[0] != b"content-length"]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await streams.run(stream, receive, send, (scope.get("extensions") or {}).get(ON_STOP))
    finally:
        streams.close(stream)


def _check_port(scope: Scope, access: Access) -> None:
    """Raise `Refused` for a call that comes to the API's port where the control API has one of its own."""
    if access.port is not None and (scope.get("server") or (None, None))[1] != access.port:
        raise Refused(f"The control API of this server is at port {access.port}.")


_PAGES = "/_mock/ui/"


def _is_page(scope: Scope) -> bool:
    path: str = scope["path"]
    return bool(scope["method"] == "GET") and (path in ("/_mock/", "/_mock/ui") or path.startswith(_PAGES))


async def _refuse(refused: Refused, send: Send) -> None:
    body = json.dumps({"error": str(refused)}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"content-security-policy", b"frame-ancestors 'none'"),
        *_length(body),
    ]
    if refused.status == 401:
        headers.append((b"www-authenticate", b'Basic realm="the control API of ringmock, its token as the password"'))
    await _answer(send, refused.status, headers, body)


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """The request as WSGI has it (PEP 3333). The path was decoded once, by the server, and is not again."""
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get(PREFIX_KEY, ""),
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": _escaped(scope["query_string"]),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": _host_of(scope, "client") or "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in _joined_by_name(scope["headers"]).items():
        key = name.upper().replace("-", "_")
        if key != "CONTENT_LENGTH":  # the body's own, however it was sent
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def _escaped(query: bytes) -> str:
    """The query with an escape for each byte that stands in none."""
    return _NO_QUERY.sub(lambda byte: b"%%%02X" % ord(byte[0]), query).decode("ascii")


_NO_QUERY = re.compile(rb"[^\x21-\x7e]")


def _joined_by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by their names; those that came twice with a comma between (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _host_of(scope: Scope, end: str) -> str | None:
    host: str | None = (scope.get(end) or (None,))[0]
    return host


def _length(body: bytes) -> Headers:
    return [(b"content-length", str(len(body)).encode())]


async def _answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def joined(chunks: Iterable[bytes]) -> bytes:
    """The whole body of an answer."""
    return b"".join(chunks)
