"""The connections of one world, each looked at when a time of it may be over."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, TypeVar
from weakref import ref

from ..domain.a2p_sms import Batch
from ..domain.agenda import Agenda
from ..domain.message import Delivery, Message
from ..journal import Entry
from ..world import World
from .alarm import Alarm

_T = TypeVar("_T")


class Timeouts(Generic[_T]):
    """A `Watcher`: what it watches for goes by the world's clock, whether that runs or is moved."""

    def __init__(self, world: World, look: Callable[[_T], datetime | None]) -> None:
        """`look` ends what is over, and says of what is not when to look again."""
        self._world = ref(world)  # whoever keeps this for a world does not keep the world
        self._look = look
        self._agenda: Agenda[_T] = Agenda(self.time_changed)
        self._alarm = Alarm(self.time_changed)
        world.watch(self)

    def watch_over(self, one: _T) -> None:
        """Look at it from now on."""
        self._agenda.put(one, self._look(one))

    def forget(self, one: _T) -> None:
        """Look at it no more."""
        self._agenda.put(one, None)

    def time_changed(self) -> None:
        """Look at all whose time has come, and wait for the next."""
        world = self._world()
        if world is None:
            return
        for _, ones in self._agenda.due(world.clock.now()):
            for one in ones:
                self._agenda.put(one, self._look(one))
        self._alarm.set(self._agenda.next, world.clock)

    def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None:
        """Nothing that ends a connection."""

    def changed(self, messages: Sequence[Message]) -> None:
        """Nothing that ends a connection."""

    def answered(self, entry: Entry) -> None:
        """Nothing that ends a connection."""

    def batch_sent(self, batch: Batch) -> None:
        """Nothing that ends a connection."""

    def opted(self, sender: str, recipient: str, *, is_out: bool) -> None:
        """Nothing that ends a connection."""
