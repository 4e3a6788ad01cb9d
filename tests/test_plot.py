"""The plots of the page on speed show the figures of the tables that they are drawn from."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLES = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "explanation" / "speed.md").read_text(encoding="utf-8")


def rates(table: str) -> set[str]:
    """What a table has under heads that begin with `requests/s`."""
    lines = TABLES.split(f"<!-- {table} -->")[1].split(f"<!-- /{table} -->")[0].splitlines()
    heads, _, *rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("|")]
    return {row[place] for row in rows for place, head in enumerate(heads) if head.startswith("requests/s")}


@pytest.mark.parametrize("table", ["peers", "operations"])
def test_a_plot_shows_every_rate_of_its_table(table: str) -> None:
    drawn = (ROOT / "docs" / "images" / f"speed-{table}.svg").read_text(encoding="utf-8")
    shown = set(re.findall(r">([0-9,]+)</text>", drawn))
    assert len(rates(table)) > 10
    assert rates(table) <= shown, "python benchmarks/plot.py draws them anew"


def test_the_page_shows_both() -> None:
    assert re.findall(r"speed-[a-z]+\.svg", PAGE) == ["speed-peers.svg", "speed-operations.svg"]
