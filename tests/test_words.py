"""The field's words: what once stood in their place is gone from the package, its help, and the docs."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
RETIRED = (
    "alarm",
    "by what dice",
    "comes in its time",
    "edge guard",
    "held to",
    "hindrance",
    "seal",
    "sighting",
    "tallies",
    "tally",
    "told",
    "what came of it",
)


def found_in(text: str) -> set[str]:
    """The retired words of a text, in whatever case, alone or within a name."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", " ", text).lower()
    return {word for word in RETIRED if re.search(rf"\b{word}s?\b", plain)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("class EdgeGuard:", {"edge guard"}),
        ("start_tally()", {"tally"}),
        ("a request that is\n    held to the contract", {"held to"}),
        ("a sealed tortilla, untold", set()),
    ],
)
def test_a_retired_word_is_found_as_a_word(text: str, found: set[str]) -> None:
    assert found_in(text) == found


def test_no_retired_word_has_come_back() -> None:
    found = {str(path.relative_to(ROOT)): found_in(path.read_text(encoding="utf-8")) for path in TEXTS}
    assert {name: words for name, words in found.items() if words} == {}
