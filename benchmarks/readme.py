"""Results in benchmarks/README.md: each between two marks that carry its name."""

import argparse
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

README = Path(__file__).with_name("README.md")


def may_write(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark the option by which `end` writes."""
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")


def end(name: str, text: str, asked: argparse.Namespace) -> None:
    """Print the results, and put them into the README where that is asked for."""
    print(text)
    if asked.write:
        write(name, text)


def read(name: str) -> str:
    """What stands between the marks."""
    return README.read_text(encoding="utf-8").split(f"<!-- {name} -->", 1)[1].split(f"<!-- /{name} -->", 1)[0]


def write(name: str, text: str) -> None:
    """Replace what stands between the marks."""
    before = README.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    after, found = pattern.subn(lambda _: f"{begin}\n\n{text}\n\n{end}", before)
    if found != 1:
        raise ValueError(f"{README.name} has {found} places for {name}")
    README.write_text(after, encoding="utf-8")


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A table, its columns as wide as they need to be: for a terminal and for Markdown."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def machine(cores: int) -> str:
    """Where and when."""
    return f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores, {platform.system()}, Python {platform.python_version()}"
