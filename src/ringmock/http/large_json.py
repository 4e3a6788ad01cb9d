"""JSON bodies of megabytes, parsed in slices: what is large in them is a list in an object."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import orjson

from ..domain.slices import Slices
from .errors import UnparseableJson
from .validation import read_slowly

Json = Any

SLICE_BYTES = 256 * 1024
"""Of a list that are parsed together."""

_TOKENS = 5_000
"""Brackets, commas, and escapes in strings, that are read in one slice."""

_OUTSIDE = re.compile(rb'["\[\]{},]')
_INSIDE = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+){0,%d}+' % _TOKENS, re.DOTALL)
_GOES_ON = b""
_BEGINNINGS = frozenset(bytes([first]) for first in b'{["-0123456789tfn')
"""The first bytes of JSON values. For any other the parser would decode the whole body to say where it stopped."""


class _List(NamedTuple):
    """Where a list is in a body: its brackets, and commas between members some way apart."""

    start: int
    commas: tuple[int, ...]
    end: int


def parsing(body: bytes, slice_bytes: int = SLICE_BYTES) -> Slices[Json]:
    """The value of a body, equal to the result of one call of the parser.

    Raises `UnparseableJson`, and `InvalidParameter` for a lone surrogate.
    """
    lists = yield from _finding_lists(body, slice_bytes)
    if not lists:
        return _parsed(body)
    names = [_unused(body, number) for number in range(len(lists))]
    value = _parsed(b"".join(_without(body, lists, names)))
    for name, place in _where(value, names):
        value[name] = yield from _parsing_list(body, lists[place], name)
    return value


def _finding_lists(body: bytes, slice_bytes: int) -> Slices[list[_List]]:
    """The lists of an object that are longer than a slice. Raises `UnparseableJson` where one does not end as one."""
    found: list[_List] = []
    first = body.lstrip()[:1]
    if first not in _BEGINNINGS:
        raise UnparseableJson
    if first != b"{":
        return found
    depth, start, commas, last = 0, -1, [0], 0
    for count, (place, kind) in enumerate(_structure(body), 1):
        if kind in (b"[", b"{"):
            depth += 1
            if kind == b"[" and depth == 2:
                start = last = place
                commas = []
        elif kind in (b"]", b"}"):
            depth -= 1
            if depth == 1 and start >= 0:
                if kind != b"]":
                    raise UnparseableJson
                if commas:
                    found.append(_List(start, tuple(commas), place))
                start = -1
        elif kind == b"," and depth == 2 and start >= 0 and place - last >= slice_bytes:
            commas.append(place)
            last = place
        if count % _TOKENS == 0 or kind == _GOES_ON:
            yield
    yield
    return found


def _structure(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The position and kind of each bracket and comma outside of strings; `_GOES_ON` after thousands of escapes.

    Raises `UnparseableJson` for a string without an end.
    """
    place = 0
    while (token := _OUTSIDE.search(body, place)) is not None:
        place = token.end()
        if token[0] != b'"':
            yield token.start(), token[0]
            continue
        quote = -1
        while True:
            quote = quote if quote >= place else body.find(b'"', place)
            if quote < 0:
                raise UnparseableJson
            if body.find(b"\\", place, quote) < 0:
                break
            inside = _INSIDE.match(body, place)
            assert inside is not None  # of no characters, too
            place = inside.end()
            if body[place : place + 1] != b'"':
                yield place, _GOES_ON
        place = quote + 1


def _unused(body: bytes, number: int) -> str:
    """A text that does not occur in the body, as a placeholder for a list."""
    while f"list-{number}".encode() in body or number < 0:
        number += 1_000
    return f"list-{number}"


def _without(body: bytes, lists: list[_List], names: list[str]) -> Iterator[bytes]:
    """The body with a placeholder for each list."""
    end = 0
    for one, name in zip(lists, names, strict=True):
        yield body[end : one.start]
        yield b'"' + name.encode() + b'"'
        end = one.end + 1
    yield body[end:]


def _where(value: Json, names: list[str]) -> list[tuple[str, int]]:
    """The names whose values are placeholders, and their lists; of a repeated name, the last counts."""
    return [(name, names.index(text)) for name, text in value.items() if isinstance(text, str) and text in names]


def _parsing_list(body: bytes, one: _List, name: str) -> Slices[list[Json]]:
    members: list[Json] = []
    edges = (one.start, *one.commas, one.end)
    for start, end in pairwise(edges):
        part = body[start + 1 : end]
        if not part.strip():
            raise UnparseableJson
        members += _parsed(b'{"' + orjson.dumps(name)[1:-1] + b'":[' + part + b"]}")[name]
        yield
    return members


def _parsed(text: bytes) -> Json:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if len(text) > 2 * SLICE_BYTES:  # too long to be searched for lone surrogates
            raise UnparseableJson from None
        return read_slowly(text)
