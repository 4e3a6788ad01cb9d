"""Telling the subscriptions of a world what happens in it: on webhooks one after the other, on connections at once.

No call waits for it. What a receiver has still to get waits in a queue of its own, and one task empties it.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from weakref import WeakSet

import orjson

from ..domain.message import Delivery, Message
from ..domain.subscription import Attempt, Event, EventFilter, Subscription, Transport, events
from ..journal import Entry
from ..lab.webhooks import WebHooks
from ..world import World
from .sockets import Sockets
from .wire.subscriptions import notification

MAX_WAITING = 1000
"""Notifications that one receiver may have to wait for; more are not kept, and count as failures."""

OVERFLOW = f"I/O operation is failed. Details: [{MAX_WAITING} notifications are waiting]"


class _Note(NamedTuple):
    """A notification on its way."""

    uuid: str
    event: str
    body: bytes


class Notifier:
    """For every world of a server. Lives in the serving loop."""

    def __init__(self, webhooks: WebHooks, sockets: Sockets) -> None:
        self.webhooks = webhooks
        self.sockets = sockets
        self._watched: WeakSet[World] = WeakSet()
        self._queues: dict[Subscription, deque[_Note]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, world: World) -> None:
        """Tell the subscriptions of a world of everything from now on. A world without one is not watched."""
        if world not in self._watched:
            self._watched.add(world)
            world.watch(_Watcher(world, self))

    def tell(self, world: World, mailbox: str, new: Sequence[Message], updated: Sequence[Message]) -> None:
        """Tell whoever asked for it of messages that came to a mailbox, or were changed there."""
        now = world.clock.now()
        for subscription in world.subscriptions.told_of(mailbox, now):
            for wanted in subscription.filters:
                if wanted.mailbox == mailbox and subscription.blacklisted is None:
                    for event in events(wanted, new, updated):
                        self._send(world, subscription, wanted, event)

    def _send(self, world: World, subscription: Subscription, wanted: EventFilter, event: Event) -> None:
        uuid = world.subscriptions.name_notification()
        said = notification(subscription, wanted, event, uuid, world.account, world.clock.now())
        if subscription.delivery.transport is Transport.WEBHOOK:
            self._post(world, subscription, _Note(uuid, wanted.uri, orjson.dumps(said)))
        elif self.sockets.notify(subscription.delivery.connection, said):
            subscription.attempted(Attempt(world.clock.now(), wanted.uri, uuid, None))
        else:
            world.subscriptions.remove(subscription)

    def _post(self, world: World, subscription: Subscription, note: _Note) -> None:
        queue = self._queues.get(subscription)
        if queue is None:
            self._queues[subscription] = deque([note])
            task = asyncio.get_running_loop().create_task(self._deliver(world, subscription))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif len(queue) < MAX_WAITING:
            queue.append(note)
        else:
            subscription.attempted(Attempt(world.clock.now(), note.event, note.uuid, OVERFLOW))

    async def _deliver(self, world: World, subscription: Subscription) -> None:
        """Empty the subscription's queue, as long as it is there to be told."""
        queue, delivery = self._queues[subscription], subscription.delivery
        try:
            while queue and subscription.blacklisted is None:
                if not world.subscriptions.is_alive(subscription, world.clock.now()):
                    return
                note = queue.popleft()
                failure = await self.webhooks.notify(delivery.address, delivery.verification_token, note.body)
                subscription.attempted(Attempt(world.clock.now(), note.event, note.uuid, failure))
        finally:
            del self._queues[subscription]


class _Watcher:
    """Sorts what happens in a world by mailbox; all that one call changes there is one event."""

    def __init__(self, world: World, notifier: Notifier) -> None:
        self._world = world
        self._notifier = notifier
        self._changed: list[Message] = []

    def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None:
        self._tell_changes()
        for mailbox, messages in _by_mailbox(copies).items():
            self._notifier.tell(self._world, mailbox, messages, ())

    def changed(self, messages: Sequence[Message]) -> None:
        if not self._changed:
            # The call that changes them goes on, and nothing else runs before it is done.
            asyncio.get_running_loop().call_soon(self._tell_changes)
        self._changed += messages

    def _tell_changes(self) -> None:
        changed, self._changed = self._changed, []
        for mailbox, messages in _by_mailbox(changed).items():
            self._notifier.tell(self._world, mailbox, (), messages)

    def answered(self, entry: Entry) -> None:
        """Nothing that anyone can subscribe to."""


def _by_mailbox(messages: Iterable[Message]) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    for message in messages:
        found.setdefault(message.mailbox, []).append(message)
    return found
