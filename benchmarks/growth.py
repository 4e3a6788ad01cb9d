"""What sending, listing, synchronizing and deleting cost as the store grows: ratios of one run, never a timed test.

    python benchmarks/growth.py [--sizes 100 10000 1000000] [--rounds 7] [--calls 1500]

Each size is a server process of its own, whose world is filled through the same plans and the same store that calls
go through. The longest pause is that of the garbage collector, while the store fills and while it is called. Rounds
are interleaved over the sizes, so that whatever else the machine does hits all of them.
"""

import argparse
import http.client
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from typing import Any

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
    """Send `size` SMS as 101 to a hundred thousand handsets, one after the other."""
    sender = world.account.extensions["101"]
    for number in range(size):
        world.send_sms(sender, SendSms("16509100010", (f"141510{number % 100_000:05}",), "Test SMS message"))


def serve(size: int, pipe: Pipe) -> None:
    """Serve a world with `size` messages until told to stop."""
    with running(load_named("demo")) as (url, worlds), collector.growing(), pauses() as seen:  # as `ringmock serve`
        fill(worlds.default, size)
        pipe.send((url, seen.longest))
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
    "POST sms": (lambda _: send, 1),
    "list": (lambda _: list_first_page, 10),
    "distinct": (lambda _: list_conversations, 10),
    "ISync": (synchronizing, 5),
    "send, delete": (lambda _: send_and_delete, 5),
}
"""What makes each call, and how many times as slow as a send it may well be."""


def main() -> None:
    """Print a table of medians and their ratios to the smallest size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=1000)
    asked = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    servers, longest = {}, {}
    for size in asked.sizes:
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(size, theirs))
        process.start()
        url, longest[size] = ours.recv()
        servers[size] = (url, ours, process)
    rates: dict[tuple[str, int], list[float]] = {}
    for number in range(asked.rounds + 1):
        for size, (url, _, _) in servers.items():
            for name, (prepared, slower) in MEASURES.items():
                measured = rate(url, prepared, max(1, asked.calls // slower))
                if number:  # the first round warms up
                    rates.setdefault((name, size), []).append(measured)
    for size, (_, pipe, process) in servers.items():
        pipe.send("stop")
        longest[size] = max(longest[size], pipe.recv())
        process.join()
    print(f"{'stored':>10} {'longest pause':>14}" + "".join(f" {name + '/s':>14} {'ratio':>6}" for name in MEASURES))
    for size in asked.sizes:
        row = f"{size:>10,} {longest[size]:>11.1f} ms"
        for name in MEASURES:
            measured, least = (statistics.median(rates[name, one]) for one in (size, asked.sizes[0]))
            row += f" {measured:>14,.0f} {measured / least:>6.2f}"
        print(row)


if __name__ == "__main__":
    main()
