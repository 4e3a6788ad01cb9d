"""Texts for the oracle: short ones, and ones on either side of a limit that counts UTF-16 units."""

from dataclasses import dataclass

ASTRAL = "😀"
COMBINING = "e\u0301"


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes a text from its beginning: words, or filler up to `units`."""

    words: str = ""
    units: int = 0
    filler: str = "x"

    def __call__(self, beginning: str) -> str:
        if not self.units:
            return beginning + self.words
        left = self.units - len(beginning)
        width = len(self.filler.encode("utf-16-le")) // 2
        return beginning + self.filler * (left // width) + "x" * (left % width)


def short(words: str = "Hello") -> Maker:
    """Just these words."""
    return Maker(words)


def around(limit: int) -> list[Maker]:
    """Short texts first, then those at the limit and those beyond it."""
    return [
        short(),
        short(f"On call? {ASTRAL}"),
        short(f"Caf{COMBINING}"),
        Maker(units=limit),
        Maker(units=limit, filler=ASTRAL),
        Maker(units=limit, filler=COMBINING),
        Maker(units=limit + 1),
        Maker(units=limit + 1, filler=ASTRAL),
        Maker(units=limit + 2, filler=ASTRAL),
    ]
