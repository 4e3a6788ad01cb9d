"""Servers with a state file: started, stopped and started again, in the process of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ringmock.control.worlds import template_of
from ringmock.fixture import digest_of, load_named
from ringmock.serving.server import Server, build, serving
from ringmock.serving.standby import Standby
from ringmock.sign_in.kept_worlds import KeptWorlds
from ringmock.sign_in.worlds import Worlds
from ringmock.world.history.log import GroupCommit
from ringmock.world.history.sqlite import Durability, FixtureMark, SqliteLog, StateServed, followed, opened
from support import Client

VERSION = "0.0.0"


def mark_of(fixture: str = "demo") -> FixtureMark:
    return FixtureMark(fixture, digest_of(fixture, {}))


def log_in(
    path: Path, fixture: str = "demo", durability: Durability = Durability.PROCESS, version: str = VERSION
) -> SqliteLog:
    """The log in a file."""
    return opened(path, mark_of(fixture), version, durability)


def again(client: Client, url: str) -> Client:
    """The same client, with the same tokens, at another address."""
    other = Client(url)
    other.client_id, other.client_secret, other._tokens = client.client_id, client.client_secret, dict(client._tokens)
    return other


class Kept:
    """A server with a state, whose worlds a test can look into."""

    def __init__(self, url: str, worlds: Worlds, server: Server, commits: GroupCommit) -> None:
        self.url, self.worlds, self.server, self.commits = url, worlds, server, commits


@contextmanager
def kept_server(
    path: Path, fixture: str = "demo", version: str = VERSION, kind: type[Worlds] = Worlds
) -> Iterator[Kept]:
    """A server of a bundled account that goes on from a file."""
    commits = GroupCommit(log_in(path, fixture, version=version))
    worlds = kind(load_named(fixture), commits=commits)
    with serving(build(worlds), state=KeptWorlds(worlds, template_of)) as (url, server):
        yield Kept(url, worlds, server, commits)


class Behind:
    """A server that stands by behind another one, in the process of the test."""

    def __init__(self, path: Path, fixture: str = "demo") -> None:
        self._path, self._fixture = path, fixture
        log = followed(path, mark_of(fixture), VERSION)
        assert log is not None
        self.commits = GroupCommit(log)
        self.worlds = Worlds(load_named(fixture), commits=self.commits)
        self.app = build(self.worlds)
        self.kept = KeptWorlds(self.worlds, template_of)
        self.standby = Standby(self.kept, log, self._taken)

    def _taken(self) -> SqliteLog | None:
        try:
            return log_in(self._path, self._fixture)
        except StateServed:
            return None

    def look(self) -> None:
        """Follow what was written; the other one is still there."""
        assert not self.standby.has_taken()

    @contextmanager
    def serving(self) -> Iterator[Kept]:
        """Take the place of the server before, which has ended."""
        assert self.standby.has_taken()
        with serving(self.app, state=self.kept) as (url, server):
            yield Kept(url, self.worlds, server, self.commits)

    def close(self) -> None:
        """Stand by no more."""
        self.commits.log.close()
