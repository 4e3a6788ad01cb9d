"""What sending, listing, synchronizing and deleting cost as the store grows: ratios of one run, never a timed test.

    python benchmarks/growth.py [--sizes 100 10000 1000000] [--rounds 7] [--calls 1500] [--write]

Each size is a server process of its own, whose world is filled through the same plans and the same store that calls
go through, each message to another phone. The longest pause is that of the garbage collector, while the store fills
and while it is called. Memory a message is what the process grows by while the store fills (VmRSS). Rounds are
interleaved over the sizes, so that whatever else the machine does hits all of them.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

import readme
from contenders.serving import memory_bytes
from pauses import pauses
from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.serving import collector
from ringmock.serving.server import running
from ringmock.world.world import World

PATH = "/restapi/v1.0/account/~/extension/~"
BODY = json.dumps(
    {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Test SMS message"}
)
HEADERS = {"Authorization": "Bearer demo-101", "Content-Type": "application/json"}
QUIET_HANDSET = "14151003733"
"""A phone that the store is not filled with messages to."""
MINUTES = json.dumps({"seconds": 600})

Connection = http.client.HTTPConnection
Call = Callable[[Connection], None]


def fill(world: World, size: int) -> None:
    """Send `size` SMS as 101, each to another phone, one after the other."""
    sender = world.account.extensions["101"]
    for number in range(size):
        world.send_sms(sender, SendSms("16509100010", (f"1415{number % 10_000_000:07}",), "Test SMS message"))


def serve(size: int, pipe: Pipe) -> None:
    """Serve a world with `size` messages until told to stop."""
    with running(load_named("demo")) as (url, worlds), collector.growing(), pauses() as seen:  # as `ringmock serve`
        before = memory_bytes(os.getpid())
        fill(worlds.default, size)
        after = memory_bytes(os.getpid())
        pipe.send((url, seen.longest, None if before is None or after is None else after - before))
        seen.reset()
        pipe.recv()
        pipe.send(seen.longest)


def rate(url: str, prepared: Callable[[Connection], Call], calls: int) -> float:
    """Calls a second over one connection."""
    connection = Connection(url.removeprefix("http://"))
    call = prepared(connection)
    began = time.perf_counter()
    for _ in range(calls):
        call(connection)
    took = time.perf_counter() - began
    connection.close()
    return calls / took


def answered(connection: Connection, method: str, path: str, body: str | None = None) -> Any:
    """The JSON of a 2xx answer, None without a body."""
    connection.request(method, path, body, HEADERS)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status < 300, content
    return json.loads(content) if content else None


def send(connection: Connection) -> None:
    """`POST sms`."""
    answered(connection, "POST", f"{PATH}/sms", BODY)


def list_first_page(connection: Connection) -> None:
    """The newest 100 messages."""
    assert len(answered(connection, "GET", f"{PATH}/message-store")["records"]) == 100


def list_conversations(connection: Connection) -> None:
    """The newest message of each of the ten newest conversations."""
    query = "distinctConversations=true&perPage=10"
    assert len(answered(connection, "GET", f"{PATH}/message-store?{query}")["records"]) == 10


def synchronizing(connection: Connection) -> Call:
    """ISync when one message has changed since the token, ten minutes after all that was before."""
    answered(connection, "POST", "/_mock/clock/advance", MINUTES)
    known = answered(connection, "GET", f"{PATH}/message-sync?recordCount=1")
    path = f"{PATH}/message-store/{known['records'][0]['id']}"
    answered(connection, "PUT", path, json.dumps({"readStatus": "Read"}))
    token = known["syncInfo"]["syncToken"]

    def call(connection: Connection) -> None:
        assert len(answered(connection, "GET", f"{PATH}/message-sync?syncToken={token}")["records"]) == 1

    return call


def send_and_delete(connection: Connection) -> None:
    """`POST sms`, and a DELETE of its conversation, in which nothing else is alive."""
    sent = answered(connection, "POST", f"{PATH}/sms", BODY.replace("14151003732", QUIET_HANDSET))
    answered(connection, "DELETE", f"{PATH}/message-store?conversationId={sent['conversationId']}")


MEASURES: dict[str, tuple[Callable[[Connection], Call], int]] = {
    "`POST sms`": (lambda _: send, 1),
    "list": (lambda _: list_first_page, 10),
    "conversations": (lambda _: list_conversations, 10),
    "ISync": (synchronizing, 5),
    "send and delete": (lambda _: send_and_delete, 5),
}
"""What makes each call, and how many times as slow as a send it may well be."""


class Grown(NamedTuple):
    """A server process with so many messages: its longest pause while they came, and the bytes that it grew by.

    The last is None where the system does not tell.
    """

    url: str
    pipe: Pipe
    process: BaseProcess
    pause: float
    bytes: int | None

    def ended(self) -> float:
        """Stop it: its longest pause in all, in milliseconds."""
        self.pipe.send("stop")
        longest: float = max(self.pause, self.pipe.recv())
        self.process.join()
        return longest


def grown(size: int) -> Grown:
    """A server with so many messages."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(size, theirs))
    process.start()
    url, pause, held = ours.recv()
    return Grown(url, ours, process, pause, held)


Rates = Mapping[tuple[str, int], Sequence[float]]


def rates(servers: Mapping[int, Grown], rounds: int, calls: int) -> Rates:
    """Of each measure at each size, the calls a second of each round."""
    found: dict[tuple[str, int], list[float]] = {}
    for number in range(rounds + 1):
        for size, server in servers.items():
            for name, (prepared, slower) in MEASURES.items():
                measured = rate(server.url, prepared, max(1, calls // slower))
                if number:  # the first round warms up
                    found.setdefault((name, size), []).append(measured)
    return found


def row_of(size: int, least: int, pause: float, held: int | None, found: Rates) -> list[str]:
    """Medians, and in brackets their ratios to those of the smallest size."""
    a_message = "–" if held is None or size < ENOUGH else f"{held / size:,.0f}"
    row = [f"{size:,}", f"{pause:.1f}", a_message]
    for name in MEASURES:
        measured, smallest = (statistics.median(found[name, one]) for one in (size, least))
        row.append(f"{measured:,.0f} ({measured / smallest:.2f})")
    return row


ENOUGH = 10_000
"""Messages that are more than whatever else a process takes memory for meanwhile."""


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=1000)
    readme.may_write(parser)
    asked = parser.parse_args()
    servers = {size: grown(size) for size in asked.sizes}
    found = rates(servers, asked.rounds, asked.calls)
    pauses_of = {size: server.ended() for size, server in servers.items()}
    heads = ["stored", "longest pause, ms", "memory a message, bytes", *(f"{name}, calls/s" for name in MEASURES)]
    rows = [row_of(size, asked.sizes[0], pauses_of[size], servers[size].bytes, found) for size in asked.sizes]
    said = f"medians of {asked.rounds} rounds over one connection; in brackets by those of the smallest store."
    readme.end("growth", f"{readme.table(heads, rows)}\n\n{readme.machine(os.cpu_count() or 1)}; {said}", asked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
