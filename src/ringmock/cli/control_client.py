"""Calls of the control API from a command."""

import json
import ssl
from collections.abc import Mapping
from typing import Any

from ..contract.http_client import PLAIN, TIMEOUT_SECONDS, ConnectionOptions, HttpClient, NoAnswer, Request

Json = Any


class NoSuchAnswer(Exception):
    """The server did not answer as asked; says why."""


def hint_of(error: Exception) -> str:
    """What helps where no server was reached: nothing where its certificate, or --ca, is what is wrong."""
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "; --ca FILE names what has signed the certificate, as --tls-root of `ringmock serve` writes it"
    if isinstance(error, ValueError) and cause is not None:
        return ""
    return "; `ringmock serve` starts a server, --url says where it is"


def get(url: str, path: str, token: str | None = None, connection: ConnectionOptions = PLAIN) -> Json:
    """What `GET /_mock<path>` answers. `token`: an access token, whose world it is about.

    Raises `NoSuchAnswer`.
    """
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return ask(url, "GET", f"/_mock{path}", headers, connection=connection)


def ask(
    url: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: Json = None,
    *,
    patience: float = 0.0,
    connection: ConnectionOptions = PLAIN,
) -> Json:
    """What a call is answered with. `patience`: seconds that it may take beyond those of any call.

    Raises `NoSuchAnswer`.
    """
    content = None if body is None else json.dumps(body).encode()
    typed = headers if content is None else {**headers, "Content-Type": "application/json"}
    try:
        with HttpClient(url, TIMEOUT_SECONDS + patience, connection=connection) as client:
            answer = client.send(Request(method, target, typed, content))
    except (NoAnswer, ValueError) as error:
        raise NoSuchAnswer(f"{error}{hint_of(error)}") from error
    if answer.status != 200:
        sentence = answer.json.get("error") if isinstance(answer.json, dict) else None
        raise NoSuchAnswer(sentence or f"{url} answers {answer.status}, which is not what ringmock says")
    return answer.json
