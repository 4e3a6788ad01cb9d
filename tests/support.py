"""What the tests share: a client with a world of its own, the shape of a refusal, and what to do without a tool."""

import base64
import os
import uuid
from typing import Any, Self

import httpx2
import jwt
import pytest

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN = "/restapi/oauth/token"
REVOKE = "/restapi/oauth/revoke"
OWN = "/restapi/v1.0/account/~/extension/~"
SMS = f"{OWN}/sms"
PAGER = f"{OWN}/company-pager"
STORE = f"{OWN}/message-store"

PASSWORD = "Secret-1"
DIRECT_NUMBER = {"101": "16509100010", "102": "16509100102", "103": "16509100103", "200": "16509100200"}
MAIN_NUMBER = "16509100001"
HANDSET = "14151003732"


def jwt_of(extension: str) -> str:
    """The JWT that the demo account gives an extension."""
    return f"demo-jwt-{extension}"


def basic(client_id: str, client_secret: str) -> dict[str, str]:
    """A Basic header."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()}


WAIT_SECONDS = 60
"""Longer than anything takes that works, on a machine that is busy with other tests: as long as `receivers.unhurried`
lets a server wait for a receiver. Nothing is waited for that does not come."""


class Client:
    """An application that nobody has seen before, and therefore a world that nobody else is in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client_id = f"test-{uuid.uuid4().hex}"
        self.client_secret = "any-secret"
        # No proxy of the surroundings, and no time spent on certificates.
        self._http = httpx2.Client(base_url=url, trust_env=False, verify=False, timeout=WAIT_SECONDS)
        self._tokens: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask_token(self, **form: str) -> httpx2.Response:
        """`getToken` with this form."""
        return self._http.post(TOKEN, data=form, headers=basic(self.client_id, self.client_secret))

    def log_in(self, extension: str, **form: str) -> dict[str, Any]:
        """A new session by JWT: the whole answer."""
        answer = self.ask_token(grant_type=JWT_BEARER, assertion=jwt_of(extension), **form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def token(self, extension: str) -> str:
        """An access token of this extension, the same one each time."""
        if extension not in self._tokens:
            self._tokens[extension] = self.log_in(extension)["access_token"]
        return self._tokens[extension]

    def sign_in_again(self) -> None:
        """Have new log-ins from now on: the clock may have ended those that there are."""
        self._tokens.clear()

    def bearer(self, extension: str) -> dict[str, str]:
        """The header of an extension that is logged in."""
        return {"Authorization": f"Bearer {self.token(extension)}"}

    def call(
        self, method: str, path: str, *, by: str | None = "101", headers: dict[str, str] | None = None, **arguments: Any
    ) -> httpx2.Response:
        """Any call of this extension's, or of nobody's."""
        signed = {} if by is None else self.bearer(by)
        return self._http.request(method, path, headers={**signed, **(headers or {})}, **arguments)

    def get(self, path: str, *, by: str | None = "101", **arguments: Any) -> httpx2.Response:
        return self.call("GET", path, by=by, **arguments)

    def post(self, path: str, *, by: str | None = "101", **arguments: Any) -> httpx2.Response:
        return self.call("POST", path, by=by, **arguments)

    def post_sms(self, text: str = "Hello", *, to: str = HANDSET, by: str = "101") -> httpx2.Response:
        """An SMS from the extension's own number."""
        return self.post(SMS, by=by, json=sms_body(text, to=to, sender=DIRECT_NUMBER[by]))

    def page(
        self, *to: str, text: str = "Hello", by: str = "101", reply_on: int | None = None, **more: Any
    ) -> httpx2.Response:
        """A page to these extension numbers, or a reply to a page."""
        body = {"text": text, **more}
        if to:
            body["to"] = [{"extensionNumber": number} for number in to]
        if reply_on is not None:
            body["replyOn"] = reply_on
        return self.post(PAGER, by=by, json=body)

    def messages(self, extension: str, **filters: Any) -> list[dict[str, Any]]:
        """What the extension's mailbox lists."""
        answer = self.get(STORE, by=extension, params=filters)
        assert answer.status_code == 200, answer.text
        return answer.json()["records"]


def claims_of(client: Client, id_token: str) -> dict[str, Any]:
    """What an id token says, checked as a client checks it: by the discovery document alone."""
    configuration = client.get("/.well-known/openid-configuration", by=None).json()
    keys = jwt.PyJWKSet.from_dict(client.get(configuration["jwks_uri"].removeprefix(client.url), by=None).json())
    key = keys[jwt.get_unverified_header(id_token)["kid"]]
    return jwt.decode(
        id_token,
        key,
        configuration["id_token_signing_alg_values_supported"],
        audience=client.client_id,
        issuer=configuration["issuer"],
        options={"require": ["iss", "sub", "aud", "exp", "iat", "auth_time"], "verify_iat": False},
    )


def sms_body(text: str = "Hello", *, to: str = HANDSET, sender: str = DIRECT_NUMBER["101"]) -> dict[str, Any]:
    """The body of `createSMSMessage`."""
    return {"from": {"phoneNumber": sender}, "to": [{"phoneNumber": to}], "text": text}


def assert_refused(response: httpx2.Response, status: int, code: str, parameter: str | None = None) -> None:
    """A refusal of the API: its status, its code, and the whole envelope."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    assert_envelope(response.json(), code, parameter)


def assert_envelope(body: dict[str, Any], code: str, parameter: str | None = None) -> None:
    """`errorCode` and `message` at the top tell the first of `errors`, under its code or the code's older word."""
    first = body["errors"][0]
    assert first["errorCode"] == code, body
    words = ("InvalidParameter", "TokenInvalid", "FeatureNotAvailable", "InsufficientPermissions")
    assert body["errorCode"] in (code, *words), body
    assert body["message"] == first["message"] != "", body
    assert all(error["errorCode"] and error["message"] for error in body["errors"]), body
    assert first.get("parameterName") == body.get("parameterName") == parameter, body


def assert_oauth_refused(response: httpx2.Response, error: str, code: str, status: int = 400) -> None:
    """A refusal of an OAuth endpoint: RFC 6749's shape, with RingCentral's code beside it."""
    assert response.status_code == status, response.text
    assert response.headers["cache-control"] == "no-store"
    assert_oauth_envelope(response.json(), error, code)


def assert_oauth_envelope(body: dict[str, Any], error: str, code: str) -> None:
    """`error_description` tells the first of `errors`."""
    assert set(body) == {"error", "error_description", "errors"}, body
    assert body["error"] == error, body
    assert body["errors"][0]["errorCode"] == code, body
    assert body["error_description"] == body["errors"][0]["message"] != "", body


def freeze_clock(client: Client) -> None:
    assert client.call("PUT", "/_mock/clock", json={"frozen": True}).status_code == 200


def from_handset(client: Client, text: str, to: str = "16509100010") -> None:
    assert client.post(f"/_mock/handsets/{HANDSET}/messages", json={"to": to, "text": text}).status_code == 200


def needs(available: object, what: str, how: str) -> None:
    """Go on only where `what` is available: skip on a desk, saying how to get it, and fail in CI."""
    if available:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI runs every test: {how}")
    pytest.skip(f"{what} is missing: {how}")
