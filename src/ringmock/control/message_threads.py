"""Message threads as a whole, whoever handles them: who leads each, what was said, noted and done in it, and which
notifications were sent about that.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any

from ..domain.account import Account
from ..domain.message_thread import MessageThread, ThreadEntry, ThreadHint, ThreadMessage, handlers_of
from ..domain.moments import LAST
from ..domain.slices import Slices
from ..http.slices import in_slices
from ..timestamps import iso8601
from ..world.world import World
from .call import ControlCall, NotThere, Senseless
from .conversations import brief, files_in, holder_of
from .journal import CALLS_AT_A_TIME
from .subscriptions import notification_to
from .waiting import Client

Json = Any


def list_message_threads(call: ControlCall) -> Json:
    """A page of them, the one begun last first."""
    world, limit = call.world, call.query["limit"]
    before = int(call.query["before"]) if "before" in call.query else None
    found = [*islice(world.threads.newest_first(before), limit + 1)]
    shown = found[:limit]
    return {
        "now": iso8601(world.clock.now()),
        "threads": [_thread(world, each) for each in shown],
        "next": str(shown[-1].order) if len(found) > limit else None,
    }


def read_message_thread(call: ControlCall) -> Json:
    """What has come of looking at it."""
    return call.waited


async def waiting_read_message_thread(call: ControlCall, _: Client) -> Json:
    """A thread, and a page of what was said, noted and done in it."""
    world, wanted = call.world, call.path["thread"]
    thread = world.threads.find_thread(wanted)
    if thread is None:
        raise NotThere(f"There is no message thread {wanted!r} in this world: GET /_mock/message-threads lists them.")
    start, end = _span(call, len(thread.entries))
    entries = thread.entries[start:end]
    sent = await in_slices(_notifications_about(world, {str(each.id) for each in entries}))
    return {
        **_thread(world, thread),
        "now": iso8601(world.clock.now()),
        "entries": [
            {"cursor": str(place), **_entry(world, each), "notifications": sent.get(str(each.id), [])}
            for place, each in enumerate(entries, start)
        ],
        "older": str(start) if start else None,
        "newer": str(end - 1) if end < len(thread.entries) else None,
    }


def _span(call: ControlCall, count: int) -> tuple[int, int]:
    """The places of a page among so many entries, from the first to behind the last."""
    given = {name: int(call.query[name]) for name in ("before", "after", "from") if name in call.query}
    limit = call.query["limit"]
    if len(given) > 1:
        raise Senseless("One of 'before', 'after' and 'from' says where a page is.")
    if "after" in given or "from" in given:
        start = _within(given["after"] + 1 if "after" in given else given["from"], count)
        return start, min(count, start + limit)
    end = _within(given.get("before", count), count)
    return max(0, end - limit), end


def _within(place: int, count: int) -> int:
    return min(max(place, 0), count)


def _thread(world: World, thread: MessageThread) -> Json:
    account, store = world.account, world.threads
    expires = thread.expires(store.expire_after) if thread.is_open else LAST
    return {
        "id": thread.id,
        "status": thread.status.value,
        "reason": None if thread.reason is None else thread.reason.value,
        "availability": thread.availability.value,
        "label": thread.label,
        "owner": brief(account.extensions[thread.owner]),
        "number": thread.number,
        "guest": {"number": thread.guest, "extension": _of_account(account, holder_of(account, thread.guest))},
        "assignee": _of_account(account, thread.assignee),
        "handlers": [brief(account.extensions[each]) for each in _in_order(account, thread.owner)],
        "created": iso8601(thread.created),
        "modified": iso8601(thread.modified),
        "last_message": iso8601(thread.last_message),
        "expires": None if expires == LAST else iso8601(expires),
        "total": len(thread.entries),
    }


def _in_order(account: Account, owner: str) -> Sequence[str]:
    handlers = handlers_of(account, owner)
    return [each for each in account.extensions if each in handlers]


def _of_account(account: Account, number: str | None) -> Json:
    return None if number is None else brief(account.extensions[number])


def _entry(world: World, entry: ThreadEntry) -> Json:
    account = world.account
    said: dict[str, Json] = {"id": str(entry.id), "created": iso8601(entry.created)}
    if isinstance(entry, ThreadHint):
        return {
            **said,
            "kind": "hint",
            "what": entry.kind.value,
            "initiator": _of_account(account, entry.initiator),
            "assignee": _of_account(account, entry.assignee),
            "previous": _of_account(account, entry.previous),
        }
    said |= {"author": _of_account(account, entry.author), "text": entry.text, "availability": entry.availability.value}
    if isinstance(entry, ThreadMessage):
        return {**said, **_message(world, entry)}
    return {**said, "kind": "note", "modified": iso8601(entry.modified)}


def _message(world: World, message: ThreadMessage) -> Json:
    now = world.clock.now()
    change = message.next_change(now)
    return {
        "kind": "message",
        "thread": message.thread,
        "type": message.type.value,
        "direction": message.direction.value,
        "from": message.sender,
        "to": message.recipients,
        "status": message.status_at(now).value,
        "next_change": None if change is None else iso8601(change),
        "attachments": files_in(message, f"messages/{message.id}"),
    }


def _notifications_about(world: World, entries: Collection[str]) -> Slices[dict[str, list[Json]]]:
    """The notifications about each of these entries, of those that are kept, in the order of their subscriptions."""
    found: dict[str, list[Json]] = {}
    for place, subscription in enumerate(world.subscriptions.everyone(world.clock.now()), 1):
        for attempt in subscription.attempts:
            for each in _both(attempt.records, entries):
                found.setdefault(each, []).append(notification_to(subscription, attempt))
        if place % CALLS_AT_A_TIME == 0:
            yield
    return found


def _both(records: Iterable[str], entries: Collection[str]) -> Iterable[str]:
    return [each for each in records if each in entries]
