"""Notifications of a world's subscriptions: on webhooks one after the other, on connections immediately.

No call waits for them. The notifications to a receiver wait in a queue, which one task empties.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import orjson

from ..domain.a2p_sms import A2PMessage, Batch, Course
from ..domain.agenda import Timer
from ..domain.due import Due, DueKind
from ..domain.errors import Refusal
from ..domain.message import Availability, Delivery, Direction, Message
from ..domain.message_thread import ThreadsChanged
from ..domain.moments import moved
from ..domain.slices import Slices, result_of
from ..domain.subscription import (
    RECONCILIATION,
    RESENT,
    A2PEvent,
    A2PMessageMoved,
    Attempt,
    BatchMoved,
    Changed,
    Changes,
    Event,
    EventFilter,
    EventKind,
    ExpiresSoon,
    Kind,
    OptedOut,
    PresenceChanged,
    Subscription,
    ThreadsModified,
    Transport,
    asks_for,
    asks_for_messages_of,
    changes_of,
    events,
    messages_of,
    records_of,
    together,
)
from ..lab.webhooks import WebHooks
from ..world.journal import Entry
from ..world.world import World
from .call import WORLD_HEADER
from .notification_faults import Mishaps
from .sockets import Sockets
from .timer import WorldTimer
from .wire.subscriptions import notification

_T = TypeVar("_T")

SENT_TOGETHER = 200
"""The maximum of scheduled events that are sent in one turn of the loop: some milliseconds' work."""

GIVEN_UP = "The client was away, or did not read, and more notifications came than are kept for it"

OVERFLOW = "I/O operation is failed. Details: [{most} notifications are waiting]"
"""The queue holds `most` notifications; the others count as failures."""


class _Notification(NamedTuple):
    """A notification on its way."""

    uuid: str
    event: str
    body: bytes
    """As it is posted; empty for one that goes out on a connection."""
    said: Any = None
    """As it is said on a connection."""
    on_demand: str | None = None
    """What has happened to it on demand, empty for nothing; None before that is decided."""
    about: tuple[int, ...] = ()
    """The ids of the messages that it is about."""
    records: tuple[str, ...] = ()
    """The ids of the message threads and entries that it is about."""

    def marked(self, mishap: str) -> "_Notification":
        """The same, with what has happened to it."""
        return self._replace(on_demand=mishap)


class _Notifications(NamedTuple):
    """Several notifications that are made when their turn comes: a batch has ten thousand at a time."""

    events: Iterator[A2PEvent]
    made: Callable[[A2PEvent], _Notification]

    def next(self) -> _Notification | None:
        """The next one; None when there are no more."""
        event = next(self.events, None)
        return None if event is None else self.made(event)


_Waiting = _Notification | _Notifications


class _Stream(NamedTuple):
    """Events for a connection, of which each turn of the loop sends a few."""

    wanted: EventFilter
    events: Iterator[Event]
    at: datetime


class Notifier:
    """Notifies the subscriptions of every world of a server. Lives in the serving loop."""

    def __init__(self, webhooks: WebHooks, sockets: Sockets) -> None:
        self.webhooks = webhooks
        self.sockets = sockets
        self._most_waiting = sockets.limits.max_webhook_queue
        self._watchers: dict[World, _Watcher] = {}
        self._posting: dict[World, set[asyncio.Task[None]]] = {}
        """The deliveries of each watched world."""
        self._queues: dict[Subscription, deque[_Waiting]] = {}
        self._retries: dict[Subscription, asyncio.Event] = {}
        """The worlds whose blacklisted receivers are being tried again, and whether that is due once more afterwards.
        """
        self._streams: dict[Subscription, deque[_Stream]] = {}
        self._mishaps: Mishaps[_Notification] = Mishaps(self._send_again)
        sockets.when_connected(self.watch)

    def watch(self, world: World) -> None:
        """Do what is due in a world from now on. One without subscriptions and connections is not watched."""
        if world not in self._posting and not world.is_closed:
            self._posting[world] = set()
            world.on_reset(partial(self._life_ended, world))
            self._watchers[world] = watcher = _Watcher(world, self)
            world.watch(watcher)
            world.is_behind = partial(self._is_behind, world)
            world.resend = partial(self._resend, world)

    def _is_behind(self, world: World) -> bool:
        """Whether half of what is kept for a receiver waits for it, or some of which faults have yet to decide."""
        alive = world.subscriptions.everyone(world.clock.now()) if self._queues else ()
        for queue in (self._queues.get(each, ()) for each in alive):
            if len(queue) * 2 > self._most_waiting:
                return True
            if world.faults is not None and any(isinstance(waiting, _Notifications) for waiting in queue):
                return True
        return False

    def _life_ended(self, world: World) -> None:
        """Post nothing more of what happened before a reset, and nothing at all of a closed world."""
        self._mishaps.forget(world)
        for task in self._posting[world]:
            task.cancel()
        if world.is_closed:
            del self._posting[world], self._watchers[world]

    # --- histories -------------------------------------------------------------------------------

    def notify_changes(self, world: World) -> None:
        """Notify of what the last command has changed: the next one's changes are another event."""
        if world in self._watchers:
            self._watchers[world].notify_changes()

    def do_due(self, world: World) -> None:
        """Do again what was due."""
        if world in self._watchers:
            self._watchers[world].time_changed()

    def note_again(self, world: World, subscription_id: str, attempt: Attempt) -> None:
        """Record the result of a notification again."""
        subscription = world.subscriptions.named(subscription_id)
        if subscription is not None:
            self._attempted(world, subscription, attempt)

    def follow(self, world: World, subscription: Subscription) -> None:
        """Notify the subscriptions of a world from now on."""
        result_of(self.following(world, subscription))

    def following(self, world: World, subscription: Subscription) -> Slices[None]:
        """As `follow`, in slices: a mailbox may have many messages whose status will change."""
        self.watch(world)
        now, epoch = world.clock.now(), world.epoch
        for mailbox in subscription.mailboxes:
            for place, message in enumerate(world.messages.moving(mailbox, now), 1):
                world.agenda.schedule(message, message.next_change(now))
                if place % SENT_TOGETHER == 0:
                    yield
                    if world.epoch != epoch:
                        return
        if subscription.has_a2p_filters:
            for batch in world.a2p.moving(now):
                world.agenda.schedule(batch, batch.next_change(now))

    def notify(self, world: World, mailbox: str, new: Sequence[Message], updated: Changes, at: datetime) -> bool:
        """Notify the subscriptions to messages that arrived in a mailbox, or changed there, at this time.

        Returns whether there are any subscriptions to the mailbox.
        """
        subscriptions = world.subscriptions.subscribed_to(mailbox, at)
        for subscription in subscriptions:
            for wanted in subscription.filters:
                if wanted.mailbox == mailbox:
                    for event in events(wanted, new, updated):
                        self._send(world, subscription, wanted, event, at)
        return bool(subscriptions)

    def notify_a2p(self, world: World, event: A2PEvent, at: datetime) -> bool:
        """Notify the subscriptions to an event of high-volume SMS. Returns whether there are any."""
        subscriptions = world.subscriptions.subscribed_to_a2p(at)
        for subscription in subscriptions:
            for wanted in subscription.filters:
                if asks_for(wanted, event):
                    self._send(world, subscription, wanted, event, at)
        return bool(subscriptions)

    def notify_batch_messages(self, world: World, batch: Batch, courses: Collection[Course], at: datetime) -> None:
        """Notify the subscriptions to each message of a batch that has reached another status."""
        for subscription in world.subscriptions.subscribed_to_a2p(at):
            for wanted in subscription.filters:
                if asks_for_messages_of(wanted, batch):
                    moved = (message for message in world.a2p.messages_of(batch) if message.course in courses)
                    self._send_each(world, subscription, wanted, map(A2PMessageMoved, moved), at)

    def notify_threads(self, world: World, changed: ThreadsChanged, at: datetime) -> None:
        """Notify the subscriptions of those whom a change of message threads concerns."""
        owners = {EventKind.THREADS: changed.threads, EventKind.THREAD_ENTRIES: changed.entries}
        for subscription in world.subscriptions.subscribed_to_threads(at):
            for wanted in subscription.filters:
                if subscription.owner in owners.get(wanted.kind, ()):
                    self._send(world, subscription, wanted, ThreadsModified(changed.about), at)

    def notify_presence(self, world: World, event: PresenceChanged, at: datetime) -> None:
        """Notify the subscriptions to the presence of an extension, and to everyone's."""
        for subscription in world.subscriptions.subscribed_to_presence(at):
            for wanted in subscription.filters:
                if wanted.kind is EventKind.PRESENCE and wanted.mailbox in (None, event.extension):
                    self._send(world, subscription, wanted, event, at)

    def remind(self, world: World, subscription: Subscription, at: datetime) -> None:
        """Send a subscription the reminder of its expiry that is due at this time."""
        for wanted in subscription.reminders_at(at):
            event = ExpiresSoon(round((subscription.expires - at).total_seconds()))
            self._send(world, subscription, wanted, event, at)

    def _send(self, world: World, subscription: Subscription, wanted: EventFilter, event: Event, at: datetime) -> None:
        if subscription.blacklisted is not None:
            return
        if subscription.delivery.transport is Transport.WEBHOOK:
            self._post(world, subscription, _note(world, subscription, wanted, event, at))
        elif subscription in self._streams:
            self._streams[subscription].append(_Stream(wanted, iter((event,)), at))
        else:
            self._send_on_connection(world, subscription, wanted, event, at)

    def _send_on_connection(
        self, world: World, subscription: Subscription, wanted: EventFilter, event: Event, at: datetime
    ) -> None:
        """Send it on the subscription's connection."""
        uuid = _name(world)
        if world.history.is_replaying:
            return
        said = notification(subscription, wanted, event, uuid, world.account, at)
        note = _Notification(uuid, wanted.uri, b"", said, about=messages_of(event), records=records_of(event))
        self._send_note(world, subscription, note, at)

    def _send_note(self, world: World, subscription: Subscription, note: _Notification, at: datetime) -> None:
        connection = subscription.delivery.connection
        lost = partial(self._note_attempt, world, subscription, failure=None)
        outgoing = self._mishaps.outgoing(
            world, subscription, note, lost, partial(self.sockets.close_socket, connection)
        )
        for each in outgoing:

            def done(arrived: bool, each: _Notification = each) -> None:
                self._note_attempt(world, subscription, each, None if arrived else GIVEN_UP)

            if not self.sockets.notify(connection, each.said, at, done):
                world.subscriptions.remove(subscription)
                world.history.add("unsubscribed", subscription.id)
                return

    def _resend(self, world: World, subscription: Subscription, attempt: Attempt) -> None:
        """Send a notification once more, whatever its first result, and with no fault on demand."""
        note = _Notification(
            attempt.uuid,
            attempt.event,
            attempt.body,
            orjson.loads(attempt.body),
            RESENT,
            attempt.about,
            attempt.records,
        )
        self._send_again(world, subscription, note)

    def _send_again(self, world: World, subscription: Subscription, note: _Notification) -> None:
        """Send a notification that came late on demand."""
        if subscription.delivery.transport is Transport.WEBHOOK:
            self._post(world, subscription, note)
        else:
            self._send_note(world, subscription, note, world.clock.now())

    def _send_each(
        self, world: World, subscription: Subscription, wanted: EventFilter, events: Iterator[A2PEvent], at: datetime
    ) -> None:
        asked = (event for event in events if asks_for(wanted, event))
        if subscription.delivery.transport is not Transport.WEBHOOK:
            self._stream(world, subscription, _Stream(wanted, asked, at))
        elif subscription.blacklisted is None:
            made = partial(_note, world, subscription, wanted, at=at)
            self._post(world, subscription, _Notifications(asked, made))

    def _stream(self, world: World, subscription: Subscription, stream: _Stream) -> None:
        """Send the first of many events now, and the rest in the turns after this, in their order."""
        waiting = self._streams.get(subscription)
        if waiting is not None:
            waiting.append(stream)
            return
        if self._sent_some(world, subscription, stream) and not world.history.is_replaying:
            waiting = self._streams[subscription] = deque([stream])
            task = self._started(world, self._send_streams(world, subscription, waiting))
            task.add_done_callback(lambda _: _remove_entry(self._streams, subscription, waiting))

    def _sent_some(self, world: World, subscription: Subscription, stream: _Stream) -> bool:
        """Whether there may be more."""
        sent = 0
        for event in islice(stream.events, SENT_TOGETHER):
            self._send_on_connection(world, subscription, stream.wanted, event, stream.at)
            sent += 1
        return sent == SENT_TOGETHER

    async def _send_streams(self, world: World, subscription: Subscription, waiting: deque[_Stream]) -> None:
        while waiting and not subscription.is_deleted:
            await asyncio.sleep(0)
            if not self._sent_some(world, subscription, waiting[0]):
                waiting.popleft()
        _remove_entry(self._streams, subscription, waiting)

    def _post(self, world: World, subscription: Subscription, waiting: _Waiting) -> None:
        if world.history.is_replaying:
            return
        if isinstance(waiting, _Notifications):
            self._enqueue(world, subscription, waiting)
            return
        lost = partial(self._note_attempt, world, subscription, failure=None)
        for each in self._mishaps.outgoing(world, subscription, waiting, lost):
            self._enqueue(world, subscription, each.marked(each.on_demand or ""))

    def _enqueue(self, world: World, subscription: Subscription, waiting: _Waiting) -> None:
        queue = self._queues.get(subscription)
        if queue is None:
            queue = self._queues[subscription] = deque([waiting])
            task = self._started(world, self._deliver(world, subscription, queue))
            task.add_done_callback(lambda _: _remove_entry(self._queues, subscription, queue))
        elif len(queue) < self._most_waiting:
            queue.append(waiting)
        else:
            note = waiting if isinstance(waiting, _Notification) else waiting.next()
            if note is None:
                return
            more = 0 if isinstance(waiting, _Notification) else sum(1 for _ in waiting.events)
            failure = OVERFLOW.format(most=self._most_waiting)
            if more:
                failure += f" {more} more of the same batch are lost with it"
            self._note_attempt(world, subscription, note, failure)

    async def _deliver(self, world: World, subscription: Subscription, queue: deque[_Waiting]) -> None:
        """Empty the queue of a subscription that is not deleted; what was due before its expiry may come late."""
        delivery, mark = subscription.delivery, (WORLD_HEADER, world.name) if world.name else None
        try:
            while queue and subscription.blacklisted is None and not subscription.is_deleted:
                note = _next_of(queue)
                if note is None:
                    return
                lost = partial(self._note_attempt, world, subscription, failure=None)
                decided = note.on_demand is not None  # those of a batch are made, and decided about, one by one
                each_of = (note,) if decided else self._mishaps.outgoing(world, subscription, note, lost)
                for each in each_of:
                    if world.history.is_durable:
                        await _kept(world)
                    failure = await self.webhooks.notify(delivery.address, delivery.verification_token, each.body, mark)
                    self._note_attempt(world, subscription, each, failure)
        finally:
            _remove_entry(self._queues, subscription, queue)

    def _note_attempt(self, world: World, subscription: Subscription, note: _Notification, failure: str | None) -> None:
        """Record the result of a notification; a blacklisted address is tried again if the fixture says so."""
        if world.history.is_replaying:
            return
        with world.moment.held():
            body, mishap = note.body or orjson.dumps(note.said), note.on_demand or None
            attempt = Attempt(world.clock.now(), note.event, note.uuid, failure, mishap, note.about, body, note.records)
            world.history.add("attempted", subscription.id, attempt)
            self._attempted(world, subscription, attempt)

    def _attempted(self, world: World, subscription: Subscription, attempt: Attempt) -> None:
        was_active, now = subscription.blacklisted is None, attempt.at
        subscription.attempted(attempt)
        if was_active and subscription.blacklisted is not None and world.template.webhooks.blacklisting == "reconciled":
            retry = Timer(partial(self._reconcile, world, subscription), partial(_retry_of, world, subscription))
            world.agenda.schedule(retry, moved(now, RECONCILIATION))

    def _reconcile(self, world: World, subscription: Subscription, at: datetime) -> datetime | None:
        """Ask the receiver again, once for all the times that have gone by; when it is to be asked next."""
        if subscription.blacklisted is None or not world.subscriptions.is_alive(subscription, at):
            return None
        due = self._retries.get(subscription)
        if world.history.is_replaying:
            due = asyncio.Event()
        if due is None:
            due = self._retries[subscription] = asyncio.Event()
            task = self._started(world, self._retry_blacklisted(world, subscription, due))
            task.add_done_callback(lambda _: _remove_entry(self._retries, subscription, due))
        due.set()
        return moved(at, ((world.horizon - at) // RECONCILIATION + 1) * RECONCILIATION)

    async def _retry_blacklisted(self, world: World, subscription: Subscription, due: asyncio.Event) -> None:
        try:
            while due.is_set() and subscription.blacklisted is not None and not subscription.is_deleted:
                due.clear()
                with suppress(Refusal):
                    await self.webhooks.shake_hands(
                        subscription.delivery.address, is_json_required=world.template.webhooks.content_type == "json"
                    )
                    subscription.reinstate()
                    world.history.add("reinstated", subscription.id)
        finally:
            _remove_entry(self._retries, subscription, due)

    def _started(self, world: World, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that ends with the world at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        tasks = self._posting[world]
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task


async def _kept(world: World) -> None:
    """Wait until what a notification is about outlives the server."""
    kept = asyncio.get_running_loop().create_future()
    world.history.when_kept(lambda: None if kept.done() else kept.set_result(None))
    await kept


def _remove_entry(kept: dict[Subscription, _T], subscription: Subscription, own: _T) -> None:
    """Let the next task begin, in the same turn in which this one ends.

    A task that is cancelled before it begins ends by its callback alone, when another may have begun.
    """
    if kept.get(subscription) is own:
        del kept[subscription]


def _retry_of(world: World, subscription: Subscription, at: datetime) -> Due | None:
    is_tried = subscription.blacklisted is not None and world.subscriptions.is_alive(subscription, world.clock.now())
    return Due(at, DueKind.WEBHOOK_RETRY, subscription.owner, subscription.id) if is_tried else None


def _note(world: World, subscription: Subscription, wanted: EventFilter, event: Event, at: datetime) -> _Notification:
    uuid = _name(world)
    said = notification(subscription, wanted, event, uuid, world.account, at)
    about, records = messages_of(event), records_of(event)
    return _Notification(uuid, wanted.uri, orjson.dumps(said), about=about, records=records)


def _name(world: World) -> str:
    """A UUID for the next notification. One of a batch is made when its turn comes, outside of any command."""
    if world.moment.at is None:
        world.history.add(NAMED)
    return world.subscriptions.name_notification()


NAMED, DUE = "named", "due"


def _next_of(queue: deque[_Waiting]) -> _Notification | None:
    """Remove and return the next notification; None when there is none."""
    while queue:
        waiting = queue[0]
        if isinstance(waiting, _Notification):
            queue.popleft()
            return waiting
        note = waiting.next()
        if note is not None:
            return note
        queue.popleft()
    return None


class _Watcher:
    """Groups the events of a world by mailbox; all changes of one call are one event.

    Scheduled events are sent when due. Mailboxes without subscriptions are not read.
    """

    def __init__(self, world: World, notifier: Notifier) -> None:
        self._world = world
        self._notifier = notifier
        self._changed: Changes = {}
        self._is_telling = False
        self._timer = WorldTimer(self._time_has_come)
        world.on_reset(self._forget_changes)
        self.time_changed()

    def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None:
        self.notify_changes()
        now = self._world.clock.now()
        for copy in copies:
            if isinstance(copy, A2PMessage) and copy.direction is Direction.INBOUND:
                self._notifier.notify_a2p(self._world, A2PMessageMoved(copy), now)
        for mailbox, messages in _by_mailbox(copies).items():
            if self._notifier.notify(self._world, mailbox, messages, {}, now):
                for message in messages:
                    change = message.next_change()
                    # A message is as old as its second, and its first change may be over by now.
                    self._world.agenda.schedule(message, change and max(change, now))

    def changed(self, changes: Changes) -> None:
        if not self._changed:
            # for changes without a call of the API, as by the control API; those of a call are notified as it ends
            asyncio.get_running_loop().call_soon(self._notify_changes_of_now)
        self._changed = together(self._changed, changes)

    def _forget_changes(self) -> None:
        self._changed = {}

    def notify_changes(self) -> None:
        """Notify of what has changed so far, as one event."""
        by_mailbox: dict[str, dict[Kind, Changed]] = {}
        for kind, change in self._changed.items():
            by_mailbox.setdefault(kind.mailbox, {})[kind] = change
        self._forget_changes()
        for mailbox, changes in by_mailbox.items():
            self._notifier.notify(self._world, mailbox, (), changes, self._world.clock.now())

    def batch_sent(self, batch: Batch) -> None:
        if self._notifier.notify_a2p(self._world, BatchMoved(batch, is_new=True), self._world.clock.now()):
            self._world.agenda.schedule(batch, batch.next_change())

    def opted(self, sender: str, recipient: str, *, is_out: bool) -> None:
        self._notifier.notify_a2p(self._world, OptedOut(sender, recipient, is_out), self._world.clock.now())

    def threads_changed(self, changed: ThreadsChanged) -> None:
        self._notifier.notify_threads(self._world, changed, self._world.clock.now())

    def presence_changed(self, changed: PresenceChanged) -> None:
        self._notifier.notify_presence(self._world, changed, self._world.clock.now())

    def _notify_changes_of_now(self) -> None:
        with self._world.moment.held():
            self.notify_changes()

    def answered(self, entry: Entry) -> None:
        """The call is over: what the next one changes is another event, even if both arrived in one piece."""
        if self._changed:
            self._notify_changes_of_now()

    def _time_has_come(self) -> None:
        """Something may be due by itself, which is then a command."""
        world = self._world
        with world.moment.held():
            due = world.agenda.next
            if due is not None and due <= world.clock.now():
                world.history.add(DUE)
            self.time_changed()

    def time_changed(self) -> None:
        """Send what is due by now, before anything else happens, and schedule the next time.

        One turn of the loop does a bounded part; the following turns do the rest.
        """
        if not self._is_telling:
            self._is_telling = True
            try:
                self._notify_due(self._world.clock.now())
            finally:
                self._is_telling = False
            if not self._world.history.is_replaying:
                self._timer.set(self._world.agenda.next, self._world.clock)

    def _notify_due(self, now: datetime) -> None:
        self.notify_changes()
        agenda = self._world.agenda
        for at, things in agenda.due(now, SENT_TOGETHER):
            messages = _by_mailbox(thing for thing in things if isinstance(thing, Message))
            for mailbox, those in messages.items():
                there = [message for message in those if message.availability is not Availability.PURGED]
                if self._notifier.notify(self._world, mailbox, (), changes_of(there), at):
                    for message in there:
                        agenda.schedule(message, message.next_change(at))
            for thing in things:
                if isinstance(thing, Timer):
                    agenda.schedule(thing, thing.callback(at))
                elif isinstance(thing, Batch):
                    self._notify_batch(thing, at)
                elif isinstance(thing, Subscription) and self._world.subscriptions.is_alive(thing, at):
                    self._notifier.remind(self._world, thing, at)
                    agenda.schedule(thing, thing.next_reminder(at, now))

    def _notify_batch(self, batch: Batch, at: datetime) -> None:
        """The events of its messages first, then its own; a batch without subscriptions is dropped."""
        if not self._world.subscriptions.subscribed_to_a2p(at):
            return
        self._notifier.notify_batch_messages(self._world, batch, batch.courses_changed(at), at)
        if batch.becomes_another(at):
            self._notifier.notify_a2p(self._world, BatchMoved(batch), at)
        self._world.agenda.schedule(batch, batch.next_change(at))


def _by_mailbox(messages: Iterable[Message]) -> dict[str, list[Message]]:
    """What is in a mailbox, by which."""
    found: dict[str, list[Message]] = {}
    for message in messages:
        if message.mailbox:
            found.setdefault(message.mailbox, []).append(message)
    return found
