"""The npm package in `clients/js`: its own tests by Node.js, its types, and what is packed of it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from javascript import HOW, MODULES, NODE
from ringmock.control import description
from support import needs

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clients" / "js"
EXAMPLES = ROOT / "examples"
COMMAND = [sys.executable, "-c", "from ringmock.cli.main import main; main()"]
PACKED = {"LICENSE", "README.md", "package.json"}


def run(folder: Path, *command: str, **environment: str) -> str:
    """What a command prints; it succeeds."""
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as npm packs it, unpacked."""
    npm = shutil.which("npm")
    needs(npm, "npm", HOW)
    folder = tmp_path_factory.mktemp("packed")
    run(PACKAGE, str(npm), "pack", "--silent", "--pack-destination", str(folder))
    (archive,) = folder.glob("*.tgz")
    shutil.unpack_archive(archive, folder, filter="data")
    return folder / "package"


@pytest.fixture
def project(packed: Path, tmp_path: Path) -> Path:
    """A folder with the packages of the tests, and with this one as it is packed."""
    modules = tmp_path / "node_modules"
    modules.mkdir()
    for each in MODULES.resolve().iterdir() if MODULES.is_dir() else ():
        (modules / each.name).symlink_to(each)
    (modules / "ringmock").symlink_to(packed)
    return tmp_path


@pytest.mark.long
@pytest.mark.parametrize("test", sorted(path.name for path in (PACKAGE / "test").glob("*.cjs")))
def test_its_own_tests_pass(server_url: str, test: str) -> None:
    needs(NODE, "node", HOW)
    url, command = {"RINGMOCK_TEST_URL": server_url}, {"RINGMOCK_TEST_COMMAND": json.dumps(COMMAND)}
    assert "# pass" in run(PACKAGE, str(NODE), "--test", "--test-reporter=tap", f"test/{test}", **url, **command)


def test_its_version_is_that_of_the_server_and_it_needs_no_other_package() -> None:
    server = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    package = described()
    assert (package["name"], package["version"], package["license"]) == ("ringmock", server["version"], "MIT")
    assert not {key for key in package if key.endswith("ependencies") or key == "scripts"}
    assert (PACKAGE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_what_is_packed_is_what_it_needs_and_nothing_else(packed: Path) -> None:
    found = {path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()}
    of_folders = {
        path.relative_to(PACKAGE).as_posix() for name in ("lib", "types") for path in (PACKAGE / name).iterdir()
    }
    assert found == PACKED | of_folders
    assert of_folders >= set(entries(described()["exports"]["."]))


def entries(exports: Any) -> Iterator[str]:
    """Every file that the package names."""
    if isinstance(exports, dict):
        for each in exports.values():
            yield from entries(each)
    else:
        yield exports.removeprefix("./")


def test_its_types_are_those_of_the_control_apis_description(tmp_path: Path) -> None:
    generator = MODULES.resolve() / ".bin" / "openapi-typescript"
    needs(NODE and generator.exists(), "openapi-typescript", HOW)
    (tmp_path / "openapi.yaml").write_text(description.text(), encoding="utf-8")
    run(tmp_path, str(generator), "openapi.yaml", "-o", "control-api.d.ts")
    made = (tmp_path / "control-api.d.ts").read_text(encoding="utf-8")
    how = "`npx openapi-typescript src/ringmock/control/openapi.yaml -o clients/js/types/control-api.d.ts` writes it"
    assert made == (PACKAGE / "types" / "control-api.d.ts").read_text(encoding="utf-8"), how


def test_its_source_keeps_its_types_which_are_those_that_it_ships(project: Path) -> None:
    needs(NODE and (MODULES / "typescript").is_dir(), "typescript", HOW)
    for name in ("lib", "types", "tsconfig.json"):
        copy = shutil.copytree if (PACKAGE / name).is_dir() else shutil.copy
        copy(PACKAGE / name, project / name)
    for made in (project / "types").glob("*.d.?ts"):
        made.unlink()
    run(project, "node_modules/.bin/tsc", "-p", ".")
    made, kept = (
        {path.name: path.read_text(encoding="utf-8") for path in (folder / "types").iterdir()}
        for folder in (project, PACKAGE)
    )
    assert made == kept, "`npx tsc -p clients/js` writes them"


CONSUMER = """
import { ExpectationError, start, type SeenMessage } from 'ringmock';

const server = await start({ fixture: 'demo', generation: 'current' });
const world = await server.world({ fork: 'default' });
const found: SeenMessage = await world.waitForSms({ to: '14151003732', timeout: 100 });
const told: string | undefined = found.extracted;
await world.handset('14151003732').send({ to: ['16509100010'], text: told ?? '' });
await world.fault({ operation: 'createSMSMessage', answer: 'truncated' });
const { repair } = await world.why();
await world.close();
console.log(repair, new ExpectationError('no').name);
// @ts-expect-error: there is no such answer
await world.fault({ answer: 'polite' });
// @ts-expect-error: nothing is looked for by that
await world.waitForSms({ receiver: '14151003732' });
"""


def test_modules_of_both_kinds_and_what_the_readme_shows_get_its_types(project: Path) -> None:
    needs(NODE and (MODULES / "typescript").is_dir(), "typescript", HOW)
    head, *lines = CONSUMER.strip().splitlines()
    (shown,) = re.findall(r"```js\n(.*?)```", (PACKAGE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    sources = {
        "consumer.mts": "\n".join([head, *lines]),
        "consumer.cts": "\n".join([head, "async function main() {", *lines, "}", "void main();"]),
        "readme.mts": shown,
    }
    for name, source in sources.items():
        (project / name).write_text(source, encoding="utf-8")
    how = ["--strict", "--noEmit", "--module", "node16", "--target", "es2022", "--types", "node"]
    run(project, "node_modules/.bin/tsc", *how, *sources)


@pytest.mark.long
@pytest.mark.parametrize(
    ("example", "program", "arguments"),
    [("vitest_project", "vitest", ["run"]), ("jest_project", "jest", ["--ci"])],
)
def test_the_example_passes(project: Path, example: str, program: str, arguments: list[str]) -> None:
    needs(NODE, "node", HOW)
    for package in (program, "@ringcentral/sdk"):
        needs((MODULES / package).is_dir(), package, HOW)
    shutil.copytree(EXAMPLES / example, project, dirs_exist_ok=True)
    folder = project / "bin"
    folder.mkdir()
    (folder / "ringmock").write_text(f"#!/bin/sh\nexec {COMMAND[0]} -c '{COMMAND[2]}' \"$@\"\n", encoding="utf-8")
    (folder / "ringmock").chmod(0o755)
    run(project, f"node_modules/.bin/{program}", *arguments, PATH=f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize("example", ["vitest_project", "jest_project"])
def test_the_example_asks_for_the_versions_that_it_is_run_with(example: str) -> None:
    asked = json.loads((EXAMPLES / example / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    run_with = json.loads((ROOT / "tests" / "clients" / "js" / "package.json").read_text(encoding="utf-8"))
    assert asked.pop("ringmock") == "file:../../clients/js"
    assert asked.items() <= run_with["dependencies"].items()
