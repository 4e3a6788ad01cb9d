"""The garbage collector of a process that does nothing but serve, and keeps what it is sent.

The collector looks for cycles that nothing refers to. To do so it walks every container that it knows, now and then
all of them: at a million stored messages that stops the server for a second. None of what is stored is in a cycle, so
whatever has outlived two of its rounds is taken out of its sight.

What becomes of cycles: those that die young are collected, as ever. One that is alive when it is taken out of sight
and dies later stays in memory. The server's own are broken by hand where they end: a world when it is closed, a
connection when it is lost (`tests/serving/test_collector.py` holds that). What is left are calls that are being
answered at that moment, a few in hundreds of thousands.

An embedded server, as that of the pytest plugin, leaves its process's collector alone: it is not ours, it holds few
messages, and whoever looks for leaks there wants to see everything.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

THRESHOLDS = (5_000, 2, 1_000)
"""New containers before a young round, young rounds before a middle one, middle ones before a full one.

A middle round walks at most the product of the first two, which takes some milliseconds.
"""


def settle() -> None:
    """Take all that there is out of the collector's sight, garbage excepted."""
    gc.collect()
    gc.freeze()


@contextmanager
def growing() -> Iterator[None]:
    """Within the block, take out of the collector's sight what outlives a middle round, for good."""
    before = gc.get_threshold()
    settle()
    gc.set_threshold(*THRESHOLDS)
    gc.callbacks.append(_freeze_survivors)
    try:
        yield
    finally:
        gc.callbacks.remove(_freeze_survivors)
        gc.set_threshold(*before)


def _freeze_survivors(phase: str, info: dict[str, Any]) -> None:
    if phase == "stop" and info["generation"] > 0:
        gc.freeze()
