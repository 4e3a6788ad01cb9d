"""How a replica gets the worlds of more slots: they are made of their histories a bit at a time, and others are served.

A thread reads the histories. Each slot is had as soon as all of its worlds are there; until then who has a call for one
of them waits.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor
from itertools import islice
from typing import Protocol, TypeVar

from ..sign_in.followed import Followed
from ..sign_in.kept_worlds import KeptWorlds
from ..sign_in.world_slots import slot_of
from ..world.history.commands import Command
from ..world.history.log import Head

READ_TOGETHER = 500
"""Commands that are read before some of them are done."""

DONE_TOGETHER = 50
"""Commands between which nobody else is served: about 3 ms of them."""

_T = TypeVar("_T")
_Numbered = tuple[int, Command]


class Reader(Protocol):
    """Reads what all replicas have written: see `log.HistoryLog`."""

    def heads(self) -> Sequence[Head]:
        """Every world, the oldest first."""
        ...

    def closed_names(self) -> Sequence[str]:
        """The names that open no worlds, the oldest first."""
        ...

    def read(self, world: int, after: int, until: int) -> Iterator[_Numbered]:
        """The commands of a world with larger numbers than `after`, to `until`, the oldest first."""
        ...


class TakeOver:
    """Gets slots for the worlds of a process, of which each has as many places as there are slots."""

    def __init__(self, kept: KeptWorlds, reader: Reader, thread: Executor) -> None:
        """Only `thread` uses the reader."""
        self._kept, self._reader, self._thread = kept, reader, thread

    async def take(self, slots: Collection[int]) -> None:
        """Have these slots, those with the least to do first. Whose they were does not write them any more.

        Raises `LogDamaged` and `LogUnavailable`: the slots that were had by then stay.
        """
        heads = await self._apart(self._reader.heads)
        closed = await self._apart(self._reader.closed_names)
        worlds_of: dict[int, list[Head]] = defaultdict(list)
        for head in heads:
            worlds_of[slot_of(head.name)].append(head)
        for slot in sorted(slots, key=lambda slot: sum(head.latest - head.before for head in worlds_of[slot])):
            coming: list[Followed] = []
            try:
                for head in worlds_of[slot]:
                    coming.append(self._kept.coming(head))
                    await self._go_on(coming[-1], head)
                self._kept.arrived(slot, coming, heads, closed)
            except BaseException:
                for each in coming:
                    self._kept.give_up(each)
                raise

    async def _go_on(self, coming: Followed, head: Head) -> None:
        async for commands in self._pages(head):
            for first in range(0, len(commands), DONE_TOGETHER):
                self._kept.go_on(coming, commands[first : first + DONE_TOGETHER])
                await asyncio.sleep(0)

    async def _pages(self, head: Head) -> AsyncIterator[Sequence[_Numbered]]:
        commands = self._reader.read(head.world, head.before, head.latest)
        while page := await self._apart(lambda: list(islice(commands, READ_TOGETHER))):
            yield page

    async def _apart(self, read: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, read)
