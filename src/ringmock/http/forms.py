"""Parsing of forms and queries in linear time."""

import re
from collections.abc import Iterable

from ..server_limits import ServerLimits
from .errors import BodyTooLarge, UnparseableRequest

_ESCAPES = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")


def form_of(content: bytes, limits: ServerLimits) -> list[tuple[str, str]]:
    """The fields of a form. Raises `BodyTooLarge` or `UnparseableRequest`."""
    if len(content) > limits.max_form_bytes:
        raise BodyTooLarge(str(limits.max_form_bytes))
    return pairs_of(content, limits.max_form_fields)


def pairs_of(text: bytes, most: int) -> list[tuple[str, str]]:
    """Names and values of a form or query, in order.

    The time depends on the number of fields, not of percent signs. Raises `UnparseableRequest` for more than `most`
    fields, and for text that is not UTF-8.
    """
    if text.count(b"&") >= most:
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
