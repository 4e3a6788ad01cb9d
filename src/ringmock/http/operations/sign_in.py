"""Log-in and log-out, and the versions of the API: the operations that need no token."""

import re
from typing import NamedTuple

from ... import __version__
from ...domain.account import Extension
from ...domain.errors import InvalidParameter
from ...sign_in import sessions
from ...sign_in.id_tokens import SigningKey
from ...sign_in.permissions import Permissions, permissions_granted, permissions_of, permissions_requested
from ...sign_in.sessions import LogIn, Session
from ...sign_in.worlds import Worlds
from ...world.world import World
from ..call import Answer, Call
from ..errors import InvalidUri
from ..stages import Handler
from ..wire import access as wire

SERVICE = "https://platform.ringcentral.com"
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


def get_token(worlds: Worlds, key: SigningKey) -> Handler:
    """`getToken` for the applications of this registry; `key` signs the id tokens."""

    def handler(call: Call) -> Answer:
        client = _client_of(worlds, call)
        call.world = client.world
        session = _granted(worlds, client, call)
        call.session, call.world = session, session.world
        id_token = None if session.log_in is None else key.sign(wire.id_claims(session, call.base_url))
        return Answer(wire.token_info(session, id_token), headers=_NO_STORE)

    return handler


def revoke_token(worlds: Worlds) -> Handler:
    """`revokeToken`: either token ends the session; an expired one is accepted too."""

    def handler(call: Call) -> Answer:
        client = _client_of(worlds, call)
        call.world = client.world
        token = (call.body or {}).get("token") or call.parameters.get("token")
        if not token:
            raise InvalidParameter("token")
        worlds.log_ins.revoke(client.id, token)
        return Answer()

    return handler


class _Client(NamedTuple):
    """The application that calls, and its world."""

    id: str
    world: World
    is_proven: bool = False
    """Whether it has authenticated, by a secret or by a client assertion."""


def _client_of(worlds: Worlds, call: Call) -> _Client:
    """The client by its Basic header, or by the form without one: clients send both."""
    if call.basic is not None:
        client_id, secret = call.basic[0], call.basic[1] or None
        return _Client(client_id, worlds.world_of_client(client_id, secret, call.world_name), secret is not None)
    form = call.body or {}
    if form.get("client_assertion"):
        client_id = worlds.client_by_assertion(
            form["client_assertion"], form.get("client_id") or None, _audiences(call)
        )
        return _Client(client_id, worlds.world_before_sign_in(client_id, call.world_name), is_proven=True)
    if not form.get("client_id"):
        raise sessions.ClientAuthenticationMissing
    secret = form.get("client_secret") or None
    try:
        world = worlds.world_of_client(form["client_id"], secret, call.world_name)
        return _Client(form["client_id"], world, secret is not None)
    except sessions.WrongClientSecret:
        if secret is None:
            raise sessions.ClientAuthenticationMissing from None
        raise


def _audiences(call: Call) -> tuple[str, ...]:
    """The valid audiences of assertions: this server, by each of its names, and the service that it mocks."""
    return tuple(name for origin in (call.base_url, SERVICE) for name in (f"{origin}/restapi/oauth/token", origin))


def _granted(worlds: Worlds, client: _Client, call: Call) -> Session:
    form: dict[str, str] = call.body
    grant_type = form["grant_type"]
    if grant_type not in GRANTS:
        raise sessions.PartnersOnly if grant_type == CLIENT_CREDENTIALS else sessions.UnsupportedGrantType
    if not worlds.application(client.id).may_use(grant_type):
        raise sessions.GrantTypeNotAllowed
    if grant_type == REFRESH_TOKEN:
        return worlds.log_ins.refresh(
            client.world, client.id, form.get("refresh_token"), permissions_requested(form.get("scope"))
        )
    signed_in = _signed_in(worlds, client, form, _audiences(call))
    return worlds.log_ins.open_session(
        signed_in.world,
        signed_in.extension,
        client.id,
        endpoint_id=_endpoint_id(form.get("endpoint_id")),
        access_ttl=sessions.access_ttl(form.get("access_token_ttl")),
        refresh_ttl=sessions.refresh_ttl(form.get("refresh_token_ttl")),
        log_in=signed_in.log_in,
        permissions=signed_in.permissions,
    )


class _SignedIn(NamedTuple):
    """The extension that signs in, the content of its id token if one is requested, and the token's permissions."""

    extension: Extension
    log_in: LogIn | None
    permissions: Permissions | None
    world: World


def _signed_in(worlds: Worlds, client: _Client, form: dict[str, str], audiences: tuple[str, ...]) -> _SignedIn:
    """By any grant but a refresh."""
    world = client.world
    now = world.clock.now()
    match form["grant_type"]:
        case "authorization_code":
            redirect_uri, verifier = form.get("redirect_uri") or None, form.get("code_verifier") or None
            consent = worlds.log_ins.consent_of_code(
                client.id, form.get("code", ""), redirect_uri, verifier, is_proven=client.is_proven
            )
            extension = consent.world.account.extensions[consent.extension_number]
            return _SignedIn(extension, consent.log_in, consent.permissions, consent.world)
        case "password":
            extension = sessions.extension_by_password(
                world.template, world.account, form.get("username"), form.get("extension"), form.get("password")
            )
        case _:
            extension = sessions.extension_by_jwt(world.template, world.account, form.get("assertion"), audiences, now)
    scope = form.get("scope")
    granted = permissions_granted(permissions_requested(scope), permissions_of(worlds.application(client.id)))
    return _SignedIn(extension, LogIn(now) if sessions.asks_for_id_token(scope) else None, granted, world)


def _endpoint_id(asked: str | None) -> str | None:
    """The requested value, when it is valid."""
    return asked if asked and _ENDPOINT_ID.fullmatch(asked) else None
