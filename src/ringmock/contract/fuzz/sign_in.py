"""Access tokens for the extensions of an account, at any server that serves it."""

from typing import Any

from ...world.template import Credentials, Template
from .client import Client
from .grounding import Grounding, grounding

TOKEN, REVOKE = "/restapi/oauth/token", "/restapi/oauth/revoke"


class SignInFailed(Exception):
    """An identity without an access token, whose credentials the server does not accept."""


def access_token(client: Client, template: Template, number: str, client_id: str | None = None) -> str:
    """The extension's ready-made token, otherwise one for its credentials; with a `client_id` one of that application.

    Raises `SignInFailed`.
    """
    ready_made = template.credentials.get(number, Credentials()).access_token
    if ready_made is not None and client_id is None:
        return ready_made
    session = open_session(client, grounding(template, number, ""), client_id)
    if session is None and ready_made is not None:
        return ready_made
    if session is None:
        raise SignInFailed(f"extension {number} has no access token and cannot sign in")
    return str(session["access_token"])


def open_session(client: Client, account: Grounding, client_id: str | None = None, **form: str) -> Any:
    """The answer of `getToken` to the identity's credentials, None when it is refused; `form`: further fields."""
    for credentials in account.sign_in:
        application = (client_id, "") if client_id else (account.client_id, account.client_secret)
        reply = client.send_form(TOKEN, {**credentials, **form}, *application)
        if reply.status == 200:
            return reply.json
    return None
