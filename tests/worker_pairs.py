"""Two processes' servers of one state file, in the process of the test: each has a port of its own."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from receivers import unhurried
from ringmock.control.worlds import template_of
from ringmock.fixture import load_named
from ringmock.lab.webhooks import WebHooks
from ringmock.serving.inner import Peers, path_of
from ringmock.serving.server import bound_socket, build, url_of
from ringmock.serving.tls import Certificate
from ringmock.serving.worker import Worker
from ringmock.serving.worker_server import WorkerServer
from ringmock.sign_in.kept_worlds import KeptWorlds
from ringmock.sign_in.world_slots import part
from ringmock.sign_in.worlds import Worlds
from ringmock.world.history.shared import SharedCommit
from ringmock.world.history.sqlite import joined, share
from state_files import log_in
from support import WAIT_SECONDS, Client

COUNT = 2


class OneOf:
    """One of them."""

    def __init__(self, url: str, worlds: Worlds, server: WorkerServer) -> None:
        self.url, self.worlds, self.server = url, worlds, server


@contextmanager
def one_of(path: Path, folder: Path, place: int, tls: Certificate | None = None) -> Iterator[OneOf]:
    """A server of a part of the worlds."""
    commits = SharedCommit(joined(path, was_served=True))
    worlds = Worlds(load_named("demo"), commits=commits, share=part(place, COUNT))
    worker = Worker(worlds, Peers(folder, place, COUNT))
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as inner:
        inner.bind(str(path_of(folder, place)))
        inner.listen()
        with in_a_thread(WorkerServer, KeptWorlds(worlds, template_of), worker, inner, tls) as one:
            yield one


@contextmanager
def in_a_thread(
    kind: Callable[..., WorkerServer],
    kept: KeptWorlds,
    worker: Worker,
    inner: socket.socket,
    tls: Certificate | None,
    **more: Any,
) -> Iterator[OneOf]:
    """A server of this kind, reached by the others by `inner`, until the block ends."""
    is_ready = threading.Event()
    with closing(bound_socket("127.0.0.1", 0)) as bound:
        server = kind(
            build(kept.worlds, WebHooks(patience=unhurried), worker=worker),
            is_ready.set,
            state=kept,
            worker=worker,
            inner=inner,
            tls=None if tls is None else tls.context,
            **more,
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            assert is_ready.wait(WAIT_SECONDS)
            yield OneOf(url_of(bound, "http" if tls is None else "https"), kept.worlds, server)
        finally:
            server.stop()
            thread.join()


@contextmanager
def pair(path: Path, tls: Certificate | None = None) -> Iterator[tuple[OneOf, OneOf]]:
    """Both of them."""
    with ExitStack() as held:
        log = log_in(path)
        held.callback(log.close)
        share(log)
        folder = Path(held.enter_context(TemporaryDirectory()))
        first, second = (held.enter_context(one_of(path, folder, place, tls)) for place in range(COUNT))
        yield first, second


def client_of(url: str, is_wanted: Callable[[str], bool]) -> Client:
    """A client whose world has a name that is wanted."""
    while True:
        client = Client(url)
        if is_wanted(client.client_id):
            return client
        client.__exit__()


@contextmanager
def client_at(asked: OneOf, owner: OneOf) -> Iterator[Client]:
    """A client that calls one of them, of a world that is one's."""
    with client_of(asked.url, owner.worlds.share.has) as client:
        yield client


@contextmanager
def same_client(client: Client, other: OneOf) -> Iterator[Client]:
    """The client at the other server, with the tokens that it has."""
    with Client(other.url) as again:
        again.client_id, again._tokens = client.client_id, client._tokens
        yield again
