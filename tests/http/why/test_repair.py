"""The smallest changed request that would pass: by hand for each kind of mistake, and by mutation for all together."""

from collections.abc import Iterator
from typing import Any

import pytest

from broken_requests import FIRST_PAGE, Sent, Server, tell
from ringmock.http.why.plans import FORM, JSON
from ringmock.http.why.repair import Repaired, Request, shortened
from support import sms_body

OWN = "/restapi/v1.0/account/~/extension/~"
SMS, PAGER, STORE = f"{OWN}/sms", f"{OWN}/company-pager", f"{OWN}/message-store"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def mended(server: Server, request: Request) -> Repaired:
    """The repaired request, which passes where the other one does not."""
    assert server.status(Sent(request))[0] >= 400
    found = server.repaired(Sent(request))
    assert found is not None
    status, said = server.status(Sent(found.request))
    assert status < 300, said
    return found


def sms(**changes: Any) -> Request:
    return Request("POST", SMS, (), JSON, {**sms_body(), **changes})


def page(**changes: Any) -> Request:
    return Request("POST", PAGER, (), JSON, {"to": [{"extensionNumber": "102"}], "text": "Hello", **changes})


PHONE = [{"phoneNumber": "14151003732"}]


@pytest.mark.parametrize(
    ("request_", "change", "body"),
    [
        (sms(to={"phoneNumber": "14151003732"}), "`to` is", {"to": PHONE}),
        (sms(to="14151003732"), "`to` is", {"to": PHONE}),
        (sms(to=[{"phoneNumber": "1 (415) 100-3732"}]), "`to[0].phoneNumber` is", {"to": PHONE}),
        (sms(text=7), '`text` is "7"', {"text": "7"}),
        (sms(text="a" * 1001), "`text` is", {"text": "a" * 1000}),
        (sms(to=[{"phoneNumber": "102"}]), "`to` is", {"to": [{"phoneNumber": "16509100102"}]}),
        (sms(**{"from": {"phoneNumber": "16509100102"}}), "`from` is", {"from": {"phoneNumber": "16509100010"}}),
        (sms(**{"from": {"phoneNumber": "18005551234"}}), "`from` is", {"from": {"phoneNumber": "16509100010"}}),
        (sms(to=[*PHONE, {"phoneNumber": "14151003733"}]), "`to` is", {"to": PHONE}),
        (page(to=[{"extensionNumber": "104"}]), "`to` is", {"to": [{"extensionNumber": "102"}]}),
        (page(to=[{"extensionNumber": "102"}, {"extensionNumber": "104"}]), "`to` is",
         {"to": [{"extensionNumber": "102"}]}),
        (page(to=[{"phoneNumber": "16509100102"}]), "`to", {"to": [{"extensionNumber": "102"}]}),
        (page(replyOn=999), "`replyOn` is not there", {"to": [{"extensionNumber": "102"}], "text": "Hello"}),
        (page(**{"from": {"extensionNumber": "102"}}), "`from` is not there", {"to": [{"extensionNumber": "102"}]}),
    ],
)  # fmt: skip
def test_one_mistake_of_a_body_is_mended_and_nothing_else(
    server: Server, request_: Request, change: str, body: dict[str, Any]
) -> None:
    found = mended(server, request_)
    assert len(found.changes) == 1, found.changes
    assert found.changes[0].startswith(change)
    assert {name: found.request.body.get(name) for name in body} == body
    untouched = {
        name: value for name, value in request_.body.items() if name not in body and name in found.request.body
    }
    assert untouched.items() <= found.request.body.items()


def test_a_misspelled_name_keeps_its_value(server: Server) -> None:
    body = {**sms_body("Are you there?"), "txt": "Are you there?"}
    del body["text"]
    found = mended(server, Request("POST", SMS, (), JSON, body))
    assert found.request.body["text"] == "Are you there?"
    assert found.changes == ("`txt` is `text`",)


@pytest.mark.parametrize(
    ("request_", "changes"),
    [
        (Request("POST", f"{OWN}/company_pager", (), JSON, page().body), (f"the path is {PAGER}",)),
        (Request("POST", f"{SMS}//", (), JSON, sms_body()), (f"the path is {SMS}",)),
        (Request("PUT", SMS, (), JSON, sms_body()), ("the method is POST",)),
        (Request("POST", SMS.replace("account/~", "account/1"), (), JSON, sms_body()),
         ("`accountId` of the path is ~",)),
        (Request("POST", SMS, (), "text/plain", sms_body()), ("Content-Type is application/json",)),
        (Request("POST", SMS, (), JSON, sms_body(), "none"),
         ("the Authorization header is Bearer and an access token",)),
        (Request("GET", STORE, (("direction", "outbond"),)), ("`direction` of the query is Outbound",)),
        (Request("GET", STORE, (("dateFrom", "yesterday"), ("page", "1"))), ("the query is without `dateFrom`",)),
        (Request("GET", f"{STORE}/999"), (f"`messageId` of the path is {FIRST_PAGE}",)),
    ],
)  # fmt: skip
def test_what_is_around_a_body_is_mended(server: Server, request_: Request, changes: tuple[str, ...]) -> None:
    assert mended(server, request_).changes == changes


@pytest.mark.parametrize(
    "raw",
    [
        b'{"to": [{"extensionNumber": "102"}], "text": "Hello",}',
        b'{"to": [{"extensionNumber": "102"}], "text": "Hello"',
        b"{'to': [{'extensionNumber': '102'}], 'text': 'Hello'}",
    ],
)
def test_what_is_nearly_json_keeps_its_values(server: Server, raw: bytes) -> None:
    found = server.repaired(Sent(page(), raw))
    assert found is not None
    assert found.request.body == page().body
    assert found.changes == ("the body is JSON",)


def test_a_sign_in_is_mended_to_one_that_the_fixture_knows(server: Server) -> None:
    form = {"grant_type": "jwt", "assertion": "demo-jwt-101"}
    found = mended(server, Request("POST", "/restapi/oauth/token", (), FORM, form, "basic"))
    assert found.request.body["assertion"] == "demo-jwt-101"


def test_what_names_nothing_like_a_path_is_left_alone(server: Server) -> None:
    assert server.repaired(Sent(Request("GET", "/favicon.ico"))) is None


def test_a_request_that_passes_is_left_as_it_is(server: Server) -> None:
    found = server.repaired(Sent(sms()))
    assert found is not None
    assert (found.request, found.changes) == (sms(), ())


def test_a_repair_leaves_no_trace_in_its_world(server: Server) -> None:
    before = server.world.journal.latest, server.world.messages.change_count()
    server.repaired(Sent(sms(to="x")))
    server.repaired(Sent(sms()))
    assert (server.world.journal.latest, server.world.messages.change_count()) == before


@pytest.mark.parametrize(("units", "kept"), [(1000, 500), (999, 499), (1, 0)])
def test_a_text_is_shortened_by_whole_characters(units: int, kept: int) -> None:
    assert shortened("😀" * 600, units) == "😀" * kept


def test_nearly_all_broken_requests_pass_once_they_are_repaired() -> None:
    told = tell(300, seed=3)
    assert told.share >= 0.95, "\n".join(told.examples)
