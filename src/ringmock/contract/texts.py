"""Texts around a limit that counts UTF-16 code units."""

from hypothesis import strategies as st

ASTRAL = ("😀", "𝒜", "𠜎", "🏽")
IN_PLANE = ("a", "é", "ß", "中", "\u200d", " ")
COMBINING = ("e\u0301", "n\u0303", "\u0915\u094d\u0937")


@st.composite
def texts_around(draw: st.DrawFn, limit: int) -> str:
    """Short texts, and texts of one unit less than the limit, of the limit, and of one unit more.

    Their characters number at most `limit`, so JSON Schema's `maxLength` lets all of them pass; those of one unit
    more hold a character of two units.
    """
    if draw(st.integers(0, 9)) < 4:
        return draw(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40))
    units = draw(st.sampled_from([limit - 1, limit, limit, limit, limit + 1]))
    fewest = 1 if units > limit else 0
    astral = draw(st.sampled_from(sorted({fewest, 1, units // 4, units // 2 - 1, units // 2})))
    return _filled(draw(st.sampled_from(ASTRAL)), astral, units, draw(st.sampled_from(IN_PLANE + COMBINING)))


def _filled(astral: str, count: int, units: int, filler: str) -> str:
    """`count` characters of two units each, and as many of one unit as it takes."""
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
