"""The log-in page of the authorization code flow, and its submission."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...sign_in import sessions
from ...sign_in.authorization import CODE_LIFETIME, Challenge, ChallengeMethod, answered_to, redirect_uri_of
from ...sign_in.permissions import Permissions, permissions_granted, permissions_of, permissions_requested
from ...sign_in.worlds import Worlds
from .. import oauth, pages
from ..call import Answer, Call
from ..stages import Handler
from ..wire import access as wire
from ..wire import discovery

_TYPED = ("username", "extension", "password", "decision")
_LOG_IN_REFUSED = (sessions.CredentialsIncomplete, sessions.WrongCredentials, sessions.ExtensionCannotLogIn)


class _AuthorizationRequest(NamedTuple):
    """An application's authorization request. `parameters` are as given, without the empty ones."""

    parameters: Mapping[str, str]
    redirect_uri: str
    challenge: Challenge | None
    permissions: Permissions | None = None
    """The permissions of the code; None for all."""

    def page(self, typed: Mapping[str, str], problem: str | None = None) -> Answer:
        """The log-in page."""
        page = pages.log_in(self.parameters, self.redirect_uri, typed, problem)
        return Answer(page, headers=pages.HEADERS, media_type=pages.HTML)

    def sent_back(self, **answer: str) -> Answer:
        """The redirect back to the application, with its `state`."""
        state = {"state": self.parameters["state"]} if "state" in self.parameters else {}
        location = answered_to(self.redirect_uri, {**answer, **state})
        return Answer(None, 302, (("Location", location), ("Cache-Control", "no-store")))


def authorize(worlds: Worlds) -> Handler:
    """`authorize`: the log-in page."""

    def handler(call: Call) -> Answer:
        asked = _asked(worlds, _without_empty(call.parameters))
        if isinstance(asked, Answer):
            return asked
        if "none" in asked.parameters.get("prompt", "").split():
            return asked.sent_back(error="login_required", error_description="Nobody is logged in here.")
        return asked.page({})

    return handler


def authorize2(worlds: Worlds) -> Handler:
    """`authorize2`: the same by POST, and what the log-in page sends."""

    def handler(call: Call) -> Answer:
        given = _without_empty(call.body)
        typed = {name: given.pop(name) for name in _TYPED if name in given}
        asked = _asked(worlds, given)
        if isinstance(asked, Answer):
            return asked
        if typed.get("decision") == "deny":
            return asked.sent_back(error="access_denied", error_description="The user did not let the application in.")
        if not typed:
            return asked.page({})
        return _logged_in(worlds, call, asked, typed)

    return handler


def _logged_in(worlds: Worlds, call: Call, asked: _AuthorizationRequest, typed: Mapping[str, str]) -> Answer:
    client_id = asked.parameters["client_id"]
    world = call.world = worlds.world_before_sign_in(client_id, call.world_name)
    try:
        extension = sessions.extension_by_password(
            world.template, world.account, typed.get("username"), typed.get("extension"), typed.get("password")
        )
    except _LOG_IN_REFUSED as refused:
        call.problems = (refused,)
        return asked.page(typed, oauth.OAUTH_CATALOGUE[type(refused)].description)
    redirect_uri = asked.parameters.get("redirect_uri")
    is_identified = sessions.asks_for_id_token(asked.parameters.get("scope"))
    log_in = sessions.LogIn(world.clock.now(), asked.parameters.get("nonce")) if is_identified else None
    code = worlds.log_ins.consent(world, extension, client_id, redirect_uri, asked.challenge, log_in, asked.permissions)
    answer = {"code": code, "expires_in": str(int(CODE_LIFETIME.total_seconds()))}
    if "discovery" in asked.parameters:
        answer |= discovery.of_log_in(call.base_url)
    return asked.sent_back(**answer)


def _without_empty(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The non-empty parameters: the official SDK sends unused ones as empty texts."""
    return {name: value for name, value in parameters.items() if value}


def _asked(worlds: Worlds, parameters: Mapping[str, str]) -> _AuthorizationRequest | Answer:
    """The request; a redirect with the error when its scope cannot be granted (RFC 6749, 4.1.2.1).

    Raises `UnknownClient`, and as `redirect_uri_of` does: no user is redirected to an unverified URI.
    """
    application = worlds.application(parameters["client_id"])
    redirect_uri = redirect_uri_of(application, parameters.get("redirect_uri"))
    if not application.may_use("authorization_code"):
        raise sessions.GrantTypeNotAllowed
    challenge = None
    if "code_challenge" in parameters:
        method = ChallengeMethod(parameters.get("code_challenge_method", ChallengeMethod.PLAIN))
        challenge = Challenge(parameters["code_challenge"], method)
    asked = _AuthorizationRequest(parameters, redirect_uri, challenge)
    try:
        scope = permissions_requested(parameters.get("scope"))
        return asked._replace(permissions=permissions_granted(scope, permissions_of(application)))
    except sessions.ScopeInvalid as refused:
        row = oauth.OAUTH_CATALOGUE[sessions.ScopeInvalid]
        return asked.sent_back(error=row.error, error_description=oauth.oauth_entry(refused, row)["message"])


def auth_user_info(call: Call) -> Answer:
    """`authUserInfo`."""
    return Answer(wire.user_info(call.caller, call.here.account))
