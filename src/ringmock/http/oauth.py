"""The OAuth endpoints' own words: RFC 6749 errors, and how a client names itself."""

import base64
import binascii
import json
from typing import Any, NamedTuple

from .. import sessions
from .errors import CATALOGUE, AuthorizationMalformed, AuthorizationNotSupported, entry, problems_of

OPERATIONS = frozenset({"getToken", "revokeToken"})
"""The operations that answer refusals as RFC 6749 has them."""


class Row(NamedTuple):
    """One entry of the OAuth catalogue; every one is answered with 400."""

    error: str
    code: str
    description: str


OAUTH_CATALOGUE: dict[type[Exception], Row] = {
    sessions.CredentialsIncomplete: Row("invalid_request", "CMN-101", "Resource Owner credentials are incomplete."),
    sessions.WrongCredentials: Row("invalid_grant", "OAU-140", "Invalid resource owner credentials."),
    sessions.UnparseableAssertion: Row("invalid_grant", "OAU-140", "Unparseable assertion"),
    sessions.ExtensionCannotLogIn: Row("invalid_grant", "OAU-236", "Extension is disabled or frozen"),
    sessions.ClientAuthenticationMissing: Row("invalid_client", "OAU-123", "Client authentication is required"),
    sessions.UnknownClient: Row("invalid_client", "OAU-153", "Invalid client application"),
    sessions.WrongClientSecret: Row("invalid_client", "OAU-146", "Invalid client credentials"),
    sessions.TooManyWorlds: Row("unauthorized_client", "OAU-153", "No further world can be opened on this server"),
    sessions.UnsupportedGrantType: Row("unsupported_grant_type", "OAU-250", "Unsupported grant type"),
    sessions.RefreshTokenDead: Row("invalid_grant", "OAU-213", "Token not found"),
    sessions.TokenMissing: Row("invalid_request", "CMN-101", "Parameter [token] value is invalid."),
}


_ERRORS = {401: "invalid_client"}


def basic_credentials(authorization: str) -> tuple[str, str]:
    """Client id and secret of a Basic header. Raises `AuthorizationNotSupported` or `AuthorizationMalformed`."""
    kind, _, value = authorization.strip().partition(" ")
    if kind.lower() != "basic":
        raise AuthorizationNotSupported
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise AuthorizationMalformed from error
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise AuthorizationMalformed
    return client_id, secret


def render(exception: Exception) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a refusal of an OAuth endpoint."""
    row = OAUTH_CATALOGUE.get(type(exception))
    headers = {"Cache-Control": "no-store"}
    if row is not None:
        said: list[dict[str, str]] = [{"errorCode": row.code, "message": row.description}]
        return 400, headers, _body(row.error, row.description, said)
    problems = problems_of(exception)
    said = [entry(problem) for problem in problems]
    status = CATALOGUE[type(problems[0])].status
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="RingCentral REST API"'
    return status, headers, _body(_ERRORS.get(status, "invalid_request"), said[0]["message"], said)


def _body(error: str, description: str, errors: list[dict[str, str]]) -> bytes:
    body: dict[str, Any] = {"error": error, "error_description": description, "errors": errors}
    return json.dumps(body).encode()
