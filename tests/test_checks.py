"""The checks, named once: a person, pre-commit and CI run the same."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CHECK = ROOT / ".ci" / "check"
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md"))


def names() -> list[str]:
    (line,) = re.findall(r"^readonly all=\((.+)\)$", CHECK.read_text(encoding="utf-8"), re.MULTILINE)
    return line.split()


def test_every_check_has_a_function_and_the_other_way_round() -> None:
    defined = re.findall(r"^(\w+)\(\) \{ # .+$", CHECK.read_text(encoding="utf-8"), re.MULTILINE)
    assert defined == names()


def test_a_check_that_there_is_not_is_told_with_those_that_there_are() -> None:
    told = subprocess.run([CHECK, "lint", "typo"], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == f"no check is called typo; there are: {' '.join(names())}\n"


def test_ci_runs_every_check_and_the_tests_by_the_line_of_the_readme() -> None:
    (called,) = re.findall(
        r"^RINGMOCK_VENV=\S+ \.ci/check ([a-z ]+) >", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [*called.split(), "tests"] == names()


def test_every_hook_runs_a_check_of_the_same_name_by_the_same_file() -> None:
    (repository,) = HOOKS["repos"]
    assert repository["repo"] == "local"
    assert [hook["entry"] for hook in repository["hooks"]] == [
        f".ci/check {hook['id']}" for hook in repository["hooks"]
    ]
    assert [hook["id"] for hook in repository["hooks"]] == [name for name in names() if name != "tests"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_an_issue_template_has_five_lines(path: Path) -> None:
    _, head, body = path.read_text(encoding="utf-8").split("---\n")
    assert yaml.safe_load(head).keys() == {"name", "about"}
    assert len(body.splitlines()) == 5
    assert all(re.match(r"\*\*\w+( \w+)?:\*\* \S", line) for line in body.splitlines())


def test_there_are_issue_templates() -> None:
    assert len(TEMPLATES) == 2


def test_the_changes_begin_with_what_is_unreleased_and_every_release_has_its_date() -> None:
    heads = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)", head) for head in heads[1:])
