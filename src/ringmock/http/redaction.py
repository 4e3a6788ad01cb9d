"""What is kept of calls, without what opens anything: tokens, passwords, secrets, assertions and codes."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson

Json = Any

HIDDEN = "$SECRET"
_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "verification-token", "x-ringmock-token"}
)
_NAMES = frozenset(
    {
        "access_token",
        "assertion",
        "client_assertion",
        "client_secret",
        "code",
        "code_verifier",
        "encryptionkey",
        "id_token",
        "password",
        "refresh_token",
        "token",
        "verificationtoken",
        "ws_access_token",
    }
)


def headers_of(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """Headers by name; of an Authorization its kind alone."""
    return {name.decode("latin-1"): _header(name.decode("latin-1"), value) for name, value in headers.items()}


def _header(name: str, value: bytes) -> str:
    text = value.decode("latin-1")
    if name not in _HEADERS:
        return text
    kind, space, _ = text.partition(" ")
    return f"{kind} {HIDDEN}" if space and name == "authorization" else HIDDEN


def query_of(query: bytes) -> tuple[tuple[str, str], ...]:
    """A query name by name."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return tuple((name, HIDDEN if name.lower() in _NAMES else value) for name, value in pairs)


def body_of(body: Json, *, is_of_sign_in: bool) -> Json:
    """A body; a form of signing in, or an answer to one, without its secrets, and any other without its tokens."""
    names = _NAMES if is_of_sign_in else _NAMES - {"code", "token", "password"}
    return _without(body, names)


_DEEPEST = 20
"""Levels of a body in which secrets are looked for: nothing of the API has more."""


def _without(value: Json, names: frozenset[str], level: int = 0) -> Json:
    if level > _DEEPEST:
        return value
    if isinstance(value, dict):
        return {
            name: HIDDEN if str(name).lower() in names and isinstance(each, str) else _without(each, names, level + 1)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_without(each, names, level + 1) for each in value]
    return value


def answer_of(content: bytes, *, is_of_sign_in: bool) -> Json:
    """An answer: JSON as what it says, a text as it is, anything else by its length."""
    if not content:
        return None
    try:
        return body_of(orjson.loads(content), is_of_sign_in=is_of_sign_in)
    except orjson.JSONDecodeError:
        pass
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"{len(content)} bytes"


def has_secret(query: Sequence[tuple[str, str]]) -> bool:
    """Whether a query that was kept had a secret in it."""
    return any(value == HIDDEN for _, value in query)
