"""What the published sources say beside the source page, and where they disagree or the server knowingly differs."""

import httpx2
import pytest

from ringmock.domain.rulebook import DECISIONS
from ringmock.http.errors import CATALOGUE
from support import DIRECT_NUMBER, HANDSET, OWN, Client, assert_refused, sms_body

MESSAGES = "/restapi/v1.0/account/~/extension/~/message-store"
SYNC = "/restapi/v1.0/account/~/extension/~/message-sync"
SMS = "/restapi/v1.0/account/~/extension/~/sms"
PEOPLE = ("102", "103", "106")


def codes(answer: httpx2.Response) -> list[tuple[str, str | None]]:
    return [(problem["errorCode"], problem.get("parameterName")) for problem in answer.json()["errors"]]


def test_d25_a_page_to_nobody_is_cmn_102_and_one_to_who_cannot_receive_it_msg_316(world_client: Client) -> None:
    assert_refused(world_client.page("999"), 400, "CMN-102", "to")
    assert_refused(world_client.page("107"), 400, "MSG-316", "to")


def test_d26_a_page_has_as_many_recipients_as_it_names_each_once(world_client: Client) -> None:
    assert world_client.page(*PEOPLE * 100).status_code == 200
    assert [len(world_client.messages(number)) for number in PEOPLE] == [1, 1, 1]


def test_d27_a_synchronization_begins_24_hours_before_its_end(world_client: Client) -> None:
    answer = world_client.get(SYNC, params={"syncType": "FSync", "dateTo": "2026-03-02T10:30:20Z"})
    assert "dateFrom=2026-03-01T10:30:00.000Z" in answer.json()["uri"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text": ""}, [("CMN-101", "text")]),
        ({"to": []}, [("CMN-101", "to")]),
        ({"from": {"phoneNumber": ""}}, [("CMN-101", "from.phoneNumber")]),
        (
            {"from": None, "to": None, "text": None},
            [("CMN-101", "from"), ("CMN-101", "to"), ("CMN-101", "text")],
        ),
    ],
)
def test_d28_what_an_sms_lacks_is_reported_at_once(
    world_client: Client, change: dict[str, object], told: list[tuple[str, str]]
) -> None:
    answer = world_client.post(SMS, json=sms_body() | change)
    assert (answer.status_code, codes(answer)) == (400, told)


def test_d29_a_user_has_as_many_sessions_as_are_opened(world_client: Client) -> None:
    tokens = {world_client.log_in("102", refresh_token_ttl="2592000")["access_token"] for _ in range(6)}
    assert len(tokens) == 6
    for token in tokens:
        answer = world_client.get(MESSAGES, by=None, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (400, "CMN-101", "InvalidParameter"),
        (400, "MSG-245", "InvalidParameter"),
        (400, "MSG-246", "InvalidParameter"),
        (400, "MSG-247", "InvalidParameter"),
        (401, "OAU-128", "TokenInvalid"),
        (403, "MSG-304", "FeatureNotAvailable"),
        (403, "MSG-240", "InternationalProhibited"),
        (403, "CMN-401", "InsufficientPermissions"),
        (403, "CMN-408", None),
        (404, "CMN-102", None),
        (404, "CMN-120", None),
        (429, "CMN-301", None),
    ],
)
def test_d30_the_words_at_the_top_are_those_of_captured_answers(status: int, code: str, word: str | None) -> None:
    assert {row.word for row in CATALOGUE.values() if (row.status, row.code) == (status, code)} == {word}


def test_d31_a_text_has_no_prefix_and_json_no_blanks(world_client: Client) -> None:
    answer = world_client.post_sms("Hello there")
    assert answer.json()["subject"] == "Hello there"
    assert '"subject":"Hello there"' in answer.text
    assert {"server", "localhostinfo"}.isdisjoint(answer.headers)


def test_d31_no_code_that_is_named_there_is_ever_answered() -> None:
    (said,) = (decision.decision for decision in DECISIONS if decision.id == "D-31")
    assert [row.code for row in CATALOGUE.values() if row.code in said] == []


@pytest.mark.parametrize(
    ("method", "path", "by", "status"),
    [
        ("GET", MESSAGES, "101", 200),
        ("GET", f"{MESSAGES}/999", "101", 404),
        ("GET", f"{MESSAGES}?page=0", "101", 400),
        ("GET", MESSAGES, None, 401),
        ("GET", "/restapi/v1.0/nothing-here", "101", 404),
        ("PUT", SMS, "101", 405),
        ("GET", "/restapi", None, 200),
        ("POST", "/restapi/oauth/token", None, 400),
        ("POST", "/restapi/oauth/token", "101", 401),
    ],
)
def test_json_says_that_it_is_utf_8(world_client: Client, method: str, path: str, by: str | None, status: int) -> None:
    form = {"data": {"grant_type": "refresh_token", "refresh_token": "x"}} if "oauth" in path else {}
    answer = world_client.call(method, path, by=by, **form)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json;charset=utf-8")


@pytest.mark.parametrize(
    "path",
    [
        MESSAGES,
        SYNC,
        "/restapi/v1.0/account/~/extension",
        "/restapi/v1.0/account/~/phone-number",
        "/restapi/v1.0/account/~/call-queues",
    ],
)
def test_a_uri_repeats_no_parameter_that_the_operation_does_not_have_and_no_token(
    world_client: Client, path: str
) -> None:
    token = world_client.token("101")
    answer = world_client.get(path, by=None, params={"colour": "red", "access_token": token, "page": "1"})
    assert answer.status_code == 200
    assert token not in answer.text
    assert "colour" not in answer.text


def test_a_number_that_is_given_twice_is_named_as_in_the_published_table() -> None:
    (message,) = {row.message for row in CATALOGUE.values() if row.code == "CMN-406"}
    told = message.format(parameter="to", value="+13475550100")
    assert told == "Duplicate value for parameter to: +13475550100 found in request"


@pytest.mark.parametrize("name", ["perPage", "max", "Max"])
@pytest.mark.parametrize("path", [MESSAGES, "/restapi/v1.0/account/~/extension", "/restapi/v1.0/account/~/call-queues"])
def test_every_list_takes_the_older_names_of_per_page(world_client: Client, path: str, name: str) -> None:
    for _ in range(2):
        world_client.post_sms()
    answer = world_client.get(path, params={name: "1"})
    assert (len(answer.json()["records"]), answer.json()["paging"]["perPage"]) == (1, 1)


def test_nobody_but_its_user_sends_from_a_number(world_client: Client) -> None:
    for by in ("101", "103", "200"):
        answer = world_client.post(SMS, by=by, json=sms_body(sender=DIRECT_NUMBER["102"]))
        assert_refused(answer, 403, "MSG-304", "from")


def test_d46_nothing_is_at_the_uri_of_a_conversation(world_client: Client) -> None:
    assert_refused(world_client.get("/restapi/v1.0/conversation/4178398077955743750"), 404, "CMN-120")


def test_d43_who_is_in_an_address_book_is_not_named_by_it(world_client: Client) -> None:
    book = f"{OWN}/address-book/contact"
    world_client.post(book, json={"firstName": "Known", "mobilePhone": HANDSET})
    world_client.post(f"/_mock/handsets/{HANDSET}/messages", json={"to": "16509100010", "text": "It is me"})
    [received] = world_client.messages("101")
    assert received["from"] == {"phoneNumber": HANDSET}
