"""What the journal says of a call: whose it was, and whether the contract or a rule refused it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ringmock.http.recording import line
from ringmock.world.journal import Entry
from support import DIRECT_NUMBER, OWN, PAGER, SMS, STORE, TOKEN, Client, basic, sms_body


def latest(client: Client) -> dict[str, Any]:
    return client.get("/_mock/journal?limit=1").json()[0]


@pytest.mark.parametrize(
    ("method", "path", "arguments", "status"),
    [
        ("POST", PAGER, {"json": {"text": 7}}, 400),
        ("POST", PAGER, {"json": {"to": [{"phoneNumber": "101"}], "text": "Hello"}}, 400),
        ("POST", PAGER, {"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", PAGER, {"content": b'{"text": "\\ud83d"}', "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", PAGER, {"content": b"\xff", "headers": {"Content-Type": "multipart/mixed; boundary=x"}}, 415),
        ("POST", SMS, {"content": b"Hello", "headers": {"Content-Type": "text/plain"}}, 415),
        ("POST", SMS, {"content": b"--x", "headers": {"Content-Type": "multipart/mixed; boundary=x"}}, 400),
        ("POST", SMS, {"content": b"{}", "headers": {"Content-Type": "application/json; charset=utf-16"}}, 415),
        ("GET", f"{STORE}?page=0", {}, 400),
        ("GET", f"{STORE}/not-a-number", {}, 400),
        ("PATCH", STORE, {}, 405),
        ("GET", f"{OWN}/nowhere", {}, 404),
        ("GET", f"{STORE}//", {}, 404),
        ("GET", "/restapi/v2.0", {}, 404),
    ],
)
def test_the_contract_refuses_what_it_does_not_have(
    world_client: Client, method: str, path: str, arguments: dict[str, Any], status: int
) -> None:
    answer = world_client.call(method, path, **arguments)

    entry = latest(world_client)
    assert (answer.status_code, entry["status"], entry["refused_by"]) == (status, status, "contract")
    assert entry["who"] == "101"


@pytest.mark.parametrize(
    ("method", "path", "arguments", "status"),
    [
        ("POST", PAGER, {"json": {"to": [{"extensionNumber": "104"}], "text": "Hello"}}, 400),
        ("POST", PAGER, {"json": {"to": [{"extensionNumber": "999"}], "text": "Hello"}}, 400),
        ("POST", PAGER, {"json": {"to": [{"extensionNumber": "102"}], "text": "x" * 1025}}, 400),
        ("POST", SMS, {"json": sms_body("x" * 1001)}, 400),
        ("POST", SMS, {"json": sms_body(to="102")}, 400),
        ("POST", SMS, {"json": sms_body(sender=DIRECT_NUMBER["102"])}, 403),
        ("GET", f"{STORE}/17", {}, 404),
        ("GET", f"{STORE}?dateTo=0001-01-01T00:00:00Z", {}, 400),
        ("GET", "/restapi/v1.0/account/17", {}, 404),
    ],
)
def test_rules_refuse_what_the_contract_has(
    world_client: Client, method: str, path: str, arguments: dict[str, Any], status: int
) -> None:
    answer = world_client.call(method, path, **arguments)

    assert (answer.status_code, latest(world_client)["refused_by"]) == (status, "rules")


def test_a_call_that_is_answered_was_refused_by_nobody(world_client: Client) -> None:
    world_client.post_sms()

    assert latest(world_client)["refused_by"] is None


def test_a_sign_in_that_breaks_its_schema_is_in_the_world_of_its_client(world_client: Client) -> None:
    world_client.token("101")
    credentials = basic(world_client.client_id, world_client.client_secret)

    answer = world_client.call("POST", TOKEN, by=None, headers=credentials, data={"grant": "password"})

    entry = latest(world_client)
    assert (answer.status_code, entry["operation"], entry["refused_by"]) == (400, "getToken", "contract")


def test_wrong_credentials_are_refused_by_the_rules(world_client: Client) -> None:
    world_client.token("101")
    answer = world_client.ask_token(grant_type="password", username="16509100010", password="wrong")

    entry = latest(world_client)
    assert (answer.status_code, entry["operation"], entry["refused_by"]) == (400, "getToken", "rules")


@pytest.mark.parametrize(
    ("path", "near"),
    [
        (f"{OWN}/message-stor", f"{OWN}/message-store"),
        (f"{OWN}/company_pager", f"{OWN}/company-pager"),
        (f"{OWN}/SMS", SMS),
        ("/restapi/v1.0/acount/17/extension/18/sms", "/restapi/v1.0/account/17/extension/18/sms"),
        (f"{OWN}/message-store/17/contents/18", f"{OWN}/message-store/17/content/18"),
        ("/restapi/v1.0/account/~/message-store", f"{OWN}/message-store"),
        ("/account/~/extension/~/sms", SMS),
        ("/sms", SMS),
        ("/restapi/v1.0/subscriptions", "/restapi/v1.0/subscription"),
        (f"{OWN}/does-not-exist", None),
        (f"{OWN}/{'message-store' * 10}", None),
        ("/1", None),
        ("/", None),
    ],
)
def test_d35_a_path_that_names_nothing_is_kept_with_the_one_that_was_meant(
    world_client: Client, path: str, near: str | None
) -> None:
    answer = world_client.post(path, json={})

    assert answer.status_code == 404
    assert answer.json()["errors"] == [{"errorCode": "CMN-120", "message": "Invalid URI"}]
    assert latest(world_client).get("did_you_mean") == near


def test_the_log_names_the_path_that_was_meant() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    refused = ({"errorCode": "CMN-120", "message": "Invalid URI"},)
    entry = Entry(at, "101", "GET", f"{OWN}/message-stor", None, 404, 1.0, errors=refused, near_path=STORE)

    assert line(entry).endswith(f"CMN-120 Invalid URI: did you mean {STORE}?")
