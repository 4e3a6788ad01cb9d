"""The garbage collector of a server process with many stored objects.

The collector looks for unreferenced cycles. To do so it traverses all container objects that it tracks: with a million
stored messages that stops the server for a second. No stored object is in a cycle, so objects that have survived a
collection that found next to no garbage are frozen: the collector ignores them. Where there is garbage, objects have to
survive two collections, as calls in progress are among the survivors of the first.

What is there at the start is frozen as it is. A collection would traverse 170,000 objects, a seventh of the time to the
first answer, for 2,000 that imports leave behind, half a megabyte.

A traversed object and what it refers to are rarely in the processor's cache: 5,000 objects take up to 20 ms. So few are
traversed at a time; the work in all is the same.

Short-lived cycles are collected as usual. A cycle that is alive when it is frozen and dies later stays in memory. The
server breaks its own cycles by hand: of a world when it is closed, of a connection when it is lost
(`tests/serving/test_collector.py` checks that). What remains are the calls in progress at that moment, a few in
hundreds of thousands.

An embedded server, as in the pytest plugin, does not change its process's collector: it stores few messages, and tools
that search for leaks need to see all objects.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

THRESHOLDS = (250, 16, 1_000)
"""New containers before a young collection, young collections before a middle one, middle ones before a full one.

A young collection of 1,000 takes ten times as long as a call, and one call of fifteen waits for it: they are the
slowest hundredth. With 250 it takes two calls. A middle collection traverses at most the product of the first two,
which takes some milliseconds.
"""

LITTLE_GARBAGE = 5
"""Objects that a young collection may have found while its survivors are still taken for stored ones."""


@contextmanager
def growing() -> Iterator[None]:
    """Permanently freeze what is there, and within the block what survives a middle collection.

    Or a young one, when it found next to no garbage.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.callbacks.append(_freeze_survivors)
    try:
        yield
    finally:
        gc.callbacks.remove(_freeze_survivors)
        gc.set_threshold(*before)


def _freeze_survivors(phase: str, info: dict[str, Any]) -> None:
    if phase == "stop" and (info["generation"] > 0 or info["collected"] <= LITTLE_GARBAGE):
        gc.freeze()
