"""A world that is made of its history in the log, bit by bit: as far as that has come, and on from there."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from ..world.history.commands import Base, Command, Handled
from ..world.history.log import Head, HistoryLog
from ..world.world import World
from .restored_log_ins import LogInsAgain


class Difference(NamedTuple):
    """A call of a history that is answered differently when it is made again. No status is that of a failure."""

    place: int
    """Among the commands, from 0."""
    command: Handled
    status: int
    answer: bytes


class Again(Protocol):
    """Does the history of one world again."""

    def go_on(self, commands: Iterable[Command]) -> None:
        """Do these behind those that were, each at its own time; before the first, the world is what it began as."""
        ...

    def end(self) -> Difference | None:
        """Let the world live. The first call that was answered differently, among those that were compared."""
        ...

    def give_up(self) -> None:
        """Do nothing more: the world does not live here."""
        ...


class Replay(Protocol):
    """Takes a world back to what it began with, and does these commands again, each at its own time.

    Returns the first call whose answer is another one now, among those that are compared: one of so many, and all by
    whether they are accepted. Log-ins stay as they are.
    """

    def __call__(self, world: World, base: Base, commands: Iterable[Command], compared: int = 1) -> Difference | None:
        """All at once."""
        ...

    def begun(self, world: World, base: Base, compared: int = 1) -> Again:
        """The same, for commands that come bit by bit."""
        ...


class Followed:
    """A world of the log. Its log-ins are beside it until it lives."""

    def __init__(self, world: World, head: Head) -> None:
        self.world = world
        self.opened = head.opened
        """When the world was opened, as the log says."""
        self._whose = head[:4]
        self.latest_call = 0
        """The number of the latest call of its history."""
        self._head: Head | None = None
        """As the log had it when all of it was done; None before that."""
        self._latest: Command | None = None

    def begin(self, log_ins: LogInsAgain, again: Again) -> None:
        """Begin, or begin anew."""
        self.log_ins, self.again = log_ins, again
        self._head = self._latest = None
        self.latest_call = 0

    def is_there(self, head: Head | None) -> bool:
        """Whether this is the world that the log has by its number: not closed, nor another one meanwhile."""
        return head is not None and self._whose == head[:4]

    def is_at(self, head: Head) -> bool:
        """Whether there is nothing to do."""
        return self._head == head

    def is_continued(self, head: Head, log: HistoryLog) -> bool:
        """Whether the log has all that was done, and perhaps more: nothing was reset or taken back.

        What was taken back and written anew has another latest command, whose time is a later one at least. Raises
        `LogDamaged`.
        """
        known = self._head
        if known is None or not known.is_of(head):
            return False
        return [each for _, each in log.read(head.world, max(known.latest - 1, known.before), known.latest)] == (
            [] if self._latest is None else [self._latest]
        )

    def go_on(self, head: Head, log: HistoryLog) -> None:
        """Do what the log has by now. What raises has to begin anew. Raises `LogDamaged`."""
        known, self._head = self._head, None
        after = head.before if known is None else known.latest
        self.do(log.read(head.world, after, head.latest))
        self._head = head

    def do(self, commands: Iterable[tuple[int, Command]]) -> None:
        """Do these, each with its number, behind those that were."""
        self.again.go_on(self._noted(commands))

    def _noted(self, commands: Iterable[tuple[int, Command]]) -> Iterator[Command]:
        for _, command in commands:
            self._latest = command
            if isinstance(command, Handled):
                self.latest_call = command.number
            yield command
