"""The smallest changed request that would pass: by hand for each kind of mistake, and by mutation for all together."""

from collections.abc import Iterator
from typing import Any

import pytest

from broken_requests import FIRST_MESSAGE, FIRST_PAGE, Sent, Server, tell
from ringmock.http.why.plans import FORM, JSON
from ringmock.http.why.repair import Account, Repaired, Request, repaired, shortened
from support import JWT_BEARER, TOKEN, sms_body

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
        (Request("PUT", f"{STORE}/{FIRST_MESSAGE}", (), JSON, {"readStatus": "red"}), ('`readStatus` is "Read"',)),
    ],
)  # fmt: skip
def test_what_is_around_a_body_is_mended(server: Server, request_: Request, changes: tuple[str, ...]) -> None:
    assert mended(server, request_).changes == changes


ENTRY_POINTS = "/.well-known/entry-points/initial"
AUTHORIZE = "/restapi/oauth/authorize"
BROWSER, CODE = ("client_id", "ringmock-browser"), "`response_type` of the query is code"
NEW_YEAR, FEBRUARY = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
CONFIGURATION = "/restapi/v1.0/account/~/message-store-configuration"
PARSE = "/restapi/v2/number-parser/parse"


@pytest.mark.parametrize(
    ("path", "query", "change", "repaired_query"),
    [
        (ENTRY_POINTS, (("clientID", "x"),), "`clientID` of the query is `clientId`", (("clientId", "x"),)),
        (ENTRY_POINTS, (), "the query has `clientId`", (("clientId", "ringmock"),)),
        (AUTHORIZE, (("response_type", "cod"), BROWSER), CODE, (("response_type", "code"), BROWSER)),
        (AUTHORIZE, (("response_type", "???"), BROWSER), CODE, (("response_type", "code"), BROWSER)),
        (STORE, (("distinctConversations", "maybe"),), "the query is without `distinctConversations`", ()),
        (STORE, (("distinctConversations", "TRUE"), ("page", "0")), "`page` of the query is 1",
         (("distinctConversations", "TRUE"), ("page", "1"))),
        (STORE, (("page", "1"), ("page", "2")), "`page` is in the query once", (("page", "1"),)),
        (STORE, (("dateFrom", FEBRUARY), ("dateTo", NEW_YEAR)),
         "the query is without `dateTo`, which is before `dateFrom`", (("dateFrom", FEBRUARY),)),
    ],
)  # fmt: skip
def test_a_query_is_mended_where_it_is_wrong(
    server: Server,
    path: str,
    query: tuple[tuple[str, str], ...],
    change: str,
    repaired_query: tuple[tuple[str, str], ...],
) -> None:
    found = mended(server, Request("GET", path, query))
    assert found.changes == (change,)
    assert found.request.query == repaired_query


@pytest.mark.parametrize(
    ("method", "path", "body", "change", "mended_body"),
    [
        ("POST", SMS, sms_body() | {"text": ["Hi"]}, '`text` is "Hi"', {"text": "Hi"}),
        ("POST", PARSE, {"originalStrings": ["+14151003732"], "resultContent": {"includeFormats": "yes"}},
         "`resultContent.includeFormats` is true", {"resultContent": {"includeFormats": True}}),
        ("POST", PARSE, {"originalStrings": ["+14151003732"], "resultContent": {"includeFormats": "no"}},
         "`resultContent.includeFormats` is false", {"resultContent": {"includeFormats": False}}),
        ("PUT", CONFIGURATION, {"retentionPeriod": 6}, "`retentionPeriod` is 7", {"retentionPeriod": 7}),
        ("PUT", CONFIGURATION, {"retentionPeriod": 91}, "`retentionPeriod` is 90", {"retentionPeriod": 90}),
        ("PUT", OWN, {"password": "another-1"}, "`password` is not there", {}),
        ("POST", PAGER, page(to=[{"extensionId": "999", "phoneNumber": "16509100102"}]).body, "`to` is",
         {"to": [{"extensionNumber": "102"}]}),
    ],
)  # fmt: skip
def test_a_value_of_a_body_is_mended_to_the_nearest_that_passes(
    server: Server, method: str, path: str, body: dict[str, Any], change: str, mended_body: dict[str, Any]
) -> None:
    found = mended(server, Request(method, path, (), JSON, body))
    assert len(found.changes) == 1, found.changes
    assert found.changes[0].startswith(change)
    assert mended_body.items() <= found.request.body.items()
    assert set(found.request.body) <= set(body)


@pytest.mark.parametrize("form", [None, {"grant_type": JWT_BEARER, "assertion": "made-up"}])
def test_a_sign_in_that_says_nothing_that_is_known_is_mended_to_one_that_is(server: Server, form: Any) -> None:
    found = mended(server, Request("POST", TOKEN, (), FORM, form, "basic"))
    assert found.request.body["assertion"] == "demo-jwt-101"


@pytest.mark.parametrize("sender", ["16509100107", "16509100010"])
def test_who_may_not_send_at_all_is_told_of_nothing_that_would_pass(server: Server, sender: str) -> None:
    assert repaired(sms(**{"from": {"phoneNumber": sender}}), Account(server.world, "107")) is None


GROUP = [{"phoneNumber": "14151003732"}, {"phoneNumber": "14151003733"}]


@pytest.fixture(scope="module")
def current() -> Iterator[Server]:
    server = Server("current")
    yield server
    server.close()


@pytest.mark.parametrize(
    ("caller", "sender", "to", "mended_body"),
    [
        ("101", "16509100010", [GROUP[0], GROUP[0]], {"to": [GROUP[0]]}),
        ("101", "16509100010", [GROUP[0], {"phoneNumber": "102"}], {"to": [GROUP[0], {"phoneNumber": "16509100102"}]}),
        ("103", "18005550103", GROUP, {"to": GROUP, "from": {"phoneNumber": "16509100103"}}),
        ("106", "16509100106", GROUP, {"to": GROUP[:1], "from": {"phoneNumber": "16509100106"}}),
    ],
)
def test_a_group_message_is_mended_by_its_recipients_or_by_its_sender(
    current: Server, caller: str, sender: str, to: list[Any], mended_body: dict[str, Any]
) -> None:
    found = repaired(sms(to=to, **{"from": {"phoneNumber": sender}}), Account(current.world, caller))
    assert found is not None
    assert {name: found.request.body[name] for name in mended_body} == mended_body


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
