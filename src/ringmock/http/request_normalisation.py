"""Normalisation of requests: method override, and CORS.

Nothing here runs for a call that uses neither.
"""

import re
from collections.abc import Mapping
from itertools import count
from urllib.parse import unquote_to_bytes
from uuid import UUID

from ..domain.errors import InvalidParameter

Headers = list[tuple[bytes, bytes]]

METHOD_HEADER = b"x-http-method-override"
METHOD_PARAMETER = b"_method"
MAX_AGE_SECONDS = 600
"""How long a browser may remember the answer to its preflight."""

_METHODS = b"GET, POST, PUT, PATCH, DELETE"
_ALLOWED = b"authorization, client-id, content-type, x-http-method-override, x-user-agent"
_EXPOSED = (
    b"retry-after, rcrequestid, x-rate-limit-group, x-rate-limit-limit, x-rate-limit-remaining, x-rate-limit-window,"
    b" www-authenticate, content-disposition, content-range"
)
_HEADER_NAMES = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+( *, *[A-Za-z0-9!#$%&'*+.^_`|~-]+)*")
_LAST_48_BITS = (1 << 48) - 1


class RequestIds:
    """UUIDs for the answers of one server. Only their last 48 bits differ, which count: making one is fast."""

    def __init__(self, first: UUID) -> None:
        self._prefix = str(first)[:24].encode()
        self._numbers = count(first.int & _LAST_48_BITS)

    def __call__(self) -> bytes:
        """The next one, 36 characters."""
        return self._prefix + b"%012x" % (next(self._numbers) & _LAST_48_BITS)


def overridden_method(headers: Mapping[bytes, bytes], query: bytes) -> tuple[str, bytes]:
    """The overriding method of a POST, and its query without the parameter that names it.

    Raises `InvalidParameter` when header and query name different ones, or the query several.
    """
    kept, named = [], [headers[METHOD_HEADER]] if METHOD_HEADER in headers else []
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        if name == METHOD_PARAMETER:
            named.append(unquote_to_bytes(value))
        else:
            kept.append(pair)
    methods = {method.strip().upper().decode("latin-1") for method in named}
    if len(methods) > 1:
        raise InvalidParameter("_method", ", ".join(sorted(methods)))
    return methods.pop() if methods else "POST", b"&".join(kept)


# --- browsers --------------------------------------------------------------------------------------


def is_preflight(headers: Mapping[bytes, bytes]) -> bool:
    """Whether an OPTIONS is a browser's question whether a page of another origin may make a call."""
    return b"origin" in headers and b"access-control-request-method" in headers


def preflight_answer(headers: Mapping[bytes, bytes]) -> Headers:
    """The answer to a preflight, which allows all requested headers."""
    asked = headers.get(b"access-control-request-headers", b"")
    return [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", asked if _HEADER_NAMES.fullmatch(asked) else _ALLOWED),
        (b"access-control-max-age", str(MAX_AGE_SECONDS).encode()),
    ]


def cross_origin(origin: bytes) -> Headers:
    """The headers that let a page of `origin` read an answer. The official SDK uses `credentials: include`."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]
