"""A call of the API by a test's handle."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from ..contract.http_client import Answer, ConnectionOptions, HttpClient, Request

Query = Mapping[str, object] | Sequence[tuple[str, object]]

TIMEOUT = 30.0
"""Seconds."""


class Callers:
    """Makes calls as extensions, each by one log-in, and by a new one when that is over."""

    def __init__(self, url: str, log_in: Callable[[str], str], root: Path | None = None) -> None:
        """`log_in` gives an access token. `root`: what has to have signed the server's certificate, in PEM."""
        self._url, self._log_in, self._root = url, log_in, root
        self._tokens: dict[str, str] = {}

    def call(
        self,
        method: str,
        path: str,
        by: str | None,
        query: Query | None,
        body: object,
        content: bytes | None,
        content_type: str | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        """See `ApiCalls.call`."""
        sent = content
        if content is None and body is not None:
            sent, content_type = json.dumps(body).encode(), content_type or "application/json"
        given = dict(headers or {}) | ({"Content-Type": content_type} if content_type else {})
        target = f"{path}?{urlencode(query, doseq=True)}" if query else path
        if by is None:
            return self._send(Request(method, target, given, sent))
        is_new = by not in self._tokens
        answer = self._send(Request(method, target, given | self._authorization(by), sent))
        if answer.status == 401 and not is_new and self._may_log_in(by):
            answer = self._send(Request(method, target, given | self._authorization(by), sent))
        return answer

    def _authorization(self, by: str) -> dict[str, str]:
        if by not in self._tokens:
            self._tokens[by] = self._log_in(by)
        return {"Authorization": f"Bearer {self._tokens[by]}"}

    def _may_log_in(self, by: str) -> bool:
        """Whether there is a new log-in, in the place of one that is over."""
        try:
            self._tokens[by] = self._log_in(by)
        except ValueError:  # its extension is frozen since
            return False
        return True

    def _send(self, request: Request) -> Answer:
        with HttpClient(self._url, TIMEOUT, connection=ConnectionOptions(self._root)) as client:
            return client.send(request)


class ApiCalls:
    """The calls that both handles make of the API."""

    _callers: Callers

    def call(
        self,
        method: str,
        path: str,
        *,
        by: str | None = None,
        query: Query | None = None,
        json: object = None,
        content: bytes | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make a call of the API, as an extension by its number or as nobody: what is answered, whatever that is.

        `ringmock.call("POST", "/restapi/v1.0/account/~/extension/~/sms", by="101", json={...}).json["id"]`. All
        calls of an extension are made by one log-in, until that is over. `query` has a value for each name, or several.
        """
        return self._callers.call(method, path, by, query, json, content, content_type, headers)
