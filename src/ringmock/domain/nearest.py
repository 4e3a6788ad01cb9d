"""The names that were probably meant by one that nobody knows."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST = 3
_ALIKE = 0.7


def nearest(given: object, known: Iterable[str], most: int = MOST) -> list[str]:
    """The known names that are spelled most like this one, the nearest first; of another case, too."""
    if not isinstance(given, str) or len(given) > 200:
        return []
    by_case = {name.casefold(): name for name in known}
    return [by_case[found] for found in get_close_matches(given.casefold(), by_case, most, _ALIKE)]


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """`: MSG-304 or MSG-305?`, for the end of a sentence; empty where nothing is like it."""
    found = nearest(given, known)
    return f": {' or '.join(found)}?" if found else ""
