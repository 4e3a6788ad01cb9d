"""Events of a world that are due: each with its time."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class DueKind(StrEnum):
    """The kinds, in the order in which those of one moment happen."""

    MESSAGE_STATUS = "message-status"
    BATCH_STATUS = "batch-status"
    NOTIFICATION = "notification"
    """One that comes late on demand."""
    SUBSCRIPTION_REMINDER = "subscription-reminder"
    SUBSCRIPTION_EXPIRED = "subscription-expired"
    WEBHOOK_RETRY = "webhook-retry"
    CONNECTION_TIMEOUT = "connection-timeout"
    REPORT_COMPLETED = "report-completed"
    THREAD_EXPIRED = "thread-expired"
    MESSAGE_PURGED = "message-purged"
    MESSAGE_REMOVED = "message-removed"
    ACCESS_TOKEN_EXPIRED = "access-token-expired"
    REFRESH_TOKEN_EXPIRED = "refresh-token-expired"


BRINGS_MESSAGES = frozenset({DueKind.MESSAGE_STATUS, DueKind.BATCH_STATUS, DueKind.NOTIFICATION})
"""After which a message may be there, or in another status: what expires or ages brings none."""

_PLACES = {kind: place for place, kind in enumerate(DueKind)}


class Due(NamedTuple):
    """One event. `at` is aware UTC by the world's clock."""

    at: datetime
    kind: DueKind
    extension: str | None = None
    """Whose it is."""
    id: str | None = None
    """Of the message, batch, thread, report or subscription; the client id of a token."""
    status: str | None = None
    """What a message or a batch reaches."""

    @property
    def order(self) -> tuple[datetime, int, str, str]:
        """Sorts events as they happen."""
        return self.at, _PLACES[self.kind], self.extension or "", self.id or ""
