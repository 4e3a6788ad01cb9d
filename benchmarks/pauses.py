"""How long the garbage collector has stopped a process, in its own processor time: others' work is not counted."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Pauses:
    """Counts the collector's rounds and keeps the longest of them, in milliseconds."""

    def __init__(self) -> None:
        self.rounds = 0
        self.longest = 0.0
        self._began = 0.0

    def reset(self) -> None:
        """Count from now."""
        self.rounds, self.longest = 0, 0.0

    def __call__(self, phase: str, _: dict[str, Any]) -> None:
        now = time.thread_time()
        if phase == "start":
            self._began = now
        else:
            self.rounds += 1
            self.longest = max(self.longest, (now - self._began) * 1000)


@contextmanager
def pauses() -> Iterator[Pauses]:
    """Of the rounds within the block."""
    seen = Pauses()
    gc.callbacks.append(seen)
    try:
        yield seen
    finally:
        gc.callbacks.remove(seen)
