"""`ringmock serve --workers`: several processes on one file, and the one that looks after them."""

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from command_line import Served, served
from databases import cluster
from ringmock.cli.main import main
from state_files import kept_server
from support import Client
from worker_kills import kill_one, survived, workers_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "demo.db"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "--workers share a state: give --state, too."),
        (["--state", "postgresql://127.0.0.1:1/none"], "cannot be reached"),
        (["--state", "{path}", "--standby"], "--standby is for one process"),
        (["--state", "{path}", "--reload"], "--reload is for one process"),
        (["--state", "{path}", "--coverage"], "--coverage is for one process"),
        (["--state", "{path}/none/demo.db"], "There is no folder"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(path: Path, arguments: list[str], sentence: str) -> None:
    refused = CliRunner().invoke(main, ["serve", "--workers", "2", *(each.format(path=path) for each in arguments)])
    assert refused.exit_code in (1, 2)
    assert sentence in refused.output


def answers_at_the_end(server: Served) -> int:
    """The status of the server, once it is asked to end."""
    server.process.terminate()
    return server.process.wait(30)


@pytest.mark.long
def test_any_of_them_answers_any_call_and_one_that_is_killed_is_started_again(path: Path) -> None:
    with served("--quiet", "--state", str(path), "--workers", "2") as server:
        clients = [Client(server.url) for _ in range(6)]
        for client in clients:
            client.post_sms("before")
        refused = CliRunner().invoke(main, ["serve", "--port", "0", "--state", str(path)])
        assert (refused.exit_code, "is served by another process" in refused.output) == (1, True)
        kill_one(server, random.Random(1))
        for client in clients:
            with at_again(client, server) as again:  # another connection, which any of them may accept
                again.post_sms("after")
                assert [each["subject"] for each in again.messages("101")] == ["after", "before"]
            client.__exit__()
        found = workers_of(server)
        assert len(found) == 2
        assert answers_at_the_end(server) == 0
        assert not any(is_there(each) for each in found)


@contextmanager
def at_again(client: Client, server: Served) -> Iterator[Client]:
    with Client(server.url) as again:
        again.client_id, again._tokens = client.client_id, client._tokens
        again._http.timeout = httpx2.Timeout(60)
        yield again


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.long
def test_they_end_when_who_started_them_is_killed_and_another_server_has_the_state(path: Path) -> None:
    with served("--quiet", "--state", str(path), "--workers", "2") as server, Client(server.url) as client:
        client.post_sms("before")
        server.process.send_signal(signal.SIGKILL)
        assert server.process.stderr is not None
        server.process.stderr.read()  # which ends with the last of them
    with served("--quiet", "--state", str(path)) as server, Client(server.url) as again:
        again.client_id, again._tokens = client.client_id, client._tokens
        assert [each["subject"] for each in again.messages("101")] == ["before"]


def test_a_damaged_state_is_refused_before_any_of_them_is_started(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        client.post_sms()
    content = bytearray(path.read_bytes())
    content[len(content) // 3 :] = b"\0" * (len(content) - len(content) // 3)
    path.write_bytes(content)
    refused = CliRunner().invoke(main, ["serve", "--port", "0", "--state", str(path), "--workers", "2"])
    assert (refused.exit_code, "is damaged" in refused.output) == (1, True)


@pytest.mark.long
def test_nothing_that_was_answered_is_lost_when_workers_are_killed(path: Path) -> None:
    """As often as you like: `python tests/worker_kills.py --times 100`."""
    senders, problems = survived(path, random.Random(4), 3, "--workers", "2")
    assert problems == []
    assert all(each.found.answered for each in senders)


@pytest.mark.long
def test_nothing_that_was_answered_is_lost_in_a_database_either() -> None:
    """As often as you like: `python tests/worker_kills.py --times 100 --state postgresql://...`."""
    with cluster() as database:
        senders, problems = survived(database.empty(), random.Random(4), 3, "--workers", "2")
        assert problems == []
        assert all(each.found.answered for each in senders)


@pytest.mark.long
def test_workers_come_back_with_their_database_also_one_that_ended_meanwhile() -> None:
    with cluster() as database, served("--quiet", "--state", database.empty(), "--workers", "2") as server:
        clients = [Client(server.url) for _ in range(4)]
        for client in clients:
            client.post_sms("before")
        database.stop("immediate")
        try:
            assert clients[0].post_sms("meanwhile").status_code == 503
            kill_one(server, random.Random(1))
        finally:
            database.start()
        for client in clients:
            with at_again(client, server) as again:
                tried = (again.post_sms("after") for _ in range(20_000))
                assert next((answer for answer in tried if answer.status_code == 200), None) is not None
                texts = [each["subject"] for each in again.messages("101")]
                assert (texts[0], texts[-1], texts.count("before")) == ("after", "before", 1)
            client.__exit__()
