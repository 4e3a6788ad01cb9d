"""How many values a JSON text has and how deep they are nested, found before anything is made of them.

A parser makes an object of each value, and whoever looks at the body looks at each: a body of a million values keeps
everyone else waiting, whatever is said of it in the end.
"""

from collections.abc import Iterator
from typing import Any

from ..domain.slices import Slices, result_of

SLICE = 64 * 1024
"""Bytes that are looked at together."""

LARGE = 500
"""A body with more values than this, or with more characters than `LARGE_TEXT`, is no ordinary one."""

LARGE_TEXT = 64 * 1024

_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OPENING = frozenset(b"[{")


class TooManyValues(Exception):
    """More values than allowed."""


class TooDeep(Exception):
    """More levels than allowed."""


def check_bounds(text: bytes | bytearray, most: int, deepest: int) -> None:
    """Raise `TooManyValues` or `TooDeep` for a text with more than `most` values, or more than `deepest` levels.

    Stops where it is known. Of what is no JSON nothing is said: the parser will refuse it.
    """
    if not _is_within(text, most, deepest):
        result_of(checking_bounds(text, most, deepest))


def checking_bounds(text: bytes | bytearray, most: int, deepest: int) -> Slices[None]:
    """As `check_bounds`, in slices."""
    if _is_within(text, most, deepest):
        return
    values, depth, quotes = 1, 0, 0
    for structure, more_quotes in _structure(bytes(text)):
        for bracket in structure.translate(None, _NO_BRACKETS):
            depth += 1 if bracket in _OPENING else -1
            if depth > deepest:
                raise TooDeep
        values += structure.count(b",") + structure.count(b"[") + structure.count(b"{")
        quotes += more_quotes
        if values > most or quotes > 4 * most:  # each value may have a name
            raise TooManyValues
        yield


def _is_within(text: bytes | bytearray, most: int, deepest: int) -> bool:
    """Whether it is plain that a text is; a value takes two bytes, one a comma or a bracket, and a level takes one."""
    return len(text) < 2 * most and text.count(b"[") + text.count(b"{") <= deepest


def _structure(text: bytes) -> Iterator[tuple[bytes, int]]:
    """What stands outside of the texts of a JSON text, and the quotes around those, slice by slice."""
    start, is_inside = 0, False
    while start < len(text):
        end = start + SLICE
        end += _backslashes_before(text, start, end) % 2
        pieces = text[start:end].replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        yield b"".join(pieces[is_inside::2]), len(pieces) - 1
        is_inside ^= len(pieces) % 2 == 0
        start = end


def _backslashes_before(text: bytes, start: int, end: int) -> int:
    """How many there are side by side right before `end`."""
    return len(text[start:end]) - len(text[start:end].rstrip(b"\\"))


def is_large(value: Any) -> bool:
    """Whether a value has too much in it for a look at each part in Python; looks at no more than that."""
    values, characters, waiting = 0, 0, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            values += len(one)
            characters += sum(map(len, one)) if values <= LARGE else 0
            waiting += one.values() if values <= LARGE else ()
        elif isinstance(one, list):
            values += len(one)
            waiting += one if values <= LARGE else ()
        elif isinstance(one, str):
            characters += len(one)
        if values > LARGE or characters > LARGE_TEXT:
            return True
    return False
