"""Where in a world's messages a text or a number may be found. Made when somebody searches.

It costs a copy of each text and of each message's numbers in UTF-8, and about 25 bytes a message: 11 MB for 100,000
messages of 50 characters between two phones.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from ..domain.message import Message
from ..domain.message_thread import ThreadMessage
from ..domain.slices import Slices

if TYPE_CHECKING:
    from ..domain.ports import MessageStore

TOGETHER = 2000
"""Messages of one run: they are indexed, and searched, in a turn."""


class Wanted(NamedTuple):
    """What a message has to have, one of it."""

    words: str
    """In its text, casefolded."""
    part: str = ""
    """In a number of its sender or a recipient; nothing where it is empty."""
    number: str = ""
    """The whole of such a number; nothing where it is empty."""
    id: int = -1
    """Of the message or of its conversation; none is negative."""

    def is_in(self, message: Message | ThreadMessage) -> bool:
        """Whether a message has it."""
        return (
            self.words in message.text.casefold()
            or (bool(self.part) and (self.part in message.sender or self.part in " ".join(message.recipients)))
            or (bool(self.number) and self.number in (message.sender, *message.recipients))
            or self.id in (message.id, message.conversation.id)
        )


class Packed:
    """Texts one after the other, casefolded, in which a search is one pass."""

    def __init__(self, texts: Sequence[str]) -> None:
        together = "\0".join(texts)
        if together.isascii():  # by far the quickest, and what most are
            self._bytes, lengths = together.lower().encode(), map(len, texts)
        else:
            encoded = [each.casefold().encode("utf-8", "surrogatepass") for each in texts]
            self._bytes, lengths = b"\0".join(encoded), map(len, encoded)
        self._starts = array("L", accumulate(map((1).__add__, lengths), initial=0))

    def places(self, text: str) -> Iterator[int]:
        """Of the texts that have it, ascending; a text with NUL may name others besides."""
        wanted = text.encode("utf-8", "surrogatepass")
        at = self._bytes.find(wanted)
        while at >= 0:
            place = bisect_right(self._starts, at) - 1
            yield place
            at = self._bytes.find(wanted, self._starts[place + 1])


class Run:
    """Messages that came one after the other."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.ids = tuple(each.id for each in messages)
        self._conversations = tuple(each.conversation.id for each in messages)
        self._texts = Packed([each.text for each in messages])
        self._of_numbers: Packed | None = None

    def matching(self, wanted: Wanted, end: int, store: "MessageStore") -> list[Message]:
        """Those of its first `end` messages that are still held and have it, the newest first."""
        places = sorted((place for place in self._places(wanted, store) if place < end), reverse=True)
        held = (store.held(self.ids[place]) for place in places)
        return [each for each in held if each is not None and wanted.is_in(each)]

    def _places(self, wanted: Wanted, store: "MessageStore") -> set[int]:
        """Of the messages that may have it: all that do, and few others."""
        found = {*self._texts.places(wanted.words)}
        if wanted.part:
            found.update(self._numbers(store).places(wanted.part))
        if wanted.number:
            found.update(self._numbers(store).places(f" {wanted.number} "))
        if wanted.id >= 0:
            found.update(_places(self.ids, wanted.id), _places(self._conversations, wanted.id))
        return found

    def _numbers(self, store: "MessageStore") -> Packed:
        """Those of senders and recipients, between spaces; made when the first number is searched for."""
        if self._of_numbers is None:
            held = map(store.held, self.ids)
            ends = ["" if each is None else f" {each.sender} {' '.join(each.recipients)} " for each in held]
            self._of_numbers = Packed(ends)
        return self._of_numbers


def _places(ids: Sequence[int | None], wanted: int) -> Iterator[int]:
    if wanted in ids:
        yield from (place for place, each in enumerate(ids) if each == wanted)


class SearchIndex:
    """What mailboxes hold, in the order in which it came."""

    def __init__(self, together: int = TOGETHER) -> None:
        self._together = together
        self._runs: tuple[Run, ...] = ()

    def caught_up(self, store: "MessageStore") -> Slices[tuple[Run, ...]]:
        """The runs of all that is held at the start of the work, which is done in slices."""
        runs = [run for run in self._runs if any(store.held(each) is not None for each in run.ids)]
        new = store.ids_after(self._newest_held(runs, store))
        if new and runs and len(runs[-1].ids) < self._together:
            new = [*runs.pop().ids, *new]
        for start in range(0, len(new), self._together):
            if messages := store.held_together(new[start : start + self._together]):
                runs.append(Run(messages))
            yield
        self._runs = tuple(runs)
        return self._runs

    @staticmethod
    def _newest_held(runs: Sequence[Run], store: "MessageStore") -> int | None:
        return next(
            (each for run in reversed(runs) for each in reversed(run.ids) if store.held(each) is not None), None
        )


def before(runs: Sequence[Run], message_id: int | None) -> Iterator[tuple[Run, int]]:
    """The runs of what came before a message, the newest first, each with how many of its messages did; all for None.

    Where the message is in none, those with lower ids are meant.
    """
    home = None if message_id is None else next((run for run in runs if message_id in run.ids), None)
    is_reached = home is None
    for run in reversed(runs):
        if message_id is not None and run is home:
            is_reached = True
            yield run, run.ids.index(message_id)
        elif is_reached:
            yield run, len(run.ids) if message_id is None or home is not None else bisect_left(run.ids, message_id)
