"""Subscriptions: which events an application may subscribe to, and which events a change causes."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Literal, NamedTuple, TypeVar
from urllib.parse import parse_qsl

from . import errors, event_filters
from .a2p_sms import A2PMessage, Batch
from .account import Account, Extension, digits_of, is_e164
from .message import Direction, Message, MessageType
from .presence import Presence

_T = TypeVar("_T")

MAX_PER_OWNER = 20
"""The service's documents say 20 to 30 for each user."""

MAX_FAILURES = 3
"""Consecutive failed notifications after which the receiver's address is blacklisted."""

MAX_MISSED_REMINDERS = 100
"""The maximum of missed reminders that are sent after the clock was moved past them."""

REMEMBERED_ATTEMPTS = 100

RECONCILIATION = timedelta(minutes=15)
"""The interval at which the server tries blacklisted addresses again."""


class Transport(StrEnum):
    """How notifications travel."""

    WEBHOOK = "WebHook"
    WEBSOCKET = "WebSocket"


DEFAULT_LIFETIME = {Transport.WEBHOOK: 604_800, Transport.WEBSOCKET: 86_400}
MAX_LIFETIME = {Transport.WEBHOOK: 315_360_000, Transport.WEBSOCKET: 86_400}
"""Seconds. More is granted as this much."""


class EventKind(StrEnum):
    """What a filter lets through."""

    MESSAGE_STORE = "any change of a mailbox"
    INSTANT_SMS = "each inbound SMS, whole"
    FAX = "each inbound fax, whole"
    PRESENCE = "each change of an extension's presence"
    REMINDER = "the subscription's own expiry"
    A2P_MESSAGES = "each high-volume message that comes, or reaches another status"
    A2P_BATCHES = "each status of a batch"
    A2P_OPT_OUTS = "what phones say of high-volume messages"
    THREADS = "changes of message threads"
    THREAD_ENTRIES = "changes of the entries of message threads"
    ELSEWHERE = "events of the service that have no source here"


_THREAD_KINDS = frozenset({EventKind.THREADS, EventKind.THREAD_ENTRIES})
_A2P_KINDS = frozenset({EventKind.A2P_MESSAGES, EventKind.A2P_BATCHES, EventKind.A2P_OPT_OUTS})


class EventFilter(NamedTuple):
    """One filter, its `uri` with real ids. `mailbox` is an extension number, for the kinds that have one."""

    uri: str
    kind: EventKind
    mailbox: str | None = None
    types: frozenset[MessageType] = frozenset(MessageType)
    directions: frozenset[Direction] = frozenset(Direction)
    threshold: int = 0
    """Seconds before the expiry at which reminders begin, and between two of them."""
    interval: int = 0
    sender: str | None = None
    """Of high-volume messages, the numbers that they are from and to, as digits; None for any."""
    recipient: str | None = None
    batch: str | None = None
    """The id of the batch that they belong to."""

    @property
    def is_of_a2p(self) -> bool:
        """Whether it is a filter of high-volume SMS."""
        return self.kind in _A2P_KINDS

    def lets_through(self, message: "Message | Kind") -> bool:
        """Whether the filter matches a message of its mailbox, or one of a type."""
        return message.type in self.types and message.direction in self.directions


class Delivery(NamedTuple):
    """Where notifications go: the receiver's address, or the connection on which the subscription was made."""

    transport: Transport
    address: str = ""
    verification_token: str | None = None
    connection: str = ""


class WebhookTerms(NamedTuple):
    """Requirements on webhook receivers that the service's documents leave open, or that users need to relax."""

    content_type: Literal["json", "any"] = "json"
    """Of the answer to the handshake: `json` even of an empty one, as documented, or `any` and none."""
    blacklisting: Literal["permanent", "reconciled"] = "permanent"
    """D-32: whether an address is blacklisted permanently, or tried again every `RECONCILIATION`."""


class Blacklisting(NamedTuple):
    """When and why an address was blacklisted."""

    at: datetime
    reason: str


LOST_ON_DEMAND = "lost"
RESENT = "resent"
"""What happened on demand to a notification that was sent once more."""


class Attempt(NamedTuple):
    """One notification that was sent, or could not be: `failure` says why, None when it arrived."""

    at: datetime
    event: str
    uuid: str
    failure: str | None
    on_demand: str | None = None
    """What happened to it because somebody wanted it: lost, doubled, late, reordered, closed or resent."""
    about: tuple[int, ...] = ()
    """The ids of the messages that it is about, as far as they are known: see `Changes`."""
    body: bytes = b""
    """What it says, as JSON."""
    records: tuple[str, ...] = ()
    """The ids of the message threads that it is about, and of their entries."""


@dataclass(slots=True, eq=False)
class Subscription:
    """A subscription of one extension: its filters, transport and expiry. Times are aware UTC of the world."""

    id: str
    owner: str
    filters: tuple[EventFilter, ...]
    delivery: Delivery
    created: datetime
    renewed: datetime
    lifetime: int
    """Seconds, from `renewed` on."""
    origin: str
    """The server's address by which it was made, for the links in its notifications."""
    failures: int = 0
    """In a row."""
    blacklisted: Blacklisting | None = None
    is_deleted: bool = False
    """Whether its client deleted it. Then it gets no earlier events either, unlike after its expiry."""
    left_out: int = 0
    """The number of attempts before those in the history."""
    attempts: deque[Attempt] = field(default_factory=lambda: deque(maxlen=REMEMBERED_ATTEMPTS))

    @property
    def expires(self) -> datetime:
        try:
            return self.renewed + timedelta(seconds=self.lifetime)
        except OverflowError:  # a clock may be set to the year 9999
            return datetime.max.replace(tzinfo=UTC)

    def next_reminder(self, after: datetime, now: datetime | None = None) -> datetime | None:
        """When the next reminder of its expiry is due; None for no more.

        When a reminder is due `now` and the clock has been moved past many, the oldest are left out.
        """
        due = (self._reminder_after(wanted, after, now or after) for wanted in self._reminders)
        return min((at for at in due if at is not None), default=None)

    def reminders_at(self, at: datetime) -> Iterator[EventFilter]:
        """The filters whose reminders of its expiry are due at this time."""
        for wanted in self._reminders:
            since = at - self._first_reminder(wanted)
            if since >= timedelta(0) and not since % timedelta(seconds=wanted.interval):
                yield wanted

    def count_reminders(self, after: datetime, until: datetime) -> int:
        """How many reminders of its expiry are due after one moment and until another."""
        return sum(max(0, self._due_by(each, until) - self._due_by(each, after)) for each in self._reminders)

    def _due_by(self, wanted: EventFilter, now: datetime) -> int:
        since = now - self._first_reminder(wanted)
        all_of_them = -(-wanted.threshold // wanted.interval)
        return 0 if since < timedelta(0) else min(since // timedelta(seconds=wanted.interval) + 1, all_of_them)

    def _reminder_after(self, wanted: EventFilter, after: datetime, now: datetime) -> datetime | None:
        first, interval = self._first_reminder(wanted), timedelta(seconds=wanted.interval)
        if after < first:
            return first
        latest = (min(now, self.expires) - first) // interval - MAX_MISSED_REMINDERS
        since = max((after - first) // interval + 1, latest) * interval
        return first + since if since < timedelta(seconds=wanted.threshold) else None

    def _first_reminder(self, wanted: EventFilter) -> datetime:
        return self.expires - timedelta(seconds=wanted.threshold)

    @property
    def _reminders(self) -> list[EventFilter]:
        return [wanted for wanted in self.filters if wanted.kind is EventKind.REMINDER]

    @property
    def has_a2p_filters(self) -> bool:
        """Whether it has a filter about high-volume SMS."""
        return any(wanted.is_of_a2p for wanted in self.filters)

    @property
    def has_thread_filters(self) -> bool:
        """Whether it has a filter about message threads."""
        return any(wanted.kind in _THREAD_KINDS for wanted in self.filters)

    @property
    def has_presence_filters(self) -> bool:
        """Whether it has a filter about presences."""
        return any(wanted.kind is EventKind.PRESENCE for wanted in self.filters)

    @property
    def mailboxes(self) -> frozenset[str]:
        """Extension numbers of the mailboxes that it subscribes to."""
        of_presence = EventKind.PRESENCE
        filters = (wanted for wanted in self.filters if wanted.kind is not of_presence)
        return frozenset(wanted.mailbox for wanted in filters if wanted.mailbox is not None)

    def attempted(self, attempt: Attempt) -> None:
        """Note what became of a notification; `MAX_FAILURES` failures in a row of an address are its last."""
        self.left_out += len(self.attempts) == REMEMBERED_ATTEMPTS
        self.attempts.append(attempt)
        if attempt.on_demand == LOST_ON_DEMAND:
            return  # its receiver has nothing to do with it
        self.failures = 0 if attempt.failure is None else self.failures + 1
        if self.delivery.transport is not Transport.WEBHOOK or attempt.failure is None:
            return
        if self.failures >= MAX_FAILURES and self.blacklisted is None:
            self.blacklisted = Blacklisting(attempt.at, attempt.failure)

    def reinstate(self) -> None:
        """Send notifications again: the address answers as it should."""
        self.blacklisted, self.failures = None, 0


# --- requests ------------------------------------------------------------------------------------


class SubscriptionRequest(NamedTuple):
    """A request for a subscription. `lifetime` is in seconds, None for the transport's own."""

    filters: tuple[str, ...]
    delivery: Delivery
    lifetime: int | None = None


class Terms(NamedTuple):
    """What a subscription is granted: its filters with real ids, and its lifetime in seconds."""

    filters: tuple[EventFilter, ...]
    lifetime: int


def plan_subscription(account: Account, subscriber: Extension, wanted: SubscriptionRequest, held: int) -> Terms:
    """The subscription that `subscriber`, who has `held` subscriptions already, gets. Raises a `Refusal`."""
    terms = terms_of(account, subscriber, wanted.filters, wanted.lifetime, wanted.delivery.transport)
    if held >= MAX_PER_OWNER:
        raise errors.TooManySubscriptions
    return terms


def terms_of(
    account: Account, subscriber: Extension, filters: Sequence[str], lifetime: int | None, transport: Transport
) -> Terms:
    """Filters and lifetime as granted. Raises a `Refusal` about `eventFilters`."""
    granted = min(lifetime or DEFAULT_LIFETIME[transport], MAX_LIFETIME[transport])
    parsed = tuple(parse_filter(text, account, subscriber) for text in dict.fromkeys(filters))
    reminders = [wanted for wanted in parsed if wanted.kind is EventKind.REMINDER]
    if len(reminders) == len(parsed):
        raise errors.ReminderAlone("eventFilters")
    for reminder in reminders:
        check_reminder(reminder, granted)
    return Terms(parsed, granted)


def check_reminder(reminder: EventFilter, lifetime: int) -> None:
    """Raise `ReminderUnsuitable` unless twice the interval fits the threshold, and twice that the lifetime."""
    if not (0 < reminder.interval <= reminder.threshold / 2 and reminder.threshold <= lifetime / 2):
        raise errors.ReminderUnsuitable("eventFilters", reminder.uri)


_TYPES: Mapping[str, frozenset[MessageType]] = {
    **{member.value: frozenset({member}) for member in MessageType},
    **dict.fromkeys(("VoiceMail", "Text"), frozenset()),
}
_DIRECTIONS = {member.value: frozenset({member}) for member in Direction}


def parse_filter(text: str, account: Account, subscriber: Extension) -> EventFilter:
    """A filter of `subscriber`, with `~` replaced by his ids.

    Raises `InvalidEventFilters` for events that do not exist, `InvalidParameter` for an unsupported query,
    `EventsOfAnotherExtension`, `EventsOfAnotherAccount` or `EventsOfUnknownUser`.
    """
    path, mark, query = text.partition("?")
    for pattern, known in event_filters.patterns().items():
        match = pattern.fullmatch(path)
        if match is not None:
            named = match.groupdict()
            owner = _owner(named.get("extension"), named.get("account"), account, subscriber)
            uri, asked = _with_ids(path, match, account, owner) + mark + query, _query(text, query)
            read = _READERS.get(known)
            return _elsewhere(known, uri, asked) if read is None else read(uri, asked, owner)
    raise errors.InvalidEventFilters("eventFilters", text)


def _owner(extension_id: str | None, account_id: str | None, account: Account, subscriber: Extension) -> Extension:
    """The extension whose events a filter names: an administrator may name any."""
    if account_id not in (None, "~", str(account.id)):
        raise errors.EventsOfAnotherAccount("eventFilters", account_id)
    if extension_id in (None, "~", str(subscriber.id)):
        return subscriber
    owner = account.extension_by_id(int(extension_id))
    if owner is None:
        raise errors.EventsOfUnknownUser("eventFilters", extension_id)
    if not subscriber.administrator:
        raise errors.EventsOfAnotherExtension("eventFilters", extension_id)
    return owner


def _with_ids(path: str, match: re.Match[str], account: Account, owner: Extension) -> str:
    ids = {"extension": owner.id, "account": account.id}
    for name, number in ids.items():  # the later group first: replacing it leaves the earlier one's position unchanged
        if match.groupdict().get(name) is not None:
            path = path[: match.start(name)] + str(number) + path[match.end(name) :]
    return path


def _query(text: str, query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100) if query.count("&") < 100 else []
    if len(dict(pairs)) != (query.count("&") + 1 if query else 0):
        raise errors.InvalidParameter("eventFilters", text)
    return dict(pairs)


def _message_store(uri: str, query: Mapping[str, str], owner: Extension) -> EventFilter:
    types = _chosen(query.get("type"), _TYPES, frozenset(MessageType))
    directions = _chosen(query.get("direction"), _DIRECTIONS, frozenset(Direction))
    if types is None or directions is None or not query.keys() <= {"type", "direction"}:
        raise errors.InvalidParameter("eventFilters", uri)
    return EventFilter(uri, EventKind.MESSAGE_STORE, owner.number, types, directions)


def _instant_sms(uri: str, query: Mapping[str, str], owner: Extension) -> EventFilter:
    if query != {"type": MessageType.SMS.value}:
        raise errors.InvalidParameter("eventFilters", uri)
    inbound = frozenset({Direction.INBOUND})
    return EventFilter(uri, EventKind.INSTANT_SMS, owner.number, frozenset({MessageType.SMS}), inbound)


def _fax(uri: str, query: Mapping[str, str], owner: Extension) -> EventFilter:
    directions = _chosen(query.get("direction"), _DIRECTIONS, frozenset({Direction.INBOUND}))
    if directions is None or not query.keys() <= {"direction"}:
        raise errors.InvalidParameter("eventFilters", uri)
    return EventFilter(uri, EventKind.FAX, owner.number, frozenset({MessageType.FAX}), directions)


def _presence(uri: str, query: Mapping[str, str], owner: Extension) -> EventFilter:
    return EventFilter(_with_query_of(event_filters.PRESENCE, uri, query), EventKind.PRESENCE, owner.number)


def _account_presence(uri: str, query: Mapping[str, str], _: Extension) -> EventFilter:
    return EventFilter(_with_query_of(event_filters.ACCOUNT_PRESENCE, uri, query), EventKind.PRESENCE)


def _with_query_of(known: event_filters.KnownFilter, uri: str, query: Mapping[str, str]) -> str:
    if not event_filters.is_query_of(known, query):
        raise errors.InvalidParameter("eventFilters", uri)
    return uri


def _reminder(uri: str, query: Mapping[str, str], _: Extension) -> EventFilter:
    numbers = [query.get(name, "") for name in ("threshold", "interval")]
    if len(query) != 2 or not all(re.fullmatch(r"[0-9]{1,9}", number) for number in numbers):
        raise errors.ReminderUnsuitable("eventFilters", uri)
    return EventFilter(uri, EventKind.REMINDER, threshold=int(numbers[0]), interval=int(numbers[1]))


def _a2p_messages(uri: str, query: Mapping[str, str], _: Extension) -> EventFilter:
    directions = _chosen(query.get("direction"), _DIRECTIONS, frozenset(Direction))
    if directions is None or not query.keys() <= {"direction", "from", "to", "batchId"}:
        raise errors.InvalidParameter("eventFilters", uri)
    wanted = EventFilter(uri, EventKind.A2P_MESSAGES, directions=directions, batch=query.get("batchId"))
    return _with_ends(wanted, query)


def _a2p_batches(uri: str, query: Mapping[str, str], _: Extension) -> EventFilter:
    if not query.keys() <= {"from"}:
        raise errors.InvalidParameter("eventFilters", uri)
    return _with_ends(EventFilter(uri, EventKind.A2P_BATCHES), query)


def _a2p_batch(uri: str, query: Mapping[str, str], _: Extension) -> EventFilter:
    if query:
        raise errors.InvalidParameter("eventFilters", uri)
    return EventFilter(uri, EventKind.A2P_BATCHES, batch=uri.rpartition("/")[2])


def _a2p_opt_outs(uri: str, query: Mapping[str, str], _: Extension) -> EventFilter:
    """An opt-out has neither a direction nor a batch: those two parameters are accepted and have no effect."""
    directions = _chosen(query.get("direction"), _DIRECTIONS, frozenset(Direction))
    if directions is None or not query.keys() <= {"direction", "batchId", "from", "to"}:
        raise errors.InvalidParameter("eventFilters", uri)
    return _with_ends(EventFilter(uri, EventKind.A2P_OPT_OUTS), query)


def _with_ends(wanted: EventFilter, query: Mapping[str, str]) -> EventFilter:
    """The filter with the phone numbers of its query; a raw `+` has become a space by now."""
    sender, recipient = (query[name].strip() if name in query else None for name in ("from", "to"))
    if not all(number is None or is_e164(number) for number in (sender, recipient)):
        raise errors.InvalidParameter("eventFilters", wanted.uri)
    return wanted._replace(sender=sender and digits_of(sender), recipient=recipient and digits_of(recipient))


def _of_threads(kind: EventKind, uri: str, query: Mapping[str, str], _: Extension) -> EventFilter:
    if query:
        raise errors.InvalidParameter("eventFilters", uri)
    return EventFilter(uri, kind)


def _elsewhere(known: event_filters.KnownFilter, uri: str, query: Mapping[str, str]) -> EventFilter:
    if not event_filters.is_query_of(known, query):
        raise errors.InvalidParameter("eventFilters", uri)
    return EventFilter(uri, EventKind.ELSEWHERE)


_READERS: Mapping[event_filters.KnownFilter, Callable[[str, Mapping[str, str], Extension], EventFilter]] = {
    event_filters.MESSAGE_STORE: _message_store,
    event_filters.INSTANT_SMS: _instant_sms,
    event_filters.FAX: _fax,
    event_filters.PRESENCE: _presence,
    event_filters.ACCOUNT_PRESENCE: _account_presence,
    event_filters.REMINDER: _reminder,
    event_filters.A2P_MESSAGES: _a2p_messages,
    event_filters.A2P_BATCHES: _a2p_batches,
    event_filters.A2P_BATCHES_OF_OLD: _a2p_batches,
    event_filters.A2P_BATCH: _a2p_batch,
    event_filters.A2P_BATCH_OF_OLD: _a2p_batch,
    event_filters.A2P_OPT_OUTS: _a2p_opt_outs,
    event_filters.THREADS: partial(_of_threads, EventKind.THREADS),
    event_filters.THREAD_ENTRIES: partial(_of_threads, EventKind.THREAD_ENTRIES),
}


def _chosen(name: str | None, known: Mapping[str, frozenset[_T]], every: frozenset[_T]) -> frozenset[_T] | None:
    """The values of a parameter, all when it has none; None for an unknown value."""
    return every if name is None else known.get(name)


# --- events --------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """The properties of a changed message that filters use."""

    mailbox: str
    type: MessageType
    direction: Direction


MOST_NAMED = 100
"""A summary of changes names so many messages of a kind; it counts all of them."""


class Changed(NamedTuple):
    """How many messages of a kind were changed, and the ids of the first of them."""

    total: int
    ids: tuple[int, ...] = ()

    def __add__(self, other: object) -> "Changed":
        assert isinstance(other, Changed)
        return Changed(self.total + other.total, (*self.ids, *other.ids)[:MOST_NAMED])


Changes = Mapping[Kind, Changed]
"""A summary of changes by their kind, instead of the messages, which may be many."""


def changes_of(messages: Iterable[Message]) -> Changes:
    """The summary of what was changed."""
    ids: dict[Kind, list[int]] = {}
    for message in messages:
        ids.setdefault(Kind(message.mailbox, message.type, message.direction), []).append(message.id)
    return {kind: Changed(len(those), tuple(those[:MOST_NAMED])) for kind, those in ids.items()}


def together(first: Changes, second: Changes) -> Changes:
    """Both summaries as one."""
    nothing = Changed(0)
    return {kind: first.get(kind, nothing) + second.get(kind, nothing) for kind in {**first, **second}}


class TypeChange(NamedTuple):
    """What changed in a mailbox, of one message type."""

    type: MessageType
    new: tuple[int, ...]
    """Ids of the new messages."""
    updated: int
    changed: tuple[int, ...] = ()
    """Ids of the updated ones, as far as they are known."""


class MailboxChanged(NamedTuple):
    """An event of `EventKind.MESSAGE_STORE`; at least one change."""

    mailbox: str
    changes: tuple[TypeChange, ...]


class SmsReceived(NamedTuple):
    """An event of `EventKind.INSTANT_SMS`."""

    message: Message


class FaxCame(NamedTuple):
    """An event of `EventKind.FAX`."""

    message: Message


class ExpiresSoon(NamedTuple):
    """An event of `EventKind.REMINDER`: the remaining seconds."""

    expires_in: int


class A2PMessageMoved(NamedTuple):
    """An event of `EventKind.A2P_MESSAGES`: a message that arrived, or reached another status."""

    message: A2PMessage


class BatchMoved(NamedTuple):
    """An event of `EventKind.A2P_BATCHES`: a batch that was accepted, or has reached another status."""

    batch: Batch
    is_new: bool = False


class OptedOut(NamedTuple):
    """An event of `EventKind.A2P_OPT_OUTS`: whether a phone has opted out of a number, both as digits."""

    sender: str
    recipient: str
    is_out: bool


class PresenceChanged(NamedTuple):
    """An event of `EventKind.PRESENCE`. `sequence` counts the changes of the world's presences."""

    extension: str
    presence: Presence
    sequence: int


class ThreadsModified(NamedTuple):
    """An event of `EventKind.THREADS` and `THREAD_ENTRIES`: something has changed, and a synchronization says what.

    `about` are the ids of the threads and entries, which the service does not send.
    """

    about: tuple[str, ...] = ()


A2PEvent = A2PMessageMoved | BatchMoved | OptedOut
Event = MailboxChanged | SmsReceived | FaxCame | ExpiresSoon | ThreadsModified | PresenceChanged | A2PEvent


def messages_of(event: Event) -> tuple[int, ...]:
    """The ids of the messages that an event is about, as far as they are known."""
    if isinstance(event, MailboxChanged):
        return tuple(each for change in event.changes for each in (*change.new, *change.changed))
    return (event.message.id,) if isinstance(event, SmsReceived | FaxCame | A2PMessageMoved) else ()


def records_of(event: Event) -> tuple[str, ...]:
    """The ids of the message threads and entries that an event is about."""
    return event.about if isinstance(event, ThreadsModified) else ()


def asks_for(wanted: EventFilter, event: A2PEvent) -> bool:
    """Whether a filter lets an event of high-volume SMS through."""
    if isinstance(event, A2PMessageMoved):
        message = event.message
        return (
            wanted.kind is EventKind.A2P_MESSAGES
            and message.direction in wanted.directions
            and wanted.sender in (None, message.sender)
            and (wanted.recipient is None or wanted.recipient in message.recipients)
            and wanted.batch in (None, message.batch)
        )
    if isinstance(event, BatchMoved):
        is_wanted = wanted.batch in (None, event.batch.id) and wanted.sender in (None, event.batch.sender)
        return wanted.kind is EventKind.A2P_BATCHES and is_wanted
    is_of_ends = wanted.sender in (None, event.sender) and wanted.recipient in (None, event.recipient)
    return wanted.kind is EventKind.A2P_OPT_OUTS and is_of_ends


def asks_for_messages_of(wanted: EventFilter, batch: Batch) -> bool:
    """Whether a filter may let messages of a batch through."""
    is_wanted = wanted.batch in (None, batch.id) and wanted.sender in (None, batch.sender)
    return wanted.kind is EventKind.A2P_MESSAGES and is_wanted and Direction.OUTBOUND in wanted.directions


def events(wanted: EventFilter, new: Sequence[Message], updated: Changes) -> Iterator[Event]:
    """The events of a filter for messages of its mailbox that arrived or changed."""
    if wanted.kind is EventKind.MESSAGE_STORE:
        changed = {kind: change for kind, change in updated.items() if wanted.lets_through(kind)}
        changes = tuple(_changes(filter(wanted.lets_through, new), changed))
        if changes:
            assert wanted.mailbox is not None
            yield MailboxChanged(wanted.mailbox, changes)
    elif wanted.kind is EventKind.INSTANT_SMS:
        yield from (SmsReceived(message) for message in new if wanted.lets_through(message))
    elif wanted.kind is EventKind.FAX:
        yield from (FaxCame(message) for message in new if wanted.lets_through(message))


def _changes(new: Iterable[Message], updated: Changes) -> Iterator[TypeChange]:
    came: dict[MessageType, list[int]] = {}
    again: dict[MessageType, Changed] = {}
    for message in new:
        came.setdefault(message.type, []).append(message.id)
    for changed, change in updated.items():
        again[changed.type] = again.get(changed.type, Changed(0)) + change
    for kind in MessageType:
        if kind in came or kind in again:
            yield TypeChange(kind, tuple(came.get(kind, ())), *again.get(kind, Changed(0)))
