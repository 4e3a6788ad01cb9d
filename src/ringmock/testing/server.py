"""A server in a thread of its own, and the worlds that tests open in it."""

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from ..coverage.collector import CoverageCollector
from ..fixture import load_named
from ..serving.server import Server, build, serving
from ..sign_in.worlds import Worlds
from ..world.template import Template
from .handle import Ringmock


class MockServer:
    """A running server. `url` has no slash at the end; `worlds` and `collector` belong to the server's thread alone."""

    def __init__(self, url: str, worlds: Worlds, server: Server, collector: CoverageCollector) -> None:
        self.url = url
        self.worlds = worlds
        self.collector = collector
        """What tests exercise of the contract, from `start_coverage` on."""
        self._server = server

    def start_coverage(self) -> None:
        """Count what tests exercise of the contract, where it is not counted already."""
        if self.collector.exercised is None:
            self._server.do(self.collector.start)

    def _handle(self, client_id: str, client_secret: str) -> Ringmock:
        allowed = self.collector.expect_anything_in
        return Ringmock(self.url, self.worlds, self._server.do, client_id, client_secret, on_allowed=allowed)

    @contextlib.contextmanager
    def new_world(self) -> Iterator[Ringmock]:
        """A fresh copy of the account under client credentials that nobody else has, forgotten at the end."""
        client_id, client_secret = f"test-{secrets.token_hex(12)}", secrets.token_hex(12)
        handle = self._server.do(lambda: self._handle(client_id, client_secret))
        try:
            yield handle
        finally:
            self._server.do(handle.close)


@contextlib.contextmanager
def run_server(fixture: str | Path | Template = "demo", *, generation: str | None = None) -> Iterator[MockServer]:
    """A server on any port of 127.0.0.1 for an account, stopped at the end.

    `fixture` is a bundled account's name, a YAML file or a template; `generation` goes before the one that a name or
    a file says. Raises `FixtureError`.
    """
    template = fixture if isinstance(fixture, Template) else load_named(str(fixture), generation=generation)
    worlds, collector = Worlds(template), CoverageCollector()
    with serving(build(worlds, collector=collector)) as (url, server):
        yield MockServer(url, worlds, server, collector)
