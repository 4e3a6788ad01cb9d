"""openapi.yaml, read by tools that others have written: linters, and a generator of clients."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from javascript import HOW, MODULES, NODE, SCRIPTS
from ringmock.contract.cases import bundled_cases
from ringmock.contract.cases.runner import run_case
from ringmock.contract.http_client import HttpClient, NoAnswer, Request
from ringmock.contract.target import Target
from ringmock.fixture import load_named
from ringmock.openapi.document import contract_text, load_contract, operations
from ringmock.serving.server import bound_socket, build, served
from ringmock.sign_in.worlds import Worlds
from support import Client, needs

TIMEOUT_SECONDS = 240
JAVA = shutil.which("java")
BETWEEN = Path(__file__).parents[2] / "benchmarks" / "prism_between.py"
WRITTEN_ODDLY = ("before-messages", "client-requests", "delete-by-filter", "faxes", "mms", "several-messages")
"""Files of cases whose calls Prism objects to, each for a reason that the tool tells."""
GENERATOR = shutil.which(os.environ.get("RINGMOCK_OPENAPI_PYTHON_CLIENT", "openapi-python-client"))
HOW_TO_GENERATE = (
    "`pip install -r tests/clients/python-generator.txt` into an environment of its own,"
    " and name its bin/openapi-python-client in RINGMOCK_OPENAPI_PYTHON_CLIENT"
)
NOBODY_IS_REFUSED = "a document of discovery: whoever asks is answered"
IDS_ARE_NUMBERS = "the vendor's paths: a thread's id is a number, so `notes` is none"

EXCEPTIONS = {
    "operation-4xx-response": {
        "/paths/~1restapi/get/responses": NOBODY_IS_REFUSED,
        "/paths/~1restapi~1oauth~1jwks/get/responses": NOBODY_IS_REFUSED,
        "/paths/~1.well-known~1openid-configuration/get/responses": NOBODY_IS_REFUSED,
        "/paths/~1.well-known~1entry-points~1external/get/responses": NOBODY_IS_REFUSED,
        "/paths/~1restapi~1v1.0~1status/get/responses": "whether the API is up: whoever asks is answered",
    },
    "no-ambiguous-paths": {
        f"/paths/~1restapi~1v1.0~1account~1{{accountId}}~1message-threads~1{{threadId}}~1{action}": IDS_ARE_NUMBERS
        for action in ("assign", "resolve")
    },
    "info-contact": {"/info": "the project has no address to write to"},
}
"""What a recommended rule of Redocly's or Spectral's says and why it stands: by rule and pointer."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the contract and the packages."""
    (tmp_path / "openapi.yaml").write_text(contract_text(), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(MODULES.resolve())
    return tmp_path


def run(folder: Path, program: str, package: str, *arguments: str) -> str:
    """What a program of a package prints; skipped where it is not installed. Whether it succeeds, it says itself."""
    needs(NODE, "node", HOW)
    needs((MODULES / package).is_dir(), package, HOW)
    told = folder / "told.txt"
    with told.open("wb") as output:  # a program that ends by process.exit loses what a pipe has not taken yet
        ended = subprocess.run(
            [str(MODULES.resolve() / ".bin" / program), *arguments],
            cwd=folder, env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
            stdout=output, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
    return told.read_text(encoding="utf-8") or ended.stderr


def unexpected(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(rule, pointer) for rule, pointer in found if pointer not in EXCEPTIONS.get(rule, {})]


@pytest.mark.long
def test_the_contract_keeps_to_redoclys_recommended_rules(folder: Path) -> None:
    told = run(folder, "redocly", "@redocly/cli", "lint", "openapi.yaml", "--extends=recommended", "--format=json")
    problems: list[dict[str, Any]] = json.loads(told[told.index("{") :])["problems"]
    found = [(problem["ruleId"], problem["location"][0]["pointer"].removeprefix("#")) for problem in problems]
    assert unexpected(found) == []


@pytest.mark.long
def test_the_contract_keeps_to_spectrals_recommended_rules(folder: Path) -> None:
    (folder / "rules.yaml").write_text('extends: ["spectral:oas"]\n', encoding="utf-8")
    told = run(folder, "spectral", "@stoplight/spectral-cli", "lint", "openapi.yaml", "-r", "rules.yaml", "-f", "json")
    problems: list[dict[str, Any]] = json.loads(told[told.index("[") : told.rindex("]") + 1])
    assert unexpected([(problem["code"], "/" + "/".join(map(str, problem["path"]))) for problem in problems]) == []


@pytest.mark.long
def test_specmatic_reads_the_contract_and_its_own_examples(folder: Path) -> None:
    jar = MODULES.resolve() / "specmatic" / "specmatic.jar"
    needs(JAVA, "java", "install a JDK (17 or later)")
    needs(jar.is_file(), "specmatic", HOW)
    told = run_in(folder, str(JAVA), "-jar", str(jar), "validate", "--spec-file=openapi.yaml")
    assert re.findall(r"Specifications \| Passed: +(\d+) \| Failed: +(\d+)", told) == [("1", "0")]
    assert f"API Operations: {len(list(operations(load_contract())))}" in told
    assert "OVERALL RESULT: PASSED" in told


@pytest.mark.long
def test_dredd_makes_a_call_of_every_operation_of_the_contract(folder: Path) -> None:
    told = run(folder, "dredd", "dredd", "openapi.yaml", "http://127.0.0.1:9", "--names")
    made = {" > ".join(line.split(" > ")[:2]) for line in re.findall(r"^\S*info\S*: (.*)$", told, re.MULTILINE)}
    assert {f"{path} > {operation['summary']}" for _, path, operation in operations(load_contract())} - made == set()
    assert re.findall(r"0 passing, 0 failing, 0 errors, (\d+) skipped, \1 total", told)


@pytest.mark.long
def test_a_client_that_is_generated_in_typescript_compiles_and_sends_pages_and_lists(
    folder: Path, server_url: str
) -> None:
    run(folder, "openapi-typescript", "openapi-typescript", "openapi.yaml", "-o", "schema.d.ts")
    script = (SCRIPTS / "generated-client.ts").read_text(encoding="utf-8")
    (folder / "client.ts").write_text(script, encoding="utf-8")
    (folder / "package.json").write_text('{"type": "commonjs"}', encoding="utf-8")
    how = ["--strict", "--skipLibCheck", "--types", "node", "--module", "commonjs", "--target", "es2022"]
    assert run(folder, "tsc", "typescript", *how, "client.ts") == ""
    with Client(server_url) as application:
        ended = subprocess.run(
            [str(NODE), "client.js", server_url, application.client_id, application.client_secret],
            cwd=folder, env={**os.environ, "NO_PROXY": "127.0.0.1"},
            capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert steps_in(ended.stdout) == DAY


@pytest.mark.long
def test_a_client_that_is_generated_in_python_imports_and_sends_pages_and_lists(
    tmp_path: Path, server_url: str
) -> None:
    """It runs in the generator's own environment, which has what generated clients import."""
    needs(GENERATOR, "openapi-python-client", HOW_TO_GENERATE)
    assert GENERATOR is not None
    (tmp_path / "openapi.yaml").write_text(contract_text(), encoding="utf-8")
    run_in(tmp_path, GENERATOR, "generate", "--path", "openapi.yaml", "--output-path", "generated", "--meta", "none")
    with Client(server_url) as application:
        script = str(SCRIPTS.parent / "python_generated.py")
        python = str(Path(GENERATOR).with_name("python"))
        told = run_in(tmp_path, python, script, server_url, application.client_id, application.client_secret)
    assert steps_in(told) == {"modules that cannot be imported": [], **DAY}


DAY = {"send an SMS": "Hello", "page": "Outbound", "list": ["A page", "Hello"], "refused": [400, "MSG-324"]}


def steps_in(told: str) -> dict[str, Any]:
    return {line["step"]: line["result"] for line in map(json.loads, told.splitlines())}


def run_in(folder: Path, *command: str) -> str:
    """What a command prints that has to succeed."""
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, "NO_PROXY": "127.0.0.1", "PYTHONPATH": str(folder)},
        capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr or ended.stdout
    return ended.stdout


INT64_CAP = "must be <= 9007199254740991"
"""Prism's own limit: JavaScript has no larger whole number. A record that meets it matches no branch of an anyOf."""
FORWARDED = re.compile(r"The upstream call to (?P<path>/restapi\S*) has returned 2\d\d")
VIOLATION = re.compile(r"Violation: (?P<what>.*)")


@pytest.mark.long
def test_prism_between_the_cases_of_pages_and_the_server_finds_nothing_in_an_accepted_call(folder: Path) -> None:
    needs(NODE, "node", HOW)
    needs((MODULES / "@stoplight" / "prism-cli").is_dir(), "@stoplight/prism-cli", HOW)
    template, log = load_named("demo"), folder / "prism.txt"
    with served(build(Worlds(template))) as url, proxied(folder, url, log) as proxy:
        target = Target(proxy, template, has_worlds=True)
        cases = [case for case in bundled_cases() if case.file.endswith("/pager.yaml") and case.holds_in("2012")]
        passed = [run_case(case, target).failure is None for case in cases]
    assert sum(passed) > len(cases) * 0.9  # Prism itself answers what is no JSON
    found = list(violations(log.read_text(encoding="utf-8")))
    assert len(found) > len(cases)
    assert [each for each in found if each[1]] == []


@pytest.mark.long
@pytest.mark.parametrize("generation", ["2012", "current"])
def test_what_prism_says_of_oddly_written_calls_is_no_fault_of_the_contract_or_the_server(generation: str) -> None:
    needs(NODE, "node", HOW)
    needs((MODULES / "@stoplight" / "prism-cli").is_dir(), "@stoplight/prism-cli", HOW)
    only = [word for name in WRITTEN_ODDLY for word in ("--only", f"/{name}.yaml")]
    options = ["--node-modules", str(MODULES.resolve().parent), "--prisms", "2", "--generation", generation, *only]
    told = run_in(BETWEEN.parent, sys.executable, str(BETWEEN), *options)
    [(violating, wrong)] = re.findall(r"(\d+) of these with violations and \d+ not judged: (\d+) by a fault", told)
    assert int(violating) > 30
    assert int(wrong) == 0
    assert "FAILED" not in told


@contextmanager
def proxied(folder: Path, url: str, log: Path) -> Iterator[str]:
    """Prism before a server."""
    with bound_socket("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    prism = [str(MODULES.resolve() / ".bin" / "prism"), "proxy", "openapi.yaml", url, "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            prism, cwd=folder, env={**os.environ, "NO_PROXY": "127.0.0.1"}, stdout=output, stderr=output
        )
    proxy = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            try:
                with HttpClient(proxy) as client:
                    client.send(Request("GET", "/restapi"))
                break
            except NoAnswer:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.1)
        yield proxy
    finally:
        process.terminate()
        process.wait(timeout=30)


def violations(log: str) -> Iterator[tuple[str, list[str]]]:
    """Each accepted call that Prism passed on, and what it says of it."""
    for said in log.split("Request received"):
        forwarded = FORWARDED.search(said)
        whats = [found["what"] for found in VIOLATION.finditer(said)]
        if forwarded is not None:
            yield forwarded["path"], [] if any(INT64_CAP in what for what in whats) else whats
