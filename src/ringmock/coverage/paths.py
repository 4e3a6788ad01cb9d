"""Which operation of the contract a call is of."""

import re
from collections.abc import Mapping
from functools import cache

from ..openapi.document import load_contract, operations


@cache
def _templates() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Method, pattern and operationId of every operation; a path without parameters before one with parameters."""
    found = [
        (method.upper(), path, operation["operationId"]) for method, path, operation in operations(load_contract())
    ]
    return tuple((method, _pattern(path), name) for method, path, name in sorted(found, key=lambda one: "{" in one[1]))


def _pattern(path: str) -> re.Pattern[str]:
    literal = re.split(r"\{(\w+)\}", path)
    parts = [f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(literal)]
    return re.compile("".join(parts), re.DOTALL)


def operation_of(method: str, path: str) -> tuple[str, Mapping[str, str]] | None:
    """The operation that a method and a path (decoded, without query) name, and its path parameters."""
    for known, pattern, name in _templates():
        match = pattern.fullmatch(path) if known == method else None
        if match is not None:
            return name, match.groupdict()
    return None
