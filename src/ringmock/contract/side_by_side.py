"""Several jobs at a time, whose results come to one reader as they are made."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from subprocess import Popen
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(slots=True)
class Stop:
    """Ends what runs: threads ask `is_set`, processes are killed."""

    _event: threading.Event = field(default_factory=threading.Event)
    _processes: list["Popen[Any]"] = field(default_factory=list)
    _within: list["Stop"] = field(default_factory=list)

    def within(self) -> "Stop":
        """One of a part of what this one stops, which ends with it and not the other way round."""
        inner = Stop()
        self._within.append(inner)
        if self.is_set:
            inner.set()
        return inner

    def add(self, process: "Popen[Any]") -> None:
        """Kill this one too, when it comes to that."""
        self._processes.append(process)
        if self.is_set:
            process.kill()

    def set(self) -> None:
        """Now."""
        self._event.set()
        for process in self._processes:
            process.kill()
        for inner in self._within:
            inner.set()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()


def side_by_side(jobs: Sequence[Callable[[], Iterable[Result]]], stop: Stop) -> Iterator[Result]:
    """What the jobs give, each in a thread of its own and a single one in this; in the order in which it comes.

    What a job raises is raised here, and ends the others; so does whoever stops reading.
    """
    if len(jobs) == 1:
        yield from jobs[0]()
        return
    results: SimpleQueue[tuple[Result | None, BaseException | None, bool]] = SimpleQueue()

    def work(job: Callable[[], Iterable[Result]]) -> None:
        try:
            for result in job():
                results.put((result, None, False))
                if stop.is_set:
                    return
        except BaseException as error:  # it is raised where it is read
            results.put((None, error, False))
        finally:
            results.put((None, None, True))

    threads = [threading.Thread(target=work, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield from _read(results, len(threads))
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _read(results: "SimpleQueue[tuple[Result | None, BaseException | None, bool]]", running: int) -> Iterator[Result]:
    while running:
        result, error, is_end = results.get()
        if error is not None:
            raise error
        if is_end:
            running -= 1
        elif result is not None:
            yield result
