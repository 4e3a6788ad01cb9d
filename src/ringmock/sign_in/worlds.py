"""The registry of worlds, and the world of each client and token.

Client credentials select the world: those of the fixture its default world, any others a new fork of the template. So
tests in parallel on one port never share a world.
"""

import json
import logging
import re
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ..domain.account import Extension
from ..domain.agenda import Agenda
from ..domain.due import Due, DueKind
from ..domain.generation import Generation
from ..server_limits import DEFAULT, ServerLimits, option_of
from ..world.capacity import Capacity
from ..world.clock import RealTime, real_time
from ..world.fork import FORKED, copy_into, go_on_as_fork
from ..world.history.commands import Caller, Command
from ..world.history.durable import DurableHistory
from ..world.history.log import Claimed, GroupCommit, Head, HistoryLog, NameClosed, NameFreed, Opened
from ..world.history.moment import Moment
from ..world.history.world_history import History, NotKept, Room
from ..world.template import Application, Key, Template
from ..world.world import World
from . import assertions
from .assertions import BY_PUBLIC_KEY, BY_SECRET, Assertion
from .authorization import Challenge, Codes, Consent, expiry_of_code
from .followed import Difference, Followed, Replay
from .lifetimes import Lifetimes
from .permissions import Permissions, permissions_after_refresh
from .restored_log_ins import LogInsAgain
from .sessions import (
    CORRUPTED,
    ClientAssertionInvalid,
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
    TooManyWorlds,
    UnknownClient,
    WrongClientSecret,
    able_to_log_in,
    is_before,
)
from .world_slots import WHOLE, Share, marked, slot_of

log = logging.getLogger("ringmock")

_WELL_FORMED = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_OWN_TOKEN = re.compile(r"[AR]T-[A-Za-z0-9_-]{32}")

_TAGGED = 1000
"""Sessions of other worlds that are known in one."""

_FORGOTTEN_TOGETHER = 500
"""The maximum of ended sessions that a new session removes."""

MOST_QUOTED = 500
"""Bytes of an answer that a line of the log quotes."""


COMPARED = 16
"""Of so many answers one is compared when a world is made of its history by the version that has made that."""


TokenSource = Callable[[], str]
"""Makes 32 random characters of `A-Za-z0-9_-`."""


def random_token() -> str:
    """32 characters from the operating system's randomness."""
    return secrets.token_urlsafe(24)


class Worlds:
    """The registry: applications to worlds, tokens to sessions."""

    again: LogInsAgain | None = None
    """The log-ins of the world whose history is just done again, to go on from there."""

    template_of: Callable[[Any], Template] | None = None
    """Makes a template of what a world was opened from; None without a log, and before `restore`."""

    def __init__(
        self,
        template: Template,
        *,
        open_worlds: bool = True,
        generation: Generation | None = None,
        real_time: RealTime = real_time,
        token_source: TokenSource = random_token,
        kind: type[World] = World,
        limits: ServerLimits = DEFAULT,
        commits: GroupCommit | None = None,
        share: Share = WHOLE,
    ) -> None:
        """`open_worlds`: whether well-formed client credentials that the fixture does not have open a world.

        `kind`: the class of the worlds, for tests that change rules. `limits`: the limits of the server. `commits`: of
        the log that keeps the histories; without one they end with the server. What the log has is there after
        `restore`. `share`: which worlds of the log are this process's, where several serve it.
        """
        self.limits = limits
        self._begin_log(commits, share)
        self.room = Capacity(limits)
        self.forgotten: Counter[str] = Counter()
        """How many valid entries were dropped, by the limit that caused it."""
        self.template, self._open_worlds = template, open_worlds
        self._generation = generation
        self.moment = real_time if isinstance(real_time, Moment) else Moment(real_time)
        self._token_source = partial(self.moment.draw, token_source)
        self._history_room = Room(limits)
        self.replay: Replay | None = None
        """Does the commands of a world again, by whoever serves it."""
        self._kind = kind
        self._sessions: dict[str, Session] = {}
        self._refreshable: dict[str, Session] = {}
        self._log_ins: dict[World, _LogIns] = {}
        self._closed: dict[str, None] = {}
        self._worlds: dict[str, World] = {}
        self._lifetimes = Lifetimes(self._worlds, self._end_world, timedelta(seconds=limits.world_ttl))
        self._tagged: dict[World, dict[str, Session]] = {}
        self._codes = Codes(limits.max_codes, lambda: self.note_forgotten("max_codes"))
        self._applications = {application.client_id: application for application in template.applications}
        self._secrets = {app.client_id: app.client_secret for app in template.applications}
        self._have_default(self._default_world(self._heads))

    def _have_default(self, world: World, ready_made: Mapping[str, Session] | None = None) -> None:
        """`ready_made`: the log-ins of the fixture's own tokens there, where they are not new."""
        self.default = world
        self._worlds.update(dict.fromkeys(self._applications, world))
        self._ready_made = self._ready_made_of(world) if ready_made is None else ready_made
        self._sessions.update(self._ready_made)

    def _ready_made_of(self, world: World) -> Mapping[str, Session]:
        """The log-ins of the fixture's own access tokens, by these, for what is its own world."""
        return {
            credentials.access_token: Session(world, number, "", credentials.access_token, endpoint_id=number)
            for number, credentials in self.template.credentials.items()
            if credentials.access_token is not None
        }

    def _default_world(self, heads: Sequence[Head]) -> World:
        """The fixture's own; where another process has it, what stands for it here."""
        head = next((head for head in heads if not head.name), None)
        return self._new_world(head=head, is_kept=self.share.has(""))

    def _begin_log(self, commits: GroupCommit | None, share: Share) -> None:
        self.commits, self.share = commits, share
        self.on_default: Callable[[World], object] = lambda _: None
        """Called with the fixture's own world, or what stands for it, whenever it is another one."""
        self.lent: dict[str, Session | TokenRefused] = {}
        """By their tokens, log-ins of worlds that another process has, or why they are none: for calls that name
        another world than that of their token."""
        self._largest = 0
        self._heads = [] if commits is None else self._own_heads(commits.log)
        self._numbers: dict[int, Iterator[int]] = {}
        """Those of new worlds in the log, by the places of these."""
        self._followed: dict[int, Followed] = {}
        """By their numbers in the log, the worlds that do not live yet."""

    def _own_heads(self, history_log: HistoryLog) -> list[Head]:
        heads = history_log.heads()
        self._largest = max((head.world for head in heads), default=0)
        return [head for head in heads if self.share.has(head.name)]

    def note_forgotten(self, limit: str) -> None:
        """Count a valid entry that was dropped because of this limit."""
        if not self.forgotten[limit]:
            log.warning("valid entries were dropped because of %s; GET /_mock/usage has their number", option_of(limit))
        self.forgotten[limit] += 1

    @property
    def log_ins(self) -> int:
        """The number of sessions of all worlds."""
        return len(self._sessions)

    def __len__(self) -> int:
        return len(set(map(id, self._worlds.values())))

    def application(self, client_id: str) -> Application:
        """The application of a client id; one that the fixture does not have has all permissions.

        Raises `UnknownClient`, also for a client whose world was closed: a late sign-in must not open a world that
        nothing closes.
        """
        if client_id in self._applications:
            return self._applications[client_id]
        if client_id in self._worlds:
            return Application(client_id)
        if not self._open_worlds or client_id in self._closed or not _WELL_FORMED.fullmatch(client_id):
            raise UnknownClient(client_id)
        return Application(client_id)

    def world_of_client(self, client_id: str, client_secret: str | None, name: str | None = None) -> World:
        """The application's world, opened when it is new; the one of this name, where a call names one.

        Raises `UnknownClient`, `WrongClientSecret` or `TooManyWorlds`.
        """
        world = self.world_before_sign_in(client_id, name)
        known = self._secrets.setdefault if name is None else self._secrets.get
        if name is None and client_id not in self._secrets:
            self._note(world, lambda number: Claimed(number, client_secret))
        if known(client_id, client_secret) != client_secret:
            raise WrongClientSecret(client_id)
        return world

    def client_by_assertion(self, assertion: str, client_id: str | None, audiences: Collection[str]) -> str:
        """The client id of the application that a client assertion proves; `client_id` is the one of the form.

        The signature of an application that is not in the fixture and has sent no secret cannot be verified. The
        assertion is checked against real time, because applications use their own clock. Raises
        `ClientAssertionInvalid` or `UnknownClient`.
        """
        said = assertions.read(assertion)
        if said is None:
            raise ClientAssertionInvalid("the client assertion is no JWT")
        named = said.claims.get("iss")
        if not isinstance(named, str) or said.claims.get("sub") != named or client_id not in (None, named):
            raise ClientAssertionInvalid("iss and sub of the client assertion are not the client id")
        application = self.application(named)
        if not self._is_signed_by(said, application):
            raise ClientAssertionInvalid("the client assertion is not signed with the client's key")
        problem = said.problem(audiences, self.moment())
        if problem is not None:
            raise ClientAssertionInvalid(f"of the client assertion, {problem}")
        return application.client_id

    def _is_signed_by(self, said: Assertion, application: Application) -> bool:
        secret, public_key = self._secrets.get(application.client_id), application.public_key
        if application.client_id not in self._applications and secret is None:
            return said.algorithm in (*BY_PUBLIC_KEY, *BY_SECRET)
        return any(said.is_signed_with(key) for key in (Key(secret=secret), Key(public_key=public_key)))

    def world_before_sign_in(self, client_id: str, name: str | None = None) -> World:
        """As `world_of_client`, for the log-in page: the user authenticates first, the application later."""
        self.application(client_id)
        return self.world_of_name(client_id if name is None else name)

    def world_of_name(self, name: str) -> World:
        """The world of this name, opened when it is new. Raises `UnknownClient` or `TooManyWorlds`."""
        now = self.moment()
        self._lifetimes.close_ended(now)
        world = self._worlds.get(name)
        if world is None:
            if not self.share.has(name):
                raise UnknownClient(name)
            self.application(name)
            world = self._opened(name, self._new_world(self.template, name=name))
        world.used = now
        return world

    def _make_room_for_world(self, name: str) -> None:
        if len(self._worlds) - len(self._applications) < self.limits.max_worlds:
            return
        if not self._lifetimes.close_oldest(self.moment()):
            raise TooManyWorlds(name)
        self.note_forgotten("max_worlds")

    def _opened(self, name: str, world: World, fixture: Any = None) -> World:
        world.fixture = fixture
        said = None if fixture is None else json.dumps(fixture)
        self._note(world, lambda number: Opened(number, name, world.opened, said))
        return self._filed(name, world)

    def _filed(self, name: str, world: World) -> World:
        world.name = name
        self._worlds[name] = world
        self._lifetimes.add(name, world)
        return world

    def open_world(self, name: str, template: Template | None = None, fixture: Any = None) -> World:
        """A new world, of this template where it is not the fixture's; the name may be one that was closed.

        `fixture` is what the template was made from, as JSON has it: the state of the server says it. Raises
        `ValueError` for a name that is taken or none, and `TooManyWorlds`.
        """
        self._lifetimes.close_ended(self.moment())
        if not _WELL_FORMED.fullmatch(name):
            raise ValueError(f"{name!r} is no name: it has 1 to 64 of A-Z, a-z, 0-9 and . _ ~ -.")
        if name in self._worlds:
            raise ValueError(f"There is a world {name!r} already: close it, or choose another name.")
        if name in self._closed:
            del self._closed[name]
            self._note_name(NameFreed(name))
        return self._opened(name, self._new_world(template or self.template, name=name), fixture)

    def all_worlds(self) -> Iterator[tuple[str, World]]:
        """Every world but the fixture's own, by name, the newest first."""
        self._lifetimes.close_ended(self.moment())
        found = reversed(tuple(self._worlds.items()))
        return ((name, world) for name, world in found if world is not self.default)

    def now(self) -> datetime:
        """The real time."""
        return self.moment()

    def use(self, world: World) -> None:
        """Note that a world is called."""
        world.used = self.moment()

    def known_world(self, client_id: str, client_secret: str | None) -> World | None:
        """The world that these client credentials have opened, None when there is none."""
        is_known = client_id in self._worlds and self._secrets.get(client_id) == client_secret
        return self._worlds[client_id] if is_known else None

    def world_named(self, client_id: str) -> World | None:
        """The world that an application has opened, or a call has named; None when there is none."""
        world = self._worlds.get(client_id)
        if world is None or world is self.default or not self._lifetimes.has_ended(world, self.moment()):
            return world
        self._end_world(client_id)
        return None

    def client_of(self, world: World) -> str:
        """An application whose world it is; an empty text where the fixture names none."""
        return world.name or next(iter(self._applications), "")

    def close_world(self, client_id: str) -> None:
        """Forget an application that no fixture names, with its world and every log-in to it."""
        if client_id in self._worlds:
            self._end_world(client_id)
        self._closed[client_id] = None
        self._note_name(NameClosed(client_id))
        if len(self._closed) > self.limits.max_closed_worlds:
            oldest = next(iter(self._closed))
            del self._closed[oldest]
            self._note_name(NameFreed(oldest))
            self.note_forgotten("max_closed_worlds")

    def _end_world(self, name: str) -> None:
        """Close a world, which whoever comes back under its name opens anew."""
        world = self._worlds[name]
        assert world is not self.default
        del self._worlds[name]
        self._secrets.pop(name, None)
        world.close()

    def _life_ended(self, world: World) -> None:
        """Called after a reset, which restarts the lifetimes of the world's sessions, or a close, which ends them."""
        if world.is_closed:
            self._codes.forget(world)
            self._tagged.pop(world, None)
            for session in self._log_ins.pop(world):
                self._forget(session)
            return
        self._start_log_ins(world)

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
        if not self.application(client_id).may_use("refresh_token"):
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
        with self.moment.held():
            session.start(world.clock.now())
            self._file(session)
            world.history.add("log-in", session.state)
        return session

    def _make_room_for_log_in(self, client_id: str) -> None:
        if len(self._sessions) < self.limits.max_log_ins:
            return
        for world, log_ins in self._log_ins.items():
            for over in log_ins.take_forgotten(world.clock.now(), _FORGOTTEN_TOGETHER):
                self._forget(over)
            if len(self._sessions) < self.limits.max_log_ins:
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
        with self.moment.held():
            own.start(session.world.clock.now())
            self._file(own)
            own.world.history.add("log-in", own.state)
        return own

    def close_connection(self, session: Session) -> None:
        """End the session of a connection, if it has not expired."""
        if self._sessions.get(session.access_token) is session:
            self._log_ins[session.world].remove(session)
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
        self._log_ins[world].add(old)
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
        """The consent behind a code. `is_proven`: the application authenticated by an assertion.

        Raises as `Codes.take` does, `ClientAuthenticationMissing` when the application sent neither a secret, an
        assertion nor a code verifier, and `ExtensionCannotLogIn`.
        """
        holder = self._codes.consent_of(code, client_id)
        if holder is not None:
            holder.world.history.add("code-used", code)
        consent = self._codes.take(code, client_id, redirect_uri, verifier)
        if consent.challenge is None and self._secrets.get(client_id) is None and not is_proven:
            raise ClientAuthenticationMissing(client_id)
        able_to_log_in(consent.world.account.extensions[consent.extension_number])
        return consent

    # --- calls -----------------------------------------------------------------------------------

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

        Raises `TokenExpired`, `TokenReplaced`, `TokenUnknown` or `TokenInvalid`.
        """
        session = self._sessions.get(access_token)
        if session is not None:
            self._note_use(session.world)
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

    def _note_use(self, world: World) -> None:
        """Note that a world is called; one that nobody has called for too long is closed instead."""
        now = self.moment()
        if world.name and self._lifetimes.has_ended(world, now):
            self._end_world(world.name)
        world.used = now

    def session_in(self, access_token: str, name: str) -> Session:
        """The same log-in, in the world that the call names, which is opened when it is new.

        The ready-made tokens of that world's fixture are good there too. Raises as `session_of` and `world_of_name`.
        """
        world = self.world_of_name(name)
        if world.template is not self.template:
            for number, credentials in world.template.credentials.items():
                if credentials.access_token == access_token:
                    return self._in_world(world, Session(world, number, "", access_token, endpoint_id=number))
        return self._in_world(world, self.session_here_or_lent(access_token))

    def session_here_or_lent(self, access_token: str) -> Session:
        """As `session_of`, also of a token of another process. Raises as that does."""
        lent = None if access_token in self._sessions else self.lent.get(access_token)
        if isinstance(lent, TokenRefused):
            raise type(lent)
        return self.session_of(access_token) if lent is None else lent

    def lend(self, token: str, lent: Caller | TokenRefused) -> None:
        """Know a log-in that another process has, or why its token is refused there, for the next call with it."""
        self.lent.pop(token, None)
        self.lent[token] = lent if isinstance(lent, TokenRefused) else _session_of(self.default, lent)
        if len(self.lent) > _TAGGED:
            del self.lent[next(iter(self.lent))]

    def _in_world(self, world: World, session: Session) -> Session:
        """As whom the session's extension is signed in in another world. Raises `TokenInvalid` where it has none."""
        if session.world is world and session.access_token in self._sessions:
            return session
        known = self._tagged.setdefault(world, {})
        there = known.get(session.access_token)
        if there is None or there.extension_number != session.extension_number:
            if session.extension_number not in world.account.extensions:
                raise TokenInvalid
            there = _session_of(world, session.caller._replace(is_of_connection=False))
            known[session.access_token] = there
            if len(known) > _TAGGED:
                del known[next(iter(known))]
        return there

    def session_as(self, session: Session, name: str) -> Session:
        """The session in the world of this name. Raises as `session_in`."""
        return self._in_world(self.world_of_name(name), session)

    def _new_world(
        self, template: Template | None = None, head: Head | None = None, *, name: str = "", is_kept: bool = True
    ) -> World:
        if template is not None and head is None:
            self._make_room_for_world("")
        template = template or self.template
        generation = self._generation if template is self.template else None
        history = self._new_history(name, head, is_kept=is_kept)
        world = self._kind(template, self.moment, generation, limits=self.limits, room=self.room, history=history)
        self._log_ins[world] = log_ins = _LogIns()
        world.expiries = log_ins.expiries
        world.log_ins = partial(self._events_of_log_ins, world)
        world.on_reset(partial(self._life_ended, world))
        return world

    def _new_history(self, name: str, head: Head | None, *, is_kept: bool) -> History:
        if self.commits is None or not is_kept:
            return History(self.moment, self.limits, self._history_room)
        number = self._new_number(name) if head is None else head.world
        return DurableHistory(self.moment, self.commits, number, self.limits, head)

    def _new_number(self, name: str) -> int:
        """For a new world in the log."""
        place = self.share.place_of(name)
        if place not in self._numbers:
            self._numbers[place] = self.share.numbers(name, self._largest)
        return next(self._numbers[place])

    # --- histories -------------------------------------------------------------------------------

    def _note(self, world: World, change: Callable[[int], Claimed | Opened]) -> None:
        """Have the log know of what changes a world beside its history, where there is one."""
        if self.commits is not None and isinstance(world.history, DurableHistory):
            self.commits.add(change(world.history.world))

    def _note_name(self, change: NameClosed | NameFreed) -> None:
        if self.commits is not None:
            self.commits.add(change)

    def restore(self, template_of: Callable[[Any], Template]) -> None:
        """Be what the log has: each world as it was, with its log-ins. For who serves them, before the first call.

        `template_of` makes a template of what a world was opened from. Raises `LogDamaged`, and what `template_of`
        does.
        """
        if self.commits is None:
            return
        if not self._heads:
            self._note_default()
        self._heads = []
        self.catch_up(template_of)
        self._live()

    def catch_up(self, template_of: Callable[[Any], Template]) -> None:
        """Be what the log has by now, but for the log-ins, which are there when the worlds live: after `restore`.

        For who stands by while another server writes the log. Raises as `restore` does.
        """
        assert self.commits is not None
        self.template_of = template_of
        log = self.commits.log
        heads = {head.world: head for head in self._own_heads(log)}
        self._closed = dict.fromkeys(name for name in log.closed_names() if self.share.has(name))
        for number, followed in tuple(self._followed.items()):
            if not followed.is_there(heads.get(number)):
                del self._followed[number]
                self._leave(followed.world)
        for head in heads.values():
            self._follow(head, log)

    def _follow(self, head: Head, log: HistoryLog) -> None:
        followed = self._followed.get(head.world)
        if followed is None:
            world = self._filed(head.name, self._world_of(head)) if head.name else self.default
            followed = Followed(world, head)
        elif followed.is_at(head):
            return
        world, history = followed.world, _history_of(followed.world)
        assert self.replay is not None, "no server answers for these worlds"
        if head.name and head.is_claimed:
            self._secrets[head.name] = head.secret
        is_continued = followed.is_continued(head, log)
        history.go_on_to(head)
        if not is_continued:
            ready_made = self._ready_made if world is self.default else {}
            followed.begin(LogInsAgain(world, ready_made), self.replay.begun(world, head.base, self._compared))
        self._followed[head.world] = followed
        with self._made_again(followed):
            followed.go_on(head, log)

    # --- worlds that come from other processes, and go to them -------------------------------------

    def coming(self, head: Head) -> Followed:
        """A world of the log that another process had, as it began. Nobody finds it until it has `arrived`.

        After `restore`. Raises what `template_of` does.
        """
        assert self.replay is not None, "nobody serves these worlds yet"
        world = self._world_of(head)
        followed = Followed(world, head)
        ready_made = {} if head.name else self._ready_made_of(world)
        followed.begin(LogInsAgain(world, ready_made), self.replay.begun(world, head.base, self._compared))
        self.go_on(followed, ())
        return followed

    def go_on(self, coming: Followed, commands: Iterable[tuple[int, Command]]) -> None:
        """Do commands of a world that comes, each with its number, behind those that were. Others are not served."""
        with self._made_again(coming):
            coming.do(commands)

    def give_up(self, coming: Followed) -> None:
        """Leave a world that comes to others."""
        coming.again.give_up()
        _history_of(coming.world).leave()
        coming.world.close()

    def arrived(self, place: int, coming: Collection[Followed], heads: Collection[Head], closed: Iterable[str]) -> None:
        """Have the worlds of one more place, which nobody else writes any more, and go on with them.

        `coming`: all of them, with their histories done. `heads` and `closed`: what the log has of all worlds, and the
        names that open none.
        """
        taken = Share(frozenset({place}), self.share.of)
        self.share = self.share._replace(places=self.share.places | taken.places)
        self._largest = max((head.world for head in heads), default=0)
        self._numbers.pop(place, None)
        self._closed.update(dict.fromkeys(name for name in closed if taken.has(name)))
        self._secrets.update({each.name: each.secret for each in heads if each.is_claimed and taken.has(each.name)})
        own = next((each for each in coming if not each.world.name), None)
        if own is not None:
            self._begin_default(own.world, own.log_ins.ready_made)
        elif taken.has(""):
            self._begin_default(self._default_world([]))
            self._note_default()
        for each in coming:
            if each is not own:
                self._filed(each.world.name, each.world)
            self._let_live(each)

    def leave(self, places: Collection[int]) -> None:
        """Have the worlds of these places no more: another process goes on with them, from the log.

        A call that is under way in one of them is refused.
        """
        left = Share(frozenset(places), self.share.of)
        self.share = self.share._replace(places=self.share.places - left.places)
        for name, world in tuple(self._worlds.items()):
            if world is not self.default and left.has(name):
                self._leave(world)
        self._closed = {name: None for name in self._closed if not left.has(name)}
        if left.has(""):
            self._begin_default(self._default_world([]))

    def _begin_default(self, world: World, ready_made: Mapping[str, Session] | None = None) -> None:
        """Have this as the fixture's own world, or for what stands for it, instead of the one before."""
        before = self.default
        if isinstance(before.history, DurableHistory):
            before.history.leave()
        before.close()
        self.lent.clear()
        self._have_default(world, ready_made)
        self.on_default(world)

    def _note_default(self) -> None:
        """Have the log know that the fixture's own world was opened."""
        self._note(self.default, lambda number: Opened(number, "", self.default.opened, None))

    def _world_of(self, head: Head) -> World:
        """What a world of the log begins as. Raises what `template_of` does."""
        assert self.template_of is not None, "nobody serves these worlds yet"
        fixture = None if head.fixture is None else json.loads(head.fixture)
        world = self._new_world(self.template if fixture is None else self.template_of(fixture), head)
        world.fixture, world.name = fixture, head.name
        return world

    @property
    def _compared(self) -> int:
        """Of so many answers of a world that is made again, one is compared."""
        return COMPARED if self.commits is not None and self.commits.log.was_served else 1

    def _leave(self, world: World) -> None:
        """Forget a world that another server has closed."""
        _history_of(world).leave()
        self._end_world(world.name)

    @contextmanager
    def _made_again(self, followed: Followed) -> Iterator[None]:
        self.again = followed.log_ins
        try:
            yield
        finally:
            self.again = None

    def _live(self) -> None:
        """Let all worlds go on from where the log is, with their log-ins; this server writes it from now on."""
        for followed in self._followed.values():
            self._let_live(followed)
        if self._followed:
            self._numbers = {}
        self._followed = {}

    def _let_live(self, followed: Followed) -> None:
        world, again = followed.world, followed.log_ins
        world.journal.left_out = followed.latest_call
        with self._made_again(followed):
            found = followed.again.end()
        world.opened, world.used = followed.opened, self.moment()
        for code, consent in again.codes.items():
            self._codes.add(code, consent)
        for session in again.sessions.values():
            self._file(session)
        if found is not None:
            log.warning(
                "command %d of world %s, %s, is answered otherwise by this version: by %d %s, not by %d %s",
                world.history.before + found.place + 1,
                world.name or "default",
                found.command.operation,
                found.status,
                found.answer[:MOST_QUOTED].decode("utf-8", "replace"),
                found.command.status,
                found.command.answer[:MOST_QUOTED].decode("utf-8", "replace"),
            )

    def draw(self, world: World) -> str:
        """32 random characters of `A-Za-z0-9_-`, known to the command that they are drawn for.

        With a log the first one says the slot of the world, for whoever has to find the process that has it.
        """
        drawn = self._token_source()
        return drawn if self.commits is None else marked(drawn, slot_of(world.name))

    def rewind(self, world: World, to: int | str) -> Difference | None:
        """Take a world back to a label, or to the number of a command. Its log-ins stay good, their times begin anew.

        Returns the first call that is answered differently now. Raises `NotKept`, `LogUnavailable` and `LogDamaged`,
        and changes nothing then.
        """
        history, journal = world.history, world.journal
        number = history.number_of(to)
        commands, base, after = list(history.commands(number)), history.base, history.call_after(number)
        assert base is not None
        assert self.replay is not None, "no server answers for these worlds"
        found = self.replay(world, base, commands)
        history.cut(number)
        if after is not None:
            journal.cut(after - 1)
        world.journal = journal
        self._start_log_ins(world)
        world.note_log_ins()
        return found

    def fork(self, name: str, origin: World, at: int | str | None = None) -> World:
        """A new world that begins as another one is; as it was at a label, or after a command of this number.

        Log-ins, connections and subscriptions stay with the origin. Raises as `open_world` does, `StoreFull` and
        `NotKept`; there is no new world then.
        """
        number = None if at is None else origin.history.number_of(at)
        if number is not None:
            origin.history.commands(number)
        world = self.open_world(name, origin.template, origin.fixture)
        try:
            if number is None:
                copy_into(world, origin)
            else:
                self._begin_as(world, origin.history, number)
        except BaseException:
            self.close_world(name)
            raise
        return world

    def fork_of_log(self, name: str, number: int, at: int | str | None = None) -> World:
        """As `fork`, of a world that another process has, by its number in the log: as the log has it now."""
        assert self.commits is not None
        head = next((each for each in self.commits.log.heads() if each.world == number), None)
        if head is None:
            raise NotKept("The world was closed meanwhile.")
        history = DurableHistory(self.moment, self.commits, number, self.limits, head)
        until = head.latest if at is None else history.number_of(at)
        history.commands(until)
        fixture = None if head.fixture is None else json.loads(head.fixture)
        assert self.template_of is not None, "nobody serves these worlds yet"
        world = self.open_world(name, self.template if fixture is None else self.template_of(fixture), fixture)
        try:
            self._begin_as(world, history, until)
        except BaseException:
            self.close_world(name)
            raise
        return world

    def _begin_as(self, world: World, origin: History, number: int) -> Difference | None:
        commands, base = origin.commands(number), origin.base
        assert base is not None
        assert self.replay is not None, "no server answers for these worlds"
        world.history.continue_from(origin, number)
        found = self.replay(world, base, commands, COMPARED)
        go_on_as_fork(world)
        world.history.add(FORKED)
        return found

    def session_again(self, world: World, caller: Caller) -> Session:
        """The log-in with which a call of a world's history was made; one like it where it is none of the world's."""
        again = self.again
        known = again.session(caller.token) if again is not None and again.world is world else None
        known = known or self._sessions.get(caller.token)
        if known is not None and known.world is world:
            return known
        return _session_of(world, caller)

    def _events_of_log_ins(self, world: World) -> Iterator[tuple[str, Sequence[Any]]]:
        """What makes the log-ins and codes of a world as they are now."""
        yield "log-ins", self._log_ins[world].states()
        for code, consent in self._codes.of(world).items():
            yield "code", (code, consent.state)

    def _start_log_ins(self, world: World) -> None:
        now = world.clock.now()
        self._codes.start(world, now)
        self._log_ins[world].start(now)

    def _token(self, kind: str, world: World) -> str:
        return f"{kind}-{self.draw(world)}"

    def _file(self, session: Session) -> None:
        """Store a new session until both of its tokens have expired."""
        if session.world.is_closed:
            raise UnknownClient(session.client_id)
        log_ins = self._log_ins[session.world]
        for over in log_ins.take_forgotten(session.world.clock.now(), _FORGOTTEN_TOGETHER):
            self._forget(over)
        self._sessions[session.access_token] = session
        if session.refresh_token is not None:
            self._refreshable[session.refresh_token] = session
        log_ins.add(session)

    def _forget(self, session: Session) -> None:
        del self._sessions[session.access_token]
        if session.refresh_token is not None:
            del self._refreshable[session.refresh_token]


class _LogIns:
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


def _history_of(world: World) -> DurableHistory:
    """That of a world of the log."""
    assert isinstance(world.history, DurableHistory)
    return world.history


def _session_of(world: World, caller: Caller) -> Session:
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
