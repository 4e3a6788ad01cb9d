"""Which of several processes has a world: decided by its name alone, so that each of them knows it of every call.

A token says it too, without the name: its first random character is the slot of its world.
"""

import string
import zlib
from itertools import count
from typing import NamedTuple

DEFAULT = "default"
"""What calls of the control API name the fixture's own world."""

_ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
SLOTS = len(_ALPHABET)
_PREFIX = 3
"""Characters of a token before the random ones, as in `AT-`."""


def slot_of(name: str) -> int:
    """The slot of a world; the fixture's own, which has no name, is in the first."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % SLOTS if name not in ("", DEFAULT) else 0


def marked(text: str, slot: int) -> str:
    """A random text that says the slot of its world."""
    return _ALPHABET[slot] + text[1:]


def slot_of_token(token: str) -> int:
    """The slot that a token with its prefix says; it means nothing of one that is not the server's."""
    return max(0, _ALPHABET.find(token[_PREFIX : _PREFIX + 1] or "A"))


class Share(NamedTuple):
    """The worlds of one process among several, by the places that it has."""

    places: frozenset[int] = frozenset({0})
    """From 0. Who has the first has the fixture's own world."""
    of: int = 1
    """How many places there are: a world is of every so manieth slot's."""

    def place_of(self, name: str) -> int:
        """The place of a world, whosever it is."""
        return slot_of(name) % self.of

    def has(self, name: str) -> bool:
        """Whether a world is this one's."""
        return self.place_of(name) in self.places

    def has_slot(self, slot: int) -> bool:
        """Whether the worlds of a slot are this one's."""
        return slot % self.of in self.places

    def numbers(self, name: str, largest: int) -> "count[int]":
        """Numbers for new worlds of the log, of the place of this one, beyond the largest there is.

        No other place has the same ones.
        """
        first = largest + 1
        return count(first + (self.place_of(name) - first) % self.of, self.of)


WHOLE = Share()
"""That of a process that is alone."""


def part(place: int, of: int) -> Share:
    """That of a process that has one place."""
    return Share(frozenset({place}), of)
