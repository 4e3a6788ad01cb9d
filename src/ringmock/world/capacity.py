"""The storage that the worlds of a server use together, and its limits."""

from ..domain.errors import StoreFull
from ..server_limits import ServerLimits


class Capacity:
    """Shared by every world of a server.

    A record is a message's copy with its sender or one of its recipients, a change of a message, a message of a batch
    that was rejected, a statement of consent or a report. What a message or a list of them costs is about the same.
    """

    def __init__(self, limits: ServerLimits) -> None:
        self.most_records = limits.max_records
        self.most_file_bytes = limits.max_file_bytes
        self.records = 0
        self.file_bytes = 0


class Share:
    """The storage that one world uses. It is released when the world is reset or closed."""

    def __init__(self, room: Capacity) -> None:
        self._room = room
        self.records = 0
        self.file_bytes = 0
        self.is_refilled = False
        """Whether what was stored once is stored again: there is room for it, whatever else there is by now."""

    def take(self, records: int, file_bytes: int = 0) -> None:
        """Count what is about to be stored. Raises `StoreFull`, and counts nothing, when there is no room for it."""
        room = self._room
        if room.records + records > room.most_records and not self.is_refilled:
            raise StoreFull(f"{room.most_records} records (--max-records)")
        if file_bytes and not self.is_refilled and room.file_bytes + file_bytes > room.most_file_bytes:
            raise StoreFull(f"{room.most_file_bytes} bytes of files (--max-file-bytes)")
        self.add(records, file_bytes)

    def add(self, records: int, file_bytes: int = 0) -> None:
        """Count what is stored in any case: the messages of a fixture, and deletions."""
        self._room.records += records
        self.records += records
        if file_bytes:
            self._room.file_bytes += file_bytes
            self.file_bytes += file_bytes

    def give_back(self) -> None:
        """Release all of it."""
        self.add(-self.records, -self.file_bytes)

    def leave(self) -> None:
        """Release all of it permanently: after the end of a world nothing counts for it."""
        self.give_back()
        self._room = Capacity(ServerLimits())
