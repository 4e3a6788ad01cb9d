"""Long work of a handler, done in slices between which others are served."""

import asyncio
from collections.abc import Iterable
from typing import TypeVar

from ..domain.slices import Slices

T = TypeVar("T")


async def listed(items: Iterable[T], together: int) -> list[T]:
    """A list of items that are made one by one. After each slice other calls are served."""
    made: list[T] = []
    for item in items:
        made.append(item)
        if len(made) % together == 0:
            await asyncio.sleep(0)
    return made


async def in_slices(work: Slices[T]) -> T:
    """The result of the work. After each slice other calls are served."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        await asyncio.sleep(0)
