"""The log-ins to all worlds: by their tokens, by their worlds, and by when they are forgotten."""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from ..domain.account import Extension
from ..domain.agenda import Agenda
from ..domain.due import Due, DueKind
from ..server_limits import ServerLimits
from ..world.history.commands import Caller
from ..world.history.moment import Moment
from ..world.world import World
from .authorization import Challenge, Codes, Consent, expiry_of_code
from .permissions import Permissions, permissions_after_refresh
from .restored_log_ins import LogInsAgain
from .sessions import (
    CORRUPTED,
    ClientAuthenticationMissing,
    LogIn,
    RefreshTokenDead,
    RefreshTokenRevoked,
    Session,
    SessionState,
    TokenExpired,
    TokenInvalid,
    TokenRefused,
    TokenReplaced,
    TokenUnknown,
    TooManyLogIns,
    UnknownClient,
    able_to_log_in,
    is_before,
)
from .world_slots import slot_of_token

_OWN_TOKEN = re.compile(r"[AR]T-[A-Za-z0-9_-]{32}")

_KNOWN_ELSEWHERE = 1000
"""Sessions of other worlds that are known in one, and those that are lent by other processes."""

_FORGOTTEN_TOGETHER = 500
"""The maximum of ended sessions that a new session removes."""

TokenSource = Callable[[], str]
"""Makes 32 random characters of `A-Za-z0-9_-`."""


def random_token() -> str:
    """32 characters from the operating system's randomness."""
    return secrets.token_urlsafe(24)


class LogIns:
    """Opens, refreshes and ends sessions, and knows the session of a token."""

    again: LogInsAgain | None = None
    """Those of the world whose history is just done again, to go on from there."""

    def __init__(
        self,
        moment: Moment,
        limits: ServerLimits,
        *,
        token_source: TokenSource,
        draw: Callable[[World], str],
        may_refresh: Callable[[str], bool],
        check_is_here: Callable[[int], None],
        note_use: Callable[[World], None],
        note_forgotten: Callable[[str], None],
    ) -> None:
        """`draw` gives the random part of a token of a world, `token_source` that of other ids.

        `may_refresh`: whether a client gets refresh tokens. `check_is_here` raises `LogUnavailable` where the worlds of
        a slot are another process's. `note_use` is called for the world of each token that is
        used, `note_forgotten` with the limit because of which a code was dropped.
        """
        self._moment, self._limits = moment, limits
        self._token_source, self._draw = token_source, draw
        self._may_refresh, self._check_is_here, self._note_use = may_refresh, check_is_here, note_use
        self._sessions: dict[str, Session] = {}
        self._refreshable: dict[str, Session] = {}
        self._of_worlds: dict[World, _OfWorld] = {}
        self._tagged: dict[World, dict[str, Session]] = {}
        self._codes = Codes(limits.max_codes, lambda: note_forgotten("max_codes"))
        self.lent: dict[str, Session | TokenRefused] = {}
        """By their tokens, log-ins of worlds that another process has, or why they are none: for calls that name
        another world than that of their token."""

    def __len__(self) -> int:
        return len(self._sessions)

    # --- the log-ins of a world ------------------------------------------------------------------

    def begin(self, world: World) -> None:
        """Have log-ins of a new world."""
        self._of_worlds[world] = of_world = _OfWorld()
        world.expiries = of_world.expiries
        world.log_ins = partial(self.events, world)

    def have(self, ready_made: Mapping[str, Session]) -> None:
        """Have sessions that were never opened and never end, by their access tokens."""
        self._sessions.update(ready_made)

    def restart(self, world: World) -> None:
        """Restart the lifetimes of all codes and sessions of a world."""
        now = world.clock.now()
        self._codes.start(world, now)
        self._of_worlds[world].start(now)

    def end(self, world: World) -> None:
        """End all of a closed world."""
        self._codes.forget(world)
        self._tagged.pop(world, None)
        for session in self._of_worlds.pop(world):
            self._forget(session)

    def events(self, world: World) -> Iterator[tuple[str, Sequence[Any]]]:
        """What makes the log-ins and codes of a world as they are now."""
        yield "log-ins", self._of_worlds[world].states()
        for code, consent in self._codes.of(world).items():
            yield "code", (code, consent.state)

    @contextmanager
    def made_again(self, again: LogInsAgain) -> Iterator[None]:
        """While a piece of the history of their world is done again."""
        self.again = again
        try:
            yield
        finally:
            self.again = None

    def restore(self, again: LogInsAgain) -> None:
        """Have the log-ins and codes of a world whose history was done again."""
        for code, consent in again.codes.items():
            self._codes.add(code, consent)
        for session in again.sessions.values():
            self._file(session)

    def session_again(self, world: World, caller: Caller) -> Session:
        """The log-in with which a call of a world's history was made; one like it where it is none of the world's."""
        again = self.again
        known = again.session(caller.token) if again is not None and again.world is world else None
        known = known or self._sessions.get(caller.token)
        if known is not None and known.world is world:
            return known
        return session_like(world, caller)

    # --- opening and ending -----------------------------------------------------------------------

    def open_session(
        self,
        world: World,
        extension: Extension,
        client_id: str,
        *,
        endpoint_id: str | None = None,
        session_id: str | None = None,
        access_ttl: int,
        refresh_ttl: int,
        log_in: LogIn | None = None,
        permissions: Permissions | None = None,
    ) -> Session:
        """A new session with new tokens. Both lifetimes are in seconds; without the second it has no refresh token.

        Raises `TooManyLogIns`.
        """
        self._make_room_for_log_in(client_id)
        if not self._may_refresh(client_id):
            refresh_ttl = 0
        session = Session(
            world,
            extension.number,
            client_id,
            access_token=self._token("AT", world),
            endpoint_id=endpoint_id or self._token_source(),
            refresh_token=self._token("RT", world) if refresh_ttl else None,
            access_ttl=access_ttl,
            refresh_ttl=refresh_ttl,
            session_id=session_id or self._token_source(),
            log_in=log_in,
            permissions=permissions,
        )
        with self._moment.held():
            session.start(world.clock.now())
            self._file(session)
            world.history.add("log-in", session.state)
        return session

    def _make_room_for_log_in(self, client_id: str) -> None:
        if len(self._sessions) < self._limits.max_log_ins:
            return
        for world, of_world in self._of_worlds.items():
            for over in of_world.take_forgotten(world.clock.now(), _FORGOTTEN_TOGETHER):
                self._forget(over)
            if len(self._sessions) < self._limits.max_log_ins:
                return
        raise TooManyLogIns(client_id)

    def open_connection(self, session: Session, access_ttl: int) -> Session:
        """A separate session for a connection, for the user of the session that requested it."""
        own = Session(
            session.world,
            session.extension_number,
            session.client_id,
            access_token=self._token("AT", session.world),
            endpoint_id=session.endpoint_id,
            access_ttl=access_ttl,
            session_id=session.session_id,
            permissions=session.permissions,
            is_of_connection=True,
        )
        with self._moment.held():
            own.start(session.world.clock.now())
            self._file(own)
            own.world.history.add("log-in", own.state)
        return own

    def close_connection(self, session: Session) -> None:
        """End the session of a connection, if it has not expired."""
        if self._sessions.get(session.access_token) is session:
            self._of_worlds[session.world].remove(session)
            self._forget(session)
            session.world.history.add("log-in-ended", session.access_token)

    def refresh(
        self, world: World, client_id: str, refresh_token: str | None, asked: Permissions | None = None
    ) -> Session:
        """New tokens for a session, whose old access token is replaced at once. A repeated refresh gets the same new
        tokens.

        `asked`: the permissions that the new tokens should have, None for the old ones. Raises `RefreshTokenDead`,
        `RefreshTokenRevoked` or `ScopeInvalid`.
        """
        token = refresh_token or ""
        old = self._refreshable.get(token)
        if old is None or old.client_id != client_id:
            raise RefreshTokenDead
        if old.is_revoked:
            raise RefreshTokenRevoked
        world = old.world
        now = world.clock.now()
        if old.replaced is not None:
            answer = old.answer_again(now)
            if answer is None:
                raise RefreshTokenDead
            return answer
        if old.can_no_more_be_refreshed(now):
            raise RefreshTokenDead
        new = self.open_session(
            world,
            old.extension,
            old.client_id,
            endpoint_id=old.endpoint_id,
            session_id=old.session_id,
            access_ttl=old.access_ttl,
            refresh_ttl=old.refresh_ttl,
            log_in=old.log_in and old.log_in._replace(nonce=None),
            permissions=permissions_after_refresh(asked, old.permissions),
        )
        old.replace(new, now)
        self._of_worlds[world].add(old)
        world.history.add("refreshed", old.access_token, new.access_token, now)
        return new

    def revoke(self, client_id: str, token: str) -> None:
        """End the session of either token; does nothing for an invalid token."""
        session = self._sessions.get(token) or self._refreshable.get(token)
        if session is not None and session.client_id == client_id and session.is_open:
            session.is_revoked = True
            session.world.history.add("revoked", session.access_token)

    # --- the log-in page -------------------------------------------------------------------------

    def consent(
        self,
        world: World,
        extension: Extension,
        client_id: str,
        redirect_uri: str | None = None,
        challenge: Challenge | None = None,
        log_in: LogIn | None = None,
        permissions: Permissions | None = None,
    ) -> str:
        """A code for the application to which `extension` has consented. It is valid for a minute."""
        code = self._token("AC", world)
        expires = expiry_of_code(world.clock.now())
        given = Consent(world, extension.number, client_id, expires, redirect_uri, challenge, log_in, permissions)
        self._codes.add(code, given)
        world.history.add("code", code, given.state)
        return code

    def consent_of_code(
        self, client_id: str, code: str, redirect_uri: str | None, verifier: str | None, *, is_proven: bool = False
    ) -> Consent:
        """The consent behind a code. `is_proven`: the application authenticated, by a secret or an assertion.

        Raises as `Codes.take` does, `ClientAuthenticationMissing` when the application sent neither a secret, an
        assertion nor a code verifier, and `ExtensionCannotLogIn`.
        """
        holder = self._codes.consent_of(code, client_id)
        if holder is not None:
            holder.world.history.add("code-used", code)
        consent = self._codes.take(code, client_id, redirect_uri, verifier)
        if consent.challenge is None and not is_proven:
            raise ClientAuthenticationMissing(client_id)
        able_to_log_in(consent.world.account.extensions[consent.extension_number])
        return consent

    # --- the log-in of a token -------------------------------------------------------------------

    def has_log_in(self, token: str) -> bool:
        """Whether a token, of either kind, is one of a log-in that is known here, good or not any more."""
        return token in self._sessions or token in self._refreshable

    def holder_of(self, token: str) -> str | None:
        """The extension number of a log-in, by either of its tokens."""
        session = self._sessions.get(token) or self._refreshable.get(token)
        return None if session is None else session.extension_number

    def holder_of_code(self, code: str) -> str | None:
        """The extension number of the user who consented, for a code that is not redeemed yet."""
        return self._codes.holder_of(code)

    def session_of(self, access_token: str) -> Session:
        """The session of a bearer token.

        Raises `TokenExpired`, `TokenReplaced`, `TokenUnknown` or `TokenInvalid`, and `LogUnavailable` where another
        process may have it.
        """
        session = self._sessions.get(access_token)
        if session is not None:
            self._note_use(session.world)
        elif _OWN_TOKEN.fullmatch(access_token):
            self._check_is_here(slot_of_token(access_token))
        if session is None or session.is_revoked or session.world.is_closed:
            raise TokenUnknown if _OWN_TOKEN.fullmatch(access_token) else TokenInvalid
        if session.replaced is not None:
            is_corrupted = is_before(session.world.clock.now(), session.replaced, CORRUPTED)
            raise TokenReplaced if is_corrupted else TokenUnknown
        if session.expires is not None or session.used is None:
            now = session.world.clock.now()
            if session.has_expired(now):
                raise TokenExpired
            if session.used is None:
                session.used = now
                session.world.history.add("first-use", access_token, now)
        return session

    def session_here_or_lent(self, access_token: str) -> Session:
        """As `session_of`, also of a token of another process. Raises as that does."""
        lent = None if access_token in self._sessions else self.lent.get(access_token)
        if isinstance(lent, TokenRefused):
            raise type(lent)
        return self.session_of(access_token) if lent is None else lent

    def lend(self, token: str, lent: Session | TokenRefused) -> None:
        """Know a log-in that another process has, or why its token is refused there, for the next call with it."""
        self.lent.pop(token, None)
        self.lent[token] = lent
        if len(self.lent) > _KNOWN_ELSEWHERE:
            del self.lent[next(iter(self.lent))]

    def in_world(self, world: World, session: Session) -> Session:
        """As whom the session's extension is signed in in another world. Raises `TokenInvalid` where it has none."""
        if session.world is world and session.access_token in self._sessions:
            return session
        known = self._tagged.setdefault(world, {})
        there = known.get(session.access_token)
        if there is None or there.extension_number != session.extension_number:
            if session.extension_number not in world.account.extensions:
                raise TokenInvalid
            there = session_like(world, session.caller._replace(is_of_connection=False))
            known[session.access_token] = there
            if len(known) > _KNOWN_ELSEWHERE:
                del known[next(iter(known))]
        return there

    def _token(self, kind: str, world: World) -> str:
        return f"{kind}-{self._draw(world)}"

    def _file(self, session: Session) -> None:
        """Store a new session until both of its tokens have expired."""
        if session.world.is_closed:
            raise UnknownClient(session.client_id)
        of_world = self._of_worlds[session.world]
        for over in of_world.take_forgotten(session.world.clock.now(), _FORGOTTEN_TOGETHER):
            self._forget(over)
        self._sessions[session.access_token] = session
        if session.refresh_token is not None:
            self._refreshable[session.refresh_token] = session
        of_world.add(session)

    def _forget(self, session: Session) -> None:
        del self._sessions[session.access_token]
        if session.refresh_token is not None:
            del self._refreshable[session.refresh_token]


class _OfWorld:
    """The sessions of one world, by the time at which they are removed."""

    def __init__(self) -> None:
        self._all: dict[Session, None] = {}
        self._endings: Agenda[Session] = Agenda()

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._all))

    def states(self) -> Sequence[SessionState]:
        """Each of them as it is."""
        return [session.state for session in self._all]

    def expiries(self) -> Iterator[Due]:
        """When the tokens of those that are open expire; a connection has none to show."""
        for session in self._all:
            if not session.is_open or session.is_of_connection:
                continue
            who = session.extension_number, session.client_id
            if session.expires is not None:
                yield Due(session.expires, DueKind.ACCESS_TOKEN_EXPIRED, *who)
            if session.refresh_token is not None and session.refresh_expires is not None:
                yield Due(session.refresh_expires, DueKind.REFRESH_TOKEN_EXPIRED, *who)

    def add(self, session: Session) -> None:
        """Schedule the session's removal by its current times."""
        self._all[session] = None
        self._endings.schedule(session, session.forgotten)

    def remove(self, session: Session) -> None:
        """Remove it."""
        del self._all[session]
        self._endings.schedule(session, None)

    def take_forgotten(self, now: datetime, most: int) -> Iterator[Session]:
        """Remove the expired ones; `most` of them."""
        for _, sessions in self._endings.due(now, most):
            for session in sessions:
                del self._all[session]
                yield session

    def start(self, now: datetime) -> None:
        """Restart all lifetimes of each session."""
        for session in self._all:
            session.start(now)
            self._endings.schedule(session, session.forgotten)


def session_like(world: World, caller: Caller) -> Session:
    """A log-in in a world as whoever made a call, which is none of those that the world knows."""
    return Session(
        world,
        caller.extension,
        caller.client_id,
        caller.token,
        endpoint_id=caller.endpoint_id,
        session_id=caller.session_id,
        permissions=caller.permissions,
        is_of_connection=caller.is_of_connection,
    )
