"""How far a run has come, and how long it is going to take: parts, their weights, and a clock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

MOST_BY_TIME = 0.95
"""Of a part that reports no progress: it may take longer than estimated, and is not done."""


@dataclass(slots=True)
class _Job:
    weight: float
    started: float | None = None
    reported: float = 0.0
    is_done: bool = False

    def share(self, now: float) -> float:
        """From 0 to 1."""
        if self.is_done or self.started is None:
            return float(self.is_done)
        by_time = min(MOST_BY_TIME, (now - self.started) / self.weight) if self.weight > 0 else 0.0
        return max(self.reported, by_time) if self.reported == 0.0 else self.reported


@dataclass(frozen=True, slots=True)
class Reached:
    """`share` from 0 to 1; `seconds_left` as far as is known; `running` the jobs under way."""

    share: float
    seconds_left: float
    running: tuple[str, ...]
    is_planned: bool = True
    """Whether it is known yet what there is to do."""

    def __str__(self) -> str:
        if not self.is_planned:
            return "looks at the server first"
        return f"{self.share:.0%}, about {_time(self.seconds_left)} left: {', '.join(self.running) or 'nothing runs'}"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


@dataclass(slots=True)
class Progress:
    """The parts report to it, from whichever threads they run in; whoever shows it asks."""

    clock: Callable[[], float] = monotonic
    _jobs: dict[str, _Job] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _started: float | None = None

    def plan(self, job: str, weight: float) -> None:
        """Count on this job, which may take so many seconds."""
        with self._lock:
            self._jobs[job] = _Job(weight)

    def start(self, job: str) -> None:
        with self._lock:
            now = self.clock()
            self._jobs.setdefault(job, _Job(0.0)).started = now
            self._started = now if self._started is None else self._started

    def report(self, job: str, share: float) -> None:
        """How much of the job is done, from 0 to 1."""
        with self._lock:
            self._jobs[job].reported = share

    def end(self, job: str) -> None:
        with self._lock:
            self._jobs[job].is_done = True

    def reached(self) -> Reached:
        """Where it stands now. What is left takes as long, for its weight, as what is done took."""
        with self._lock:
            now = self.clock()
            whole = sum(job.weight for job in self._jobs.values())
            done = sum(job.weight * job.share(now) for job in self._jobs.values())
            running = tuple(name for name, job in self._jobs.items() if job.started is not None and not job.is_done)
            took = 0.0 if self._started is None else now - self._started
        share = done / whole if whole else 0.0
        left = took * (1 - share) / share if share > 0.05 else max(0.0, whole - took)
        return Reached(share, left, running, bool(self._jobs))
