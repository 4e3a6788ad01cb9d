"""The process that starts those that serve, starts again whichever ends, and ends all of them."""

import logging
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

log = logging.getLogger("ringmock")

MOST_FAILURES = 5
"""How often in a row a worker ends by itself before it serves, until all are given up."""

AGAIN_SECONDS = 0.5
"""Before a worker is started again that has ended before it served."""

STOP_SECONDS = 20.0
"""How long workers have to end in order."""

Command = Callable[[int, int, int], tuple[list[str], list[int]]]
"""The command line of a worker, and the descriptors that it inherits: by its place, the pipe that it writes to when it
serves, and the one that ends with this process."""


class WorkersFailed(Exception):
    """The workers cannot serve; `str()` is a sentence that says so."""


class _Started:
    """A worker that runs."""

    def __init__(self, place: int, command: Command, parent: int) -> None:
        self.place = place
        self.is_ready = False
        self.said, ready = os.pipe()
        try:
            line, inherited = command(place, ready, parent)
            self.process = subprocess.Popen(line, stdin=subprocess.DEVNULL, pass_fds=inherited)
        finally:
            os.close(ready)


class Supervisor:
    """Serves until it is stopped, by as many workers as there are places."""

    def __init__(self, command: Command, count: int, ready: Callable[[], None]) -> None:
        """`ready` is called once, when all of them serve."""
        self._command, self._count, self._ready = command, count, ready
        self._parent, self._alive = os.pipe()
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._workers: dict[int, _Started] = {}
        self._failures = dict.fromkeys(range(count), 0)
        self._due: dict[int, float] = {}
        """When, by the monotonic clock, workers are to be started."""
        self._is_stopping = self._was_ready = False

    def stop(self) -> None:
        """End all workers soon, and return from `run`. For any thread."""
        self._is_stopping = True
        with suppress(OSError):
            os.write(self._wake, b"s")

    def run(self) -> None:
        """Serve until it is stopped. Raises `WorkersFailed`."""
        known = {each: signal.signal(each, self._signalled) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            for place in range(self._count):
                self._start(place)
            while not self._is_stopping:
                self._look()
        finally:
            self._end()
            for number, handler in known.items():
                signal.signal(number, handler)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self.stop()

    def _start(self, place: int) -> None:
        self._workers[place] = started = _Started(place, self._command, self._parent)
        self._selector.register(started.said, selectors.EVENT_READ, started)

    def _look(self) -> None:
        """Wait for what happens, and see to it."""
        now = time.monotonic()
        for place in [place for place, at in self._due.items() if at <= now]:
            del self._due[place]
            self._start(place)
        wait = min(self._due.values()) - now if self._due else None
        for key, _ in self._selector.select(wait):
            if key.data is None:
                os.read(self._woken, 4096)
            elif os.read(key.data.said, 1):
                self._serves(key.data)
            else:
                self._has_ended(key.data)

    def _serves(self, started: _Started) -> None:
        started.is_ready = True
        self._failures[started.place] = 0
        if not self._was_ready and all(each.is_ready for each in self._workers.values()):
            self._was_ready = True
            self._ready()

    def _has_ended(self, started: _Started) -> None:
        self._selector.unregister(started.said)
        os.close(started.said)
        status = started.process.wait()
        if self._is_stopping:
            return
        self._failures[started.place] += status >= 0 and not started.is_ready
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        if not self._was_ready or self._failures[started.place] > MOST_FAILURES:
            raise WorkersFailed(f"worker {started.place + 1} of {self._count} has ended {how} before it served")
        log.error("worker %d of %d has ended %s: it is started again", started.place + 1, self._count, how)
        self._due[started.place] = time.monotonic() + (0 if started.is_ready else AGAIN_SECONDS)

    def _end(self) -> None:
        running = [each.process for each in self._workers.values()]
        for process in running:
            process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._selector.close()
        for each in (self._parent, self._alive, self._woken, self._wake):
            os.close(each)
