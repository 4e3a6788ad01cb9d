"""The control API: JSON in and out under `/_mock/`, acting on one world.

Which world: that of the bearer token that the call carries, the default one without a token. Bad input gets 400
and a sentence that says what would be right. Who may call at all, `access` decides before anything here.
"""

import base64
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from .. import __version__
from ..domain.account import Extension
from ..domain.attachment import Attachment
from ..domain.message import Message, Routed
from ..domain.subscription import Subscription
from ..http.json_bounds import TooDeep, TooManyValues, check_bounds
from ..http.media import HARMLESS, disposition, disposition_of
from ..inspector.pages import inspector
from ..lab.limits import Group, Limits
from ..sign_in.sessions import TokenRefused
from ..sign_in.worlds import Worlds
from ..timestamps import iso8601
from ..world import controls as world_controls
from ..world.journal import Entry
from ..world.world import World
from .coverage import pages

if TYPE_CHECKING:
    from ..coverage.collector import CoverageCollector

Json = Any

control = Blueprint("control", __name__, url_prefix="/_mock")
control.register_blueprint(pages)
control.register_blueprint(inspector)


MOST_RECEIVED = 1000
"""Messages of a phone that one answer tells of; it says how many there are."""


class BadInput(Exception):
    """What is wrong with the call, and what would be right; told to the caller as it stands."""


def create_control_app(worlds: Worlds, tally: "CoverageCollector | None" = None) -> Flask:
    """The Flask application for this registry of worlds, and for the count of what its callers exercise."""
    app = Flask("ringmock.inspector")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # every provider that Flask ships has it
    app.extensions["ringmock.sign_in.worlds"] = worlds
    app.extensions["ringmock.tally"] = tally
    app.register_blueprint(control)
    app.after_request(_guarded)
    app.register_error_handler(BadInput, lambda error: _said(400, str(error)))
    app.register_error_handler(HTTPException, lambda error: _said(error.code or 500, _sentence(error)))
    return app


def _sentence(error: HTTPException) -> str:
    """What is wrong with a call that nothing here takes, and what would be right."""
    if isinstance(error, MethodNotAllowed):
        return f"{request.path} takes {' and '.join(sorted(set(error.valid_methods or ()) - {'HEAD', 'OPTIONS'}))}."
    if isinstance(error, NotFound) and request.url_rule is None:
        rules = current_app.url_map.iter_rules()
        paths = sorted({rule.rule for rule in rules if not rule.endpoint.endswith("static")})
        return f"There is no {request.path} here, but: {', '.join(paths)}."
    return error.description or ""


def _guarded(answer: Response) -> Response:
    """No site shows it in a frame, and no browser takes it for anything else than it is."""
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("X-Frame-Options", "DENY")
    answer.headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'")
    return answer


def _said(status: int, sentence: str) -> tuple[Response, int]:
    return jsonify(error=sentence), status


@control.before_request
def _choose_world() -> tuple[Response, int] | None:
    worlds = _worlds()
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if not kind:
        g.world = worlds.default
        return None
    try:
        g.world = worlds.session_of(token.strip() if kind.lower() == "bearer" else "").world
    except TokenRefused:
        return _said(
            401, "This access token opens no world: sign in again, or leave the header out for the default world."
        )
    return None


# --- what is there -------------------------------------------------------------------------------


@control.get("/ready")
def ready() -> Response:
    """The server answers calls."""
    world = _world()
    return jsonify(status="ready", version=__version__, account=world.account.id, generation=world.generation.name)


@control.get("/journal")
def journal() -> Response:
    """The world's calls, newest first. `limit`: how many; `include`: `text`, `token` or both, with commas."""
    limit = _limit(request.args.get("limit"), _world().journal.most)
    asked = {name for name in request.args.get("include", "").split(",") if name}
    if not asked <= {"text", "token"}:
        raise BadInput("'include' takes 'text', 'token' or both with a comma between, as in ?include=text,token.")
    return jsonify([_entry(entry, asked) for entry in _world().journal.newest_first(limit)])


def _limit(text: str | None, most: int) -> int:
    if text is None:
        return most
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise BadInput(f"'limit' is a number from 1 to {most}, as in ?limit={min(20, most)}.")
    return int(text)


def _entry(entry: Entry, asked: Iterable[str]) -> Json:
    said = {
        "at": iso8601(entry.at),
        "who": entry.who,
        "method": entry.method,
        "path": entry.path,
        "operation": entry.operation,
        "status": entry.status,
        "milliseconds": round(entry.milliseconds, 3),
        "rules": entry.rules,
        "recipients": _outcomes(entry.routed),
        "errors": entry.errors,
        "refused_by": entry.refused_by,
        "lost": entry.is_lost,
    }
    if entry.more_routed:
        said["more_recipients"] = entry.more_routed
    if entry.near_path:
        said["did_you_mean"] = entry.near_path
    if "text" in asked:
        said["body"] = entry.body
        if entry.body_left_out:
            said["body_left_out"] = entry.body_left_out
    if "token" in asked:
        said["token"] = entry.token
    return said


def _outcomes(routed: Iterable[Routed]) -> list[Json]:
    return [{"recipient": r.recipient, "outcome": r.outcome.value, "rule": r.rule} for r in routed]


@control.get("/usage")
def usage() -> Response:
    """What is kept, of how much at most, and what had to be left out or forgotten."""
    worlds, world = _worlds(), _world()
    limits, room, share = worlds.limits, worlds.room, world.share
    return jsonify(
        world={
            "journal": {"kept": len(world.journal), "most": world.journal.most, "left_out": world.journal.left_out},
            "records": share.records,
            "file_bytes": share.file_bytes,
        },
        server={
            "worlds": {"kept": len(worlds), "most": limits.max_worlds + 1},
            "log_ins": {"kept": worlds.log_ins, "most": limits.max_log_ins},
            "records": {"kept": room.records, "most": room.most_records},
            "file_bytes": {"kept": room.file_bytes, "most": room.most_file_bytes},
            "forgotten": dict(worlds.forgotten),
        },
    )


# --- the world -----------------------------------------------------------------------------------


@control.post("/reset")
def reset() -> Response:
    """Back to the fixture: account, mailboxes, subscriptions, clock, ids and journal; sign-ins stay good."""
    _world().reset()
    return ready()


@control.get("/clock")
def read_clock() -> Response:
    """The world's time."""
    clock = _world().clock
    return jsonify(now=iso8601(clock.now()), frozen=clock.is_frozen)


@control.put("/clock")
def set_clock() -> Response:
    """Move the world's clock: `{"now": "2012-10-16T06:34:58Z", "frozen": true}`; either may be left out."""
    body = _object(world_controls.CLOCK_EXAMPLE, {"now", "frozen"})
    if not body or None in body.values():
        raise BadInput(f"The clock takes a date-time and whether to stand still, as in {world_controls.CLOCK_EXAMPLE}.")
    with _told():
        world_controls.set_clock(_world(), **body)
    return read_clock()


@control.post("/clock/advance")
def advance_clock() -> Response:
    """Move on: `{"seconds": 60}`."""
    seconds = _object('{"seconds": 60}', {"seconds"}).get("seconds")
    with _told():
        world_controls.advance_clock(_world(), seconds)
    return read_clock()


# --- rate limits ----------------------------------------------------------------------------------


@control.get("/limits")
def read_limits() -> Response:
    """Calls a minute for each group, and messages; null for no limit."""
    held = _world().limits
    limits = held.limits if held is not None else Limits({})
    messages = min(limits.messages.values(), default=None)
    return jsonify({**{group: limits.calls.get(group) for group in Group}, "messages": messages})


@control.put("/limits")
def put_limits() -> Response:
    """Hold the world to limits: `{"profile": "ringcentral"}`, or numbers, or both; `{}` for none."""
    given = _object(world_controls.LIMITS_EXAMPLE, {"profile", "messages", *Group})
    with _told():
        world_controls.set_limits(_world(), given)
    return read_limits()


# --- faults on demand -----------------------------------------------------------------------------


@control.get("/faults")
def read_faults() -> Response:
    """The rules by which calls fail, and how many calls each has yet to meet; null for all."""
    plan = _world().faults
    return jsonify([{**asdict(rule), "left": left} for rule, left in plan.left] if plan is not None else [])


@control.put("/faults")
def put_faults() -> Response:
    """Let calls fail, come late or lose their answers: a list of rules; an empty one for none."""
    rules = _json()
    with _told():
        world_controls.set_faults(_world(), rules)
    return read_faults()


# --- the account ---------------------------------------------------------------------------------


@control.patch("/extensions/<number>")
def change_extension(number: str) -> Response:
    """Freeze, thaw, disable ...: `{"status": "Frozen"}`."""
    status = _object('{"status": "Frozen"}', {"status"}).get("status")
    with _told():
        world_controls.set_status(_world(), number, status)
    return read_extension(number)


@control.put("/departments/<number>/members")
def put_members(number: str) -> Response:
    """Say who is in a Department, all of them: `["102", "103"]`."""
    with _told():
        world_controls.set_members(_world(), number, _json())
    return read_extension(number)


@control.get("/extensions/<number>")
def read_extension(number: str) -> Response:
    """One extension as the world has it now."""
    with _told():
        return jsonify(_shown(world_controls.extension_of(_world(), number)))


def _shown(extension: Extension) -> Json:
    said: dict[str, Json] = {
        "number": extension.number,
        "id": extension.id,
        "type": extension.type.value,
        "status": extension.status.value,
        "name": extension.name,
    }
    return {**said, "members": extension.members} if extension.is_department else said


# --- handsets ------------------------------------------------------------------------------------


@control.post("/handsets/<path:phone_number>/messages")
def send_from_handset(phone_number: str) -> Response:
    """An SMS or MMS from outside: `{"to": "16509100010", "text": "..."}`; answers what became of it.

    A group message names several numbers: `"to": ["16509100010", "14151003733"]`. Files are its `attachments`, their
    content in base64; or the files of a form, whose fields are `to`, once for each number, and `text`.
    """
    is_form = request.mimetype == "multipart/form-data"
    body = _form() if is_form else _object(world_controls.TEXT_EXAMPLE, {"to", "text", "attachments"})
    with _told():
        world_controls.handset_of(_world(), phone_number)
        files = _uploaded() if is_form else _attachments(body.get("attachments", []))
        routed = world_controls.text_from_handset(_world(), phone_number, body.get("to"), body.get("text", ""), files)
    return jsonify(recipients=_outcomes(routed))


@control.get("/handsets/<path:phone_number>/messages")
def received_by_handset(phone_number: str) -> Response:
    """What a phone outside the account has received, oldest first: the latest thousand.

    `start`: from which place on, the first being 0; `limit`: how many. The header `X-Total-Count` tells how many there
    are in all.
    """
    store, handset = _world().messages, _handset(phone_number)
    total = store.latest_of_handset(handset, 0).total
    limit = _limit(request.args.get("limit"), MOST_RECEIVED)
    start = _place(request.args.get("start"), max(0, total - limit))
    answer = jsonify([_received(message) for message in store.page_of_handset(handset, start, limit)])
    answer.headers["X-Total-Count"] = str(total)
    return answer


def _place(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadInput("'start' is a place from 0 on, as in ?start=1000&limit=1000.")
    return int(text)


@control.get("/handsets/<phone_number>/messages/<int:message_id>/attachments/<int:attachment_id>")
def attachment_of_handset(phone_number: str, message_id: int, attachment_id: int) -> Response:
    """A file that a phone outside the account has received."""
    message = _world().messages.held_by_handset(_handset(phone_number), message_id)
    held = message.attachment(attachment_id) if message is not None else None
    if held is None:
        raise BadInput(f"{phone_number} has received no such file: its messages list the 'uri' of each attachment.")
    kind = disposition_of(held.file.content_type, "Inline")
    headers = (("Content-Disposition", disposition(kind, held.name)), *HARMLESS)
    return Response(held.file.content, headers=headers, content_type=held.file.content_type)


def _handset(phone_number: str) -> str:
    with _told():
        return world_controls.handset_of(_world(), phone_number)


def _form() -> dict[str, Json]:
    unknown = sorted(set(request.form) - {"to", "text"})
    if unknown:
        raise BadInput(
            f"{unknown[0]!r} is not known here; the fields of the form are those of {world_controls.TEXT_EXAMPLE}."
        )
    numbers = request.form.getlist("to")
    return {**request.form, "to": numbers[0] if len(numbers) == 1 else numbers}


def _uploaded() -> tuple[Attachment, ...]:
    """The files of a form, in their order and whatever their names."""
    files = (file for _, file in request.files.items(multi=True))
    return tuple(Attachment(file.content_type or "", file.filename, file.read()) for file in files)


def _attachments(given: Json) -> tuple[Attachment, ...]:
    return tuple(_attachment_in(entry) for entry in given) if isinstance(given, list) else (_attachment_in(given),)


def _attachment_in(entry: Json) -> Attachment:
    try:
        if not isinstance(entry, dict) or not set(entry) <= {"contentType", "fileName", "content"}:
            raise ValueError
        content = base64.b64decode(entry["content"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            "An attachment is an object with its content in base64, as in"
            ' {"contentType": "image/png", "fileName": "map.png", "content": "iVBORw0KGgo="}.'
        ) from error
    return Attachment(entry.get("contentType", ""), entry.get("fileName"), content)


def _received(message: Message) -> Json:
    said = {
        "id": message.id,
        "from": message.sender,
        "to": message.recipients,
        "text": message.text,
        "created": iso8601(message.created),
    }
    return {**said, "attachments": _files(message)} if message.attachments else said


def _files(message: Message) -> list[Json]:
    folder = f"{request.base_url}/{message.id}/attachments"
    return [
        {
            "id": held.id,
            "uri": f"{folder}/{held.id}",
            "contentType": held.file.content_type,
            "fileName": held.name,
            "size": len(held.file.content),
        }
        for held in message.attachments
    ]


# --- subscriptions -------------------------------------------------------------------------------


@control.get("/subscriptions")
def subscriptions() -> Response:
    """Everyone's subscriptions, oldest first, with the latest notifications of each and what became of them."""
    world = _world()
    return jsonify([_subscription(one) for one in world.subscriptions.everyone(world.clock.now())])


def _subscription(subscription: Subscription) -> Json:
    return {
        "id": subscription.id,
        "owner": subscription.owner,
        "transport": subscription.delivery.transport.value,
        "address": subscription.delivery.address or None,
        "filters": [wanted.uri for wanted in subscription.filters],
        "expires": iso8601(subscription.expires),
        "blacklisted": subscription.blacklisted and subscription.blacklisted.reason,
        "notifications": [
            {
                "at": iso8601(attempt.at),
                "uuid": attempt.uuid,
                "event": attempt.event,
                "arrived": attempt.failure is None,
                "failure": attempt.failure,
            }
            for attempt in subscription.attempts
        ],
        "left_out": subscription.left_out,
    }


# --- input ---------------------------------------------------------------------------------------


@contextmanager
def _told() -> Iterator[None]:
    """Tell the caller what makes no sense of what is done within."""
    try:
        yield
    except ValueError as error:
        raise BadInput(str(error)) from error


def _worlds() -> Worlds:
    worlds: Worlds = current_app.extensions["ringmock.sign_in.worlds"]
    return worlds


def _world() -> World:
    world: World = g.world
    return world


def _json() -> Json:
    """The body, whatever its Content-Type: curl names none of its own accord."""
    limits = _worlds().limits
    most, deepest = limits.max_json_values, limits.max_json_depth
    try:
        check_bounds(request.get_data(), most, deepest)
        return request.get_json(force=True)
    except TooManyValues as error:
        raise BadInput(f"The body is JSON of at most {most} values, and this has more.") from error
    except TooDeep as error:
        raise BadInput(f"The body is JSON of at most {deepest} levels, and this has more.") from error
    except (HTTPException, RecursionError) as error:
        raise BadInput("The body is JSON in UTF-8, and this is not.") from error


def _object(example: str, names: set[str]) -> dict[str, Json]:
    body = _json()
    if not isinstance(body, dict):
        raise BadInput(f"The body is an object, as in {example}.")
    unknown = sorted(set(body) - names)
    if unknown:
        raise BadInput(f"{unknown[0]!r} is not known here; the body is an object as in {example}.")
    return body
