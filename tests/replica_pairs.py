"""Two replicas of one database, in the process of the test: each has a port of its own, and half of the slots."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count

import psycopg

from ringmock.control.worlds import template_of
from ringmock.fixture import load_named
from ringmock.serving.replica import Replica, ReplicaServer
from ringmock.serving.replica_peers import ReplicaPeers
from ringmock.serving.server import bound_socket
from ringmock.serving.tls import Certificate
from ringmock.serving.worker import Worker
from ringmock.sign_in.id_tokens import SigningKey
from ringmock.sign_in.kept_worlds import KeptWorlds
from ringmock.sign_in.world_slots import SLOTS, Share, slot_of
from ringmock.sign_in.worlds import Worlds
from ringmock.world.history.distant import DistantCommit
from ringmock.world.history.replicas import joined
from state_files import VERSION, mark_of
from support import WAIT_SECONDS
from worker_pairs import OneOf, in_a_thread


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
    kept = KeptWorlds(worlds, template_of)
    worker = Worker(worlds, peers, key=SigningKey(own.membership.key))
    with closing(_listening()) as inner:
        more = {
            "met": peers.met,
            "replica": Replica(kept, own.membership, peers, worker.is_busy),
            "address": f"127.0.0.1:{inner.getsockname()[1]}",
        }
        with in_a_thread(ReplicaServer, kept, worker, inner, tls, **more) as one:
            yield one


def are_shared(url: str, count: int) -> bool:
    """Whether so many replicas of a database have their parts, and no slot has to move any more."""
    with psycopg.connect(url) as db:
        rows = db.execute("SELECT count(*) FROM ringmock.slots GROUP BY replica").fetchall()
    counts = [int(number) for (number,) in rows]
    return len(counts) == count and max(counts) - min(counts) <= 1


def of_slot(name: str, slot: int) -> str:
    """The name, with something behind it that puts its world into a slot."""
    return next(longer for longer in (f"{name}-{number}" for number in count()) if slot_of(longer) == slot)


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
