"""Wrong servers: the right application with one fault put around it. Nothing inside it is changed."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Json = Any
LIMITS = {"sms": 1000, "company-pager": 1024}
MOST_BYTES = 1_000_000
"""A larger body is the application's own business: it may never come."""


@dataclass
class Exchange:
    """One request and, once it is there, its answer; both may be changed."""

    method: str
    path: str
    authorization: str
    body: bytes
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""

    @property
    def resource(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_sent(self) -> bool:
        """Whether a message was sent by this."""
        return self.method == "POST" and self.resource in LIMITS and self.status == 200

    @property
    def sent(self) -> Json:
        """The request's body as JSON, None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def change_answer(self, change: Callable[[Json], object]) -> None:
        """Change the answer's JSON in place."""
        content = json.loads(self.answer)
        change(content)
        self.answer = json.dumps(content).encode()

    def refuse(self, status: int, code: str) -> None:
        """Answer with the error envelope instead."""
        entry = {"errorCode": code, "message": "Refused"}
        self.status, self.answer = status, json.dumps({**entry, "errors": [entry]}).encode()


Change = Callable[[Exchange], None]


def _nothing(exchange: Exchange) -> None:
    pass


def around(app: ASGIApp, *, before: Change = _nothing, after: Change = _nothing) -> ASGIApp:
    """The application with its requests changed by `before` and its answers by `after`."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _announced(scope) > MOST_BYTES:
            await app(scope, receive, send)
            return
        exchange = await _request(scope, receive)
        before(exchange)
        length = str(len(exchange.body)).encode()
        changed = {b"content-length": length, b"authorization": exchange.authorization.encode("latin-1")}
        kept = [(name, value) for name, value in scope["headers"] if name not in changed]
        headers = kept + [(name, value) for name, value in changed.items() if value and value != b"0"]
        await app({**scope, "headers": headers}, _replayed(exchange.body), _collector(exchange))
        after(exchange)
        await _answer(exchange, send)

    return faulty


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
    return Exchange(scope["method"], scope["path"], authorization, body)


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


# --- the faults -----------------------------------------------------------------------------------


def counts_code_points(app: ASGIApp) -> ASGIApp:
    """A text within the limit by its characters is let through, whatever its UTF-16 units."""
    texts: list[str] = []

    def shorten(exchange: Exchange) -> None:
        texts.clear()
        limit, body = LIMITS.get(exchange.resource), exchange.sent
        text = body.get("text") if isinstance(body, dict) else None
        if limit is not None and isinstance(text, str) and len(text) <= limit < len(text.encode("utf-16-le")) // 2:
            texts.append(text)
            exchange.body = json.dumps(body | {"text": "x"}).encode()

    def restore(exchange: Exchange) -> None:
        if texts and exchange.is_sent:
            exchange.change_answer(lambda message: message.update(subject=texts[0]))

    return around(app, before=shorten, after=restore)


def loses_messages(app: ASGIApp) -> ASGIApp:
    """A sent message cannot be read afterwards."""
    lost: set[str] = set()

    def lose(exchange: Exchange) -> None:
        if exchange.is_sent:
            lost.add(str(json.loads(exchange.answer)["id"]))
        elif exchange.method == "GET" and exchange.resource in lost:
            exchange.refuse(404, "CMN-102")

    return around(app, after=lose)


def invents_a_code(app: ASGIApp) -> ASGIApp:
    """Refusals of pages carry a code that is documented nowhere."""

    def invent(exchange: Exchange) -> None:
        if exchange.resource == "company-pager" and exchange.status == 400:
            exchange.refuse(400, "CMN-199")

    return around(app, after=invent)


def drops_a_field(app: ASGIApp) -> ASGIApp:
    """A required field of a sent message is missing."""

    def drop(exchange: Exchange) -> None:
        if exchange.is_sent:
            exchange.change_answer(lambda message: message.pop("conversationId"))

    return around(app, after=drop)


def breaks_down(app: ASGIApp) -> ASGIApp:
    """A page to several extensions is answered with 500."""

    def break_down(exchange: Exchange) -> None:
        sent = exchange.sent
        to = sent.get("to") if isinstance(sent, dict) else None
        if exchange.resource == "company-pager" and isinstance(to, list) and len(to) > 1:
            exchange.refuse(500, "CMN-203")

    return around(app, after=break_down)


def cuts_texts(app: ASGIApp) -> ASGIApp:
    """Of a text only the first 160 characters come back."""

    def cut(exchange: Exchange) -> None:
        if exchange.is_sent:
            exchange.change_answer(lambda message: message.update(subject=message["subject"][:160]))

    return around(app, after=cut)


def swaps_recipients(app: ASGIApp) -> ASGIApp:
    """The answer names the sender as the recipient of an SMS."""

    def swap(exchange: Exchange) -> None:
        if exchange.is_sent and exchange.resource == "sms":
            exchange.change_answer(lambda message: message.update(to=[message["from"]]))

    return around(app, after=swap)


def refuses_pages(app: ASGIApp) -> ASGIApp:
    """A well-formed page is refused as if its form were wrong."""

    def refuse(exchange: Exchange) -> None:
        if exchange.resource == "company-pager" and exchange.is_sent:
            exchange.refuse(400, "CMN-101")

    return around(app, after=refuse)


def lets_everyone_in(app: ASGIApp) -> ASGIApp:
    """A call without credentials is taken for the administrator's."""

    def let_in(exchange: Exchange) -> None:
        if exchange.path.startswith("/restapi/v1.0/account/"):
            exchange.authorization = "Bearer demo-101"

    return around(app, before=let_in)


def forgets_allow(app: ASGIApp) -> ASGIApp:
    """A 405 names one method too many."""

    def forget(exchange: Exchange) -> None:
        if exchange.status == 405:
            exchange.headers["allow"] += ", DELETE"

    return around(app, after=forget)
