"""What a state file costs `POST sms`: ratios to memory, of one run, never a timed test.

    python benchmarks/state.py [--rounds 3] [--seconds 5] [--connections 1 16 64]

Needs wrk. In each round a server in memory, one with `--durability process` and one with `power` are started one after
the other on one core, and driven from another; each figure is the median of the ratios of the rounds.
"""

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from contenders import CONTENDERS
from contenders.serving import serving
from peers import OURS, driven

KINDS = {"memory": (), "process": ("--durability", "process"), "power": ("--durability", "power")}


def rates(kind: str, folder: Path, asked: argparse.Namespace) -> list[float]:
    """Requests a second at each number of connections."""
    ours = next(each for each in CONTENDERS if each.name == OURS)
    state = () if kind == "memory" else ("--state", str(folder / f"{time.time_ns()}.db"))
    more = (*state, *KINDS[kind])
    with serving(replace(ours, command=lambda place: [*ours.command(place), *more]), Path()) as served:
        driven(served.url, ours, 16, 1)
        return [driven(served.url, ours, connections, asked.seconds)[0] for connections in asked.connections]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    asked = parser.parse_args()
    found: dict[str, list[list[float]]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(asked.rounds):
            for kind, rounds in found.items():
                rounds.append(rates(kind, Path(folder), asked))
                print(kind, [round(rate) for rate in rounds[-1]], file=sys.stderr)
    print("ratio to memory at", *asked.connections)
    for kind, rounds in found.items():
        ratios = [
            [rate / base for rate, base in zip(these, memory, strict=True)]
            for these, memory in zip(rounds, found["memory"], strict=True)
        ]
        print(f"{kind:<18}", *(f"{statistics.median(column):.2f}" for column in zip(*ratios, strict=True)))


if __name__ == "__main__":
    main()
