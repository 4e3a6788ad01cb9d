"""The whole server, called without a socket, one call after the other: a fuzzer sees each line that a call runs."""

import asyncio
import json
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

from ringmock.domain.generation import Generation
from ringmock.fixture import load_named
from ringmock.lab.webhooks import WebHooks
from ringmock.server_limits import DEFAULT, ServerLimits
from ringmock.serving.server import build
from ringmock.sign_in.worlds import Worlds

TOKEN = "demo-101"
HOST = "127.0.0.1"
CALLS_A_LIFE = 2_000
"""The world begins anew after so many calls: what is stored must not slow a fuzzer down."""

Headers = list[tuple[bytes, bytes]]


class Answer(NamedTuple):
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes


class InProcess:
    """A bundled account, and a loop to serve it in."""

    def __init__(
        self,
        limits: ServerLimits = DEFAULT,
        account: str = "demo",
        generation: Generation | None = None,
        webhooks: WebHooks | None = None,
    ) -> None:
        self.worlds = Worlds(load_named(account), generation=generation, limits=limits)
        self._app = build(self.worlds, webhooks)
        self._loop = asyncio.new_event_loop()
        self._calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.close()

    def call(self, method: str, target: bytes, headers: Headers, body: bytes) -> Answer:
        """One call. `target` is a path and perhaps a query, as they stand on the first line of a request."""
        path, _, query = target.partition(b"?")
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        own = [(b"host", HOST.encode()), (b"content-length", b"%d" % len(body))]
        scope = self._scope("http", path, query, [*own, *headers]) | {"method": method}
        self._run(self._app(scope, receive, send))
        names = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], names, b"".join(part.get("body", b"") for part in sent[1:]))

    def connect(self, frames: list[str | bytes]) -> list[Any]:
        """A WebSocket on which these messages are sent one after the other: what the server sent meanwhile."""
        answer = self.call("POST", b"/restapi/oauth/wstoken", [(b"authorization", f"Bearer {TOKEN}".encode())], b"")
        token = json.loads(answer.content)["ws_access_token"]
        incoming: list[Any] = [{"type": "websocket.connect"}]
        incoming += [{"type": "websocket.receive", "text" if isinstance(f, str) else "bytes": f} for f in frames]
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(0)
            return incoming.pop(0) if incoming else {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = self._scope("websocket", b"/ws", f"access_token={token}".encode(), [(b"host", HOST.encode())])
        self._run(self._app(scope, receive, send))
        return sent

    def _scope(self, kind: str, path: bytes, query: bytes, headers: Headers) -> dict[str, Any]:
        return {
            "type": kind,
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "server": (HOST, 80),
            "client": (HOST, 40_000),
            "scheme": "http" if kind == "http" else "ws",
            "root_path": "",
            "path": unquote(path.decode("latin-1")),
            "raw_path": path,
            "query_string": query,
            "headers": headers,
            "extensions": {},
            "state": {},
        }

    def _run(self, served: Any) -> None:
        self._calls += 1
        self._loop.run_until_complete(served)

    def tidy(self) -> None:
        """Begin the world anew where many calls have been made since it began."""
        if self._calls >= CALLS_A_LIFE:
            self._calls = 0
            self.worlds.default.reset()
