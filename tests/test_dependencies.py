"""What pyproject.toml asks for, beside what `src` imports; and a plain install without what only some need."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
EXTRAS = ("numbers", "contract", "mcp", "tls", "postgresql")
"""What `src` may need beside the dependencies."""
LOADED_BY_OTHERS: Mapping[str, str] = {"uvloop": "uvicorn takes it for its event loop, where it is installed"}
LOADS_US: Mapping[str, str] = {"pytest": "it loads the plugin, and so is there before it"}


def distribution(requirement: str) -> str:
    """The name of a requirement, as package indexes compare it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def asked_for(*extras: str) -> list[str]:
    requirements = [*PROJECT["dependencies"]]
    for extra in extras:
        requirements += PROJECT["optional-dependencies"][extra]
    return [name for name in map(distribution, requirements) if name != "ringmock"]


def absolute_imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


@cache
def imported() -> set[str]:
    """The distributions of all that `src` imports, at the top of a module or anywhere in it."""
    modules = (ROOT / "src").rglob("*.py")
    names = {name.partition(".")[0] for path in modules for name in absolute_imports(ast.parse(path.read_bytes()))}
    of = packages_distributions()
    missing = names - of.keys() - sys.stdlib_module_names
    assert not missing, f"nothing that is installed has {missing}"
    return {distribution(of[name][0]) for name in names - sys.stdlib_module_names}


def test_whatever_src_imports_is_asked_for_by_name() -> None:
    assert imported() - set(asked_for(*EXTRAS)) == set(LOADS_US)


def test_whatever_is_asked_for_is_imported_by_src() -> None:
    assert set(asked_for(*EXTRAS)) - imported() == set(LOADED_BY_OTHERS)


def test_nothing_is_asked_for_twice() -> None:
    assert [name for name, times in Counter(asked_for(*EXTRAS)).items() if times > 1] == []


@pytest.mark.parametrize(
    "requirement",
    [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["contract"], *PROJECT["optional-dependencies"]["mcp"]],
)
def test_every_line_says_what_it_is_for(requirement: str) -> None:
    (line,) = [line for line in PYPROJECT.splitlines() if line.strip().startswith(f'"{requirement}"')][:1]
    assert "ringmock[" in requirement or re.search(r"# .{8,}", line)


PLAIN = """
import sys
for name in {absent}:
    sys.modules[name] = None
from click.testing import CliRunner
from ringmock.cli.main import main
from ringmock.fixture import load_named
from ringmock.serving.server import running
from support import SMS, Client, sms_body
checked = CliRunner().invoke(main, ["check"])
print(checked.exit_code, checked.stdout)
with running(load_named("demo")) as (url, _), Client(url) as client:
    print(client.post(SMS, json=sms_body()).status_code)
    for path in ("v1.0", "v2"):
        refused = client.post(f"/restapi/{{path}}/number-parser/parse", json={{"originalStrings": ["16509100010"]}})
        print(refused.status_code, refused.json()["errors"][0]["message"])
agent = CliRunner().invoke(main, ["mcp"])
print(agent.exit_code, agent.output)
fuzz = CliRunner().invoke(main, ["contract", "--parts", "fuzz,stateful"])
print(fuzz.exit_code, fuzz.output)
"""


@pytest.mark.long
def test_a_plain_install_serves_and_says_which_extra_is_missing_for_what_it_cannot_do() -> None:
    absent = {name for name, of in packages_distributions().items() if set(map(distribution, of)) & only_in_extras()}
    done = subprocess.run(
        [sys.executable, "-c", PLAIN.format(absent=sorted(absent))],
        cwd=ROOT / "tests",
        capture_output=True,
        text=True,
        check=False,
    )
    said = "Service Temporary Unavailable: this server has no numbering plans; pip install 'ringmock[numbers]' installs"
    lines = done.stdout.splitlines()
    assert lines[0].startswith("0 openapi.yaml: not checked; pip install 'ringmock[contract]'"), done.stderr
    assert "200" in lines
    assert [line for line in lines if line.startswith("503")] == [f"503 {said} them"] * 2
    assert "pip install 'ringmock[mcp]' installs what an agent needs" in done.stdout
    assert "the fuzz needs Schemathesis: pip install 'ringmock[contract]'" in done.stdout
    assert "Hypothesis is not installed: pip install 'ringmock[contract]'" in done.stdout


def only_in_extras() -> set[str]:
    return set(asked_for(*EXTRAS)) - set(asked_for())
