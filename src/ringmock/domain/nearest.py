"""The names that were probably meant by one that nobody knows."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST = 3
ALIKE = 0.7
LEAST_BEGUN = 4
"""Letters from which on a name is taken for the beginning of another."""


def nearest(given: object, known: Iterable[str], most: int = MOST, alike: float = ALIKE) -> list[str]:
    """The known names that begin so, the shortest first, and those that are spelled most like it; of any case.

    `alike`: the share of its spelling, from 0 to 1, that a name has to have.
    """
    if not isinstance(given, str) or len(given) > 200:
        return []
    by_case = {name.casefold(): name for name in known}
    word = given.casefold()
    begun = [name for name in by_case if len(word) >= LEAST_BEGUN and name.startswith(word)]
    begun.sort(key=lambda name: (not by_case[name].startswith(given), len(name)))
    found = dict.fromkeys([*begun, *get_close_matches(word, by_case, most, alike)])
    return [by_case[name] for name in found][:most]


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """`: MSG-304 or MSG-305?`, for the end of a sentence; empty where nothing is like it."""
    found = nearest(given, known)
    return f": {' or '.join(found)}?" if found else ""
