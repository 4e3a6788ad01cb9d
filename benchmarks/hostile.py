"""How long the server takes over each hostile input: the best of a few, in milliseconds, worst first.

    python benchmarks/hostile.py

Connecting, sending and reading the answer are counted in. An input that is slow once has most likely met Python's
collector of cyclic garbage, and is named. The exit status tells of wrong answers and a dead server, never of time.
"""

import gc
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hostile.inputs import HOSTILE_INPUTS, Hostile, send
from ringmock.fixture import load_named
from ringmock.serving.server import running
from support import Client

LIMIT = 50.0
ROUNDS = 5


def milliseconds(client: Client, hostile: Hostile) -> float:
    """One input, there and back."""
    bearer = client.bearer("101")
    began = time.perf_counter()
    answer = send(client.url, hostile, bearer)
    took = (time.perf_counter() - began) * 1000
    assert answer.status == hostile.status, (hostile.id, answer)
    return took


def main() -> int:
    """Prints the table."""
    with running(load_named("demo")) as (url, _), Client(url) as client:
        gc.collect()
        gc.freeze()  # as `ringmock serve` does
        rows = [([milliseconds(client, hostile) for _ in range(ROUNDS)], hostile) for hostile in HOSTILE_INPUTS]
        alive = client.post_sms().status_code == 200
    print(f"{'best':>7} {'worst':>7}  of {ROUNDS}, in milliseconds")
    for times, hostile in sorted(rows, key=lambda row: -min(row[0])):
        print(f"{min(times):7.1f} {max(times):7.1f}  {hostile.status}  {hostile.id}")
    too_slow = [hostile.id for times, hostile in rows if min(times) >= LIMIT]
    once_slow = [hostile.id for times, hostile in rows if max(times) >= LIMIT]
    state = "alive" if alive else "dead"
    print(f"{len(rows)} inputs, {len(too_slow)} always over {LIMIT:.0f} ms; the server is {state}")
    print(f"over {LIMIT:.0f} ms at least once: {', '.join(once_slow) or 'none'}")
    return 0 if alive else 1


if __name__ == "__main__":
    sys.exit(main())
