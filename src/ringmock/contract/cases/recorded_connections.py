"""The WebSockets of a recording: the name under which a case opens each, and what came on them by itself."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from ...world.fork import FORKED

Json = Any

_WORD: Final = "line"
_WEBSOCKET: Final = "WebSocket"


class Place(NamedTuple):
    """Where something is in the order of what a world has seen, in which no two things are equal."""

    call: int
    """The number of the latest call by then in the journal."""
    line: int = 0
    """The number of its line in the history."""


class Moment(NamedTuple):
    """When something was. Times are in milliseconds, in which several things happen, and a clock may be set back."""

    at: datetime
    place: Place | None = None
    """None for what the history does not say."""

    def is_before(self, other: "Moment") -> bool:
        """Whether it was earlier, by the places if both have one, else by the times."""
        if self.place is None or other.place is None:
            return self.at < other.at
        return self.place < other.place


def places_of(commands: Iterable[Mapping[str, Json]]) -> Iterator[tuple[Place, Mapping[str, Json]]]:
    """The lines of a history, each with its place.

    A call has its line before it is in the journal. The journal of a fork begins anew.
    """
    call = 0
    for line in commands:
        begins_anew = line.get("event") == FORKED
        call = max(0 if begins_anew else call, line["journal"] if "call" in line else line["after"])
        yield Place(call, line["number"]), line


class Received(NamedTuple):
    """A notification that came on a connection."""

    socket: str
    """The name of the connection in the case."""
    subscription: str
    """The id of the subscription."""
    body: Json


class Connections:
    """Names for connections, each given when the first call comes on it.

    `subscriptions`: those of the world, as the control API gives them. `attempted`: the places of the notifications
    that the history has, by UUID.
    """

    def __init__(self, subscriptions: Sequence[Mapping[str, Json]], attempted: Mapping[str, Place]) -> None:
        self._names: dict[str, str] = {}
        self._by_subscription: dict[str, str] = {}
        self._subscribed = {one["id"] for one in subscriptions if one["transport"] == _WEBSOCKET}
        arrived = (
            (Moment(datetime.fromisoformat(note["at"]), attempted.get(note["uuid"])), one["id"], note["body"])
            for one in subscriptions
            if one["id"] in self._subscribed
            for note in one["notifications"]
            if note["arrived"] and note["on_demand"] is None
        )
        self._waiting = deque(sorted(arrived, key=lambda each: _order(each[0])))

    def name_of(self, connection: str) -> tuple[str, bool]:
        """The name of a connection of the journal, and whether it has it from now on."""
        is_new = connection not in self._names
        if is_new:
            count = len(self._names) + 1
            self._names[connection] = _WORD if count == 1 else f"{_WORD}_{count}"
        return self._names[connection], is_new

    def note_answer(self, connection: str, answer: Json) -> None:
        """Remember which subscription a connection has, by the answer to a call on it."""
        subscription = str(answer.get("id")) if isinstance(answer, dict) else ""
        if subscription in self._subscribed:
            self._by_subscription[subscription] = self._names[connection]

    def received_before(self, moment: Moment | None) -> Iterator[Received]:
        """What came before a moment and was not given yet, the oldest first; all of it for None."""
        while self._waiting and (moment is None or self._waiting[0][0].is_before(moment)):
            _, subscription, body = self._waiting.popleft()
            if subscription in self._by_subscription:
                yield Received(self._by_subscription[subscription], subscription, body)


def _order(moment: Moment) -> tuple[bool, Place, datetime]:
    """A history that is full leaves out what comes then, so what it does not have is later."""
    return moment.place is None, moment.place or Place(0), moment.at
