"""The path of the contract that is most similar to an unknown one: for logs and the journal, not for answers."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache

from ..openapi.document import load_contract
from .stages import remembered

_ALIKE = 0.7
"""The minimum similarity of two spellings of a path segment, of 1."""

_LONGEST_STEP = 64
_MOST_STEPS = 16
_ID = re.compile(r"~|[0-9]+")

Steps = tuple[str, ...]


def _near_path(path: str) -> str | None:
    given = tuple(path.strip("/").split("/"))
    if len(given) > _MOST_STEPS or any(len(step) > _LONGEST_STEP for step in given):
        return None
    found = (meant for spelled in _spellings(given) for meant in _paths_of(spelled) if meant != given)
    return next(("/" + "/".join(meant) for meant in found), None)


near_path = remembered(_near_path, 512)
"""A path of the contract that has another spelling of one segment, or more segments; None when there is none.

Its parameters are the given ones, and `~` for missing ones.
"""


@lru_cache(maxsize=1)
def _known() -> Sequence[Steps]:
    """The contract's paths, the shortest first."""
    return sorted((tuple(path.strip("/").split("/")) for path in load_contract()["paths"]), key=len)


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    return frozenset(step for known in _known() for step in known if not _is_parameter(step))


def _is_parameter(step: str) -> bool:
    return step.startswith("{")


def _spellings(given: Steps) -> Iterator[Steps]:
    """The path as given, and with its one unknown segment replaced by similar ones, the most similar first."""
    unknown = [place for place, step in enumerate(given) if step not in _words() and not _ID.fullmatch(step)]
    if not unknown and not _words().isdisjoint(given):
        yield given
    if len(unknown) == 1:
        [place] = unknown
        word = given[place].casefold().replace("_", "-")
        for close in get_close_matches(word, _words(), n=3, cutoff=_ALIKE):
            yield (*given[:place], close, *given[place + 1 :])


def _paths_of(given: Steps) -> Iterator[Steps]:
    """The known paths that have all of these steps in their order and end in the last, the shortest first."""
    for known in _known():
        filled = _filled(given, known)
        if filled is not None:
            yield filled


def _filled(given: Steps, known: Steps) -> Steps | None:
    """The known path with the given parameters, matched from the end; None when it does not fit."""
    rest, steps = list(given), list[str]()
    for step in reversed(known):
        if rest and (step == rest[-1] or (_is_parameter(step) and _ID.fullmatch(rest[-1]))):
            steps.append(rest.pop())
        elif not steps:
            return None
        else:
            steps.append("~" if _is_parameter(step) else step)
    return None if rest else tuple(reversed(steps))
