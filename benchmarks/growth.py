"""What a send and the first page of a list cost as the store grows: ratios of one run, never a timed test.

    python benchmarks/growth.py [--sizes 100 10000 1000000] [--rounds 3] [--calls 1500]

Each size is a server process of its own, whose world is filled through the same plans and the same store that calls
go through. Rounds are interleaved over the sizes, so that whatever else the machine does hits all of them.
"""

import argparse
import http.client
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.server import running, settle_memory
from ringmock.world import World

PATH = "/restapi/v1.0/account/~/extension/~"
BODY = json.dumps(
    {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Test SMS message"}
)
HEADERS = {"Authorization": "Bearer demo-101", "Content-Type": "application/json"}


def fill(world: World, size: int) -> None:
    """Send `size` SMS as 101 to a hundred handsets."""
    sender = world.account.extensions["101"]
    for number in range(size):
        world.send_sms(sender, SendSms("16509100010", (f"141510{number % 100:05}",), "Test SMS message"))


def serve(size: int, pipe: Connection) -> None:
    """Serve a world with `size` messages until told to stop."""
    with running(load_named("demo")) as (url, worlds):
        fill(worlds.default, size)
        settle_memory()  # a million long-lived records would be walked again by every full collection
        pipe.send(url)
        pipe.recv()


def rate(url: str, call: Callable[[http.client.HTTPConnection], None], calls: int) -> float:
    """Calls a second over one connection."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    began = time.perf_counter()
    for _ in range(calls):
        call(connection)
    took = time.perf_counter() - began
    connection.close()
    return calls / took


def send(connection: http.client.HTTPConnection) -> None:
    """`POST sms`."""
    connection.request("POST", f"{PATH}/sms", BODY, HEADERS)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()


def list_first_page(connection: http.client.HTTPConnection) -> None:
    """The newest 100 messages."""
    connection.request("GET", f"{PATH}/message-store", headers=HEADERS)
    answer = connection.getresponse()
    assert answer.status == 200
    assert len(json.loads(answer.read())["records"]) == 100


def main() -> None:
    """Print a table of medians and their ratios to the smallest size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=1000)
    asked = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    servers = {}
    for size in asked.sizes:
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(size, theirs))
        process.start()
        servers[size] = (ours.recv(), ours, process)
    rates: dict[tuple[str, int], list[float]] = {}
    for number in range(asked.rounds + 1):
        for size, (url, _, _) in servers.items():
            for name, call, calls in (("send", send, asked.calls), ("list", list_first_page, asked.calls // 10)):
                measured = rate(url, call, calls)
                if number:  # the first round warms up
                    rates.setdefault((name, size), []).append(measured)
    for _, pipe, process in servers.values():
        pipe.send("stop")
        process.join()
    print(f"{'stored':>10} {'POST sms/s':>12} {'ratio':>6} {'list/s':>10} {'ratio':>6}")
    base = {name: statistics.median(rates[name, asked.sizes[0]]) for name in ("send", "list")}
    for size in asked.sizes:
        sent, listed = (statistics.median(rates[name, size]) for name in ("send", "list"))
        print(f"{size:>10,} {sent:>12,.0f} {sent / base['send']:>6.2f} {listed:>10,.0f} {listed / base['list']:>6.2f}")


if __name__ == "__main__":
    main()
