"""Sessions: what an access token and a refresh token stand for, and why one may be refused."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from . import assertions
from .domain.account import Account, Extension, digits_of
from .template import Credentials, Template

if TYPE_CHECKING:
    from .world import World

DEFAULT_ACCESS_TTL = 3600
MIN_ACCESS_TTL = 600
DEFAULT_REFRESH_TTL = 604800
OPENID = "openid"


class SignInRefused(Exception):
    """A sign-in that cannot be granted; the subclass says why."""


class CredentialsIncomplete(SignInRefused):
    """The user name or the password is missing."""


class WrongCredentials(SignInRefused):
    """No such user, or another password."""


class UnparseableAssertion(SignInRefused):
    """A JWT that nobody was given."""


class AssertionInvalid(SignInRefused):
    """A JWT that is signed with no key of the fixture's, or says nothing here and now; `value` is why."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class ExtensionNotFound(SignInRefused):
    """A JWT, well signed, whose `sub` is no extension's id."""


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
    """Another secret than the one that the client is known by."""


class TooManyWorlds(SignInRefused):
    """No further world can be opened."""


class UnsupportedGrantType(SignInRefused):
    """A grant type that the server does not know."""


class GrantTypeNotAllowed(SignInRefused):
    """A grant type that the application's fixture leaves out."""


class PartnersOnly(SignInRefused):
    """`client_credentials`, which the service keeps for partners."""


class RedirectUriNotRegistered(SignInRefused):
    """A log-in page is asked for by an application that cannot be returned to."""


class RedirectUriMismatch(SignInRefused):
    """Another redirect URI than the registered ones, or than the one that the code was asked for with."""


class AuthorizationCodeInvalid(SignInRefused):
    """A code that was used, never issued, or issued to another application."""


class AuthorizationCodeExpired(SignInRefused):
    """A code that came too late, by its world's clock."""


class CodeVerifierMismatch(SignInRefused):
    """A code verifier that is missing, or does not make the challenge that the code was asked for with."""


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


class LogIn(NamedTuple):
    """What an id token is to tell of a log-in: when it was, and the application's own word for it."""

    at: datetime
    nonce: str | None = None


@dataclass(slots=True, eq=False)
class Session:
    """One log-in, as far as its next refresh. Times are aware UTC of the session's world; None never comes."""

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
    """Stays the same over refreshes."""
    replaces: str | None = None
    """The refresh token that this one was got with, until the access token is first used."""
    log_in: LogIn | None = None
    """None where no id token was asked for."""

    @property
    def extension(self) -> Extension:
        """The extension as it is now."""
        return self.world.account.extensions[self.extension_number]

    def start(self, now: datetime) -> None:
        """Count both lifetimes from now."""
        self.expires = now + timedelta(seconds=self.access_ttl)
        self.refresh_expires = now + timedelta(seconds=self.refresh_ttl)


def asks_for_id_token(scope: str | None) -> bool:
    """Whether the permissions asked for, separated by spaces, are those of OpenID Connect."""
    return OPENID in (scope or "").split()


def access_ttl(asked: str | None) -> int:
    """Seconds, between 600 and 3600. Clients send -1, NaN and empty texts: those count as nothing asked."""
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
    """Who signs in with a password.

    The user name is a direct number, or the main number with an extension number (alone, it is the
    administrator's), or a name that the fixture gives; `number*extension` is one text for both.

    Raises `CredentialsIncomplete`, `WrongCredentials` or `ExtensionCannotLogIn`.
    """
    if not username or not password:
        raise CredentialsIncomplete
    found = _extension_named(template, account, username.strip(), (extension or "").strip())
    if found is None or template.credentials.get(found.number, Credentials()).password != password:
        raise WrongCredentials
    return able_to_log_in(found)


def extension_by_jwt(
    template: Template, account: Account, assertion: str | None, audiences: Collection[str], now: datetime
) -> Extension:
    """Who signs in with a JWT: the extension whose fixture holds this very text.

    Where the fixture has keys, also the one whose id is the `sub` of a JWT that is signed with one of them for one of
    the audiences.

    Raises `UnparseableAssertion`, `AssertionInvalid`, `ExtensionNotFound` or `ExtensionCannotLogIn`.
    """
    for number, credentials in template.credentials.items():
        if assertion and credentials.jwt == assertion:
            return able_to_log_in(account.extensions[number])
    said = assertions.read(assertion or "") if template.jwt_keys else None
    if said is None:
        raise UnparseableAssertion
    if not any(map(said.is_signed_with, template.jwt_keys)):
        raise AssertionInvalid("it is signed with no known key")
    problem = said.problem(audiences, now)
    if problem is not None:
        raise AssertionInvalid(problem)
    user = str(said.claims.get("sub"))
    found = account.extension_by_id(int(user)) if re.fullmatch(r"[0-9]{1,19}", user) else None
    if found is None:
        raise ExtensionNotFound
    return able_to_log_in(found)


def _extension_named(template: Template, account: Account, username: str, extension: str) -> Extension | None:
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
