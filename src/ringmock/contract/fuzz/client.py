"""A client for calls that no generator makes: JSON, forms, raw requests, and announced bodies."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from ..guard import Guard
from ..http_client import (
    PLAIN,
    TIMEOUT_SECONDS,
    ConnectionOptions,
    HttpClient,
    NoAnswer,
    Request,
    Watcher,
    connection_to,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, and the body as bytes."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, None for another body."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def codes(self) -> list[str]:
        """The error codes of the envelope, in order; empty without one."""
        return codes_of(self.json)


def codes_of(body: Any) -> list[str]:
    """The error codes in a body's `errors`; empty when it is no error envelope."""
    entries = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        return []
    return [str(entry["errorCode"]) for entry in entries if isinstance(entry, dict) and "errorCode" in entry]


class Client:
    """One connection to one server. Whatever sends raises `NoAnswer` when the server gives none.

    And `NotSent` when the guard does not let it.
    """

    def __init__(
        self,
        url: str,
        watcher: Watcher | None = None,
        guard: Guard | None = None,
        connection: ConnectionOptions = PLAIN,
    ) -> None:
        """`url` as `http://127.0.0.1:8080`. Raises `ValueError` as `HttpClient` does."""
        self._http, self._ca = HttpClient(url, TIMEOUT_SECONDS, watcher, guard, connection), connection.ca

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.__exit__(*error)

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one raw request."""
        answer = self._http.send(Request(method, path, headers or {}, body))
        return Reply(answer.status, answer.body)

    def send_json(self, method: str, path: str, token: str, body: Any = None) -> Reply:
        """Send JSON, or no body at all, with a bearer token."""
        headers = {"Authorization": f"Bearer {token}"}
        if body is None:
            return self.call(method, path, None, headers)
        return self.call(method, path, json.dumps(body).encode(), headers | {"Content-Type": "application/json"})

    def send_form(self, path: str, form: Mapping[str, str], client_id: str, client_secret: str) -> Reply:
        """Post a form with the application's Basic credentials."""
        basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", path, urlencode(form).encode(), headers)

    def announce(self, method: str, path: str, length: int, headers: Mapping[str, str]) -> Reply:
        """Announce a body of `length` bytes, send none of it and read the answer."""
        parts = urlsplit(self._http.base_url)
        connection = connection_to(self._http.base_url, TIMEOUT_SECONDS, self._ca)
        connection.putrequest(method, parts.path + path)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            connection.putheader(name, value)
        try:
            connection.endheaders()
            response = connection.getresponse()
            return Reply(response.status, response.read())
        except (OSError, HTTPException) as error:
            said = Request(method, path, {**headers, "Content-Length": str(length)})
            why = f"no answer from {self._http.base_url}: {error or type(error).__name__}"
            raise NoAnswer(why, said) from error
        finally:
            connection.close()
