"""One server for the whole run, and a fresh world for every test."""

from collections.abc import Iterator

import pytest

from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_named
from ringmock.server import running
from support import Client

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A server of the demo account on a real socket."""
    with running(load_named("demo")) as (url, _):
        yield url


@pytest.fixture(scope="session")
def carriers_url() -> Iterator[str]:
    """A server of the account among carriers, in today's generation."""
    with running(load_named("carriers"), generation=GENERATIONS["current"]) as (url, _):
        yield url


@pytest.fixture
def world_client(server_url: str) -> Iterator[Client]:
    """A client in a world of its own: no other test can see its messages, nor it theirs."""
    with Client(server_url) as client:
        yield client
