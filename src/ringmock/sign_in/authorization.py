"""The authorization code flow: redirect URIs, and authorization codes (RFC 6749, RFC 7636)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ..domain.errors import InvalidParameter
from ..world.history.serialization import written
from ..world.template import Application
from . import sessions

if TYPE_CHECKING:
    from ..world.world import World

CODE_LIFETIME = timedelta(seconds=60)

_REDIRECT_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[!\"$-~]+")
"""Absolute, of printable ASCII, without a fragment."""


@written
class ChallengeMethod(StrEnum):
    """How a code verifier makes its challenge."""

    PLAIN = "plain"
    S256 = "S256"


@written
@dataclass(frozen=True, slots=True)
class Challenge:
    """The code challenge, whose verifier the client sends with the code."""

    value: str
    method: ChallengeMethod = ChallengeMethod.PLAIN

    def is_met_by(self, verifier: str) -> bool:
        """Whether this verifier makes the challenge."""
        made = verifier.encode()
        if self.method is ChallengeMethod.S256:
            made = base64.urlsafe_b64encode(hashlib.sha256(made).digest()).rstrip(b"=")
        return hmac.compare_digest(made, self.value.encode())


@dataclass(frozen=True, slots=True, eq=False)
class Consent:
    """An extension's consent to an application, with the `redirect_uri` and `challenge` of the request, if any."""

    world: "World" = field(repr=False)
    extension_number: str
    client_id: str
    expires: datetime | None
    """None for beyond all time."""
    redirect_uri: str | None = None
    challenge: Challenge | None = None
    log_in: sessions.LogIn | None = None
    """None when the application requested no id token."""
    permissions: frozenset[str] | None = None
    """What the application may do; None for everything."""

    @property
    def state(self) -> tuple[object, ...]:
        """All of it but the world, as a history writes it."""
        return tuple(getattr(self, each.name) for each in fields(self) if each.name != "world")


class Codes:
    """The codes of a registry that wait to be exchanged."""

    def __init__(self, most: int, forgotten: Callable[[], None] = lambda: None) -> None:
        """The maximum of stored unused codes. The oldest is dropped first, and `forgotten` is called."""
        self._forgotten = forgotten
        self._most = most
        self._consents: dict[str, Consent] = {}

    def add(self, code: str, consent: Consent) -> None:
        """Store a code for this consent."""
        self._consents[code] = consent
        if len(self._consents) > self._most:
            del self._consents[next(iter(self._consents))]
            self._forgotten()

    def of(self, world: "World") -> Mapping[str, Consent]:
        """Those of a world."""
        return {code: consent for code, consent in self._consents.items() if consent.world is world}

    def take(self, code: str, client_id: str, redirect_uri: str | None, verifier: str | None) -> Consent:
        """Redeem a code. The code is used up, even when it is refused.

        Raises `AuthorizationCodeInvalid`, `AuthorizationCodeExpired`, `RedirectUriMismatch` or `CodeVerifierMismatch`.
        """
        consent = self._consents.get(code)
        if consent is None or consent.client_id != client_id:
            raise sessions.AuthorizationCodeInvalid
        del self._consents[code]
        if consent.expires is not None and consent.expires <= consent.world.clock.now():
            raise sessions.AuthorizationCodeExpired
        if consent.redirect_uri is not None and consent.redirect_uri != redirect_uri:
            raise sessions.RedirectUriMismatch
        if not _is_proven(consent.challenge, verifier):
            raise sessions.CodeVerifierMismatch
        return consent

    def consent_of(self, code: str, client_id: str) -> Consent | None:
        """The consent that a client would redeem with a code, whether in the right way or not."""
        consent = self._consents.get(code)
        return consent if consent is not None and consent.client_id == client_id else None

    def holder_of(self, code: str) -> str | None:
        """The extension number of the user who consented, for a code that is not redeemed yet."""
        consent = self._consents.get(code)
        return None if consent is None else consent.extension_number

    def start(self, world: "World", now: datetime) -> None:
        """Restart the lifetime of each code of a world."""
        for code, consent in self._consents.items():
            if consent.world is world:
                self._consents[code] = replace(consent, expires=expiry_of_code(now))

    def forget(self, world: "World") -> None:
        """Drop the codes of a closed world."""
        self._consents = {code: consent for code, consent in self._consents.items() if consent.world is not world}


def expiry_of_code(now: datetime) -> datetime | None:
    """When a code that is issued now expires; None when that is beyond the representable time."""
    return sessions.later(now, CODE_LIFETIME.total_seconds())


def _is_proven(challenge: Challenge | None, verifier: str | None) -> bool:
    """A verifier without a challenge is refused: an attacker may have removed the challenge."""
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    return challenge.is_met_by(verifier)


def redirect_uri_of(application: Application, asked: str | None) -> str:
    """The redirect URI of a request.

    Raises `RedirectUriNotRegistered`, `RedirectUriMismatch`, or `InvalidParameter` when none is given and the
    application has not exactly one, or when it is no absolute URI.
    """
    registered = application.redirect_uris
    if registered is not None and not registered:
        raise sessions.RedirectUriNotRegistered
    if asked is None:
        if registered is None or len(registered) > 1:
            raise InvalidParameter("redirect_uri")
        return registered[0]
    if registered is not None and asked not in registered:
        raise sessions.RedirectUriMismatch
    if not _REDIRECT_URI.fullmatch(asked):
        raise InvalidParameter("redirect_uri")
    return asked


def answered_to(redirect_uri: str, answer: Mapping[str, str]) -> str:
    """The redirect URI with the answer in its query, after what the query has already."""
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}"
