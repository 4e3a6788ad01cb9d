"""What a mailbox and a phone outside have of their conversations, a page at a time, and what is found in all of them.

A page never costs more when more is stored: what takes long at the first look is done in slices.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from ..domain.account import Account, Extension, digits_of
from ..domain.account_changes import AccountChange
from ..domain.consent import opts_out
from ..domain.conversation import Conversation, participants, takes_part
from ..domain.message import Availability, Direction, Message, MessageType, Routed
from ..domain.message_filter import Span
from ..domain.message_index import first_order
from ..domain.message_store import EVERYTHING, UNREAD, are_beside
from ..domain.message_thread import MessageThread, ThreadHint, ThreadMessage, ThreadNote
from ..domain.owners import ReadableMailbox
from ..domain.rulebook import SENTENCES
from ..domain.slices import Slices, result_of
from ..http.slices import in_slices
from ..timestamps import iso8601
from ..world import controls as world_controls
from ..world import search_index
from ..world.message_journal import MessageEntry
from ..world.search_index import Wanted
from ..world.world import World
from .call import ControlCall, NotThere, Senseless, as_refusals, named_in_path
from .waiting import Client

Json = Any

LOOKED_AT = 5000
"""Messages that are looked at for one page of what two numbers have to do with each other."""
SEARCHED_TOGETHER = 2000
"""Messages that are searched in a turn."""
SEARCHED = 1_000_000
"""Messages that one search looks at; the next one goes on from there."""
LEAST_DIGITS = 4
"""Digits that a part of a phone number has to have in a search: with less, everything has to do with it."""
MOST_FOUND = 20
"""Extensions, phones and message threads that a search finds beside messages."""


# --- extensions ------------------------------------------------------------------------------------


def list_mailboxes(call: ControlCall) -> Json:
    """The account's extensions, each with what its mailbox holds."""
    world, wanted = call.world, call.query.get("q", "").casefold()
    every = world.account.extensions.values()
    found = [each for each in every if wanted in each.name.casefold() or wanted in each.number]
    start, limit = call.query["start"], call.query["limit"]
    return {
        "count": len(found),
        "account": {"id": str(world.account.id), "generation": world.generation.name},
        "now": iso8601(world.clock.now()),
        "mailboxes": [_extension(world, each) for each in found[start : start + limit]],
    }


def _extension(world: World, extension: Extension) -> Json:
    messages, mailbox = world.messages, (ReadableMailbox(extension.number),)
    total, unread = (messages.list_together(mailbox, wanted, world.account).total for wanted in (EVERYTHING, UNREAD))
    return {
        **brief(extension),
        "id": str(extension.id),
        "administrator": extension.administrator,
        "phone_numbers": [phone.digits for phone in world.account.numbers_of(extension)],
        "members": extension.members,
        "messages": total,
        "unread": unread,
    }


def brief(extension: Extension) -> Json:
    """An extension in few words."""
    return {
        "number": extension.number,
        "name": extension.name,
        "type": extension.type.value,
        "status": extension.status.value,
    }


# --- the conversations of an extension -------------------------------------------------------------


def list_conversations(call: ControlCall) -> Json:
    """What has come of looking at them."""
    return call.waited


async def waiting_list_conversations(call: ControlCall, _: Client) -> Json:
    """A page of a mailbox's conversations, that of the newest message first."""
    world, number, limit = call.world, _mailbox(call), call.query["limit"]
    preparing = world.messages.preparing_conversations(number, _cursor(call, "before"), limit + 1)
    heads = await in_slices(preparing)
    shown = heads[:limit]
    return {
        "now": iso8601(world.clock.now()),
        "conversations": [_conversation(world, number, head) for head in shown],
        "next": str(shown[-1].order) if len(heads) > limit else None,
    }


def read_conversation(call: ControlCall) -> Json:
    """What has come of looking at it."""
    return call.waited


async def waiting_read_conversation(call: ControlCall, _: Client) -> Json:
    """A page of a conversation in a mailbox."""
    world, number, wanted = call.world, _mailbox(call), call.path["conversation"]
    page = _page(call)
    newest = world.messages.conversation(number, wanted, Span(), 1)
    if not newest:
        raise NotThere(
            f"Extension {number} has no conversation {wanted}: GET /_mock/extensions/{number}/conversations."
        )
    found = world.messages.conversation(number, wanted, page.span, page.limit + 1)
    said = await _paged(world, found, page)
    await _mark(world, number, newest[0], said["messages"])
    return {**_conversation(world, number, newest[0]), "now": iso8601(world.clock.now()), **said}


async def _mark(world: World, mailbox: str, newest: Message, messages: Sequence[Json]) -> None:
    """Add what has become of those in a conversation before each message since the one before it, and since the newest
    of all.
    """
    thread = newest.conversation
    holders = {mailbox, *(holder for holder in (holder_of(world.account, each) for each in thread.numbers) if holder)}
    changes = [each for each in world.account_changes if each.concerns(thread, holders)]
    if not changes or not messages:
        return
    earlier = world.messages.conversation(mailbox, thread.id or 0, Span(before=int(messages[0]["cursor"])), 1)
    last = await _number_of(world, earlier[0].id) if earlier else None
    for message in messages:
        number = await _number_of(world, int(message["id"]))
        if number is not None and last is not None:
            message["changes_before"] = [_change(world, each) for each in changes if last <= each.after < number]
        if number is not None and int(message["id"]) == newest.id:
            message["changes_after"] = [_change(world, each) for each in changes if number <= each.after]
        last = number


async def _number_of(world: World, message_id: int) -> int | None:
    """The place of a message among all that the world has seen; None where the journal has left it out."""
    entry = await in_slices(world.message_journal.finding(message_id))
    return None if entry is None else entry.number


def _change(world: World, change: AccountChange) -> Json:
    department = None if change.joined is None else world.account.extensions[change.departments[0]]
    return {
        "at": iso8601(change.at),
        "extension": brief(world.account.extensions[change.extension]),
        "before": None if change.before is None else change.before.value,
        "status": None if change.status is None else change.status.value,
        "department": None if department is None else brief(department),
        "joined": change.joined,
    }


def _mailbox(call: ControlCall) -> str:
    with named_in_path():
        return world_controls.extension_of(call.world, call.path["number"]).number


class _Page(NamedTuple):
    """Which part of a list a call wants."""

    span: Span
    limit: int

    @property
    def is_ascending(self) -> bool:
        return self.span.oldest is not None


def _page(call: ControlCall) -> _Page:
    if sum(name in call.query for name in ("before", "after", "from")) > 1:
        raise Senseless("One of 'before', 'after' and 'from' says where a page is.")
    after, since = _cursor(call, "after"), _cursor(call, "from")
    oldest = since if after is None else after + 1
    return _Page(Span(_cursor(call, "before"), oldest), call.query["limit"])


def _cursor(call: ControlCall, name: str) -> int | None:
    return int(call.query[name]) if name in call.query else None


def _conversation(world: World, mailbox: str, newest: Message) -> Json:
    thread = newest.conversation
    assert thread.id is not None  # named when recorded
    total, unread = world.messages.conversation_counts(mailbox, thread.id)
    return {
        "id": str(thread.id),
        "type": newest.type.value,
        "with": _others(world.account, mailbox, thread),
        "own_numbers": sorted(n for n in thread.numbers if holder_of(world.account, n) == mailbox),
        "departments": [
            {**brief(found), "members": [brief(world.account.extensions[each]) for each in found.members]}
            for found in (world.account.extensions[number] for number in thread.departments)
        ],
        "participants": [] if thread.numbers else [brief(each) for each in participants(thread, world.account)],
        "is_hidden": not takes_part(thread, mailbox, world.account),
        "opted_out": _opted_out(world, thread),
        "total": total,
        "unread": unread,
        "newest": _brief_message(world, newest),
    }


def holder_of(account: Account, digits: str) -> str | None:
    """The extension whose mailbox holds the SMS of a phone number; None where none does."""
    found = account.mailbox_of(digits)
    return None if found is None else found.number


def _others(account: Account, mailbox: str, thread: Conversation) -> list[Json]:
    """The other ends, each with the extension that it is of; the mailbox itself where it is alone."""
    if not thread.numbers:
        others = [number for number in thread.addressed if number != mailbox] or [mailbox]
        return [{"number": number, "extension": brief(account.extensions[number])} for number in others]
    own = {number for number in thread.numbers if holder_of(account, number) == mailbox}
    found = []
    for number in sorted(thread.numbers - own or thread.numbers):
        holder = account.mailbox_of(number)
        found.append({"number": number, "extension": None if holder is None else brief(holder)})
    return found


def _opted_out(world: World, thread: Conversation) -> list[Json]:
    """The pairs of a number of the account and a phone of the conversation that has opted out of it."""
    own = world.account.phone_numbers
    return [
        {"phone": phone, "of": number}
        for phone in sorted(thread.numbers - own.keys())
        for number in sorted(thread.numbers & own.keys())
        if (number, phone) in world.opt_outs
    ]


# --- messages --------------------------------------------------------------------------------------


async def _paged(world: World, found: Sequence[Message], page: _Page) -> Json:
    """A page of messages, of which `found` are one more than wanted where there are more, the newest first."""
    is_more = len(found) > page.limit
    shown = list(found[-page.limit :] if page.is_ascending else found[: page.limit])[::-1]
    messages = [_message(world, each, await in_slices(world.message_journal.finding(each.id))) for each in shown]
    return {"messages": messages, **_ends(messages, page, is_more=is_more)}


def _ends(messages: Sequence[Json], page: _Page, *, is_more: bool) -> Json:
    """Where more is: before the first and after the last of a page; None where there is not."""
    first, last = (messages[0]["cursor"], messages[-1]["cursor"]) if messages else (None, None)
    if page.is_ascending:
        return {"older": first, "newer": last if is_more else None}
    return {"older": first if is_more else None, "newer": last if page.span.before is not None else None}


def _brief_message(world: World, message: Message) -> Json:
    return {
        "cursor": str(message.order),
        "id": str(message.id),
        "mailbox": message.mailbox or None,
        "conversation": None if message.conversation.id is None else str(message.conversation.id),
        "type": message.type.value,
        "direction": message.direction.value,
        "from": message.sender,
        "to": message.recipients,
        "text": message.text,
        "created": iso8601(message.created),
        "status": message.status_at(world.clock.now()).value,
        "read_status": message.read_status.value,
        "availability": message.availability.value,
        "files": len(message.attachments),
    }


def _message(world: World, message: Message, entry: MessageEntry | None) -> Json:
    """A message in a mailbox; `entry` is what the journal has of it."""
    said = _brief_message(world, message)
    change = message.next_change(world.clock.now())
    return {
        **said,
        "attachments": files_in(message, f"messages/{message.id}"),
        "recipients": None if entry is None else outcomes(entry.routed),
        "next_change": None if change is None else iso8601(change),
        "opts_out": _opts_out(message),
    }


def _opts_out(message: Message) -> bool | None:
    is_word = message.type is MessageType.SMS and message.direction is Direction.INBOUND
    return opts_out(message.text) if is_word else None


def files_in(message: Message, folder: str) -> list[Json]:
    """The files of a message, with where each is read below the prefix of the control API."""
    return [
        {
            "id": str(held.id),
            "path": f"/{folder}/attachments/{held.id}",
            "contentType": held.file.content_type,
            "fileName": held.name,
            "size": len(held.file.content),
        }
        for held in message.attachments
    ]


def outcomes(routed: Iterable[Routed]) -> list[Json]:
    """The outcome of each recipient, with the rule's sentence."""
    return [
        {
            "recipient": each.recipient,
            "outcome": each.outcome.value,
            "rule": each.rule,
            "why": SENTENCES.get(each.rule, ""),
            "mailbox": each.mailbox,
        }
        for each in routed
    ]


# --- phones outside --------------------------------------------------------------------------------


def list_phones(call: ControlCall) -> Json:
    """What has come of looking at them."""
    return call.waited


async def waiting_list_phones(call: ControlCall, _: Client) -> Json:
    """The phones outside that the world has had to do with, or its fixture names."""
    world, wanted = call.world, digits_of(call.query.get("q", ""))
    await in_slices(world.phone_book.catching_up(world))
    found = [each for each in world.phone_book.newest_first() if wanted in each]
    start, limit = call.query["start"], call.query["limit"]
    return {
        "count": len(found),
        "now": iso8601(world.clock.now()),
        "phones": [_phone(world, each) for each in found[start : start + limit]],
    }


def _phone(world: World, digits: str) -> Json:
    newest = next(iter(_timeline(world, digits, Span())), None)
    return {
        "number": digits,
        "is_in_fixture": digits in world.account.handsets,
        "received": world.messages.latest_of_handset(digits, 0).total,
        "newest": None if newest is None else _of_phone(world, digits, newest),
    }


def read_phone(call: ControlCall) -> Json:
    """What has come of looking at it."""
    return call.waited


async def waiting_read_phone(call: ControlCall, _: Client) -> Json:
    """A page of what a phone has received and written, whatever mailboxes have made of it since."""
    world = call.world
    with as_refusals():
        digits = world_controls.handset_of(world, call.path["phone_number"])
    page, other = _page(call), digits_of(call.query.get("with", ""))
    await in_slices(world.message_journal.finding(0))
    found, last = await in_slices(_page_of_phone(world, digits, page, other))
    is_more = len(found) > page.limit
    shown = (found[-page.limit :] if page.is_ascending else found[: page.limit])[::-1]
    messages = [_of_phone(world, digits, each) for each in shown]
    ends = _ends(messages, page, is_more=is_more)
    if last is not None:
        ends["newer" if page.is_ascending else "older"] = str(last)
    return {
        "number": digits,
        "is_in_fixture": digits in world.account.handsets,
        "received": world.messages.latest_of_handset(digits, 0).total,
        "opted_out_of": sorted(number for number, phone in world.opt_outs if phone == digits),
        "numbers": _numbers(world, digits),
        "now": iso8601(world.clock.now()),
        "messages": messages,
        **ends,
    }


class Seen(NamedTuple):
    """A message as a phone has it: what it received or wrote, or wrote without reaching a mailbox."""

    order: int
    message: Message | None
    entry: MessageEntry | None
    is_own: bool


def _timeline(world: World, digits: str, span: Span) -> Iterator[Seen]:
    """What a phone has, in the order of the span."""
    store, journal = world.messages, world.message_journal
    received = (Seen(each.order, each, None, False) for each in store.on_phone(digits, span))
    written = (Seen(each.order, each, None, True) for each in store.written_by_phone(digits, span))
    lost = (
        Seen(first_order(each.at.replace(microsecond=0)) + each.number, None, each, True)
        for each in journal.without_copies(digits, LOOKED_AT)
    )
    within = (
        each
        for each in lost
        if (span.before is None or each.order < span.before) and (span.oldest is None or each.order >= span.oldest)
    )
    own = sorted(within, key=lambda each: each.order, reverse=not span.is_ascending)
    return merge(received, written, own, key=lambda each: each.order, reverse=not span.is_ascending)


def _page_of_phone(world: World, digits: str, page: _Page, other: str) -> Slices[tuple[list[Seen], int | None]]:
    """One more than a page, the newest first; and where to go on, if not everything was looked at."""
    found: list[Seen] = []
    for place, seen in enumerate(_timeline(world, digits, page.span), 1):
        if not other or _concerns(seen, other):
            found.append(seen)
        if len(found) > page.limit:
            break
        if place == LOOKED_AT:
            return found[:: -1 if page.is_ascending else 1], seen.order
        if place % SEARCHED_TOGETHER == 0:
            yield
    return found[:: -1 if page.is_ascending else 1], None


def _concerns(seen: Seen, other: str) -> bool:
    sender, recipients = _ends_of(seen)
    return other == sender or other in recipients


def _ends_of(seen: Seen) -> tuple[str, tuple[str, ...]]:
    if seen.message is not None:
        return seen.message.sender, seen.message.recipients
    assert seen.entry is not None
    return seen.entry.sender, seen.entry.recipients


def _of_phone(world: World, digits: str, seen: Seen) -> Json:
    """Nothing of it is what the mailbox at the other end has made of its copy: read, deleted or purged."""
    sender, recipients = _ends_of(seen)
    message, entry = seen.message, seen.entry
    if message is not None and entry is None:
        entry = _kept(world, message)
    text = entry.text if entry is not None else message.text if message is not None else ""
    is_lost = message is not None and entry is None and message.availability is Availability.PURGED and not text
    created = message.created if message is not None else entry.at if entry is not None else world.clock.now()
    folder = f"handsets/{digits}/messages" if not seen.is_own else "messages"
    return {
        "cursor": str(seen.order),
        "id": None if message is None else str(message.id),
        "mailbox": None if message is None else message.mailbox or None,
        "number": None if entry is None else entry.number,
        "conversation": None if message is None or message.conversation.id is None else str(message.conversation.id),
        "type": _type_of(seen).value,
        "direction": (Direction.OUTBOUND if seen.is_own else Direction.INBOUND).value,
        "from": sender,
        "to": recipients,
        "text": text,
        "text_is_lost": is_lost,
        "created": iso8601(created),
        "attachments": [] if message is None else files_in(message, f"{folder}/{message.id}"),
        "recipients": outcomes(entry.routed) if entry is not None and seen.is_own else None,
        "opts_out": opts_out(text) if seen.is_own else None,
    }


def _type_of(seen: Seen) -> MessageType:
    if seen.message is not None:
        return seen.message.type
    assert seen.entry is not None
    return seen.entry.type


def _kept(world: World, message: Message) -> MessageEntry | None:
    """What the journal has of it."""
    return result_of(world.message_journal.finding(message.id))


def _numbers(world: World, digits: str) -> list[Json]:
    """The numbers of the account that a phone may write to, those that reach a mailbox first."""
    account = world.account
    able = [(phone.digits, account.mailbox_of(phone.digits)) for phone in account.phone_numbers.values()]
    found = sorted(able, key=lambda each: each[1] is None)[:100]
    return [{"number": number, "extension": None if holder is None else brief(holder)} for number, holder in found]


# --- search ----------------------------------------------------------------------------------------


def search(call: ControlCall) -> Json:
    """What has come of searching."""
    return call.waited


async def waiting_search(call: ControlCall, _: Client) -> Json:
    """Texts, numbers, extensions and ids, the newest first."""
    world, wanted = call.world, call.query["q"].strip()
    is_first = "before" not in call.query
    if _is_part(digits_of(wanted)):
        await in_slices(world.phone_book.catching_up(world))
    threads = await in_slices(_searching_threads(world, wanted)) if is_first else []
    found, last, looked_at = await in_slices(_searching(world, wanted, _cursor(call, "before"), call.query["limit"]))
    digits, words = digits_of(wanted), wanted.casefold()
    extensions = (
        each for each in world.account.extensions.values() if each.number == digits or words in each.name.casefold()
    )
    phones = (each for each in world.phone_book.newest_first() if _is_part(digits) and digits in each)
    return {
        "now": iso8601(world.clock.now()),
        "extensions": [brief(each) for each in islice(extensions, MOST_FOUND)] if is_first else [],
        "phones": [*islice(phones, MOST_FOUND)] if is_first else [],
        "threads": threads,
        "messages": found,
        "searched": looked_at,
        "next": None if last is None else str(last),
    }


def _is_part(digits: str) -> bool:
    return digits.isdecimal() and len(digits) >= LEAST_DIGITS


def _searching(world: World, text: str, before: int | None, limit: int) -> Slices[tuple[list[Json], int | None, int]]:
    """Messages, the id from which to go on where there may be more, and how many were searched."""
    store, wanted = world.messages, _wanted(text)
    runs = yield from world.search_index.caught_up(store)
    found: list[Json] = []
    last: Message | None = None
    searched = 0
    for run, end in search_index.before(runs, before):
        searched += end
        for message in run.matching(wanted, end, store):
            if last is not None and are_beside(message, last):
                found[-1] = _brief_message(world, message) | {"mailboxes": [message.mailbox, *found[-1]["mailboxes"]]}
            elif len(found) == limit:
                return found, int(found[-1]["id"]), searched
            else:
                found.append(_brief_message(world, message) | {"mailboxes": [message.mailbox]})
            last = message
        if searched >= SEARCHED and run is not runs[0]:
            return found, run.ids[0], searched
        yield
    return found, None, searched


def _searching_threads(world: World, wanted: str) -> Slices[list[Json]]:
    """Message threads in which it is, each with the latest entry that has it; the thread begun last first."""
    in_messages, words = _wanted(wanted), wanted.casefold()
    found: list[Json] = []
    looked_at = 0
    for thread in _each_thread(world):
        for entry in reversed(thread.entries):
            looked_at += 1
            if looked_at % SEARCHED_TOGETHER == 0:
                yield
            if isinstance(entry, ThreadHint):
                continue
            if in_messages.is_in(entry) if isinstance(entry, ThreadMessage) else words in entry.text.casefold():
                found.append(_found_in(thread, entry))
                break
        else:
            if wanted == thread.id:
                found.append(_found_in(thread, None))
        if len(found) == MOST_FOUND or looked_at >= SEARCHED:
            break
    return found


def _each_thread(world: World) -> Iterator[MessageThread]:
    """Every message thread, the one begun last first, while others may begin."""
    before: int | None = None
    while some := [*islice(world.threads.newest_first(before), SEARCHED_TOGETHER)]:
        yield from some
        before = some[-1].order


def _found_in(thread: MessageThread, found: ThreadMessage | ThreadNote | None) -> Json:
    """A thread that was found by what somebody said or noted in it, or by its own id."""
    kind = "thread" if found is None else "note" if isinstance(found, ThreadNote) else "message"
    return {
        "id": thread.id,
        "number": thread.number,
        "guest": thread.guest,
        "status": thread.status.value,
        "kind": kind,
        "text": thread.label if found is None else found.text,
        "created": iso8601((found or thread).created),
    }


def _wanted(text: str) -> Wanted:
    """What is searched for by a text: that text, a number, an id."""
    words, digits = text.casefold(), digits_of(text)
    if not digits.isdecimal():
        return Wanted(words)
    part, number = (digits, "") if _is_part(digits) else ("", digits)
    return Wanted(words, part, number, int(digits) if len(digits) < 20 else -1)
