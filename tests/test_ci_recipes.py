"""The recipes for CI: what they name is there, and the plain script runs a command beside a server."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ringmock.cli.main import main

ROOT = Path(__file__).parents[1]
RECIPES = ROOT / "examples" / "ci"
SCRIPT = RECIPES / "with_ringmock.sh"
ASKS = "import os, urllib.request as r; print(r.build_opener(r.ProxyHandler({})).open(os.environ['RINGMOCK_URL'] + '/_mock/ready').status)"  # noqa: E501
FAKE = """#!/bin/sh
echo "$@" > "$NOTES.options"
printf '%s\\n' "$@" > "$NOTES"
while [ "$1" != --port-file ]; do shift; done
echo "$PORT" > "$2.half" && mv "$2.half" "$2"
exec sleep 60
"""


def recipe(name: str) -> Any:
    return yaml.safe_load((RECIPES / name).read_text(encoding="utf-8"))


@pytest.fixture
def machine(tmp_path: Path, server_url: str) -> dict[str, str]:
    """An environment with a ringmock that notes its options, and is ready at the running server."""
    program = tmp_path / "ringmock"
    program.write_text(FAKE, encoding="utf-8")
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "NOTES": str(tmp_path / "notes"), "PORT": server_url.rpartition(":")[2]}


def script(machine: dict[str, str], *command: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(SCRIPT), *command], env={**machine, **more}, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_command_runs_beside_a_server_and_options_keep_their_spaces(machine: dict[str, str]) -> None:
    done = script(machine, sys.executable, "-c", ASKS, RINGMOCK_OPTIONS="--fixture\ntests/our account.yaml")
    assert (done.returncode, done.stdout) == (0, "200\n"), done.stderr
    options = Path(machine["NOTES"]).read_text(encoding="utf-8").splitlines()
    assert options[-2:] == ["--fixture", "tests/our account.yaml"]


@pytest.mark.parametrize(("command", "status"), [(["sh", "-c", "exit 7"], 7), ([], 2)])
def test_the_status_is_that_of_the_command(machine: dict[str, str], command: list[str], status: int) -> None:
    assert script(machine, *command).returncode == status


def test_a_server_that_does_not_start_is_told_of(machine: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "ringmock").write_text("#!/bin/sh\necho 'Error: mine.yaml:3' >&2; exit 1\n", encoding="utf-8")
    done = script(machine, "true")
    assert done.returncode == 1
    assert "ringmock did not start:\nError: mine.yaml:3" in done.stderr


def test_the_recipe_for_github_names_inputs_and_files_that_there_are_and_caches_the_install() -> None:
    steps = recipe("github.yml")["jobs"]["test"]["steps"]
    (action,) = [step for step in steps if step.get("uses") == "./ringmock"]
    known = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert action["with"].keys() <= known.keys()
    (python,) = [step["with"] for step in steps if "setup-python" in step.get("uses", "")]
    assert python["cache"] == "pip"
    assert (ROOT / python["cache-dependency-path"].removeprefix("ringmock/")).exists()
    (tests,) = [step for step in steps if "with_ringmock.sh" in step.get("run", "")]
    assert_script(tests["run"])
    options = tests["env"]["RINGMOCK_OPTIONS"].split("\n")
    main.commands["serve"].make_context("serve", list(options)).close()


def test_the_recipe_for_gitlab_names_options_and_files_that_there_are_and_caches_the_install() -> None:
    job = recipe("gitlab-ci.yml")["test"]
    assert job["variables"]["PIP_CACHE_DIR"] == f"$CI_PROJECT_DIR/{job['cache']['paths'][0]}"
    *_, tests, contract = job["script"]
    assert_script(tests)
    name, *arguments = shlex.split(contract)[1:]
    main.commands[name].make_context(name, arguments).close()
    for report in job["artifacts"]["reports"]["junit"]:
        assert any(report in line for line in job["script"])


def assert_script(line: str) -> None:
    assert ROOT / line.split()[0].removeprefix("ringmock/") == SCRIPT
    assert os.access(SCRIPT, os.X_OK)
