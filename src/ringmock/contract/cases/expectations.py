"""Comparison of expected and actual answers.

An expected mapping names some of the actual keys, an exact one all of them; a list must have the same length. Three
texts are special: `any` for any value, `absent` for a missing one, and `~` with a regular expression that must match a
whole text or number. A mapping with only keys of `MATCHERS` is a named matcher.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

CLIENT_ID = "client_id"
"""The values that a case can use as `${client_id}` without keeping them: those of its application."""

ANY = "any"
PATTERN_MARK = "~"

_CARRIED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()
"""Stands for a missing value."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the answer is another than expected. `where` is as in `errors.0.errorCode`."""

    where: str
    expected: Any
    actual: Any


def differences(expected: Any, actual: Any, where: str = "", *, exact: bool = False) -> Iterator[Difference]:
    """Every difference, in the order of the expectation."""
    if expected == ANY and actual is not ABSENT:
        return
    if is_matcher(expected, actual):
        if not all(_MATCHES[name](wanted, actual) for name, wanted in expected.items()):
            yield Difference(where, expected, actual)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        yield from _in_mapping(expected, actual, where, exact)
    elif isinstance(expected, list) and isinstance(actual, list):
        for index, (wanted, found) in enumerate(zip_longest(expected, actual, fillvalue=ABSENT)):
            yield from differences(wanted, found, joined(where, index), exact=exact)
    elif not _matches(expected, actual):
        yield Difference(where, expected, actual)


def _in_mapping(
    expected: Mapping[str, Any], actual: Mapping[str, Any], where: str, exact: bool
) -> Iterator[Difference]:
    for key, wanted in expected.items():
        yield from differences(wanted, actual.get(key, ABSENT), joined(where, key), exact=exact)
    if exact:
        for key in actual.keys() - expected.keys():
            yield Difference(joined(where, key), ABSENT, actual[key])


def _matches(expected: Any, actual: Any) -> bool:
    if expected is ABSENT or expected == repr(ABSENT):
        return actual is ABSENT
    if is_pattern(expected):
        is_scalar = isinstance(actual, (str, int, float)) and not isinstance(actual, bool)
        return is_scalar and re.fullmatch(expected[1:], str(actual), re.DOTALL) is not None
    # 1 == True in Python, but they are different answers
    return isinstance(expected, bool) is isinstance(actual, bool) and bool(expected == actual)


# --- matchers with names -------------------------------------------------------------------------


def _fits(expected: Any, actual: Any) -> bool:
    return next(differences(expected, actual), None) is None


def _counts(expected: Any, actual: Any) -> bool:
    return isinstance(actual, (list, str)) and _fits(expected, len(actual))


def _contains(expected: Any, actual: Any) -> bool:
    wanted = expected if isinstance(expected, list) else [expected]
    if isinstance(actual, str):
        return all(isinstance(text, str) and text in actual for text in wanted)
    return isinstance(actual, list) and all(any(_fits(one, item) for item in actual) for one in wanted)


def _in_any_order(expected: Any, actual: Any) -> bool:
    """Whether each expected item has a different matching item."""
    if not isinstance(actual, list) or len(actual) != len(expected):
        return False
    if not expected:
        return True
    first, *others = expected
    return any(
        _fits(first, item) and _in_any_order(others, actual[:place] + actual[place + 1 :])
        for place, item in enumerate(actual)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_MATCHES: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "not": lambda expected, actual: actual is not ABSENT and not _fits(expected, actual),
    "any of": lambda expected, actual: any(_fits(one, actual) for one in expected),
    "matches": lambda expected, actual: _matches(f"{PATTERN_MARK}{expected}", actual),
    "equals": lambda expected, actual: isinstance(expected, bool) is isinstance(actual, bool) and expected == actual,
    "count": _counts,
    "contains": _contains,
    "in any order": _in_any_order,
    "each": lambda expected, actual: isinstance(actual, list) and all(_fits(expected, item) for item in actual),
    "at least": lambda expected, actual: _is_number(actual) and actual >= expected,
    "at most": lambda expected, actual: _is_number(actual) and actual <= expected,
}

MATCHERS: Final = tuple(_MATCHES)


def is_matcher(expected: Any, actual: Any = None) -> bool:
    """Whether the mapping is a named matcher. An object may have a property `count` too."""
    if not isinstance(expected, dict) or not expected or not expected.keys() <= _MATCHES.keys():
        return False
    return not (isinstance(actual, dict) and expected.keys() == {"count"})


def is_pattern(expected: Any) -> bool:
    """Whether the text is a regular expression behind its mark."""
    return isinstance(expected, str) and expected.startswith(PATTERN_MARK)


def joined(where: str, key: str | int) -> str:
    """The place of a member."""
    return f"{where}.{key}" if where else str(key)


def found_at(value: Any, where: str) -> Any:
    """What is at a place as `records.0.id`, or `ABSENT`."""
    for key in where.split("."):
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, Sequence) and not isinstance(value, str) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return ABSENT
    return value


def filled(value: Any, kept: Mapping[str, Any]) -> Any:
    """The value with `${name}` replaced by kept values, and `{repeat: a, times: 3}` and `{signed: ...}` expanded.

    A text that is only `${name}` gets the kept value with its type. In a pattern the kept value is escaped. Raises
    `KeyError` for an unknown name.
    """
    if isinstance(value, str):
        return _filled_text(value, kept)
    if isinstance(value, list):
        return [filled(item, kept) for item in value]
    if not isinstance(value, dict):
        return value
    if is_repetition(value):
        return str(value["repeat"]) * value["times"] + str(value.get("then", ""))
    if is_signed(value):
        return _signed(filled(value["signed"], kept), str(filled(value["secret"], kept)))
    return {key: filled(item, kept) for key, item in value.items()}


def is_repetition(value: Mapping[str, Any]) -> bool:
    """Whether the mapping stands for a text: `{repeat: a, times: 1000}`, with `then: b` for the rest."""
    return {"repeat", "times"} <= value.keys() <= {"repeat", "times", "then"} and isinstance(value["times"], int)


def is_signed(value: Mapping[str, Any]) -> bool:
    """Whether the mapping stands for a JWT: `{signed: {sub: "1"}, secret: s}`."""
    return value.keys() == {"signed", "secret"} and isinstance(value["signed"], dict)


def _signed(claims: Mapping[str, Any], secret: str) -> str:
    """A JWT of these claims in this order, signed by HS256 (RFC 7515)."""
    parts = [json.dumps(part, separators=(",", ":")) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    text = ".".join(_as_base64(part.encode()) for part in parts)
    return f"{text}.{_as_base64(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))}"


def _as_base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _filled_text(text: str, kept: Mapping[str, Any]) -> Any:
    whole = _CARRIED.fullmatch(text)
    if whole is not None:
        return kept[whole[1]]
    escape = re.escape if is_pattern(text) else str
    return _CARRIED.sub(lambda name: escape(str(kept[name[1]])), text)


def names_in(value: Any) -> Iterator[str]:
    """Every `${name}` in a value."""
    if isinstance(value, str):
        yield from _CARRIED.findall(value)
    elif isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from names_in(item)
