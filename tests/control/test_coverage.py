"""A server that counts what its callers exercise, over all of its worlds."""

from collections.abc import Iterator

import pytest

from ringmock.contract.suggestions import candidates
from ringmock.coverage.collector import CoverageCollector
from ringmock.fixture import load_named
from ringmock.serving.server import build, serving
from ringmock.sign_in.worlds import Worlds
from support import OWN, PAGER, SMS, STORE, Client, sms_body


@pytest.fixture(scope="module")
def counting() -> Iterator[tuple[str, CoverageCollector]]:
    collector = CoverageCollector()
    candidates()  # read once for all reports: that takes longer than a call may
    with serving(build(Worlds(load_named("demo")), collector=collector)) as (url, _):
        yield url, collector


@pytest.fixture
def client(counting: tuple[str, CoverageCollector]) -> Iterator[Client]:
    """A client of a server that counts from nothing."""
    url, collector = counting
    collector.start()
    with Client(url) as client:
        yield client


def seen(client: Client) -> dict[str, int]:
    answer = client.get("/_mock/coverage", by=None)
    assert answer.status_code == 200
    counts: dict[str, int] = answer.json()["seen"]
    return counts


def test_calls_of_all_worlds_are_counted_with_status_and_codes(client: Client) -> None:
    with Client(client.url) as other:
        client.post_sms()
        other.post(SMS, json=sms_body(to="102"))
    counts = seen(client)
    assert (counts["createSMSMessage"], counts["createSMSMessage 200"]) == (2, 1)
    assert counts["createSMSMessage 400 MSG-246"] == 1
    assert "createSMSMessage 400 MSG-247" not in counts


def test_what_the_edge_refuses_counts_for_the_operation_that_its_path_names(client: Client) -> None:
    assert client.post(SMS, content=b"a,b", headers={"Content-Type": "text/csv"}).status_code == 415
    assert client.get(f"{OWN.replace('~', '~%0A', 1)}/message-store").status_code == 404
    counts = seen(client)
    assert counts["createSMSMessage 415 CMN-104"] == 1
    assert counts["listMessages 404 CMN-120"] == 1


def test_a_refusal_of_an_oauth_endpoint_counts_by_the_code_beside_its_error(client: Client) -> None:
    client.ask_token(grant_type="password", username="16509100102", password="wrong")
    assert seen(client)["getToken 400 OAU-140"] == 1


def test_calls_of_the_control_api_and_of_no_operation_count_for_nothing(client: Client) -> None:
    client.get("/_mock/journal", by=None)
    client.get("/restapi/v1.0/nothing", by=None)
    assert seen(client) == {}


def test_a_dropped_sms_counts_as_kept_only_when_its_sender_looks(client: Client) -> None:
    sent = client.post(SMS, json=sms_body(to="16509100104"))
    assert sent.status_code == 200
    assert {"R-16"} == {"R-16", "R-17", "D-03"} & seen(client).keys()
    client.get(STORE)
    assert {"R-16", "R-17", "D-03"} <= seen(client).keys()


def test_a_message_that_was_delivered_is_no_dropped_one(client: Client) -> None:
    client.post_sms()
    client.get(STORE)
    assert "R-17" not in seen(client)


@pytest.mark.parametrize(("by", "counts"), [("200", True), ("101", False)])
def test_an_sms_of_a_department_is_told_from_that_of_a_user(client: Client, by: str, counts: bool) -> None:
    assert client.post_sms(by=by).status_code == 200
    assert ("R-11" in seen(client)) is counts


@pytest.mark.parametrize(("by", "counts"), [("200", True), ("101", False)])
def test_the_numbers_of_a_department_are_told_from_those_of_a_user(client: Client, by: str, counts: bool) -> None:
    assert client.get(f"{OWN}/phone-number", by=by).status_code == 200
    assert ("R-13" in seen(client)) is counts


@pytest.mark.parametrize(("to", "counts"), [("200", True), ("102", False)])
def test_a_reply_of_a_member_is_told_from_that_of_someone_addressed(client: Client, to: str, counts: bool) -> None:
    client.page(to)
    (received,) = client.messages("102")
    assert client.page(by="102", reply_on=received["id"]).status_code == 200
    assert ("R-21" in seen(client)) is counts


@pytest.mark.parametrize(("status", "counts"), [("NotActivated", True), ("Enabled", False)])
def test_a_recipient_that_is_not_activated_is_told_from_one_that_is(client: Client, status: str, counts: bool) -> None:
    changed = client.call("PATCH", "/_mock/extensions/102", json={"status": status})
    assert changed.status_code == 200
    assert client.page("102").status_code == 200
    assert ("D-08" in seen(client)) is counts


def test_the_page_to_nobody_but_inactive_members_is_seen(client: Client) -> None:
    assert client.post(PAGER, json={"to": [{"extensionNumber": "202"}], "text": "Hello"}).status_code == 200
    assert "D-07 inactive" in seen(client)


def test_figures_and_what_is_missing_come_with_the_counts(client: Client) -> None:
    client.post_sms()
    told = client.get("/_mock/coverage", by=None).json()
    assert 0 < told["figures"]["all"] < 100
    assert "createSMSMessage 200" not in told["missing"]
    assert "createSMSMessage 413" in told["missing"]


def test_an_answer_of_a_fault_on_demand_is_counted_and_is_no_finding(client: Client) -> None:
    client.call("PUT", "/_mock/faults", json=[{"operation": "createSMSMessage", "error": "CMN-201", "times": 1}])
    client.post_sms()
    told = client.get("/_mock/coverage", by=None).json()
    assert "createSMSMessage 503 CMN-201" in told["wanted"]
    assert "answers that the contract does not have" not in client.get("/_mock/coverage.txt", by=None).text


@pytest.mark.parametrize(
    ("path", "media_type", "start"),
    [
        ("/_mock/coverage.txt", "text/plain; charset=utf-8", "0.0 % of the operations are touched"),
        ("/_mock/coverage.html", "text/html; charset=utf-8", "<!doctype html>"),
    ],
)
def test_it_is_reported_as_text_and_as_a_page_too(client: Client, path: str, media_type: str, start: str) -> None:
    answer = client.get(path, by=None)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.text.startswith(start)


def test_counting_begins_anew_when_asked_to(client: Client) -> None:
    client.post_sms()
    assert client.call("DELETE", "/_mock/coverage", by=None).json()["seen"] == {}
    assert seen(client) == {}


@pytest.mark.parametrize("path", ["/_mock/coverage", "/_mock/coverage.txt", "/_mock/coverage.html"])
def test_a_server_that_does_not_count_says_how_to_make_it(world_client: Client, path: str) -> None:
    answer = world_client.get(path, by=None)
    assert answer.status_code == 404
    assert "ringmock serve --coverage" in answer.json()["error"]
