"""The right application with its requests and its answers changed from outside. Nothing inside it is changed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Json = Any
LIMITS = {"sms": 1000, "company-pager": 1024}
API = "/restapi/v1.0/account/"
MOST_BYTES = 1_000_000
"""A larger body is the application's own business: it may never come."""


@dataclass
class Exchange:
    """One request and, once it is there, its answer; both may be changed.

    One that is given a status before the application has seen it goes no further.
    """

    method: str
    path: str
    query: str
    authorization: str
    body: bytes
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    """The answer's, by lower-case name."""
    answer: bytes = b""
    kept: Json = None
    """What a change of the request leaves for the change of its answer."""

    @property
    def resource(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_sending(self) -> bool:
        """Whether a message is asked to be sent by this."""
        return self.method == "POST" and self.resource in LIMITS

    @property
    def is_sent(self) -> bool:
        """Whether a message was sent by this."""
        return self.is_sending and self.status == 200

    @property
    def is_list(self) -> bool:
        """Whether a message list was answered."""
        return self.method == "GET" and self.resource == "message-store" and self.status == 200

    def is_answer(self, method: str, ending: str, status: int = 200) -> bool:
        """Whether this has answered such a call so; `ending` is that of its path."""
        return self.method == method and self.path.endswith(ending) and self.status == status

    @property
    def is_refused(self) -> bool:
        """Whether the API, and not its OAuth endpoints, refused this with an envelope of errors."""
        return self.path.startswith("/restapi/v1.0/") and self.status >= 400 and b'"errors"' in self.answer

    @property
    def sent(self) -> Json:
        """The request's body when it is a JSON object, empty when it is none."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def text(self) -> str:
        """The text that is asked to be sent, empty when there is none."""
        text = self.sent.get("text")
        return text if self.is_sending and isinstance(text, str) else ""

    @property
    def units(self) -> int:
        """How long the text is, as the limits count."""
        return len(self.text.encode("utf-16-le", errors="surrogatepass")) // 2

    def send_text(self, text: str) -> None:
        """Ask for this text to be sent instead."""
        self.body = json.dumps(self.sent | {"text": text}).encode()

    def send(self, **changed: Json) -> None:
        """Ask with these properties in the JSON body instead; None for none."""
        content = {**self.sent, **changed}
        self.body = json.dumps({name: value for name, value in content.items() if value is not None}).encode()

    def forget(self, name: str) -> None:
        """Ask without this parameter, where it is given."""
        if f"{name}=" not in self.query:
            return
        self.query = urlencode([pair for pair in parse_qsl(self.query, keep_blank_values=True) if pair[0] != name])

    def change_answer(self, change: Callable[[Json], object]) -> None:
        """Change the answer's JSON in place."""
        content = json.loads(self.answer)
        change(content)
        self.answer = json.dumps(content).encode()

    def change_messages(self, change: Callable[[Json], object]) -> None:
        """Change every message of the answer in place, be it one or a list of them."""
        if self.path.startswith(API) and self.status == 200 and b'"messageStatus"' in self.answer:
            self.change_answer(lambda content: [change(message) for message in _messages_in(content)])

    def refuse(self, status: int, code: str, parameter: str | None = None) -> None:
        """Answer with the error envelope instead."""
        about = {} if parameter is None else {"parameterName": parameter}
        entry = {"errorCode": code, "message": "Refused", **about}
        self.status, self.answer = status, json.dumps({**entry, "errors": [entry]}).encode()
        self.headers["content-type"] = "application/json"


def _messages_in(content: Json) -> Iterator[Json]:
    for message in content.get("records", [content]):
        if "messageStatus" in message and "uri" in message:  # high-volume SMS have a status, and no address
            yield message


Change = Callable[[Exchange], None]


def nothing(exchange: Exchange) -> None:
    """Change nothing."""


def around(app: ASGIApp, *, before: Change = nothing, after: Change = nothing) -> ASGIApp:
    """The application with its requests changed by `before` and its answers by `after`."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _announced(scope) > MOST_BYTES:
            await app(scope, receive, send)
            return
        exchange = _changed_by(before, await _request(scope, receive))
        if not exchange.status:
            await app(_changed(scope, exchange), _replayed(exchange.body), _collector(exchange))
        after(exchange)
        await _answer(exchange, send)

    return faulty


def _changed_by(before: Change, asked: Exchange) -> Exchange:
    """The request as it was, where the change counts on what an ill-formed body does not have."""
    exchange = replace(asked)
    try:
        before(exchange)
    except (AttributeError, LookupError, TypeError, ValueError):
        return asked
    return exchange


def _announced(scope: Scope) -> int:
    return int(dict(scope["headers"]).get(b"content-length", b"0"))


async def _request(scope: Scope, receive: Receive) -> Exchange:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    return Exchange(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), authorization, body)


def _changed(scope: Scope, exchange: Exchange) -> Scope:
    length = str(len(exchange.body)).encode()
    changed = {b"content-length": length, b"authorization": exchange.authorization.encode("latin-1")}
    kept = [(name, value) for name, value in scope["headers"] if name not in changed]
    headers = kept + [(name, value) for name, value in changed.items() if value and value != b"0"]
    target = {"query_string": exchange.query.encode("latin-1"), "headers": headers}
    if exchange.path != scope["path"]:
        target |= {"path": exchange.path, "raw_path": exchange.path.encode()}
    return {**scope, **target}


def _replayed(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _collector(exchange: Exchange) -> Send:
    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            exchange.headers = {name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            exchange.answer += message.get("body", b"")

    return send


async def _answer(exchange: Exchange, send: Send) -> None:
    headers = exchange.headers | {"content-length": str(len(exchange.answer))}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": exchange.status, "headers": encoded})
    await send({"type": "http.response.body", "body": exchange.answer})
