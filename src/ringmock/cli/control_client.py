"""Calls of the control API from a command."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract.http_client import TIMEOUT_SECONDS, HttpClient, NoAnswer, Request

Json = Any


class NoSuchAnswer(Exception):
    """The server did not answer as asked; says why."""


def get(
    url: str, path: str, token: str | None = None, ca: Path | None = None, control_token: str | None = None
) -> Json:
    """What `GET /_mock<path>` answers. `token`: an access token, whose world it is about. The others: as for
    `HttpClient`.

    Raises `NoSuchAnswer`.
    """
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return ask(url, "GET", f"/_mock{path}", headers, ca=ca, control_token=control_token)


def ask(
    url: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: Json = None,
    *,
    patience: float = 0.0,
    ca: Path | None = None,
    control_token: str | None = None,
) -> Json:
    """What a call is answered with. `patience`: seconds that it may take beyond those of any call. The last two: as for
    `get`.

    Raises `NoSuchAnswer`.
    """
    content = None if body is None else json.dumps(body).encode()
    typed = headers if content is None else {**headers, "Content-Type": "application/json"}
    try:
        with HttpClient(url, TIMEOUT_SECONDS + patience, ca=ca, control_token=control_token) as client:
            answer = client.send(Request(method, target, typed, content))
    except (NoAnswer, ValueError) as error:
        raise NoSuchAnswer(f"{error}; `ringmock serve` starts a server, --url says where it is") from error
    if answer.status != 200:
        sentence = answer.json.get("error") if isinstance(answer.json, dict) else None
        raise NoSuchAnswer(sentence or f"{url} answers {answer.status}, which is not what ringmock says")
    return answer.json
