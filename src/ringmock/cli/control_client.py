"""Calls of the control API from a command."""

from pathlib import Path
from typing import Any

from ..contract.http_client import HttpClient, NoAnswer, Request


class NoSuchAnswer(Exception):
    """The server did not answer as asked; says why."""


def get(url: str, path: str, token: str | None = None, ca: Path | None = None) -> Any:
    """What `GET /_mock<path>` answers. `token`: an access token, whose world it is about. `ca`: as for `HttpClient`.

    Raises `NoSuchAnswer`.
    """
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        with HttpClient(url, ca=ca) as client:
            answer = client.send(Request("GET", f"/_mock{path}", headers))
    except (NoAnswer, ValueError) as error:
        raise NoSuchAnswer(f"{error}; `ringmock serve` starts a server, --url says where it is") from error
    if answer.status != 200:
        sentence = answer.json.get("error") if isinstance(answer.json, dict) else None
        raise NoSuchAnswer(sentence or f"{url} answers {answer.status}, which is not what ringmock says")
    return answer.json
