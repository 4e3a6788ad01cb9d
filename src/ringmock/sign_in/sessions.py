"""Sessions: an access token and a refresh token, and the reasons for which one may be refused."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ..domain.account import Account, Extension, digits_of
from ..world.history.commands import Caller
from ..world.history.serialization import written
from ..world.template import Credentials, Template
from . import assertions

if TYPE_CHECKING:
    from ..world.world import World

DEFAULT_ACCESS_TTL = 3600
MIN_ACCESS_TTL = 600
DEFAULT_REFRESH_TTL = 604800

AFTER_FIRST_USE = timedelta(seconds=10)
"""For how long an old refresh token is still answered when the new access token is in use."""

UNUSED = timedelta(hours=1)
"""For how long it is answered when the new access token is not used at all."""

CORRUPTED = timedelta(seconds=10)
"""How long a replaced access token is answered differently from an unknown one."""

OPENID = "openid"


class SignInRefused(Exception):
    """A sign-in that cannot be granted; the subclass says why."""


class CredentialsIncomplete(SignInRefused):
    """The user name or the password is missing."""


class WrongCredentials(SignInRefused):
    """No such user, or another password."""


class UnparseableAssertion(SignInRefused):
    """A JWT that the fixture does not have."""


class AssertionInvalid(SignInRefused):
    """A JWT without a valid signature or with invalid claims; `value` is the reason."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class ExtensionNotFound(SignInRefused):
    """A JWT with a valid signature whose `sub` is no extension's id."""


class ExtensionCannotLogIn(SignInRefused):
    """The credentials are right and the extension is not Enabled (D-08)."""


class ClientAuthenticationMissing(SignInRefused):
    """Neither a Basic header, nor a client assertion, nor a client id in the form."""


class UnknownClient(SignInRefused):
    """A client id, which is `value`, that no fixture names, where only named ones may sign in."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class ClientAssertionInvalid(SignInRefused):
    """A client assertion that does not prove an application; `value` is why."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class WrongClientSecret(SignInRefused):
    """Another secret than the client's first one."""


class TooManyLogIns(SignInRefused):
    """The server stores no more sessions; `value` is the client id."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class TooManyWorlds(SignInRefused):
    """No further world can be opened."""


class UnsupportedGrantType(SignInRefused):
    """A grant type that the server does not support."""


class GrantTypeNotAllowed(SignInRefused):
    """A grant type that the application's fixture does not list."""


class PartnersOnly(SignInRefused):
    """`client_credentials`, which the service reserves for partners."""


class RedirectUriNotRegistered(SignInRefused):
    """A log-in page requested by an application that has no redirect URI."""


class RedirectUriMismatch(SignInRefused):
    """Another redirect URI than the registered ones, or than the one with which the code was requested."""


class AuthorizationCodeInvalid(SignInRefused):
    """A code that was used, never issued, or issued to another application."""


class AuthorizationCodeExpired(SignInRefused):
    """An expired code, by its world's clock."""


class CodeVerifierMismatch(SignInRefused):
    """The code verifier is missing, or does not match the code challenge."""


class ScopeInvalid(SignInRefused):
    """Permissions that no token can have, or this one cannot, which are `value`."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class RefreshTokenDead(SignInRefused):
    """A refresh token that was used or never issued."""


class RefreshTokenRevoked(SignInRefused):
    """The refresh token of a session that was revoked."""


class TokenRefused(Exception):
    """A bearer token that opens nothing; the subclass says why."""


class TokenExpired(TokenRefused):
    """The token's time is over, by its world's clock."""


class TokenReplaced(TokenRefused):
    """The session was refreshed: this is the access token from before."""


class TokenUnknown(TokenRefused):
    """Once issued and revoked since, or made up in the shape of ours."""


class TokenInvalid(TokenRefused):
    """Not a token that this server could have issued."""


@written
class LogIn(NamedTuple):
    """The content of an id token: the time of the log-in, and the application's nonce."""

    at: datetime
    nonce: str | None = None


@dataclass(slots=True, eq=False)
class Session:
    """One log-in until its next refresh. Times are aware UTC of the session's world; None means never.

    The service behaves like this on a refresh, by measurement: a client that lost the answer can repeat the refresh and
    gets the same pair, until shortly after the first use of the new access token. The old access token is answered as
    "corrupted" at once, and later as unknown.
    """

    world: "World" = field(repr=False)
    extension_number: str
    client_id: str
    access_token: str
    endpoint_id: str
    refresh_token: str | None = None
    access_ttl: int = DEFAULT_ACCESS_TTL
    refresh_ttl: int = DEFAULT_REFRESH_TTL
    expires: datetime | None = None
    refresh_expires: datetime | None = None
    session_id: str = ""
    """Unchanged by refreshes."""
    log_in: LogIn | None = None
    """None when no id token was requested."""
    permissions: frozenset[str] | None = None
    """What the application may do with the tokens; None for everything."""
    used: datetime | None = None
    """When the access token was first used."""
    replaced: datetime | None = None
    """When a refresh replaced this session by `replaced_by`; its access token is no longer valid."""
    replaced_by: "Session | None" = field(default=None, repr=False)
    is_revoked: bool = False
    is_of_connection: bool = False
    """Whether it is a WebSocket's own, whose tokens nobody has."""
    _caller: Caller | None = field(default=None, repr=False)

    @property
    def caller(self) -> Caller:
        """What it says of a call, for as long as it is there."""
        if self._caller is None:
            self._caller = Caller(
                self.extension_number,
                self.client_id,
                self.access_token,
                self.permissions,
                self.endpoint_id,
                self.session_id,
                self.is_of_connection,
            )
        return self._caller

    @property
    def state(self) -> "SessionState":
        """All of it but the world, as a history writes it."""
        values = {name: getattr(self, name) for name in SessionState._fields if name != "replaced_by"}
        by = None if self.replaced_by is None else self.replaced_by.access_token
        return SessionState(**values, replaced_by=by)

    @property
    def extension(self) -> Extension:
        """The extension as it is now."""
        return self.world.account.extensions[self.extension_number]

    @property
    def is_open(self) -> bool:
        """Whether it was neither replaced nor revoked; it may have expired."""
        return self.replaced is None and not self.is_revoked

    def start(self, now: datetime) -> None:
        """Start all lifetimes now: at the log-in, and again after a reset of its world."""
        self.expires, self.refresh_expires = later(now, self.access_ttl), later(now, self.refresh_ttl)
        self.used, self.replaced = self.used and now, self.replaced and now

    def replace(self, new: "Session", now: datetime) -> None:
        """Replace this session by the refreshed one."""
        self.replaced, self.replaced_by = now, new

    def answer_again(self, now: datetime) -> "Session | None":
        """The session that replaced this one; None when it is too late to repeat the refresh.

        A session whose own tokens have expired is not returned.
        """
        new = self.replaced_by
        if new is None or self.replaced is None or not new.is_open or not is_before(now, self.replaced, UNUSED):
            return None
        if new.used is not None and not is_before(now, new.used, AFTER_FIRST_USE):
            return None
        return None if new.has_expired(now) or new.can_no_more_be_refreshed(now) else new

    def has_expired(self, now: datetime) -> bool:
        """Whether the access token's time is over."""
        return self.expires is not None and self.expires <= now

    def can_no_more_be_refreshed(self, now: datetime) -> bool:
        """Whether it has a refresh token that has expired."""
        return self.refresh_token is not None and self.refresh_expires is not None and self.refresh_expires <= now

    def left(self, now: datetime) -> tuple[int, int]:
        """The remaining seconds of the access token and of the refresh token, rounded up."""
        return _seconds_to(self.expires, now, self.access_ttl), _seconds_to(self.refresh_expires, now, self.refresh_ttl)

    @property
    def forgotten(self) -> datetime | None:
        """When both of its tokens have expired; None for never."""
        if self.replaced is not None:
            return later(self.replaced, UNUSED.total_seconds())
        if self.expires is None or (self.refresh_token is not None and self.refresh_expires is None):
            return None
        return self.expires if self.refresh_token is None else max(self.expires, self.refresh_expires or self.expires)


@written
class SessionState(NamedTuple):
    """The fields of a `Session`, of which `replaced_by` is an access token."""

    extension_number: str
    client_id: str
    access_token: str
    endpoint_id: str
    refresh_token: str | None
    access_ttl: int
    refresh_ttl: int
    expires: datetime | None
    refresh_expires: datetime | None
    session_id: str
    log_in: LogIn | None
    permissions: frozenset[str] | None
    used: datetime | None
    replaced: datetime | None
    replaced_by: str | None
    is_revoked: bool
    is_of_connection: bool


def later(moment: datetime, seconds: float) -> datetime | None:
    """A moment plus seconds; None beyond the year 9999."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None


def is_before(now: datetime, since: datetime, end: timedelta) -> bool:
    """Whether less than this time has passed since a moment."""
    return now - since < end


def _seconds_to(end: datetime | None, now: datetime, lifetime: int) -> int:
    return lifetime if end is None else max(0, math.ceil((end - now).total_seconds()))


def asks_for_id_token(scope: str | None) -> bool:
    """Whether the requested permissions, separated by spaces, include those of OpenID Connect."""
    return OPENID in (scope or "").split()


def access_ttl(asked: str | None) -> int:
    """Seconds, between 600 and 3600. Clients send -1, NaN and empty texts, which count as absent."""
    return max(MIN_ACCESS_TTL, min(_seconds(asked, DEFAULT_ACCESS_TTL), DEFAULT_ACCESS_TTL))


def refresh_ttl(asked: str | None) -> int:
    """Seconds, at most a week; 0 and below mean that no refresh token is issued."""
    return max(0, min(_seconds(asked, DEFAULT_REFRESH_TTL), DEFAULT_REFRESH_TTL))


def _seconds(asked: str | None, default: int) -> int:
    digits = (asked or "").removeprefix("-")
    return int(asked or "") if digits.isascii() and digits.isdigit() and len(digits) < 12 else default


def extension_by_password(
    template: Template, account: Account, username: str | None, extension: str | None, password: str | None
) -> Extension:
    """The extension that signs in with a password.

    The user name is a direct number, or the main number with an extension number (alone, it is the administrator's), or
    a name from the fixture; `number*extension` is one text with both. Raises `CredentialsIncomplete`,
    `WrongCredentials` or `ExtensionCannotLogIn`.
    """
    if not username or not password:
        raise CredentialsIncomplete
    found = extension_named(template, account, username, extension or "")
    if found is None or template.credentials.get(found.number, Credentials()).password != password:
        raise WrongCredentials
    return able_to_log_in(found)


def extension_by_jwt(
    template: Template, account: Account, assertion: str | None, audiences: Collection[str], now: datetime
) -> Extension:
    """The extension that signs in with a JWT: the one whose fixture entry has this exact text.

    When the fixture has keys, also the one whose id is the `sub` of a JWT with a valid signature and one of the
    audiences. Raises `UnparseableAssertion`, `AssertionInvalid`, `ExtensionNotFound` or `ExtensionCannotLogIn`.
    """
    given = _extension_given(template, account, assertion)
    if given is not None:
        return able_to_log_in(given)
    said = assertions.read(assertion or "") if template.jwt_keys else None
    if said is None:
        raise UnparseableAssertion
    if not any(map(said.is_signed_with, template.jwt_keys)):
        raise AssertionInvalid("it is signed with no known key")
    problem = said.problem(audiences, now)
    if problem is not None:
        raise AssertionInvalid(problem)
    found = _extension_of_subject(account, said)
    if found is None:
        raise ExtensionNotFound
    return able_to_log_in(found)


def extension_claimed(template: Template, account: Account, assertion: str) -> Extension | None:
    """The extension that a JWT names, verified or not; None for none."""
    given = _extension_given(template, account, assertion)
    said = assertions.read(assertion) if given is None else None
    return given if said is None else _extension_of_subject(account, said)


def _extension_given(template: Template, account: Account, assertion: str | None) -> Extension | None:
    """Whom the fixture gives this very text."""
    for number, credentials in template.credentials.items():
        if assertion and credentials.jwt == assertion:
            return account.extensions[number]
    return None


def _extension_of_subject(account: Account, said: assertions.Assertion) -> Extension | None:
    user = str(said.claims.get("sub"))
    return account.extension_by_id(int(user)) if re.fullmatch(r"[0-9]{1,19}", user) else None


def extension_named(template: Template, account: Account, username: str, extension: str) -> Extension | None:
    """The extension that a sign-in with a password names, valid or not; None for none."""
    username, extension = username.strip(), extension.strip()
    for number, credentials in template.credentials.items():
        if credentials.user_name is not None and credentials.user_name == username:
            return account.extensions[number]
    phone, _, after_star = username.partition("*")
    number, extension = digits_of(phone.strip()), extension or after_star
    if number == account.main_number:
        if extension:
            return account.extensions.get(extension)
        return next((e for e in account.extensions.values() if e.administrator), None)
    owner = account.owner_of(number)
    return owner if owner is not None and extension in ("", owner.number) else None


def able_to_log_in(extension: Extension) -> Extension:
    """The extension itself; raises `ExtensionCannotLogIn`."""
    if not extension.can_log_in:
        raise ExtensionCannotLogIn
    return extension
