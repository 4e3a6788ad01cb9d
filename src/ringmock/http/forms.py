"""Forms and queries, read in a time that goes with their fields and not with their percent signs."""

import re
from collections.abc import Iterable

from .errors import BodyTooLarge, UnparseableRequest

MAX_FORM_BYTES = 64 * 1024
MAX_FIELDS = 1000
"""Of a form or a query."""

_ESCAPES = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")


def form_of(content: bytes) -> list[tuple[str, str]]:
    """The fields of a form. Raises `BodyTooLarge` or `UnparseableRequest`."""
    if len(content) > MAX_FORM_BYTES:
        raise BodyTooLarge(str(MAX_FORM_BYTES))
    return pairs_of(content)


def pairs_of(text: bytes) -> list[tuple[str, str]]:
    """Names and values of a form, or of a query, in their order.

    Takes time with the number of fields, and not of percent signs. Raises `UnparseableRequest` for too many fields,
    and for what is no UTF-8.
    """
    if text.count(b"&") >= MAX_FIELDS:
        raise UnparseableRequest
    fields = (field.partition(b"=") for field in text.split(b"&") if field)
    try:
        return [(_decoded(name), _decoded(value)) for name, _, value in fields]
    except UnicodeDecodeError as error:
        raise UnparseableRequest from error


def _decoded(text: bytes) -> str:
    return _ESCAPES.sub(_unescaped, text.replace(b"+", b" ")).decode("utf-8")


def _unescaped(escapes: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escapes[0].replace(b"%", b"").decode("ascii"))


def by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Every value of each name, in their order."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
