"""What refreshes leave behind: the old refresh token, answered alike for a while, and the old access token.

Measured on the service: a client that lost the answer to its refresh may ask again and gets the same pair, until
shortly after the new access token is first used; the old access token is "corrupted" at once and forgotten soon.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .sessions import Session

AFTER_FIRST_USE = timedelta(seconds=10)
"""For how long the old refresh token is still answered when the new access token is in use."""

UNUSED = timedelta(hours=1)
"""For how long it is answered when the new access token is not used at all."""

CORRUPTED = timedelta(seconds=10)
"""For how long the old access token is told from one that never was."""

MOST = 10_000
"""So many refreshes are remembered; the oldest are forgotten first."""


@dataclass(slots=True)
class _Refresh:
    session: Session
    """The new one."""
    at: datetime
    answered_until: datetime


class Refreshes:
    """The refreshes of a registry. Times are those of each session's world."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_refresh_token: dict[str, _Refresh] = {}
        self._by_access_token: dict[str, _Refresh] = {}

    def add(self, old: Session, new: Session, now: datetime) -> None:
        """`new` takes the place of `old`, which has a refresh token."""
        assert old.refresh_token is not None
        refresh = _Refresh(new, now, now + UNUSED)
        self._by_refresh_token[old.refresh_token] = self._by_access_token[old.access_token] = refresh
        new.replaces = old.refresh_token
        if len(self._by_access_token) > self._most:
            for known in (self._by_refresh_token, self._by_access_token):
                del known[next(iter(known))]

    def used(self, session: Session, now: datetime) -> None:
        """The session's access token is used for the first time."""
        refresh = self._by_refresh_token.get(session.replaces or "")
        session.replaces = None
        if refresh is not None:
            refresh.answered_until = min(refresh.answered_until, now + AFTER_FIRST_USE)

    def answer_to(self, refresh_token: str) -> Session | None:
        """The session that this refresh token was exchanged for, None when it is too late to ask again."""
        refresh = self._by_refresh_token.get(refresh_token)
        if refresh is None or refresh.answered_until <= refresh.session.world.clock.now():
            return None
        return refresh.session

    def is_corrupted(self, access_token: str) -> bool:
        """Whether a refresh has replaced this access token a moment ago."""
        refresh = self._by_access_token.get(access_token)
        return refresh is not None and refresh.session.world.clock.now() < refresh.at + CORRUPTED
