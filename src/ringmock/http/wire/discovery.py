"""The documents that say where everything is. Everything is on this server."""

from ...sign_in.assertions import BY_PUBLIC_KEY, BY_SECRET
from ...sign_in.id_tokens import ALGORITHM
from ...sign_in.permissions import OF_OPENID
from ...sign_in.sessions import OPENID
from .view import Json

BRAND_ID = "1210"
EXPIRES_IN = 86400
_RETRY: Json = {"retryCount": 3, "retryInterval": 3}


def open_id_configuration(base_url: str) -> Json:
    """`readOpenIdConfiguration`."""
    oauth = f"{base_url}/restapi/oauth"
    return {
        "issuer": base_url,
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "revocation_endpoint": f"{oauth}/revoke",
        "userinfo_endpoint": f"{oauth}/userinfo",
        "jwks_uri": f"{oauth}/jwks",
        "scopes_supported": [OPENID, *OF_OPENID],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_jwt", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": [*BY_SECRET, *BY_PUBLIC_KEY],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "userinfo_signing_alg_values_supported": ["none"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "code_challenge_methods_supported": ["plain", "S256"],
        "claims_supported": [
            *("sub", "iss", "auth_time", "aud", "exp", "iat", "nonce"),
            *("account_id", "email", "given_name", "family_name"),
        ],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


def initial_entry_points(base_url: str) -> Json:
    """`readInitialEntryPoints`."""
    return {
        "version": "1.0.0",
        **_RETRY,
        "discoveryApi": {"defaultExternalUri": f"{base_url}/.well-known/entry-points/external"},
        "authApi": {**_auth_api(base_url), "defaultTokenUri": f"{base_url}/restapi/oauth/token"},
        "coreApi": {"baseUri": base_url},
        "rcv": _video(base_url),
    }


def external_entry_points(base_url: str) -> Json:
    """`readExternalEntryPoints`."""
    entry_points = f"{base_url}/.well-known/entry-points"
    return {
        "version": "1.0.0",
        "expiresIn": EXPIRES_IN,
        **_RETRY,
        "retryCycleDelay": 824,
        "brandId": BRAND_ID,
        "discoveryApi": {"initialUri": f"{entry_points}/initial", "externalUri": f"{entry_points}/external"},
        "authApi": {**_auth_api(base_url), "baseUri": base_url, "tokenUri": f"{base_url}/restapi/oauth/token"},
        "coreApi": {"baseUri": base_url},
        "rcv": _video(base_url),
    }


def of_log_in(base_url: str) -> dict[str, str]:
    """Discovery for the redirect of a user from the log-in page back to the client."""
    return {
        "token_uri": f"{base_url}/restapi/oauth/token",
        "discovery_uri": f"{base_url}/.well-known/entry-points/external",
    }


def _auth_api(base_url: str) -> Json:
    return {
        "authorizationUri": f"{base_url}/restapi/oauth/authorize",
        "oidcDiscoveryUri": f"{base_url}/.well-known/openid-configuration",
    }


def _video(base_url: str) -> Json:
    """Nothing answers there, and the official SDK reads the addresses all the same."""
    return {"baseWebUri": base_url, "baseApiUri": base_url}
