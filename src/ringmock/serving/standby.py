"""A server that stands by: it has the worlds as the server before it writes them, to take its place when that ends."""

import logging
from collections.abc import Callable
from typing import Any

from ..sign_in.worlds import Worlds
from ..world.history.log import FollowedLog, HistoryLog, LogUnavailable
from ..world.template import Template

log = logging.getLogger("ringmock")

POLL_SECONDS = 0.25
"""Between two looks at what the other server has written, and whether it is still there."""


class Standby:
    """For worlds that are served by nobody here yet; nothing of what they do is written or sent meanwhile."""

    def __init__(
        self,
        worlds: Worlds,
        template_of: Callable[[Any], Template],
        followed: FollowedLog,
        take: Callable[[], HistoryLog | None],
    ) -> None:
        """`take` gives the log for this server to write, None while it is another one's. For `template_of` see
        `Worlds.restore`, which is to come when the place is taken.
        """
        assert worlds.commits is not None
        self._worlds, self._commits, self._template_of = worlds, worlds.commits, template_of
        self._followed, self._take = followed, take
        self._is_away = False

    def has_taken(self) -> bool:
        """Follow what was written, and take the place of the server before where that has ended.

        Raises `LogDamaged`, and what `template_of` does.
        """
        try:
            with self._followed.news() as there_are_news:
                if there_are_news:
                    self._worlds.catch_up(self._template_of)
            taken = self._take() if self._followed.is_free() else None
        except LogUnavailable as error:
            if not self._is_away:
                log.error("%s It is tried again until it can be.", error)
            self._is_away = True
            return False
        self._is_away = False
        if taken is None:
            return False
        assert not self._commits.is_pending, "nobody has changed anything here"
        self._followed.close()
        self._commits.log = taken
        return True
