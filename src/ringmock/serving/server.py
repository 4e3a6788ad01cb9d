"""Running the server on a socket: on port 0 for any, ready when it says so, restarted in place on a change."""

import asyncio
import atexit
import contextlib
import errno
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from ..control.access import Access
from ..control.lazy_app import OnDemand
from ..domain.generation import Generation
from ..http.app import create_app
from ..http.known_calls import KNOWN_CALLS, KnownCalls
from ..http.recording import recorder
from ..http.request_normalisation import RequestIds
from ..http.stages import CONTROL_PREFIX
from ..lab.webhooks import WebHooks
from ..server_limits import DEFAULT, ServerLimits
from ..sign_in.kept_worlds import KeptWorlds
from ..sign_in.worlds import Worlds
from ..world.template import Template
from .committed import CommittedHttpProtocol, WhileAvailable
from .http_protocol import HttpProtocol
from .public_address import PublicAddress
from .request_head_cache import KnownHeads

if TYPE_CHECKING:
    from ..coverage.collector import CoverageCollector
    from .websocket_protocol import WebSocketProtocol
    from .worker import Worker

_T = TypeVar("_T")

WATCH_SECONDS = 0.5


def build(
    worlds: Worlds,
    webhooks: WebHooks | None = None,
    collector: "CoverageCollector | None" = None,
    access: Access | None = None,
    address: PublicAddress | None = None,
    worker: "Worker | None" = None,
) -> ASGIApp:
    """The whole application for a registry of worlds: the API, and the control API behind it.

    `webhooks` calls the receivers of notifications, by default on this machine only. `collector` collects coverage,
    which the control API then shows. `access` decides who may call the control API. `address` is the one by which
    clients reach the server, where it is not the one that it listens on. `worker`: what it is among several processes.
    """
    done, access = recorder(worlds), access or Access()
    behind = OnDemand(partial(_control, worlds, collector, access))
    recorded = done if collector is None else collector.counting(worlds, done)
    webhooks = webhooks or WebHooks(limits=worlds.limits)
    shared = () if worker is None else (worker.sockets, worker.key)
    app = create_app(worlds, behind, recorded, RequestIds(uuid4()), webhooks, access.port, *shared)
    if access.port is not None:
        webhooks.listens_on(access.port)
        app = without_api(app, access.port)
    app = app if worlds.commits is None else WhileAvailable(app, worlds.commits)
    app = address.of(app) if address else app
    return app if worker is None else worker.of(app)


def _control(worlds: Worlds, collector: "CoverageCollector | None", access: Access) -> ASGIApp:
    """The control API, with Flask and all else that nothing but it stands on."""
    from ..control.api import create_control_app
    from ..control.mount import mounted

    return mounted(create_control_app(worlds, collector), access)


def without_api(app: ASGIApp, port: int) -> ASGIApp:
    """The application, of which nothing but the control API is reached by this port."""

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        is_there = (scope.get("server") or (None, None))[1] == port
        path = scope.get("path", "")
        if not is_there or path.startswith(CONTROL_PREFIX) or path == CONTROL_PREFIX[:-1]:
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})
        else:
            body = json.dumps(
                {"error": f"Port {port} is the control API's alone, which is at {CONTROL_PREFIX}."}
            ).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 404, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return asgi


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening address, port 0 for any. Raises `OSError` when it is in use or not local."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def bound_sockets(host: str, port: int) -> list[socket.socket]:
    """As `bound_socket`, of `localhost` both loopbacks by the same port, where the machine has both."""
    if host != BOTH_LOOPBACKS:
        return [bound_socket(host, port)]
    for _ in range(MOST_PORTS_TRIED):
        first = bound_socket("127.0.0.1", port)
        try:
            return [first, bound_socket("::1", first.getsockname()[1])]
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                return [first]
            first.close()
            if port or error.errno != errno.EADDRINUSE:
                raise OSError(error.errno, f"{error.strerror} at ::1") from error
    raise OSError(errno.EADDRINUSE, "no port is free at 127.0.0.1 and ::1")


BOTH_LOOPBACKS = "localhost"
MOST_PORTS_TRIED = 100
"""Of those that the system gives out for 127.0.0.1, to find one that is free at ::1."""


def url_of(bound: socket.socket, scheme: str = "http", base_path: str = "") -> str:
    """Where a client reaches it, without a slash at the end."""
    host, port = bound.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    name = f"[{reachable}]" if ":" in reachable else reachable
    return f"{scheme}://{name}:{port}{base_path}"


class Server(uvicorn.Server):
    """uvicorn, saying when it is ready."""

    protocol: type[CommittedHttpProtocol] = CommittedHttpProtocol
    """Of connections, with a state."""

    def __init__(
        self,
        app: ASGIApp,
        ready: Callable[[], None] = lambda: None,
        limits: ServerLimits = DEFAULT,
        *,
        tls: ssl.SSLContext | None = None,
        base_path: str = "",
        state: KeptWorlds | None = None,
        protocol_options: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """`tls`: what clients are served by HTTPS with; plain HTTP without one. `state`: what the worlds go on from.

        `protocol_options` are what the protocol wants beside those of its kind.
        """
        kind = HttpProtocol if state is None else partial(self.protocol, commits=state.commits, **protocol_options)
        http = partial(kind, limits=limits, heads=KnownHeads(), base_path=base_path.encode())
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                http=http,  # type: ignore[arg-type]  # it is called as a class is
                lifespan="off",
                server_header=False,
                ws=partial(_websocket, limits=limits),  # type: ignore[arg-type]  # the same
                ws_max_size=limits.max_frame,
                ws_ping_interval=30,
                ws_ping_timeout=10,
                proxy_headers=False,
                timeout_keep_alive=limits.keep_alive_timeout,  # type: ignore[arg-type]  # it is for a timer,
                timeout_graceful_shutdown=2,
            )
        )
        self._ready = ready
        self._state = state
        self._tls, self._tls_handshake_timeout = tls, limits.tls_handshake_timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._asking = threading.Lock()
        self._asked: dict[Future[Any], None] = {}
        self._has_ended = False

    def do(self, function: Callable[[], _T]) -> _T:
        """Call `function` in the serving thread, which owns the worlds, and return its result or raise its exception.

        For any thread, and for short work: nothing is served meanwhile. Raises `RuntimeError` when the server does not
        run, or ends before it calls `function`.
        """
        if self._loop is not None and threading.get_ident() == self._thread:
            return function()
        asked: Future[_T] = Future()
        with self._asking:
            if self._loop is None:
                raise RuntimeError("the server has not started")
            if self._has_ended:
                raise RuntimeError("the server has stopped")
            self._asked[asked] = None
            self._loop.call_soon_threadsafe(self._do, function, asked)
        return asked.result()

    def _do(self, function: Callable[[], _T], asked: "Future[_T]") -> None:
        if asked.done():
            return  # the end of the server was reported instead
        try:
            done = function()
        except BaseException as error:
            asked.set_exception(error)
        else:
            asked.set_result(done)
        with self._asking:
            self._asked.pop(asked, None)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().serve(sockets)
        finally:
            if self._state is not None:
                self._state.end()
            self._tell_end()

    def _tell_end(self) -> None:
        """Fail the pending calls that the ended loop will never run."""
        with self._asking:
            self._has_ended = True
            left, self._asked = self._asked, {}
        for asked in left:
            asked.set_exception(RuntimeError("the server has stopped"))

    async def begin(self) -> None:
        """Go on from the state, before anything is listened to."""
        if self._state is not None:
            self._state.begin(self.running_loop)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        await self.begin()
        if self._tls is None:
            await super().startup(sockets)
        else:
            await super().startup([])
            self.servers = [await self._listening(bound, self._tls) for bound in sockets or ()]
        if self.started:
            self._ready()

    @property
    def running_loop(self) -> asyncio.AbstractEventLoop:
        """The loop that it runs in, once it does."""
        assert self._loop is not None
        return self._loop

    async def _listening(self, bound: socket.socket, tls: ssl.SSLContext) -> asyncio.Server:
        """As uvicorn listens, with time-outs for the handshake and for the end of the connection."""
        protocol: Any = self.config.http_protocol_class
        return await asyncio.get_running_loop().create_server(
            lambda: protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state),
            sock=bound,
            ssl=tls,
            backlog=self.config.backlog,
            ssl_handshake_timeout=self._tls_handshake_timeout,
            ssl_shutdown_timeout=self._tls_handshake_timeout,
        )

    def stop(self) -> None:
        """Stop soon, as after Ctrl-C. For any thread."""
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn would raise the signal again after its shutdown, and Ctrl-C end in a traceback.
        self.stop()


def _websocket(**given: Any) -> "WebSocketProtocol":
    """The protocol of a WebSocket, imported with the first of them: a start takes 5 ms less."""
    from .websocket_protocol import WebSocketProtocol

    return WebSocketProtocol(**given)


class Swappable:
    """An ASGI application that can be replaced while it is served."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    @property
    def known_calls(self) -> KnownCalls | None:
        """See `known_calls.KNOWN_CALLS`."""
        return getattr(self.app, KNOWN_CALLS, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


async def rebuilt_on_change(app: Swappable, rebuild: Callable[[], ASGIApp | None], watched: Sequence[Path]) -> None:
    """Replace the application by the result of `rebuild` whenever a watched file changes; None keeps the old one."""
    before = _signature(watched)
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        now = _signature(watched)
        if now != before:
            before = now
            app.app = rebuild() or app.app


def _signature(paths: Sequence[Path]) -> list[tuple[float, int] | None]:
    return [(path.stat().st_mtime, path.stat().st_size) if path.exists() else None for path in paths]


@contextlib.contextmanager
def running(template: Template, *, generation: Generation | None = None) -> Iterator[tuple[str, Worlds]]:
    """A server on any port of 127.0.0.1 in a thread of its own, stopped at the end: its URL and its worlds."""
    worlds = Worlds(template, generation=generation)
    with served(build(worlds)) as url:
        yield url, worlds


@contextlib.contextmanager
def served(app: ASGIApp, limits: ServerLimits = DEFAULT) -> Iterator[str]:
    """The URL of an application on any port of 127.0.0.1, in a thread of its own, stopped at the end."""
    with serving(app, limits) as (url, _):
        yield url


@contextlib.contextmanager
def serving(
    app: ASGIApp,
    limits: ServerLimits = DEFAULT,
    host: str = BOTH_LOOPBACKS,
    *,
    tls: ssl.SSLContext | None = None,
    base_path: str = "",
    state: KeptWorlds | None = None,
) -> Iterator[tuple[str, Server]]:
    """As `served`, with the server itself; `host` is another address of this machine to listen on.

    `tls`, `base_path` and `state` as for `Server`; the application has to be at that path.
    """
    is_ready = threading.Event()
    with contextlib.ExitStack() as held:
        bound = [held.enter_context(contextlib.closing(each)) for each in bound_sockets(host, 0)]
        server = Server(app, is_ready.set, limits, tls=tls, base_path=base_path, state=state)
        thread = threading.Thread(target=server.run, kwargs={"sockets": bound}, name="ringmock", daemon=True)
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join()

        # When a caller never leaves this block, the interpreter stops the thread instead of waiting for it.
        atexit.register(stop)
        try:
            if not is_ready.wait(timeout=30):
                raise RuntimeError("the server did not become ready within 30 seconds")
            yield url_of(bound[0], "https" if tls else "http", base_path), server
        finally:
            atexit.unregister(stop)
            stop()
