"""The documents that say where everything is: all of it is on this server."""

from collections.abc import Iterator
from typing import Any

import pytest

from support import Client, assert_refused

CONFIGURATION = "/.well-known/openid-configuration"
INITIAL = "/.well-known/entry-points/initial"
EXTERNAL = "/.well-known/entry-points/external"
JWKS = "/restapi/oauth/jwks"


def addresses_in(value: Any) -> Iterator[str]:
    if isinstance(value, str) and "://" in value:
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from addresses_in(item)


def test_every_address_is_on_the_server_that_was_asked(world_client: Client) -> None:
    documents = [
        world_client.get(CONFIGURATION, by=None).json(),
        world_client.get(INITIAL, by=None, params={"clientId": "ringmock"}).json(),
        world_client.get(EXTERNAL).json(),
    ]

    for document in documents:
        found = list(addresses_in(document))
        assert found
        assert {address for address in found if not address.startswith(world_client.url)} == set()


@pytest.mark.parametrize(
    "name", ["authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo_endpoint", "jwks_uri"]
)
def test_the_endpoints_of_the_configuration_are_there(world_client: Client, name: str) -> None:
    configuration = world_client.get(CONFIGURATION, by=None).json()

    answer = world_client.get(configuration[name].removeprefix(world_client.url), by=None)

    assert answer.status_code in (200, 400, 401, 405)


def test_d38_the_configuration_keeps_to_the_published_enums_and_more_is_accepted(world_client: Client) -> None:
    configuration = world_client.get(CONFIGURATION, by=None).json()
    assert configuration["scopes_supported"] == ["openid", "email", "profile"]
    methods = ["client_secret_basic", "client_secret_jwt", "private_key_jwt"]
    assert configuration["token_endpoint_auth_methods_supported"] == methods

    told = world_client.log_in("101", scope="openid email profile ReadMessages")
    assert told["scope"] == "ReadMessages openid"
    refused = world_client.ask_token(
        grant_type="password", username="16509100010", password="Secret-1", scope="openid mail"
    )
    assert refused.json()["error"] == "invalid_scope"


def test_the_configuration_names_the_server_as_it_was_reached(world_client: Client) -> None:
    configuration = world_client.get(CONFIGURATION, by=None, headers={"Host": "mock.example:8080"}).json()

    assert configuration["issuer"] == "http://mock.example:8080"


def test_there_is_one_public_key_and_no_private_part_of_it(world_client: Client) -> None:
    keys = [world_client.get(JWKS, by=None).json() for _ in range(2)]
    assert keys[0] == keys[1]
    (key,) = keys[0]["keys"]
    assert key.keys() == {"kty", "n", "e", "use", "alg", "kid"}


def test_the_entry_points_before_sign_in_are_for_an_application(world_client: Client) -> None:
    assert_refused(world_client.get(INITIAL, by=None), 400, "CMN-101", "clientId")


def test_the_entry_points_of_a_user_are_there_without_a_token_too(world_client: Client) -> None:
    assert world_client.get(EXTERNAL, by=None).json() == world_client.get(EXTERNAL).json()
