"""`ringmock serve --standby`: a server in a process of its own, behind another one."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from command_line import RINGMOCK, served
from ringmock.cli.main import main
from support import Client


@contextmanager
def standing_by(path: Path, port: str) -> Iterator["subprocess.Popen[str]"]:
    """A server that says that it stands by."""
    command = [*RINGMOCK, "serve", "--quiet", "--state", str(path), "--standby", "--port", port]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    try:
        assert process.stderr.readline() == "standing by: another server has the state\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


@pytest.mark.long
def test_it_serves_at_the_same_port_what_a_killed_server_has_answered(path: Path) -> None:
    with served("--quiet", "--state", str(path)) as first, Client(first.url) as client:
        client.post_sms("before")
        with standing_by(path, first.url.rpartition(":")[2]) as process:
            client.post_sms("meanwhile")
            first.process.send_signal(signal.SIGKILL)
            assert process.stdout is not None
            assert next(line for line in process.stdout if line.startswith("ready on")).split()[-1] == first.url
            assert [each["subject"] for each in client.messages("101")] == ["meanwhile", "before"]
            assert client.post_sms("after").status_code == 200


@pytest.mark.long
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_it_is_told_to_and_the_other_one_goes_on(path: Path, stop: signal.Signals) -> None:
    with served("--quiet", "--state", str(path)) as first, Client(first.url) as client:
        with standing_by(path, "0") as process:
            process.send_signal(stop)
            assert process.wait(30) == 0
        assert client.post_sms("one").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "--standby is for the place of the server that has a --state"),
        (["--state", "{path}", "--control-port", "0"], "--control-port has to say which"),
        (["--state", "{path}/none/demo.db"], "There is no folder"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(path: Path, arguments: list[str], sentence: str) -> None:
    refused = CliRunner().invoke(main, ["serve", "--standby", *(each.format(path=path) for each in arguments)])
    assert refused.exit_code in (1, 2)
    assert sentence in " ".join(refused.output.split())
