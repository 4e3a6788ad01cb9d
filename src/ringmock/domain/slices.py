"""Work in slices: the caller can do other work between two slices.

A generator that yields after each slice and returns the result. The state that it read at the start may have changed by
the next slice.
"""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Slices = Generator[None, None, T]

SLICE = 100
"""Messages or statements: a few milliseconds' work."""


def result_of(slices: Slices[T]) -> T:
    """The result, with nothing done in between."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            result: T = end.value
            return result
