"""Log-ins and the versions of the API."""

from datetime import UTC, datetime

from ...domain.account import Account, Extension
from ...sign_in.permissions import scope_of
from ...sign_in.sessions import OPENID, Session
from .view import Json


def token_info(session: Session, id_token: str | None = None) -> Json:
    """`getToken`, in the order of the captures."""
    expires_in, refresh_expires_in = session.left(session.world.clock.now())
    info: Json = {
        "access_token": session.access_token,
        "token_type": "bearer",
        "expires_in": expires_in,
        "refresh_token": session.refresh_token,
        "refresh_token_expires_in": refresh_expires_in,
        "scope": scope_of(session.permissions) + ("" if id_token is None else f" {OPENID}"),
        "owner_id": str(session.extension.id),
        "endpoint_id": session.endpoint_id,
        **({} if id_token is None else {"id_token": id_token}),
        "session_id": session.session_id,
    }
    return info if session.refresh_token else {k: v for k, v in info.items() if not k.startswith("refresh")}


def id_claims(session: Session, issuer: str) -> Json:
    """The claims of an id token; it expires with the access token."""
    assert session.log_in is not None
    # not beyond the latest representable time
    expires = int((session.expires or datetime.max.replace(tzinfo=UTC)).timestamp())
    claims: Json = {
        "iss": issuer,
        **_identity(session.extension, session.world.account),
        "aud": session.client_id,
        "exp": expires,
        "iat": expires - session.access_ttl,
        "auth_time": int(session.log_in.at.timestamp()),
    }
    return claims if session.log_in.nonce is None else {**claims, "nonce": session.log_in.nonce}


def user_info(extension: Extension, account: Account) -> Json:
    """`authUserInfo`, by the names of OpenID Connect."""
    return {**_identity(extension, account), **({} if extension.email is None else {"email": extension.email})}


def _identity(extension: Extension, account: Account) -> Json:
    first, _, last = extension.name.partition(" ")
    names = {"given_name": first, "family_name": last}
    said = {"sub": str(extension.id), "account_id": str(account.id)}
    return {**said, **{claim: name for claim, name in names.items() if name}}


API_VERSION: Json = {
    "versionString": "1.0.60",
    "releaseDate": "2026-08-13T00:00:00.000Z",
    "uriString": "v1.0",
}


def api_version(base_url: str) -> Json:
    """`readAPIVersion`."""
    return {"uri": f"{base_url}/restapi/v1.0", **API_VERSION}


def api_versions(base_url: str, server_version: str) -> Json:
    """`readAPIVersions`."""
    return {
        "uri": f"{base_url}/restapi",
        "apiVersions": [api_version(base_url)],
        "serverVersion": server_version,
        "serverRevision": "ringmock",
    }
