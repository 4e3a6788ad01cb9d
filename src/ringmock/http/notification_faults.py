"""Faults of notifications, on demand: lost, doubled, late or reordered ones, and connections that close instead."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Generic, Protocol, Self, TypeVar

from ..domain.agenda import Timer
from ..domain.due import Due, DueKind
from ..domain.moments import moved
from ..domain.subscription import Subscription, Transport
from ..lab.faults import Mishap
from ..world.world import World


class Marked(Protocol):
    """A notification that may carry what happened to it on demand."""

    @property
    def on_demand(self) -> str | None: ...

    def marked(self, mishap: str) -> Self:
        """The same, with what has happened to it."""
        ...


_N = TypeVar("_N", bound=Marked)


class Mishaps(Generic[_N]):
    """For every world of a server. What waits for another, waits here."""

    def __init__(self, again: Callable[[World, Subscription, _N], None]) -> None:
        """`again` sends a notification whose time has come."""
        self._again = again
        self._held: dict[World, dict[Subscription, deque[_N]]] = {}

    def outgoing(
        self,
        world: World,
        subscription: Subscription,
        note: _N,
        lost: Callable[[_N], None],
        close: Callable[[], None] = lambda: None,
    ) -> Iterator[_N]:
        """What goes out now where this notification would: itself most often, perhaps twice, and what waited for it."""
        is_on_socket = subscription.delivery.transport is not Transport.WEBHOOK
        if note.on_demand is not None or world.faults is None:
            yield note
            yield from self._taken(world, subscription)
            return
        world.history.add("met-notification", subscription.owner, is_on_socket)
        rule = world.faults.meet_notification(subscription.owner, is_on_socket=is_on_socket)
        mishap = None if rule is None else rule.notification
        if rule is None or mishap is None:
            yield note
        elif mishap == Mishap.LOST:
            lost(note.marked(mishap))
            return
        elif mishap == Mishap.DOUBLED:
            yield note.marked(mishap)
            yield note.marked(mishap)
        elif mishap == Mishap.CLOSED:
            close()
            yield note.marked(mishap)
        else:
            self._hold(world, subscription, note.marked(mishap), rule.lateness)
            return
        yield from self._taken(world, subscription)

    def forget(self, world: World) -> None:
        """The world's life has ended: nothing of it comes any more."""
        self._held.pop(world, None)

    def _hold(self, world: World, subscription: Subscription, note: _N, seconds: float) -> None:
        """Send it after so many seconds of the world's clock; one that changes places, once another has gone."""
        held = None
        if note.on_demand == Mishap.REORDERED:
            held = self._held.setdefault(world, {}).setdefault(subscription, deque())
            held.append(note)

        def ring(at: datetime) -> None:
            if held is not None:
                if note not in held:
                    return
                held.remove(note)
            if subscription.blacklisted is None and world.subscriptions.is_alive(subscription, at):
                self._again(world, subscription, note)

        def event(at: datetime) -> Due | None:
            is_waiting = held is None or note in held
            return Due(at, DueKind.NOTIFICATION, subscription.owner, subscription.id) if is_waiting else None

        world.agenda.schedule(Timer(ring, event), moved(world.clock.now(), timedelta(seconds=seconds)))

    def _taken(self, world: World, subscription: Subscription) -> Iterator[_N]:
        held = self._held.get(world, {}).get(subscription)
        while held:
            yield held.popleft()
