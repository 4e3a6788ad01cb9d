"""What the README has to be: short, and plain about whose it is. Its tables and links are checked by test_docs.py."""

from test_docs import MAX_README_LINES, README


def test_it_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MAX_README_LINES


def test_it_says_that_the_project_is_independent() -> None:
    assert "independent of RingCentral" in README.read_text(encoding="utf-8")
