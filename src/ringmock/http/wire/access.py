"""Log-ins and the versions of the API."""

from ...domain.account import Account, Extension
from ...sessions import Session
from .view import Json

SCOPES = (
    "ReadAccounts EditAccounts SMS InternalMessages ReadMessages EditMessages"
    " SubscriptionWebhook WebSocketsSubscription"
)


def token_info(session: Session) -> Json:
    """`getToken`, in the order of the captures."""
    info: Json = {
        "access_token": session.access_token,
        "token_type": "bearer",
        "expires_in": session.access_ttl,
        "refresh_token": session.refresh_token,
        "refresh_token_expires_in": session.refresh_ttl,
        "scope": SCOPES,
        "owner_id": str(session.extension.id),
        "endpoint_id": session.endpoint_id,
        "session_id": session.session_id,
    }
    return info if session.refresh_token else {k: v for k, v in info.items() if not k.startswith("refresh")}


def user_info(extension: Extension, account: Account) -> Json:
    """`authUserInfo`, by the names of OpenID Connect."""
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
