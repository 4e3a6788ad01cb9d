"""Every example of the README and of the docs runs, as it stands there but for the server's address.

A block of JSON after a call is its answer: every value in it comes, but for ids and times that differ from run to run.
"""

import ast
import configparser
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
import unittest
import urllib.error
from collections.abc import Callable, Iterator
from http.server import HTTPServer
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
import yaml
from alerts import Alerts

from ringmock import pytest_plugin
from ringmock.cli.main import main
from ringmock.contract.cases import parse_cases
from ringmock.contract.cases.runner import run_case
from ringmock.control import description
from ringmock.fixture import load_fixture, load_named
from ringmock.serving.own_target import own_target
from ringmock.serving.server import running
from ringmock.testing import Ringmock, run_server
from support import DIRECT_NUMBER, HANDSET, PAGER, SMS, STORE, Client, needs
from test_docs import Settings

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]
ADDRESS = "http://127.0.0.1:8080"
PROJECT = ROOT / "examples" / "pytest_project"
MODULES = Path(os.environ.get("RINGMOCK_JS_MODULES", ROOT / "tests" / "clients" / "js" / "node_modules"))
NODE = shutil.which("node")
MINUTES = 3 * 60
A_FEW_CASES = "--parts cases --only R-10"
"""Instead of the whole suite, which shows no more of an example."""


class Example(NamedTuple):
    """A block of code, the page and the line that it starts at, and the answer that the page shows after it."""

    page: Path
    language: str
    line: int
    code: str
    answer: str | None = None

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def examples(page: Path) -> Iterator[Example]:
    """Blocks that name a language; `text` is output as one without is, and `{...}` are Sphinx's directives."""
    text = page.read_text(encoding="utf-8")
    found = [
        Example(page, block[1], text.count("\n", 0, block.start()) + 2, block[2])
        for block in re.finditer(r"^```(\S*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        if block[1] not in ("", "text") and not block[1].startswith("{")
    ]
    for example, following in itertools.zip_longest(found, found[1:]):
        answers = following is not None and following.language == "json" and example.language == "sh"
        yield example._replace(answer=following.code) if answers else example


EXAMPLES = [example for page in PAGES for example in examples(page)]


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


def answered(text: str) -> list[Any]:
    """The JSON values of what curl printed, one behind the other."""
    found, place, decoder = [], 0, json.JSONDecoder()
    while place < len(text.rstrip()):
        value, place = decoder.raw_decode(text, place)
        found.append(value)
        place += len(text[place:]) - len(text[place:].lstrip())
    return found


DIFFERS = {"id", "uri", "creationTime", "lastModifiedTime", "conversationId"}
"""Keys whose values differ from run to run, wherever the server assigns them."""


def check_shown(shown: Any, came: Any, key: str = "") -> None:
    """Whatever is shown came."""
    if isinstance(shown, dict):
        assert shown.keys() <= came.keys()
        for name, value in shown.items():
            check_shown(value, came[name], name)
    elif isinstance(shown, list):
        assert len(shown) == len(came)
        for one, other in zip(shown, came, strict=True):
            check_shown(one, other)
    else:
        assert key in DIFFERS or shown == came


def an_answered_call(example: Example, url: str, folder: Path) -> None:
    needs(shutil.which("curl"), "curl", "install curl")
    done = shell(example.code.replace(ADDRESS, url), folder)
    answer = answered(done.stdout)[-1]
    if example.answer is not None:
        check_shown(json.loads(example.answer), answer)
    else:
        assert not isinstance(answer, dict) or answer.keys().isdisjoint({"error", "errorCode"}), answer


def the_answer_of_a_call(example: Example, url: str, folder: Path) -> None:
    """It is compared where the call before it runs."""
    assert any(example.page == other.page and example.code == other.answer for other in EXAMPLES)


def an_sms_by_curl(example: Example, url: str, folder: Path) -> None:
    needs(shutil.which("curl"), "curl", "install curl")
    done = shell(example.code.replace(ADDRESS, url), folder)
    assert "Outbound" in done.stdout, done.stdout + done.stderr
    assert example.answer is not None
    check_shown(json.loads(example.answer), json.loads(done.stdout))
    assert subjects(url, "101") == ["Hello"]


def a_page_by_the_python_sdk(example: Example, url: str, folder: Path) -> None:
    exec(compile(example.code.replace(ADDRESS, url), example.place, "exec"), {})
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


def passes(example: Example, url: str, folder: Path) -> None:
    """A test in the example project, with what the pages say that a test has there."""
    there: dict[str, Any] = {"json": json, "pytest": pytest, "urllib": urllib, "send": send}
    exec(compile(example.code, example.place, "exec"), there)
    tests = [value for name, value in there.items() if name.startswith("test_")]
    assert tests
    with run_server("demo") as server:
        for test in tests:
            with server.new_world() as ringmock:
                test(ringmock, Alerts(ringmock.url, ringmock.token("101")))
                assert ringmock.complaint() is None


def send(ringmock: Ringmock, by: str, body: Any) -> None:
    """What the page about `replyOn` says of it."""
    with Client(ringmock.url) as client:
        answer = client.call("POST", PAGER, by=None, headers=bearer(ringmock.token(by)), json=body)
        assert answer.status_code == 200, answer.text


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def what_the_users_project_has(example: Example, url: str, folder: Path) -> None:
    """tests/test_pytest_plugin.py runs that project."""
    project = ast.parse((PROJECT / "test_alerts.py").read_text(encoding="utf-8"))
    there = {ast.dump(node) for node in project.body}
    assert {ast.dump(node) for node in ast.parse(example.code).body} <= there


def what_the_javascript_project_has(example: Example, url: str, folder: Path) -> None:
    """tests/clients/test_npm_package.py runs that project."""
    project = ROOT / "examples" / "vitest_project" / "alerts.test.js"
    assert project.read_text(encoding="utf-8").startswith(example.code)


def packages_that_there_are(example: Example, url: str, folder: Path) -> None:
    """Each folder that npm installs is a package of a clone that is called ringmock."""
    for place in re.findall(r" \./ringmock/(\S+)", example.code):
        assert json.loads((ROOT / place / "package.json").read_text(encoding="utf-8"))["name"] == "ringmock"


def a_command_of_an_agents_program(example: Example, url: str, folder: Path) -> None:
    (server,) = json.loads(example.code)["mcpServers"].values()
    name, *arguments = server["args"]
    main.commands[name].make_context(name, arguments).close()


def a_script_of_the_recipes(example: Example, url: str, folder: Path) -> None:
    """tests/test_ci_recipes.py runs it."""
    assert (ROOT / example.code.split()[0].removeprefix("ringmock/")).exists()


def a_suite_of_unittest(example: Example, url: str, folder: Path) -> None:
    there: dict[str, Any] = {"__name__": "example"}
    exec(compile(example.code, example.place, "exec"), there)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(there["AlertsTest"]).run(result)
    assert (result.testsRun, result.failures, result.errors) == (1, [], [])


def a_receiver_that_passes(example: Example, url: str, folder: Path) -> None:
    """The receiver's class on any free port, and the page's own subscription to it."""
    *_, last = ast.parse(example.code).body
    assert ast.unparse(last).endswith("serve_forever()")
    there: dict[str, Any] = {}
    exec(compile(example.code.replace(ast.unparse(last).replace("'", '"'), ""), example.place, "exec"), there)
    needs(shutil.which("curl"), "curl", "install curl")
    with HTTPServer(("127.0.0.1", 0), there["Receiver"]) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        (call,) = [each for each in EXAMPLES if each.page == example.page and "eventFilters" in each.code]
        at = f"http://127.0.0.1:{receiver.server_port}/"
        done = shell(call.code.replace(ADDRESS, url).replace("http://127.0.0.1:5000/", at), folder)
        receiver.shutdown()
    assert json.loads(done.stdout)["status"] == "Active"


def what_runs_with_the_receiver(example: Example, url: str, folder: Path) -> None:
    assert any(each.page == example.page and "class Receiver" in each.code for each in EXAMPLES)


def options_that_there_are(example: Example, url: str, folder: Path) -> None:
    """Parsed as the command line parses it, by a folder that has the files that the line names."""
    (folder / "my-cases").mkdir()
    for line in example.code.splitlines():
        _, name, *arguments = shlex.split(line)
        main.commands[name].make_context(name, [in_folder(each, folder) for each in arguments]).close()


def in_folder(argument: str, folder: Path) -> str:
    """An argument that names a file or a folder of the reader's, in a folder that has it."""
    if (argument.startswith("a-") and argument.endswith(".yaml")) or argument.endswith((".jsonl", ".db")):
        (folder / argument).touch()
        return str(folder / argument)
    return argument.replace("my-", f"{folder}/my-")


def a_text_from_outside(example: Example, url: str, folder: Path) -> None:
    done = shell(example.code.replace(ADDRESS, url), folder)
    assert done.returncode == 0, done.stderr
    assert subjects(url, "101") == ["Hello yourself"]


def requirements_that_there_are(example: Example, url: str, folder: Path) -> None:
    """Whatever is installed, its extras exist; the first line of the README and CI install it for real."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {extra for found in re.findall(r"\[(\w+)\]", example.code) for extra in found.split(",")}
    assert wanted <= project["optional-dependencies"].keys()
    assert shell(f"set -n\n{example.code}", folder).returncode == 0


def what_a_failed_test_leaves(example: Example, url: str, folder: Path) -> None:
    call = "ringmock.handset('14155550123').send(to='16509100010', text='Hi')"
    test = f"def test_it(ringmock):\n    {call}\n    raise AssertionError\n"
    (folder / "test_it.py").write_text(test, encoding="utf-8")
    assert shell(example.code, folder).returncode == 1
    assert {path.name.partition("_")[0] for path in (folder / "evidence").glob("*/*")} == {
        "again",
        "case.yaml",
        "history.jsonl",
    }


def a_service_with_known_options(example: Example, url: str, folder: Path) -> None:
    (service,) = yaml.safe_load(example.code)["services"].values()
    main.commands["serve"].make_context("serve", [*service["command"]]).close()


def a_run_of_the_users_suite(example: Example, url: str, folder: Path) -> None:
    """tests/test_pytest_plugin.py runs that project by this command."""
    assert example.code == ".venv/bin/python -m pytest\n"


def settings_of_the_plugin(example: Example, url: str, folder: Path) -> None:
    ini = configparser.ConfigParser()
    ini.read_string(example.code)
    settings = Settings()
    pytest_plugin.pytest_addoption(cast("pytest.Parser", settings))
    assert {f"`{key}`" for key in ini["pytest"]} <= {key for key, *_ in settings.rows}


def what_ci_runs(example: Example, url: str, folder: Path) -> None:
    """The test line installs and tests the whole; CI takes it from the README by its beginning and its end."""
    (line,) = [line for line in example.code.splitlines() if line.endswith("-m pytest -n auto")]
    found = "line=$(grep -m 1 '^python3 -m venv .*-m pytest -n auto$' README.md)"
    assert found in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    assert [line] == re.findall(r"^python3 -m venv .*-m pytest -n auto$", readme, re.MULTILINE)


def what_the_readme_has(example: Example, url: str, folder: Path) -> None:
    """It runs there, whether or not the command is named by its folder."""
    assert example.code.replace(".venv/bin/", "") in README.read_text(encoding="utf-8").replace(".venv/bin/", "")


def a_run_of_the_suite(example: Example, url: str, folder: Path) -> None:
    """Of the whole suite the cases of one rule: every part and every case has tests of its own."""
    _, own_server, remote = example.code.splitlines()
    for line in (f"{own_server} --dry-run --only R-10", f"{remote} {A_FEW_CASES}"):
        done = shell(line.replace(ADDRESS, url), folder)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "junit.xml").exists()


def a_run_with_limits(example: Example, url: str, folder: Path) -> None:
    done = shell(example.code.replace(ADDRESS, url).replace("--parts cases", A_FEW_CASES), folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as 101: POST" in done.stdout
    assert " 0 failed" in done.stdout


def rules_that_are_taken(example: Example, url: str, folder: Path) -> None:
    """Each comes back as it was given, with the number of calls that it is still to meet."""
    needs(shutil.which("curl"), "curl", "install curl")
    done = shell(example.code.replace(ADDRESS, url), folder)
    given = json.loads(shlex.split(example.code)[-1])
    rules, came = given if isinstance(given, list) else [given], json.loads(done.stdout)
    check_shown(rules, came)
    assert [rule["left"] for rule in came] == [rule.get("times", 1 if "nth" in rule else None) for rule in rules]


def the_way_back_to_a_label(example: Example, url: str, folder: Path) -> None:
    """To the world as it was when it was named, which is what the call is told."""
    (label,) = json.loads(shlex.split(example.code)[-1]).values()
    with Client(url) as client:
        assert client.call("PUT", f"/_mock/history/labels/{label}", by=None).status_code == 200
        text = {"from": {"phoneNumber": DIRECT_NUMBER["101"]}, "to": [{"phoneNumber": HANDSET}], "text": "Gone"}
        sent = client.call("POST", SMS, by=None, headers=bearer("demo-101"), json=text)
        assert sent.status_code == 200, sent.text
    assert subjects(url, "101") == ["Gone"]
    an_answered_call(example, url, folder)
    assert subjects(url, "101") == []


def a_client_that_is_generated(example: Example, url: str, folder: Path) -> None:
    """What it reads is what the line before it fetches; tests/clients/test_java_client.py runs that of Java."""
    needs(shutil.which("curl"), "curl", "install curl")
    fetch, generate = example.code.split("\n", 1)
    done = shell(fetch.replace(ADDRESS, url), folder)
    assert done.returncode == 0, done.stderr
    program, command, *arguments = shlex.split(generate)
    assert (program, command) == ("openapi-generator-cli", "generate")
    described = folder / arguments[arguments.index("-i") + 1]
    fetched = yaml.safe_load(described.read_text(encoding="utf-8"))
    assert fetched["paths"].keys() == description.document()["paths"].keys()


def what_it_names_is_there(example: Example, url: str, folder: Path) -> None:
    """Shown and not run, for want of the language: its calls, headers, variables and files are those that there are."""
    code, reads = example.code, {each.path: each for each in description.operations() if each.method == "GET"}
    queries = {(path, each) for path, query in re.findall(r'"/?(\w+)\?([^"]*)"', code) for each in query.split("&")}
    for path, query in queries:
        assert query.split("=")[0] in {each.name for each in reads[f"/_mock/{path}"].parameters}, query
    assert set(re.findall(r"X-Ringmock-\w+", code)) <= {"X-Ringmock-Token", "X-Ringmock-World"}
    assert set(re.findall(r"RINGMOCK_[A-Z_]+", code)) <= {"RINGMOCK_URL", "RINGMOCK_CONTROL_TOKEN"}
    files = set(re.findall(r"deploy/\w+", code))
    assert all((ROOT / file).is_file() for file in files)
    assert queries or files


def cases_that_pass(example: Example, url: str, folder: Path) -> None:
    with own_target(load_named("demo")) as target:
        assert {run_case(case, target).failure for case in parse_cases(example.code, example.place)} == {None}


def a_part_of_a_fixture(example: Example, url: str, folder: Path) -> None:
    file = folder / "mine.yaml"
    file.write_text(f"extends: demo\n{example.code}", encoding="utf-8")
    assert load_fixture(file).account.extensions


def a_fixture(example: Example, url: str, folder: Path) -> None:
    file = folder / "mine.yaml"
    file.write_text(example.code, encoding="utf-8")
    assert load_fixture(file).account.extensions


def a_step_with_known_inputs(example: Example, url: str, folder: Path) -> None:
    given = yaml.safe_load(example.code)
    (step,) = given if isinstance(given, list) else given["steps"]
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert step["with"].keys() <= inputs.keys()


Run = Callable[[Example, str, Path], None]
RUNS: list[tuple[str, str, Run]] = [
    ("sh", "-m pytest -n auto", what_ci_runs),
    ("sh", ".venv/bin/ringmock serve", what_the_readme_has),
    ("sh", ".venv/bin/ringmock contract --url", what_the_readme_has),
    ("sh", "ringmock contract --url http://127.0.0.1:8080 --junit", a_run_of_the_suite),
    ("sh", "--max-messages", a_run_with_limits),
    ("sh", "pip install", requirements_that_there_are),
    ("sh", "with_ringmock.sh", a_script_of_the_recipes),
    ("sh", "npm install", packages_that_there_are),
    ("sh", ".venv/bin/python -m pytest", a_run_of_the_users_suite),
    ("sh", "ringmock text", a_text_from_outside),
    ("sh", "ringmock serve", options_that_there_are),
    ("sh", "ringmock cases new", options_that_there_are),
    ("sh", "ringmock check", options_that_there_are),
    ("sh", "pytest --ringmock-export", what_a_failed_test_leaves),
    ("sh", "ringmock export", options_that_there_are),
    ("sh", "ringmock replay", options_that_there_are),
    ("sh", "ringmock state", options_that_there_are),
    ("sh", "ringmock contract --cases", options_that_there_are),
    ("sh", "openapi-generator-cli", a_client_that_is_generated),
    ("sh", "/_mock/history/rewind", the_way_back_to_a_label),
    ("sh", "/_mock/faults", rules_that_are_taken),
    ("sh", "/_mock/handsets", an_answered_call),
    ("sh", "eventFilters", what_runs_with_the_receiver),
    ("sh", '"text": "Hello"', an_sms_by_curl),
    ("sh", "curl ", an_answered_call),
    ("json", "mcpServers", a_command_of_an_agents_program),
    ("json", "", the_answer_of_a_call),
    ("python", "from ringcentral import SDK", a_page_by_the_python_sdk),
    ("python", "def test_a_customer_gets_a_text", what_the_users_project_has),
    ("python", "import unittest", a_suite_of_unittest),
    ("python", "class Receiver", a_receiver_that_passes),
    ("python", "def test_", passes),
    ("js", "from 'ringmock'", what_the_javascript_project_has),
    ("js", "@ringcentral/sdk", an_sms_by_the_javascript_sdk),
    ("java", "", what_it_names_is_there),
    ("go", "", what_it_names_is_there),
    ("csharp", "", what_it_names_is_there),
    ("yaml", "cases:", cases_that_pass),
    ("yaml", "uses: ./ringmock", a_step_with_known_inputs),
    ("yaml", "services:", a_service_with_known_options),
    ("yaml", "extensions:", a_fixture),
    ("yaml", "carrier:", a_part_of_a_fixture),
    ("ini", "[pytest]", settings_of_the_plugin),
]
"""How examples run: their language, what they contain, and what has to come of them. The first that fits counts."""


def run_of(example: Example) -> Run | None:
    fits = (run for language, containing, run in RUNS if example.language == language and containing in example.code)
    return next(fits, None)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.place for example in EXAMPLES])
def test_the_example_runs(example: Example, url: str, tmp_path: Path) -> None:
    run = run_of(example)
    assert run is not None, f"{example.place}: nothing here says how to run this example"
    run(example, url, tmp_path)


def test_every_way_to_run_an_example_is_used() -> None:
    assert {run for _, _, run in RUNS} == {run_of(example) for example in EXAMPLES}
