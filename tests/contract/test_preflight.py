"""The start of a run: who signs in, by what, and what is told of the server."""

from dataclasses import replace

import pytest
from flask import Flask, jsonify, request

from flask_server import flask_served
from ringmock.contract.preflight import preflight
from ringmock.contract.target import remote
from ringmock.fixture import load_named
from ringmock.serving.server import build, served
from ringmock.sign_in.worlds import Worlds
from ringmock.world.template import Credentials

DEMO = load_named("demo")
OWN = "/restapi/v1.0/account/~/extension/~"


def stub(accepted: str, path: str = OWN) -> Flask:
    """A server of one operation that accepts one token, and gives it for the JWT `good` and the password `good`."""
    app = Flask(__name__)

    @app.post("/restapi/oauth/token")
    def token():
        is_good = "good" in (request.form.get("assertion"), request.form.get("password"))
        return (jsonify(access_token=accepted), 200) if is_good else (jsonify(error="invalid_grant"), 400)

    @app.route(path, methods=["GET", "POST"])
    def own():
        request.get_data()
        return ("{}", 200) if request.headers.get("Authorization") == f"Bearer {accepted}" else ("{}", 401)

    return app


def found(app, **credentials):
    template = replace(DEMO, credentials={"101": Credentials(**credentials)})
    with flask_served(app) as url:
        return preflight(remote(url, template), ["readExtension", "createSMSMessage", "readMessage"])


@pytest.mark.parametrize(
    ("credentials", "way", "refusals"),
    [
        ({"access_token": "t", "jwt": "good", "password": "good"}, "its ready-made token", 0),
        ({"access_token": "old", "jwt": "good", "password": "good"}, "its JWT", 1),
        ({"access_token": "old", "jwt": "bad", "password": "good"}, "its password", 2),
        ({"password": "good"}, "its password", 0),
    ],
)
def test_the_first_way_that_is_accepted_is_taken_of_token_jwt_and_password(credentials, way, refusals) -> None:
    result = found(stub("t"), **credentials)
    assert result.signed_in == f"101, by {way}"
    assert len(result.refused) == refusals
    kept = result.target.template.credentials["101"]
    assert (kept.access_token is None) == (way != "its ready-made token")
    assert (kept.jwt is None) == (way == "its password")


def test_a_token_is_tried_where_the_server_has_something_to_try_it_with() -> None:
    result = found(stub("t", f"{OWN}/sms"), access_token="old", jwt="good")
    assert result.signed_in == "101, by its JWT"
    assert result.not_implemented == ("readExtension", "readMessage")


def test_where_nobody_signs_in_that_is_one_failure_with_everything_that_was_tried() -> None:
    failure = found(stub("t"), access_token="old", jwt="bad", password="bad").failure
    assert failure is not None
    assert [line.partition(":")[0] for line in failure.detail.splitlines()[:3]] == [
        "its ready-made token is refused",
        "its JWT is refused",
        "its password is refused",
    ]
    assert "RINGMOCK_JWT_101" in failure.detail
    assert failure.reproduce.startswith("curl -i -X POST")
    assert "bad" not in failure.reproduce


def test_a_ringmock_without_worlds_has_every_operation() -> None:
    with served(build(Worlds(DEMO, open_worlds=False))) as url:
        result = preflight(remote(url, DEMO), [])
    assert result.target.is_ringmock
    assert not result.target.has_worlds
    assert result.not_implemented == ()
