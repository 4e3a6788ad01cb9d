"""What has happened in a world: written by the thread that serves it, read and waited for by the test's."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ..domain.a2p_sms import Batch
from ..domain.message import Delivery, Message
from ..domain.message_thread import ThreadsChanged
from ..domain.subscription import Changes
from ..world.clock import WorldClock
from ..world.journal import Entry
from .messages import ExpectedMessage
from .timeline import MAX_LINES, Fault, fault_of


class Sending(NamedTuple):
    """A message and its first copy: the sender's own, or the recipient's when it came from a handset."""

    delivery: Delivery
    copy: Message
    life: int
    """Of the world, as `Observed.life` counts."""


class Observed:
    """A `Watcher` that remembers. All of it may be used from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sent: list[Sending] = []
        self._calls: deque[Entry] = deque(maxlen=MAX_LINES)
        self._faults: list[Entry] = []
        self.life = 0
        """How often the world was reset since; for its own thread."""

    def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None:
        """Remember a message, and wake whoever waits for one."""
        if copies:
            with self._changed:
                self._sent.append(Sending(delivery, copies[0], self.life))
                self._changed.notify_all()

    def forget_messages(self) -> None:
        """Wait for none of those that came before the world was reset. What calls did is still the test's."""
        with self._changed:
            self.life += 1
            self._sent.clear()

    def changed(self, changes: Changes) -> None:
        """Nothing that a test waits for."""

    def batch_sent(self, batch: Batch) -> None:
        """Its messages have been reported one by one."""

    def opted(self, sender: str, recipient: str, *, is_out: bool) -> None:
        """Nothing that a test waits for."""

    def threads_changed(self, changed: ThreadsChanged) -> None:
        """Nothing that a test waits for."""

    def presence_changed(self, changed: object) -> None:
        """Nothing that a test waits for."""

    def answered(self, entry: Entry) -> None:
        """Remember a call."""
        with self._changed:
            self._calls.append(entry)
            if fault_of(entry) is not None:
                self._faults.append(entry)

    def time_changed(self) -> None:
        """Wake whoever waits for a status."""
        with self._changed:
            self._changed.notify_all()

    def first(self, wanted: ExpectedMessage, timeout: float, clock: Callable[[], WorldClock]) -> Sending | None:
        """The oldest message that is wanted, as soon as it is there; None after `timeout` real seconds.

        `clock` is the world's, by which messages get on.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                now = clock().now()
                found = [each for each in self._sent if wanted.matches(each.delivery, (each.life, each.copy.id))]
                there = next((each for each in found if wanted.is_at_status(each.copy, now)), None)
                left = deadline - time.monotonic()
                if there is not None or left <= 0:
                    return there
                changes = () if wanted.status is None or clock().is_frozen else _changes(found, now)
                self._changed.wait(min([left, *(max(seconds, 0.001) for seconds in changes)]))

    def sent(self) -> Sequence[Sending]:
        """Every message, oldest first."""
        with self._changed:
            return tuple(self._sent)

    def calls(self) -> Sequence[Entry]:
        """The latest calls, oldest first."""
        with self._changed:
            return tuple(self._calls)

    def take_faults(self, allowed: frozenset[Fault]) -> Sequence[Entry]:
        """The calls that went wrong since this was last asked, less those of the allowed kinds."""
        with self._changed:
            faults, self._faults = self._faults, []
        return [entry for entry in faults if fault_of(entry) not in allowed]


def _changes(found: Sequence[Sending], now: datetime) -> Iterator[float]:
    """In how many seconds each of them reaches another status, by the world's clock."""
    for each in found:
        at = each.copy.next_change(now)
        if at is not None:
            yield (at - now).total_seconds()


class WithoutCredentials:
    """A `Watcher` of the world that calls without any credentials are kept in: reports to `observed` those alone."""

    def __init__(self, observed: Observed) -> None:
        self._observed = observed

    def answered(self, entry: Entry) -> None:
        """Tell of a call that may be anybody's, and of none that says whose it is."""
        if not entry.has_credentials:
            self._observed.answered(entry)

    def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None:
        """A message is somebody's."""

    def changed(self, changes: Changes) -> None:
        """Messages are somebody's."""

    def batch_sent(self, batch: Batch) -> None:
        """A batch is somebody's."""

    def opted(self, sender: str, recipient: str, *, is_out: bool) -> None:
        """Numbers are somebody's."""

    def threads_changed(self, changed: ThreadsChanged) -> None:
        """Threads are somebody's."""

    def presence_changed(self, changed: object) -> None:
        """Presences are somebody's."""

    def time_changed(self) -> None:
        """Nothing that a test waits for."""
