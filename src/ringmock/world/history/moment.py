"""The real time, read once for a call; and what was drawn at random meanwhile."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime


class Moment:
    """A `RealTime` that stands still while a command is carried out, and gives the recorded one when it is again.

    `at` is that time, None while nothing is carried out. Only the thread that serves the worlds uses it.
    """

    __slots__ = ("_replayed", "at", "drawn", "read")

    def __init__(self, read: Callable[[], datetime]) -> None:
        """`read` gives the real time, aware UTC."""
        self.read = read
        self.at: datetime | None = None
        self.drawn: list[str] = []
        """What was drawn since it was last taken."""
        self._replayed: deque[str] | None = None

    def __call__(self) -> datetime:
        return self.at if self.at is not None else self.read()

    @contextmanager
    def held(self, at: datetime | None = None) -> Iterator[datetime]:
        """Let it be one time within: this one, else the one that is held already, else the real time."""
        before = self.at
        self.at = held = at or before or self.read()
        try:
            yield held
        finally:
            self.at = before

    def give(self, draws: Sequence[str]) -> None:
        """Give these texts, in their order, for what is drawn from now on; what comes after them is drawn."""
        self._replayed = deque(draws) if draws else None

    def draw(self, source: Callable[[], str]) -> str:
        """A random text of this source, or the recorded one."""
        if self._replayed:
            return self._replayed.popleft()
        drawn = source()
        self.drawn.append(drawn)
        return drawn

    def take_drawn(self) -> tuple[str, ...]:
        """What was drawn since this was last asked."""
        drawn = tuple(self.drawn)
        self.drawn.clear()
        return drawn
