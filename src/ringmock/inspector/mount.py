"""A Flask application inside the ASGI server, run in the loop's own thread.

Worlds are not locked, so nothing may touch them from a second thread; and every control call is short.
"""

from collections.abc import Iterable

from flask import Flask
from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.test import EnvironBuilder, run_wsgi_app


def mounted(app: Flask) -> ASGIApp:
    """The application as an ASGI callable for whole requests: `receive` gives the body in one message."""

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive()).get("body", b"")
        builder = EnvironBuilder(
            method=scope["method"],
            path=scope["path"],
            query_string=scope["query_string"].decode("latin-1"),
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
            environ_base={"REMOTE_ADDR": (scope.get("client") or ("",))[0]},
            data=body,
        )
        chunks, status, headers = run_wsgi_app(app, builder.get_environ(), buffered=True)
        await send(
            {
                "type": "http.response.start",
                "status": int(status.split(" ", 1)[0]),
                "headers": [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in headers],
            }
        )
        await send({"type": "http.response.body", "body": joined(chunks)})

    return asgi


def joined(chunks: Iterable[bytes]) -> bytes:
    """The whole body of an answer."""
    return b"".join(chunks)
