"""Errors of the OAuth endpoints (RFC 6749), and the forms of client authentication."""

import base64
import json
import re
from typing import Any, NamedTuple

from ..lab.faults import Demanded
from ..sign_in import sessions
from .authorization_header import credentials_of
from .errors import AuthorizationMalformed, AuthorizationNotSupported, entry, headers_of, problems_of, row_of

OPERATIONS = frozenset({"authorize", "authorize2", "getToken", "revokeToken"})
"""The operations that answer refusals as RFC 6749 has them."""


REALM = 'realm="RingCentral REST API"'


PATHS = frozenset({"/restapi/oauth/token", "/restapi/oauth/revoke"})
"""Where the same holds for what is refused before the operation is known."""


class OAuthCatalogueRow(NamedTuple):
    """One entry of the OAuth catalogue. `description` may hold `{value}`."""

    error: str
    code: str
    description: str
    status: int = 400


OAUTH_CATALOGUE: dict[type[Exception], OAuthCatalogueRow] = {
    sessions.CredentialsIncomplete: OAuthCatalogueRow(
        "invalid_request", "CMN-101", "Resource Owner credentials are incomplete."
    ),
    sessions.WrongCredentials: OAuthCatalogueRow("invalid_grant", "OAU-140", "Invalid resource owner credentials."),
    sessions.UnparseableAssertion: OAuthCatalogueRow("invalid_grant", "OAU-140", "Unparseable assertion"),
    sessions.AssertionInvalid: OAuthCatalogueRow("invalid_grant", "OAU-140", "Invalid assertion: {value}"),
    sessions.ExtensionNotFound: OAuthCatalogueRow("invalid_grant", "OAU-232", "Extension not found"),
    sessions.ExtensionCannotLogIn: OAuthCatalogueRow("invalid_grant", "OAU-236", "Extension is disabled or frozen"),
    sessions.ClientAuthenticationMissing: OAuthCatalogueRow(
        "invalid_client", "OAU-123", "Client authentication is required"
    ),
    sessions.UnknownClient: OAuthCatalogueRow("invalid_client", "OAU-153", "Invalid client application: [{value}]"),
    sessions.WrongClientSecret: OAuthCatalogueRow("invalid_client", "OAU-146", "Invalid client credentials"),
    sessions.ClientAssertionInvalid: OAuthCatalogueRow(
        "invalid_client", "OAU-146", "Invalid client credentials: {value}"
    ),
    sessions.TooManyWorlds: OAuthCatalogueRow(
        "unauthorized_client", "OAU-153", "No further world can be opened on this server"
    ),
    sessions.TooManyLogIns: OAuthCatalogueRow(
        "unauthorized_client", "OAU-153", "No further log-in is kept on this server"
    ),
    sessions.UnsupportedGrantType: OAuthCatalogueRow("unsupported_grant_type", "OAU-250", "Unsupported grant type"),
    sessions.GrantTypeNotAllowed: OAuthCatalogueRow(
        "unauthorized_client", "OAU-251", "Unauthorized for this grant type"
    ),
    sessions.PartnersOnly: OAuthCatalogueRow(
        "unauthorized_client", "OAU-270", "Unauthorized for this grant type: it is kept for partner applications"
    ),
    sessions.RedirectUriNotRegistered: OAuthCatalogueRow(
        "unauthorized_client", "OAU-113", "No redirect uri is registered for the client", 403
    ),
    sessions.RedirectUriMismatch: OAuthCatalogueRow("invalid_grant", "OAU-109", "Redirect URIs do not match"),
    sessions.AuthorizationCodeInvalid: OAuthCatalogueRow("invalid_grant", "OAU-106", "Invalid authorization code"),
    sessions.AuthorizationCodeExpired: OAuthCatalogueRow("invalid_grant", "OAU-108", "Authorization code is expired"),
    sessions.CodeVerifierMismatch: OAuthCatalogueRow(
        "invalid_grant", "OAU-106", "Invalid authorization code: the code verifier does not make the code challenge"
    ),
    sessions.ScopeInvalid: OAuthCatalogueRow(
        "invalid_scope", "CMN-101", "Parameter [scope] value is invalid: [{value}]"
    ),
    sessions.RefreshTokenDead: OAuthCatalogueRow("invalid_grant", "OAU-213", "Token not found"),
    sessions.RefreshTokenRevoked: OAuthCatalogueRow("invalid_grant", "OAU-211", "Token revoked"),
}


_ERRORS = {401: "invalid_client"}
_NOT_IN_A_HEADER = re.compile(r"[^ !#-\[\]-~]")
MAX_DESCRIPTION = 200
"""The maximum of characters of a description that a header repeats: it may contain what a client calls itself."""


def challenge(error: str, description: str) -> str:
    """The `WWW-Authenticate` for a refused client, as captured (D-17); its texts in the characters of RFC 6750, 3."""
    said = _NOT_IN_A_HEADER.sub("?", description)[:MAX_DESCRIPTION]
    return f'Bearer {REALM}, error="{error}", error_description="{said}"'


def basic_credentials(authorization: str) -> tuple[str, str]:
    """Client id and secret of a Basic header. Raises `AuthorizationNotSupported` or `AuthorizationMalformed`."""
    scheme, encoded = credentials_of(authorization)
    if scheme != "basic":
        raise AuthorizationNotSupported
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
    except ValueError as error:
        raise AuthorizationMalformed from error
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise AuthorizationMalformed
    return client_id, secret


def render(exception: Exception) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a refusal of an OAuth endpoint."""
    row = row_of_sign_in(exception)
    headers = {"Cache-Control": "no-store"}
    if row is not None:
        described = oauth_entry(exception, row)
        if row.error == "invalid_client":
            headers["WWW-Authenticate"] = challenge(row.error, described["message"])
        return row.status, headers, _body(row.error, described["message"], [described])
    problems = problems_of(exception)
    said: list[dict[str, Any]] = [entry(problem) for problem in problems]
    status = row_of(problems[0]).status
    headers |= headers_of(problems[0], status)
    if status == 401:
        headers["WWW-Authenticate"] = f"Basic {REALM}"
    return status, headers, _body(_ERRORS.get(status, "invalid_request"), said[0]["message"], said)


def row_of_sign_in(exception: Exception) -> OAuthCatalogueRow | None:
    """The row of an exception of the OAuth catalogue, or of a refusal on demand whose code is there."""
    if not isinstance(exception, Demanded) or exception.operation not in OPERATIONS:
        return OAUTH_CATALOGUE.get(type(exception))
    rows = (row for row in OAUTH_CATALOGUE.values() if row.code == exception.code != "CMN-101")
    row = next(rows, None)
    return None if row is None else row._replace(status=exception.status)


def oauth_entry(exception: Exception, row: OAuthCatalogueRow) -> dict[str, Any]:
    """The entry of `errors[]` for an exception of the OAuth catalogue."""
    value = getattr(exception, "value", None)
    said: dict[str, Any] = {"errorCode": row.code, "message": row.description.format(value=value)}
    if isinstance(exception, sessions.UnknownClient):
        said["parameters"] = [{"parameterName": "client_id", "parameterValue": value}]
    return said


def _body(error: str, description: str, errors: list[dict[str, Any]]) -> bytes:
    body: dict[str, Any] = {"error": error, "error_description": description, "errors": errors}
    return json.dumps(body).encode()
