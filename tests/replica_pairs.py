"""Two replicas of one database, in the process of the test: each has a port of its own, and half of the slots."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from ringmock.control.worlds import template_of
from ringmock.fixture import load_named
from ringmock.serving.replica import Replica, ReplicaServer
from ringmock.serving.replica_peers import ReplicaPeers
from ringmock.serving.server import State, bound_socket, build, url_of
from ringmock.serving.tls import Certificate
from ringmock.serving.worker import Worker
from ringmock.sign_in.id_tokens import SigningKey
from ringmock.sign_in.world_slots import SLOTS, Share
from ringmock.sign_in.worlds import Worlds
from ringmock.world.history.distant import DistantCommit
from ringmock.world.history.replicas import joined
from state_files import VERSION, mark_of
from worker_pairs import OneOf

WAIT_SECONDS = 30.0
"""For something to come to hold."""


def _listening() -> socket.socket:
    inner = bound_socket("127.0.0.1", 0)
    inner.listen()
    return inner


@contextmanager
def replica(url: str, tls: Certificate | None = None) -> Iterator[OneOf]:
    """A server that has joined the others."""
    own = joined(url, mark_of(), VERSION, SLOTS)
    worlds = Worlds(load_named("demo"), commits=DistantCommit(own.log), share=Share(frozenset(), SLOTS))
    peers = ReplicaPeers(own.membership.number, own.membership.secret)
    worker = Worker(worlds, peers, key=SigningKey(own.membership.key))
    is_ready = threading.Event()
    with ExitStack() as held:
        inner = held.enter_context(closing(_listening()))
        bound = held.enter_context(closing(bound_socket("127.0.0.1", 0)))
        server = ReplicaServer(
            build(worlds, worker=worker),
            is_ready.set,
            state=State(worlds, template_of),
            worker=worker,
            inner=inner,
            met=peers.met,
            replica=Replica(worlds, own.membership, peers),
            address=f"127.0.0.1:{inner.getsockname()[1]}",
            tls=None if tls is None else tls.context,
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            assert is_ready.wait(30)
            yield OneOf(url_of(bound, "http" if tls is None else "https"), worlds, server)
        finally:
            server.stop()
            thread.join()


def slots_of(one: OneOf) -> int:
    """How many it has now."""
    return one.server.do(lambda: len(one.worlds.share.places))


@contextmanager
def replica_pair(url: str, tls: Certificate | None = None) -> Iterator[tuple[OneOf, OneOf]]:
    """Both of them, each with its half."""
    with replica(url, tls) as first, replica(url, tls) as second:
        assert has_come(lambda: [slots_of(each) for each in (first, second)] == [SLOTS / 2] * 2)
        yield first, second


def has_come(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold."""
    until = time.monotonic() + WAIT_SECONDS
    while not holds():
        if time.monotonic() > until:
            return False
    return True
