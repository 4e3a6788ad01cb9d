"""Probes of mailboxes, for properties that no single answer shows: copies, whole lists, unread counts.

Each probe sends a unique text and searches for it, so it can run in an account that others use.
"""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ...domain.account import Extension, ExtensionType
from .client import Reply
from .grounding import Grounding
from .probes import NOT_MADE, OWN, PAGER, SMS, Scene, page_to, sms_to

Json = Any

STORE = f"{OWN}/message-store"
SINCE = {"dateFrom": "2000-01-01T00:00:00.000Z"}
EVERYTHING = 1000
FEW = 2
MAX_PAGES = 50
SHAPELESS = (KeyError, IndexError, TypeError, AttributeError)
"""Raised by an answer that does not have the expected shape."""


class MailboxProbe(NamedTuple):
    """A property, its rules, and a function that returns a sentence for each violation."""

    name: str
    keeps: tuple[str, ...]
    faults: Callable[[Scene], Iterator[str]]


def records(scene: Scene, who: Grounding, **filters: str | int) -> list[Json]:
    """The first page of what an extension lists, newest first."""
    found: list[Json] = _list(scene, who, **SINCE, **filters).json["records"]
    return found


def _list(scene: Scene, who: Grounding, **filters: str | int) -> Reply:
    return scene.client.send_json("GET", f"{STORE}?{urlencode(filters)}", who.token)


def _texts(scene: Scene, who: Grounding) -> list[str]:
    return [record.get("subject") for record in records(scene, who, perPage=EVERYTHING)]


def _new_text() -> str:
    return f"Probe {uuid.uuid4()}"


def _sent_page(scene: Scene, *to: str) -> tuple[str, Reply]:
    text = _new_text()
    return text, scene.send(PAGER, page_to(list(to), text))


def _others(scene: Scene, count: int) -> list[Grounding]:
    """So many Users besides the sender who can sign in; fewer when there are not enough."""
    found: list[Grounding] = []
    for extension in scene.template.account.extensions.values():
        is_other = extension.type is ExtensionType.USER and extension.number != scene.sender.number
        one = scene.as_one_of(iter([extension])) if is_other and extension.can_log_in else None
        if one is not None and len(found) < count:
            found.append(one)
    return found


# --- the probes -----------------------------------------------------------------------------------


def _is_private(scene: Scene) -> Iterator[str]:
    others = _others(scene, 2)
    if len(others) < 2:
        return
    addressed, stranger = others
    text, reply = _sent_page(scene, addressed.number)
    if reply is NOT_MADE:
        return
    copies = [record for record in records(scene, addressed, perPage=EVERYTHING) if record.get("subject") == text]
    if len(copies) != 1:
        yield f"{addressed.number}, who was paged, lists the page {len(copies)} times"
    if text in _texts(scene, stranger):
        yield f"{stranger.number}, who was not paged, lists the page of {scene.sender.number} to {addressed.number}"
    for message_id in {reply.json["id"], *(copy["id"] for copy in copies)}:
        read = scene.client.send_json("GET", f"{STORE}/{message_id}", stranger.token)
        if read.status not in (403, 404) and text.encode() in read.body:
            yield f"{stranger.number}, who was not paged, reads message {message_id}: {read.status}"


def _reaches_active_members(scene: Scene) -> Iterator[str]:
    account = scene.template.account
    for department in scene.departments():
        members = [e for e in account.members_of(department) if e.number != scene.sender.number]
        active = [one for e in members if (one := _signed_in(scene, e)) is not None]
        if not active or all(e.is_active for e in members):
            continue
        text, reply = _sent_page(scene, department.number)
        if reply is NOT_MADE:
            return
        if reply.status != 200:
            said = f"{reply.status} {reply.codes}"
            yield f"a page to {department.number}, of whose members some are inactive, gets {said}"
            return
        missed = [one.number for one in active if text not in _texts(scene, one)]
        if missed:
            yield f"a page to {department.number} has not reached its active members {', '.join(missed)}"
        return


def _signed_in(scene: Scene, extension: Extension) -> Grounding | None:
    return scene.as_one_of(iter([extension])) if extension.can_log_in else None


def _is_dropped(scene: Scene) -> Iterator[str]:
    account = scene.template.account
    phones = account.phone_numbers.values()
    inactive = [p.digits for p in phones if p.owner is not None and not account.extensions[p.owner].is_active]
    if not inactive:
        return
    text = _new_text()
    reply = scene.send(SMS, sms_to(scene.sender, inactive[:1], text))
    if reply is NOT_MADE:
        return
    if reply.status != 200:
        yield f"an SMS to {inactive[0]}, whose extension is inactive, gets {reply.status} {reply.codes}"
    elif text not in _texts(scene, scene.sender):
        yield f"an SMS to {inactive[0]}, whose extension is inactive, is not in its sender's outbox"


def _pages_are_the_whole(scene: Scene) -> Iterator[str]:
    for _ in range(FEW + 1):
        _sent_page(scene, scene.sender.page_to[0][0])
    whole = [record["id"] for record in records(scene, scene.sender, perPage=EVERYTHING)][: FEW * MAX_PAGES]
    walked: list[Json] = []
    for page in range(1, MAX_PAGES + 1):
        some = records(scene, scene.sender, perPage=FEW, page=page) if FEW * (page - 1) < len(whole) else []
        walked += [record["id"] for record in some]
        if FEW * (page - 1) < len(whole) and not 0 < len(some) <= FEW:
            yield f"page {page} of {FEW} messages each has {len(some)}"
    if walked[: len(whole)] != whole:
        twice = len(walked) - len(set(walked))
        missed = len(set(whole) - set(walked))
        yield f"page by page {missed} of {len(whole)} messages are missed and {twice} come twice, or in another order"


def _unread_are_counted(scene: Scene) -> Iterator[str]:
    others = _others(scene, 1)
    if not others:
        return
    before = _unread(scene, others[0])
    text, reply = _sent_page(scene, others[0].number)
    if reply is NOT_MADE:
        return
    after = _unread(scene, others[0])
    if len(after) != len(before) + 1:
        yield f"{others[0].number} has {len(before)} messages unread, gets one more, and has {len(after)}"
    copies = [message_id for message_id, subject in after.items() if subject == text]
    for message_id in copies:
        scene.client.send_json("PUT", f"{STORE}/{message_id}", others[0].token, {"readStatus": "Read"})
    left = _unread(scene, others[0])
    if copies and len(left) != len(after) - 1:
        yield f"{others[0].number} has {len(after)} messages unread, reads one, and has {len(left)}"


def _unread(scene: Scene, who: Grounding) -> dict[Json, str]:
    found = records(scene, who, readStatus="Unread", direction="Inbound", perPage=EVERYTHING)
    return {record["id"]: record.get("subject", "") for record in found}


PROBES = (
    MailboxProbe("A page is held by whoever it is addressed to, and by nobody else", ("R-08",), _is_private),
    MailboxProbe("A page to a Department reaches its active members", ("R-10", "R-19"), _reaches_active_members),
    MailboxProbe("An SMS to an inactive extension is kept by its sender", ("R-16", "R-17"), _is_dropped),
    MailboxProbe("Page by page the list of messages is whole, each message once", (), _pages_are_the_whole),
    MailboxProbe(
        "What is unread counts one more when a page comes, and one less when it is read", (), _unread_are_counted
    ),
)


def faults_of(made: MailboxProbe, scene: Scene) -> list[str]:
    """Every fault; an answer without the shape that it should have is one too."""
    try:
        return list(made.faults(scene))
    except SHAPELESS as error:
        return [f"an answer lacks {error}"]
