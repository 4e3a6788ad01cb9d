"""Refusals that are none, come for no reason, or are worded wrongly."""

import json
import re

from .exchange import Exchange, Json
from .fault import in_answers, in_requests
from .operations import LIST, PAGER, READ, SMS, TOKEN, UPDATE


@in_answers(PAGER)
def refuses_pages(exchange: Exchange) -> None:
    """A well-formed page is refused as if its form were wrong."""
    if exchange.resource == "company-pager" and exchange.is_sent:
        exchange.refuse(400, "CMN-101")


@in_answers(PAGER)
def invents_a_code(exchange: Exchange) -> None:
    """Refusals of pages carry a code that is documented nowhere."""
    if exchange.resource == "company-pager" and exchange.status == 400:
        exchange.refuse(400, "CMN-199")


@in_answers(PAGER)
def breaks_down(exchange: Exchange) -> None:
    """A page to several extensions is answered with 500."""
    to = exchange.sent.get("to")
    if exchange.resource == "company-pager" and isinstance(to, list) and len(to) > 1:
        exchange.refuse(500, "CMN-203")


@in_requests(SMS, PAGER)
def breaks_down_on_lone_surrogates(exchange: Exchange) -> None:
    """Half a surrogate pair in a text is answered with 500."""
    if any("\ud800" <= character <= "\udfff" for character in exchange.text):
        exchange.refuse(500, "CMN-203")


@in_answers(SMS, PAGER)
def breaks_down_on_broken_json(exchange: Exchange) -> None:
    """A body that is no JSON is answered with 500."""
    if exchange.is_sending and b"CMN-103" in exchange.answer:
        exchange.refuse(500, "CMN-203")


@in_requests(PAGER)
def takes_nan_for_a_number(exchange: Exchange) -> None:
    """NaN in a body is read as 0, though it is no JSON."""
    if exchange.is_sending:
        exchange.body = re.sub(rb"(?<=[:\s,\[])NaN(?=[\s,}\]])", b"0", exchange.body)


@in_requests(PAGER)
def takes_numbers_for_texts(exchange: Exchange) -> None:
    """A text that is a number is sent as its digits."""
    text = exchange.sent.get("text")
    if exchange.is_sending and isinstance(text, (int, float)) and not isinstance(text, bool):
        exchange.send_text(str(text))


@in_answers(READ, LIST)
def finds_nothing_silently(exchange: Exchange) -> None:
    """What is not there is answered with 200 and no body."""
    if exchange.status == 404 and "/message-store/" in exchange.path:
        exchange.status, exchange.answer = 200, b""


@in_answers(READ)
def finds_nothing_in_html(exchange: Exchange) -> None:
    """What is not there is told by a page of HTML."""
    if exchange.status == 404:
        exchange.answer = b"<html><body><h1>Not Found</h1></body></html>"
        exchange.headers["content-type"] = "text/html"


@in_answers(PAGER)
def names_no_errors(exchange: Exchange) -> None:
    """The envelope of a refusal has no errors[]."""
    if exchange.is_refused:
        exchange.change_answer(lambda content: content.pop("errors"))


@in_answers(PAGER)
def names_errors_only(exchange: Exchange) -> None:
    """The envelope of a refusal has no code of its own at the top."""
    if exchange.is_refused:
        exchange.change_answer(lambda content: content.pop("errorCode"))


@in_answers(PAGER)
def explains_nothing(exchange: Exchange) -> None:
    """A refusal says its code where it should explain."""

    def confuse(content: Json) -> None:
        content["message"] = content["errorCode"]
        for error in content["errors"]:
            error["message"] = error["errorCode"]

    if exchange.is_refused:
        exchange.change_answer(confuse)


@in_answers(PAGER)
def names_no_parameter(exchange: Exchange) -> None:
    """A refusal does not say which parameter it is about."""

    def forget(content: Json) -> None:
        for entry in (content, *content["errors"]):
            entry.pop("parameterName", None)

    if exchange.is_refused:
        exchange.change_answer(forget)


@in_answers(PAGER)
def refuses_with_422(exchange: Exchange) -> None:
    """What breaks the schema is refused with 422, as newer frameworks do."""
    if exchange.status == 400 and b"CMN-101" in exchange.answer:
        exchange.status = 422


@in_answers(SMS, PAGER)
def refuses_with_400_what_is_forbidden(exchange: Exchange) -> None:
    """What is not allowed is refused with 400 and the code of the 403."""
    if exchange.is_sending and exchange.status == 403:
        exchange.status = 400


@in_answers(SMS, PAGER)
def refuses_media_types_with_400(exchange: Exchange) -> None:
    """A media type that nobody knows is refused with 400."""
    if exchange.status == 415:
        exchange.status = 400


@in_answers(PAGER)
def forgets_allow(exchange: Exchange) -> None:
    """A 405 has no Allow."""
    if exchange.status == 405:
        exchange.headers.pop("allow", None)


@in_answers(PAGER)
def allows_too_much(exchange: Exchange) -> None:
    """A 405 allows one method too many."""
    if exchange.status == 405:
        exchange.headers["allow"] += ", DELETE"


@in_answers(PAGER, READ)
def knows_no_405(exchange: Exchange) -> None:
    """A method that a path does not have is answered with 404."""
    if exchange.status == 405:
        exchange.refuse(404, "CMN-102")


@in_answers(TOKEN)
def refuses_sign_in_like_a_call(exchange: Exchange) -> None:
    """A sign-in is refused in the API's envelope and not in that of OAuth."""
    if exchange.path.startswith("/restapi/oauth/") and exchange.status >= 400:
        code = json.loads(exchange.answer)["errors"][0]["errorCode"]
        exchange.refuse(exchange.status, code)


@in_answers(LIST)
def forgives_wrong_filters(exchange: Exchange) -> None:
    """A filter that cannot be lets nothing through, instead of being refused."""
    if exchange.resource == "message-store" and exchange.method == "GET" and exchange.status == 400:
        empty = {"uri": "http://127.0.0.1/", "records": [], "paging": {}, "navigation": {}}
        exchange.status, exchange.answer = 200, json.dumps(empty).encode()


@in_requests(UPDATE)
def marks_by_default(exchange: Exchange) -> None:
    """An update that does not say what to mark as marks as Read."""
    if exchange.method == "PUT" and exchange.body and "readStatus" not in exchange.sent:
        exchange.body = b'{"readStatus": "Read"}' if exchange.body.strip() == b"{}" else exchange.body
