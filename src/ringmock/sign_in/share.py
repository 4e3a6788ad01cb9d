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
    """The worlds of one process among several: those of every so many slots."""

    place: int = 0
    """Of the process, from 0. The first has the fixture's own world."""
    of: int = 1
    """How many processes there are."""

    def has(self, name: str) -> bool:
        """Whether a world is this one's."""
        return self.place == slot_of(name) % self.of

    def numbers(self, largest: int) -> "count[int]":
        """Numbers for new worlds of the log, beyond the largest there is; no other process has the same ones."""
        first = largest + 1
        return count(first + (self.place - first) % self.of, self.of)


WHOLE = Share()
"""That of a process that is alone."""
