"""`ringmock text`: a text from a handset, sent from a terminal. A client of the control API."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from ..contract.http_client import PLAIN, ConnectionOptions, HttpClient, NoAnswer, Request
from .control_client import hint_of


class NotSent(Exception):
    """The server refused the message; the text says why."""


class Text(NamedTuple):
    """An SMS, or an MMS when it has files, from a phone outside to a number of the account, or to several."""

    sender: str
    recipients: tuple[str, ...]
    text: str
    files: tuple[Path, ...] = ()


def send(url: str, text: Text, token: str | None = None, connection: ConnectionOptions = PLAIN) -> list[str]:
    """The outcome of each recipient, one per line.

    `token`: an access token, which selects the world; the default world without one. Raises `NotSent`.
    """
    try:
        with HttpClient(url, connection=connection) as client:
            answer = client.send(_request(text, token))
    except (NoAnswer, ValueError) as error:
        raise NotSent(f"{error}{hint_of(error)}") from error
    said = answer.json
    if answer.status != 200 or not isinstance(said, dict):
        sentence = said.get("error") if isinstance(said, dict) else None
        raise NotSent(sentence or f"{url} answers {answer.status}, which is not what ringmock says")
    return [f"{each['recipient']}: {each['outcome']} ({each['rule']})" for each in said["recipients"]]


def _request(text: Text, token: str | None) -> Request:
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    to = text.recipients[0] if len(text.recipients) == 1 else text.recipients
    body: dict[str, Any] = {"to": to, "text": text.text}
    if text.files:
        body["attachments"] = list(_attachments(text.files))
    path = f"/_mock/handsets/{quote(text.sender, safe='')}/messages"
    return Request("POST", path, headers, json.dumps(body).encode())


def _attachments(files: Iterable[Path]) -> Iterable[dict[str, str]]:
    for file in files:
        yield {"fileName": file.name, "content": base64.b64encode(file.read_bytes()).decode()}
