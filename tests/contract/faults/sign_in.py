"""Tokens that serve whom they should not, or for too long, and log-in pages that are answered wrongly."""

from dataclasses import replace

from ringmock.sign_in.authorization import Consent
from ringmock.sign_in.permissions import Permissions
from ringmock.sign_in.sessions import Session
from ringmock.sign_in.worlds import Worlds
from ringmock.world.world import World

from .exchange import Exchange
from .fault import in_requests, in_worlds
from .operations import REVOKE, TOKEN


@in_worlds(TOKEN)
class RefreshesForAnyone(Worlds):
    """A refresh token serves every application that knows it."""

    def refresh(
        self, world: World, client_id: str, refresh_token: str | None, asked: Permissions | None = None
    ) -> Session:
        old = self._refreshable.get(refresh_token or "")
        return super().refresh(world, old.client_id if old is not None else client_id, refresh_token, asked)


@in_worlds(REVOKE)
class RevokesByAccessTokensAlone(Worlds):
    """Revoking a log-in by its refresh token has no effect."""

    def revoke(self, client_id: str, token: str) -> None:
        if token in self._sessions:
            super().revoke(client_id, token)


@in_worlds(REVOKE)
class RevokesForAnyone(Worlds):
    """Whoever knows a token ends its log-in, whatever application he is."""

    def revoke(self, client_id: str, token: str) -> None:
        session = self._sessions.get(token) or self._refreshable.get(token)
        super().revoke(session.client_id if session is not None else client_id, token)


@in_worlds(REVOKE)
class RevokesEverythingOfTheUser(Worlds):
    """Revoking one log-in ends every other one of the same user and application."""

    def revoke(self, client_id: str, token: str) -> None:
        ended = self._sessions.get(token) or self._refreshable.get(token)
        for session in tuple(self._sessions.values()):
            is_of_same = ended is not None and session.extension_number == ended.extension_number
            if is_of_same and session.client_id == client_id:
                session.is_revoked = True


class _TakingCodes(Worlds):
    def consent_of_code(
        self, client_id: str, code: str, redirect_uri: str | None, verifier: str | None, *, is_proven: bool = False
    ) -> Consent:
        known = self._codes._consents.get(code)
        if known is not None and known.client_id == client_id:
            known = self.taken(known, redirect_uri, verifier)
            self._codes._consents[code] = known
        return super().consent_of_code(client_id, code, redirect_uri, verifier, is_proven=is_proven)

    def taken(self, consent: Consent, redirect_uri: str | None, verifier: str | None) -> Consent:
        raise NotImplementedError


@in_worlds(TOKEN)
class TakesCodesFromAnyone(Worlds):
    """A code serves every application that knows it."""

    def consent_of_code(
        self, client_id: str, code: str, redirect_uri: str | None, verifier: str | None, *, is_proven: bool = False
    ) -> Consent:
        known = self._codes._consents.get(code)
        if known is not None:
            self._codes._consents[code] = replace(known, client_id=client_id)
        return super().consent_of_code(client_id, code, redirect_uri, verifier, is_proven=is_proven)


@in_worlds(TOKEN)
class TakesCodesWithoutTheirRedirectUri(_TakingCodes):
    """A code is exchanged without the redirect URI that it was asked for with."""

    def taken(self, consent: Consent, redirect_uri: str | None, verifier: str | None) -> Consent:
        return replace(consent, redirect_uri=redirect_uri) if redirect_uri is None else consent


@in_worlds(TOKEN)
class ComparesTheBeginningOfRedirectUris(_TakingCodes):
    """A redirect URI is right when it begins with the one that the code was asked for with."""

    def taken(self, consent: Consent, redirect_uri: str | None, verifier: str | None) -> Consent:
        begins = redirect_uri is not None and redirect_uri.startswith(consent.redirect_uri or "")
        return replace(consent, redirect_uri=redirect_uri) if begins else consent


@in_worlds(TOKEN)
class AsksForNoVerifier(_TakingCodes):
    """A code that was asked for with a challenge is exchanged without a verifier."""

    def taken(self, consent: Consent, redirect_uri: str | None, verifier: str | None) -> Consent:
        return replace(consent, challenge=None) if verifier is None else consent


@in_worlds(TOKEN)
class TakesAnyVerifier(_TakingCodes):
    """A code that was asked for with a challenge is exchanged with whatever verifier."""

    def taken(self, consent: Consent, redirect_uri: str | None, verifier: str | None) -> Consent:
        return replace(consent, challenge=None) if verifier is not None else consent


@in_requests(TOKEN)
def ignores_lifetimes(exchange: Exchange) -> None:
    """Tokens live for an hour and for a week, whatever was asked for."""
    if exchange.path.endswith("/oauth/token"):
        exchange.body = exchange.body.replace(b"access_token_ttl", b"x").replace(b"refresh_token_ttl", b"y")


@in_requests(TOKEN)
def ignores_what_follows_the_star(exchange: Exchange) -> None:
    """A user name with a star is the number before it."""
    if exchange.path.endswith("/oauth/token"):
        before, star, after = exchange.body.partition(b"%2A")
        exchange.body = before + (after[after.index(b"&") :] if b"&" in after else b"") if star else before


@in_requests(TOKEN)
def ignores_the_extension_beside_a_number(exchange: Exchange) -> None:
    """Who signs in by a number of his own may name any extension."""
    if exchange.path.endswith("/oauth/token") and b"username=16509100102" in exchange.body:
        exchange.body = exchange.body.replace(b"extension=103", b"extension=")
