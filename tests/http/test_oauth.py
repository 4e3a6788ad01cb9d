"""Log-in, refresh and log-out over the socket: every refusal of the OAuth endpoints, and what a token is good for."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ringmock.fixture import load_named
from ringmock.http import oauth
from ringmock.server_limits import ServerLimits
from ringmock.serving.server import running
from ringmock.sign_in.assertions import Key
from ringmock.sign_in.permissions import permissions_after_refresh, permissions_granted
from ringmock.sign_in.sessions import ScopeInvalid, TooManyWorlds
from ringmock.sign_in.worlds import Worlds
from ringmock.world.template import Application
from support import (
    CLIENT_ASSERTION,
    DIRECT_NUMBER,
    JWT_BEARER,
    MAIN_NUMBER,
    OWN,
    PASSWORD,
    REVOKE,
    STORE,
    TOKEN,
    Client,
    assert_oauth_refused,
    assert_refused,
    basic,
    claims_of,
    jwt_of,
)

PASSWORD_GRANT = {"grant_type": "password", "username": DIRECT_NUMBER["102"], "password": PASSWORD}
INCOMPLETE = "Resource Owner credentials are incomplete."
WRONG = "Invalid resource owner credentials."
JWT_GRANT = {"grant_type": JWT_BEARER, "assertion": jwt_of("102")}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def status_with(client: Client, token: str) -> int:
    return client.get(OWN, by=None, headers=bearer(token)).status_code


def revoke(client: Client, token: str, **arguments: Any) -> Any:
    headers = basic(client.client_id, client.client_secret)
    return client.post(REVOKE, by=None, data={"token": token}, headers=headers, **arguments)


def refresh(client: Client, token: str) -> Any:
    return client.ask_token(grant_type="refresh_token", refresh_token=token)


def pass_time(client: Client, seconds: int) -> None:
    assert client.post("/_mock/clock/advance", json={"seconds": seconds}).status_code == 200


# --- what a log-in answers -----------------------------------------------------------------------


def test_a_log_in_answers_the_token_with_the_documented_fields_in_the_order_of_the_captures(
    world_client: Client,
) -> None:
    answer = world_client.ask_token(**JWT_GRANT, endpoint_id="my-endpoint")

    info = answer.json()
    assert list(info) == [
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "refresh_token_expires_in",
        "scope",
        "owner_id",
        "endpoint_id",
        "session_id",
    ]
    assert (info["token_type"], info["owner_id"], info["endpoint_id"]) == ("bearer", "1346632102", "my-endpoint")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "granted"),
    [("599", 600), ("600", 600), ("601", 601), ("3599", 3599), ("3600", 3600), ("3601", 3600), ("0", 600), ("-1", 600)],
)
def test_an_access_token_lives_between_ten_minutes_and_an_hour(world_client: Client, asked: str, granted: int) -> None:
    assert world_client.log_in("102", access_token_ttl=asked)["expires_in"] == granted


@pytest.mark.parametrize(("asked", "granted"), [("1", 1), ("604800", 604800), ("604801", 604800)])
def test_a_refresh_token_lives_for_a_week_at_most(world_client: Client, asked: str, granted: int) -> None:
    assert world_client.log_in("102", refresh_token_ttl=asked)["refresh_token_expires_in"] == granted


@pytest.mark.parametrize("asked", ["0", "-1"])
def test_no_refresh_token_is_issued_for_no_lifetime(world_client: Client, asked: str) -> None:
    info = world_client.log_in("102", refresh_token_ttl=asked)

    assert {"refresh_token", "refresh_token_expires_in"}.isdisjoint(info)
    assert status_with(world_client, info["access_token"]) == 200


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": JWT_BEARER, "assertion": jwt_of("200")},
        {"grant_type": "password", "username": DIRECT_NUMBER["200"], "password": PASSWORD},
        {"grant_type": "password", "username": MAIN_NUMBER, "extension": "200", "password": PASSWORD},
    ],
    ids=["JWT", "direct number", "main number and extension"],
)
def test_a_department_logs_in_with_its_own_credentials_and_sends_an_sms(
    world_client: Client, form: dict[str, str]
) -> None:
    info = world_client.ask_token(**form).json()

    assert info["owner_id"] == "1346632200"
    assert world_client.post_sms(by="200").status_code == 200


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "error", "code", "description"),
    [
        ({**PASSWORD_GRANT, "username": ""}, "invalid_request", "CMN-101", INCOMPLETE),
        ({**PASSWORD_GRANT, "password": ""}, "invalid_request", "CMN-101", INCOMPLETE),
        ({"grant_type": "password"}, "invalid_request", "CMN-101", INCOMPLETE),
        ({**PASSWORD_GRANT, "password": "Secret-2"}, "invalid_grant", "OAU-140", WRONG),
        ({**PASSWORD_GRANT, "username": "14151003732"}, "invalid_grant", "OAU-140",
         WRONG),
        ({**PASSWORD_GRANT, "extension": "103"}, "invalid_grant", "OAU-140", WRONG),
        ({**PASSWORD_GRANT, "username": MAIN_NUMBER, "extension": "999"}, "invalid_grant", "OAU-140",
         WRONG),
        ({**JWT_GRANT, "assertion": "nobody"}, "invalid_grant", "OAU-140", "Unparseable assertion"),
        ({**JWT_GRANT, "assertion": ""}, "invalid_grant", "OAU-140", "Unparseable assertion"),
        ({"grant_type": JWT_BEARER}, "invalid_grant", "OAU-140", "Unparseable assertion"),
        ({"grant_type": "magic"}, "unsupported_grant_type", "OAU-250", "Unsupported grant type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client", "OAU-270",
         "Unauthorized for this grant type: it is kept for partner applications"),
        ({"grant_type": "refresh_token"}, "invalid_grant", "OAU-213", "Token not found"),
        ({"grant_type": "refresh_token", "refresh_token": "unheard"}, "invalid_grant", "OAU-213", "Token not found"),
        ({"username": "x"}, "invalid_request", "CMN-101", "Parameter [grant_type] value is invalid."),
    ],
)  # fmt: skip
def test_a_log_in_that_cannot_be_granted_says_why(
    world_client: Client, form: dict[str, str], error: str, code: str, description: str
) -> None:
    answer = world_client.ask_token(**form)

    assert_oauth_refused(answer, error, code)
    assert answer.json()["error_description"] == description


@pytest.mark.parametrize("grant", ["JWT", "password"])
@pytest.mark.parametrize("status", ["Disabled", "Frozen", "NotActivated"])
def test_only_an_enabled_extension_can_log_in(world_client: Client, status: str, grant: str) -> None:
    form = JWT_GRANT if grant == "JWT" else PASSWORD_GRANT
    assert world_client.ask_token(**form).status_code == 200

    world_client.call("PATCH", "/_mock/extensions/102", json={"status": status})

    assert_oauth_refused(world_client.ask_token(**form), "invalid_grant", "OAU-236")


@pytest.mark.parametrize("extension", ["104", "105"])
def test_the_frozen_and_the_disabled_extension_of_the_demo_account_cannot_log_in(
    world_client: Client, extension: str
) -> None:
    answer = world_client.ask_token(grant_type=JWT_BEARER, assertion=jwt_of(extension))

    assert_oauth_refused(answer, "invalid_grant", "OAU-236")


@pytest.mark.parametrize("path", [TOKEN, REVOKE])
def test_a_client_that_does_not_name_itself_is_refused(world_client: Client, path: str) -> None:
    answer = world_client.post(path, by=None, data={**JWT_GRANT, "token": "x"})

    assert_oauth_refused(answer, "invalid_client", "OAU-123")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [("Bearer demo-101", "OAU-151"), ("Basic", "AGW-402"), ("Basic %%%", "AGW-402"), ("Basic eA==", "AGW-402")],
    ids=["a bearer token", "nothing", "no base64", "no colon"],
)
@pytest.mark.parametrize("path", [TOKEN, REVOKE])
def test_a_client_header_that_cannot_be_read_is_refused_as_rfc_6749_has_it(
    world_client: Client, path: str, authorization: str, code: str
) -> None:
    answer = world_client.post(path, by=None, data=JWT_GRANT, headers={"Authorization": authorization})

    assert_oauth_refused(answer, "invalid_client", code, status=401)
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize("path", [TOKEN, REVOKE])
def test_a_known_client_with_another_secret_is_refused(world_client: Client, path: str) -> None:
    world_client.log_in("101")
    for client_id in ("ringmock", world_client.client_id):
        for secret in ("wrong", ""):
            answer = world_client.post(path, by=None, data=JWT_GRANT, headers=basic(client_id, secret))
            assert_oauth_refused(answer, "invalid_client", "OAU-146")


@pytest.mark.parametrize("client_id", ["", "a b", "ü", "a" * 65, "a/b", "<script>"])
def test_a_client_id_that_is_not_well_formed_opens_no_world(world_client: Client, client_id: str) -> None:
    answer = world_client.post(TOKEN, by=None, data=JWT_GRANT, headers=basic(client_id, "secret"))

    assert_oauth_refused(answer, "invalid_client", "OAU-153")
    assert answer.json()["error_description"] == f"Invalid client application: [{client_id}]"
    parameters = [{"parameterName": "client_id", "parameterValue": client_id}]
    assert answer.json()["errors"][0]["parameters"] == parameters


def test_a_client_with_a_secret_does_not_sign_in_by_its_id_alone(world_client: Client) -> None:
    answer = world_client.post(TOKEN, by=None, data={**JWT_GRANT, "client_id": "ringmock"})

    assert_oauth_refused(answer, "invalid_client", "OAU-123")


@pytest.mark.parametrize("form", [PASSWORD_GRANT, {"grant_type": "authorization_code", "code": "x"}])
def test_an_application_asks_for_no_grant_but_those_of_its_fixture(world_client: Client, form: dict[str, str]) -> None:
    client = basic("ringmock-service", "ringmock-secret")

    refused = world_client.post(TOKEN, by=None, data=form, headers=client)
    granted = world_client.post(TOKEN, by=None, data=JWT_GRANT, headers=client)

    assert_oauth_refused(refused, "unauthorized_client", "OAU-251")
    assert granted.status_code == 200
    assert "refresh_token" not in granted.json()


# --- refresh -------------------------------------------------------------------------------------


def test_a_refresh_kills_the_old_access_token_at_once(world_client: Client) -> None:
    old = world_client.log_in("102")

    new = refresh(world_client, old["refresh_token"]).json()

    assert_refused(world_client.get(OWN, by=None, headers=bearer(old["access_token"])), 401, "OAU-129")
    assert status_with(world_client, new["access_token"]) == 200
    assert [new[name] == old[name] for name in ("owner_id", "endpoint_id", "session_id")] == [True] * 3


def test_a_refresh_that_is_asked_again_has_the_same_answer_until_the_new_token_has_been_in_use_for_ten_seconds(
    world_client: Client,
) -> None:
    world_client.call("PUT", "/_mock/clock", json={"frozen": True})
    old = world_client.log_in("102")
    new = refresh(world_client, old["refresh_token"]).json()
    assert refresh(world_client, old["refresh_token"]).json() == new

    assert status_with(world_client, new["access_token"]) == 200

    pass_time(world_client, 9)
    left = {name: new[name] - 9 for name in ("expires_in", "refresh_token_expires_in")}
    assert refresh(world_client, old["refresh_token"]).json() == {**new, **left}
    pass_time(world_client, 1)
    assert_oauth_refused(refresh(world_client, old["refresh_token"]), "invalid_grant", "OAU-213")
    assert_refused(world_client.get(OWN, by=None, headers=bearer(old["access_token"])), 401, "OAU-213")


def test_a_refresh_can_be_refreshed_again(world_client: Client) -> None:
    second = refresh(world_client, world_client.log_in("102")["refresh_token"]).json()

    third = refresh(world_client, second["refresh_token"]).json()

    assert status_with(world_client, third["access_token"]) == 200


def test_one_application_cannot_refresh_the_session_of_another(server_url: str, world_client: Client) -> None:
    mine = world_client.log_in("102")

    with Client(server_url) as other:
        assert_oauth_refused(refresh(other, mine["refresh_token"]), "invalid_grant", "OAU-213")

    assert status_with(world_client, mine["access_token"]) == 200


# --- log-out -------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_either_token_ends_the_whole_session(world_client: Client, which: str) -> None:
    info = world_client.log_in("102")

    answer = revoke(world_client, info[which])

    assert (answer.status_code, answer.content) == (200, b"")
    assert_refused(world_client.get(OWN, by=None, headers=bearer(info["access_token"])), 401, "OAU-213")
    assert_oauth_refused(refresh(world_client, info["refresh_token"]), "invalid_grant", "OAU-211")


def test_a_token_to_revoke_may_stand_in_the_query(world_client: Client) -> None:
    info = world_client.log_in("102")
    headers = basic(world_client.client_id, world_client.client_secret)

    answer = world_client.post(f"{REVOKE}?token={info['access_token']}", by=None, headers=headers)

    assert answer.status_code == 200
    assert status_with(world_client, info["access_token"]) == 401


def test_a_log_out_leaves_the_other_sessions_of_the_user_alone(world_client: Client) -> None:
    one, other = world_client.log_in("102"), world_client.log_in("102")

    revoke(world_client, one["access_token"])

    assert (status_with(world_client, one["access_token"]), status_with(world_client, other["access_token"])) == (
        401,
        200,
    )


def test_a_token_that_is_dead_already_is_no_reason_to_refuse_its_revocation(world_client: Client) -> None:
    info = world_client.log_in("102")

    assert [revoke(world_client, info["access_token"]).status_code for _ in range(2)] == [200, 200]


def test_one_application_cannot_end_the_session_of_another(server_url: str, world_client: Client) -> None:
    mine = world_client.log_in("102")

    with Client(server_url) as other:
        revoke(other, mine["access_token"])

    assert status_with(world_client, mine["access_token"]) == 200


@pytest.mark.parametrize("form", [{}, {"token": ""}], ids=["no token", "an empty token"])
def test_a_log_out_names_a_token(world_client: Client, form: dict[str, str]) -> None:
    headers = basic(world_client.client_id, world_client.client_secret)

    answer = world_client.post(REVOKE, by=None, data={"client_id": world_client.client_id, **form}, headers=headers)

    assert_oauth_refused(answer, "invalid_request", "CMN-101")


# --- time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "status"), [(599, 200), (600, 401), (3600, 401)])
def test_an_access_token_expires_by_the_clock_of_its_world(world_client: Client, seconds: int, status: int) -> None:
    world_client.call("PUT", "/_mock/clock", json={"frozen": True})
    token = world_client.log_in("102", access_token_ttl="600")["access_token"]

    pass_time(world_client, seconds)

    answer = world_client.get(OWN, by=None, headers=bearer(token))
    assert answer.status_code == status
    if status == 401:
        assert_refused(answer, 401, "OAU-128")


@pytest.mark.parametrize(("seconds", "status"), [(999, 200), (1000, 400)])
def test_a_refresh_token_expires_by_the_clock_of_its_world(world_client: Client, seconds: int, status: int) -> None:
    world_client.call("PUT", "/_mock/clock", json={"frozen": True})
    token = world_client.log_in("102", refresh_token_ttl="1000")["refresh_token"]

    pass_time(world_client, seconds)

    assert refresh(world_client, token).status_code == status


def test_a_clock_that_is_set_takes_its_tokens_along(world_client: Client) -> None:
    world_client.call("PUT", "/_mock/clock", json={"now": "2012-10-16T06:34:58Z", "frozen": True})
    info = world_client.log_in("102")

    world_client.call(
        "PUT", "/_mock/clock", json={"now": "2012-10-16T07:34:58Z"}, by=None, headers=bearer(info["access_token"])
    )

    assert_refused(world_client.get(OWN, by=None, headers=bearer(info["access_token"])), 401, "OAU-128")
    assert refresh(world_client, info["refresh_token"]).status_code == 200


def test_the_ready_made_tokens_of_the_fixture_never_expire(server_url: str, world_client: Client) -> None:
    assert world_client.get(OWN, by=None, headers=bearer("demo-102")).json()["extensionNumber"] == "102"

    revoke(world_client, "demo-102")

    assert status_with(world_client, "demo-102") == 200


# --- worlds --------------------------------------------------------------------------------------


def test_two_unknown_clients_never_see_each_others_messages(server_url: str) -> None:
    with Client(server_url) as one, Client(server_url) as other:
        one.page("102", text="From one")
        other.page("102", text="From the other")

        assert [message["subject"] for message in one.messages("102")] == ["From one"]
        assert [message["subject"] for message in other.messages("102")] == ["From the other"]


def test_two_sessions_of_one_unknown_client_share_a_world(world_client: Client) -> None:
    world_client.page("102", text="Hello")

    again = world_client.log_in("102")["access_token"]

    assert (
        world_client.get(f"{OWN}/message-store", by=None, headers=bearer(again)).json()["paging"]["totalElements"] == 1
    )


def test_a_server_opens_as_many_worlds_as_it_may_and_says_so_of_the_next() -> None:
    worlds = Worlds(load_named("demo"), limits=ServerLimits(max_worlds=3))
    for number in range(3):
        worlds.world_of_client(f"client-{number}", None)

    with pytest.raises(TooManyWorlds) as refused:
        worlds.world_of_client("one-more", None)

    status, _, body = oauth.render(refused.value)
    assert (status, json.loads(body)["error"]) == (400, "unauthorized_client")
    assert worlds.world_of_client("client-2", None) is not worlds.default


# --- calls of the API ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "AGW-401"),
        ({"Authorization": ""}, "AGW-402"),
        ({"Authorization": "Bearer"}, "AGW-402"),
        ({"Authorization": "Token demo-101"}, "AGW-402"),
        ({"Authorization": "demo-101"}, "AGW-402"),
        (basic("ringmock", "ringmock-secret"), "OAU-151"),
        ({"Authorization": "Bearer garbage"}, "OAU-149"),
        ({"Authorization": "Bearer AT-" + "x" * 32}, "OAU-213"),
        ({"Authorization": "Bearer AT-" + "x" * 31}, "OAU-149"),
    ],
)
def test_a_call_without_a_good_token_says_what_is_wrong_with_it(
    world_client: Client, headers: dict[str, str], code: str
) -> None:
    answer = world_client.get(OWN, by=None, headers=headers)

    assert_refused(answer, 401, code)
    assert answer.json()["errorCode"] == "TokenInvalid"
    assert answer.headers["www-authenticate"] == 'Bearer realm="RingCentral REST API"'


def test_a_refresh_token_is_no_access_token(world_client: Client) -> None:
    info = world_client.log_in("102")

    assert_refused(world_client.get(OWN, by=None, headers=bearer(info["refresh_token"])), 401, "OAU-213")


# --- id tokens -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [JWT_GRANT, PASSWORD_GRANT], ids=["JWT", "password"])
def test_an_id_token_can_be_checked_by_the_discovery_document_alone(world_client: Client, form: dict[str, str]) -> None:
    info = world_client.ask_token(**form, scope="ReadMessages openid").json()

    claims = claims_of(world_client, info["id_token"])
    assert claims == {
        "iss": world_client.url,
        "sub": info["owner_id"],
        "account_id": "1346632010",
        "given_name": "Second",
        "family_name": "User",
        "aud": world_client.client_id,
        "iat": claims["iat"],
        "exp": claims["iat"] + info["expires_in"],
        "auth_time": claims["iat"],
    }
    assert "openid" in info["scope"].split()
    assert list(info).index("id_token") == list(info).index("endpoint_id") + 1
    user = world_client.get("/restapi/oauth/userinfo", by=None, headers=bearer(info["access_token"])).json()
    assert user.pop("email") == "second.user@example.com"
    assert user.items() <= claims.items()


@pytest.mark.parametrize("scope", ["", "ReadMessages"])
def test_an_id_token_comes_for_its_scope_alone(world_client: Client, scope: str) -> None:
    info = world_client.ask_token(**JWT_GRANT, scope=scope).json()
    assert "id_token" not in info
    assert "openid" not in info["scope"].split()
    refreshed = refresh(world_client, info["refresh_token"]).json()
    assert "id_token" not in refreshed


@pytest.mark.parametrize(
    "scope", ["OpenID", "openids", "open id", "Nonsense", "sms", "SMS\tReadMessages", "SMS Nonsense"]
)
def test_d21_a_name_that_is_no_permission_of_the_services_is_refused(world_client: Client, scope: str) -> None:
    assert_oauth_refused(world_client.ask_token(**JWT_GRANT, scope=scope), "invalid_scope", "CMN-101")


@pytest.mark.parametrize(
    ("asked", "held", "granted"),
    [
        (None, None, None),
        (None, {"SMS"}, {"SMS"}),
        ({"SMS"}, None, {"SMS"}),
        ({"SMS", "Faxes"}, {"SMS", "ReadMessages"}, {"SMS"}),
    ],
)
def test_d21_a_token_has_what_was_asked_for_of_what_its_application_has(
    asked: set[str] | None, held: set[str] | None, granted: set[str] | None
) -> None:
    found = permissions_granted(asked and frozenset(asked), held and frozenset(held))
    assert found == granted


def test_d21_an_application_that_has_none_of_what_it_asks_for_gets_no_token() -> None:
    with pytest.raises(ScopeInvalid) as refused:
        permissions_granted(frozenset({"Faxes"}), frozenset({"SMS"}))
    assert refused.value.value == "Faxes"


def test_d21_a_refresh_keeps_or_narrows_and_never_widens() -> None:
    held = frozenset({"SMS", "ReadMessages"})
    assert permissions_after_refresh(None, held) == held
    assert permissions_after_refresh(frozenset({"SMS"}), held) == {"SMS"}
    with pytest.raises(ScopeInvalid):
        permissions_after_refresh(frozenset({"SMS", "Faxes"}), held)


def test_d21_an_application_of_a_fixture_may_do_what_its_permissions_say() -> None:
    applications = (Application("reader", "any-secret", permissions=("ReadMessages", "WebSocketsSubscription")),)
    with running(replace(load_named("demo"), applications=applications)) as (url, _), Client(url) as client:
        client.client_id = "reader"
        info = client.ask_token(**JWT_GRANT).json()
        assert info["scope"] == "ReadMessages WebSocketsSubscription WebSocket"
        by = bearer(info["access_token"])
        assert client.get(STORE, by=None, headers=by).status_code == 200
        assert_refused(client.get(OWN, by=None, headers=by), 403, "CMN-401")
        assert client.post("/restapi/oauth/wstoken", by=None, headers=by).status_code == 200
        assert_oauth_refused(client.ask_token(**JWT_GRANT, scope="SMS"), "invalid_scope", "CMN-101")


# --- assertions ------------------------------------------------------------------------------------

RSA = generate_private_key(65537, 2048)
PUBLIC_KEY = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
DEMO_KEY = "ringmock-demo-secret-that-signs-jwts"
LONG_SECRET = "a-secret-that-is-as-long-as-it-has-to-be-for-HS256"


@pytest.fixture(scope="module")
def keys_url() -> Iterator[str]:
    """A server whose applications prove themselves by a key, by a secret, and not at all."""
    applications = (
        Application("by-key", public_key=PUBLIC_KEY),
        Application("by-secret", LONG_SECRET),
        Application("public"),
    )
    template = replace(load_named("demo"), applications=applications, jwt_keys=(Key(PUBLIC_KEY), Key(secret=DEMO_KEY)))
    with running(template) as (url, _):
        yield url


def assertion(client: Client, client_id: str, key: Any, algorithm: str, **claims: Any) -> str:
    said = {
        "iss": client_id,
        "sub": client_id,
        "aud": f"{client.url}/restapi/oauth/token",
        "exp": int(time.time()) + 60,
        **claims,
    }
    return jwt.encode({name: value for name, value in said.items() if value is not None}, key, algorithm)


def ask_asserting(client: Client, token: str, **more: str) -> Any:
    form = {**JWT_GRANT, "client_assertion_type": CLIENT_ASSERTION, "client_assertion": token, **more}
    return client.post(TOKEN, by=None, data=form)


@pytest.mark.parametrize(
    ("client_id", "key", "algorithm", "claims"),
    [
        ("by-key", RSA, "RS256", {}),
        ("by-key", RSA, "PS256", {"aud": ["http://elsewhere", "https://platform.ringcentral.com"]}),
        ("by-secret", LONG_SECRET, "HS256", {"aud": "https://platform.ringcentral.com/restapi/oauth/token"}),
        ("made-up-by-key", RSA, "RS256", {}),
        ("made-up-by-secret", "whatever-this-secret-may-be-it-is-not-known", "HS256", {}),
    ],
)
def test_an_assertion_proves_its_client(
    keys_url: str, client_id: str, key: Any, algorithm: str, claims: dict[str, Any]
) -> None:
    with Client(keys_url) as client:
        token = assertion(client, client_id, key, algorithm, **claims)
        for more in ({}, {"client_id": client_id}, {"client_id": ""}):
            answer = ask_asserting(client, token, **more)
            assert answer.status_code == 200, answer.text
        info = answer.json()
        assert status_with(client, info["access_token"]) == 200
        form = {"token": info["access_token"], "client_assertion_type": CLIENT_ASSERTION, "client_assertion": token}
        assert client.post(REVOKE, by=None, data=form).status_code == 200
        assert status_with(client, info["access_token"]) == 401


@pytest.mark.parametrize(
    ("client_id", "key", "algorithm", "claims", "why"),
    [
        ("by-key", LONG_SECRET, "HS256", {}, "the client assertion is not signed with the client's key"),
        ("by-secret", RSA, "RS256", {}, "the client assertion is not signed with the client's key"),
        ("by-secret", LONG_SECRET + "x", "HS256", {}, "the client assertion is not signed with the client's key"),
        ("public", RSA, "RS256", {}, "the client assertion is not signed with the client's key"),
        ("made-up", None, "none", {}, "the client assertion is not signed with the client's key"),
        ("by-key", RSA, "RS256", {"exp": 1}, "of the client assertion, it has expired"),
        ("by-key", RSA, "RS256", {"exp": None}, "of the client assertion, its exp or its nbf is no time"),
        ("by-key", RSA, "RS256", {"sub": "public"}, "iss and sub of the client assertion are not the client id"),
        ("by-key", RSA, "RS256", {"iss": None}, "iss and sub of the client assertion are not the client id"),
    ],
)
def test_an_assertion_that_proves_nothing_is_refused(
    keys_url: str, client_id: str, key: Any, algorithm: str, claims: dict[str, Any], why: str
) -> None:
    with Client(keys_url) as client:
        answer = ask_asserting(client, assertion(client, client_id, key, algorithm, **claims))
        assert_oauth_refused(answer, "invalid_client", "OAU-146")
        assert answer.json()["error_description"] == f"Invalid client credentials: {why}"


@pytest.mark.parametrize(
    ("key", "algorithm", "is_let_in"),
    [(RSA, "RS256", False), ("another-secret-of-more-than-32-bytes", "HS256", False), (LONG_SECRET, "HS256", True)],
)
def test_an_application_that_has_shown_a_secret_is_opened_by_that_alone(
    keys_url: str, key: Any, algorithm: str, is_let_in: bool
) -> None:
    with Client(keys_url) as client:
        client.client_secret = LONG_SECRET
        client.log_in("101")
        answer = ask_asserting(client, assertion(client, client.client_id, key, algorithm))
        assert (answer.status_code == 200) == is_let_in, answer.text
        if not is_let_in:
            assert_oauth_refused(answer, "invalid_client", "OAU-146")


def test_a_garbage_signature_opens_nothing_that_is_known(keys_url: str) -> None:
    with Client(keys_url) as client:
        client.log_in("101")
        head, claims, _ = assertion(client, client.client_id, RSA, "RS256").split(".")
        assert_oauth_refused(ask_asserting(client, f"{head}.{claims}.Z2FyYmFnZQ"), "invalid_client", "OAU-146")


def test_what_is_no_assertion_or_anothers_is_refused(keys_url: str) -> None:
    with Client(keys_url) as client:
        token = assertion(client, "by-key", RSA, "RS256")
        assert_oauth_refused(ask_asserting(client, "nonsense"), "invalid_client", "OAU-146")
        assert_oauth_refused(ask_asserting(client, token, client_id="by-secret"), "invalid_client", "OAU-146")
        unknown = assertion(client, "not a client", RSA, "RS256")
        assert_oauth_refused(ask_asserting(client, unknown), "invalid_client", "OAU-153")
        other_type = ask_asserting(client, token, client_assertion_type="urn:ietf:params:oauth:saml2-bearer")
        assert_oauth_refused(other_type, "invalid_request", "CMN-101")


def test_a_code_is_good_for_a_client_that_proves_itself_by_an_assertion(keys_url: str) -> None:
    with Client(keys_url) as client:
        form = {
            "response_type": "code",
            "client_id": "by-key",
            "redirect_uri": "http://localhost/",
            "username": DIRECT_NUMBER["102"],
            "password": PASSWORD,
        }
        back = client.post("/restapi/oauth/authorize", by=None, data=form).headers["location"]
        code = dict(parse_qsl(urlsplit(back).query))["code"]
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost/"}
        answer = ask_asserting(client, assertion(client, "by-key", RSA, "RS256"), **grant)
        assert (answer.status_code, answer.json()["owner_id"]) == (200, "1346632102")


def test_an_assertion_lives_by_the_clock_of_who_made_it_and_a_users_jwt_by_the_worlds(keys_url: str) -> None:
    with Client(keys_url) as client:
        client.call("PUT", "/_mock/clock", json={"now": "2012-10-16T06:34:58Z", "frozen": True})
        user = assertion(client, "1346632102", RSA, "RS256", exp=1350369298 + 60)  # a minute after that time
        assert client.ask_token(grant_type=JWT_BEARER, assertion=user).status_code == 200
        pass_time(client, 60)
        answer = client.ask_token(grant_type=JWT_BEARER, assertion=user)
        assert_oauth_refused(answer, "invalid_grant", "OAU-140")
        assert answer.json()["error_description"] == "Invalid assertion: it has expired"
        assert ask_asserting(client, assertion(client, "by-key", RSA, "RS256")).status_code == 200


@pytest.mark.parametrize(
    ("key", "claims", "code"),
    [
        (RSA, {}, None),
        (DEMO_KEY, {"sub": "1346632010"}, None),
        (DEMO_KEY, {"aud": "https://platform.ringcentral.com/restapi/oauth/token"}, None),
        (LONG_SECRET, {}, "OAU-140"),
        (RSA, {"aud": None}, "OAU-140"),
        (RSA, {"exp": None}, "OAU-140"),
        (RSA, {"sub": "102"}, "OAU-232"),
        (RSA, {"sub": None}, "OAU-232"),
        (RSA, {"sub": "\u0661"}, "OAU-232"),
        (RSA, {"sub": "9" * 5000}, "OAU-232"),
        (RSA, {"sub": "1346632104"}, "OAU-236"),
    ],
)
@pytest.mark.parametrize("grant_type", [JWT_BEARER, "partner_jwt"])
def test_a_jwt_that_is_signed_with_a_key_of_the_fixtures_is_its_subs(
    keys_url: str, grant_type: str, key: Any, claims: dict[str, Any], code: str | None
) -> None:
    with Client(keys_url) as client:
        algorithm = "RS256" if key is RSA else "HS256"
        token = assertion(client, "1346632102", key, algorithm, **claims)
        answer = client.ask_token(grant_type=grant_type, assertion=token)
        if code is None:
            assert answer.json()["owner_id"] == claims.get("sub", "1346632102")
        else:
            assert_oauth_refused(answer, "invalid_grant", code)


@pytest.mark.parametrize(
    ("description", "told"),
    [
        ("Invalid client credentials", "Invalid client credentials"),
        ('of "a\\b" \r\n ü', "of ?a?b? ?? ?"),
        ("a" * 200, "a" * 200),
        ("a" * 201, "a" * 200),
    ],
)
def test_d17_a_refused_client_is_challenged_with_a_description_that_a_header_can_hold(
    description: str, told: str
) -> None:
    wanted = f'Bearer realm="RingCentral REST API", error="invalid_client", error_description="{told}"'
    assert oauth.challenge("invalid_client", description) == wanted


@pytest.mark.parametrize(
    ("path", "headers", "method", "status", "code"),
    [
        (TOKEN, {}, "POST", 415, "CMN-104"),
        (TOKEN, {"Content-Type": ""}, "POST", 415, "CMN-104"),
        (TOKEN, {"Content-Type": "text/plain", "Content-Encoding": "gzip"}, "POST", 415, "CMN-104"),
        ("/restapi/oauth/revoke", {}, "POST", 415, "CMN-104"),
        (TOKEN, {}, "PUT", 405, "CMN-120"),
    ],
)
def test_what_is_refused_before_the_operation_is_known_is_in_the_shape_of_rfc_6749(
    world_client: Client, path: str, headers: dict[str, str], method: str, status: int, code: str
) -> None:
    body = b"grant_type=password" if method == "POST" else b""
    assert_oauth_refused(
        world_client.call(method, path, by=None, content=body, headers=headers), "invalid_request", code, status
    )
