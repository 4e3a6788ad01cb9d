"""The length of a text as the documentation measures it."""


def utf16_units(text: str) -> int:
    """Number of 2-byte UTF-16 units in `text`; a character outside the BMP counts as 2 (R-05).

    A lone surrogate counts as the one unit that it is, so that measuring never fails.
    """
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def is_longer(text: str, limit: int) -> bool:
    """Whether `text` has more than `limit` UTF-16 units (R-04, R-05). No character has more than two."""
    return 2 * len(text) > limit and utf16_units(text) > limit


def place_beyond(text: str, limit: int) -> int | None:
    """The place, in characters, of the one with which `text` is longer than `limit` UTF-16 units; None if it fits."""
    units = 0
    for place, character in enumerate(text):
        units += 1 + (ord(character) > 0xFFFF)
        if units > limit:
            return place
    return None


def is_encodable(text: str) -> bool:
    """Whether `text` can be answered in UTF-8: false when it holds a lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
