"""What the docs' build writes for agents: every page listed once, and all of their text."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from test_docs import DOCS, PAGES


def module(name: str) -> ModuleType:
    """A module of the docs' folder."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


class Site:
    """Stands in for Sphinx: a site that is built into a folder."""

    def __init__(self, folder: Path) -> None:
        self.outdir = str(folder)
        self.handlers: dict[str, Callable[..., Any]] = {}

    def connect(self, event: str, handler: Callable[..., Any]) -> None:
        self.handlers[event] = handler

    def finish(self, error: Exception | None) -> None:
        module("conf").setup(self)
        self.handlers["build-finished"](self, error)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    Site(tmp_path).finish(None)
    return tmp_path


def test_every_page_is_listed_once_with_what_it_is_about(built: Path) -> None:
    text = (built / "llms.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    named = [re.fullmatch(r"- \[[^\]]+\]\((.+)\.html\): (?:[^|#].{10,})\.", line) for line in lines]
    assert all(named), [line for line, found in zip(lines, named, strict=True) if not found]
    pages = {page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES} - {"index"}
    assert sorted(found[1] for found in named if found) == sorted(pages)
    assert text.startswith("# ringmock\n\n> ringmock is a mock server of RingCentral's messaging API")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Tutorials", "## How-to", "## Reference", "## Explanation",
    ]  # fmt: skip


def test_the_whole_text_has_every_page_without_the_sites_directives(built: Path) -> None:
    text = (built / "llms-full.txt").read_text(encoding="utf-8")
    for page in PAGES:
        _, _, last = page.read_text(encoding="utf-8").strip().rpartition("\n")
        assert f"<!-- {page.relative_to(DOCS).as_posix()} -->\n\n# " in text
        assert last == "```" or last in text
    assert "{include}" not in text
    assert "{toctree}" not in text


def test_a_build_that_failed_writes_nothing(tmp_path: Path) -> None:
    Site(tmp_path).finish(RuntimeError("a warning"))
    assert list(tmp_path.iterdir()) == []
