"""Faults on demand over the socket: what a client sees, and what is left behind."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from ringmock.fixture import load_named
from ringmock.http.call import Call
from ringmock.http.faults import recipients_of
from ringmock.lab.faults import FaultRule
from ringmock.serving.server import running
from ringmock.sign_in.worlds import Worlds
from support import (
    HANDSET,
    JWT_BEARER,
    OWN,
    PAGER,
    SMS,
    STORE,
    Client,
    assert_oauth_refused,
    assert_refused,
    jwt_of,
    sms_body,
)

FAULTS = "/_mock/faults"
WAIT_SECONDS = 10


def plant(client: Client, *rules: dict[str, Any]) -> list[dict[str, Any]]:
    """What the world's rules are then."""
    answer = client.call("PUT", FAULTS, json=list(rules))
    assert answer.status_code == 200, answer.text
    planted: list[dict[str, Any]] = answer.json()
    return planted


def raw(client: Client, request: bytes) -> bytes:
    """All that comes for a request, until the connection ends."""
    address = urlsplit(client.url)
    with socket.create_connection((address.hostname, address.port), timeout=WAIT_SECONDS) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def sms_request(client: Client) -> bytes:
    body = json.dumps(sms_body()).encode()
    head = f"POST {SMS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.token('101')}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def latest(client: Client) -> dict[str, Any]:
    return client.get("/_mock/journal?limit=1").json()[0]


@pytest.mark.parametrize(("code", "status"), [("CMN-201", 503), ("CMN-203", 500), ("CMN-301", 429)])
def test_an_error_comes_as_often_as_asked_and_leaves_nothing_behind(
    world_client: Client, code: str, status: int
) -> None:
    plant(world_client, {"operation": "createSMSMessage", "error": code, "times": 2})
    for _ in range(2):
        assert_refused(world_client.post_sms(), status, code)
        assert latest(world_client)["refused_by"] == "faults"
    assert world_client.messages("101") == []
    assert world_client.post_sms().status_code == 200
    assert len(world_client.messages("101")) == 1
    assert [rule["left"] for rule in world_client.get(FAULTS).json()] == [0]


def test_a_busy_service_says_when_to_come_again(world_client: Client) -> None:
    plant(world_client, {"error": "CMN-301"})
    assert world_client.get(OWN).headers["retry-after"] == "60"


def test_a_lost_answer_is_of_a_call_that_was_carried_out(world_client: Client) -> None:
    plant(world_client, {"operation": "createSMSMessage", "lost": True, "times": 1})
    with pytest.raises(httpx2.TransportError):
        world_client.post_sms("once")
    entry = latest(world_client)
    assert (entry["status"], entry["lost"], entry["refused_by"]) == (200, True, None)
    assert world_client.post_sms("twice").status_code == 200
    assert [message["subject"] for message in world_client.messages("101")] == ["twice", "once"]
    assert latest(world_client)["lost"] is False


@pytest.mark.parametrize("lost", [False, True])
def test_a_connection_is_reset_before_or_after_the_call_is_carried_out(world_client: Client, lost: bool) -> None:
    plant(world_client, {"operation": "createSMSMessage", "answer": "reset", "lost": lost})
    with pytest.raises(ConnectionResetError):
        raw(world_client, sms_request(world_client))
    assert len(world_client.messages("101")) == lost


@pytest.mark.parametrize("lost", [False, True])
def test_an_empty_answer_is_the_end_of_the_connection(world_client: Client, lost: bool) -> None:
    plant(world_client, {"operation": "createSMSMessage", "answer": "empty", "lost": lost})
    assert raw(world_client, sms_request(world_client)) == b""
    assert len(world_client.messages("101")) == lost


def test_garbage_is_no_http(world_client: Client) -> None:
    plant(world_client, {"operation": "createSMSMessage", "answer": "garbage"})
    assert b"HTTP/" not in raw(world_client, sms_request(world_client))
    with pytest.raises(httpx2.RemoteProtocolError):
        world_client.post_sms()
    assert world_client.messages("101") == []


def test_a_truncated_answer_announces_more_than_comes(world_client: Client) -> None:
    plant(world_client, {"operation": "createSMSMessage", "answer": "truncated"})
    head, _, body = raw(world_client, sms_request(world_client)).partition(b"\r\n\r\n")
    announced = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert head.startswith(b"HTTP/1.1 200")
    assert len(body) == announced // 2
    assert len(world_client.messages("101")) == 1


@pytest.mark.parametrize(("more", "status", "sent"), [({}, 200, 1), ({"error": "MSG-304"}, 403, 0)])
def test_a_malformed_answer_is_no_json_and_the_connection_goes_on(
    world_client: Client, more: dict[str, Any], status: int, sent: int
) -> None:
    plant(world_client, {"operation": "createSMSMessage", "answer": "malformed", "times": 1, **more})
    answer = world_client.post_sms()
    assert answer.status_code == status
    with pytest.raises(ValueError, match="line 1"):
        answer.json()
    assert len(world_client.messages("101")) == sent


def test_a_slow_answer_comes_in_pieces_and_whole(world_client: Client) -> None:
    plant(world_client, {"operation": "createSMSMessage", "answer": "slow", "pieces": 4, "pause": 0.02})
    answer = world_client.post_sms("in pieces")
    assert answer.json()["subject"] == "in pieces"
    assert latest(world_client)["lost"] is False


def test_a_call_that_was_carried_out_can_be_told_that_it_failed(world_client: Client) -> None:
    plant(world_client, {"operation": "createSMSMessage", "error": "CMN-203", "lost": True})
    assert_refused(world_client.post_sms(), 500, "CMN-203")
    entry = latest(world_client)
    assert (entry["status"], entry["lost"], entry["refused_by"]) == (500, True, "faults")
    assert len(world_client.messages("101")) == 1


def test_signing_in_can_fail_for_one_user(world_client: Client) -> None:
    world_client.token("101")
    plant(world_client, {"operation": "getToken", "error": "OAU-140", "extension": "102"})
    refused = world_client.ask_token(grant_type=JWT_BEARER, assertion=jwt_of("102"))
    assert_oauth_refused(refused, "invalid_grant", "OAU-140")
    assert world_client.ask_token(grant_type=JWT_BEARER, assertion=jwt_of("103")).status_code == 200
    assert world_client.get(FAULTS).json()[0]["met"] == 1


def test_faults_are_for_one_extension_one_recipient_or_one_call(world_client: Client) -> None:
    planted = plant(
        world_client,
        {"extension": "102", "status": 500},
        {"recipient": "+14151003733", "error": "CMN-203"},
        {"recipient": "103", "status": 503},
        {"operation": "createSMSMessage", "nth": 2, "error": "MSG-380"},
    )
    assert [rule["left"] for rule in planted] == [None, None, None, 1]
    assert world_client.get(OWN, by="102").status_code == 500
    assert world_client.get(OWN).status_code == 200
    assert world_client.post_sms(to="14151003733").status_code == 500
    assert [world_client.post_sms().status_code for _ in range(3)] == [200, 403, 200]
    assert world_client.page("102").status_code == 200
    assert world_client.page("102", "103").status_code == 503
    by_id = {"to": [{"extensionId": "1346632103"}], "text": "Hello"}
    assert world_client.post(PAGER, json=by_id).status_code == 503
    assert [rule["met"] for rule in world_client.get(FAULTS).json()] == [1, 1, 2, 1]


def test_a_status_beyond_the_contract_has_the_envelope_and_one_below_400_no_body(world_client: Client) -> None:
    plant(world_client, {"status": 418, "times": 1}, {"status": 202, "times": 1}, {"status": 503})
    teapot, accepted, away = (world_client.get(OWN) for _ in range(3))
    assert (teapot.status_code, teapot.json()["message"]) == (418, "I'm a Teapot")
    assert (accepted.status_code, accepted.content) == (202, b"")
    assert_refused(away, 503, "CMN-201")


def test_a_refusal_is_lost_as_well(world_client: Client) -> None:
    plant(world_client, {"lost": True, "times": 1})
    with pytest.raises(httpx2.TransportError):
        world_client.post(SMS, json=sms_body(to="102"))
    entry = latest(world_client)
    assert (entry["status"], entry["lost"]) == (400, True)
    assert entry["errors"][0]["errorCode"] == "MSG-246"


def test_others_are_answered_while_a_call_is_delayed(world_client: Client) -> None:
    plant(world_client, {"operation": "createSMSMessage", "delay": 1.5, "times": 1})
    with Client(world_client.url) as slow, ThreadPoolExecutor(1) as beside:
        slow.client_id = world_client.client_id
        sms = beside.submit(slow.post_sms)
        answered = 0
        while not sms.done():
            assert world_client.get(OWN).status_code == 200
            answered += 1
        assert sms.result().status_code == 200
    assert answered > 10
    assert latest(world_client)["status"] == 200


def test_other_operations_and_other_worlds_go_on(world_client: Client) -> None:
    plant(world_client, {"operation": "listMessages", "error": "CMN-201"})
    assert world_client.get(STORE).status_code == 503
    assert world_client.get(OWN).status_code == 200
    with Client(world_client.url) as other:
        assert other.get(STORE).status_code == 200
        assert other.get(FAULTS).json() == []


def test_a_request_that_the_contract_does_not_have_meets_the_fault_first(world_client: Client) -> None:
    plant(world_client, {"error": "CMN-203"})
    assert_refused(world_client.post(SMS, json={"to": []}), 500, "CMN-203")


def test_the_third_call_can_be_the_one_that_fails(world_client: Client) -> None:
    plant(world_client, {"times": 2}, {"error": "CMN-201", "times": 1})
    assert [world_client.get(OWN).status_code for _ in range(4)] == [200, 200, 503, 200]


@pytest.mark.parametrize("way", ["an empty list", "a reset"])
def test_the_rules_are_taken_off(world_client: Client, way: str) -> None:
    plant(world_client, {"error": "CMN-201"})
    assert world_client.get(OWN).status_code == 503
    if way == "a reset":
        world_client.post("/_mock/reset")
    else:
        plant(world_client)
    assert world_client.get(FAULTS).json() == []
    assert world_client.get(OWN).status_code == 200


@pytest.mark.parametrize("first", ["limits", "faults"])
def test_calls_that_fail_on_demand_are_counted_by_rate_limits_whichever_a_server_had_first(first: str) -> None:
    hinder = {
        "limits": lambda: client.call("PUT", "/_mock/limits", json={"medium": 2}),
        "faults": lambda: plant(client, {"operation": "createSMSMessage", "error": "CMN-201"}),
    }
    with running(load_named("demo")) as (url, _), Client(url) as client:
        hinder.pop(first)()
        (then,) = hinder.values()
        then()
        codes = [client.post_sms(to=HANDSET).json()["errorCode"] for _ in range(3)]
    assert codes == ["CMN-201", "CMN-201", "CMN-301"]


@pytest.mark.parametrize(
    ("rules", "status", "said"),
    [
        ({}, 400, "The body is a list of at most 100 rules"),
        ([{"error": "CMN-201"}] * 101, 400, "The body is a list of at most 100 rules"),
        (["CMN-201"], 400, "The body is a list of at most 100 rules"),
        ([{"eror": "CMN-201"}], 400, "'eror' is not known in '[0]': did you mean 'error'? It takes"),
        ([{"error": 503}], 400, "'[0].error' is a text"),
        ([{"lost": True, "times": True}], 400, "'[0].times' is a number from 1"),
        ([{"lost": True, "times": None}], 400, "'[0].times' is a number from 1"),
        ([{"error": "CMN-999"}], 422, "an operation documents, or one of CMN-201, CMN-203, CMN-301, not 'CMN-999'"),
        ([{"operation": "getTokens", "error": "CMN-201"}], 422, "not 'getTokens': getToken"),
        ([{"operation": "createSMSMessage", "error": "MSG-30"}], 422, "createSMSMessage documents, or one of"),
        ([{"operation": "createSMSMessage", "error": "MSG-324"}], 422, "not 'MSG-324'"),
        ([{"answer": "truncate"}], 400, "'[0].answer' is one of reset, empty"),
        ([{"status": 199}], 400, "'[0].status' is a number from 200 to 599"),
        ([{"status": 600}], 400, "'[0].status' is a number from 200 to 599"),
        ([{"extension": "1011"}], 422, "There is no extension '1011': 101"),
        ([{"recipient": "999"}], 422, "There is no extension '999'"),
        ([{"notification": "lost", "status": 500}], 422, "'status' is for calls"),
        ([{"notification": "los"}], 400, "'[0].notification' is one of lost, doubled"),
        ([{"operation": "sendSms", "error": "CMN-201"}], 422, "not 'sendSms'"),
    ],
)
def test_what_is_no_list_of_rules_is_refused_and_changes_nothing(
    world_client: Client, rules: Any, status: int, said: str
) -> None:
    before = plant(world_client, {"operation": "listMessages", "error": "CMN-201", "times": 3})
    answer = world_client.call("PUT", FAULTS, json=rules)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert world_client.get(FAULTS).json() == before


def test_as_many_rules_as_there_may_be(world_client: Client) -> None:
    assert len(plant(world_client, *[{"error": "CMN-201"}] * 100)) == 100


def test_the_faults_of_a_fixture_are_there_from_the_start_and_after_a_reset() -> None:
    template = replace(load_named("demo"), faults=(FaultRule("listMessages", error="CMN-201", times=1),))
    with running(template) as (url, _), Client(url) as client:
        assert [client.get(STORE).status_code for _ in range(2)] == [503, 200]
        client.post("/_mock/reset")
        assert [client.get(STORE).status_code for _ in range(2)] == [503, 200]


def call_of(body: bytes, content_type: str = "application/json") -> Call:
    call = Call("POST", SMS, "http://127.0.0.1", {b"content-type": content_type.encode()})
    call.content, call.media_type = body, content_type.partition(";")[0]
    return call


PARTS = b'--b\r\nContent-Type: application/json\r\n\r\n{"to": [{"phoneNumber": "+1415"}]}\r\n--b--\r\n'
FIELD = b'--b\r\nContent-Disposition: form-data; name="to"\r\n\r\n1415\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (call_of(b'{"to": [{"phoneNumber": "+1415"}, {"extensionNumber": "102"}]}'), {"1415", "102"}),
        (call_of(b'{"to": {"phoneNumber": "1415"}}'), {"1415"}),
        (call_of(b'{"to": "+1415"}'), {"1415"}),
        (call_of(b'{"to": ["1415", 7, null, {"extensionId": "1346632102"}, {"extensionId": "999"}]}'), {"1415", "102"}),
        (call_of(b'{"messages": [{"to": ["1415"]}, 7]}'), {"1415"}),
        (call_of(b'{"messages": 7}'), set()),
        (call_of(b"[]"), set()),
        (call_of(b"{"), set()),
        (call_of(PARTS, "multipart/mixed; boundary=b"), {"1415"}),
        (call_of(FIELD, "multipart/form-data; boundary=b"), {"1415"}),
        (call_of(PARTS, "multipart/mixed"), set()),
    ],
)
def test_whom_a_call_sends_to_is_read_of_any_body_whether_it_is_a_good_one(call: Call, found: set[str]) -> None:
    assert recipients_of(call, Worlds(load_named("demo")).default) == found
