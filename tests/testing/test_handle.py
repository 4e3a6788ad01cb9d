"""A test's handle on its world, used as any test runner would."""

import base64
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from ringmock.testing import Attachment, MockServer, Ringmock, run_server
from support import DIRECT_NUMBER, HANDSET, SMS, Client, assert_oauth_refused, sms_body

AWAIT = 30.0
START = datetime(2012, 10, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with run_server("demo") as running:
        yield running


@pytest.fixture
def world(server: MockServer) -> Iterator[Ringmock]:
    with server.new_world() as opened:
        yield opened


@pytest.fixture
def client(world: Ringmock) -> Iterator[Client]:
    """The code under test."""
    with client_of(world) as made:
        yield made


def client_of(world: Ringmock) -> Client:
    made = Client(world.url)
    made.client_id, made.client_secret = world.client_id, world.client_secret
    return made


# --- high-volume SMS -----------------------------------------------------------------------------


def test_a_message_of_a_batch_is_waited_for_like_any_other(world: Ringmock, client: Client) -> None:
    messages = [{"to": [HANDSET]}, {"to": [DIRECT_NUMBER["102"]], "text": "Your code is 4711"}]
    batch = {"from": "16509100300", "text": "Hello", "messages": messages}
    assert client.post("/restapi/v1.0/account/~/a2p-sms/batches", json=batch).status_code == 201

    assert world.wait_for_sms(to=DIRECT_NUMBER["102"], contains="code").sender == "16509100300"
    assert [message.text for message in world.handset(HANDSET).messages] == ["Hello"]
    assert world.handset(HANDSET).send(to="16509100300", text="Thanks") == "delivered"
    assert world.wait_for_sms(to="16509100300").text == "Thanks"
    assert world.mailbox("101") == []


# --- signing in ----------------------------------------------------------------------------------


def test_a_token_is_a_log_in_to_this_world(world: Ringmock, client: Client) -> None:
    headers = {"Authorization": f"Bearer {world.token('101')}"}

    assert client.post("/restapi/v1.0/account/~/extension/~/sms", by=None, headers=headers).status_code == 400
    assert client.page("102", by="101").status_code == 200
    assert [message.text for message in world.mailbox("102")] == ["Hello"]


def test_a_jwt_signs_in_with_the_world_s_own_client_credentials(world: Ringmock, client: Client) -> None:
    assert world.jwt("101") == "demo-jwt-101"
    assert client.log_in("101")["owner_id"] == "1346632010"


def test_a_frozen_extension_gets_no_token(world: Ringmock) -> None:
    with pytest.raises(ValueError, match="104 is Frozen and cannot sign in"):
        world.token("104")


def test_a_world_that_is_closed_has_forgotten_its_tokens(server: MockServer) -> None:
    before = len(server.worlds)
    with server.new_world() as world, client_of(world) as client:
        client.token("101")
        assert len(server.worlds) == before + 1

        server_side = world.token("101")
    with Client(server.url) as stranger:
        answer = stranger.get("/restapi/v1.0/account/~", by=None, headers={"Authorization": f"Bearer {server_side}"})
    assert len(server.worlds) == before
    assert (answer.status_code, answer.json()["errors"][0]["errorCode"]) == (401, "OAU-213")


def test_nobody_guesses_a_world_s_secret(world: Ringmock) -> None:
    with Client(world.url) as stranger:
        stranger.client_id = world.client_id
        answer = stranger.ask_token(grant_type="password", username="1", password="1")
    assert_oauth_refused(answer, "invalid_client", "OAU-146")


# --- the account and its mailboxes ---------------------------------------------------------------


def test_a_mailbox_lists_what_a_person_would_look_for_oldest_first(world: Ringmock, client: Client) -> None:
    client.page("102", text="one")
    client.page("102", text="two")

    first, second = world.mailbox("102")

    assert (first.text, second.text) == ("one", "two")
    assert (first.type, first.direction, first.sender, first.recipients) == ("Pager", "Inbound", "101", ("102",))
    assert (first.read, first.status) == (False, "Sent")
    assert str(first) == "Pager 101 to 102: 'one'"


def test_a_mailbox_shows_messages_of_any_age(world: Ringmock, client: Client) -> None:
    world.clock.freeze("2012-10-16T06:34:58Z")
    client.page("102")
    world.clock.go_on()
    world.clock.set(datetime(2026, 1, 1, tzinfo=UTC))

    assert [message.created.year for message in world.mailbox("102")] == [2012]


def test_an_extension_that_the_account_lacks_is_named(world: Ringmock) -> None:
    with pytest.raises(LookupError, match=r"no extension '999': this account has 101, 102"):
        world.mailbox("999")


def test_a_handset_receives_and_answers(world: Ringmock, client: Client) -> None:
    client.post_sms("Hello")
    handset = world.handset("+14151003732")

    assert [message.text for message in handset.messages] == ["Hello"]
    assert handset.send(to=DIRECT_NUMBER["101"], text="Hi") == "delivered"
    assert [(m.direction, m.sender, m.text) for m in world.mailbox("101")][1:] == [("Inbound", HANDSET, "Hi")]


def test_a_handset_sends_and_receives_files(world: Ringmock, client: Client) -> None:
    picture = Attachment("image/png", "map.png", b"a picture")
    message = ("json", json.dumps(sms_body("Look")).encode())
    client.post(SMS, files=[message, ("attachment", ("map.png", b"a picture", "image/png"))])
    handset = world.handset(HANDSET)

    assert [received.attachments for received in handset.messages] == [(picture,)]
    assert handset.send(to=DIRECT_NUMBER["101"], attachments=handset.messages[0].attachments) == "delivered"
    assert [(m.text, m.attachments) for m in world.mailbox("101")][1:] == [("", (picture,))]


@pytest.mark.parametrize(("to", "text"), [("14155550000", "Hi"), ("101", "Hi"), ("16509100010", ""), ("101", "\ud83d")])
def test_a_handset_tells_what_it_cannot_send(world: Ringmock, to: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"phone number of this account|and a text|half a surrogate pair"):
        world.handset(HANDSET).send(to=to, text=text)


@pytest.mark.parametrize(("number", "why"), [("16509100010", "belongs to the account"), ("42", "no phone number")])
def test_a_handset_is_a_phone_outside(world: Ringmock, number: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        world.handset(number)


def test_freezing_and_thawing_decide_who_is_reached(world: Ringmock, client: Client) -> None:
    world.freeze("102")
    world.thaw("104")
    world.members("200", "102", "104")

    client.page("200")

    assert world.mailbox("102") == world.mailbox("103") == []
    assert len(world.mailbox("104")) == 1


@pytest.mark.parametrize(
    ("department", "member", "why"), [("101", "102", "only a Department"), ("200", "107", "members are Users")]
)
def test_only_a_department_has_members_and_only_people_are(
    world: Ringmock, department: str, member: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        world.members(department, member)


def test_the_clock_stands_moves_and_goes_on(world: Ringmock) -> None:
    world.clock.freeze("2012-10-16T06:34:58Z")
    world.clock.advance(60)
    world.clock.advance(timedelta(minutes=1))

    assert world.clock.now == datetime(2012, 10, 16, 6, 36, 58, tzinfo=UTC)
    with pytest.raises(ValueError, match="no time with a zone"):
        world.clock.set("yesterday")


@pytest.mark.parametrize(
    ("content_type", "file_name", "content", "why"),
    [
        ("image/png", "map.png", b"", "at least one byte"),
        ("png", "map.png", b"a", "is no media type, as image/png is"),
        ("image/png\r\nX-Injected: 1", "map.png", b"a", "is no media type"),
        ("image/png\n", "map.png", b"a", "is no media type"),
        ("image/png; a=b\r\nX-Injected: 1", "map.png", b"a", "is no media type"),
        ("image/" + 128 * "a", "map.png", b"a", "is no media type"),
        ("image/", "map.png", b"a", "is no media type"),
        ("image/*", "map.png", b"a", "is no media type"),
        ("foo/bar", "map.png", b"a", "begins with one of text, image, audio, video, application"),
        ("multipart/mixed", None, b"a", "begins with one of"),
        ("message/rfc822", None, b"a", "begins with one of"),
        ("image/png", "map\r\n.png", b"a", "is no name of a file"),
        ("image/png", "\ud83d.png", b"a", "is no name of a file"),
    ],
)
def test_a_file_that_no_message_can_hold_is_refused_by_handle_and_control_api_in_the_same_words(
    world: Ringmock, client: Client, content_type: str, file_name: str | None, content: bytes, why: str
) -> None:
    file = {"contentType": content_type, "content": base64.b64encode(content).decode()}
    if file_name is not None:
        file["fileName"] = file_name
    body = json.dumps({"to": DIRECT_NUMBER["102"], "attachments": [file]})

    with pytest.raises(ValueError, match=why) as refused:
        world.handset(HANDSET).send(to=DIRECT_NUMBER["102"], attachments=[Attachment(content_type, file_name, content)])
    answer = client.post(f"/_mock/handsets/{HANDSET}/messages", content=body)

    is_text = "\ud83d" not in (file_name or "")  # JSON with half a pair is no JSON, whatever the file is
    assert answer.status_code == (409 if is_text else 400)
    assert answer.json() == {"error": str(refused.value)} or not is_text
    assert world.mailbox("102") == []


@pytest.mark.parametrize(
    ("content_type", "content"),
    [("image/png", b""), ("png", b"a"), ("image/" + 128 * "a", b"a"), ("foo/bar", b"a"), ("multipart/mixed", b"a")],
)
def test_a_file_of_a_form_is_refused_in_the_words_for_one_in_base64(
    world: Ringmock, client: Client, content_type: str, content: bytes
) -> None:
    path, to = f"/_mock/handsets/{HANDSET}/messages", DIRECT_NUMBER["102"]
    file = {"contentType": content_type, "content": base64.b64encode(content).decode()}

    as_form = client.post(path, data={"to": to}, files={"any": ("map.png", content, content_type)})
    in_base64 = client.post(path, json={"to": to, "attachments": [file]})

    assert (as_form.status_code, as_form.json()) == (in_base64.status_code, in_base64.json())
    assert as_form.status_code == 409
    assert world.mailbox("102") == []


@pytest.mark.parametrize(
    ("content_type", "file_name", "kept"),
    [
        ("IMAGE/PNG; charset=utf-8", "map.png", "image/png"),
        ("", "map.png", "image/png"),
        ("", None, "application/octet-stream"),
        ("application/" + 127 * "a", None, "application/" + 127 * "a"),
        ("text/html", "x.html", "text/html"),
    ],
)
def test_the_content_of_whatever_file_is_taken_can_be_read(
    world: Ringmock, client: Client, content_type: str, file_name: str | None, kept: str
) -> None:
    world.handset(HANDSET).send(to=DIRECT_NUMBER["102"], attachments=[Attachment(content_type, file_name, b"bytes")])

    [file] = client.messages("102")[0]["attachments"]
    content = client.get(file["uri"], by="102")
    assert (file["contentType"], content.status_code, content.content) == (kept, 200, b"bytes")


@pytest.mark.parametrize(
    ("act", "method", "path", "body", "status"),
    [
        (lambda w: w.members("200", "107"), "PUT", "/_mock/departments/200/members", ["107"], 409),
        (lambda w: w.members("102"), "PUT", "/_mock/departments/102/members", [], 409),
        (lambda w: w.freeze("999"), "PATCH", "/_mock/extensions/999", {"status": "Frozen"}, 404),
        (lambda w: w.handset("12"), "GET", "/_mock/handsets/12/messages", None, 409),
        (lambda w: w.handset(HANDSET).send(to="102", text="Hi"), "POST", f"/_mock/handsets/{HANDSET}/messages",
         {"to": "102", "text": "Hi"}, 409),
        (lambda w: w.fault("getTokens"), "PUT", "/_mock/faults", [{"operation": "getTokens"}], 422),
    ],
)  # fmt: skip
def test_handle_and_control_api_refuse_in_the_same_words(
    world: Ringmock,
    client: Client,
    act: Callable[[Ringmock], object],
    method: str,
    path: str,
    body: object,
    status: int,
) -> None:
    answer = client.call(method, path, json=body)

    with pytest.raises(ValueError, match=re.escape(answer.json()["error"])):
        act(world)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("act", "method", "path", "body"),
    [
        (lambda w: w.clock.set("yesterday"), "PUT", "/_mock/clock", {"now": "yesterday"}),
        (lambda w: w.clock.advance(1e15), "POST", "/_mock/clock/advance", {"seconds": 1e15}),
        (lambda w: w.fault(times=0), "PUT", "/_mock/faults", [{"times": 0}]),
        (lambda w: w.fault(delay="1"), "PUT", "/_mock/faults", [{"delay": "1"}]),
    ],
)
def test_what_no_world_takes_the_handle_refuses_as_the_description_does(
    world: Ringmock, client: Client, act: Callable[[Ringmock], object], method: str, path: str, body: object
) -> None:
    answer = client.call(method, path, json=body)

    with pytest.raises(ValueError, match=r"as in|number|delay"):
        act(world)
    assert answer.status_code == 400


@pytest.mark.parametrize("at", [datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), START.replace(tzinfo=None)])
def test_a_time_that_the_clock_cannot_show_is_reported(world: Ringmock, at: datetime) -> None:
    with pytest.raises(ValueError, match=r"outside of the years 1 to 9999|no time with a zone"):
        world.clock.freeze(at)


# --- what happened -------------------------------------------------------------------------------


def test_waiting_ends_when_the_message_comes(world: Ringmock, client: Client) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(world.wait_for_sms, to=f"+{HANDSET}", contains="code", timeout=AWAIT)
        client.post_sms("nothing of interest")
        client.post_sms("your code is 17")

        assert waiting.result().text == "your code is 17"


def test_what_was_sent_already_is_not_waited_for(world: Ringmock, client: Client) -> None:
    client.post_sms("one")
    client.post_sms("two")

    first = world.wait_for_sms(timeout=0)

    assert (first.text, world.wait_for_sms(after=first, timeout=0).text) == ("one", "two")


def test_what_came_before_a_reset_is_waited_for_no_more(world: Ringmock, client: Client) -> None:
    client.post_sms("before")
    assert client.post("/_mock/reset").status_code == 200
    world.expect_no_sms()
    with pytest.raises(AssertionError):
        world.wait_for_sms(timeout=0)

    client.post_sms("after")

    assert world.wait_for_sms(timeout=0).text == "after"


def test_a_page_is_found_by_whom_it_reaches_through_a_department(world: Ringmock, client: Client) -> None:
    client.page("200")

    for reached in ("200", "102", "103"):
        assert world.wait_for_page(to=reached, sender="101", timeout=0).recipients == ("200",)
    with pytest.raises(AssertionError, match="no Pager to 104 within 0 s"):
        world.wait_for_page(to="104", timeout=0)


def test_an_sms_from_a_handset_is_found_as_well(world: Ringmock) -> None:
    world.handset(HANDSET).send(to=DIRECT_NUMBER["102"], text="Hi")

    assert world.wait_for_sms(to="102", sender=HANDSET, timeout=0).direction == "Inbound"


def test_waiting_in_vain_tells_what_there_was_instead(world: Ringmock, client: Client) -> None:
    client.page("102", text="All is well")

    with pytest.raises(AssertionError) as failure:
        world.wait_for_sms(to=HANDSET, contains="code", timeout=0)

    told = str(failure.value).splitlines()
    assert told[0] == f"no SMS to {HANDSET} that contains 'code' within 0 s"
    assert "  Pager 101 to 102: 'All is well'" in told
    assert any("company-pager 200" in line for line in told)


def test_nothing_is_expected_and_something_is_there(world: Ringmock, client: Client) -> None:
    client.page("102")

    world.expect_no_sms()
    world.expect.none(to="103")
    with pytest.raises(AssertionError, match="there should be no message to 102, and there is Pager 101 to 102"):
        world.expect.none(to="102")
    with pytest.raises(AssertionError, match="there should be no Pager"):
        world.expect_no_page(within=AWAIT)


def test_worlds_of_many_threads_never_meet(server: MockServer) -> None:
    at_once = threading.Barrier(8)

    def lives(number: int) -> list[str]:
        with server.new_world() as world, client_of(world) as client:
            at_once.wait()
            for _ in range(5):
                client.page("102", text=str(number))
                world.wait_for_page(to="102", timeout=AWAIT)
            return [message.text for message in world.mailbox("102")]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lives, range(8))) == [[str(number)] * 5 for number in range(8)]


def test_the_journal_is_this_world_s_oldest_first(world: Ringmock, client: Client) -> None:
    client.page("102")
    client.page("104")

    assert [(entry.operation, entry.status) for entry in world.journal] == [
        ("getToken", 200),
        ("createInternalTextMessage", 200),
        ("createInternalTextMessage", 400),
    ]


# --- what fails a test ---------------------------------------------------------------------------


def test_a_documented_refusal_is_no_complaint(world: Ringmock, client: Client) -> None:
    assert client.page("104").status_code == 400
    assert client.post_sms("x" * 1001).status_code == 400

    assert world.complaint() is None


def test_a_complaint_is_reported_once_with_the_body_and_the_timeline(world: Ringmock, client: Client) -> None:
    client.page("102")
    client.call("POST", "/restapi/v1.0/account/~/extension/~/company-pager", json={"text": 7})

    told = world.complaint() or ""

    assert "The client sent what the contract does not have:\n  101 POST" in told
    assert 'body: {"text": 7}' in told
    assert [line[0] for line in told.splitlines() if " POST /restapi/v1.0" in line][-2:] == [" ", ">"]
    assert world.complaint() is None


def test_a_call_without_credentials_is_seen_by_the_test_that_runs(world: Ringmock, client: Client) -> None:
    client.get("/restapi/v1.0/nowhere", by=None)

    assert "/restapi/v1.0/nowhere 404" in (world.complaint() or "")


def test_a_complaint_says_how_any_test_runner_allows_it(world: Ringmock, client: Client) -> None:
    client.get("/restapi/v1.0/nowhere")
    told = world.complaint() or ""
    assert "allow_contract_violations()" in told
    assert "pytest" not in told


def test_what_is_allowed_is_no_complaint(world: Ringmock, client: Client) -> None:
    client.get("/restapi/v1.0/nowhere")
    world.allow_contract_violations()

    assert world.complaint() is None


# --- faults on demand ----------------------------------------------------------------------------


def test_faults_on_demand_fail_no_test_and_come_one_rule_after_the_other(world: Ringmock, client: Client) -> None:
    world.fault("createSMSMessage", error="CMN-203", times=1)
    world.fault("createSMSMessage", error="CMN-201", times=1)
    assert [client.post_sms().status_code for _ in range(3)] == [500, 503, 200]
    assert "503" in world.timeline
    assert "failed on demand" in world.timeline
    assert world.complaint() is None


def test_a_rule_that_is_added_gives_the_earlier_no_calls_back(world: Ringmock, client: Client) -> None:
    world.fault(error="CMN-203", times=2)
    assert client.post_sms().status_code == 500
    world.fault(error="CMN-201", times=1)
    assert [client.post_sms().status_code for _ in range(3)] == [500, 503, 200]


def test_without_faults_everything_goes_well_again(world: Ringmock, client: Client) -> None:
    world.fault(error="CMN-201")
    assert client.post_sms().status_code == 503
    world.no_faults()
    assert client.post_sms().status_code == 200


@pytest.mark.parametrize(("operation", "error"), [("sendSms", "CMN-201"), ("getTokens", "CMN-201"), (None, "CMN-1")])
def test_a_fault_without_sense_is_a_value_error(world: Ringmock, operation: str | None, error: str | None) -> None:
    with pytest.raises(ValueError, match=r"operationId of the contract|'error' is a code that"):
        world.fault(operation, error=error)


# --- whose traffic -------------------------------------------------------------------------------


def test_what_others_do_in_the_default_world_is_not_seen(world: Ringmock, client: Client) -> None:
    ready_made = {"Authorization": "Bearer demo-101"}
    assert client.post(SMS, by=None, headers=ready_made, json=sms_body("of others")).status_code == 200
    assert client.post(SMS, by=None, headers=ready_made, json={"to": 7}).status_code == 400

    assert world.complaint() is None
    assert world.timeline.endswith("none")
    world.expect_no_sms()


@pytest.mark.parametrize(
    ("call", "is_seen"),
    [
        ({"path": SMS}, True),
        ({"path": "/restapi/v1.0/nowhere"}, True),
        ({"path": SMS, "headers": {"Authorization": "Bearer nobody's"}}, False),
        ({"path": SMS, "headers": {"Authorization": "Bearer demo-101"}}, False),
        ({"path": SMS, "headers": {"Authorization": "nonsense"}}, False),
        ({"path": f"{SMS}?access_token=demo-101"}, False),
        ({"path": "/restapi/oauth/token", "data": {"grant_type": "password", "client_id": "another", "username": "1",
                                                   "password": "1"}}, False),
    ],
)  # fmt: skip
def test_a_handle_sees_calls_without_any_credentials_and_no_others_of_the_default_world(
    world: Ringmock, client: Client, call: dict[str, Any], is_seen: bool
) -> None:
    client.post(by=None, **call)
    assert (not world.timeline.endswith("none")) is is_seen


def test_a_handle_sees_nothing_of_another_s_world(server: MockServer, world: Ringmock) -> None:
    with server.new_world() as another, client_of(another) as client:
        client.post_sms()
        client.post(SMS, json={"to": 7})
        assert another.complaint() is not None

    assert world.complaint() is None
    world.expect_no_sms()


# --- resets --------------------------------------------------------------------------------------


def test_a_message_from_before_a_reset_is_waited_for_no_more(world: Ringmock, client: Client) -> None:
    client.post_sms("before")
    client.post("/_mock/reset")
    world.expect_no_sms()
    client.post_sms("after")

    assert world.wait_for_sms(timeout=AWAIT).text == "after"


def test_a_message_after_a_reset_is_after_one_from_before_although_ids_start_again(
    world: Ringmock, client: Client
) -> None:
    for text in ("one", "two", "three"):
        client.post_sms(text)
    before = world.mailbox("101")[-1]
    client.post("/_mock/reset")
    client.post_sms("four")

    found = world.wait_for_sms(after=before, timeout=AWAIT)

    assert (found.text, found.id < before.id) == ("four", True)
    with pytest.raises(AssertionError, match=f"after message {found.id}"):
        world.wait_for_sms(after=found, timeout=0)


# --- the server's thread -------------------------------------------------------------------------


@pytest.mark.long
def test_nobody_waits_for_a_server_that_ends() -> None:
    """Several threads ask all the time, so that the ends come at any moment of an asking."""
    for _ in range(10):
        said: list[str] = []

        def ask(server: MockServer, said: list[str] = said) -> None:
            try:
                while True:
                    server._server.do(object)
            except RuntimeError as error:
                said.append(str(error))

        with run_server("demo") as server:
            threads = [threading.Thread(target=ask, args=(server,), daemon=True) for _ in range(4)]
            for thread in threads:
                thread.start()
        for thread in threads:
            thread.join(AWAIT)
        assert said == ["the server has stopped"] * 4


def test_what_asks_in_the_serving_thread_is_answered_there() -> None:
    with run_server("demo") as server:
        assert server._server.do(lambda: server._server.do(lambda: "answered")) == "answered"


OPENED = """
import sys, unittest
from ringmock.testing import run_server
server = run_server("demo")
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("server.__enter__(); sys.exit(3)", 3),
        ("server.__enter__(); raise KeyboardInterrupt", -2),
        ("server.__enter__(); raise ValueError", 1),
        ("server.__enter__()", 0),
        ("""
class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server.__enter__()
        raise ValueError
    def test(self): pass
unittest.main()
""", 1),
    ],
    ids=["exit", "interrupt", "error", "end", "setUpClass"],
)  # fmt: skip
def test_a_server_that_nobody_stopped_keeps_no_interpreter_alive(end: str, status: int) -> None:
    done = subprocess.run([sys.executable, "-c", OPENED + end], capture_output=True, timeout=60, check=False)
    assert done.returncode == status, done.stderr.decode()
    assert b"Fatal Python error" not in done.stderr
