"""The control API over the socket: what each call does to one world, and what it says to bad input."""

from typing import Any

import httpx2
import pytest

from hostile.inputs import VALID
from ringmock import __version__
from ringmock.domain.attachment import MEDIA_TYPES
from support import DIRECT_NUMBER, HANDSET, MAIN_NUMBER, OWN, SMS, STORE, Client, assert_refused

READY = "/_mock/ready"
RESET = "/_mock/reset"
CLOCK = "/_mock/clock"
ADVANCE = "/_mock/clock/advance"
JOURNAL = "/_mock/journal"
HANDSET_MESSAGES = f"/_mock/handsets/{HANDSET}/messages"
ONE_OF = "is one of Enabled, Disabled, Frozen, NotActivated"
FROZEN = {"now": "2012-10-16T06:34:58Z", "frozen": True}


def journal(client: Client, query: str = "") -> list[dict[str, Any]]:
    return client.get(f"{JOURNAL}{query}").json()


# --- ready and reset -----------------------------------------------------------------------------


def test_ready_tells_version_account_and_generation(world_client: Client) -> None:
    answer = world_client.get(READY, by=None)

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "version": __version__, "account": 1346632010, "generation": "2012"}


def test_a_reset_brings_back_account_mailboxes_clock_ids_and_journal(world_client: Client) -> None:
    first = world_client.post_sms().json()
    world_client.call("PATCH", "/_mock/extensions/102", json={"status": "Frozen"})
    world_client.call("PUT", "/_mock/departments/200/members", json=["103"])
    world_client.call("PUT", CLOCK, json=FROZEN)

    answer = world_client.post(RESET)

    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert journal(world_client) == []
    assert world_client.messages("101") == []
    assert world_client.get("/_mock/extensions/102").json()["status"] == "Enabled"
    assert world_client.get("/_mock/extensions/200").json()["members"] == ["102", "103", "104", "105"]
    assert world_client.get(CLOCK).json()["frozen"] is False
    assert world_client.post_sms().json()["id"] == first["id"]


# --- which world ---------------------------------------------------------------------------------


def test_a_call_acts_on_the_world_of_its_token_and_on_no_other(server_url: str, world_client: Client) -> None:
    with Client(server_url) as other:
        world_client.call("PATCH", "/_mock/extensions/102", json={"status": "Frozen"})

        assert world_client.get("/_mock/extensions/102").json()["status"] == "Frozen"
        assert other.get("/_mock/extensions/102").json()["status"] == "Enabled"
        assert other.get("/_mock/extensions/102", by=None).json()["status"] == "Enabled"


def test_a_call_without_a_token_acts_on_the_world_of_the_fixture(world_client: Client) -> None:
    ready_made = {"Authorization": "Bearer demo-102"}

    world_client.call("PATCH", "/_mock/extensions/108", by=None, json={"status": "Disabled"})

    assert world_client.get("/_mock/extensions/108", by=None, headers=ready_made).json()["status"] == "Disabled"
    assert world_client.get("/_mock/extensions/108").json()["status"] == "Enabled"
    world_client.call("PATCH", "/_mock/extensions/108", by=None, json={"status": "Enabled"})


@pytest.mark.parametrize("authorization", ["Bearer garbage", "Bearer", "Basic cmluZ21vY2s6", "demo-101"])
def test_a_token_that_opens_no_world_is_told_apart_from_none(world_client: Client, authorization: str) -> None:
    answer = world_client.post(RESET, by=None, headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert "leave the header out for the default world" in answer.json()["error"]


@pytest.mark.parametrize(("origin", "status"), [("http://evil.example", 403), ("null", 403), (None, 200), ("own", 200)])
def test_a_page_of_another_site_is_kept_out(world_client: Client, origin: str | None, status: int) -> None:
    headers = {} if origin is None else {"Origin": world_client.url if origin == "own" else origin}

    assert world_client.get(READY, headers=headers).status_code == status


# --- extensions and Departments ------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Enabled", "Disabled", "Frozen", "NotActivated", "Unassigned"])
def test_an_extension_takes_any_status_of_the_api(world_client: Client, status: str) -> None:
    answer = world_client.call("PATCH", "/_mock/extensions/102", json={"status": status})

    said = {"number": "102", "id": 1346632102, "type": "User", "status": status, "name": "Second User"}
    assert (answer.status_code, answer.json()) == (200, said)
    assert world_client.get(OWN.replace("extension/~", "extension/1346632102")).json()["status"] == status


def test_a_frozen_extension_keeps_its_session_and_receives_no_page(world_client: Client) -> None:
    world_client.token("102")

    world_client.call("PATCH", "/_mock/extensions/102", json={"status": "Frozen"})

    assert_refused(world_client.page("102"), 400, "MSG-324", "to")
    assert world_client.messages("102") == []


def test_the_members_of_a_department_are_those_that_are_put(world_client: Client) -> None:
    answer = world_client.call("PUT", "/_mock/departments/201/members", json=["103", "102", "103"])

    assert (answer.status_code, answer.json()["members"]) == (200, ["103", "102"])
    world_client.page("201", text="To both")
    assert [m["subject"] for number in ("102", "103") for m in world_client.messages(number)] == ["To both", "To both"]


def test_a_department_can_be_emptied(world_client: Client) -> None:
    answer = world_client.call("PUT", "/_mock/departments/200/members", json=[])

    assert answer.json()["members"] == []


# --- handsets ------------------------------------------------------------------------------------


def test_an_sms_from_a_handset_is_in_the_mailbox_of_the_numbers_owner(world_client: Client) -> None:
    answer = world_client.post(HANDSET_MESSAGES, json={"to": "+" + DIRECT_NUMBER["102"], "text": "Hello"})

    assert answer.status_code == 200
    outcome = {"recipient": DIRECT_NUMBER["102"], "outcome": "delivered", "rule": "R-02"}
    assert answer.json() == {"recipients": [outcome]}
    received = world_client.messages("102")[0]
    assert (received["subject"], received["direction"]) == ("Hello", "Inbound")
    assert received["from"] == {"phoneNumber": HANDSET}


@pytest.mark.parametrize(
    ("to", "outcome", "rule"),
    [
        pytest.param("16509100104", "dropped", "R-16", id="Frozen"),
        pytest.param("16509100107", "undeliverable", "D-09", id="Announcement"),
        pytest.param(MAIN_NUMBER, "undeliverable", "D-09", id="the company's"),
    ],
)
def test_an_sms_that_nobody_receives_says_what_became_of_it(
    world_client: Client, to: str, outcome: str, rule: str
) -> None:
    answer = world_client.post(HANDSET_MESSAGES, json={"to": to, "text": "Hello"})

    assert answer.json() == {"recipients": [{"recipient": to, "outcome": outcome, "rule": rule}]}


@pytest.mark.parametrize("handset", [HANDSET, "+" + HANDSET, "%2B" + HANDSET])
def test_a_handset_tells_what_it_has_received_oldest_first(world_client: Client, handset: str) -> None:
    ids = [world_client.post_sms(text).json()["id"] for text in ("First", "Second")]

    received = world_client.get(f"/_mock/handsets/{handset}/messages").json()

    assert [message["id"] for message in received] == ids
    assert [message["text"] for message in received] == ["First", "Second"]
    assert received[0]["from"] == DIRECT_NUMBER["101"]
    assert received[0]["to"] == [HANDSET]
    assert list(received[0]) == ["id", "from", "to", "text", "created"]


def test_a_handset_that_nobody_wrote_to_has_received_nothing(world_client: Client) -> None:
    assert world_client.get("/_mock/handsets/14151003733/messages").json() == []


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"to": DIRECT_NUMBER["102"], "text": "Look", "attachments": [
            {"contentType": "image/png", "fileName": "map.png", "content": "YSBwaWN0dXJl"}]}},
        {"json": {"to": DIRECT_NUMBER["102"], "text": "Look", "attachments": {
            "fileName": "map.png", "content": "YSBwaWN0dXJl"}}},
        {"data": {"to": DIRECT_NUMBER["102"], "text": "Look"},
         "files": [("any", ("map.png", b"a picture", "image/png"))]},
    ],
    ids=["in base64", "one alone, its type by its name", "as a form"],
)  # fmt: skip
def test_an_mms_from_a_handset_is_received_with_its_files(world_client: Client, body: dict[str, Any]) -> None:
    assert world_client.post(HANDSET_MESSAGES, **body).status_code == 200

    received = world_client.messages("102")[0]
    assert (received["subject"], received["type"]) == ("Look", "SMS")
    _, picture = received["attachments"]
    assert (picture["contentType"], picture["fileName"], picture["size"]) == ("image/png", "map.png", 9)
    assert world_client.get(picture["uri"], by="102").content == b"a picture"


@pytest.mark.parametrize(("count", "status"), [(9, 200), (10, 200), (11, 409)])
def test_a_handset_sends_as_many_files_as_an_mms_may_carry(world_client: Client, count: int, status: int) -> None:
    files = [{"fileName": "map.png", "content": "YSBwaWN0dXJl"}] * count

    answer = world_client.post(HANDSET_MESSAGES, json={"to": DIRECT_NUMBER["102"], "attachments": files})

    assert answer.status_code == status, answer.text
    assert len(world_client.messages("102")) == (status == 200)


def test_a_handset_sends_a_picture_without_a_text(world_client: Client) -> None:
    picture = {"fileName": "map.png", "content": "YSBwaWN0dXJl"}

    world_client.post(HANDSET_MESSAGES, json={"to": DIRECT_NUMBER["102"], "attachments": [picture]})

    assert [each["type"] for each in world_client.messages("102")[0]["attachments"]] == ["MmsAttachment"]


def test_a_handset_shows_the_files_that_it_has_received(world_client: Client) -> None:
    world_client.post(SMS, files=[("json", VALID), ("attachment", ("map.png", b"a picture", "image/png"))])

    [received] = world_client.get(HANDSET_MESSAGES).json()

    [picture] = received["attachments"]
    assert (picture["contentType"], picture["fileName"], picture["size"]) == ("image/png", "map.png", 9)
    content = world_client.get(picture["uri"])
    assert (content.content, content.headers["content-type"]) == (b"a picture", "image/png")
    assert world_client.get(picture["uri"] + "9").status_code == 404


ANY_TYPE = [
    *MEDIA_TYPES,
    "application/octet-stream",
    "application/json",
    "application/problem+json",
    "application/xml",
    "application/xhtml+xml",
    "application/javascript",
    "application/x-www-form-urlencoded",
    "text/xml",
    "text/javascript",
    "text/event-stream",
    "image/x-own",
]


@pytest.mark.parametrize("content_type", ANY_TYPE)
def test_what_a_handset_may_send_is_read_as_it_was_sent(world_client: Client, content_type: str) -> None:
    file = {"fileName": "a.html", "contentType": content_type, "content": "PHNjcmlwdD4="}
    answer = world_client.post(HANDSET_MESSAGES, json={"to": DIRECT_NUMBER["102"], "attachments": [file]})
    assert answer.status_code == 200, answer.text

    [held] = world_client.messages("102")[0]["attachments"]
    content = world_client.get(held["uri"], by="102")

    assert (content.status_code, content.content) == (200, b"<script>")
    assert content.headers["content-type"] == content_type
    assert content.headers["x-content-type-options"] == "nosniff"
    assert content.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert content.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("content_type", ["foo/bar", "multipart/mixed", "multipart/form-data", "message/rfc822"])
def test_what_could_not_be_read_again_is_not_taken_from_a_handset(world_client: Client, content_type: str) -> None:
    in_json = {"contentType": content_type, "content": "YQ=="}
    as_form = {"data": {"to": DIRECT_NUMBER["102"]}, "files": [("any", ("a.bin", b"a", content_type))]}
    for body in ({"json": {"to": DIRECT_NUMBER["102"], "attachments": [in_json]}}, as_form):
        answer = world_client.post(HANDSET_MESSAGES, **body)
        assert (answer.status_code, "begins with one of" in answer.json()["error"]) == (409, True)
    assert world_client.messages("102") == []


@pytest.mark.parametrize(
    ("content_type", "shown"), [("text/html", "attachment"), ("image/svg+xml", "attachment"), ("image/png", "inline")]
)
def test_no_browser_runs_a_file_that_a_handset_shows(world_client: Client, content_type: str, shown: str) -> None:
    world_client.post(SMS, files=[("json", VALID), ("attachment", ("file", b"<script>", content_type))])
    [received] = world_client.get(HANDSET_MESSAGES).json()

    content = world_client.get(received["attachments"][0]["uri"])

    assert (content.content, content.headers["content-type"]) == (b"<script>", content_type)
    assert content.headers["content-disposition"].startswith(f"{shown}; filename")
    assert content.headers["x-content-type-options"] == "nosniff"
    assert content.headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    "path", ["/_mock/", "/_mock/journal", "/_mock/nothing", "/_mock/coverage.html", "/_mock/ready"]
)
def test_nothing_of_the_control_api_is_shown_in_a_frame(world_client: Client, path: str) -> None:
    headers = world_client.get(path, by=None).headers
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


# --- the clock -----------------------------------------------------------------------------------


def test_a_frozen_clock_stands_still_and_dates_the_messages(world_client: Client) -> None:
    answer = world_client.call("PUT", CLOCK, json=FROZEN)

    stands = {"now": "2012-10-16T06:34:58.000Z", "frozen": True}
    assert (answer.status_code, answer.json()) == (200, stands)
    assert world_client.post_sms().json()["creationTime"] == "2012-10-16T06:34:58.000Z"
    assert world_client.get(CLOCK).json() == stands


@pytest.mark.parametrize("seconds", [3599, 3600, 90_000])
def test_a_clock_is_moved_beyond_the_life_of_the_token_that_the_call_carries(
    world_client: Client, seconds: float
) -> None:
    answer = world_client.call("POST", "/_mock/clock/advance", json={"seconds": seconds})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("seconds", "now"),
    [
        (60, "2012-10-16T06:35:58.000Z"),
        (0.5, "2012-10-16T06:34:58.500Z"),
        (0, "2012-10-16T06:34:58.000Z"),
        (-58, "2012-10-16T06:34:00.000Z"),
    ],
)
def test_a_clock_advances_by_seconds_and_stays_frozen(world_client: Client, seconds: float, now: str) -> None:
    world_client.call("PUT", CLOCK, json=FROZEN)

    answer = world_client.post(ADVANCE, json={"seconds": seconds})

    assert answer.json() == {"now": now, "frozen": True, "count": 0, "happened": []}


def test_a_token_moves_the_clock_beyond_its_own_end(world_client: Client) -> None:
    moved = world_client.post(ADVANCE, json={"seconds": 90_000})
    assert moved.status_code == 200, moved.text
    assert_refused(world_client.get(STORE), 401, "OAU-128")


def test_a_clock_that_is_told_only_to_go_on_keeps_its_time(world_client: Client) -> None:
    world_client.call("PUT", CLOCK, json=FROZEN)

    answer = world_client.call("PUT", CLOCK, json={"frozen": False})

    assert answer.json()["now"].startswith("2012-10-16T06:3")
    assert answer.json()["frozen"] is False


# --- the journal ---------------------------------------------------------------------------------


def test_the_journal_tells_the_newest_call_first_and_which_rule_decided_each_recipient(world_client: Client) -> None:
    world_client.post_sms()
    world_client.page("104")

    page, sms = journal(world_client, "?limit=2")

    assert (page["who"], page["operation"], page["status"], page["rules"]) == (
        "101", "createInternalTextMessage", 400, ["R-18"],
    )  # fmt: skip
    assert page["errors"][0]["errorCode"] == "MSG-324"
    assert (sms["who"], sms["method"], sms["path"], sms["status"]) == ("101", "POST", SMS, 200)
    assert sms["recipients"] == [{"recipient": HANDSET, "outcome": "outside", "rule": "R-06"}]
    assert sms["rules"] == ["R-06"]


@pytest.mark.parametrize(
    ("include", "names"),
    [("", set()), ("text", {"body"}), ("token", {"token"}), ("text,token", {"body", "token"})],
)
def test_texts_and_tokens_are_told_only_when_they_are_asked_for(
    world_client: Client, include: str, names: set[str]
) -> None:
    world_client.post_sms("My secret")

    entry = journal(world_client, f"?limit=1&include={include}")[0]

    assert {"body", "token"} & set(entry) == names
    assert ("My secret" in str(entry)) is ("body" in names)
    assert (world_client.token("101") in str(entry)) is ("token" in names)


def test_the_journal_keeps_a_bounded_number_of_calls(world_client: Client) -> None:
    for _ in range(1005):
        world_client.get(f"{STORE}/1")

    assert len(journal(world_client)) == 1000
    assert len(journal(world_client, "?limit=20")) == 20


def test_the_journal_leaves_out_the_control_api(world_client: Client) -> None:
    world_client.get(STORE)
    world_client.get(READY)

    assert journal(world_client)[0]["operation"] == "listMessages"


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("PATCH", "/_mock/extensions/102", '{"status": "Froze"}', ONE_OF),
        ("PATCH", "/_mock/extensions/102", '{"status": ["Frozen"]}', ONE_OF),
        ("PATCH", "/_mock/extensions/102", "{}", "'status' is missing: it is one of Enabled, Disabled, Frozen"),
        ("PATCH", "/_mock/extensions/102", '{"Status": "Frozen"}', "'Status' is not known here: did you mean 'status'"),
        ("PATCH", "/_mock/extensions/102", '{"name": "x"}', 'here. The body is an object, as in {"status": "Frozen"}.'),
        ("PATCH", "/_mock/extensions/102", '"Frozen"', 'The body is an object, as in {"status": "Frozen"}'),
        ("PATCH", "/_mock/extensions/102", "status=Frozen", "The body is JSON in UTF-8"),
        ("PATCH", "/_mock/extensions/102", "", "The body is JSON in UTF-8"),
        ("PUT", "/_mock/departments/200/members", "[102]", "each a text, as in [\"102\", \"103\"]"),
        ("PUT", "/_mock/departments/200/members", '{"members": []}', "a list of extension numbers"),
        ("POST", HANDSET_MESSAGES, '{"text": "a"}', "'to' is missing: it is a number of the account, or a list"),
        *(("POST", HANDSET_MESSAGES, f'{{"to": "16509100010", "attachments": [{wrong}]}}', says)
          for wrong, says in (
              ('"YQ=="', "'attachments[0]' is an object with its content in base64, as in"),
              ("{}", "'attachments[0].content' is missing"),
              ('{"content": "?"}', "'attachments[0].content' is its content in base64"),
              ('{"content": 1}', "'attachments[0].content' is its content in base64"),
              ('{"content": "YQ==", "filename": "a"}', "in 'attachments[0]': did you mean 'fileName'? It takes"))),
        ("POST", HANDSET_MESSAGES, '{"to": 16509100010, "text": "a"}', "'to' is a number of the account, or a list"),
        ("POST", HANDSET_MESSAGES, '{"to": [], "text": "a"}', "'to' is a number of the account, or a list"),
        ("POST", HANDSET_MESSAGES, '{"to": [1], "text": "a"}', "'to[0]' is a text"),
        ("POST", HANDSET_MESSAGES, '{"to": "16509100010", "text": "\\ud800"}', "The body is JSON in UTF-8"),
        ("PUT", CLOCK, '{"now": "yesterday"}', '"now": "2012-10-16T06:34:58Z"'),
        ("PUT", CLOCK, '{"now": 1350369298}', "'now' is a date-time with a zone, as the API writes it, as in"),
        ("PUT", CLOCK, '{"frozen": "yes"}', "'frozen' is true or false, as in"),
        ("PUT", CLOCK, "{}", "The body is an object with some of frozen and now, as in"),
        ("PUT", CLOCK, '{"time": 1}', "'time' is not known here"),
        ("POST", ADVANCE, '{"seconds": "60"}', "'seconds' is a number"),
        ("POST", ADVANCE, '{"seconds": true}', "'seconds' is a number"),
        ("POST", ADVANCE, '{"seconds": NaN}', "The body is JSON in UTF-8"),
        ("POST", ADVANCE, '{"seconds": 1e15}', "within the years 1 to 9999"),
        ("POST", ADVANCE, '{"seconds": 1e300}', "within the years 1 to 9999"),
        ("POST", ADVANCE, "{}", "as in {\"seconds\": 60}"),
        ("GET", f"{JOURNAL}?limit=0", "", "'limit' is a number from 1 to 1000000000, as in ?limit=20"),
        ("GET", f"{JOURNAL}?limit=ten", "", "'limit' is a number from 1 to"),
        ("GET", f"{JOURNAL}?limit=1&limit=2", "", "'limit' is there twice: each name of the query stands once"),
        ("GET", f"{JOURNAL}?include=texts", "", "'include' is 'text', 'token' or both"),
        ("GET", f"{JOURNAL}?limits=1", "", "'limits' is not known here: did you mean 'limit'? The query takes limit"),
        ("GET", f"{CLOCK}?at=1", "", "'at' is not known here: GET /_mock/clock takes no query."),
    ],
)  # fmt: skip
def test_what_the_description_does_not_have_is_told_what_would_be_right(
    world_client: Client, method: str, path: str, body: str, says: str
) -> None:
    assert_told(world_client.call(method, path, content=body), 400, says)


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("PUT", "/_mock/departments/102/members", "[]", "Extension 102 is of type User: only a Department has members"),
        ("PUT", "/_mock/departments/200/members", '["999"]', "There is no extension '999'"),
        ("PUT", "/_mock/departments/200/members", '["201"]', "Extension 201 is of type Department: members are Users"),
        ("PUT", "/_mock/departments/200/members", '["107"]', "107 is of type Announcement: members are Users"),
        ("POST", HANDSET_MESSAGES, '{"to": "16509100010"}', "a number of the account and a text"),
        ("POST", HANDSET_MESSAGES, '{"to": "16509100010", "text": ""}', "a number of the account and a text"),
        ("POST", HANDSET_MESSAGES, '{"to": "16509100010", "attachments": []}', "and a text, as in"),
        ("POST", HANDSET_MESSAGES, '{"to": "16509100010", "attachments": [{"content": ""}]}', "at least one byte"),
        ("POST", HANDSET_MESSAGES, '{"to": "16509100010", "attachments": [{"content": "YQ==", "contentType": "png"}]}',
         "is no media type, as image/png is"),
        ("POST", HANDSET_MESSAGES,
         f'{{"to": "16509100010", "attachments": [{{"content": "YQ==", "fileName": "{"n" * 256}"}}]}}',
         "The name of a file has at most 255 characters, not 256."),
        ("POST", HANDSET_MESSAGES, '{"to": "14151003733", "text": "a"}', "account, one of 16509100001, 16509100010"),
        ("POST", HANDSET_MESSAGES, '{"to": "102", "text": "a"}', "'to' is a phone number of this account"),
        ("POST", HANDSET_MESSAGES, '{"to": ["16509100010", "14151003733"], "text": "a"}', "goes to one number"),
        ("POST", HANDSET_MESSAGES, '{"to": ["12025550100", "14151003733"], "text": "a"}', "and one of this account"),
        ("POST", "/_mock/handsets/16509100010/messages", '{"to": "102", "text": "a"}', "belongs to the account"),
        ("GET", "/_mock/handsets/16509100010/messages", "", "a handset is a phone outside, as 14151003732 is"),
        ("GET", "/_mock/handsets/102/messages", "", "write 7 to 15 digits, as in 14151003732"),
        ("GET", f"{JOURNAL}?limit=1001", "", "'limit' is a number from 1 to 1000, as in ?limit=20"),
    ],
)  # fmt: skip
def test_what_the_world_cannot_do_is_told_what_would_be_right(
    world_client: Client, method: str, path: str, body: str, says: str
) -> None:
    assert_told(world_client.call(method, path, content=body), 409, says)


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("PATCH", "/_mock/extensions/999", '{"status": "Frozen"}', "this account has 101, 102"),
        ("GET", "/_mock/extensions/999", "", "There is no extension '999'"),
        ("PUT", "/_mock/departments/999/members", "[]", "There is no extension '999'"),
        ("GET", f"{HANDSET_MESSAGES}/1/attachments/1", "", "has received no such file"),
    ],
)
def test_a_path_that_names_nothing_is_told_what_there_is(
    world_client: Client, method: str, path: str, body: str, says: str
) -> None:
    assert_told(world_client.call(method, path, content=body), 404, says)


def assert_told(answer: httpx2.Response, status: int, says: str) -> None:
    """A refusal of the control API: one sentence."""
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    assert says in answer.json()["error"]
    assert answer.json()["error"].endswith(".")


def test_a_body_20_000_levels_deep_is_told_what_would_be_right(world_client: Client) -> None:
    answer = world_client.post(ADVANCE, content="[" * 20_000)

    assert answer.status_code == 400
    assert answer.json()["error"] == "The body is JSON of at most 100 levels, and this has more."


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/_mock/0123456789", 404, "There is no /_mock/0123456789 here, but: /_mock/carrier, /_mock/clock,"),
        ("GET", "/_mock/clok", 404, "There is no /_mock/clok here: did you mean /_mock/clock?"),
        ("GET", RESET, 405, "/_mock/reset takes POST."),
        ("DELETE", CLOCK, 405, "/_mock/clock takes GET and PUT."),
        ("POST", JOURNAL, 405, "/_mock/journal takes GET."),
    ],
)
def test_what_the_control_api_does_not_have_is_said_in_json_with_what_it_has(
    world_client: Client, method: str, path: str, status: int, said: str
) -> None:
    answer = world_client.call(method, path)

    assert answer.status_code == status
    assert answer.json()["error"].startswith(said)
    assert "static" not in answer.json()["error"]


def test_curl_names_another_content_type_and_is_understood(world_client: Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = world_client.call("PATCH", "/_mock/extensions/102", content='{"status": "Frozen"}', headers=form)

    assert answer.json()["status"] == "Frozen"


def test_sessions_outlive_a_reset(world_client: Client) -> None:
    token = world_client.token("102")

    world_client.post(RESET)

    assert world_client.token("102") == token
    assert world_client.get(OWN, by="102").status_code == 200


# --- rate limits ----------------------------------------------------------------------------------

NO_LIMITS = {"light": None, "medium": None, "heavy": None, "auth": None, "messages": None}


@pytest.mark.parametrize(
    ("asked", "held_to"),
    [
        ({"profile": "ringcentral"}, {"light": 50, "medium": 40, "heavy": 10, "auth": 5, "messages": 40}),
        ({"profile": "ringcentral", "light": 2}, {"light": 2, "medium": 40, "heavy": 10, "auth": 5, "messages": 40}),
        ({"heavy": 1}, {"heavy": 1}),
        ({"messages": 7}, {"messages": 7}),
        ({}, {}),
    ],
)
def test_a_world_is_held_to_limits(world_client: Client, asked: dict[str, object], held_to: dict[str, int]) -> None:
    answer = world_client.call("PUT", "/_mock/limits", json=asked)

    assert answer.json() == world_client.get("/_mock/limits").json() == {**NO_LIMITS, **held_to}


@pytest.mark.parametrize(
    "asked",
    [{"profile": "x"}, {"light": 0}, {"light": True}, {"light": "5"}, {"messages": 1_000_001}, {"fast": 1}, []],
)
def test_limits_that_make_no_sense_change_nothing(world_client: Client, asked: object) -> None:
    answer = world_client.call("PUT", "/_mock/limits", json=asked)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert world_client.get("/_mock/limits").json() == NO_LIMITS


# --- how much of it ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"[" + b"1," * 9_999 + b"1]", 400, "The body is JSON of at most 10000 values, and this has more."),
        (b"[" * 101 + b"]" * 101, 400, "The body is JSON of at most 100 levels, and this has more."),
        (b"[" * 100 + b"]" * 100, 400, "The body is a list of extension numbers, each a text, as in"),
        (b'["102"' + b',"102"' * 9_998 + b"]", 409, "Members are each named once, and this account has"),
    ],
    ids=["values", "levels", "a list of lists", "members"],
)
def test_a_body_that_is_too_much_is_told_the_bound(
    world_client: Client, content: bytes, status: int, sentence: str
) -> None:
    answer = world_client.call("PUT", "/_mock/departments/200/members", content=content)

    assert answer.status_code == status
    assert answer.json()["error"].startswith(sentence)


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("", "abcde"),
        ("?limit=2", "de"),
        ("?limit=5", "abcde"),
        ("?start=1&limit=2", "bc"),
        ("?start=4", "e"),
        ("?start=5", ""),
    ],
)
def test_what_a_phone_has_received_is_told_page_by_page(world_client: Client, query: str, texts: str) -> None:
    for text in "abcde":
        world_client.post_sms(text, to="14151003734")

    answer = world_client.get(f"/_mock/handsets/14151003734/messages{query}")

    assert "".join(message["text"] for message in answer.json()) == texts
    assert answer.headers["X-Total-Count"] == "5"


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "start=-1", "start=x"])
def test_a_page_of_what_a_phone_has_received_is_asked_for_by_numbers(world_client: Client, query: str) -> None:
    answer = world_client.get(f"/_mock/handsets/14151003734/messages?{query}")

    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["error"]


@pytest.mark.parametrize(("query", "calls"), [("", ["200", "404"]), ("?limit=1", ["404"])])
def test_the_journal_as_text_has_a_line_for_each_call_oldest_first(
    world_client: Client, query: str, calls: list[str]
) -> None:
    world_client.post(RESET)
    assert world_client.get("/_mock/journal.txt").text == "  none\n"
    world_client.post_sms()
    world_client.get(f"{STORE}/1")

    answer = world_client.get(f"/_mock/journal.txt{query}")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert [line.split()[3] for line in answer.text.splitlines()] == calls
    assert answer.text.startswith("   101 ")
