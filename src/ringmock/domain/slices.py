"""Work that is done in slices, between which whoever does it may do something else.

It is a generator that stops after each slice and returns its result; what it takes for granted at the start may have
changed by the next slice.
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
