"""The README's picture: what it shows is there, the command makes it again, and it is small."""

import re
import runpy
import struct
from pathlib import Path
from typing import Any

import pytest

from support import needs

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "images"
MOST_BYTES = 200_000


def width_and_height(picture: Path) -> tuple[int, int]:
    """What the header of a PNG says."""
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", head[16:])
    return width, height


@pytest.fixture(scope="module")
def command() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "inspector.py"))


def test_the_readme_shows_it_and_says_in_words_what_it_shows() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ((words, address),) = re.findall(r"!\[(.+)\]\((.+\.png)\)", readme)
    assert ROOT / address == FOLDER / "inspector.png"
    assert len(words.split()) >= 5


@pytest.mark.parametrize("name", ["inspector.png", "inspector-dark.png"])
def test_it_is_small(name: str) -> None:
    assert (FOLDER / name).stat().st_size <= MOST_BYTES


def test_the_command_makes_them_again(command: dict[str, Any], tmp_path: Path) -> None:
    needs(command["CHROMIUM"], "Chromium", "install it, as by `apt-get install chromium`")
    needs(
        command["NODE"] and (command["MODULES"] / "playwright-core").is_dir(), "playwright-core", "see tests/clients/js"
    )
    statuses = command["take"](tmp_path, command["CHROMIUM"])
    assert statuses == [*[200] * (len(command["SENT"]) - 1), 400]
    for name in command["PICTURES"]:
        assert width_and_height(tmp_path / name) == width_and_height(FOLDER / name)
        assert width_and_height(tmp_path / name) == (command["WIDTH"], command["HEIGHT"])
