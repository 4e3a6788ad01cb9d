"""Rate limits over the socket: from the fixture, from the control API, and what is said of them without either."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ringmock.fixture import load_named
from ringmock.http.throttling import unused
from ringmock.lab.limits import Group
from ringmock.serving.server import running
from support import (
    CLIENT_ASSERTION,
    DIRECT_NUMBER,
    OWN,
    PASSWORD,
    REVOKE,
    STORE,
    TOKEN,
    Client,
    assert_refused,
    basic,
)

PASSWORD_GRANT = {"grant_type": "password", "username": DIRECT_NUMBER["102"], "password": PASSWORD}
HEADERS = ("x-rate-limit-group", "x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-window")


@pytest.fixture(scope="module")
def limited_url() -> Iterator[str]:
    """A server whose fixture has the documented limits."""
    with running(replace(load_named("demo"), limits="ringcentral")) as (url, _):
        yield url


@pytest.fixture
def limited(limited_url: str) -> Iterator[Client]:
    with Client(limited_url) as client:
        yield client


def standing(answer: object) -> list[str | None]:
    return [answer.headers.get(name) for name in HEADERS]  # type: ignore[attr-defined]


def limit(client: Client, **limits: object) -> None:
    assert client.call("PUT", "/_mock/limits", json=limits).status_code == 200


def test_the_documented_number_of_calls_is_answered_and_the_next_is_not(limited: Client) -> None:
    answers = [limited.get(STORE) for _ in range(51)]

    assert [answer.status_code for answer in answers] == [200] * 50 + [429]
    assert standing(answers[0]) == ["light", "50", "49", "60"]
    assert standing(answers[49]) == ["light", "50", "0", "60"]
    assert_refused(answers[50], 429, "CMN-301")
    assert answers[50].json() == {
        "errorCode": "CMN-301",
        "message": "Request rate exceeded",
        "errors": [{"errorCode": "CMN-301", "message": "Request rate exceeded"}],
    }
    assert answers[50].headers["retry-after"] == "60"
    assert standing(answers[50]) == ["light", "50", "0", "60"]


def test_the_sixth_log_in_of_a_user_in_a_minute_is_refused_and_none_of_another(limited: Client) -> None:
    assert [limited.ask_token(**PASSWORD_GRANT).status_code for _ in range(6)] == [200] * 5 + [429]
    assert limited.ask_token(**{**PASSWORD_GRANT, "username": f"+{DIRECT_NUMBER['102']}"}).status_code == 429
    assert limited.ask_token(**{**PASSWORD_GRANT, "username": DIRECT_NUMBER["103"]}).status_code == 200


def test_an_application_that_names_itself_by_an_assertion_alone_is_counted(limited: Client) -> None:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, {"iss": limited.client_id})]
    made = ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "signature"])
    form = {**PASSWORD_GRANT, "client_assertion_type": CLIENT_ASSERTION, "client_assertion": made}
    answers = [limited.post(TOKEN, by=None, data=form).status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]


def jwt_of_sub(subject: object, number: int) -> str:
    """A JWT of a user, each with another text."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, {"sub": str(subject), "jti": number})]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "signature"])


@pytest.mark.parametrize("subject", ["1346632010", "1", "nobody"])
def test_a_fresh_jwt_for_each_call_is_counted_for_the_user_that_it_names(limited: Client, subject: str) -> None:
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    asked = [limited.ask_token(grant_type=grant, assertion=jwt_of_sub(subject, n)).status_code for n in range(6)]
    assert asked == [400] * 5 + [429]


def test_a_user_is_one_however_he_signs_in(limited: Client) -> None:
    main = {**PASSWORD_GRANT, "username": "16509100001", "extension": "102"}
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "demo-jwt-102"}
    starred = {**PASSWORD_GRANT, "username": "+16509100001*102"}
    asked = [limited.ask_token(**form).status_code for form in (PASSWORD_GRANT, main, grant, starred, grant, main)]
    assert asked == [200] * 5 + [429]


def test_codes_that_nobody_was_given_are_counted(limited: Client) -> None:
    asked = [limited.ask_token(grant_type="authorization_code", code=f"AC-{n}").status_code for n in range(6)]
    assert asked == [400] * 5 + [429]


def test_refreshes_and_revocations_count_for_the_one_who_is_logged_in(limited: Client) -> None:
    info = limited.log_in("102")
    client = basic(limited.client_id, limited.client_secret)

    refreshed = limited.post(
        TOKEN, by=None, headers=client, data={"grant_type": "refresh_token", "refresh_token": info["refresh_token"]}
    )
    revoked = limited.post(f"{REVOKE}?token={refreshed.json()['access_token']}", by=None, headers=client)

    assert [standing(answer)[2] for answer in (refreshed, revoked)] == ["3", "2"]


def test_a_new_client_gets_its_first_log_in_counted(limited: Client) -> None:
    assert standing(limited.ask_token(**PASSWORD_GRANT)) == ["auth", "5", "4", "60"]


def test_the_log_in_page_counts_and_opens_no_world(limited: Client) -> None:
    limited.log_in("101")
    page = {"response_type": "code", "client_id": limited.client_id, "redirect_uri": "http://localhost/"}

    assert standing(limited.get("/restapi/oauth/authorize", by=None, params=page))[0] == "auth"


def test_a_client_that_cannot_be_is_refused_as_ever(limited: Client) -> None:
    answer = limited.post(TOKEN, by=None, headers=basic("a b", "x"), data=PASSWORD_GRANT)

    assert answer.json()["errors"][0]["errorCode"] == "OAU-153"


@pytest.mark.parametrize("path", ["/restapi", "/restapi/v1.0", "/restapi/nowhere", "/_mock/ready"])
def test_what_is_not_throttled_says_nothing_of_limits(limited: Client, path: str) -> None:
    assert standing(limited.get(path)) == [None] * 4


def test_a_call_without_a_good_token_is_not_counted(limited: Client) -> None:
    assert standing(limited.get(OWN, by=None)) == [None] * 4


def test_without_limits_an_answer_says_what_they_are_and_that_all_is_left(world_client: Client) -> None:
    assert standing(world_client.get(OWN)) == standing(world_client.get(OWN)) == ["light", "50", "50", "60"]


def test_limits_of_one_world_are_not_those_of_another(server_url: str, world_client: Client) -> None:
    limit(world_client, light=1)

    assert [world_client.get(OWN).status_code for _ in range(2)] == [200, 429]
    with Client(server_url) as other:
        assert [other.get(OWN).status_code for _ in range(2)] == [200, 200]


def test_a_refused_call_in_the_journal_is_refused_by_the_rules(world_client: Client) -> None:
    limit(world_client, light=1)
    for _ in range(2):
        world_client.get(OWN)

    entry = world_client.get("/_mock/journal?limit=1").json()[0]

    assert (entry["status"], entry["errors"][0]["errorCode"], entry["refused_by"]) == (429, "CMN-301", "rules")


def test_a_reset_starts_the_minute_anew(limited: Client) -> None:
    limited.get(OWN)

    limited.post("/_mock/reset")

    assert standing(limited.get(OWN))[2] == "49"


def test_a_page_in_a_browser_can_read_when_to_come_back(world_client: Client) -> None:
    limit(world_client, light=1)
    for _ in range(2):
        answer = world_client.get(OWN, headers={"Origin": "http://app.example"})

    assert answer.headers["retry-after"] == "60"
    assert "retry-after" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    ("group", "limit"), [(Group.LIGHT, b"50"), (Group.MEDIUM, b"40"), (Group.HEAVY, b"10"), (Group.AUTH, b"5")]
)
def test_d18_a_call_that_is_not_counted_has_all_of_its_groups_documented_limit_left(group: Group, limit: bytes) -> None:
    said = dict(unused(group))
    assert (said[b"x-rate-limit-limit"], said[b"x-rate-limit-remaining"]) == (limit, limit)
    assert (said[b"x-rate-limit-group"], said[b"x-rate-limit-window"]) == (group.value.encode(), b"60")
