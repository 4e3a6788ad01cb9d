"""The order in which two workers take the tests of a run: long ones first, and those of a file by one of them."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import chain
from typing import TypeVar

T = TypeVar("T")


def ordered(tests: Sequence[T], is_long: Callable[[T], bool], file_of: Callable[[T], Hashable]) -> list[T]:
    """Every other file with long tests at the start, and the others in the middle, where the second worker starts.

    So both end with short tests, and neither waits for the other; and what the long tests of a file share is made once.
    """
    files: dict[Hashable, list[T]] = {}
    for test in filter(is_long, tests):
        files.setdefault(file_of(test), []).append(test)
    those = list(files.values())
    first, second = _joined(those[::2]), _joined(those[1::2])
    short = [test for test in tests if not is_long(test)]
    place = max(0, len(tests) // 2 - len(first))
    return [*first, *short[:place], *second, *short[place:]]


def _joined(parts: Iterable[Iterable[T]]) -> list[T]:
    return list(chain.from_iterable(parts))
