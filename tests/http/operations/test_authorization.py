"""The authorization code flow over the socket: the log-in page, its form, the code and what it is good for."""

import base64
import hashlib
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from support import (
    DIRECT_NUMBER,
    MAIN_NUMBER,
    OWN,
    PASSWORD,
    TOKEN,
    Client,
    assert_oauth_refused,
    assert_refused,
    claims_of,
)

AUTHORIZE = "/restapi/oauth/authorize"
USER_INFO = "/restapi/oauth/userinfo"
BACK = "http://localhost:3000/callback"
TYPED = {"username": DIRECT_NUMBER["102"], "password": PASSWORD}
VERIFIER = "a-verifier-of-more-than-forty-three-characters"
S256 = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Page(HTMLParser):
    """The forms of a page: every input's attributes by its name, and what else stands there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.labelled: set[str | None] = set()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        if tag == "input":
            self.inputs[found["name"] or ""] = found
        if tag == "label":
            self.labelled.add(found["for"])

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def hidden(self) -> dict[str, str]:
        return {name: i["value"] or "" for name, i in self.inputs.items() if i.get("type") == "hidden"}


def asked(client: Client, **more: str) -> dict[str, str]:
    return {"response_type": "code", "client_id": client.client_id, "redirect_uri": BACK, **more}


def page_of(client: Client, **more: str) -> Page:
    answer = client.get(AUTHORIZE, by=None, params=asked(client, **more))
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def submit(client: Client, form: dict[str, str]) -> Any:
    return client.post(AUTHORIZE, by=None, data=form)


def answer_in(location: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))


def code_of(client: Client, **more: str) -> str:
    """What a user who fills in the page brings back."""
    answer = submit(client, {**page_of(client, **more).hidden, **TYPED})
    assert answer.status_code == 302, answer.text
    return answer_in(answer.headers["location"])["code"]


def exchange(client: Client, code: str, **more: str) -> Any:
    return client.ask_token(grant_type="authorization_code", code=code, redirect_uri=BACK, **more)


# --- the page ----------------------------------------------------------------------------------------


def test_the_page_is_html_that_needs_no_script_and_labels_what_it_asks_for(world_client: Client) -> None:
    answer = world_client.get(AUTHORIZE, by=None, params=asked(world_client))

    page = Page(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert "script" not in page.tags
    assert {"username", "extension", "password"} == page.labelled == page.inputs.keys() - page.hidden.keys()
    assert page.inputs["password"]["type"] == "password"
    assert "not RingCentral" in " ".join(page.texts)


def test_the_page_carries_along_what_was_asked_and_leaves_out_what_is_empty(world_client: Client) -> None:
    page = page_of(world_client, state="s", code_challenge=S256, code_challenge_method="S256", display="", brand_id="")

    assert page.hidden == {
        **asked(world_client, state="s"),
        "prompt": "login sso",
        "code_challenge": S256,
        "code_challenge_method": "S256",
    }


@pytest.mark.parametrize(
    "text", ['"><script>alert(1)</script>', "'onfocus='alert(1)", "</form>", "{{ 7 }}", "é 😀 &amp;"]
)
def test_the_page_shows_what_a_client_sent_as_nothing_but_text(world_client: Client, text: str) -> None:
    page = page_of(world_client, state=text, login_hint=text, redirect_uri=f"{BACK}?x=<script>")
    again = Page(submit(world_client, {**page.hidden, "username": text, "extension": text, "password": text}).text)

    assert page.tags.count("script") == again.tags.count("script") == 0
    assert page.hidden["state"] == again.hidden["state"] == text
    assert page.inputs["username"]["value"] == again.inputs["username"]["value"] == text
    assert "value" not in again.inputs["password"]


def test_wrong_credentials_show_the_page_again_with_what_was_typed(world_client: Client) -> None:
    answer = submit(world_client, {**page_of(world_client, state="s").hidden, **TYPED, "password": "wrong"})

    page = Page(answer.text)
    assert answer.status_code == 200
    assert "Invalid resource owner credentials." in page.texts
    assert page.inputs["username"]["value"] == TYPED["username"]
    assert page.inputs["username"]["aria-invalid"] == "true"
    assert page.hidden["state"] == "s"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"username": TYPED["username"]}, "Resource Owner credentials are incomplete."),
        ({**TYPED, "extension": "101"}, "Invalid resource owner credentials."),
        ({"username": MAIN_NUMBER, "extension": "104", "password": PASSWORD}, "Extension is disabled or frozen"),
    ],
)  # fmt: skip
def test_the_page_says_why_somebody_is_not_let_in(world_client: Client, typed: dict[str, str], says: str) -> None:
    page = Page(submit(world_client, {**asked(world_client), **typed}).text)

    assert says in page.texts


def test_a_refused_log_in_is_in_the_journal(world_client: Client) -> None:
    submit(world_client, {**asked(world_client), **TYPED, "password": "wrong"})

    entries = world_client.get("/_mock/journal").json()
    entry = next(entry for entry in entries if entry["operation"] == "authorize2")
    assert [error["errorCode"] for error in entry["errors"]] == ["OAU-140"]
    assert "wrong" not in world_client.get("/_mock/journal").text


# --- the way back ------------------------------------------------------------------------------------


def test_a_user_who_logs_in_goes_back_with_a_code(world_client: Client) -> None:
    answer = submit(world_client, {**page_of(world_client, state="s t").hidden, **TYPED})

    assert (answer.status_code, answer.content) == (302, b"")
    assert answer.headers["location"].startswith(f"{BACK}?code=")
    back = answer_in(answer.headers["location"])
    assert (back.keys(), back["state"], back["expires_in"]) == ({"code", "state", "expires_in"}, "s t", "60")


def test_the_main_number_with_an_extension_logs_in_as_well(world_client: Client) -> None:
    typed = {"username": f"+{MAIN_NUMBER}", "extension": "200", "password": PASSWORD}

    code = answer_in(submit(world_client, {**asked(world_client), **typed}).headers["location"])["code"]

    assert exchange(world_client, code).json()["owner_id"] == "1346632200"


def test_a_user_who_cancels_goes_back_with_access_denied_whatever_he_typed(world_client: Client) -> None:
    answer = submit(world_client, {**asked(world_client, state="s"), **TYPED, "decision": "deny"})

    back = answer_in(answer.headers["location"])
    assert (answer.status_code, back["error"], back["state"]) == (302, "access_denied", "s")
    assert back["error_description"]
    assert "code" not in back


def test_prompt_none_asks_nobody(world_client: Client) -> None:
    answer = world_client.get(AUTHORIZE, by=None, params=asked(world_client, prompt="none"))

    assert answer.status_code == 302
    assert answer_in(answer.headers["location"])["error"] == "login_required"


def test_the_page_can_be_asked_for_by_post(world_client: Client) -> None:
    assert Page(submit(world_client, asked(world_client)).text).hidden == asked(world_client)


def test_a_client_that_discovers_is_reported_where_to_go_on(world_client: Client) -> None:
    back = answer_in(submit(world_client, {**asked(world_client, discovery="true"), **TYPED}).headers["location"])

    assert back["token_uri"] == f"{world_client.url}{TOKEN}"
    assert back["discovery_uri"] == f"{world_client.url}/.well-known/entry-points/external"


# --- refusals that send nobody anywhere ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status", "error", "code"),
    [
        ({"client_id": "a b"}, 400, "invalid_client", "OAU-153"),
        ({"client_id": ""}, 400, "invalid_request", "CMN-101"),
        ({"response_type": "token"}, 400, "invalid_request", "CMN-101"),
        ({"response_type": ""}, 400, "invalid_request", "CMN-101"),
        ({"redirect_uri": ""}, 400, "invalid_request", "CMN-101"),
        ({"redirect_uri": "javascript:alert(1)"}, 400, "invalid_request", "CMN-101"),
        ({"code_challenge": "x", "code_challenge_method": "S512"}, 400, "invalid_request", "CMN-101"),
        ({"client_id": "ringmock-browser", "redirect_uri": f"{BACK}/x"}, 400, "invalid_grant", "OAU-109"),
        ({"client_id": "ringmock-service"}, 403, "unauthorized_client", "OAU-113"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_is_sent_where_that_is_not_sure(
    world_client: Client, method: str, change: dict[str, str], status: int, error: str, code: str
) -> None:
    form = {**asked(world_client, state="s"), **change}
    arguments: dict[str, Any] = {"params": form} if method == "GET" else {"data": {**form, **TYPED}}

    answer = world_client.call(method, AUTHORIZE, by=None, **arguments)

    assert_oauth_refused(answer, error, code, status)
    assert "location" not in answer.headers


def test_a_parameter_that_is_given_twice_is_refused(world_client: Client) -> None:
    answer = world_client.get(f"{AUTHORIZE}?response_type=code&client_id=a&client_id=b&redirect_uri={BACK}", by=None)

    assert_oauth_refused(answer, "invalid_request", "CMN-101")


@pytest.mark.parametrize(
    ("method", "headers", "status", "code"),
    [("PUT", {}, 405, "CMN-120"), ("POST", {"Content-Type": "application/json"}, 415, "CMN-104")],
)
def test_another_verb_or_media_type_is_refused(
    world_client: Client, method: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = world_client.call(method, AUTHORIZE, by=None, headers=headers, content=b"{}" if headers else b"")

    assert (answer.status_code, answer.json()["errors"][0]["errorCode"]) == (status, code)


def test_an_application_that_is_only_asked_for_opens_no_world(server_url: str) -> None:
    with Client(server_url) as client:
        page_of(client)
        client.log_in("101")
        journal = client.get("/_mock/journal").json()

    assert "authorize" not in [entry["operation"] for entry in journal]


# --- the code ----------------------------------------------------------------------------------------


def test_a_code_signs_the_user_in(world_client: Client) -> None:
    info = exchange(world_client, code_of(world_client)).json()

    headers = {"Authorization": f"Bearer {info['access_token']}"}
    assert world_client.get(OWN, by=None, headers=headers).json()["extensionNumber"] == "102"
    assert world_client.ask_token(grant_type="refresh_token", refresh_token=info["refresh_token"]).status_code == 200


@pytest.mark.parametrize(("method", "challenge"), [("S256", S256), ("plain", VERIFIER), ("", VERIFIER)])
def test_a_code_with_a_challenge_takes_its_verifier(world_client: Client, method: str, challenge: str) -> None:
    more = {"code_challenge": challenge, "code_challenge_method": method}

    right = exchange(world_client, code_of(world_client, **more), code_verifier=VERIFIER)
    wrong = exchange(world_client, code_of(world_client, **more), code_verifier=f"{VERIFIER}x")
    without = exchange(world_client, code_of(world_client, **more))

    assert right.status_code == 200
    assert_oauth_refused(wrong, "invalid_grant", "OAU-106")
    assert_oauth_refused(without, "invalid_grant", "OAU-106")


def test_a_code_serves_once_and_in_its_application_only(server_url: str, world_client: Client) -> None:
    code = code_of(world_client)

    with Client(server_url) as other:
        assert_oauth_refused(exchange(other, code), "invalid_grant", "OAU-106")
    assert exchange(world_client, code).status_code == 200
    assert_oauth_refused(exchange(world_client, code), "invalid_grant", "OAU-106")
    assert_oauth_refused(exchange(world_client, ""), "invalid_grant", "OAU-106")


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (60, 400)])
def test_a_code_lives_for_a_minute_by_the_clock_of_its_world(world_client: Client, seconds: int, status: int) -> None:
    world_client.call("PUT", "/_mock/clock", json={"frozen": True})
    code = code_of(world_client)

    world_client.post("/_mock/clock/advance", json={"seconds": seconds})

    answer = exchange(world_client, code)
    assert answer.status_code == status
    if status == 400:
        assert_oauth_refused(answer, "invalid_grant", "OAU-108")


@pytest.mark.parametrize("redirect_uri", [f"{BACK}/", ""])
def test_a_code_is_exchanged_with_the_redirect_uri_that_it_was_asked_for_with(
    world_client: Client, redirect_uri: str
) -> None:
    code = code_of(world_client)

    answer = world_client.ask_token(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)

    assert_oauth_refused(answer, "invalid_grant", "OAU-109")


def test_a_user_frozen_since_he_logged_in_gets_no_token(world_client: Client) -> None:
    code = code_of(world_client)

    world_client.call("PATCH", "/_mock/extensions/102", json={"status": "Frozen"})

    assert_oauth_refused(exchange(world_client, code), "invalid_grant", "OAU-236")


def public(client: Client, code: str, **more: str) -> Any:
    """An exchange by an application that has no secret."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more}
    return client.post(TOKEN, by=None, data={"client_id": client.client_id, **form})


def test_a_public_application_needs_its_id_and_the_verifier_and_nothing_else(world_client: Client) -> None:
    proven = code_of(world_client, code_challenge=S256, code_challenge_method="S256")
    unproven = code_of(world_client)

    assert public(world_client, proven, code_verifier=VERIFIER).status_code == 200
    assert_oauth_refused(public(world_client, unproven), "invalid_client", "OAU-123")


def test_an_applications_only_redirect_uri_need_not_be_named(world_client: Client) -> None:
    form = {"response_type": "code", "client_id": "ringmock-browser", "code_challenge": VERIFIER, **TYPED}

    answer = submit(world_client, form)

    assert answer.headers["location"].startswith(f"{BACK}?code=")


# --- who it was --------------------------------------------------------------------------------------


def test_the_user_info_tells_who_is_signed_in(world_client: Client) -> None:
    assert world_client.get(USER_INFO, by="102").json() == {
        "sub": "1346632102",
        "account_id": "1346632010",
        "given_name": "Second",
        "family_name": "User",
        "email": "second.user@example.com",
    }


def test_the_user_info_tells_nobody_without_a_token(world_client: Client) -> None:
    assert_refused(world_client.get(USER_INFO, by=None), 401, "AGW-401")


# --- who it was -----------------------------------------------------------------------------------


def test_an_id_token_comes_from_the_page_with_the_applications_nonce(world_client: Client) -> None:
    code = code_of(world_client, scope="openid ReadMessages", nonce="n-0S6_WzA2Mj")
    world_client.post("/_mock/clock/advance", json={"seconds": 30})
    info = exchange(world_client, code).json()

    claims = claims_of(world_client, info["id_token"])
    assert (claims["nonce"], claims["sub"], claims["aud"]) == ("n-0S6_WzA2Mj", "1346632102", world_client.client_id)
    assert 29 <= claims["iat"] - claims["auth_time"] <= 31

    again = world_client.ask_token(grant_type="refresh_token", refresh_token=info["refresh_token"]).json()
    refreshed = claims_of(world_client, again["id_token"])
    assert "nonce" not in refreshed
    assert refreshed["auth_time"] == claims["auth_time"]


def test_no_id_token_comes_where_the_page_was_not_asked_for_one(world_client: Client) -> None:
    info = exchange(world_client, code_of(world_client, scope="ReadMessages", nonce="n"), scope="openid").json()
    assert "id_token" not in info
