"""Texts for the oracle: short ones, and ones on either side of a limit that counts UTF-16 units."""

from collections.abc import Callable

Maker = Callable[[str], str]
"""Makes a text from what must stand at its beginning."""

ASTRAL = "😀"
COMBINING = "e\u0301"


def short(words: str) -> Maker:
    """Just these words."""
    return lambda beginning: beginning + words


def of_units(units: int, filler: str = "x") -> Maker:
    """A text of exactly so many units, of the filler as far as whole ones fit."""

    def make(beginning: str) -> str:
        left = units - len(beginning)
        width = len(filler.encode("utf-16-le")) // 2
        return beginning + filler * (left // width) + "x" * (left % width)

    return make


def around(limit: int) -> list[Maker]:
    """Short texts first, then those at the limit and those beyond it."""
    return [
        short("Hello"),
        short(f"On call? {ASTRAL}"),
        short(f"Caf{COMBINING}"),
        of_units(limit),
        of_units(limit, ASTRAL),
        of_units(limit, COMBINING),
        of_units(limit + 1),
        of_units(limit + 1, ASTRAL),
        of_units(limit + 2, ASTRAL),
    ]
