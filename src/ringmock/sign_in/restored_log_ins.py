"""The log-ins and codes of a world, made again of its history when a server goes on from its state."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from ..world.fork import FORKED
from ..world.history.commands import Event
from ..world.world import World
from .authorization import Consent
from .sessions import Session, SessionState

SIGN_INS = frozenset({"log-in", "log-in-ended", "log-ins", "refreshed", "revoked", "code", "code-used", "first-use"})
"""Events that change log-ins and nothing else."""


class LogInsAgain:
    """Those of one world, as far as its history was done again."""

    def __init__(self, world: World, ready_made: Mapping[str, Session]) -> None:
        """`ready_made`: the log-ins that no history makes, by their tokens."""
        self.world = world
        self.sessions: dict[str, Session] = {}
        """By access token."""
        self.codes: dict[str, Consent] = {}
        self.ready_made = ready_made
        self._by_kind: dict[str, Callable[..., object]] = {
            "log-in": self._log_in,
            "log-in-ended": lambda token: self.sessions.pop(token, None),
            "log-ins": self._log_ins,
            "refreshed": self._refreshed,
            "revoked": self._revoked,
            "code": lambda code, state: self.codes.update({code: Consent(self.world, *state)}),
            "code-used": lambda code: self.codes.pop(code, None),
            "first-use": self._used,
            FORKED: self._forked,
        }

    def do(self, event: Event) -> None:
        """Do an event again; one that is none of log-ins changes nothing."""
        again = self._by_kind.get(event.kind)
        if again is not None:
            again(*event.values)

    def session(self, token: str) -> Session | None:
        """The log-in of an access token, as far as there is one."""
        return self.sessions.get(token) or self.ready_made.get(token)

    def _log_in(self, state: SessionState) -> None:
        values = state._asdict()
        del values["replaced_by"]
        self.sessions[state.access_token] = Session(self.world, **values)

    def _log_ins(self, *states: SessionState) -> None:
        self.sessions.clear()
        for state in states:
            self._log_in(state)
        _join(self.sessions, states)

    def _refreshed(self, old: str, new: str, at: datetime) -> None:
        before, after = self.session(old), self.session(new)
        if before is not None and after is not None:
            before.replace(after, at)

    def _revoked(self, token: str) -> None:
        session = self.session(token)
        if session is not None:
            session.is_revoked = True

    def _used(self, token: str, at: datetime) -> None:
        session = self.session(token)
        if session is not None:
            session.used = at

    def _forked(self, *_: Any) -> None:
        """Log-ins and codes stay with the origin."""
        self.sessions.clear()
        self.codes.clear()


def _join(sessions: dict[str, Session], states: Iterable[SessionState]) -> None:
    """Let each one that was refreshed know by which it was."""
    for state in states:
        if state.replaced_by is not None:
            sessions[state.access_token].replaced_by = sessions.get(state.replaced_by)
