"""`--state` and `ringmock state`: what a person is told, and a server that is killed."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kills import lives
from ringmock.cli.main import main
from ringmock.fixture import digest_of
from state_files import kept_server, log_in
from support import Client

OPTIONS = {"generation": None, "limits": None, "webhook_content_type": None}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_state_lists_worlds_with_what_they_have(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        client.post_sms("one")
        listed = run("state", str(path))
    assert listed.exit_code == 0, listed.output
    head, columns, default, own = listed.output.splitlines()
    assert head.startswith(f"{path}: ")
    assert head.endswith("fixture demo, made by ringmock 0.0.0")
    assert columns.split() == ["world", "fixture", "commands", "labels", "size", "opened", "last", "command"]
    assert default.split()[:4] == ["default", "demo", "0", "0"]
    assert own.split()[:4] == [client.client_id, "demo", "3", "0"]  # a log-in, its first use, and the SMS


def test_state_vacuums_a_file_that_nobody_serves(path: Path) -> None:
    with closing(log_in(path)):
        refused = run("state", str(path), "--vacuum")
    assert (refused.exit_code, "is served by another process" in refused.output) == (1, True)
    assert "before" in run("state", str(path), "--vacuum").output.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["state", "{path}"], "cannot be read: No such file or directory."),
        (["serve", "--state", "{path}", "--reload"], "--reload begins anew, and --state goes on from what was"),
        (["serve", "--state", "{path}", "--generation", "current"], "means nothing with another"),
        (["serve", "--state", "{path}/none/demo.db"], "There is no folder"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(path: Path, arguments: list[str], sentence: str) -> None:
    if "--generation" in arguments:
        log_in(path).close()
    refused = run(*(each.format(path=path) for each in arguments))
    assert refused.exit_code in (1, 2)
    assert sentence in " ".join(refused.output.split())


def test_a_command_that_cannot_be_read_ends_the_start_with_its_name(path: Path) -> None:
    with kept_server(path) as kept, Client(kept.url) as client:
        client.post_sms("one")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE commands SET payload = x'7b' WHERE kind = 'createSMSMessage'")
        db.execute("UPDATE about SET value = ? WHERE name = 'digest'", (digest_of("demo", OPTIONS),))
    refused = run("serve", "--state", str(path), "--port", "0")
    assert refused.exit_code == 1
    assert "is damaged (command 3 of world 2 cannot be read" in refused.output


@pytest.mark.long
def test_a_killed_server_has_lost_nothing_that_it_answered(path: Path) -> None:
    """As often as you like: `python tests/kills.py --times 200`."""
    for found in lives(path, random.Random(1), 2):
        assert found.problems == []
        assert found.answered
