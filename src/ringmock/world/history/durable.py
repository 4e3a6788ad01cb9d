"""The history of a world that a log keeps: whole, and read from there."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import overload

from ...server_limits import DEFAULT, ServerLimits
from .commands import Base, Command, Handled
from .log import MOST_COMMANDS, Added, Begun, Closed, Copied, Cut, GroupCommit, Head, Labelled, LogUnavailable
from .moment import Moment
from .world_history import History, NotKept


class DurableHistory(History):
    """Has no limit but the disk's: a world is rebuilt from all of it."""

    is_durable = True

    def __init__(
        self,
        moment: Moment,
        commits: GroupCommit,
        world: int,
        limits: ServerLimits = DEFAULT,
        head: Head | None = None,
    ) -> None:
        """`world` names it in the log; with `head` it goes on from what the log has."""
        super().__init__(moment, limits)
        self.most = MOST_COMMANDS
        self.world = world
        self._commits = commits
        self._is_closed = self._is_left = False
        self._number = 0
        self._is_from_log = head is not None
        if head is not None:
            self.go_on_to(head)

    def go_on_to(self, head: Head) -> None:
        """Be the history that the log has."""
        self.base, self.before, self._number = head.base, head.before, head.latest
        self.labels = dict(head.labels)
        self._works = head.latest  # no work has a larger number than there are commands

    def __len__(self) -> int:
        return self._number - self.before

    @property
    def latest(self) -> int:
        return self._number

    def begin(self, base: Base) -> None:
        if self._is_from_log:
            self._is_from_log = False  # the world was just made, and has begun long ago
            return
        super().begin(base)
        self._commits.add(Begun(self.world, self.before, base))

    def clear(self) -> None:
        self.labels, self.pending = {}, {}

    def close(self) -> None:
        super().close()
        if not self._is_closed:
            self._is_closed = True
            self._commits.add(Closed(self.world))

    def leave(self) -> None:
        """Let the log have it as it is, or no more: a call that would change it raises `LogUnavailable`."""
        self._is_closed = self._is_left = True

    def _keep(self, command: Command, size: int) -> None:
        if not self._is_closed:
            self._number += 1
            self._commits.add(Added(self.world, self._number, command))
        elif self._is_left and isinstance(command, Handled):
            raise LogUnavailable("The world is another process's by now.")

    def when_kept(self, callback: Callable[[], None]) -> None:
        self._commits.when_kept(callback)

    # --- what is read ----------------------------------------------------------------------------

    def commands(self, until: int | None = None) -> Sequence[Command]:
        number = self._number if until is None else until
        if number > self._number:
            raise NotKept(f"There is no command {number} yet: the latest is {self._number}.")
        if number < self.before:
            raise NotKept(
                f"Command {number} was before the last reset, and what was then is gone: the history begins with"
                f" {self.before}."
            )
        return self._between(self.before, number)

    def newest_first(self, limit: int) -> Sequence[tuple[int, Command]]:
        first = max(self.before, self._number - limit)
        found = self._between(first, self._number)
        return list(enumerate(found, first + 1))[::-1]

    def call_after(self, number: int) -> int | None:
        later = (each for each in self._between(number, self._number) if isinstance(each, Handled))
        return next((each.number for each in later), None)

    def _between(self, after: int, until: int) -> "_Stored":
        self._commits.flush()
        return _Stored(self._commits, self.world, after, until)

    # --- labels, and ways back -------------------------------------------------------------------

    def label(self, name: str) -> int:
        number = super().label(name)
        self._commits.add(Labelled(self.world, name, number))
        return number

    def cut(self, number: int) -> None:
        self.commands(number)
        self.labels = {name: at for name, at in self.labels.items() if at <= number}
        self._number = number
        self._commits.add(Cut(self.world, number))

    def continue_from(self, origin: History, until: int | None = None) -> None:
        assert isinstance(origin, DurableHistory)
        number = origin.latest if until is None else until
        origin.commands(number)
        assert origin.base is not None
        self.clear()
        self.base, self.before, self._number = origin.base, origin.before, number
        self._works = max(self._works, number)
        self.labels = {name: at for name, at in origin.labels.items() if at <= number}
        self._commits.add(Begun(self.world, origin.before, origin.base))
        self._commits.add(Copied(self.world, origin.world, number))

    def begin_as(self, head: Head, commands: Sequence[Command]) -> None:
        """Be the history of a world that began as one of another process was, whose first commands these are.

        They are written as they were read: what the log has when they are written may be something else.
        """
        self.clear()
        self.base, self.before, self._number = head.base, head.before, head.before + len(commands)
        self._works = max(self._works, self._number)
        self.labels = {name: at for name, at in head.labels.items() if at <= self._number}
        self._commits.add(Begun(self.world, self.before, head.base))
        for number, command in enumerate(commands, self.before + 1):
            self._commits.add(Added(self.world, number, command))
        for name, at in self.labels.items():
            self._commits.add(Labelled(self.world, name, at))


class _Stored(Sequence[Command]):
    """Commands that are read when they are asked for."""

    def __init__(self, commits: GroupCommit, world: int, after: int, until: int) -> None:
        self._commits, self._world, self._after, self._until = commits, world, after, until

    def __len__(self) -> int:
        return self._until - self._after

    def __iter__(self) -> Iterator[Command]:
        return (command for _, command in self._commits.log.read(self._world, self._after, self._until))

    @overload
    def __getitem__(self, place: int) -> Command: ...

    @overload
    def __getitem__(self, place: slice) -> "_Stored | list[Command]": ...

    def __getitem__(self, place: int | slice) -> "Command | _Stored | list[Command]":
        if isinstance(place, slice):
            first, last, step = place.indices(len(self))
            those = _Stored(self._commits, self._world, self._after + first, self._after + max(first, last))
            return those if step == 1 else list(self)[place]
        where = range(len(self))[place]
        return next(islice(_Stored(self._commits, self._world, self._after + where, self._until), 1))
