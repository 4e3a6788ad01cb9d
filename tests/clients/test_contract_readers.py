"""openapi.yaml, and every other file of YAML, is the same to every reader of it."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from javascript import HOW, MODULES, NODE
from ringmock.openapi.document import contract_text, load_contract
from support import needs

ROOT = Path(__file__).parents[2]
FOLDERS = ("", "fixtures/accounts", "fixtures/cases", "deploy", "examples", "clients", "tests", ".github")
FILES = sorted(
    {
        file.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for pattern in ("*.yaml", "*.yml")
        for file in (ROOT / folder).glob(pattern if folder == "" else f"**/{pattern}")
        if "node_modules" not in file.parts and file.name != "openapi.yaml"
    }
)


def test_the_accounts_and_the_cases_are_among_the_files() -> None:
    assert {"fixtures/accounts/demo.yaml", "fixtures/cases/sms.yaml", "action.yml"} <= set(FILES)


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_the_same_with_libyaml_without_it_and_to_ruamel(file: str) -> None:
    ruamel = pytest.importorskip("ruamel.yaml")
    text = (ROOT / file).read_text(encoding="utf-8")
    reader = ruamel.YAML(typ="safe", pure=True)
    reader.version = (1, 1)  # as PyYAML: the `on` of a workflow is true
    read = [
        list(yaml.load_all(text, Loader=yaml.CSafeLoader)),
        list(yaml.load_all(text, Loader=yaml.SafeLoader)),
        list(reader.load_all(text)),
    ]
    as_texts = [json.dumps(each, default=str) for each in read]
    assert as_texts == as_texts[:1] * 3


def test_pyyaml_reads_the_contract_without_libyaml() -> None:
    assert yaml.load(contract_text(), Loader=yaml.SafeLoader) == load_contract()


def test_ruamel_reads_the_same_contract() -> None:
    ruamel = pytest.importorskip("ruamel.yaml")
    reader = ruamel.YAML(typ="safe", pure=True)
    assert json.loads(json.dumps(reader.load(contract_text()))) == load_contract()


def test_js_yaml_reads_the_same_contract(tmp_path: Path) -> None:
    needs(NODE, "node", HOW)
    needs((MODULES / "js-yaml").is_dir(), "js-yaml", HOW)
    (tmp_path / "openapi.yaml").write_text(contract_text(), encoding="utf-8")
    script = (
        "const yaml = require(process.argv[1]), text = require('fs').readFileSync(process.argv[2], 'utf8');"
        "console.log(JSON.stringify(yaml.load(text, { schema: yaml.JSON_SCHEMA })))"
    )
    told = subprocess.run(
        [str(NODE), "-e", script, str((MODULES / "js-yaml").resolve()), str(tmp_path / "openapi.yaml")],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    rounded = json.loads(json.dumps(load_contract()), parse_int=float)  # JavaScript's numbers are no others
    assert json.loads(told.stdout, parse_int=float) == rounded


def hazards(text: str) -> list[Any]:
    """Plain scalars within brackets or braces that readers disagree on: with `?`, or `:` or `#` in them."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        unquoted = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"", "q", line)
        for flow in re.findall(r"(?<=[:\-] )[\[{].*[\]}]$", unquoted):
            if re.search(r"\?|:(?=[^\s/])", flow):
                found.append((number, line.strip()))
    return found


@pytest.mark.parametrize(
    ("line", "is_hazard"),
    [
        ("a: {b: what?}", True),
        ("a: [why? yes]", True),
        ("- {b: x:y}", True),
        ("a: {b: 'what?'}", False),
        ('a: {b: "x:y?"}', False),
        ("a: {b: what, c: [1, 2]}", False),
        ("a: what?", False),
        ("a: {b: http://here}", False),
    ],
)
def test_a_plain_scalar_that_readers_disagree_on_is_found(line: str, is_hazard: bool) -> None:
    assert bool(hazards(line)) == is_hazard


def test_the_contract_has_no_scalar_that_readers_disagree_on() -> None:
    assert hazards(contract_text()) == []
