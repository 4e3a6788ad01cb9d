"""The edge of the API: methods in tunnels, the headers of every answer, and pages of other origins."""

import uuid
from typing import Any

import pytest

from ringmock.http.request_normalisation import RequestIds
from support import OWN, PAGER, SMS, STORE, TOKEN, Client, assert_refused, sms_body

PAGE = "http://app.example:3000"
UNSIGNED = "/restapi"


# --- methods in tunnels ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {"X-HTTP-Method-Override": "DELETE"}),
        ("", {"x-http-method-override": "delete"}),
        ("?_method=DELETE", {}),
        ("?_method=delete", {}),
        ("?purge=true&_method=DELETE", {}),
        ("?_method=DELETE&purge=false", {"X-HTTP-Method-Override": "DELETE"}),
    ],
)
def test_a_post_can_stand_for_a_delete(world_client: Client, query: str, headers: dict[str, str]) -> None:
    message = f"{STORE}/{world_client.post_sms().json()['id']}"

    assert world_client.post(f"{message}{query}", headers=headers).status_code == 204

    expected = "Purged" if "purge=true" in query else "Deleted"
    assert world_client.get(message).json()["availability"] == expected


def test_a_post_can_stand_for_a_get_with_its_filters(world_client: Client) -> None:
    world_client.post_sms("Hello")
    world_client.page("102")

    answer = world_client.post(f"{STORE}?_method=GET&messageType=SMS")

    assert [record["type"] for record in answer.json()["records"]] == ["SMS"]
    assert "_method" not in answer.json()["uri"]


def test_a_post_can_stand_for_a_put_with_its_body(world_client: Client) -> None:
    message = f"{STORE}/{world_client.post_sms().json()['id']}"

    answer = world_client.post(message, headers={"X-HTTP-Method-Override": "PUT"}, json={"readStatus": "Read"})

    assert (answer.status_code, answer.json()["readStatus"]) == (200, "Read")


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("?_method=PUT", {"X-HTTP-Method-Override": "DELETE"}),
        ("?_method=PUT&_method=DELETE", {}),
    ],
)
def test_two_different_methods_are_refused_and_nothing_is_done(
    world_client: Client, query: str, headers: dict[str, str]
) -> None:
    message = f"{STORE}/{world_client.post_sms().json()['id']}"

    assert_refused(world_client.post(f"{message}{query}", headers=headers), 400, "CMN-101", "_method")

    assert world_client.get(message).json()["availability"] == "Alive"


@pytest.mark.parametrize("method", ["BREW", "%00", ""])
def test_a_method_in_a_tunnel_that_the_path_does_not_know_is_told_the_others(world_client: Client, method: str) -> None:
    answer = world_client.post(f"{SMS}?_method={method}")

    assert_refused(answer, 405, "CMN-120")
    assert answer.headers["allow"] == "POST"


def test_only_a_post_has_a_tunnel(world_client: Client) -> None:
    message = f"{STORE}/{world_client.post_sms().json()['id']}"

    assert world_client.get(message, headers={"X-HTTP-Method-Override": "DELETE"}).json()["availability"] == "Alive"


# --- the headers of every answer ---------------------------------------------------------------------


@pytest.mark.parametrize("path", [UNSIGNED, OWN, f"{OWN}/nowhere", SMS, TOKEN])
def test_every_answer_has_an_id_of_its_own(world_client: Client, path: str) -> None:
    answers = [world_client.get(path) for _ in range(2)]

    ids = [uuid.UUID(answer.headers["rcrequestid"]) for answer in answers]
    assert ids[0] != ids[1]
    assert all(answer.headers["content-language"] == "en-US" for answer in answers)
    assert all(answer.headers["routingkey"] for answer in answers)


def test_request_ids_count_within_a_uuid_and_go_round() -> None:
    last = uuid.UUID("12345678-1234-4234-8234-ffffffffffff")

    ids = RequestIds(last)

    assert [ids(), ids()] == [str(last).encode(), b"12345678-1234-4234-8234-000000000000"]


# --- browsers ----------------------------------------------------------------------------------------


def preflight(client: Client, path: str, method: str, **headers: str) -> Any:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": method, **headers}
    return client.call("OPTIONS", path, by=None, headers=asked)


@pytest.mark.parametrize(
    ("path", "method"),
    [(SMS, "POST"), (f"{STORE}/1", "DELETE"), (TOKEN, "POST"), ("/nowhere", "GET")],
)
def test_a_browser_may_call_from_any_page(world_client: Client, path: str, method: str) -> None:
    asked = "authorization,client-id,content-type,x-user-agent"

    answer = preflight(world_client, path, method, **{"Access-Control-Request-Headers": asked})

    assert (answer.status_code, answer.content) == (204, b"")
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    assert answer.headers["access-control-allow-headers"] == asked
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_a_preflight_that_asks_for_no_header_is_told_those_that_the_sdks_send(world_client: Client) -> None:
    allowed = preflight(world_client, SMS, "POST").headers["access-control-allow-headers"]

    assert {"authorization", "client-id"} <= set(allowed.split(", "))


@pytest.mark.parametrize(
    ("path", "status"), [(OWN, 200), (f"{OWN}/nowhere", 404), (UNSIGNED, 200), (f"{STORE}/1", 404)]
)
def test_a_page_may_read_the_answer_good_or_bad(world_client: Client, path: str, status: int) -> None:
    answer = world_client.get(path, headers={"Origin": PAGE})

    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert {"retry-after", "rcrequestid"} <= set(answer.headers["access-control-expose-headers"].split(", "))
    assert answer.headers["vary"] == "Origin"


def test_a_call_from_no_page_gets_no_headers_for_pages(world_client: Client) -> None:
    answer = world_client.post(SMS, json=sms_body())

    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("headers", [{}, {"Origin": PAGE}, {"Access-Control-Request-Method": "POST"}])
def test_an_options_that_is_no_preflight_is_a_method_like_any_other(
    world_client: Client, headers: dict[str, str]
) -> None:
    answer = world_client.call("OPTIONS", PAGER, by=None, headers=headers)

    assert_refused(answer, 405, "CMN-120")
    assert answer.headers["allow"] == "POST"


def test_the_control_api_stays_closed_to_other_origins(world_client: Client) -> None:
    asked = preflight(world_client, "/_mock/reset", "POST")
    called = world_client.post("/_mock/reset", headers={"Origin": PAGE})

    assert "access-control-allow-origin" not in {**asked.headers, **called.headers}
    assert called.status_code == 403


@pytest.mark.parametrize(("query", "headers"), [("", {"X-HTTP-Method-Override": "HEAD"}), ("?_method=HEAD", {})])
@pytest.mark.parametrize("path", [SMS, UNSIGNED, f"{OWN}/nowhere", "/_mock/ready"])
def test_a_post_that_stands_for_a_head_is_answered_with_the_body_that_it_announces(
    world_client: Client, path: str, query: str, headers: dict[str, str]
) -> None:
    answer = world_client.post(f"{path}{query}", headers=headers)

    assert len(answer.content) == int(answer.headers["content-length"]) > 0
    assert world_client.post_sms("Still there?").status_code == 200


def test_a_control_call_has_no_tunnel(world_client: Client) -> None:
    answer = world_client.post("/_mock/clock/advance?_method=GET", json={"seconds": 1})

    assert (answer.status_code, "_method" in answer.json()["error"]) == (400, True)
    assert world_client.post("/_mock/reset", headers={"X-HTTP-Method-Override": "GET"}).status_code == 200
