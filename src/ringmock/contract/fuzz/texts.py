"""Texts around a limit that counts UTF-16 code units."""

from random import Random

from hypothesis import strategies as st

ASTRAL = ("😀", "𝒜", "𠜎", "🏽")
IN_PLANE = ("a", "é", "ß", "中", "\u200d", " ")
COMBINING = ("e\u0301", "n\u0303", "\u0915\u094d\u0937")


def near(rnd: Random, limit: int) -> str:
    """A text of one unit less than the limit, of the limit, or of one unit more.

    It has at most `limit` characters, so JSON Schema's `maxLength` accepts it: one unit more than the limit needs a
    character of two units.
    """
    units = rnd.choice([limit - 1, limit, limit, limit, limit + 1])
    fewest = 1 if units > limit else 0
    astral = rnd.choice([fewest, 1, units // 4, units // 2 - 1, units // 2])
    return _filled(rnd.choice(ASTRAL), astral, units, rnd.choice(IN_PLANE + COMBINING))


def texts_around(limit: int) -> st.SearchStrategy[str]:
    """Short texts of any characters, and texts near the limit."""
    short = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40)
    return st.one_of(short, st.integers(0, 1 << 32).map(lambda seed: near(Random(seed), limit)))


def _filled(astral: str, count: int, units: int, filler: str) -> str:
    """`count` characters of two units each, and the remaining units as characters of one."""
    rest = units - 2 * count
    repeated, left_over = divmod(rest, len(filler))
    return astral * count + filler * repeated + "x" * left_over


def boundary(limit: int) -> list[tuple[str, bool]]:
    """Seven texts on both sides of the limit, and whether each fits."""
    return [
        ("x" * limit, True),
        ("x" * (limit + 1), False),
        ("😀" * (limit // 2), True),
        ("😀" * (limit // 2 + 1), False),
        ("😀" * (limit // 2) + "x", False),
        ("😀" + "x" * (limit - 2), True),
        ("😀" + "x" * (limit - 1), False),
    ]
