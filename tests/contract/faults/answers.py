"""Answers in another shape than the documented one, or that say something else than is so."""

import unicodedata
from datetime import datetime, timedelta

from .exchange import Exchange, Json
from .fault import in_answers, in_requests
from .operations import DELETE, LIST, PAGER, READ, SMS


@in_answers(PAGER)
def drops_a_field(exchange: Exchange) -> None:
    """A required field of a sent message is missing."""
    if exchange.is_sent:
        exchange.change_messages(lambda message: message.pop("conversationId"))


@in_answers(LIST)
def drops_a_field_in_lists(exchange: Exchange) -> None:
    """The messages of a list have no attachments."""
    if exchange.is_list:
        exchange.change_messages(lambda message: message.pop("attachments"))


@in_answers(PAGER)
def adds_a_field(exchange: Exchange) -> None:
    """A message of 2012 carries a field that the documentation of 2012 does not know."""
    exchange.change_messages(lambda message: message.setdefault("extensionId", "1346632010"))


@in_answers(PAGER)
def writes_ids_as_text(exchange: Exchange) -> None:
    """conversationId is a text."""
    exchange.change_messages(lambda message: message.update(conversationId=str(message["conversationId"])))


@in_answers(SMS)
def rounds_big_ids(exchange: Exchange) -> None:
    """A conversationId of 63 bits has gone through a floating-point number."""
    exchange.change_messages(lambda message: message.update(conversationId=int(float(message["conversationId"]))))


@in_answers(PAGER)
def invents_a_status(exchange: Exchange) -> None:
    """messageStatus has a value that is documented nowhere."""
    exchange.change_messages(lambda message: message.update(messageStatus="Accepted"))


@in_answers(PAGER)
def writes_enums_in_lower_case(exchange: Exchange) -> None:
    """readStatus is written in lower case."""
    exchange.change_messages(lambda message: message.update(readStatus=message["readStatus"].lower()))


@in_answers(SMS)
def calls_everything_urgent(exchange: Exchange) -> None:
    """Every message has the priority High."""
    exchange.change_messages(lambda message: message.update(priority="High"))


@in_answers(SMS)
def calls_sms_pages(exchange: Exchange) -> None:
    """In lists an SMS is called a Pager message."""
    if exchange.is_list:
        exchange.change_messages(lambda message: message.update(type="Pager"))


@in_answers(SMS, PAGER)
def turns_directions_around(exchange: Exchange) -> None:
    """What was received is Outbound, what was sent Inbound."""
    other = {"Inbound": "Outbound", "Outbound": "Inbound"}
    exchange.change_messages(lambda message: message.update(direction=other[message["direction"]]))


@in_answers(PAGER)
def tells_no_time_zone(exchange: Exchange) -> None:
    """creationTime has no time zone, and so is no date-time."""
    exchange.change_messages(lambda message: message.update(creationTime=message["creationTime"][:19]))


@in_answers(SMS)
def tells_local_time(exchange: Exchange) -> None:
    """creationTime is the time of California, and calls itself UTC."""

    def shift(message: Json) -> None:
        created = datetime.fromisoformat(message["creationTime"]) - timedelta(hours=8)
        message["creationTime"] = created.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    exchange.change_messages(shift)


@in_answers(READ)
def links_to_another_host(exchange: Exchange) -> None:
    """A message's uri leads to the real service, whatever server was asked."""

    def move(message: Json) -> None:
        path = message["uri"][message["uri"].index("/restapi/") :]
        message["uri"] = f"https://platform.ringcentral.com{path}"

    exchange.change_messages(move)


@in_answers(READ)
def links_to_a_tilde(exchange: Exchange) -> None:
    """A message's uri names no extension, and means another one to everybody who follows it."""
    exchange.change_messages(lambda m: m.update(uri=m["uri"].replace(_extension_of(m), "/extension/~/")))


def _extension_of(message: Json) -> str:
    uri = message["uri"]
    start = uri.index("/extension/")
    return uri[start : uri.index("/", start + len("/extension/")) + 1]


@in_answers(READ)
def links_to_no_attachment(exchange: Exchange) -> None:
    """An attachment's uri leads to content that is not there."""

    def move(message: Json) -> None:
        for attachment in message["attachments"]:
            attachment["uri"] = attachment["uri"].rpartition("/")[0] + "/999"

    exchange.change_messages(move)


@in_answers(SMS, PAGER)
def cuts_texts(exchange: Exchange) -> None:
    """Of a text only the first 160 characters come back."""
    exchange.change_messages(lambda message: message.update(subject=message["subject"][:160]))


@in_requests(PAGER)
def normalizes_texts(exchange: Exchange) -> None:
    """Combining characters are composed: what comes back is not what was sent."""
    if exchange.text:
        exchange.send_text(unicodedata.normalize("NFC", exchange.text))


@in_requests(PAGER)
def joins_lines(exchange: Exchange) -> None:
    """Line breaks of a text become spaces."""
    if exchange.text:
        exchange.send_text(exchange.text.replace("\n", " "))


@in_answers(SMS)
def swaps_recipients(exchange: Exchange) -> None:
    """The answer names the sender as the recipient of an SMS."""
    if exchange.is_sent and exchange.resource == "sms":
        exchange.change_messages(lambda message: message.update(to=[message["from"]]))


@in_answers(LIST)
def lists_without_an_envelope(exchange: Exchange) -> None:
    """A list is a bare JSON array."""
    if exchange.is_list:
        start = exchange.answer.index(b'"records":') + len(b'"records":')
        exchange.answer = exchange.answer[start : exchange.answer.rindex(b"]") + 1]


@in_answers(LIST)
def forgets_the_paging(exchange: Exchange) -> None:
    """A list has no paging."""
    if exchange.is_list:
        exchange.change_answer(lambda content: content.pop("paging"))


@in_answers(SMS, PAGER)
def answers_created(exchange: Exchange) -> None:
    """A sending is answered with 201."""
    if exchange.is_sent:
        exchange.status = 201


@in_answers(DELETE)
def answers_deletions_with_200(exchange: Exchange) -> None:
    """A deletion is answered with 200 and an empty object."""
    if exchange.method == "DELETE" and exchange.status == 204:
        exchange.status, exchange.answer = 200, b"{}"
        exchange.headers["content-type"] = "application/json"


@in_answers(READ)
def answers_as_text(exchange: Exchange) -> None:
    """JSON is called text/html."""
    content_type = exchange.headers.get("content-type", "")
    if exchange.path.startswith("/restapi/v1.0/") and content_type.startswith("application/json"):
        exchange.headers["content-type"] = "text/html"
