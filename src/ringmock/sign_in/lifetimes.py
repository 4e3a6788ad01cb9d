"""Which worlds are used, and which has not been for the longest time."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from weakref import ref

from ..world.world import World

IN_USE = timedelta(seconds=60)
"""A world that was called so recently is in use: it is never closed for another one."""


class Lifetimes:
    """Finds worlds by their last use. Each look costs as much as there are worlds to close or used since."""

    def __init__(self, worlds: Mapping[str, World], close: Callable[[str], None], ttl: timedelta) -> None:
        """`worlds` by name; `close` is called with the name of one whose time is over."""
        self._worlds = worlds
        self._close = close
        self._ttl = ttl
        self._by_use: list[tuple[datetime, int, str, ref[World]]] = []
        self._ages = count()

    def add(self, name: str, world: World) -> None:
        """Look after a world."""
        heappush(self._by_use, (world.used, next(self._ages), name, ref(world)))

    def has_ended(self, world: World, now: datetime) -> bool:
        """Whether nobody has used it for so long that its time is over."""
        return now - world.used >= self._ttl and not world.is_held

    def close_ended(self, now: datetime) -> None:
        """Close the worlds whose time is over."""
        while self._by_use and now - self._by_use[0][0] >= self._ttl:
            found = self._oldest(now)
            if found is None:
                return
            name, world = found
            if not self.has_ended(world, now):
                self.add(name, world)
                return
            self._close(name)

    def close_oldest(self, now: datetime) -> bool:
        """Close the world that has not been used for the longest time; False where all are in use."""
        found = self._oldest(now)
        if found is None:
            return False
        name, world = found
        if now - world.used < IN_USE:
            self.add(name, world)
            return False
        self._close(name)
        return True

    def _oldest(self, now: datetime) -> tuple[str, World] | None:
        """The one whose last use is the longest ago, taken out; None where all are held."""
        for _ in range(len(self._by_use)):
            used, _, name, known = heappop(self._by_use)
            world = known()
            if world is None or self._worlds.get(name) is not world:
                continue  # closed since, and kept by nothing here
            if world.is_held:
                world.used = now
            if world.used == used:
                return name, world
            self.add(name, world)
        return None
