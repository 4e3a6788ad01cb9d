"""Serve steadily for minutes, and tell where the memory went: a bounded run over a server of its own.

    python benchmarks/soak.py [--minutes 20] [--rate 300]

The mix is that of a client that sends, pages, lists, reads, signs in and refreshes. At the end stand the memory of the
server's process, what it is made of, found by walking everything that is stored, and the longest pauses: of the
garbage collector, and of the loop, which are all that keep a call waiting. The exit status is 1 when a call failed, or
when more memory has come than what is stored explains.
"""

import argparse
import asyncio
import gc
import itertools
import json
import multiprocessing
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from multiprocessing.connection import Connection as Pipe
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, NamedTuple, TypeVar

import httpx2

from pauses import pauses
from ringmock.fixture import load_named
from ringmock.http.wire.record_cache import RecordCache
from ringmock.serving import collector
from ringmock.serving.server import build, serving
from ringmock.sign_in.worlds import Worlds

OWN = "/restapi/v1.0/account/~/extension/~"
BEARER = {"Authorization": "Bearer demo-101"}
CLIENT = ("ringmock", "ringmock-secret")
MEGABYTE = 1024 * 1024
WARM_UP_SECONDS = 10
ALIGNMENT = 16
"""Of Python's allocator: an object takes a multiple of these bytes."""
MOST_UNEXPLAINED = 40 * MEGABYTE
"""Buffers, what the allocator holds in reserve, and the few calls that are under way."""

TICK = 0.005

Found = TypeVar("Found")


class State(NamedTuple):
    """Of the server's process: bytes, counts and milliseconds."""

    resident: int
    stored: dict[str, tuple[int, int]]
    """What is stored: how many, and how many bytes together."""
    longest_collection: float
    longest_turn: float


# --- the server -----------------------------------------------------------------------------------


def serve(pipe: Pipe) -> None:
    """Serve until told to stop; tell the state whenever asked."""
    worlds = Worlds(load_named("demo"))
    application = build(worlds)
    records = found_in(application, RecordCache)
    with serving(application) as (url, server), collector.growing(), pauses() as collections:
        turns = server.do(Turns)
        pipe.send(url)
        while (asked := pipe.recv()) != "stop":
            found = State(resident(), {}, collections.longest, turns.longest)
            if asked == "all":
                found = found._replace(stored=server.do(lambda: stored_in(worlds, records)))
            pipe.send(found)
            collections.reset()
            server.do(turns.reset)


class Turns:
    """How late a timer of the serving loop has been at most, in milliseconds."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.longest = 0.0
        self._set()

    def _set(self) -> None:
        self._due = self._loop.time() + TICK
        self._loop.call_at(self._due, self._look)

    def reset(self) -> None:
        """Begin anew, in the loop's thread. What held the loop until now is not counted: a walk of the stores does."""
        self.longest, self._due = 0.0, self._loop.time() + TICK

    def _look(self) -> None:
        self.longest = max(self.longest, (self._loop.time() - self._due) * 1000)
        self._set()


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def found_in(root: Any, kind: type[Found]) -> Found:
    """The one object of this kind that an object leads to, through functions and what they enclose."""
    seen, waiting = set(), [root]
    while waiting:
        one = waiting.pop()
        if isinstance(one, kind):
            return one
        if id(one) not in seen and not isinstance(one, (type, ModuleType)):
            seen.add(id(one))
            waiting += one.__closure__ or () if isinstance(one, FunctionType) else gc.get_referents(one)
    raise LookupError(kind.__name__)


def stored_in(worlds: Worlds, records: RecordCache) -> dict[str, tuple[int, int]]:
    """What each store holds, of what no store before it has."""
    world = worlds.default
    stores: dict[str, tuple[int, Any]] = {
        "messages": (len(world.messages), world.messages),  # type: ignore[arg-type]  # those in memory
        "high-volume messages": (len(world.a2p), world.a2p),
        "consents": (len(world.consents._said), world.consents),
        "subscriptions": (0, world.subscriptions),
        "due later": (len(world.agenda), world.agenda),
        "log-ins": (len(worlds.log_ins), [worlds.log_ins._sessions, worlds.log_ins._refreshable]),
        "calls in the journal": (len(world.journal), world.journal),
        "messages in a journal": (len(world.message_journal), world.message_journal),
        "commands of the history": (len(world.history), world.history),
        "records of lists": (len(records), records),
    }
    seen = {id(worlds), id(world), id(world.account), id(world.template), id(world.clock), id(world.generation)}
    return {name: (count, size_of(store, seen)) for name, (count, store) in stores.items()}


def size_of(root: Any, seen: set[int]) -> int:
    """Bytes of all that an object leads to and that was not seen before, as the allocator hands them out."""
    total, waiting = 0, [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, (type, ModuleType, FunctionType, BuiltinFunctionType)):
            continue
        seen.add(id(one))
        total += -(-sys.getsizeof(one) // ALIGNMENT) * ALIGNMENT
        waiting += gc.get_referents(one)
    return total


# --- the client -----------------------------------------------------------------------------------


class Mix:
    """One client's calls, one after the other, by dice of its own."""

    def __init__(self, url: str, number: int) -> None:
        self._http = httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30)
        self._dice = random.Random(number)
        self._last = 0
        self._refresh: str | None = None
        self.seen: Counter[str] = Counter()
        self.longest = 0.0

    async def call(self) -> None:
        """One call, chosen by the dice."""
        (act,) = self._dice.choices((self._sms, self._page, self._list, self._read, self._sign_in), (50, 10, 20, 15, 5))
        began = time.perf_counter()
        answer = await act()
        self.longest = max(self.longest, (time.perf_counter() - began) * 1000)
        self.seen[f"{act.__name__.strip('_')} {answer.status_code}"] += 1

    async def close(self) -> None:
        await self._http.aclose()

    async def _sms(self) -> httpx2.Response:
        phone = f"141510{self._dice.randrange(100_000):05}"
        body = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": phone}], "text": "Soak"}
        answer = await self._http.post(f"{OWN}/sms", json=body, headers=BEARER)
        self._last = answer.json().get("id", 0)
        return answer

    async def _page(self) -> httpx2.Response:
        return await self._http.post(
            f"{OWN}/company-pager", json={"to": [{"extensionNumber": "200"}], "text": "Soak"}, headers=BEARER
        )

    async def _list(self) -> httpx2.Response:
        return await self._http.get(f"{OWN}/message-store?perPage=10", headers=BEARER)

    async def _read(self) -> httpx2.Response:
        return await self._http.get(f"{OWN}/message-store/{self._last}" if self._last else OWN, headers=BEARER)

    async def _sign_in(self) -> httpx2.Response:
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "demo-jwt-101"}
        if self._refresh is not None:
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh}
        answer = await self._http.post("/restapi/oauth/token", data=form, auth=CLIENT)
        self._refresh = answer.json().get("refresh_token")
        return answer


async def drive(mixes: Iterable[Mix], rate: float, seconds: float) -> None:
    """Let the clients take turns at this rate; a server that is late gets no more than one call from each."""
    began, loop, idle = time.monotonic(), asyncio.get_running_loop(), asyncio.Queue[Mix]()
    for mix in mixes:
        idle.put_nowait(mix)

    async def one(mix: Mix) -> None:
        await mix.call()
        idle.put_nowait(mix)

    tasks = set()
    for number in itertools.count():
        if (due := began + number / rate) > began + seconds:
            break
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        task = loop.create_task(one(await idle.get()))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def soak(url: str, pipe: Pipe, rate: float, minutes: float) -> tuple[State, State, list[Mix]]:
    """The server's state after a warm-up and at the end, and the clients."""
    mixes = [Mix(url, number) for number in range(32)]
    await drive(mixes, rate, WARM_UP_SECONDS)
    pipe.send("all")
    pipe.recv()  # the memory of a first walk stays with the process: it is there from the beginning
    pipe.send("all")
    before: State = pipe.recv()
    for mix in mixes:
        mix.longest = 0.0
    await drive(mixes, rate, minutes * 60)
    pipe.send("pauses")
    paused: State = pipe.recv()
    pipe.send("all")  # which takes seconds, and stops everybody
    after: State = pipe.recv()
    for mix in mixes:
        await mix.close()
    pauses = {"longest_collection": paused.longest_collection, "longest_turn": paused.longest_turn}
    return before, after._replace(resident=paused.resident, **pauses), mixes


def report(before: State, after: State, mixes: list[Mix]) -> bool:
    """Print what was found; whether it is as it should be."""
    seen = sum((mix.seen for mix in mixes), Counter[str]())
    print(f"{seen.total():,} calls: " + ", ".join(f"{what} {count:,}" for what, count in sorted(seen.items())))
    failed = {what: count for what, count in seen.items() if what.split()[1][0] != "2"}
    grown = after.resident - before.resident
    print(f"\nmemory {before.resident / MEGABYTE:,.0f} MB -> {after.resident / MEGABYTE:,.0f} MB, of which new:")
    explained = 0
    for name, (count, size) in after.stored.items():
        was_count, was_size = before.stored[name]
        explained += size - was_size
        print(f"  {name:<22} {count - was_count:>10,} {(size - was_size) / MEGABYTE:>10.1f} MB")
    print(f"  {'not explained':<22} {'':>10} {(grown - explained) / MEGABYTE:>10.1f} MB")
    print(
        f"\nlongest pause of the collector {after.longest_collection:.1f} ms, of the loop {after.longest_turn:.1f} ms"
    )
    print(f"longest call {max(mix.longest for mix in mixes):.1f} ms, as the client saw it")
    if failed:
        print(f"failed: {json.dumps(failed)}", file=sys.stderr)
    if grown - explained > MOST_UNEXPLAINED:
        print(f"more than {MOST_UNEXPLAINED // MEGABYTE} MB are not explained by what is stored", file=sys.stderr)
    return not failed and grown - explained <= MOST_UNEXPLAINED


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=300, help="calls a second")
    asked = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    process.start()
    theirs.close()  # so that the end of the process is the end of what it says
    patience = threading.Timer(asked.minutes * 60 * 2 + 120, process.kill)
    patience.start()
    try:
        found = asyncio.run(soak(ours.recv(), ours, asked.rate, asked.minutes))
        ours.send("stop")
        process.join()
    finally:
        patience.cancel()
        process.kill()
    sys.exit(0 if report(*found) else 1)


if __name__ == "__main__":
    main()
