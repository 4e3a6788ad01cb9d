"""Mistakes about calls that few clients make, and about what few of them look at."""

import json
import re
from collections import Counter
from collections.abc import Callable
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringmock.domain.account import Extension
from ringmock.domain.message import Direction, ReadStatus
from ringmock.domain.message_filter import MessageFilter, MessagePage
from ringmock.world.world import World

from .exchange import Exchange, Json, around
from .fault import in_answers, in_app, in_requests, in_world
from .operations import (
    DELETE,
    DELETE_ALL,
    FAX,
    LIST,
    MMS,
    PAGER,
    READ,
    SMS,
    SUBSCRIBE,
    SUBSCRIPTION_UPDATE,
    TOKEN,
    UPDATE,
    WS_TOKEN,
)

PATCH = "patchMessage"


def _is_message(exchange: Exchange, method: str) -> bool:
    return exchange.method == method and re.search(r"/message-store/[^/]+$", exchange.path) is not None


# --- bodies in parts ---------------------------------------------------------------------------------


@in_requests(SMS, MMS)
def takes_parts_by_their_names(exchange: Exchange) -> None:
    """A message in parts is the part that is called json, and no other."""
    is_in_parts = exchange.resource in ("sms", "mms") and exchange.body.startswith(b"--")
    if is_in_parts and b'name="json"' not in exchange.body and b"application/json" in exchange.body:
        exchange.refuse(400, "CMN-103")


@in_requests(SMS, MMS, FAX)
def keeps_the_last_field_of_a_name(exchange: Exchange) -> None:
    """Of several fields of a form with one name the last counts."""
    boundary = exchange.body.partition(b"\r\n")[0]
    parts = exchange.body.split(boundary) if boundary.startswith(b"--") else []
    to = [part for part in parts if b'name="to"' in part]
    if len(to) > 1:
        exchange.body = boundary.join(part for part in parts if part not in to[:-1])


@in_requests(SMS, MMS)
def takes_parts_as_they_are_written(exchange: Exchange) -> None:
    """A part in base64 or quoted-printable is kept as it came."""
    exchange.body = re.sub(rb"Content-Transfer-Encoding: (base64|quoted-printable)\r\n", b"", exchange.body)


@in_requests(DELETE_ALL)
def takes_any_body_at_a_deletion(exchange: Exchange) -> None:
    """Messages are deleted by a filter whatever the body is, and be it no JSON."""
    if exchange.method == "DELETE" and exchange.resource == "message-store":
        exchange.body = b""


@in_requests(SMS, PAGER)
def drops_marks_of_byte_order(exchange: Exchange) -> None:
    """A text loses the mark of byte order that it begins with."""
    if exchange.text.startswith("\ufeff"):
        exchange.send_text(exchange.text[1:])


# --- queries and paths -------------------------------------------------------------------------------


@in_requests(LIST)
def has_no_empty_page(exchange: Exchange) -> None:
    """A page of no records is one of a hundred."""
    exchange.query = re.sub(r"\bperPage=0(?=&|$)", "", exchange.query)


@in_requests(LIST)
def takes_page_nought_for_the_first(exchange: Exchange) -> None:
    """Page 0 is the first page."""
    exchange.query = re.sub(r"\bpage=0(?=&|$)", "page=1", exchange.query)


@in_requests(LIST)
def keeps_what_stands_before_a_comma(exchange: Exchange) -> None:
    """Of a list with commas in a query the first value counts."""
    exchange.query = re.sub(r"\b(messageType=[A-Za-z]+)(,|%2C)[^&]*", r"\1", exchange.query)


@in_requests(LIST, PAGER)
def minds_a_slash_at_the_end(exchange: Exchange) -> None:
    """A path with a slash at its end names nothing."""
    if exchange.path.startswith("/restapi/v1.0/account/") and exchange.path.endswith("/"):
        exchange.refuse(404, "CMN-102")


@in_requests(LIST)
def minds_the_case_of_truth(exchange: Exchange) -> None:
    """True and False in a query are no truth values, since they begin with a capital letter."""
    if re.search(r"\b(distinctConversations|purge)=(True|False)\b", exchange.query):
        exchange.refuse(400, "CMN-101", "distinctConversations")


@in_requests(LIST)
def minds_a_plus_that_nobody_escaped(exchange: Exchange) -> None:
    """A date whose plus came as a blank is refused."""
    found = re.search(r"\b(date(?:From|To))=([^&]*)", exchange.query)
    if found is not None and " " in unquote(found[2]):
        exchange.refuse(400, "CMN-101", found[1])


def _changing_ids(change: Callable[[list[str]], list[str]]) -> Callable[[Exchange], None]:
    def changed(exchange: Exchange) -> None:
        before, store, ids = exchange.path.partition("/message-store/")
        if store and "," in ids and "/" not in ids:
            exchange.path = f"{before}{store}{','.join(change(ids.split(',')))}"

    return changed


@in_requests(READ, DELETE, UPDATE)
def takes_fifty_one_ids(exchange: Exchange) -> None:
    """Of 51 messages in the path the last is left out."""
    _changing_ids(lambda ids: ids[:50] if len(ids) == 51 else ids)(exchange)


@in_requests(READ, DELETE, UPDATE)
def takes_forty_nine_ids(exchange: Exchange) -> None:
    """Of 50 messages in the path the last is left out."""
    _changing_ids(lambda ids: ids[:49] if len(ids) == 50 else ids)(exchange)


@in_app(READ)
def prefers_lists_to_parts(app: ASGIApp) -> ASGIApp:
    """Whoever does not say what he accepts gets several messages as a list."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        headers = list(scope.get("headers", ()))
        accepted = dict(headers).get(b"accept", b"*/*")
        if scope["type"] == "http" and accepted == b"*/*":
            kept = [pair for pair in headers if pair[0] != b"accept"]
            kept.append((b"accept", b"application/vnd.ringcentral.multipart+json"))
            scope = {**scope, "headers": kept}
        await app(scope, receive, send)

    return faulty


# --- messages ----------------------------------------------------------------------------------------


@in_answers(SMS, PAGER, READ)
def is_modified_before_it_is_made(exchange: Exchange) -> None:
    """A message was last modified at the beginning of its second, before it was made."""

    def change(message: Json) -> None:
        message["lastModifiedTime"] = re.sub(r"\.[0-9]{3}Z$", ".000Z", message["lastModifiedTime"])
        message["creationTime"] = re.sub(r"\.[0-9]{3}Z$", ".001Z", message["creationTime"])

    exchange.change_messages(change)


@in_world(LIST)
class ReadsByListing(World):
    """What is listed is read."""

    def list_messages(self, extension: Extension, wanted: MessageFilter) -> MessagePage:
        page = super().list_messages(extension, wanted)
        for message in page.records:
            if message.direction is Direction.INBOUND and message.read_status is ReadStatus.UNREAD:
                self.change_message(extension, message.id, ReadStatus.READ, None)
        return page


@in_app(DELETE)
def misses_what_is_gone(app: ASGIApp) -> ASGIApp:
    """A message that was deleted three times is not found."""
    deleted: Counter[tuple[str, str]] = Counter()

    def count(exchange: Exchange) -> None:
        if _is_message(exchange, "DELETE") and exchange.status == 204:
            key = (exchange.authorization, exchange.path)
            deleted[key] += 1
            if deleted[key] > 2:
                exchange.refuse(404, "CMN-102", "messageId")

    return around(app, after=count)


@in_requests(PATCH)
def purges_by_a_change(exchange: Exchange) -> None:
    """A message whose availability is set to Deleted is Purged."""
    if _is_message(exchange, "PATCH"):
        exchange.body = exchange.body.replace(b'"Deleted"', b'"Purged"')


@in_requests(PATCH)
def restores_as_unread(exchange: Exchange) -> None:
    """A message that is restored is Unread."""
    if _is_message(exchange, "PATCH") and exchange.sent.get("availability") == "Alive":
        exchange.send(readStatus="Unread")


# --- refusals ----------------------------------------------------------------------------------------


@in_answers(PAGER, SMS, LIST)
def names_the_first_of_several_mistakes(exchange: Exchange) -> None:
    """Of several mistakes in a call the first is told."""
    if exchange.is_refused:
        exchange.change_answer(lambda body: body["errors"].__delitem__(slice(1, None)))


@in_answers(PAGER, SMS)
def names_the_outer_parameter(exchange: Exchange) -> None:
    """A mistake inside of an object is told of the object."""
    if exchange.is_refused:

        def change(body: Json) -> None:
            for each in (body, *body["errors"]):
                if "." in each.get("parameterName", ""):
                    each["parameterName"] = each["parameterName"].partition(".")[0]

        exchange.change_answer(change)


@in_answers(LIST, PAGER)
def challenges_nobody(exchange: Exchange) -> None:
    """A call without a token is refused without a challenge."""
    exchange.headers.pop("www-authenticate", None)


# --- sign-in and subscriptions -----------------------------------------------------------------------


@in_answers(TOKEN)
def says_that_tokens_live_longer(exchange: Exchange) -> None:
    """A token says that it lives a second longer than was asked for."""
    if exchange.is_answer("POST", "/oauth/token"):
        exchange.change_answer(lambda body: body.update(expires_in=body["expires_in"] + 1))


@in_answers(TOKEN)
def belongs_to_somebody_else(exchange: Exchange) -> None:
    """A token is of another extension than it says."""
    if exchange.is_answer("POST", "/oauth/token"):
        exchange.change_answer(lambda body: body.update(owner_id=str(int(body["owner_id"]) + 1)))


@in_answers(SUBSCRIBE)
def subscribes_with_201(exchange: Exchange) -> None:
    """A subscription is answered with 201."""
    if exchange.is_answer("POST", "/subscription"):
        exchange.status = 201


@in_answers(SUBSCRIPTION_UPDATE)
def is_another_after_an_update(exchange: Exchange) -> None:
    """An updated subscription has another id."""
    if exchange.method == "PUT" and "/subscription/" in exchange.path and exchange.status == 200:
        exchange.change_answer(lambda body: body.update(id=f"{'0' * 8}{body['id'][8:]}"))


# --- WebSockets --------------------------------------------------------------------------------------


def _changing_frames(app: ASGIApp, change: Callable[[Json], Json]) -> ASGIApp:
    """Change what is sent on a WebSocket; None is not sent."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "websocket.send" and message.get("text"):
                frame = change(json.loads(message["text"]))
                if frame is None:
                    return
                message = {**message, "text": json.dumps(frame)}
            await send(message)

        await app(scope, receive, changed if scope["type"] == "websocket" else send)

    return faulty


@in_app(WS_TOKEN)
def echoes_no_heartbeat(app: ASGIApp) -> ASGIApp:
    """A heartbeat is not answered."""
    return _changing_frames(app, lambda frame: None if frame[0]["type"] == "Heartbeat" else frame)


@in_app(WS_TOKEN)
def answers_under_an_id_of_its_own(app: ASGIApp) -> ASGIApp:
    """A call on a WebSocket is answered under another messageId than its own."""

    def change(frame: Json) -> Json:
        if frame[0]["type"] == "ClientRequest":
            frame[0]["messageId"] = "00000000-0000-4000-8000-000000000001"
        return frame

    return _changing_frames(app, change)


@in_app(WS_TOKEN)
def promises_half_the_idleness(app: ASGIApp) -> ASGIApp:
    """A connection says that it may be idle for half as long as it may."""

    def change(frame: Json) -> Json:
        if frame[0]["type"] == "ConnectionDetails":
            frame[1]["idleTimeout"] //= 2
        return frame

    return _changing_frames(app, change)
