"""One server for the whole run, and a fresh world for every test. What takes long is begun first."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from databases import Cluster, cluster
from ordering import ordered
from receivers import unhurried
from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_named
from ringmock.lab.webhooks import WebHooks
from ringmock.serving.server import build, running, served
from ringmock.sign_in.worlds import Worlds
from support import Client

pytest_plugins = ["pytester"]


TURN = os.environ.get("RINGMOCK_TURN")
"""Of `.ci/run` without `--full`: 0 to 11, by the commit."""

ALWAYS = (
    "tests/clients/",
    "tests/cli/test_replicas.py",
    "tests/contract/cases/test_bundled_cases.py",
    "tests/contract/fuzz/test_fuzz.py",
)
"""Long tests that no commit leaves out: what only CI can run, replicas that are killed, every contract case, and the
fuzz, which has its own."""


def is_in_turn(item: pytest.Item) -> bool:
    """Whether a test is one of this commit's: of the long ones each commit chooses a quarter."""
    if TURN is None or not item.get_closest_marker("long") or item.nodeid.startswith(ALWAYS):
        return True
    return crc32(item.nodeid.encode()) % 4 == int(TURN) % 4


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long tests of another turn, and order the others."""
    left_out = [item for item in items if not is_in_turn(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if is_in_turn(item)]
    items[:] = ordered(items, lambda item: item.get_closest_marker("long") is not None, lambda item: item.path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Workers start with a part of the tests each, and who has done his takes from the others."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="module")
def databases() -> Iterator[Cluster]:
    """A PostgreSQL of the module."""
    with cluster() as started:
        yield started


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A server of the demo account on a real socket."""
    with served(build(Worlds(load_named("demo")), WebHooks(patience=unhurried))) as url:
        yield url


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a state file that no server has made yet."""
    return tmp_path / "demo.db"


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
