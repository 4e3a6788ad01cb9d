"""Log-in and log-out, and the versions of the API: what can be asked without a token."""

import re

from ... import __version__, sessions
from ...domain.account import Extension
from ...domain.errors import InvalidParameter
from ...sessions import Session
from ...world import World
from ...worlds import Worlds
from ..call import Answer, Call
from ..errors import InvalidUri
from ..stages import Handler
from ..wire import access as wire

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
REFRESH_TOKEN = "refresh_token"
CLIENT_CREDENTIALS = "client_credentials"
GRANTS = ("authorization_code", "password", JWT_BEARER, "partner_jwt", REFRESH_TOKEN)
_ENDPOINT_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


def read_api_versions(call: Call) -> Answer:
    """`readAPIVersions`."""
    return Answer(wire.api_versions(call.base_url, __version__))


def read_api_version(call: Call) -> Answer:
    """`readAPIVersion`."""
    if call.parameters["apiVersion"] != wire.API_VERSION["uriString"]:
        raise InvalidUri
    return Answer(wire.api_version(call.base_url))


def get_token(worlds: Worlds) -> Handler:
    """`getToken` for the applications of this registry."""

    def handler(call: Call) -> Answer:
        call.world, client_id = _world_of_client(worlds, call)
        session = _granted(worlds, call.world, client_id, call.body)
        call.session = session
        return Answer(wire.token_info(session), headers=_NO_STORE)

    return handler


def revoke_token(worlds: Worlds) -> Handler:
    """`revokeToken`: either token ends the session; one that is dead already is no reason to refuse."""

    def handler(call: Call) -> Answer:
        call.world, client_id = _world_of_client(worlds, call)
        token = (call.body or {}).get("token") or call.parameters.get("token")
        if not token:
            raise InvalidParameter("token")
        worlds.revoke(client_id, token)
        return Answer()

    return handler


def _world_of_client(worlds: Worlds, call: Call) -> tuple[World, str]:
    """The client by its Basic header, or by the form when there is none: clients send both."""
    if call.basic is not None:
        client_id, basic_secret = call.basic
        return worlds.world_of_client(client_id, basic_secret or None), client_id
    form = call.body or {}
    if not form.get("client_id"):
        raise sessions.ClientAuthenticationMissing
    secret = form.get("client_secret") or None
    try:
        return worlds.world_of_client(form["client_id"], secret), form["client_id"]
    except sessions.WrongClientSecret:
        if secret is None:
            raise sessions.ClientAuthenticationMissing from None
        raise


def _granted(worlds: Worlds, world: World, client_id: str, form: dict[str, str]) -> Session:
    grant_type = form["grant_type"]
    if grant_type not in GRANTS:
        raise sessions.PartnersOnly if grant_type == CLIENT_CREDENTIALS else sessions.UnsupportedGrantType
    if not worlds.application(client_id).may_use(grant_type):
        raise sessions.GrantTypeNotAllowed
    if grant_type == REFRESH_TOKEN:
        return worlds.refresh(world, client_id, form.get("refresh_token"))
    return worlds.open_session(
        world,
        _signed_in(worlds, world, client_id, form),
        client_id,
        endpoint_id=_endpoint_id(form.get("endpoint_id")),
        access_ttl=sessions.access_ttl(form.get("access_token_ttl")),
        refresh_ttl=sessions.refresh_ttl(form.get("refresh_token_ttl")),
    )


def _signed_in(worlds: Worlds, world: World, client_id: str, form: dict[str, str]) -> Extension:
    """Who signs in, by any grant but a refresh."""
    match form["grant_type"]:
        case "authorization_code":
            redirect_uri, verifier = form.get("redirect_uri") or None, form.get("code_verifier") or None
            return worlds.extension_by_code(client_id, form.get("code", ""), redirect_uri, verifier)
        case "password":
            return sessions.extension_by_password(
                world.template, world.account, form.get("username"), form.get("extension"), form.get("password")
            )
        case _:
            return sessions.extension_by_jwt(world.template, world.account, form.get("assertion"))


def _endpoint_id(asked: str | None) -> str | None:
    """What the client asked for, when it can be one."""
    return asked if asked and _ENDPOINT_ID.fullmatch(asked) else None
