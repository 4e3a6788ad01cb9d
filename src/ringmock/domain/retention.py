"""How long an account keeps the messages of its mailboxes."""

from datetime import datetime, timedelta
from typing import NamedTuple

from .moments import moved

MOST_DAYS = 90
"""What an account says that has set nothing: the most that can be set."""


class Retention(NamedTuple):
    """A period that was set (D-48), in days, and when, aware UTC."""

    days: int
    since: datetime

    def ends(self, created: datetime) -> datetime:
        """When a message that was created then is purged: not before the period was set."""
        return max(moved(created, timedelta(days=self.days)), self.since)
