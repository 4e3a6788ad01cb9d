"""`ringmock serve --replica`: several servers of one database, killed and started again, and what makes no sense."""

import random
import signal
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from command_line import served
from databases import Cluster
from replica_kills import survived
from replica_pairs import are_shared, has_come, of_slot
from ringmock.cli.main import main
from support import STORE, Client

DATABASE = ["--state", "postgresql://127.0.0.1:1/none"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--replica"], "--replica is for servers that share a database: give --state postgresql://..., too."),
        (["--replica", "--state", "{path}"], "--replica is for servers that share a database"),
        (["--replica", *DATABASE, "--standby"], "--standby is for one server"),
        (["--replica", *DATABASE, "--reload"], "--reload is for one server"),
        (["--replica", *DATABASE, "--coverage"], "--coverage is for one server"),
        (["--replica", *DATABASE, "--workers", "2"], "--workers are processes of one server"),
        (["--replica", *DATABASE, "--durability", "power"], "synchronous_commit"),
        (["--replica", *DATABASE], "127.0.0.1:1/none cannot be reached"),
        (["--replica-address", "10.0.0.7:8090"], "--replica-address is for one of several servers"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    given = [each.format(path=tmp_path / "demo.db") for each in arguments]
    refused = CliRunner().invoke(main, ["serve", "--port", "0", *given])
    assert refused.exit_code in (1, 2)
    assert sentence in " ".join(refused.output.split())


@pytest.mark.parametrize("address", ["0.0.0.0:8090", "[::]", ":8090", "10.0.0.7:port", "10.0.0.7:99999"])
def test_an_address_that_nobody_can_reach_is_refused(databases: Cluster, address: str) -> None:
    refused = CliRunner().invoke(
        main, ["serve", "--port", "0", "--replica", "--state", databases.empty(), "--replica-address", address]
    )
    assert (refused.exit_code, "is no address that others can reach" in " ".join(refused.output.split())) == (2, True)


def test_a_server_that_has_the_database_alone_keeps_it(databases: Cluster) -> None:
    url = databases.empty()
    with served("--quiet", "--state", url):
        refused = CliRunner().invoke(main, ["serve", "--port", "0", "--replica", "--state", url])
        assert (refused.exit_code, "is served by another process" in refused.output) == (1, True)


@pytest.mark.long
def test_one_whose_place_the_others_have_taken_ends_with_a_sentence(databases: Cluster) -> None:
    url = databases.empty()
    with ExitStack() as held:
        first, second = (held.enter_context(served("--quiet", "--replica", "--state", url)) for _ in range(2))
        assert has_come(lambda: are_shared(url, 2))
        with Client(first.url) as client:
            client.client_id = of_slot(client.client_id, 0)  # the second is given the last ones
            client.post_sms("before")
            first.process.send_signal(signal.SIGSTOP)
            databases.cut_off()
            with Client(second.url) as again:
                again.client_id, again._tokens = client.client_id, client._tokens
                again._http.timeout = httpx2.Timeout(60)
                tried = (again.get(STORE) for _ in range(1000))
                found = next(answer for answer in tried if answer.status_code == 200).json()["records"]
                assert [each["subject"] for each in found] == ["before"]
            first.process.send_signal(signal.SIGCONT)
            assert first.process.wait(60) == 1
            assert first.process.stderr is not None
            assert "Start this one again." in first.process.stderr.read()


@pytest.mark.long
def test_what_was_answered_is_there_after_all_of_them_were_killed_at_once(databases: Cluster) -> None:
    options = ("--quiet", "--replica", "--state", databases.empty())
    with ExitStack() as held:
        servers = [held.enter_context(served(*options)) for _ in range(2)]
        clients = [held.enter_context(Client(each.url)) for each in (*servers, *servers)]
        for client in clients:
            assert client.post_sms("before").status_code == 200
        for each in servers:
            each.process.kill()
        again = [held.enter_context(served(*options)) for _ in range(2)]
        for place, client in enumerate(clients):
            with Client(again[place % 2].url) as same:
                same.client_id, same._tokens = client.client_id, client._tokens
                assert same.post_sms("after").status_code == 200
                assert [each["subject"] for each in same.messages("101")] == ["after", "before"]


@pytest.mark.long
def test_kills_and_a_restart_of_the_database_lose_nothing_and_do_nothing_twice(databases: Cluster) -> None:
    """As often as you like: `python tests/replica_kills.py --kills 20 --restarts 5`."""
    senders, still_serve = survived(databases, random.Random(3), ["kill", "restart", "kill"], most=20)
    assert [problem for each in senders for problem in each.problems] == []
    assert all(each.answered for each in senders)
    assert any(each.told for each in senders)
    assert still_serve
