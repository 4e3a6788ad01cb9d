"""Tokens that serve whom they should not, or for too long, and log-in pages that are answered wrongly."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ringmock.sign_in.authorization import Challenge, ChallengeMethod, Consent
from ringmock.sign_in.log_ins import LogIns
from ringmock.sign_in.permissions import Permissions
from ringmock.sign_in.sessions import LogIn, Session
from ringmock.world.world import World

from .exchange import Exchange
from .fault import awake, everyone_as, in_answers, in_log_ins, in_requests
from .operations import AUTHORIZE, REVOKE, SMS, TOKEN


@in_log_ins(TOKEN)
class RefreshesForAnyone(LogIns):
    """A refresh token serves every application that knows it."""

    def refresh(
        self, world: World, client_id: str, refresh_token: str | None, asked: Permissions | None = None
    ) -> Session:
        old = self._refreshable.get(refresh_token or "")
        return super().refresh(world, old.client_id if old is not None else client_id, refresh_token, asked)


@in_log_ins(REVOKE)
class RevokesByAccessTokensAlone(LogIns):
    """Revoking a log-in by its refresh token has no effect."""

    def revoke(self, client_id: str, token: str) -> None:
        if token in self._sessions:
            super().revoke(client_id, token)


@in_log_ins(REVOKE)
class RevokesForAnyone(LogIns):
    """Whoever knows a token ends its log-in, whatever application he is."""

    def revoke(self, client_id: str, token: str) -> None:
        session = self._sessions.get(token) or self._refreshable.get(token)
        super().revoke(session.client_id if session is not None else client_id, token)


@in_log_ins(REVOKE)
class RevokesEverythingOfTheUser(LogIns):
    """Revoking one log-in ends every other one of the same user and application."""

    def revoke(self, client_id: str, token: str) -> None:
        ended = self._sessions.get(token) or self._refreshable.get(token)
        for session in tuple(self._sessions.values()):
            is_of_same = ended is not None and session.extension_number == ended.extension_number
            if is_of_same and session.client_id == client_id:
                session.is_revoked = True


class _TakingCodes(LogIns):
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


@in_log_ins(TOKEN)
class TakesCodesFromAnyone(LogIns):
    """A code serves every application that knows it."""

    def consent_of_code(
        self, client_id: str, code: str, redirect_uri: str | None, verifier: str | None, *, is_proven: bool = False
    ) -> Consent:
        known = self._codes._consents.get(code)
        if known is not None:
            self._codes._consents[code] = replace(known, client_id=client_id)
        return super().consent_of_code(client_id, code, redirect_uri, verifier, is_proven=is_proven)


@in_log_ins(TOKEN)
class TakesCodesWithoutTheirRedirectUri(_TakingCodes):
    """A code is exchanged without the redirect URI that it was asked for with."""

    def taken(self, consent: Consent, redirect_uri: str | None, verifier: str | None) -> Consent:
        return replace(consent, redirect_uri=redirect_uri) if redirect_uri is None else consent


@in_log_ins(TOKEN)
class ComparesTheBeginningOfRedirectUris(_TakingCodes):
    """A redirect URI is right when it begins with the one that the code was asked for with."""

    def taken(self, consent: Consent, redirect_uri: str | None, verifier: str | None) -> Consent:
        begins = redirect_uri is not None and redirect_uri.startswith(consent.redirect_uri or "")
        return replace(consent, redirect_uri=redirect_uri) if begins else consent


@in_log_ins(TOKEN)
class AsksForNoVerifier(_TakingCodes):
    """A code that was asked for with a challenge is exchanged without a verifier."""

    def taken(self, consent: Consent, redirect_uri: str | None, verifier: str | None) -> Consent:
        return replace(consent, challenge=None) if verifier is None else consent


@in_log_ins(TOKEN)
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


class _Opening(LogIns):
    """Opens sessions that differ from what was asked for."""

    def open_session(self, *given: Any, **named: Any) -> Session:
        return super().open_session(*given, **self.opened(named))

    def opened(self, named: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


@in_log_ins(TOKEN)
class LivesAtLeastAnHour(_Opening):
    """An access token lives for an hour, when less was asked for."""

    def opened(self, named: dict[str, Any]) -> dict[str, Any]:
        return {**named, "access_ttl": max(3600, named["access_ttl"])}


@in_requests(TOKEN)
def lives_for_a_moment(exchange: Exchange) -> None:
    """A lifetime below the least is that of an hour, not the least."""
    if exchange.path.endswith("/oauth/token"):
        exchange.body = re.sub(rb"access_token_ttl=[0-9]{1,2}(?![0-9])", b"access_token_ttl=3600", exchange.body)


@in_log_ins(TOKEN)
class RefreshesWhatIsNotToBe(_Opening):
    """Who asks for no refresh token gets one that lives for a week."""

    def opened(self, named: dict[str, Any]) -> dict[str, Any]:
        return {**named, "refresh_ttl": named["refresh_ttl"] or 604_800}


@in_log_ins(TOKEN)
class MovesTheEndpoint(_Opening):
    """A refresh gives the session another endpoint_id."""

    def opened(self, named: dict[str, Any]) -> dict[str, Any]:
        return {**named, "endpoint_id": None} if named.get("session_id") else named


@in_log_ins(TOKEN)
class RefreshesIntoAnotherSession(_Opening):
    """A refresh gives the log-in another session_id."""

    def opened(self, named: dict[str, Any]) -> dict[str, Any]:
        return {**named, "session_id": None}


@in_log_ins(TOKEN)
class ForgetsLifetimesAtARefresh(_Opening):
    """A refreshed access token lives for an hour, whatever the first did."""

    def opened(self, named: dict[str, Any]) -> dict[str, Any]:
        return {**named, "access_ttl": 3600} if named.get("session_id") else named


@in_log_ins(TOKEN)
class ForgetsTheScopeAtARefresh(_Opening):
    """After a refresh an application may do everything again."""

    def opened(self, named: dict[str, Any]) -> dict[str, Any]:
        return {**named, "permissions": None} if named.get("session_id") else named


@in_log_ins(TOKEN)
class WidensScopes(LogIns):
    """A refresh may ask for permissions that the log-in did not have, and gets those that it had."""

    def refresh(
        self, world: World, client_id: str, refresh_token: str | None, asked: Permissions | None = None
    ) -> Session:
        old = self._refreshable.get(refresh_token or "")
        if old is not None and asked is not None and old.permissions is not None:
            asked &= old.permissions
        return super().refresh(world, client_id, refresh_token, asked)


@in_log_ins(TOKEN)
class RefreshesOnce(LogIns):
    """Who repeats a refresh is refused, though he has not used the new tokens."""

    def refresh(
        self, world: World, client_id: str, refresh_token: str | None, asked: Permissions | None = None
    ) -> Session:
        old = self._refreshable.get(refresh_token or "")
        if old is not None and old.replaced is not None:
            return super().refresh(world, client_id, "used", asked)
        return super().refresh(world, client_id, refresh_token, asked)


@in_log_ins(TOKEN)
class RefreshesLongAfterUse(LogIns):
    """A refresh may be repeated for an hour, whenever the new access token was used."""

    def refresh(
        self, world: World, client_id: str, refresh_token: str | None, asked: Permissions | None = None
    ) -> Session:
        old = self._refreshable.get(refresh_token or "")
        if old is not None and old.replaced_by is not None:
            old.replaced_by.used = None
        return super().refresh(world, client_id, refresh_token, asked)


@in_log_ins(TOKEN)
class ForgivesAWrongVerifier(LogIns):
    """A code that was exchanged in a wrong way can still be exchanged in the right one."""

    def consent_of_code(
        self, client_id: str, code: str, redirect_uri: str | None, verifier: str | None, *, is_proven: bool = False
    ) -> Consent:
        known = self._codes._consents.get(code)
        try:
            return super().consent_of_code(client_id, code, redirect_uri, verifier, is_proven=is_proven)
        except Exception:
            if known is not None:
                self._codes._consents[code] = known
            raise


@in_log_ins(TOKEN)
class TakesAVerifierOfNothing(_TakingCodes):
    """A code that was asked for without a challenge is exchanged with a verifier."""

    def consent_of_code(
        self, client_id: str, code: str, redirect_uri: str | None, verifier: str | None, *, is_proven: bool = False
    ) -> Consent:
        known = self._codes._consents.get(code)
        given = None if known is not None and known.challenge is None else verifier
        return super().consent_of_code(client_id, code, redirect_uri, given, is_proven=is_proven)

    def taken(self, consent: Consent, redirect_uri: str | None, verifier: str | None) -> Consent:
        return consent


@in_log_ins(TOKEN)
class TakesEveryChallengeForAHash(_TakingCodes):
    """A challenge without a method is a hash of its verifier."""

    def taken(self, consent: Consent, redirect_uri: str | None, verifier: str | None) -> Consent:
        if consent.challenge is None:
            return consent
        return replace(consent, challenge=Challenge(consent.challenge.value, ChallengeMethod.S256))


class _Consenting(LogIns):
    """Gives codes that differ from what was asked for."""

    def consent(self, world: World, *given: Any, **named: Any) -> str:
        code = super().consent(world, *given, **named)
        self._codes._consents[code] = self.given(self._codes._consents[code])
        return code

    def given(self, consent: Consent) -> Consent:
        raise NotImplementedError


@in_log_ins(AUTHORIZE, TOKEN)
class KeepsCodesForLong(_Consenting):
    """A code lives for ten minutes."""

    def given(self, consent: Consent) -> Consent:
        return replace(consent, expires=consent.expires and consent.expires + timedelta(minutes=9))


@in_log_ins(AUTHORIZE, TOKEN)
class ForgetsTheScopeOfACode(_Consenting):
    """A code gives every permission, whichever were asked for."""

    def given(self, consent: Consent) -> Consent:
        return replace(consent, permissions=None)


@in_log_ins(AUTHORIZE, TOKEN)
class ForgetsTheNonce(_Consenting):
    """The id token lacks the nonce of the log-in page."""

    def given(self, consent: Consent) -> Consent:
        return replace(consent, log_in=consent.log_in and LogIn(consent.log_in.at))


@in_answers(AUTHORIZE)
def loses_the_state(exchange: Exchange) -> None:
    """Who is sent back with an error is sent back without his state."""
    if exchange.status == 302 and "error=" in exchange.headers["location"]:
        exchange.headers["location"] = re.sub("[?&]state=[^&]*", "", exchange.headers["location"])


@in_answers(AUTHORIZE)
def loses_the_query_of_a_redirect_uri(exchange: Exchange) -> None:
    """Who is sent back is sent without what the redirect URI had in its query."""
    if exchange.status == 302:
        before, _, query = exchange.headers["location"].partition("?")
        kept = re.search("(code|error)=.*", query)
        exchange.headers["location"] = f"{before}?{kept.group()}" if kept is not None else before


@in_requests(AUTHORIZE)
def shows_a_page_that_is_not_to_be(exchange: Exchange) -> None:
    """Who asks for no log-in page gets one."""
    if exchange.path.endswith("/oauth/authorize") and "prompt=none" in exchange.query:
        exchange.forget("prompt")


@in_requests(TOKEN)
def ignores_scopes(exchange: Exchange) -> None:
    """A token has every permission, whichever were asked for."""
    if exchange.path.endswith("/oauth/token"):
        exchange.body = re.sub(rb"(^|&)scope=[^&]*", b"", exchange.body)


@in_answers(TOKEN)
def tells_every_permission(exchange: Exchange) -> None:
    """A token says that it has every permission, though it has less."""
    if exchange.is_answer("POST", "/oauth/token") and b'"scope":"ReadAccounts"' in exchange.answer.replace(b": ", b":"):
        exchange.change_answer(lambda token: token.update(scope="ReadAccounts EditAccounts"))


@in_log_ins(SMS)
class PermitsEverything(LogIns):
    """A token opens every operation, whatever it may do."""

    def session_of(self, access_token: str) -> Session:
        session = super().session_of(access_token)
        if session.permissions is not None:
            session.permissions, session._caller = None, None
        return session


@in_answers(TOKEN)
def lets_tokens_be_stored(exchange: Exchange) -> None:
    """A token may be kept by whoever passes it on: Cache-Control says nothing."""
    if exchange.is_answer("POST", "/oauth/token"):
        exchange.headers.pop("cache-control", None)


@in_answers(TOKEN)
def identifies_everyone(exchange: Exchange) -> None:
    """The scope of a token names openid, whether an id token was asked for or not."""
    if exchange.is_answer("POST", "/oauth/token"):
        exchange.change_answer(lambda token: token.update(scope=f"{token['scope']} openid"))


@in_log_ins(TOKEN)
class ForgetsTheReplacedToken(LogIns):
    """A replaced access token is unknown at once, not corrupted for a while."""

    def refresh(
        self, world: World, client_id: str, refresh_token: str | None, asked: Permissions | None = None
    ) -> Session:
        session = super().refresh(world, client_id, refresh_token, asked)
        for old in self._refreshable.values():
            if old.replaced_by is session:
                old.is_revoked = True
        return session


@in_log_ins(TOKEN)
class LetsTheFrozenInByACode(LogIns):
    """Who was frozen after he had consented gets his tokens all the same."""

    def consent_of_code(
        self, client_id: str, code: str, redirect_uri: str | None, verifier: str | None, *, is_proven: bool = False
    ) -> Consent:
        known = self._codes._consents.get(code)
        if known is None:
            return super().consent_of_code(client_id, code, redirect_uri, verifier, is_proven=is_proven)
        world, right = known.world, known.world.account
        world.account = everyone_as(right, awake)
        try:
            return super().consent_of_code(client_id, code, redirect_uri, verifier, is_proven=is_proven)
        finally:
            world.account = right
