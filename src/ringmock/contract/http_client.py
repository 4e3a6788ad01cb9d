"""An HTTP client for cases: whole requests, whole answers, and the equivalent curl."""

import base64
import email
import email.policy
import json
import re
import shlex
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from .cases.expectations import ABSENT
from .guard import Guard

TIMEOUT_SECONDS = 30.0
CONTROL, CONTROL_TOKEN = "/_mock/", "X-Ringmock-Token"
"""Where a ringmock's control API is, and the header of its token."""
_HIDDEN = re.compile(r"Authorization: [A-Za-z]+ \$TOKEN\w*")
MAX_SHOWN_BODY = 20_000
"""Bytes that a command line has room for, and a report too."""


class NoAnswer(Exception):
    """The server could not be reached, or broke off; the message says which address and why."""

    def __init__(self, message: str, request: "Request | None" = None) -> None:
        super().__init__(message)
        self.request = request
        """What was not answered."""
        self.shown: Exchange | None = None
        """The same as a report may show it, with an answer of nothing; None where nobody has made it."""


class ConnectionEnded(NoAnswer):
    """The server took the call and closed the connection instead of answering, as one does whose handler fails."""


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is path and query, as it is sent."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    @property
    def json(self) -> Any:
        """The body's value, `ABSENT` when it is no JSON."""
        return _json_or_absent(self.body)

    @property
    def parts(self) -> Any:
        """The JSON of each part of a multipart body, `ABSENT` for another part; `ABSENT` for any other body."""
        head = f"Content-Type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        message = email.message_from_bytes(head + self.body, policy=email.policy.HTTP)
        if not message.is_multipart():
            return ABSENT
        return [_json_or_absent(part.get_payload(decode=True)) for part in message.iter_parts()]


def _json_or_absent(body: Any) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return ABSENT


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. `request` holds what may be shown; `base_url` ends without a slash."""

    base_url: str
    request: Request
    answer: Answer


Watcher = Callable[[Exchange], None]
"""Gets every exchange with its credentials. Must be fast."""


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """What a server's address does not say of how its clients connect."""

    ca: Path | None = None
    """The file of the only roots that the server's certificate may have, in PEM; the system's without one."""
    control_token: str | None = None
    """What calls of its control API need from other machines. It is in no report."""


PLAIN = ConnectionOptions()


class HttpClient:
    """One connection to one server, opened when needed. Use it as a context manager, from one thread."""

    def __init__(
        self,
        base_url: str,
        timeout: float = TIMEOUT_SECONDS,
        watcher: Watcher | None = None,
        guard: Guard | None = None,
        connection: ConnectionOptions = PLAIN,
    ) -> None:
        """`base_url` as `http://127.0.0.1:8080`, with or without a path; `timeout` in seconds.

        Raises `ValueError` for any other scheme than http and https, and for a `ca` that is none.
        """
        self.base_url = base_url.rstrip("/")
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{base_url!r} is not the address of a server, as http://127.0.0.1:8080 is")
        self._prefix = parts.path
        self._watcher = watcher
        self._guard = guard
        self._timeout = timeout
        self._control = {} if connection.control_token is None else {CONTROL_TOKEN: connection.control_token}
        self._connection = connection_to(self.base_url, timeout, connection.ca)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, request: Request) -> Answer:
        """The server's answer, redirects not followed. Raises `NoAnswer`, and `NotSent` when the guard refuses it."""
        if self._guard is not None:
            self._guard.check(request.method, request.target, request.headers, request.body)
        try:
            headers = {**request.headers, **(self._control if request.target.startswith(CONTROL) else {})}
            self._connection.request(request.method, self._prefix + request.target, body=request.body, headers=headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            why = f"nothing within {self._timeout:g} s" if isinstance(error, TimeoutError) else error
            kind = ConnectionEnded if isinstance(error, (ConnectionResetError, HTTPException)) else NoAnswer
            raise kind(f"no answer from {self.base_url}: {why or type(error).__name__}", request) from error
        answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)
        if self._guard is not None:
            self._guard.count(request.method, request.target, request.headers, request.body, answer.status)
        if self._watcher is not None:
            self._watcher(Exchange(self.base_url, request, answer))
        return answer


def connection_to(url: str, timeout: float, ca: Path | None = None) -> HTTPConnection:
    """A connection to the server of a URL, not yet open. Raises `ValueError` for a `ca` that is none."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        trusted = None if ca is None else trusting(ca)
        return HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout, context=trusted)
    return HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)


def trusting(ca: Path) -> ssl.SSLContext:
    """What a client trusts that knows these roots alone. Raises `ValueError` for a file without one."""
    try:
        return ssl.create_default_context(cafile=ca)
    except ssl.SSLError as error:
        raise ValueError(f"{ca}: there is no certificate in PEM in it") from error
    except OSError as error:
        raise ValueError(f"{ca}: {error.strerror}") from error


def basic_credentials(client_id: str, client_secret: str) -> str:
    """The value of the Authorization header that names an application (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()


def curl(base_url: str, request: Request) -> str:
    """A command that sends the same request; a body that is too long for the command line is named as a file."""
    words = ["curl", "-i", "-X", request.method, base_url + request.target]
    for name, value in request.headers.items():
        words += ["-H", f"{name}: {value}"]
    if request.body is not None:
        is_short = len(request.body) <= MAX_SHOWN_BODY
        shown = request.body.decode("utf-8", errors="replace") if is_short else f"@body-of-{len(request.body)}-bytes"
        words += ["--data-binary", shown]
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """The word quoted for a shell; a header with a variable for its secret so that the variable is expanded."""
    return f'"{word}"' if _HIDDEN.fullmatch(word) else shlex.quote(word)
