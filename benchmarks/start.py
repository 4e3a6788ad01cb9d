"""How long ringmock takes from its start to its first answer, and what memory it holds: never a timed test.

    python benchmarks/start.py [--starts 7] [--calls 20000] [--beside FOLDER] [--write]

With `--beside`, openapi-backend of that folder of npm packages is started in turns.
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import readme
from contenders.exchange import SMS
from contenders.openapi_backend import OPENAPI_BACKEND
from contenders.ringmock_itself import RINGMOCK
from contenders.serving import Served, pinned, serving

LOADING = """
import gc, time
began = time.perf_counter()
gc.disable()
from ringmock.fixture import load_named
from ringmock.serving.server import build
from ringmock.sign_in.worlds import Worlds
build(Worlds(load_named("demo")))
print(time.perf_counter() - began)
"""
"""What `ringmock serve` does before it listens."""


def loading_seconds() -> float:
    """Importing ringmock and all that it stands on, reading the account, and compiling the contract."""
    return float(subprocess.run([*pinned(0), sys.executable, "-c", LOADING], capture_output=True, check=True).stdout)


def send(served: Served, calls: int) -> None:
    """This many SMS over one connection."""
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"))
    for _ in range(calls):
        connection.request("POST", SMS.path, SMS.good, dict(SMS.headers))
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()


def megabytes(figures: list[float | None]) -> str:
    """The median, where the system tells any."""
    known = [figure for figure in figures if figure is not None]
    return f"{statistics.median(known):.0f} MB" if known else "not told by this system"


def main() -> int:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="where npm put openapi-backend")
    readme.may_write(parser)
    asked = parser.parse_args()
    seconds, at_rest, loading, others = [], [], [], []
    for _ in range(asked.starts):
        if asked.beside is not None:
            with serving(OPENAPI_BACKEND, asked.beside, poll=0.005) as served:
                others.append(served.start_seconds)
        with serving(RINGMOCK, Path(), poll=0.005) as served:
            seconds.append(served.start_seconds)
            at_rest.append(served.memory_mb())
        loading.append(loading_seconds())
    with serving(RINGMOCK, Path()) as served:
        send(served, asked.calls)
        afterwards = served.memory_mb()
    rows = [
        ["start to the first answered `POST sms`", f"{statistics.median(seconds):.2f} s"],
        ["of it, imports and the contract compiled", f"{statistics.median(loading):.2f} s"],
        ["the fastest and the slowest start", f"{min(seconds):.2f} s, {max(seconds):.2f} s"],
        ["memory after that answer (VmRSS)", megabytes(at_rest)],
        [f"memory after {asked.calls:,} SMS", megabytes([afterwards])],
    ]
    if others:
        ratios = [ours / theirs for ours, theirs in zip(seconds, others, strict=True)]
        rows.append(["openapi-backend's start", f"{statistics.median(others):.2f} s"])
        rows.append(["ringmock's by it, of each pair", f"{statistics.median(ratios):.2f}"])
    cores = os.cpu_count() or 1
    installed = len(list(metadata.distributions()))
    where = f"{readme.machine(cores)}, {installed} packages installed."
    written = f"{readme.table(['ringmock', f'median of {asked.starts}'], rows)}\n\n{where}"
    readme.end("start", written, asked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
