"""The number of values of a JSON text and their depth, counted before parsing.

A parser makes an object of each value, and every check reads each. A body of a million values would delay all other
calls, even if it is refused in the end.
"""

from collections.abc import Iterator
from typing import Any

from ..domain.slices import Slices, result_of

SLICE = 64 * 1024
"""Bytes that are counted in one step."""

LARGE = 500
"""A body with more values than this, or with more characters than `LARGE_TEXT`, is a large one."""

LARGE_TEXT = 64 * 1024

_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OPENING = frozenset(b"[{")


class TooManyValues(Exception):
    """More values than allowed."""


class TooDeep(Exception):
    """More levels than allowed."""


def check_bounds(text: bytes | bytearray, most: int, deepest: int) -> None:
    """Raise `TooManyValues` or `TooDeep` for a text with more than `most` values, or more than `deepest` levels.

    Stops as soon as that is certain. Accepts a text that is no JSON: the parser refuses it.
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
    """Whether the text certainly fits; a value has at least two bytes, one of them a comma or bracket, a level one."""
    return len(text) < 2 * most and text.count(b"[") + text.count(b"{") <= deepest


def _structure(text: bytes) -> Iterator[tuple[bytes, int]]:
    """The parts of a JSON text outside of strings, with the quotes, slice by slice."""
    start, is_inside = 0, False
    while start < len(text):
        end = start + SLICE
        end += _backslashes_before(text, start, end) % 2
        pieces = text[start:end].replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        yield b"".join(pieces[is_inside::2]), len(pieces) - 1
        is_inside ^= len(pieces) % 2 == 0
        start = end


def _backslashes_before(text: bytes, start: int, end: int) -> int:
    """The number of consecutive backslashes before `end`."""
    return len(text[start:end]) - len(text[start:end].rstrip(b"\\"))


def is_large(value: Any) -> bool:
    """Whether a value has too many parts or characters to be checked in Python; reads only as much as it needs."""
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
