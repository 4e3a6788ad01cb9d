"""The history of one world, in memory: its commands since the last reset, up to a limit, and its labels."""

import logging
import re
from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from ...server_limits import DEFAULT, ServerLimits, option_of
from .commands import FINISHED, SLICED, Base, Command, Event, Handled
from .moment import Moment

_T = TypeVar("_T")

log = logging.getLogger("ringmock")

LABEL = re.compile(r"[A-Za-z0-9._~-]{1,64}")
"""A label has something that is no digit: a number is that of a command."""


class NotKept(ValueError):
    """A point that a world cannot be taken back to, and why."""


class Room:
    """The bytes that the histories of a server may use together."""

    def __init__(self, limits: ServerLimits = DEFAULT) -> None:
        self.most = limits.max_history_bytes
        self.bytes = 0


class History:
    """Commands are numbered from 1 for the whole life of a world. A reset begins a new history behind them.

    What is beyond the limits is left out, the newest: a world is rebuilt from its first command on.
    """

    is_durable = False
    """Whether it outlives the server."""

    def __init__(self, moment: Moment, limits: ServerLimits = DEFAULT, room: Room | None = None) -> None:
        self.moment = moment
        self.most = limits.max_history
        self._most_labels = limits.max_labels
        self._room = room or Room(limits)
        self.base: Base | None = None
        self.before = 0
        """How many commands came before the last reset."""
        self._commands: list[Command] = []
        self._bytes = 0
        self.left_out = 0
        """How many commands were, since the last reset."""
        self.labels: dict[str, int] = {}
        """The number of the last command before each label."""
        self.is_replaying = False
        self.latest_call: Callable[[], int] = int
        """The number of the latest call in the journal, by the world whose history it is."""
        self.pending: dict[object, Callable[[], None]] = {}
        """What has something to add before anything else is added: work that is done in slices."""
        self._works = 0

    def __len__(self) -> int:
        return len(self._commands)

    @property
    def latest(self) -> int:
        """The number of the latest command; of the last one before the reset where there was none since."""
        return self.before + len(self._commands) + self.left_out

    def begin(self, base: Base) -> None:
        """Begin anew, behind what there was."""
        self.before = self.latest
        self.clear()
        self.base = base

    def clear(self) -> None:
        """Drop all of it."""
        self._room.bytes -= self._bytes
        self._commands, self._bytes, self.left_out = [], 0, 0
        self.labels, self.pending = {}, {}

    def close(self) -> None:
        """Its world is closed: nothing is added any more."""
        self.clear()

    def when_kept(self, callback: Callable[[], None]) -> None:
        """Call it when what has happened so far is kept, where that takes time."""
        callback()

    # --- what happens ----------------------------------------------------------------------------

    def handled(self, command: Handled) -> None:
        """Add a call that was accepted."""
        if self.pending:
            self._add_pending()
        self._keep(command, len(command.content) + len(command.answer))

    def add(self, kind: str, *values: Any) -> None:
        """Add an event of now, unless it is one of those that are carried out again."""
        if self.is_replaying:
            return
        if self.pending:
            self._add_pending()
        self._keep(Event(self.moment(), kind, values, self.latest_call()), 0)

    def _add_pending(self) -> None:
        for add in tuple(self.pending.values()):
            add()

    def keep(self, event: Event) -> None:
        """Add an event of pending work."""
        self._keep(event, 0)

    def _keep(self, command: Command, size: int) -> None:
        room = self._room
        if self.left_out or len(self._commands) >= self.most or room.bytes + size > room.most:
            self.left_out += 1
            if self.left_out == 1:
                log.warning(
                    "a history keeps no more than its %d commands (%s, %s): what comes now is left out, and"
                    " GET /_mock/history says how many",
                    len(self._commands),
                    option_of("max_history"),
                    option_of("max_history_bytes"),
                )
            return
        self._commands.append(command)
        if size:
            self._bytes += size
            room.bytes += size

    def begun(self, make: Callable[[int], Handled], work: Generator[None, None, _T]) -> Generator[None, None, _T]:
        """Work of a call, of which a first slice is done: the rest of it, each slice at the moment of the call.

        `make` makes the command, with a name for the work.
        """
        self._works += 1
        number, at = self._works, make(0).at
        self.handled(make(number))
        return self._rest(number, at, work)

    def _rest(self, number: int, at: datetime, work: Generator[None, None, _T]) -> Generator[None, None, _T]:
        slices, has_ended, key = 0, False, object()

        def add_slices() -> None:
            nonlocal slices
            if slices:
                self.keep(Event(at, SLICED, (number, slices)))
                slices = 0

        base, self.pending[key] = self.base, add_slices
        try:
            while True:
                try:
                    with self.moment.held(at):
                        next(work)
                except StopIteration as end:
                    result: _T = end.value
                    has_ended = True
                    return result
                slices += 1
                yield
        finally:
            self.pending.pop(key, None)
            if self.base is base:
                # What fails or is given up does not go on either.
                self.add(FINISHED, number, has_ended)

    # --- what is read ----------------------------------------------------------------------------

    def commands(self, until: int | None = None) -> Sequence[Command]:
        """Those that are kept, the oldest first, up to a number. Raises `NotKept`."""
        count = len(self._commands) if until is None else until - self.before
        if until is not None and until > self.latest:
            raise NotKept(f"There is no command {until} yet: the latest is {self.latest}.")
        if count < 0:
            raise NotKept(
                f"Command {until} was before the last reset, and what was then is gone: the history begins with"
                f" {self.before}."
            )
        if count > len(self._commands):
            kept = self.before + len(self._commands)
            raise NotKept(
                f"Command {until} is not kept: the history has as much as it keeps ({option_of('max_history')},"
                f" {option_of('max_history_bytes')}), and ends with {kept}."
            )
        return self._commands[:count]

    def kept_after(self, number: int, limit: int) -> Sequence[tuple[int, Command]]:
        """At most so many of those that are kept after a command, each with its number, the oldest first."""
        first = max(number - self.before, 0)
        kept = self.commands(self.before + min(first + limit, len(self)))
        return list(enumerate(kept[first:], self.before + first + 1))

    def newest_first(self, limit: int) -> Sequence[tuple[int, Command]]:
        """At most so many of those that are kept, each with its number."""
        last = self.before + len(self._commands)
        newest = self._commands[: -limit - 1 : -1]
        return list(zip(range(last, last - len(newest), -1), newest, strict=True))

    def number_of(self, point: int | str) -> int:
        """The number that a label stands for, or the number itself. Raises `NotKept`."""
        if isinstance(point, int):
            return point
        if point not in self.labels:
            known = ", ".join(self.labels) or "none"
            raise NotKept(f"There is no label {point!r}: this world has {known}.")
        return self.labels[point]

    def call_after(self, number: int) -> int | None:
        """The number in the journal of the first call after a command; None where there was none."""
        later = (each for each in self._commands[number - self.before :] if isinstance(each, Handled))
        return next((each.number for each in later), None)

    # --- labels, and ways back -------------------------------------------------------------------

    def label(self, name: str) -> int:
        """Name the present, which may be another than the name had before. Raises `ValueError`."""
        if not LABEL.fullmatch(name) or name.isdigit():
            raise ValueError(
                f"{name!r} is no label: it has 1 to 64 of A-Z, a-z, 0-9 and . _ ~ -, and is not a number alone."
            )
        if len(self.labels) >= self._most_labels and name not in self.labels:
            raise ValueError(f"A world has at most {self._most_labels} labels ({option_of('max_labels')}).")
        self.commands(self.latest)
        self.labels[name] = self.latest
        return self.latest

    def cut(self, number: int) -> None:
        """Forget what came after a command."""
        kept = self.commands(number)
        self.labels = {name: at for name, at in self.labels.items() if at <= number}
        dropped = self._commands[len(kept) :]
        size = sum(len(each.content) + len(each.answer) for each in dropped if isinstance(each, Handled))
        self._bytes -= size
        self._room.bytes -= size
        del self._commands[len(kept) :]
        self.left_out = 0

    def continue_from(self, origin: "History", until: int | None = None) -> None:
        """Be the history of a world that began as another one was."""
        self.clear()
        self.base, self.before, self.most = origin.base, origin.before, max(self.most, len(origin))
        commands = origin.commands(until)
        self.labels = {name: at for name, at in origin.labels.items() if at <= self.before + len(commands)}
        for command in commands:
            self._keep(command, len(command.content) + len(command.answer) if isinstance(command, Handled) else 0)
        if until is None:
            self.left_out += origin.left_out
