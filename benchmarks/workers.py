"""What several workers serve beside one process, and what each holds in memory: ratios of one run, never a timed test.

    python benchmarks/workers.py [--workers 2] [--worlds 16] [--rounds 5] [--seconds 3] [--write]

`POST sms` in many worlds on a server with a state. Nothing is pinned: the driver (wrk, one thread and one connection a
client) shares the cores with the servers, as a load test on one machine does. The servers are called in turns.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import readme
from contenders.exchange import SMS
from contenders.serving import ContenderFailed, environment, stop
from driver import need_wrk, processes, wrk

HERE = Path(__file__).parent
SCRIPT = HERE / "contenders" / "worlds.lua"
SIGN_IN = b"grant_type=password&username=16509100001&extension=101&password=Secret-1"
_URL = re.compile(rb"http://127\.0\.0\.1:\d+")

CLIENTS = {
    "each in a world of its own": (False, "thread"),
    "from world to world": (False, "call"),
    "all in one world": (True, "thread"),
}
"""Whether all are in one world, and what goes on to the next one."""


class Served(NamedTuple):
    """A server of so many processes, and a token of each of its worlds."""

    url: str
    pid: int
    tokens: Sequence[str]

    def memory_mb(self) -> float:
        """Of all its processes, what they share counted once (Linux: the proportional set size)."""
        return sum(map(_held, processes(self.pid))) / 1024


def _held(pid: int) -> int:
    """In kB."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return 0


@contextlib.contextmanager
def serving(workers: int, worlds: int) -> Iterator[Served]:
    """A server with a state in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="ringmock-bench-") as folder:
        words = ["serve", "--port", "0", "--quiet", "--state", str(Path(folder) / "state.db")]
        command = [sys.executable, "-u", "-c", "from ringmock.cli.main import main; main()", *words]
        process = subprocess.Popen(
            command if workers == 1 else [*command, "--workers", str(workers)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(HERE),
            start_new_session=True,
        )
        try:
            assert process.stdout is not None
            found = next(filter(None, map(_URL.search, process.stdout)), None)
            if found is None:
                raise ContenderFailed(f"the server has ended with {process.wait()}")
            url = found.group().decode()
            yield Served(url, process.pid, [_token(url, f"load-{number}") for number in range(worlds)])
        finally:
            stop(process)


def _token(url: str, application: str) -> str:
    """Of the world of an application."""
    basic = base64.b64encode(f"{application}:secret".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    asked = urllib.request.Request(f"{url}/restapi/oauth/token", SIGN_IN, headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return str(json.load(answer)["access_token"])


def rate(served: Served, clients: str, asked: argparse.Namespace) -> float:
    """Calls a second. Raises `ContenderFailed` when one is refused."""
    is_one_world, goes_on = CLIENTS[clients]
    with tempfile.NamedTemporaryFile("w", prefix="ringmock-bench-", suffix=".txt") as file:
        file.write("\n".join(served.tokens[:1] if is_one_world else served.tokens))
        file.flush()
        count = str(asked.worlds)
        found = wrk(
            ["wrk", "--threads", count, "--connections", count],
            asked.seconds,
            SCRIPT,
            [served.url + SMS.path, "--", file.name, SMS.good, goes_on],
        )
    return found["requests"] / found["microseconds"] * 1e6


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--worlds", type=int, default=16, help="and clients")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    readme.may_write(parser)
    asked = parser.parse_args()
    need_wrk(parser)
    rows = []
    with serving(1, asked.worlds) as one, serving(asked.workers, asked.worlds) as several:
        held = [served.memory_mb() for served in (one, several)]
        for clients in CLIENTS:
            rates = [[rate(served, clients, asked) for served in (one, several)] for _ in range(asked.rounds)]
            ratios = [theirs / ours for ours, theirs in rates]
            middles = [f"{statistics.median(each):,.0f}" for each in zip(*rates, strict=True)]
            ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            rows.append([clients, *middles, ratio])
            print(" ".join(rows[-1]), file=sys.stderr)
    heads = [f"{asked.worlds} clients", "one process, requests/s", f"{asked.workers} workers", "ratio"]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    each = (held[1] - held[0]) / (asked.workers - 1) if asked.workers > 1 else 0.0
    text = "\n\n".join(
        [
            f"{readme.machine(cores)}; the servers and the driver share the cores; {asked.rounds} rounds",
            readme.table(heads, rows),
            f"One process holds {held[0]:.0f} MB, {asked.workers} workers {held[1]:.0f} MB: {each:.0f} for each more.",
        ]
    )
    readme.end("workers", text, asked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
