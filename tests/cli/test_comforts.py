"""Small comforts of the command line: `init`, the module, the log as JSON, completion and exit statuses."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from command_line import served
from ringmock.cli import contract
from ringmock.cli.console import EXIT_STATUSES, UNHEARD
from ringmock.cli.log import JsonLines
from ringmock.cli.main import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ended = CliRunner().invoke(main, ["init", str(tmp_path / "new")])
    assert ended.exit_code == 0, ended.output
    return tmp_path / "new"


def test_what_init_writes_passes_the_check_and_pytest(folder: Path) -> None:
    checked = CliRunner().invoke(main, ["check", str(folder / "account.yaml")])
    assert (checked.exit_code, "account.yaml: fine, 3 extensions" in checked.output) == (0, True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tested = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (tested.returncode, "1 passed" in tested.stdout) == (0, True), tested.stdout
    assert sorted(each.name for each in folder.glob("*.*")) == ["account.yaml", "pytest.ini", "test_first_sms.py"]


@pytest.mark.parametrize("name", ["account.yaml", "test_first_sms.py"])
def test_init_overwrites_nothing_and_writes_all_or_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    ended = CliRunner().invoke(main, ["init", str(tmp_path)])
    assert (ended.exit_code, f"{tmp_path / name} is there already" in ended.stderr) == (1, True)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(name, "mine")]


@pytest.mark.parametrize("name", ["pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"])
def test_init_leaves_settings_of_pytest_alone_and_says_what_to_add(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    ended = CliRunner().invoke(main, ["init", str(tmp_path)])
    assert (ended.exit_code, "ringmock_fixture = account.yaml" in ended.output) == (0, True)
    assert (tmp_path / name).read_text() == ""


def test_the_module_is_the_command() -> None:
    ended = subprocess.run([sys.executable, "-m", "ringmock", "--version"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.split()[0]) == (0, "ringmock,")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: str) -> None:
    program = "from ringmock.cli.main import main; main(prog_name='ringmock')"
    environment = {**os.environ, "_RINGMOCK_COMPLETE": f"{shell}_source"}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert "_RINGMOCK_COMPLETE" in ended.stdout


@pytest.mark.long
def test_the_log_in_json_tells_the_facts_of_the_text() -> None:
    with served("--log", "json") as server:
        server.get("/restapi/v1.0/account/~")
        server.get("/_mock/ready")
        line = json.loads(server.log_until(lambda line: "readAccountInfo" in line))
    assert (line["extension"], line["method"], line["status"]) == ("101", "GET", 200)
    assert line["level"] == "info"


def test_what_is_no_call_is_a_message_of_the_log() -> None:
    record = logging.LogRecord("ringmock", logging.WARNING, __file__, 1, "two\nlines %s", ("é",), None)
    written = JsonLines().format(record)
    assert "\n" not in written
    assert {**json.loads(written), "time": ""} == {"time": "", "level": "warning", "message": "two\nlines é"}


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--version"], 0),
        (["check", "nowhere.yaml"], 1),
        (["serve", "--port", "x"], 2),
        (["contract", "--parts", "x"], 2),
    ],
)
def test_a_command_ends_with_a_status_that_is_listed(arguments: list[str], status: int) -> None:
    assert CliRunner().invoke(main, arguments).exit_code == status
    assert status in EXIT_STATUSES


def test_every_status_is_listed_in_the_help() -> None:
    assert {contract.STOPPED, contract.NothingTested.exit_code, UNHEARD, 0} == set(EXIT_STATUSES)
    told = CliRunner().invoke(main, ["--help"]).output
    for status, about in EXIT_STATUSES.items():
        assert f"{status:<4} {about.replace('`', '')}" in told
