"""What is due in a world, and the way of its clock along it: however far it goes at once, the same happens.

A clock that jumped over a moment would have late notifications count from the wrong time, and leave reminders out. So
it stands still at each moment at which something is to be done, and what is done there is what would have been done.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import chain, islice, takewhile
from operator import attrgetter

from ..domain.agenda import Timer
from ..domain.due import BRINGS_MESSAGES, Due, DueKind
from ..domain.message import Availability, Message, next_age
from ..domain.slices import SLICE, Slices
from ..domain.sms_batch import status_at
from ..domain.subscription import Subscription
from .history.commands import Event
from .world import World

WALKED = "walked"
"""The clock went to a time, and stands still there or not; on its way also where it goes, and if it stands there."""


class Walk:
    """One way of the clock, in slices between which others are served; they find it standing where it has come to.

    There is one at a time in a world: one that begins later has the earlier one end first.
    """

    def __init__(
        self,
        world: World,
        until: datetime | None,
        is_met: Callable[[], bool] | None = None,
        *,
        stands: bool | None = None,
    ) -> None:
        """To a moment, or to the next one at which anything is due for None; `stands`: whether it stands still there.

        With `is_met` from one moment after which a message may be there to the next, until it says so or none is due.
        """
        if world.walk is not None:
            world.walk.finish()
        self._world = world
        self._epoch = world.epoch
        self._is_met = is_met
        self._stands = world.clock.is_frozen if stands is None else stands
        self._next = until
        self.until = world.clock.now() if until is None else until
        """Where it goes, as far as that is known."""
        self.happened: list[Due] = []
        """What it made happen, in order."""
        self.is_over = self._is_hurried = False
        self.is_held_up = False
        """Whether so many notifications wait for a receiver that the next ones have to wait, too."""
        self._slices = self._walking()
        world.walk = self

    def finish(self) -> None:
        """Go to the end, and wait for no receiver."""
        self._is_hurried = True
        while not self.step():
            pass

    def step(self) -> bool:
        """Go on for a slice; whether it has come to its end."""
        if not self.is_over:
            try:
                with self._world.moment.held():
                    next(self._slices)
            except StopIteration:
                self.is_over = True
            except BaseException:
                self.is_over = True
                raise
        return self.is_over

    def _walking(self) -> Slices[None]:
        clock, history = self._world.clock, self._world.history
        was_at = clock.now()
        clock.set(was_at, frozen=True)  # nothing falls due by itself meanwhile

        def add_way() -> None:
            nonlocal was_at
            if clock.now() != was_at:
                was_at = clock.now()
                history.keep(Event(self._world.moment(), WALKED, (was_at, True, self.until, self._stands)))

        history.pending[self] = add_way
        try:
            yield from self._with(self._is_met) if self._is_met is not None else self._once()
        finally:
            if self._is_alive:
                del history.pending[self]
                clock.set(self.until, frozen=self._stands)
                history.add(WALKED, self.until, self._stands)
            if self._world.walk is self:
                self._world.walk = None
            self.happened.sort(key=lambda due: due.order)

    @property
    def _is_alive(self) -> bool:
        return self._world.epoch == self._epoch

    def _once(self) -> Slices[None]:
        if self._next is None:
            first = yield from upcoming(self._world, 1)
            if not first or not self._is_alive:
                return
            self.until = first[0].at
        yield from self._go((yield from self._found(self.until)))

    def _with(self, is_met: Callable[[], bool]) -> Slices[None]:
        planned, mark = (yield from self._found(None)), self._mark
        while self._is_alive and not is_met():
            if self._mark != mark:
                planned, mark = (yield from self._found(None)), self._mark
            here = bisect_right(planned, self._world.clock.now(), key=attrgetter("at"))
            goals = (due.at for due in islice(planned, here, None) if due.kind in BRINGS_MESSAGES)
            goal = next(goals, None) or self._late()
            if goal is None:
                return
            self.until = goal
            over = [due for each in _over(self._world, goal) for due in each if due.at <= goal]
            yield from self._go([*planned[here : bisect_right(planned, goal, key=attrgetter("at"))], *over])
            yield

    def _late(self) -> datetime | None:
        """When the next notification comes that is late."""
        events = _timers(self._world)
        return min((each.at for each in events if each.kind is DueKind.NOTIFICATION), default=None)

    @property
    def _mark(self) -> tuple[int, int]:
        """Another one after a call that may have brought something that is due."""
        return self._world.journal.latest, self._world.message_journal.count

    def _found(self, until: datetime | None) -> Slices[list[Due]]:
        return (yield from stored(self._world, self._world.clock.now(), until))

    def _go(self, planned: list[Due]) -> Slices[None]:
        """To `until`, with what is planned on the way."""
        world, mark, steps = self._world, self._mark, 0
        while self._is_alive and (at := self._next_moment()) is not None and at <= self.until:
            self.happened += _due_in_agenda(world, at)
            yield from self._stand(at)
            steps += 1
            if steps % SLICE == 0:
                yield
                if self._is_alive and self._mark != mark:
                    now, mark = world.clock.now(), self._mark
                    planned = [due for due in planned if due.at <= now] + (yield from self._found(self.until))
        if self._is_alive:
            yield from self._stand(self.until)
            self.happened += planned

    def _next_moment(self) -> datetime | None:
        """When anything is to be done next."""
        now = self._world.clock.now()
        moments = (self._world.agenda.next, self._world.next_age)
        return min((at for at in moments if at is not None and at > now), default=None)

    def _stand(self, at: datetime) -> Slices[None]:
        """Let the clock stand there, and all be done that is due there."""
        world = self._world
        world.clock.set(at, frozen=True)
        yield from self._receivers()
        left = len(world.agenda)
        while self._is_alive and world.agenda.next is not None and world.agenda.next <= at:
            yield
            world.notify_time()
            yield from self._receivers()
            if len(world.agenda) == left:  # nobody does it
                break
            left = len(world.agenda)
        if self._is_alive:
            for _ in world.ageing():
                yield
                if not self._is_alive:
                    return

    def _receivers(self) -> Slices[None]:
        """Let receivers take some of what they are sent, before it is more than is kept for them."""
        while self._is_alive and not self._is_hurried and self._world.is_behind():
            self.is_held_up = True
            yield
        self.is_held_up = False


def _due_in_agenda(world: World, at: datetime) -> Iterator[Due]:
    """What the agenda has at its next moment, less what is stored with a time of its own."""
    for thing in world.agenda.at(at):
        if isinstance(thing, Timer):
            event = thing.event(at)
            if event is not None and event.at == at:
                yield event
        elif isinstance(thing, Subscription) and thing.blacklisted is None and any(thing.reminders_at(at)):
            yield Due(at, DueKind.SUBSCRIPTION_REMINDER, thing.owner, thing.id)


def upcoming(world: World, most: int) -> Slices[list[Due]]:
    """What is due first in a world, and when, as it is now: `most` events, the earliest first."""
    now = world.clock.now()
    found = yield from stored(world, now, None)
    timers = sorted(_timers(world), key=lambda due: due.order)
    reminders = [_reminders(each, now) for each in world.subscriptions.everyone(now) if each.blacklisted is None]
    return list(islice(merge(found, timers, _purges(world), *reminders, key=lambda due: due.order), most))


def _timers(world: World) -> Iterator[Due]:
    """What the timers of the agenda do after now."""
    now = world.clock.now()
    for at, thing in world.agenda.upcoming(len(world.agenda)):
        event = thing.event(at) if isinstance(thing, Timer) else None
        if event is not None and event.at > now:
            yield event


def _reminders(subscription: Subscription, now: datetime) -> Iterator[Due]:
    at = subscription.next_reminder(now)
    while at is not None:
        yield Due(at, DueKind.SUBSCRIPTION_REMINDER, subscription.owner, subscription.id)
        at = subscription.next_reminder(at)


def stored(world: World, after: datetime, until: datetime | None) -> Slices[list[Due]]:
    """What becomes another by itself after a moment and until another, in order."""
    found: list[Due] = []
    epoch = world.epoch
    for count, each in enumerate(chain(_by_thing(world, after), _over(world, until)), 1):
        found += (due for due in each if due.at > after and (until is None or due.at <= until))
        if count % SLICE == 0:
            yield
            if world.epoch != epoch:
                return []
    found.sort(key=lambda due: due.order)
    return found


def _by_thing(world: World, now: datetime) -> Iterator[Iterable[Due]]:
    """The events of each thing that has any."""
    for number in world.account.extensions:
        yield ()
        seen: set[int] = set()
        for message in world.messages.moving(number, now):
            if message.id not in seen and message.availability is not Availability.PURGED:
                seen.add(message.id)
                yield _statuses(message, now)
    for batch in world.a2p.moving(now):
        changes = _each_after(batch.next_change, now)
        yield [Due(at, DueKind.BATCH_STATUS, None, batch.id, batch.status_at(at).value) for at in changes]
    for number, store in world.sms_stores():
        for batch in store.moving(now):
            changes = _each_after(batch.next_change, now)
            yield [Due(at, DueKind.BATCH_STATUS, number, batch.id, status_at(batch, at).value) for at in changes]
    for message in world.threads.moving(now):
        yield _statuses(message, now, message.author)
    for at, thread in world.threads.expiries():
        yield (Due(at, DueKind.THREAD_EXPIRED, thread.owner, thread.id),)
    for at, message in world.ageing_things():
        yield _ages(world.age_within_retention(message, at), message)
    for at, arrival in world.arrivals():
        came = arrival.message
        yield (Due(at, DueKind.MESSAGE_STATUS, came.mailbox, str(came.id), came.status_at(at).value),)
    for subscription in world.subscriptions.everyone(now):
        owner = subscription.owner
        yield (Due(subscription.expires, DueKind.SUBSCRIPTION_EXPIRED, owner, subscription.id),)
    for report in world.reports.unfinished(now):
        yield (Due(report.finished, DueKind.REPORT_COMPLETED, report.extension, report.id),)
    yield world.expiries()


def _over(world: World, until: datetime | None) -> Iterator[Iterable[Due]]:
    """What the account keeps no longer by then; of all that it keeps nothing, which is for `upcoming` to look at."""
    if until is not None:
        for at, message in takewhile(lambda each: each[0] <= until, world.messages_over()):
            if message.availability is Availability.ALIVE:
                yield _ages(at, message)


def _purges(world: World) -> Iterator[Due]:
    """When each message that the account keeps is purged, as they are asked for."""
    alive = ((at, each) for at, each in world.messages_over() if each.availability is Availability.ALIVE)
    return (Due(at, DueKind.MESSAGE_PURGED, message.mailbox, str(message.id)) for at, message in alive)


def _statuses(message: Message, now: datetime, extension: str | None = None) -> Iterator[Due]:
    """`extension`: whose it is, of one in no mailbox."""
    name = str(message.id)
    for at in _each_after(message.next_change, now):
        status = message.status_at(at)
        yield Due(at, DueKind.MESSAGE_STATUS, extension or message.mailbox, name, status.value)


def _each_after(next_change: Callable[[datetime], datetime | None], now: datetime) -> Iterator[datetime]:
    at = next_change(now)
    while at is not None:
        yield at
        at = next_change(at)


def _ages(at: datetime, message: Message) -> Iterator[Due]:
    name = str(message.id)
    if message.availability is not Availability.PURGED:
        yield Due(at, DueKind.MESSAGE_PURGED, message.mailbox, name)
        later = next_age(at)
        if later is None:
            return
        at = later
    yield Due(at, DueKind.MESSAGE_REMOVED, message.mailbox, name)
