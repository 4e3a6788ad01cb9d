"""What a state file costs `POST sms`: ratios to memory, of one run, never a timed test.

    python benchmarks/state.py [--rounds 3] [--seconds 3] [--connections 1 16 64] [--database postgresql://...]

In each round a server in memory, one with `--durability process` and one with `power` are started one after the other
on one core, and driven from another by clients that send again as soon as they are answered. Each figure is the median
of the ratios of the rounds. `--commands 100000` fills a file instead, and says how long it takes to go on from it.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from contenders import CONTENDERS
from contenders.serving import Served, pinned, serving

OURS = next(each for each in CONTENDERS if each.name == "ringmock")
KINDS = ("memory", "process", "power", "postgresql")


class Driver(asyncio.Protocol):
    """One connection: the next request as soon as the last one is answered."""

    answered = 0

    def __init__(self, request: bytes) -> None:
        self._request = request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"refused: {data[:500]!r}")
        Driver.answered += 1
        self._transport.write(self._request)


async def drive(port: int, connections: int, seconds: float) -> float:
    """Answers a second."""
    exchange = OURS.exchange
    headers = "".join(f"{name}: {value}\r\n" for name, value in exchange.headers.items())
    body = exchange.good.encode()
    head = f"POST {exchange.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    loop = asyncio.get_running_loop()
    request = head.encode() + body
    opened = [await loop.create_connection(lambda: Driver(request), "127.0.0.1", port) for _ in range(connections)]
    before, began = Driver.answered, time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (Driver.answered - before) / (time.perf_counter() - began)
    for transport, _ in opened:
        transport.abort()
    return rate


def driven(served: Served, connections: int, seconds: float) -> float:
    """Answers a second, of a driver on the other core."""
    port = served.url.rpartition(":")[2]
    command = [*pinned(1), sys.executable, __file__, "--drive", port, str(connections), str(seconds)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def with_state(file: Path, kind: str, database: str | None = None) -> list[str]:
    """The options for it."""
    if kind == "memory":
        return []
    return ["--state", database] if database else ["--state", str(file), "--durability", kind]


def rates(kind: str, file: Path, asked: argparse.Namespace) -> list[float]:
    """Answers a second at each number of connections."""
    more = with_state(file, kind, asked.database if kind == "postgresql" else None)
    with serving(replace(OURS, command=lambda place: [*OURS.command(place), *more]), Path()) as served:
        driven(served, 16, 1)
        return [driven(served, connections, asked.seconds) for connections in asked.connections]


def compare(folder: Path, asked: argparse.Namespace) -> None:
    """Print a table."""
    found: dict[str, list[list[float]]] = {kind: [] for kind in KINDS if kind != "postgresql" or asked.database}
    for number in range(asked.rounds):
        for kind, rounds in found.items():
            rounds.append(rates(kind, folder / f"{kind}-{number}.db", asked))
            print(kind, [round(rate) for rate in rounds[-1]], file=sys.stderr)
    print("ratio to memory at", *asked.connections)
    for kind, rounds in found.items():
        pairs = zip(rounds, found["memory"], strict=True)
        ratios = [[rate / base for rate, base in zip(these, memory, strict=True)] for these, memory in pairs]
        print(f"{kind:<18}", *(f"{statistics.median(column):.2f}" for column in zip(*ratios, strict=True)))


def restart(folder: Path, commands: int) -> None:
    """Print how long a server takes to go on from so many SMS."""
    more = with_state(folder / "restart.db", "process")
    ours = replace(OURS, command=lambda place: [*OURS.command(place), *more])
    with serving(ours, Path()) as served:
        sent, empty = 0.0, served.start_seconds
        while sent < commands:
            sent += driven(served, 64, 5) * 5
    with serving(ours, Path()) as served:
        print(f"{sent:,.0f} commands: {served.start_seconds:.1f} s to the first answer, {empty:.1f} s of none")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--commands", type=int)
    parser.add_argument("--database", help="the URL of one of PostgreSQL, to compare as well")
    parser.add_argument("--drive", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.drive is not None:
        print(asyncio.run(drive(int(asked.drive[0]), int(asked.drive[1]), float(asked.drive[2]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        if asked.commands is None:
            compare(Path(folder), asked)
        else:
            restart(Path(folder), asked.commands)


if __name__ == "__main__":
    main()
