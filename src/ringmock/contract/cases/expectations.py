"""What a case expects of an answer, held against what came.

An expected mapping names some of the actual one's keys, an exact one all of them; a list is as long as it is
written. Three texts stand for more than themselves: `any` for whatever is there, `absent` for what is not, and
`~` with a regular expression for every text or number that it matches whole.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

CLIENT_ID = "client_id"
"""What a case can take as `${client_id}` without having kept it: its own application's."""

ANY = "any"
PATTERN_MARK = "~"

_CARRIED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()
"""What stands where the other side has nothing."""


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
    if isinstance(expected, dict) and isinstance(actual, dict):
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
    # 1 == True, and that is not the same answer.
    return isinstance(expected, bool) is isinstance(actual, bool) and bool(expected == actual)


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
    """The value with `${name}` replaced by what was kept, and `{repeat: a, times: 3}` written out.

    A text that is nothing but `${name}` takes the kept value with its type. In a pattern the kept value stands for
    itself, whatever characters it has. Raises `KeyError` for a name that was not kept.
    """
    if isinstance(value, str):
        return _filled_text(value, kept)
    if isinstance(value, list):
        return [filled(item, kept) for item in value]
    if not isinstance(value, dict):
        return value
    if is_repetition(value):
        return str(value["repeat"]) * value["times"] + str(value.get("then", ""))
    return {key: filled(item, kept) for key, item in value.items()}


def is_repetition(value: Mapping[str, Any]) -> bool:
    """Whether the mapping stands for a text: `{repeat: a, times: 1000}`, and `then: b` for what follows."""
    return {"repeat", "times"} <= value.keys() <= {"repeat", "times", "then"} and isinstance(value["times"], int)


def _filled_text(text: str, kept: Mapping[str, Any]) -> Any:
    whole = _CARRIED.fullmatch(text)
    if whole is not None:
        return kept[whole[1]]
    escape = re.escape if is_pattern(text) else str
    return _CARRIED.sub(lambda name: escape(str(kept[name[1]])), text)


def names_in(value: Any) -> Iterator[str]:
    """Every name that a value takes from what was kept."""
    if isinstance(value, str):
        yield from _CARRIED.findall(value)
    elif isinstance(value, list):
        for item in value:
            yield from names_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from names_in(item)
