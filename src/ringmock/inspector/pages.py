"""The inspector: one world in a browser, its extensions, its mailboxes, its handsets and its calls.

It changes nothing, except for texts that a user sends as a handset. Everything that a client sent is escaped.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, current_app, g, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from .. import __version__
from ..domain.account import Extension, digits_of
from ..domain.message import Availability, Direction, Message, MessageStatus, Outcome, ReadStatus
from ..domain.message_filter import MessageFilter
from ..http.recording import outcome
from ..http.why import explanation
from ..lab.faults import rule_text
from ..sign_in.worlds import Worlds
from ..timestamps import iso8601
from ..world import controls as world_controls
from ..world.journal import Entry
from ..world.world import World

MOST_EXTENSIONS = 100
MOST_MESSAGES = 100
MOST_CALLS = 50
MOST_NUMBERS = 100
"""The maximum of entries on a page."""

HEADERS = (
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "same-origin"),  # without a referrer, the form of a page has no origin
    ("X-Content-Type-Options", "nosniff"),
)

_EVER = MessageFilter(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))

inspector = Blueprint(
    "inspector", __name__, template_folder="templates", static_folder="static", static_url_path="/inspector"
)


class Box(NamedTuple):
    """An extension in the list, and how many messages it holds that are not deleted."""

    extension: Extension
    phone_numbers: tuple[str, ...]
    received: int
    unread: int
    sent: int


class MessageRow(NamedTuple):
    """A message in a mailbox, as it is by now."""

    message: Message
    created: str
    status: MessageStatus


class FaultLine(NamedTuple):
    """A fault on demand: what happens to which calls, how many more, None for all, and how many it has happened to."""

    text: str
    left: int | None
    met: int


class Line(NamedTuple):
    """A call in the list; `body` is what was sent, set out to be read."""

    entry: Entry
    at: str
    outcomes: tuple[str, ...]
    body: str


@inspector.before_request
def _choose_world() -> None:
    """The world of `?client=`, for a browser sends no token with an address; the default one without."""
    client = request.args.get("client", "")
    if client:
        worlds: Worlds = current_app.extensions["ringmock.sign_in.worlds"]
        g.world = worlds.world_named(client) or abort(404, f"No client {client!r} has opened a world here.")


@inspector.get("/")
def account() -> Response:
    """The account's extensions and the latest calls."""
    world = _world()
    extensions = list(world.account.extensions.values())
    return _page(
        "account.html",
        boxes=[_box(world, extension) for extension in extensions[:MOST_EXTENSIONS]],
        left_out=max(0, len(extensions) - MOST_EXTENSIONS),
        handsets=world.account.handsets[:MOST_EXTENSIONS],
        calls=_lines(world.journal.newest_first(MOST_CALLS)),
        call_count=len(world.journal),
        faults=[FaultLine(rule_text(each.rule), each.left, each.met) for each in world.faults.standings]
        if world.faults is not None
        else (),
    )


@inspector.get("/calls/<int:number>")
def why(number: int) -> Response:
    """Why a call was answered so, and the smallest changed request that would pass."""
    entry = _world().journal.entry(number)
    if entry is None:
        abort(404, f"There is no call {number} in the journal.")
    text = explanation.as_text(explanation.as_json(explanation.explain(entry, _world())))
    return _page("why.html", entry=entry, text=text)


@inspector.get("/mailboxes/")
def find_mailbox() -> Response:
    """The mailbox of `?number=`, for the form that selects one."""
    return mailbox(request.args.get("number", "").strip())


@inspector.get("/mailboxes/<number>")
def mailbox(number: str) -> Response:
    """An extension's newest messages, the deleted among them."""
    world = _world()
    extension = world.account.extensions.get(number)
    if extension is None:
        abort(404, f"There is no extension {number!r} in this account.")
    everything = replace(_EVER, availabilities=frozenset(Availability), per_page=MOST_MESSAGES)
    found = world.messages.list_messages(number, everything, world.account)
    return _page("mailbox.html", box=_box(world, extension), rows=_rows(world, found.records), total=found.total)


@inspector.get("/phones/<phone_number>")
def phone(phone_number: str) -> Response:
    """What a phone outside has received, newest first."""
    world = _world()
    found = world.messages.latest_of_handset(digits_of(phone_number), MOST_MESSAGES)
    return _page(
        "phone.html",
        phone_number=phone_number,
        rows=_rows(world, found.records),
        total=found.total,
        told=request.args.get("told", ""),
        numbers=list(islice(world.account.phone_numbers, MOST_NUMBERS)),
    )


@inspector.post("/phones/<phone_number>")
def write_as_phone(phone_number: str) -> BaseResponse:
    """Send the `text` of the form from the handset to the number `to`, or to several, and show the result."""
    to, text = request.form.get("to", ""), request.form.get("text", "")
    numbers = [number for number in re.split(r"[,;\s]+", to) if number]
    if not text:
        abort(400, "An SMS has a text.")
    try:
        routed = world_controls.text_from_handset(_world(), phone_number, numbers, text)
    except ValueError as error:
        abort(400, str(error))
    reached = [each.mailbox for each in routed if each.outcome is Outcome.DELIVERED and each.mailbox is not None]
    if reached:
        return redirect(_address("mailbox", number=reached[0]), 303)
    told = ", ".join(map(outcome, routed))
    return redirect(_address("phone", phone_number=phone_number, told=told), 303)


@inspector.errorhandler(HTTPException)
def _refused(error: HTTPException) -> Response:
    return _page("refused.html", error.code or 500, is_missing=error.code == 404, problem=error.description or "")


def _page(template: str, status: int = 200, **shown: Any) -> Response:
    world = _world()
    text = render_template(
        template, world=world, version=__version__, now=iso8601(world.clock.now()), to=_address, **shown
    )
    page = Response(text, status, content_type="text/html; charset=utf-8")
    page.headers.extend(HEADERS)
    return page


def _address(page: str, **values: Any) -> str:
    """The address of a page about the same world."""
    query: dict[str, Any] = {"client": request.args["client"]} if request.args.get("client") else {}
    return url_for(f"inspector.{page}", **query, **values)


def _world() -> World:
    world: World = g.world
    return world


def _box(world: World, extension: Extension) -> Box:
    def count(direction: Direction, *statuses: ReadStatus) -> int:
        wanted = replace(
            _EVER,
            directions=frozenset({direction}),
            read_statuses=frozenset(statuses or ReadStatus),
            per_page=1,
        )
        return world.messages.list_messages(extension.number, wanted, world.account).total

    return Box(
        extension,
        tuple(phone.digits for phone in world.account.numbers_of(extension)),
        count(Direction.INBOUND),
        count(Direction.INBOUND, ReadStatus.UNREAD),
        count(Direction.OUTBOUND),
    )


def _rows(world: World, messages: Iterable[Message]) -> list[MessageRow]:
    now = world.clock.now()
    return [MessageRow(message, iso8601(message.created), message.status_at(now)) for message in messages]


def _lines(entries: Iterable[Entry]) -> list[Line]:
    return [
        Line(
            entry,
            iso8601(entry.at),
            tuple(map(outcome, entry.routed)),
            "" if entry.body is None else json.dumps(entry.body, indent=2, ensure_ascii=False, default=str),
        )
        for entry in entries
    ]
