"""Draw the tables of README.md, for the page on speed of the docs: never measured here.

    python benchmarks/plot.py            writes docs/images/speed-peers.svg and speed-operations.svg
    python benchmarks/plot.py FOLDER

Needs the extra `benchmarks`.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.axes import Axes

import readme

FOLDER = Path(__file__).parents[1] / "docs" / "images"
OURS, OTHERS, FILLED = "#3557d6", "#9aa3b5", "#12306e"
NOT_PLAIN = re.compile(r"[*`]")


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a table, by its heads."""
    lines = [line.strip("| ").split("|") for line in readme.read(name).splitlines() if line.startswith("|")]
    heads, _, *rows = [[NOT_PLAIN.sub("", cell).strip() for cell in line] for line in lines]
    return [dict(zip(heads, row, strict=True)) for row in rows]


def number(cell: str) -> float:
    """As the tables write it."""
    return float(cell.replace(",", ""))


def draw(axes: Axes, names: Sequence[str], values: Sequence[float], colours: Sequence[str], title: str) -> None:
    """Horizontal bars, the first at the top, each with its value."""
    bars = axes.barh(range(len(names)), values, color=colours, height=0.68)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.bar_label(bars, [f"{value:,.0f}" for value in values], padding=3, fontsize=8)
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlim(0, max(values) * 1.18)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.tick_params(axis="x", bottom=False, labelbottom=False)
    axes.tick_params(axis="y", left=False, labelsize=8)


def peers() -> pyplot.Figure:
    """Requests a second of each contender, at each number of connections."""
    rows = rows_of("peers")
    columns = [head for head in rows[0] if head.startswith("requests/s at ")]
    figure, all_axes = pyplot.subplots(1, len(columns), figsize=(10, 0.42 * len(rows) + 0.9), sharey=True)
    for axes, column in zip(all_axes, columns, strict=True):
        colours = [OURS if row["contender"] == "ringmock" else OTHERS for row in rows]
        connections = column.removeprefix("requests/s at ")
        title = "1 connection" if connections == "1" else f"{connections} connections"
        draw(axes, [row["contender"] for row in rows], [number(row[column]) for row in rows], colours, title)
    figure.suptitle("POST sms: requests a second on one core", fontsize=11, x=0.01, ha="left")
    return figure


def operations() -> pyplot.Figure:
    """Requests a second of each operation, on a small and on a filled store."""
    rows = rows_of("operations")
    sizes = list(dict.fromkeys(row["stored"] for row in rows))
    names = list(dict.fromkeys(row["operation"] for row in rows))
    figure, all_axes = pyplot.subplots(1, len(sizes), figsize=(10, 0.34 * len(names) + 0.9), sharey=True)
    for axes, size, colour in zip(all_axes, sizes, (OURS, FILLED), strict=False):
        found = {row["operation"]: number(row["requests/s"]) for row in rows if row["stored"] == size}
        values = [found[name] for name in names]
        draw(axes, names, values, [colour] * len(names), f"{size} messages stored")
    figure.suptitle("Requests a second of each operation on one core", fontsize=11, x=0.01, ha="left")
    return figure


def main(folder: Path) -> None:
    """Write both."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ringmock", "font.family": "sans-serif"})
    for name, figure in (("speed-peers", peers()), ("speed-operations", operations())):
        figure.tight_layout()
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
