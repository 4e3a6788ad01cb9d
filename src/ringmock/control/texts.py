"""What is found in the text of a message: by a pattern, or what a person would take out of it, a code or a link."""

import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from re import compile as compiled
from typing import TYPE_CHECKING

from .call import Senseless

if TYPE_CHECKING:
    import regex

MATCH_SECONDS = 0.02
"""That a pattern may take over one text."""

ALL_SECONDS = 0.2
"""That it may take over all texts together, those aside that take less than a thousandth of a second."""

_ENDING, _BRACKETS = ".,;:!?'\"", {")": "(", "]": "["}
_LINK = compiled(r"https?://[^\s<>\"]+")
_CODE = compiled(r"(?<![\w.,:/+-])(?:[A-Z]-)?([0-9]{4,10}|[0-9]{3}[- ][0-9]{3})(?![\w/]|[.,:-][0-9])")
_LETTERS = compiled(r"(?<![\w-])(?=[A-Z]*[0-9])(?=[0-9]*[A-Z])([A-Z0-9]{4,10})(?![\w-])")
_NAMES_CODE = compiled(r"(?i)\b(code|pin|otp|passcode|password|token|verification)\b")


class Pattern:
    """A regular expression of a caller's, which may not keep the server busy."""

    def __init__(self, name: str, written: str) -> None:
        """`name` is the parameter's. Raises `Senseless`."""
        self._name = name
        self._pattern = _compiled(name, written)
        self._left = ALL_SECONDS

    def matches(self, text: str) -> bool:
        """Whether it is found anywhere in a text. Raises `Senseless` when it takes too long."""
        return self._search(text) is not None

    def found(self, text: str) -> str | None:
        """Its first group that takes part, or all of what it matches where it has none; None where it is not found."""
        match = self._search(text)
        if match is None:
            return None
        found: str = next((group for group in match.groups() if group is not None), match[0])
        return found

    def _search(self, text: str) -> "regex.Match[str] | None":
        begun = time.perf_counter()
        try:
            found = self._pattern.search(text, timeout=MATCH_SECONDS)
        except TimeoutError:
            self._left = 0
            found = None
        spent = time.perf_counter() - begun
        self._left -= spent if spent > 0.001 else 0
        if self._left <= 0:
            raise Senseless(
                f"{self._name!r} takes too long over the texts: write it without repetitions in each other."
            )
        return found


@lru_cache(maxsize=256)
def _compiled(name: str, written: str) -> "regex.Pattern[str]":
    import regex

    try:
        return regex.compile(written)
    except (regex.error, RecursionError, OverflowError, MemoryError, ValueError) as error:
        raise Senseless(
            f"{name!r} is a regular expression, as in ?{name}=[0-9]{{6}}, and not this: {error}."
        ) from error


def extractor(written: str) -> Callable[[str], str | None]:
    """What takes a code, a link or a pattern out of a text. Raises `Senseless`."""
    if written == "code":
        return code_in
    return link_in if written == "link" else Pattern("extract", written).found


def link_in(text: str) -> str | None:
    """The first link, without what ends the sentence around it."""
    match = _LINK.search(text)
    if match is None:
        return None
    link = match[0].rstrip(_ENDING)
    while link[-1] in _BRACKETS and link.count(link[-1]) > link.count(_BRACKETS[link[-1]]):
        link = link[:-1].rstrip(_ENDING)
    return link


def code_in(text: str) -> str | None:
    """The one-time code: what is nearest after a word for one, or before it, or the first that could be one."""
    plain = _LINK.sub(lambda link: " " * len(link[0]), text)
    candidates = list(_codes(plain))
    if not candidates:
        return None
    names = [match.span() for match in _NAMES_CODE.finditer(plain)]

    def distance(place: tuple[int, int, str]) -> tuple[int, int]:
        start, end, _ = place
        after = [start - name_end for _, name_end in names if start >= name_end]
        before = [2 * (name_start - end) for name_start, _ in names if end <= name_start]
        return min([*after, *before], default=len(plain)), start

    return min(candidates, key=distance)[2]


def _codes(text: str) -> Iterator[tuple[int, int, str]]:
    for pattern in (_CODE, _LETTERS):
        for match in pattern.finditer(text):
            yield *match.span(1), match[1].replace(" ", "").replace("-", "")
