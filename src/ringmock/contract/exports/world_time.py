"""What a world's clock said at each line of its history."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ...world.history.as_json import read_head
from ...world.history.serialization import value_of

Json = Any


class WorldTime:
    """The clock of a world, from its beginning on: `note` takes the lines of its history in their order."""

    def __init__(self, head: Mapping[str, Json]) -> None:
        """`head` is that of the history. Raises `Unreadable`."""
        began, clock = read_head(head).at, head.get("clock") or {}
        self.start = began if clock.get("now") is None else datetime.fromisoformat(clock["now"])
        self._offset = self.start - began
        self._stands_at: datetime | None = self.start if clock.get("frozen") else None

    def note(self, line: Mapping[str, Json]) -> None:
        """The clock was moved by this command, if it was."""
        if line.get("event") != "walked":
            return
        until, stands = (value_of(value) for value in line["values"])
        self._offset = until - datetime.fromisoformat(line["at"])
        self._stands_at = until if stands else None

    def at(self, line: Mapping[str, Json]) -> datetime:
        """What it said when this command was carried out."""
        return self._stands_at or datetime.fromisoformat(line["at"]) + self._offset

    def seconds(self, moment: datetime) -> float:
        """From the beginning on."""
        return (moment - self.start) / timedelta(seconds=1)
