"""A message's life: the call that made it, its recipients, its JSON, its changes and its notifications."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from ..domain import errors
from ..domain.a2p_sms import A2PMessage
from ..domain.generation import GENERATIONS
from ..domain.message import Availability, Direction, Message, Progress, Routed
from ..domain.message_thread import ThreadMessage
from ..domain.rulebook import SENTENCES
from ..domain.slices import Slices
from ..domain.subscription import Subscription
from ..http.wire.a2p_sms import message_details
from ..http.wire.message_threads import message_resource as thread_message_resource
from ..http.wire.messages import message_resource
from ..http.wire.sms_batches import message_resource as batch_message_resource
from ..http.wire.view import View
from ..timestamps import iso8601
from ..world.call_query import is_about, made
from ..world.journal import Entry
from ..world.message_journal import MessageEntry
from ..world.world import World
from .handsets import files_of
from .journal import CALLS_AT_A_TIME, in_brief
from .subscriptions import notification_to

Json = Any

MOST_CALLS = 100
"""Calls about a message that its life lists: the latest."""


class _Calls(NamedTuple):
    maker: Entry | None
    about: Sequence[Entry]
    """Newest first, the first ones of them."""
    total: int


def life(world: World, entry: MessageEntry | None, copies: Sequence[Message], root: str) -> Slices[Json]:
    """The whole of it, in slices. `entry` is None for a message that its journal no longer has; `root` is the server's
    address, without a slash at the end.
    """
    now = world.clock.now()
    calls = yield from _calls(world, entry, copies)
    notifications = yield from _notifications(world, [copy.id for copy in copies])
    return {
        "number": None if entry is None else entry.number,
        "origin": _origin(entry, copies, calls.maker),
        "call": None if calls.maker is None else shown_call(calls.maker),
        "now": iso8601(now),
        "type": (copies[0].type if entry is None else entry.type).value,
        "from": copies[0].sender if entry is None else entry.sender,
        "to": copies[0].recipients if entry is None else entry.recipients,
        "text": copies[0].text if entry is None else entry.text,
        "created": iso8601(copies[0].created if entry is None else entry.at),
        "sent_by": _outbox(copies) if entry is None else entry.outbox,
        "recipients": [] if entry is None else _fates(entry, now),
        "recipients_are_kept": entry is not None,
        "copies": [_copy(world, copy, now, root) for copy in copies],
        "calls": [shown_call(each) for each in calls.about],
        "calls_left_out": calls.total - len(calls.about),
        "notifications": notifications,
    }


def copies_of(world: World, message_id: int) -> Sequence[Message]:
    """The one copy of this id that is kept, in a mailbox, in a message thread or of a batch; none where there is no
    such message.
    """
    found = world.messages.held(message_id) or world.threads.find_message(str(message_id))
    if found is not None:
        return (found,)
    for store in (world.a2p, *(store for _, store in world.sms_stores())):
        with suppress(errors.NotFound):
            return (store.message(str(message_id)),)
    return ()


def _outbox(copies: Sequence[Message]) -> str | None:
    return copies[0].mailbox or None if copies[0].direction is Direction.OUTBOUND else None


def _origin(entry: MessageEntry | None, copies: Sequence[Message], maker: Entry | None) -> str:
    if maker is not None:
        return "call"
    if entry is not None and entry.is_seed:
        return "fixture"
    is_inbound = entry is not None and entry.outbox is None and not isinstance(next(iter(copies), None), A2PMessage)
    return "handset" if is_inbound else "unknown"


# --- what became of it ---------------------------------------------------------------------------


def _fates(entry: MessageEntry, now: datetime) -> list[Json]:
    """Each recipient's outcome with its rule; the steps of each where those of a group go on by themselves."""
    progresses = () if entry.message is None else entry.message.recipient_progress
    return [
        {**_fate(routed), "steps": _steps(progresses[place], entry.at, now) if place < len(progresses) else []}
        for place, routed in enumerate(entry.routed)
    ]


def _fate(routed: Routed) -> dict[str, Json]:
    return {
        "recipient": routed.recipient,
        "outcome": routed.outcome.value,
        "rule": routed.rule,
        "sentence": SENTENCES.get(routed.rule, ""),
        "mailbox": routed.mailbox,
    }


def _steps(progress: Progress, created: datetime, now: datetime) -> list[Json]:
    steps: list[Json] = [
        {"at": iso8601(created), "status": progress.accepted.value, "error": None, "attempts": 0, "is_past": True}
    ]
    for delay, reached in progress.later:
        if delay > datetime.max.replace(tzinfo=created.tzinfo) - created:
            break
        at = created + delay
        steps.append(
            {
                "at": iso8601(at),
                "status": reached.status.value,
                "error": reached.error,
                "attempts": reached.attempts,
                "is_past": at <= now,
            }
        )
    return steps


# --- its copies ----------------------------------------------------------------------------------


def _copy(world: World, copy: Message, now: datetime, root: str) -> Json:
    ages_at = world.ages_at(copy)
    becomes = "removed" if copy.availability is Availability.PURGED else "Purged"
    return {
        "id": copy.id,
        "mailbox": copy.mailbox or None,
        "thread": copy.thread if isinstance(copy, ThreadMessage) else None,
        "direction": copy.direction.value,
        "status": copy.status_at(now).value,
        "read_status": copy.read_status.value,
        "availability": copy.availability.value,
        "is_removed": bool(copy.mailbox) and world.messages.held(copy.id) is not copy,
        "modified": iso8601(copy.last_changed(now)),
        "steps": _steps(copy.progress, copy.created, now),
        "ages": None if ages_at is None else {"at": iso8601(ages_at), "becomes": becomes},
        "attachments": files_of(copy, f"{root}/_mock/messages"),
        "resource": _resources(world, copy, now, root),
    }


def _resources(world: World, copy: Message, now: datetime, root: str) -> Mapping[str, Json]:
    """What the API answers for it, in each generation."""
    if copy.mailbox not in world.account.extensions and not isinstance(copy, A2PMessage | ThreadMessage):
        return {}
    views = {name: View(world.account, generation, root, now) for name, generation in GENERATIONS.items()}
    if isinstance(copy, ThreadMessage):
        return {name: thread_message_resource(copy, view) for name, view in views.items()}
    sender = world.sms_sender_of(copy)
    if isinstance(copy, A2PMessage) and sender is not None:
        return {name: batch_message_resource(copy, sender, view) for name, view in views.items()}
    if isinstance(copy, A2PMessage):
        return {name: message_details(copy, view) for name, view in views.items()}
    return {name: message_resource(copy, view) for name, view in views.items()}


# --- calls and notifications ---------------------------------------------------------------------


def _calls(world: World, entry: MessageEntry | None, copies: Sequence[Message]) -> Slices[_Calls]:
    ids = frozenset(str(copy.id) for copy in copies)
    batch = copies[0].batch if copies and isinstance(copies[0], A2PMessage) else None
    first = batch or (copies[0].id if copies else None)
    routed = () if entry is None else entry.routed
    maker: Entry | None = None
    about: list[Entry] = []
    count = 0
    for place, (number, make) in enumerate(world.journal.snapshot(), 1):
        call = make()
        if maker is None and made(call, first, routed):
            maker = call._replace(number=number)
        elif is_about(call, ids):
            count += 1
            if len(about) < MOST_CALLS:
                about.append(call._replace(number=number))
        if place % CALLS_AT_A_TIME == 0:
            yield
    return _Calls(maker, about, count)


def shown_call(entry: Entry) -> Json:
    """A call in few words, and what it has set of a message."""
    return {**in_brief(entry), "lost": entry.is_lost, "set": _set_by(entry)}


def _set_by(entry: Entry) -> Json:
    if entry.errors or entry.status >= 400:
        return None
    if entry.method == "DELETE":
        return {"availability": "Purged" if ("purge", "true") in entry.query else "Deleted"}
    if entry.method in ("PUT", "PATCH") and isinstance(entry.body, dict):
        return {name: entry.body[name] for name in ("readStatus", "availability") if name in entry.body} or None
    return None


def _notifications(world: World, ids: Sequence[int]) -> Slices[list[Json]]:
    """The notifications about any copy, in the order of the attempts."""
    found: list[tuple[datetime, Json]] = []
    for place, subscription in enumerate(world.subscriptions.everyone(world.clock.now()), 1):
        found += _notifications_of(subscription, frozenset(ids))
        if place % CALLS_AT_A_TIME == 0:
            yield
    return [said for _, said in sorted(found, key=lambda each: each[0])]


def _notifications_of(subscription: Subscription, ids: frozenset[int]) -> Iterator[tuple[datetime, Json]]:
    for attempt in subscription.attempts:
        if not ids.isdisjoint(attempt.about):
            yield attempt.at, notification_to(subscription, attempt)
