"""A client that sends exactly what it is told, for calls that no generator makes."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ..http_client import HttpClient, NoAnswer, Request


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, and the body as bytes."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, None when it is none."""
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


class Client(HttpClient):
    """One connection to a server, opened anew when it was closed."""

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one request. Raises `NoAnswer` when the server does not answer."""
        request = Request(method, path, headers or {}, body)
        try:
            answer = self.send(request)
        except NoAnswer:  # a server may close an idle connection at any time
            answer = self.send(request)
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
        """Say that a body of `length` bytes follows, send none of it and take the answer."""
        self._connection.close()
        self._connection.putrequest(method, self._prefix + path)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()
        try:
            response = self._connection.getresponse()
            return Reply(response.status, response.read())
        finally:
            self._connection.close()
