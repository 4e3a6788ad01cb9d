"""The messages that a world has seen: listed, waited for, counted, and what is to be taken out of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from flask import Response

from ..domain.account import digits_of
from ..domain.message import MessageStatus, MessageType
from ..http.slices import in_slices
from ..timestamps import iso8601, parse
from ..world import controls as world_controls
from ..world.message_journal import MessageEntry, MessageQuery, Wait
from ..world.world import World
from .call import (
    ControlCall,
    Gone,
    NoMessage,
    NotNow,
    NotThere,
    Senseless,
    UnexpectedMessage,
    as_refusals,
    query_of,
    root_of,
)
from .description import operations
from .handsets import file_answer
from .journal import outcomes
from .message_life import copies_of, life
from .sentences import did_you_mean
from .texts import Pattern, extractor
from .waiting import Changed, Client, advance_until, wait_for

Json = Any

SHOWN = 5
"""Messages that a refusal lists."""

_LONGEST_EXTENSION = 6


class Question(NamedTuple):
    """What a call asks."""

    query: MessageQuery
    extract: Callable[[str], str | None] | None
    least: int
    """How many there are to be."""
    seconds: float
    advances: bool
    """Whether the world's clock is moved instead of waiting for real."""
    expects_none: bool
    is_asserting: bool
    """Whether it states a condition, and does not only ask what there is."""
    said: str
    """What is meant, for a sentence."""


def list_messages(call: ControlCall) -> Json:
    """What has come of waiting, or what there is."""
    return call.waited


def everything(call: ControlCall) -> Json:
    """What `list_messages` answers to a call without conditions."""
    operation = next(each for each in operations() if each.id == list_messages.__name__)
    plain = replace(call, query=query_of(operation, ()))
    return _listed(plain, _question(plain))


def read_message(call: ControlCall) -> Json:
    """A message's life."""
    return call.waited


async def waiting_read_message(call: ControlCall, _: Client) -> Json:
    """Look for all of it while others are served."""
    world, wanted = call.world, call.path["id"]
    entry = await in_slices(world.message_journal.finding(wanted))
    copies = copies_of(world, wanted) if entry is None else entry.copies
    if not copies:
        raise NoMessage(f"There is no message {wanted} in this world: GET /_mock/messages lists them with their ids.")
    return await in_slices(life(world, entry, copies, root_of(call.url)))


def read_message_by_number(call: ControlCall) -> Json:
    """The life of a message that may have left no copy."""
    return call.waited


async def waiting_read_message_by_number(call: ControlCall, _: Client) -> Json:
    """As `waiting_read_message`."""
    journal, number = call.world.message_journal, call.path["number"]
    entry = journal.numbered(number)
    if entry is None:
        kept = f"messages {journal.left_out + 1} to {journal.count}" if journal.count else "no messages"
        raise NoMessage(f"There is no message of number {number}: the journal has {kept}.")
    return await in_slices(life(call.world, entry, entry.copies, root_of(call.url)))


def attachment_of_message(call: ControlCall) -> Response:
    """A file of a message, whichever mailbox holds it."""
    message = next(iter(copies_of(call.world, call.path["id"])), None)
    held = message.attachment(call.path["attachment_id"]) if message is not None else None
    if held is None:
        raise NotThere(
            f"Message {call.path['id']} has no such file: GET /_mock/messages/{call.path['id']} lists the 'uri' of"
            " each attachment of its copies."
        )
    return file_answer(held)


async def waiting_list_messages(call: ControlCall, client: Client) -> Json:
    """Wait where a condition is given, and return what there is."""
    question = _question(call)
    if not question.is_asserting:
        return _listed(call, question)
    changed = Changed()
    wait = Wait(question.query, question.least, changed)
    if question.advances:
        is_met = await advance_until(call.world, wait, client)
    else:
        is_met = await wait_for(call.world, wait, client, question.seconds, changed)
    found = wait.met(call.world.clock.now())
    if question.expects_none:
        return _none(call, question, found)
    if not is_met:
        _check_evidence(call.world, question)
        raise NoMessage(_not_met(call, question, found))
    return _answer(call, question, found)


def _none(call: ControlCall, question: Question, found: Sequence[MessageEntry]) -> Json:
    if found:
        lines = "; ".join(_line(entry) for entry in found[:SHOWN])
        raise UnexpectedMessage(f"There should be no {question.said}, and there is: {lines}.")
    _check_evidence(call.world, question)
    return _answer(call, question, ())


def _listed(call: ControlCall, question: Question) -> Json:
    now = call.world.clock.now()
    takes = question.query.takes
    found = [entry for entry in call.world.message_journal if takes(entry) and question.query.is_at_status(entry, now)]
    if not found:
        _check_evidence(call.world, question)
    return _answer(call, question, found[-call.query["limit"] :], len(found))


def _check_evidence(world: World, question: Question) -> None:
    """Raise `Gone` where one that was meant may have been left out: nothing is said of what nobody knows any more."""
    journal = world.message_journal
    if journal.may_have_left_out(question.query):
        raise Gone(
            f"Whether there was a {question.said} is not known: the journal keeps {journal.most} messages"
            f" (--max-journal-messages), and has left out {journal.left_out}. Ask for those after={journal.left_out},"
            " or serve with more."
        )


def _not_met(call: ControlCall, question: Question, found: Sequence[MessageEntry]) -> str:
    within = f" within {question.seconds:g} s" if question.seconds else ""
    if question.advances:
        within = f", and at {iso8601(call.world.clock.now())} nothing is due that would bring one"
    seen = [entry for entry in call.world.message_journal if not entry.is_seed]
    newest = "; ".join(_line(entry) for entry in seen[-SHOWN:])
    there = f" The newest of {len(seen)} messages: {newest}." if seen else " No message was sent at all."
    if question.least > 1:
        return f"There are {len(found)} of {question.least}, {question.said}{within}.{there}"
    return f"There is no {question.said}{within}.{there}"


def _line(entry: MessageEntry) -> str:
    return f"{entry.number}: {entry.type} {entry.sender} to {', '.join(entry.recipients[:3])}: {entry.text[:100]!r}"


# --- what is asked -------------------------------------------------------------------------------


def _question(call: ControlCall) -> Question:
    """Raises `Refused`."""
    given = call.query
    expects_none = "expect" in given
    if expects_none and not given.keys().isdisjoint({"wait", "count"}):
        raise Senseless("'expect=none' takes 'within' beside it, and neither 'wait' nor 'count'.")
    if "within" in given and not expects_none:
        raise Senseless("'within' goes with expect=none, as in ?expect=none&within=2; to wait for one, say ?wait=5.")
    if "clock" in given and not given.keys().isdisjoint({"wait", "within"}):
        raise Senseless("'clock=advance' stands for the seconds that are waited: leave 'wait' and 'within' out.")
    extract = extractor(given["extract"]) if "extract" in given else None
    matches = Pattern("matches", given["matches"]).matches if "matches" in given else None
    return Question(
        _query(call, _both(matches, extract)),
        extract,
        given.get("count", 1),
        given.get("within" if expects_none else "wait", 0),
        "clock" in given,
        expects_none,
        not given.keys().isdisjoint({"wait", "count", "expect", "clock"}),
        _said(given),
    )


def _both(
    matches: Callable[[str], bool] | None, extract: Callable[[str], str | None] | None
) -> Callable[[str], bool] | None:
    """What is meant has a text that matches, and in which is what is to be taken out."""
    if extract is None:
        return matches
    return lambda text: (matches is None or matches(text)) and extract(text) is not None


def _query(call: ControlCall, matches: Callable[[str], bool] | None) -> MessageQuery:
    given, world = call.query, call.world
    return MessageQuery(
        to=_number(world, given["to"]) if "to" in given else None,
        sender=_number(world, given["from"]) if "from" in given else None,
        mailbox=_mailbox(world, given["mailbox"]) if "mailbox" in given else None,
        handset=_handset(world, given["handset"]) if "handset" in given else None,
        contains=given.get("contains", ""),
        matches=matches,
        type=MessageType(given["type"]) if "type" in given else None,
        since=parse(given["since"]) if "since" in given else None,
        after=given.get("after", 0),
        status=MessageStatus(given["status"]) if "status" in given else None,
    )


def _number(world: World, given: str) -> str:
    """A phone number, or an extension of the account. A plus in a query is a space."""
    digits = digits_of(given.strip())
    if len(digits) <= _LONGEST_EXTENSION and digits not in world.account.extensions:
        near = did_you_mean(digits, world.account.extensions)
        raise NotNow(f"There is no extension {digits!r} in this account, and a phone number has 7 to 15 digits{near}")
    return digits


def _mailbox(world: World, given: str) -> str:
    with as_refusals():
        return world_controls.extension_of(world, given).number


def _handset(world: World, given: str) -> str:
    with as_refusals():
        return world_controls.handset_of(world, given.strip())


def _said(given: Any) -> str:
    parts = [
        given.get("type", "message"),
        f"from {given['from'].strip()}" if "from" in given else "",
        f"to {given['to'].strip()}" if "to" in given else "",
        f"of mailbox {given['mailbox']}" if "mailbox" in given else "",
        f"of handset {given['handset'].strip()}" if "handset" in given else "",
        f"that contains {given['contains']!r}" if given.get("contains") else "",
        f"that matches {given['matches']}" if "matches" in given else "",
        f"with {given['extract']} in it" if "extract" in given else "",
        f"in status {given['status']}" if "status" in given else "",
        f"since {given['since']}" if "since" in given else "",
        f"after message {given['after']}" if "after" in given else "",
    ]
    return " ".join(filter(None, parts))


# --- what is answered ----------------------------------------------------------------------------


def _answer(call: ControlCall, question: Question, found: Sequence[MessageEntry], count: int | None = None) -> Json:
    return {
        "count": len(found) if count is None else count,
        "left_out": call.world.message_journal.left_out,
        "messages": [_shown(call, question, entry) for entry in found],
    }


def _shown(call: ControlCall, question: Question, entry: MessageEntry) -> Json:
    message, status = entry.message, entry.status_at(call.world.clock.now())
    said: dict[str, Json] = {
        "number": entry.number,
        "id": None if message is None else message.id,
        "type": entry.type.value,
        "from": entry.sender,
        "to": entry.recipients,
        "text": entry.text,
        "created": iso8601(entry.at),
        "status": None if status is None else status.value,
        "sent_by": entry.outbox,
        "recipients": outcomes(entry.routed),
        "attachments": [
            {"contentType": held.file.content_type, "fileName": held.name, "size": len(held.file.content)}
            for held in (message.attachments if message is not None else ())
        ],
    }
    return {**said, "extracted": question.extract(entry.text)} if question.extract is not None else said
