"""Which world a client or a token belongs to.

Client credentials choose the world: those of the fixture its first one, any others a fresh fork of the template,
so that tests which run in parallel on one port never meet.
"""

import re
import secrets
from collections import deque
from collections.abc import Callable

from .clock import RealTime, real_time
from .domain.account import Extension
from .domain.generation import Generation
from .sessions import (
    RefreshTokenDead,
    Session,
    TokenExpired,
    TokenInvalid,
    TokenReplaced,
    TokenUnknown,
    TooManyWorlds,
    UnknownClient,
    WrongClientSecret,
)
from .template import Template
from .world import World

MAX_WORLDS = 10_000
REMEMBERED_REPLACED_TOKENS = 100
"""The service, too, soon forgets which tokens a refresh replaced, and calls them unknown."""

_WELL_FORMED = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_OWN_TOKEN = re.compile(r"[AR]T-[A-Za-z0-9_-]{32}")

TokenSource = Callable[[], str]
"""Makes 32 characters of `A-Za-z0-9_-` that nobody can guess."""


def random_token() -> str:
    """32 characters from the operating system's randomness."""
    return secrets.token_urlsafe(24)


class Worlds:
    """The registry: applications to worlds, tokens to sessions."""

    def __init__(
        self,
        template: Template,
        *,
        open_worlds: bool = True,
        generation: Generation | None = None,
        real_time: RealTime = real_time,
        token_source: TokenSource = random_token,
        kind: type[World] = World,
    ) -> None:
        """`open_worlds`: whether well-formed client credentials that no fixture names open a world of their own.

        `kind`: the class of its worlds, for tests that want one which goes by other rules.
        """
        self.template = template
        self._open_worlds = open_worlds
        self._generation = generation
        self._real_time = real_time
        self._token_source = token_source
        self._kind = kind
        self.default = self._new_world()
        self._secrets = {app.client_id: app.client_secret for app in template.applications}
        self._worlds = dict.fromkeys(self._secrets, self.default)
        self._sessions: dict[str, Session] = {}
        self._refreshable: dict[str, Session] = {}
        self._replaced: deque[str] = deque(maxlen=REMEMBERED_REPLACED_TOKENS)
        for number, credentials in template.credentials.items():
            if credentials.access_token is not None:
                self._sessions[credentials.access_token] = Session(
                    self.default, number, "", credentials.access_token, endpoint_id=number
                )

    def __len__(self) -> int:
        return len(set(map(id, self._worlds.values())))

    def world_of_client(self, client_id: str, client_secret: str | None) -> World:
        """The application's world, opened when it is new.

        Raises `UnknownClient`, `WrongClientSecret` or `TooManyWorlds`.
        """
        if client_id in self._secrets:
            if self._secrets[client_id] != client_secret:
                raise WrongClientSecret(client_id)
            return self._worlds[client_id]
        if not self._open_worlds or not _WELL_FORMED.fullmatch(client_id):
            raise UnknownClient(client_id)
        if len(self._worlds) >= MAX_WORLDS:
            raise TooManyWorlds(client_id)
        self._secrets[client_id] = client_secret
        self._worlds[client_id] = self._new_world()
        return self._worlds[client_id]

    def known_world(self, client_id: str, client_secret: str | None) -> World | None:
        """The world that these client credentials have opened already, None where there is none."""
        is_known = client_id in self._secrets and self._secrets[client_id] == client_secret
        return self._worlds[client_id] if is_known else None

    def close_world(self, client_id: str) -> None:
        """Forget an application that no fixture names, with its world and every log-in to it."""
        world = self._worlds[client_id]
        assert world is not self.default
        for session in [session for session in self._sessions.values() if session.world is world]:
            self._forget(session)
        del self._worlds[client_id], self._secrets[client_id]

    def open_session(
        self,
        world: World,
        extension: Extension,
        client_id: str,
        *,
        endpoint_id: str | None = None,
        access_ttl: int,
        refresh_ttl: int,
    ) -> Session:
        """A new log-in with new tokens. Both lifetimes are in seconds; without the second no refresh token comes."""
        session = Session(
            world,
            extension.number,
            client_id,
            access_token=self._token("AT"),
            endpoint_id=endpoint_id or self._token_source(),
            refresh_token=self._token("RT") if refresh_ttl else None,
            access_ttl=access_ttl,
            refresh_ttl=refresh_ttl,
        )
        session.start(world.clock.now())
        self._file(session)
        return session

    def refresh(self, world: World, refresh_token: str | None) -> Session:
        """New tokens for an old log-in, whose own die at once. Raises `RefreshTokenDead`."""
        old = self._refreshable.get(refresh_token or "")
        now = world.clock.now()
        if old is None or old.world is not world or (old.refresh_expires is not None and old.refresh_expires <= now):
            raise RefreshTokenDead
        self._forget(old)
        self._replaced.append(old.access_token)
        return self.open_session(
            world,
            old.extension,
            old.client_id,
            endpoint_id=old.endpoint_id,
            access_ttl=old.access_ttl,
            refresh_ttl=old.refresh_ttl,
        )

    def revoke(self, world: World, token: str) -> None:
        """End the log-in that either of its tokens names; a token that opens nothing is no log-in to end."""
        session = self._sessions.get(token) or self._refreshable.get(token)
        if session is not None and session.world is world and session.expires is not None:
            self._forget(session)

    def session_of(self, access_token: str) -> Session:
        """The log-in that a bearer token stands for.

        Raises `TokenExpired`, `TokenReplaced`, `TokenUnknown` or `TokenInvalid`.
        """
        session = self._sessions.get(access_token)
        if session is None:
            raise self._refusal_of(access_token)
        if session.expires is not None and session.expires <= session.world.clock.now():
            raise TokenExpired
        return session

    def _refusal_of(self, access_token: str) -> Exception:
        if access_token in self._replaced:
            return TokenReplaced()
        return TokenUnknown() if _OWN_TOKEN.fullmatch(access_token) else TokenInvalid()

    def _new_world(self) -> World:
        return self._kind(self.template, self._real_time, self._generation)

    def _token(self, kind: str) -> str:
        return f"{kind}-{self._token_source()}"

    def _file(self, session: Session) -> None:
        self._sessions[session.access_token] = session
        if session.refresh_token is not None:
            self._refreshable[session.refresh_token] = session

    def _forget(self, session: Session) -> None:
        del self._sessions[session.access_token]
        if session.refresh_token is not None:
            del self._refreshable[session.refresh_token]
