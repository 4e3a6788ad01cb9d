"""The GitHub Action: its file is sound, and the line that it runs is the command."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from ringmock.cli.main import main

pytestmark = pytest.mark.long

ACTION = yaml.safe_load((Path(__file__).parents[1] / "action.yml").read_text(encoding="utf-8"))
STEP = next(step for step in ACTION["runs"]["steps"] if "ringmock contract" in step.get("run", ""))
OPTIONS = {
    option for parameter in main.commands["contract"].params for option in (*parameter.opts, *parameter.secondary_opts)
}


def run(folder: Path, commands: Path | None = None, **inputs: str) -> "subprocess.CompletedProcess[str]":
    """The step as a runner runs it: inputs in their place, expressions of inputs filled in, bash.

    `commands`: a folder of commands that are found before the installed ones.
    """
    given: dict[str, Any] = {name: made["default"] for name, made in ACTION["inputs"].items()} | inputs
    environment = {name: given[value[len("${{ inputs.") : -len(" }}")]] for name, value in STEP["env"].items()}
    first = commands or Path(sys.executable).parent
    path = f"{first}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]],
        cwd=folder,
        env={**os.environ, **environment, "PATH": path, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_input_is_described_has_a_default_and_is_used() -> None:
    used = str(ACTION["runs"])
    for name, made in ACTION["inputs"].items():
        assert made["description"].endswith("."), name
        assert isinstance(made["default"], str), name
        assert f"${{{{ inputs.{name} }}}}" in used, name


def test_no_input_stands_in_a_shell_line_where_it_could_be_a_command() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert not [step for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")]
    assert all(step["shell"] == "bash" for step in ACTION["runs"]["steps"] if "run" in step)


def test_the_line_has_no_option_that_the_command_has_not() -> None:
    named = {word for word in STEP["run"].split() if word.startswith("--")}
    assert named <= OPTIONS
    assert {"--url", "--fixture", "--parts", "--seed", "--junit", "--baseline", "--only", "--quick"} <= named


EMPTY = dict.fromkeys(ACTION["inputs"], "")
WHOLE = {
    "url": "http://127.0.0.1:8080",
    "generation": "current",
    "cases": "my cases",
    "seed": "0",
    "fail-under": "0",
    "max-messages": "0",
    "arguments": "--any-number --as 101",
}


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (EMPTY, []),
        (EMPTY | {"seed": "0"}, ["--seed", "0"]),
        (EMPTY | {"fail-under": "99.5"}, ["--fail-under", "99.5"]),
        (EMPTY | {"cases": "my cases", "junit": "a & b.xml"}, ["--cases", "my cases", "--junit", "a & b.xml"]),
        (EMPTY | {"only": "R-*\nA page arrives\r\n\n"}, ["--only", "R-*", "--only", "A page arrives"]),
        (EMPTY | {"baseline": "known here.json", "quick": "true"}, ["--quick", "--baseline", "known here.json"]),
        (EMPTY | {"mine": "true", "cases": "a b\nc"}, ["--cases", "a b", "--cases", "c", "--mine"]),
        (EMPTY | {"quick": "false", "mine": "no"}, []),
        (EMPTY | {"annotations": "false", "sarif": "x y.sarif"}, ["--sarif", "x y.sarif", "--no-github"]),
        (EMPTY | {"arguments": "--only\nA page arrives\n--runs=3"}, ["--only", "A page arrives", "--runs=3"]),
        (EMPTY | {"arguments": "--only '$(touch broken)' *"}, ["--only", "'$(touch", "broken)'", "*"]),
        (
            EMPTY | WHOLE,
            [
                *("--url", "http://127.0.0.1:8080", "--generation", "current", "--cases", "my cases", "--seed", "0"),
                *("--max-messages", "0", "--fail-under", "0", "--any-number", "--as", "101"),
            ],
        ),
    ],
)
def test_an_empty_input_is_no_argument_and_any_other_is_one_as_it_stands(
    inputs: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    command = tmp_path / "ringmock"
    command.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    done = run(tmp_path, tmp_path, **inputs)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["contract", *words]), done.stderr


def test_the_line_runs_and_leaves_its_reports(tmp_path: Path) -> None:
    done = run(tmp_path, parts="cases", generation="current", junit="reports/mine & yours.xml", arguments="--only R-10")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ElementTree.parse(tmp_path / "reports" / "mine & yours.xml").getroot().attrib["failures"] == "0"
    assert (tmp_path / "ringmock-report" / "report.txt").exists()


@pytest.mark.parametrize("parts", ["cases,fuz", "$(touch broken)"])
def test_the_line_fails_with_the_command(tmp_path: Path, parts: str) -> None:
    done = run(tmp_path, parts=parts)
    assert done.returncode == 2
    assert "is no part of the suite" in done.stderr
    assert not (tmp_path / "broken").exists()
