"""What a world of its own costs a test: milliseconds of one run, never a timed test.

    python benchmarks/worlds.py [--worlds 2000]

The first figure is what the fixture `ringmock` does before and after a test, the second a log-in in a new world.
"""

import argparse
import statistics
import time
from collections.abc import Sequence

from ringmock.testing import MockServer, run_server


def costs(server: MockServer, worlds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of opening and closing each of so many worlds, and of the log-in between."""
    whole, log_in = [], []
    for _ in range(worlds):
        began = time.perf_counter()
        with server.new_world() as world:
            opened = time.perf_counter()
            world.token("101")
            signed_in = time.perf_counter()
        ended = time.perf_counter()
        log_in.append((signed_in - opened) * 1000)
        whole.append((ended - began) * 1000 - log_in[-1])
    return whole, log_in


def told(milliseconds: Sequence[float]) -> str:
    """Median, the highest of 100, and the highest."""
    percentile = statistics.quantiles(milliseconds, n=100)[98]
    return f"{statistics.median(milliseconds):>8.3f} {percentile:>8.3f} {max(milliseconds):>8.3f}"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=2000)
    asked = parser.parse_args()
    with run_server("demo") as server:
        whole, log_in = costs(server, asked.worlds)
    print(f"{'ms':>24} {'median':>8} {'99 %':>8} {'worst':>8}")
    print(f"{'a world, there and gone':>24} {told(whole)}")
    print(f"{'a log-in in it':>24} {told(log_in)}")


if __name__ == "__main__":
    main()
