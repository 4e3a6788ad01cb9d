"""The WebSockets of a recording: the name under which a case opens each, and what came on them by itself."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

Json = Any

_WORD: Final = "line"
_WEBSOCKET: Final = "WebSocket"


class Received(NamedTuple):
    """A notification that came on a connection."""

    socket: str
    """The name of the connection in the case."""
    subscription: str
    """The id of the subscription."""
    body: Json


class Connections:
    """Names for connections, each given when the first call comes on it.

    `subscriptions`: those of the world, as the control API gives them.
    """

    def __init__(self, subscriptions: Sequence[Mapping[str, Json]]) -> None:
        self._names: dict[str, str] = {}
        self._by_subscription: dict[str, str] = {}
        self._subscribed = {one["id"] for one in subscriptions if one["transport"] == _WEBSOCKET}
        arrived = (
            (datetime.fromisoformat(note["at"]), one["id"], note["body"])
            for one in subscriptions
            if one["id"] in self._subscribed
            for note in one["notifications"]
            if note["arrived"] and note["on_demand"] is None
        )
        self._waiting = deque(sorted(arrived, key=lambda each: each[0]))

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

    def received_before(self, moment: datetime | None) -> Iterator[Received]:
        """What came before a moment and was not given yet, the oldest first; all of it for None."""
        while self._waiting and (moment is None or self._waiting[0][0] < moment):
            _, subscription, body = self._waiting.popleft()
            if subscription in self._by_subscription:
                yield Received(self._by_subscription[subscription], subscription, body)
