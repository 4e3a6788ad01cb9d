"""A receiver of webhooks on this machine: what the contract suite needs to have subscriptions."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from types import TracebackType
from typing import Any, NamedTuple, Self

Json = Any

TOKEN_HEADER = "Validation-Token"
WAIT_SECONDS = 5.0
POLL_SECONDS = 0.01
"""The maximum time for stopping a receiver."""


class Manners(NamedTuple):
    """How a receiver answers."""

    status: int = 200
    token: str = "same"
    """The token that it returns: `same`, `another` or `none`."""
    media_type: str = "application/json"
    """Its Content-Type; none where this is empty."""
    bytes: int = 0
    """How many its body has."""

    @property
    def are_good(self) -> bool:
        """Whether it accepts what it gets."""
        return 200 <= self.status < 300

    @classmethod
    def of(cls, described: Mapping[str, Json]) -> "Manners":
        """As a case describes them."""
        names = {"mediaType": "media_type"}
        return cls(**{names.get(name, name): value for name, value in described.items()})


class Receiver:
    """Listens on any port of 127.0.0.1 while it is open."""

    def __init__(self) -> None:
        self.manners = Manners()
        self._notifications: Queue[Json] = Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True)

    @property
    def url(self) -> str:
        """The address for notifications."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/webhook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_notifications(self, count: int) -> list[Json]:
        """So many unread notifications, oldest first, each waited for; fewer when they do not arrive.

        Each is what was posted, and `headers` by their names in lower case.
        """
        found: list[Json] = []
        try:
            while len(found) < count:
                found.append(self._notifications.get(timeout=WAIT_SECONDS))
        except Empty:
            return found
        return found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                token = self.headers.get(TOKEN_HEADER)
                if token is None:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    receiver._notifications.put({**json.loads(body), "headers": headers})
                self._answer(receiver.manners, token or "")

            def _answer(self, manners: Manners, token: str) -> None:
                self.send_response(manners.status)
                if manners.token != "none":
                    self.send_header(TOKEN_HEADER, token if manners.token == "same" else "another")
                if manners.media_type:
                    self.send_header("Content-Type", manners.media_type)
                self.send_header("Content-Length", str(manners.bytes))
                self.end_headers()
                self.wfile.write(b" " * manners.bytes)

            def log_message(self, *_: object) -> None:
                """Nothing: the case reports what was wrong."""

        return Handler
