"""Every example of the README runs, as it stands there but for the server's address."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from ringmock.contract.cases import parse_cases
from ringmock.contract.cases.runner import run_case
from ringmock.fixture import load_fixture, load_named
from ringmock.serving.own_target import own_target
from ringmock.serving.server import running
from support import STORE, Client, needs

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8080"
MODULES = Path(os.environ.get("RINGMOCK_JS_MODULES", ROOT / "tests" / "clients" / "js" / "node_modules"))
NODE = shutil.which("node")
MINUTES = 3 * 60


class Example(NamedTuple):
    """A block of code, and the line that it starts at."""

    language: str
    line: int
    code: str


def examples() -> Iterator[Example]:
    for found in re.finditer(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        yield Example(found[1], README.count("\n", 0, found.start()) + 2, found[2])


EXAMPLES = list(examples())


def the(language: str, containing: str) -> Example:
    (found,) = [example for example in EXAMPLES if example.language == language and containing in example.code]
    return found


@pytest.fixture
def url() -> Iterator[str]:
    """A server of the demo account for one example: its own world is the one that is used."""
    with running(load_named("demo")) as (url, _):
        yield url


def shell(code: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    imported = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": imported, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=MINUTES,
        check=False,
    )


def subjects(url: str, extension: str) -> list[str]:
    with Client(url) as client:
        answer = client.get(STORE, by=None, headers={"Authorization": f"Bearer demo-{extension}"})
        return [message["subject"] for message in answer.json()["records"]]


def an_sms_by_curl(example: Example, url: str, folder: Path) -> None:
    needs(shutil.which("curl"), "curl", "install curl")
    done = shell(example.code.replace(ADDRESS, url), folder)
    assert "Outbound" in done.stdout, done.stdout + done.stderr
    assert subjects(url, "101") == ["Hello"]


def a_page_by_the_python_sdk(example: Example, url: str, folder: Path) -> None:
    exec(compile(example.code.replace(ADDRESS, url), "README.md", "exec"), {})
    assert subjects(url, "102") == ["Who is on call?"]


def an_sms_by_the_javascript_sdk(example: Example, url: str, folder: Path) -> None:
    how = "`npm ci` in tests/clients/js, or name a node_modules in RINGMOCK_JS_MODULES"
    needs(NODE, "node", how)
    needs((MODULES / "@ringcentral/sdk").is_dir(), "@ringcentral/sdk", how)
    script = folder / "example.js"
    script.write_text(f"(async () => {{{example.code.replace(ADDRESS, url)}}})();", encoding="utf-8")
    done = subprocess.run(
        [str(NODE), str(script)],
        env={**os.environ, "NODE_PATH": str(MODULES.resolve()), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=MINUTES,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert subjects(url, "101") == ["Hello"]


def what_the_users_project_has(example: Example, url: str, folder: Path) -> None:
    """tests/test_pytest_plugin.py runs that project."""
    project = ast.parse((ROOT / "examples" / "pytest_project" / "test_alerts.py").read_text(encoding="utf-8"))
    there = {ast.dump(node) for node in project.body}
    assert {ast.dump(node) for node in ast.parse(example.code).body} <= there


def what_ci_runs(example: Example, url: str, folder: Path) -> None:
    """The test line installs and tests the whole; CI takes it from the README by its beginning and its end."""
    (line,) = [line for line in example.code.splitlines() if line.endswith("-m pytest -n auto")]
    found = "line=$(grep -m 1 '^python3 -m venv .*-m pytest -n auto$' README.md)"
    assert found in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert line == next(
        each for each in README.splitlines() if re.match(r"^python3 -m venv .*-m pytest -n auto$", each)
    )


def a_run_of_the_suite(example: Example, url: str, folder: Path) -> None:
    """Of the whole suite only the cases: the fuzz has tests of its own, and takes its time."""
    _, own_server, remote = example.code.splitlines()
    for line in (own_server, remote):
        done = shell(f"{line} --parts cases".replace(ADDRESS, url), folder)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "junit.xml").exists()


def a_run_with_limits(example: Example, url: str, folder: Path) -> None:
    done = shell(example.code.replace(ADDRESS, url), folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as 101: POST" in done.stdout
    assert " 0 failed" in done.stdout


def rules_that_are_taken(example: Example, url: str, folder: Path) -> None:
    needs(shutil.which("curl"), "curl", "install curl")
    done = shell(example.code.replace(ADDRESS, url), folder)
    assert [rule["left"] for rule in json.loads(done.stdout)] == [2, None, 1]


def cases_that_pass(example: Example, url: str, folder: Path) -> None:
    with own_target(load_named("demo")) as target:
        assert {run_case(case, target).failure for case in parse_cases(example.code, "README.md")} == {None}


def a_part_of_a_fixture(example: Example, url: str, folder: Path) -> None:
    file = folder / "mine.yaml"
    file.write_text(f"extends: demo\n{example.code}", encoding="utf-8")
    assert load_fixture(file).account.extensions


def a_step_with_known_inputs(example: Example, url: str, folder: Path) -> None:
    (step,) = yaml.safe_load(example.code)["steps"]
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert step["with"].keys() <= inputs.keys()


Run = Callable[[Example, str, Path], None]
RUNS: list[tuple[str, str, Run]] = [
    ("sh", "python3 -m venv", what_ci_runs),
    ("sh", "curl -H 'Authorization: Bearer demo-101'", an_sms_by_curl),
    ("python", "from ringcentral import SDK", a_page_by_the_python_sdk),
    ("js", "@ringcentral/sdk", an_sms_by_the_javascript_sdk),
    ("yaml", "carrier:", a_part_of_a_fixture),
    ("sh", "/_mock/faults", rules_that_are_taken),
    ("python", "def test_a_customer_gets_a_text", what_the_users_project_has),
    ("sh", "pip install 'ringmock[contract]'", a_run_of_the_suite),
    ("yaml", "keeps: [R-10, R-19]", cases_that_pass),
    ("yaml", "each: 401 AGW-401", cases_that_pass),
    ("sh", "--max-messages", a_run_with_limits),
    ("yaml", "uses: ./ringmock", a_step_with_known_inputs),
]
"""How each example is run: its language, what only it contains, and what has to come of it."""


@pytest.mark.parametrize(("language", "containing", "run"), RUNS, ids=[containing for _, containing, _ in RUNS])
def test_the_example_is(language: str, containing: str, run: Run, url: str, tmp_path: Path) -> None:
    run(the(language, containing), url, tmp_path)


def test_no_example_is_left_out() -> None:
    known = [the(language, containing) for language, containing, _ in RUNS]
    # A block without a language is output, and nothing that anybody copies.
    runnable = [example for example in EXAMPLES if example.language]
    assert [f"README.md:{example.line}" for example in runnable if example not in known] == []
