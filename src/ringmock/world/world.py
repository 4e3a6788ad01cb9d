"""One isolated universe: an account, its mailboxes, its clock, its ids and its journal.

Every handler calls a world. It makes a plan by the domain's rules and records it. Two worlds share nothing that
changes.
"""

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice, takewhile
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..domain import errors
from ..domain.a2p_sms import (
    Assigned,
    Assignment,
    Batch,
    Rejected,
    SendBatch,
    planning_assignment,
    planning_batch,
    reaches_a_handset,
)
from ..domain.a2p_store import A2PStore
from ..domain.account import Account, Extension, ExtensionStatus, digits_of
from ..domain.account_changes import AccountChange
from ..domain.agenda import Agenda, Timer
from ..domain.attachment import Attachment
from ..domain.carrier import Carrier, OptOut, carried
from ..domain.consent import (
    ANY_SENDER,
    Consents,
    ConsentSource,
    OptStatus,
    Statement,
    check_statement,
    confirmation,
    opts_out,
)
from ..domain.contact import Contact, Contacts
from ..domain.conversation import takes_part
from ..domain.due import Due
from ..domain.generation import GENERATIONS, Generation
from ..domain.made import maker
from ..domain.message import Availability, Delivery, Direction, Message, MessageType, ReadStatus, Routed, next_age
from ..domain.message_filter import MessageFilter, MessagePage
from ..domain.message_store import InMemoryMessageStore
from ..domain.message_store_report import MessageStoreReport, MessageStoreReports
from ..domain.message_sync import Frame, Mailbox, Sync, full_sync, incremental_sync
from ..domain.message_template import MessageTemplates
from ..domain.message_thread import ThreadsChanged
from ..domain.owners import PERSONAL, SHARED_TYPES
from ..domain.pager import SendPager, plan_pager
from ..domain.ports import MessageStore
from ..domain.presence import OFFLINE, Presence
from ..domain.retention import Retention
from ..domain.rules import EDITING, READING
from ..domain.slices import SLICE, Slices, result_of
from ..domain.sms import SendSms, plan_inbound_sms, plan_sms
from ..domain.sms_registration import SmsRegistrations
from ..domain.subscription import Attempt, Changes, PresenceChanged, Subscription, changes_of, together
from ..domain.subscription_store import SubscriptionStore
from ..lab.faults import FaultPlan, FaultRule
from ..lab.limits import PROFILES, Limits, RateLimits
from ..server_limits import DEFAULT, ServerLimits
from .capacity import Capacity, Share
from .clock import RealTime, WorldClock
from .contact_tokens import ContactTokens
from .fax_operations import FaxOperations
from .history.commands import Base
from .history.moment import Moment
from .history.world_history import History
from .ids import SequentialIds
from .initial_messages import plan_seed
from .journal import Entry, Journal
from .message_journal import MessageJournal
from .page_tokens import PageTokens
from .phone_book import PhoneBook
from .search_index import SearchIndex
from .signed_tokens import TokenSigner
from .sms_batches import SmsBatches
from .sync_tokens import SyncTokens
from .template import SeedMessage, Template
from .thread_operations import ThreadOperations
from .thread_tokens import ThreadTokens

if TYPE_CHECKING:
    from .walk import Walk

_AGED_TOGETHER = 500
"""The maximum of deleted messages that one call purges or removes: some milliseconds' work."""


def random_secret() -> bytes:
    """16 bytes from the operating system's randomness."""
    return secrets.token_bytes(16)


def _nothing() -> tuple[()]:
    return ()


def _no_sockets() -> int:
    return 0


def _nobody_sends(_: Subscription, __: Attempt) -> None:
    raise AssertionError("A subscription has somebody who sends its notifications.")


class Sent(NamedTuple):
    """The result of a sending: the sender's own copy, and the outcome of each recipient."""

    message: Message
    routed: tuple[Routed, ...]


_sent = maker(Sent)


class _Kept(NamedTuple):
    """Between these times no message is over that an account keeps for a period."""

    looked: datetime
    until: datetime


class BatchSent(NamedTuple):
    """The result of a batch: its rejected messages, and the outcome of each recipient of the others."""

    batch: Batch
    rejected: tuple[Rejected, ...]
    routed: tuple[Routed, ...]


class Watcher(Protocol):
    """Gets the events of a world, immediately and in the thread that serves it; must not block."""

    def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None:
        """A message was sent or received: its plan and the copies that it left, the sender's first.

        High-volume SMS have no copies in mailboxes.
        """
        ...

    def changed(self, changes: Changes) -> None:
        """Messages were marked or deleted, by one call."""
        ...

    def answered(self, entry: Entry) -> None:
        """A call was answered, and is in the journal."""
        ...

    def batch_sent(self, batch: Batch) -> None:
        """A batch was accepted. The events of its messages came before."""
        ...

    def opted(self, sender: str, recipient: str, *, is_out: bool) -> None:
        """A phone opted out of high-volume messages from a number, or in again; both as digits."""
        ...

    def threads_changed(self, changed: ThreadsChanged) -> None:
        """Threads, or their entries, have become others for some extensions."""
        ...

    def presence_changed(self, changed: PresenceChanged) -> None:
        """The presence of an extension has become another."""
        ...

    def time_changed(self) -> None:
        """The clock was moved, or the earliest scheduled event has changed."""
        ...


class World(ThreadOperations, FaxOperations, SmsBatches):
    """See the module. One thread serves a world; nothing here waits."""

    fixture: Any = None
    """What it was opened from, as a call gave it; None for the server's fixture."""
    account: Account
    clock: WorldClock
    agenda: Agenda[Message | Batch | Subscription | Timer]
    journal: Journal
    _messages: MessageStore
    _ageing: Agenda[Message]
    a2p: A2PStore
    subscriptions: SubscriptionStore
    phone_book: PhoneBook
    search_index: SearchIndex
    message_templates: MessageTemplates
    presences: dict[str, Presence]
    """By extension number; who has never said anything has none."""
    presence_changes: int
    """How often a presence has become another."""
    account_changes: deque[AccountChange]
    """The latest, as many as the journal has calls."""
    reports: MessageStoreReports
    retention: Retention | None
    """None while the account has set no period: it keeps everything."""
    _kept: "_Kept | None"
    consents: Consents
    carrier: Carrier | None
    opt_outs: set[OptOut]
    _dice: Random
    sync_tokens: SyncTokens
    page_tokens: PageTokens
    thread_tokens: ThreadTokens
    contact_tokens: ContactTokens
    contacts: Contacts
    registrations: SmsRegistrations
    close_sockets: Callable[[], int]
    """Closes the WebSockets that are open in the world, for whoever has them; how many there were."""
    resend: Callable[[Subscription, Attempt], None]
    """Sends a notification once more, by whoever sends them."""
    is_behind: Callable[[], bool]
    """Whether many notifications wait for their receivers, by whoever sends them."""
    expiries: Callable[[], Iterable[Due]]
    """When the log-ins of the world expire, by whoever has them."""
    log_ins: Callable[[], Iterable[tuple[str, Sequence[object]]]]
    """What makes the log-ins of the world as they are now, in its history, by whoever has them."""

    def __init__(
        self,
        template: Template,
        real_time: RealTime,
        generation: Generation | None = None,
        secret_source: Callable[[], bytes] = random_secret,
        limits: ServerLimits = DEFAULT,
        room: Capacity | None = None,
        history: History | None = None,
    ) -> None:
        """`generation` overrides the template's; `secret_source` makes the signing secret of the tokens after each
        reset.

        `limits` are the storage limits; `room` is shared with other worlds, None for a world with its own. `history` is
        an empty one, or what the world is made of afterwards.
        """
        self._limits = limits
        self.share = Share(room or Capacity(limits))
        self.template = template
        self.generation = generation or GENERATIONS[template.generation]
        self.moment = real_time if isinstance(real_time, Moment) else Moment(real_time)
        self.history = History(self.moment, limits) if history is None else history
        self.name = ""
        """What it is called by, a client id or a name of a header; empty for the fixture's own."""
        self.opened = self.used = self.moment()
        """When it was opened, and last called; in real time."""
        self._holders = 0
        self._secret_source = secret_source
        self.limits: RateLimits | None = None
        self.faults: FaultPlan | None = None
        self.has_limits_or_faults = False
        self.message_journal = MessageJournal(limits.max_journal_messages)
        self._watchers: tuple[Watcher, ...] = ()
        self._reset_callbacks: list[Callable[[], None]] = []
        self.epoch = 0
        """The number of resets of the world, plus one when it is closed.

        What was made or begun before a reset is not valid after it, where ids start again.
        """
        self.is_closed = False
        self._forget_others()
        self.walk: Walk | None = None
        """The clock's way along what is due, while it is on it."""
        with self.moment.held() as at:
            self._begin(Base(at, self._secret_source()))

    def reset(self) -> None:
        """Return to the template, as a world that was just made, but with its watchers. Sessions stay open.

        Its history begins anew.
        """
        with self.moment.held() as at:
            self._begin(Base(at, self._secret_source()))
            self.note_log_ins()

    def note_log_ins(self) -> None:
        """Have the history say which log-ins there are, where it is to outlive the server."""
        if self.history.is_durable:
            for kind, values in self.log_ins():
                self.history.add(kind, *values)

    def _begin(self, base: Base) -> None:
        self.history.latest_call = self._latest_call
        self.history.begin(base)
        self.begin_again(base)

    def begin_again(self, base: Base) -> None:
        """Be what the world was when it began so; its history stays. For who holds the moment."""
        self.epoch += 1
        self.share.give_back()
        self._ids = ids = SequentialIds(self.template.ids)
        self.account = self.template.account
        self.clock = WorldClock(self.template.clock, self.moment, self._time_changed)
        self.agenda = Agenda(self._time_changed)
        self.journal = Journal(self._limits.max_journal_calls)
        self.message_journal.clear()
        self._ageing = Agenda()
        self.messages = InMemoryMessageStore(ids, self.generation)
        self.a2p = A2PStore(ids)
        self.reset_threads(ids)
        self.reset_faxes()
        self.reset_sms_batches()
        self.phone_book = PhoneBook()
        self.search_index = SearchIndex()
        self.subscriptions = SubscriptionStore(ids, self.agenda, self.template.webhooks)
        self.message_templates = MessageTemplates(ids)
        self.presences, self.presence_changes = {}, 0
        self.registrations = SmsRegistrations(self.template.brands)
        self.contacts = Contacts(ids, self._limits.max_contacts)
        self.account_changes = deque(maxlen=self._limits.max_journal_calls)
        self.reports = MessageStoreReports(ids)
        self.retention = self._kept = None
        self.carrier = self.template.carrier
        self.consents = Consents()
        self.opt_outs = self.consents.opt_outs
        self._dice = Random(self.carrier.seed if self.carrier else 0)
        secret = base.secret
        self.sync_tokens, self.page_tokens = SyncTokens(secret), PageTokens(secret)
        self.thread_tokens, self.contact_tokens = ThreadTokens(secret), ContactTokens(secret)
        self._signer = TokenSigner(secret)
        self.limit(PROFILES[self.template.limits] if self.template.limits else None)
        self.plant(self.template.faults)
        self._seed(self.template.messages)
        self._call_reset_callbacks()
        self._time_changed()

    def close(self) -> None:
        """Close the world: its watchers are notified once, and of nothing afterwards."""
        self.epoch += 1
        self.is_closed = True
        self.share.leave()
        self.message_journal.clear()
        self.history.close()
        self.journal = Journal(0)  # a call knows its session, and that its world
        self.agenda = Agenda()
        self.subscriptions = SubscriptionStore(SequentialIds(self.template.ids), self.agenda)
        self._call_reset_callbacks()
        self._watchers = ()
        self._forget_others()
        self.forget_threads()
        self.forget_faxes()
        self._reset_callbacks.clear()
        # Break the reference cycles: the collector does not see objects that were frozen.
        self.history.latest_call = int
        self.clock.remove_callback()

    def _latest_call(self) -> int:
        return self.journal.latest

    def _forget_others(self) -> None:
        """Have nobody else do, or say, what is not the world's own."""
        self.close_sockets, self.is_behind, self.expiries = _no_sockets, bool, tuple
        self.resend = _nobody_sends
        self.log_ins = _nothing

    def hold(self) -> None:
        """Keep it open, called or not, until `release`."""
        self._holders += 1

    def release(self) -> None:
        """End a `hold`."""
        self._holders -= 1

    @property
    def is_held(self) -> bool:
        """Whether somebody keeps it open."""
        return self._holders > 0

    @property
    def horizon(self) -> datetime:
        """The time that the clock is on its way to; what it is now while it is on none."""
        now = self.clock.now()
        return now if self.walk is None else max(now, self.walk.until)

    @property
    def next_age(self) -> datetime | None:
        """When the next message is purged or removed, or the next thread expires."""
        moments = (self._ageing.next, self._threads.next_expiry, self._next_over())
        return min((at for at in moments if at is not None), default=None)

    def ages_at(self, message: Message) -> datetime | None:
        """When a deleted message is purged, or a purged one removed; None for one that is not deleted."""
        return self._ageing.when(message)

    def ageing(self) -> Slices[None]:
        """Purge and remove what is due by now, resolve what has expired, and let faxes arrive, in slices."""
        self.expire_threads()
        self.let_arrive()
        while (due := self._next_age_of_messages()) is not None and due <= self.clock.now():
            self._age()
            yield

    def _next_age_of_messages(self) -> datetime | None:
        return min((at for at in (self._ageing.next, self._next_over()) if at is not None), default=None)

    def notify_time(self) -> None:
        """Let whoever watches do what is due by now."""
        self._time_changed()

    def ageing_things(self) -> list[tuple[datetime, Message]]:
        """The deleted messages, and when each is purged or forgotten."""
        return self._ageing.upcoming(len(self._ageing))

    def replace_ageing(self, ageing: Agenda[Message]) -> None:
        """Let these age, and no others."""
        self._ageing = ageing

    def on_reset(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each reset of the world, and when it is closed."""
        self._reset_callbacks.append(callback)

    def forget_on_reset(self, callback: Callable[[], None]) -> None:
        """Call it no more."""
        if callback in self._reset_callbacks:
            self._reset_callbacks.remove(callback)

    def _call_reset_callbacks(self) -> None:
        for callback in tuple(self._reset_callbacks):
            callback()

    def plant(self, rules: Sequence[FaultRule]) -> None:
        """Replace all fault rules, with fresh counters; the same calls then meet the same faults."""
        self.faults = FaultPlan(rules) if rules else None
        self.has_limits_or_faults = self.limits is not None or self.faults is not None

    def plant_more(self, rule: FaultRule) -> None:
        """One rule behind those that there are, of which each goes on. Raises `ValueError` for one too many."""
        if self.faults is None:
            self.plant([rule])
        else:
            self.faults.add(rule)

    def carry_by(self, carrier: Carrier | None) -> None:
        """Let carriers make this of what is sent from now on, their dice begun anew; None where all of it arrives."""
        self.carrier = carrier
        self._dice = Random(carrier.seed if carrier else 0)

    def limit(self, limits: Limits | None) -> None:
        """Set the rate limits, with fresh counters; None for no limits."""
        self.limits = RateLimits(limits) if limits is not None else None
        self.has_limits_or_faults = self.limits is not None or self.faults is not None

    def watch(self, watcher: Watcher) -> None:
        """Notify `watcher` of all events from now on, before and after resets."""
        if self.is_closed:
            return
        self._watchers = (*self._watchers, watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Stop notifying `watcher`."""
        self._watchers = tuple(known for known in self._watchers if known is not watcher)

    @property
    def watcher_count(self) -> int:
        """How many are notified."""
        return len(self._watchers)

    def record_call(self, make: Callable[[], Entry]) -> None:
        """Add an answered call to the journal; `make` makes its entry, the same each time."""
        self.journal.add(make)
        for watcher in self._watchers:
            watcher.answered(make()._replace(number=self.journal.latest))

    def _time_changed(self) -> None:
        if self.message_journal.is_waited_for:
            self.message_journal.clock_moved()
        for watcher in self._watchers:
            watcher.time_changed()

    # --- sending ---------------------------------------------------------------------------------

    def send_sms(self, sender: Extension, sms: SendSms) -> Sent:
        """Send an SMS as `sender`. Raises a `Refusal` and changes nothing when the rules do not allow it."""
        return self._send(self._carried(plan_sms(self.account, sender, sms, self.generation)))

    def send_pager(self, sender: Extension, pager: SendPager) -> Sent:
        """Send a page as `sender`. Raises a `Refusal` and changes nothing when the rules do not allow it."""
        replied_to = None if pager.reply_on is None else self.messages.find(sender.number, pager.reply_on)
        return self._send(plan_pager(self.account, sender, pager, replied_to))

    def receive_sms(
        self, handset: str, to: str | Sequence[str], text: str, attachments: tuple[Attachment, ...] = ()
    ) -> tuple[Routed, ...]:
        """An SMS or MMS from a phone outside to a number of the account, or to several; what became of it.

        Raises what `plan_inbound_sms` does.
        """
        recipients = (to,) if isinstance(to, str) else tuple(to)
        sms = SendSms(handset, recipients, text, attachments)
        delivery = plan_inbound_sms(self.account, sms, self.generation)
        now = self.clock.now()
        self._make_room(delivery)
        self._note_consent(delivery, now)
        self._record(delivery)
        self._confirm_consent(delivery, now)
        return delivery.routed

    def send_batch(self, sender: Extension, batch: SendBatch) -> BatchSent:
        """Send high-volume SMS as `sender`. Raises a `Refusal` and changes nothing when the rules do not allow it."""
        return result_of(self.sending_batch(sender, batch))

    def sending_batch(self, sender: Extension, batch: SendBatch) -> Slices[BatchSent]:
        """As `send_batch`, in slices: plan the batch, record it in one step, then notify watchers message by message.

        A reset in between happens after the batch: nothing of it remains, and no watcher is notified any more.
        """
        epoch, store = self.epoch, self.a2p
        planning = planning_batch(self.account, sender, batch, self.carrier, self.opt_outs, self._dice)
        plan = yield from planning
        if self.epoch == epoch:
            self.share.take(1 + 2 * len(plan.deliveries) + len(plan.rejected))
        made, messages = yield from store.recording(plan, self.clock.now())
        for place, (delivery, message) in enumerate(zip(plan.deliveries, messages, strict=True), 1):
            if self.epoch != epoch:
                break
            self._hand_on(delivery, message)
            if place % SLICE == 0:
                yield
        if self.epoch == epoch:
            for watcher in self._watchers:
                watcher.batch_sent(made)
        return BatchSent(made, plan.rejected, tuple([delivery.routed[0] for delivery in plan.deliveries]))

    def _hand_on(self, delivery: Delivery, message: Message) -> None:
        """Give a message that is in no outbox to its recipient: a phone outside, a mailbox, another high-volume number
        or a thread.
        """
        received: Sequence[Message] = ()
        now = self.clock.now()
        if reaches_a_handset(delivery):
            self.messages.hand_over(delivery.recipients[0], message)
        else:
            received = self._filed(delivery, now)
        self._notify_sent(delivery, (message, *received), now)

    def assign_opt_outs(self, assignment: Assignment) -> Sequence[Assigned]:
        """Opt phones out of a number of high-volume SMS, and others in. Returns the result for each."""
        return result_of(self.assigning_opt_outs(assignment))

    def assigning_opt_outs(self, assignment: Assignment) -> Slices[Sequence[Assigned]]:
        """As `assign_opt_outs`, in slices."""
        epoch, plan = self.epoch, (yield from planning_assignment(self.account, assignment))
        if self.epoch == epoch:
            yield from self.stating_consents(
                Statement(assignment.sender, digits_of(each.phone), each.status, ConsentSource.API)
                for each in plan
                if each.problem is None
            )
        return plan

    def _carried(self, delivery: Delivery) -> Delivery:
        """The plan of an SMS of the account with the carriers' effect."""
        carrier = self.carrier
        if carrier is None and not self.opt_outs:
            return delivery
        return carried(delivery, carrier, self.opt_outs, self.generation, self._dice)

    def _note_consent(self, delivery: Delivery, now: datetime) -> None:
        """D-12: a handset that has sent STOP to numbers gets no more messages from them until it sends START."""
        is_out = opts_out(delivery.text)
        if is_out is not None:
            status = OptStatus.OUT if is_out else OptStatus.IN
            for number in delivery.recipients:
                if number in self.account.phone_numbers:
                    self._note(Statement(number, delivery.sender, status, ConsentSource.RECIPIENT), now)

    def _confirm_consent(self, delivery: Delivery, now: datetime) -> None:
        """Answer a phone that has opted out, or in, where the carrier does so."""
        carrier, is_out = self.carrier, opts_out(delivery.text)
        if carrier is None or not carrier.confirms_opt_outs or is_out is None:
            return
        for number in delivery.recipients:
            if number in self.account.phone_numbers:
                is_high_volume = number in self.account.a2p_numbers
                answer = confirmation(delivery.text, is_out=is_out, is_high_volume=is_high_volume)
                self.share.add(1)
                self.messages.send_to_handset(number, delivery.sender, answer, now)

    def state_consents(self, statements: Iterable[Statement]) -> Sequence[tuple[int, errors.Refusal]]:
        """Record statements as if the phones had made them. Returns the places of invalid ones, and why (D-15)."""
        return result_of(self.stating_consents(statements))

    def stating_consents(self, statements: Iterable[Statement]) -> Slices[Sequence[tuple[int, errors.Refusal]]]:
        """As `state_consents`, in slices: statements are independent. A reset in between happens after all of them."""
        epoch, account, now = self.epoch, self.account, self.clock.now()
        failed: list[tuple[int, errors.Refusal]] = []
        for place, statement in enumerate(statements):
            try:
                check_statement(account, statement)
                if self.epoch == epoch:
                    self.share.take(self._weight_of(statement))
                    self._note(statement, now)
            except errors.Refusal as refusal:
                failed.append((place, refusal))
            if (place + 1) % SLICE == 0:
                yield
        return failed

    def _weight_of(self, said: Statement) -> int:
        """The consents that a statement changes: one for each of its numbers."""
        return len(self.account.phone_numbers) if said.sender == ANY_SENDER else 1

    def _note(self, said: Statement, now: datetime) -> None:
        self.consents.note(said, self.account, now)
        numbers = self.account.a2p_numbers
        for sender in numbers if said.sender == ANY_SENDER else numbers & {said.sender}:
            for watcher in self._watchers:
                watcher.opted(sender, said.recipient, is_out=said.status is OptStatus.OUT)

    def _send(self, delivery: Delivery) -> Sent:
        self._make_room(delivery)
        return _sent((self._record(delivery)[0], delivery.routed))

    def _make_room(self, delivery: Delivery) -> None:
        """Count a copy for the sender and one for each recipient. Raises `StoreFull`."""
        copies, files = 1 + len(delivery.routed), delivery.attachments
        self.share.take(copies, copies * sum([len(file.content) for file in files]) if files else 0)

    def _record(self, delivery: Delivery) -> Sequence[Message]:
        now = self.clock.now()
        copies = self._filed(delivery, now)
        self._notify_sent(delivery, copies, now)
        return copies

    def _filed(self, delivery: Delivery, now: datetime) -> Sequence[Message]:
        """The copies that a plan leaves in mailboxes, followed by the high-volume messages (D-14)."""
        if self.account.special_numbers.isdisjoint(delivery.recipients) or delivery.fax is not None:
            return self.messages.record(delivery, now)
        copies = self.messages.record(self.filed_in_thread(delivery, now), now)
        numbers = [number for number in delivery.recipients if number in self.account.a2p_numbers]
        return (*copies, *(self.a2p.receive(delivery, number, now) for number in numbers))

    def _notify_sent(self, delivery: Delivery, copies: Sequence[Message], now: datetime) -> None:
        self.message_journal.add(delivery, copies, now)
        for watcher in self._watchers:
            watcher.recorded(delivery, copies)

    # --- the message store -----------------------------------------------------------------------

    @property
    def messages(self) -> MessageStore:
        """Every mailbox, after what is due by now: messages age (D-19, D-48), faxes arrive (D-42)."""
        if self.retention is not None or len(self._ageing):
            self._age()
        if len(self._arriving):
            self.let_arrive()
        return self._messages

    @messages.setter
    def messages(self, store: MessageStore) -> None:
        self._messages = store

    def keep_messages_for(self, days: int) -> None:
        """Purge messages of mailboxes that are older, from now on (D-48)."""
        self.retention, self._kept = Retention(days, self.clock.now()), None

    def messages_over(self) -> Iterator[tuple[datetime, Message]]:
        """The messages that the account keeps for a period, and when each is purged, the earliest first."""
        if self.retention is not None:
            for message in self._messages.oldest_kept():
                yield self.retention.ends(message.created), message

    def age_within_retention(self, message: Message, at: datetime) -> datetime:
        """When a deleted message, which would be purged at that time, is; a purged one is removed at its time."""
        if self.retention is None or message.availability is Availability.PURGED:
            return at
        return min(at, self.retention.ends(message.created))

    def _next_over(self) -> datetime | None:
        """When a message may be over that the account keeps; none is before. None where it keeps all."""
        retention, now, kept = self.retention, self.clock.now(), self._kept
        if retention is None:
            return None
        if kept is None or not kept.looked <= now < kept.until:
            oldest = next((at for at, _ in self.messages_over()), None)
            latest = retention.ends(now)  # of what comes from now on
            self._kept = kept = _Kept(now, latest if oldest is None else min(oldest, latest))
        return kept.until

    def _purge_old(self) -> None:
        """Purge some of what is over."""
        now, over = self.clock.now(), self._next_over()
        if over is None or over > now:
            return
        due = takewhile(lambda each: each[0] <= now, self.messages_over())
        for at, message in list(islice(due, _AGED_TOGETHER)):
            self._delete(self._messages, message, at, purge=True)
            self._ageing.schedule(message, next_age(at))
        self._kept = None

    def _age(self) -> None:
        """Purge and remove what is due. Over time each deleted message costs one purge and one removal.

        A call does a bounded part; the following calls do the rest.
        """
        if self.retention is not None:
            self._purge_old()
        for at, messages in self._ageing.due(self.clock.now(), _AGED_TOGETHER):
            for message in messages:
                if message.availability is Availability.PURGED:
                    self._messages.forget(message)
                else:
                    self._delete(self._messages, message, at, purge=True)
                    self._ageing.schedule(message, next_age(at))

    def _note_age(self, message: Message, now: datetime) -> None:
        is_alive = message.availability is Availability.ALIVE
        self._ageing.schedule(message, None if is_alive else next_age(now))

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        """The extension's matching messages, and the shared ones when the filter includes them, newest first."""
        if wanted.owners is PERSONAL:
            return self.messages.list_messages(extension.number, wanted, self.account)
        mailboxes = wanted.owners.mailboxes(extension, self.account)
        return self.messages.list_together(mailboxes, wanted, self.account)

    def preparing_list(self, extension: Extension, wanted: MessageFilter) -> Slices[None]:
        """Compute in slices what `list_messages` would compute in one call for its first query of this kind."""
        yield from self.messages.preparing_list(wanted.owners.mailboxes(extension, self.account), wanted)

    def read_message(self, extension: Extension, message_id: int) -> Message:
        """One message of the extension, or of a Department or Site whose SMS recipient it is (D-22).

        Raises `NotFound` when no such mailbox holds it, `ThreadNotAccessible` when the extension was removed from its
        thread (D-04).
        """
        return self._held(extension, message_id, READING)

    def find(self, extension: Extension, message_id: int) -> Message | None:
        """The message from the extension's own mailbox, or an SMS from a shared one."""
        store, account = self.messages, self.account
        message = store.find(extension.number, message_id)
        if message is not None:
            return message
        shared = (store.find(owner.number, message_id) for owner in account.shared_with(extension))
        return next((found for found in shared if found is not None and found.type in SHARED_TYPES), None)

    def _held(self, extension: Extension, message_id: int, permission: str) -> Message:
        message = self.find(extension, message_id)
        if message is None:
            raise errors.NotFound("messageId", str(message_id))
        if not takes_part(message.conversation, extension.number, self.account):
            raise errors.ThreadNotAccessible("messageId", permission)
        return message

    def mark_message(self, extension: Extension, message_id: int, status: ReadStatus) -> Message:
        """Mark as Read or Unread; raises as `read_message` does."""
        return self.change_message(extension, message_id, status, None)

    def change_message(
        self, extension: Extension, message_id: int, status: ReadStatus | None, availability: Availability | None
    ) -> Message:
        """Set what is not None: mark, restore, delete or purge. Raises as `read_message` does.

        Raises `InvalidParameter` when a Purged message is to be anything else again; nothing is changed then.
        """
        message = self._held(extension, message_id, EDITING)
        if availability is not None and message.availability is Availability.PURGED is not availability:
            raise errors.InvalidParameter("availability", availability.value)
        now = self.clock.now()
        self.share.take(2)
        if status is not None:
            self.messages.set_read_status(message, status, now)
        if availability is Availability.ALIVE:
            self.messages.restore(message, now)
        elif availability is not None and message.availability is not availability:
            self._delete(self.messages, message, now, purge=availability is Availability.PURGED)
        if availability is not None:
            self._note_age(message, now)
        self._changed(message)
        return message

    def delete_message(self, extension: Extension, message_id: int, *, purge: bool) -> None:
        """Delete the message, or purge a deleted one; does nothing when it does not exist."""
        try:
            message = self._held(extension, message_id, EDITING)
        except errors.NotFound:
            return
        if message.availability is not Availability.PURGED:
            now = self.clock.now()
            self._delete(self.messages, message, now, purge=purge)
            self._note_age(message, now)
            self._changed(message)

    def _delete(self, store: MessageStore, message: Message, now: datetime, *, purge: bool) -> None:
        """Delete without a storage check. The files of inbound messages are removed too; handsets keep what they
        received.
        """
        files = message.attachments
        if message.fax is not None:
            self.cancel_fax(message, now)
        store.delete(message, now, purge=purge)
        is_gone = bool(files) and message.direction is Direction.INBOUND and not message.attachments
        self.share.add(1, -sum([len(held.file.content) for held in files]) if is_gone else 0)

    def _changed(self, *messages: Message) -> None:
        if self._watchers:
            self._notify_changes(changes_of(messages))

    def _notify_changes(self, changes: Changes) -> None:
        for watcher in self._watchers if changes else ():
            watcher.changed(changes)

    def delete_messages(self, extension: Extension, wanted: Iterable[MessageFilter], *, purge: bool) -> None:
        """Delete every message that one of the filters lets through and its owner may see (D-04)."""
        result_of(self.deleting_messages(extension, wanted, purge=purge))

    def deleting_messages(self, extension: Extension, wanted: Iterable[MessageFilter], *, purge: bool) -> Slices[None]:
        """As `delete_messages`, in slices: calls in between find some deleted. Watchers are notified at the end.

        A reset in between happens after it.
        """
        epoch, now, changes = self.epoch, self.clock.now(), changes_of(())
        for each in wanted:
            part, full = replace(each, page=1, per_page=SLICE), SLICE
            while self.epoch == epoch and full == SLICE:
                mailboxes = part.owners.mailboxes(extension, self.account)
                messages = self.messages.list_together(mailboxes, part, self.account).records
                for message in messages:
                    self._delete(self.messages, message, now, purge=purge)
                    self._note_age(message, now)
                changes = together(changes, changes_of(messages))
                full = len(messages)
                if full == SLICE:
                    part = replace(part, before=messages[-1].order)
                    yield
        if self.epoch == epoch:
            self._notify_changes(changes)

    def sync_messages(self, extension: Extension, frame: Frame, record_count: int | None = None) -> Sync:
        """The newest messages of a frame that are alive: the requested number, at most the server's limit."""
        most = self._limits.max_sync_records
        return full_sync(self._mailbox(extension), frame, min(most, most if record_count is None else record_count))

    def sync_changes(
        self, extension: Extension, token: str, date_from: datetime | None = None, record_count: int | None = None
    ) -> Sync:
        """What has changed since the token was issued, and what an earlier date or a larger count adds to its frame.

        Raises `SyncTokenInvalid`, also when more has changed since than the server's limit.
        """
        mark, mailbox = self.sync_tokens.read(extension.number, token), self._mailbox(extension)
        most = self._limits.max_sync_records
        if mailbox.change_count(mark) > most:
            raise errors.SyncTokenInvalid("syncToken")
        if record_count is None and date_from is not None:
            record_count = most
        return incremental_sync(mailbox, mark, date_from, record_count and min(most, record_count))

    def collected_for(self, report: MessageStoreReport) -> Iterator[tuple[Extension, Iterator[Sequence[Message]]]]:
        """The messages of each non-empty mailbox for a report: newest first, a few at a time.

        Calls in between may change messages; each is reported as it is when it is read.
        """
        for extension in self.account.extensions.values():
            parts = self._collected(extension, report.wanted)
            first = next(parts, None)
            if first is not None:
                yield extension, chain([first], parts)

    def _collected(self, extension: Extension, wanted: MessageFilter) -> Iterator[Sequence[Message]]:
        epoch = self.epoch
        while self.epoch == epoch:
            messages = self.messages.collected(extension.number, wanted, SLICE)
            if not messages:
                return
            yield messages
            wanted = replace(wanted, before=messages[-1].order)

    def _mailbox(self, extension: Extension) -> Mailbox:
        return Mailbox(self.messages, extension, self.account, self.clock.now())

    # --- address books ---------------------------------------------------------------------------

    def create_contact(self, extension: Extension, details: Mapping[str, Any]) -> Contact:
        """Add a contact to an address book. Raises `InvalidParameter` for one too many, and `StoreFull`."""
        self.share.take(2)
        return self.contacts.create(extension.number, details)

    def change_contact(self, extension: Extension, contact_id: int, details: Mapping[str, Any]) -> Contact:
        """Let a contact have these fields and no others. Raises `NotFound`, and `StoreFull`."""
        contact = self.contacts.get(extension.number, contact_id)
        self.share.take(1)
        return self.contacts.change(contact, details)

    def delete_contact(self, extension: Extension, contact_id: int) -> None:
        """Delete a contact. Raises `NotFound`."""
        contact = self.contacts.get(extension.number, contact_id)
        self.share.add(1)
        self.contacts.change(contact, {}, is_deleted=True)

    # --- the account -----------------------------------------------------------------------------

    def set_status(self, extension: Extension, status: ExtensionStatus) -> None:
        """Freeze, thaw, disable ... an extension."""
        before = self.presence_of(self.account.extensions[extension.number])
        if status is not extension.status:
            every = self.account.extensions.values()
            departments = tuple([each.number for each in every if extension.number in each.members])
            self.account_changes.append(
                AccountChange(*self._now(), extension.number, departments, extension.status, status)
            )
        self.account = self.account.with_extension(replace(extension, status=status))
        self._notify_presence(extension.number, before)

    def rename(self, extension: Extension, name: str) -> None:
        """Give an extension another name."""
        self.account = self.account.with_extension(replace(extension, name=name))

    def presence_of(self, extension: Extension) -> Presence:
        """The extension's presence; of one that is not Enabled, Offline."""
        presence = self.presences.get(extension.number, Presence())
        return presence if extension.can_log_in else replace(presence, user_status=OFFLINE.user_status)

    def set_presence(self, extension: Extension, presence: Presence) -> None:
        """Replace an extension's presence."""
        before = self.presence_of(extension)
        self.presences[extension.number] = presence
        self._notify_presence(extension.number, before)

    def _notify_presence(self, number: str, before: Presence) -> None:
        presence = self.presence_of(self.account.extensions[number])
        if presence != before:
            self.presence_changes += 1
            for watcher in self._watchers:
                watcher.presence_changed(PresenceChanged(number, presence, self.presence_changes))

    def sip_password(self, extension: Extension) -> str:
        """The extension's password at a SIP server; the same until the world's reset."""
        return self._signer.sign(b"", f"SIP of {extension.number}")

    def set_details(self, extension: Extension, details: Mapping[str, Any]) -> None:
        """Replace these parts of an extension's settings."""
        changed = replace(extension, details={**extension.details, **details})
        self.account = self.account.with_extension(changed)

    def set_members(self, department: Extension, members: Iterable[str]) -> None:
        """Replace the members of a Department by these extension numbers."""
        after = tuple(dict.fromkeys(members))
        for number in (*department.members, *after):
            if (number in after) != (number in department.members):
                joined = number in after
                self.account_changes.append(AccountChange(*self._now(), number, (department.number,), joined=joined))
        self.account = self.account.with_extension(replace(department, members=after))

    def _now(self) -> tuple[datetime, int]:
        return self.clock.now(), self.message_journal.count

    def set_sms_recipients(self, extension: Extension, recipients: Iterable[str]) -> None:
        """Replace the SMS recipients of an extension's phone numbers by these extension numbers."""
        changed = replace(extension, sms_recipients=tuple(dict.fromkeys(recipients)))
        self.account = self.account.with_extension(changed)

    # --- seeds -----------------------------------------------------------------------------------

    def _seed(self, seeds: Iterable[SeedMessage]) -> None:
        named: dict[str, tuple[Message, ...]] = {}
        for seed in seeds:
            plan = plan_seed(self.account, seed, self.generation, named)
            if plan.type is MessageType.SMS and plan.outbox is None:
                self._note_consent(plan, seed.created or self.clock.now())
            elif plan.type is MessageType.SMS:
                plan = self._carried(plan)
            created = seed.created or self.clock.now()
            copies = tuple(self._filed(plan, created))
            self.message_journal.add(plan, copies, created, is_seed=True)
            self.share.add(1 + len(plan.routed))
            if seed.name is not None:
                named[seed.name] = copies
            for copy in copies:
                if seed.read and copy.direction is Direction.INBOUND and copy.mailbox:
                    self.messages.set_read_status(copy, ReadStatus.READ, copy.modified)
