"""A server that stands by: it has the worlds as the server before it writes them, to take its place when that ends."""

import logging
from collections.abc import Callable

from ..sign_in.kept_worlds import KeptWorlds
from ..world.history.log import FollowedLog, HistoryLog, LogUnavailable

log = logging.getLogger("ringmock")

POLL_SECONDS = 0.25
"""Between two looks at what the other server has written, and whether it is still there."""


class Standby:
    """For worlds that are served by nobody here yet; nothing of what they do is written or sent meanwhile."""

    def __init__(self, kept: KeptWorlds, followed: FollowedLog, take: Callable[[], HistoryLog | None]) -> None:
        """`kept` is to begin when the place is taken. `take` gives the log for this server to write, None while it is
        another one's.
        """
        self._kept = kept
        self._followed, self._take = followed, take
        self._is_away = False

    def has_taken(self) -> bool:
        """Follow what was written, and take the place of the server before where that has ended.

        Raises as `KeptWorlds.catch_up` does.
        """
        try:
            with self._followed.news() as there_are_news:
                if there_are_news:
                    self._kept.catch_up()
            taken = self._take() if self._followed.is_free() else None
        except LogUnavailable as error:
            if not self._is_away:
                log.error("%s It is tried again until it can be.", error)
            self._is_away = True
            return False
        self._is_away = False
        if taken is None:
            return False
        assert not self._kept.commits.is_pending, "nobody has changed anything here"
        self._followed.close()
        self._kept.commits.log = taken
        return True
