"""Random sessions in a world: what clients, phones outside and tests do, by API and control API."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from ringmock.contract.http_client import Answer, HttpClient, NoAnswer, Request
from support import HANDSET, OWN

Json = Any
ACCOUNT = "/restapi/v1.0/account/~"
TEXTS = (
    "It is on",
    "any",
    "~.*",
    "a ${name} in {it}",
    '"""\\',
    "two\nlines",
    "\N{GRINNING FACE} déjà",
    "STOP",
    "START",
)
NUMBERS = ("101", "102", "103", "104", "105", "200", "999")
CALLERS = ("101", "102", "103")
PICTURE = base64.b64encode(b"no picture").decode()
MIXED = (
    "--cut\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
    "--cut\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n\r\n\x89\r\n--cut--\r\n"
)


class Session:
    """Somebody who does things in a world of their own."""

    def __init__(self, client: HttpClient, world: str) -> None:
        self._client, self.world = client, world
        self.ids: list[str] = ["1"]
        """What answers have told of."""

    def call(self, who: str | None, method: str, path: str, body: Json = None, **headers: str) -> Answer:
        signed = {} if who is None else {"Authorization": f"Bearer demo-{who}"}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        answer = self.send(
            method,
            path,
            {**({} if body is None else {"Content-Type": "application/json"}), **signed, **headers},
            content,
        )
        said = answer.json
        found = [said, *said.get("records", ())] if isinstance(said, dict) else []
        self.ids += [str(each["id"]) for each in found if isinstance(each, dict) and "id" in each]
        return answer

    def control(self, method: str, path: str, body: Json = None) -> Json:
        content = None if body is None else json.dumps(body).encode()
        return self.send(method, f"/_mock{path}", {"Content-Type": "application/json"}, content).json

    def send(self, method: str, path: str, headers: dict[str, str], content: bytes | None) -> Answer:
        return self._client.send(Request(method, path, {"X-Ringmock-World": self.world, **headers}, content))


@contextmanager
def session_on(url: str, world: str) -> Iterator[Session]:
    """A session in a new world of a server."""
    with HttpClient(url) as client:
        session = Session(client, world)
        opened = client.send(Request("POST", "/_mock/worlds", {}, json.dumps({"name": world}).encode()))
        assert opened.status < 300, opened.text
        yield session


def sms(text: str, to: str = f"+{HANDSET}", sender: str = "+16509100010") -> Json:
    return {"from": {"phoneNumber": sender}, "to": [{"phoneNumber": to}], "text": text}


def page(text: str, *to: str) -> Json:
    return {"to": [{"extensionNumber": number} for number in to], "text": text}


def actions(session: Session, dice: Random) -> list[Callable[[], Json]]:
    """What somebody may do next."""
    who, text, one = dice.choice(CALLERS), dice.choice(TEXTS), quote(dice.choice(session.ids))
    store = f"{OWN}/message-store"
    template, days = {"displayName": text, "body": {"text": text}}, dice.choice((6, 7, 9))
    status = dice.choice(("Frozen", "Enabled"))
    contact = {"firstName": text[:20], "mobilePhone": HANDSET}
    multipart = MIXED.replace("{body}", json.dumps(sms(text))).encode("latin-1", "replace")
    return [
        lambda: session.call(who, "POST", f"{OWN}/company-pager", page(text, dice.choice(NUMBERS))),
        lambda: session.call(who, "POST", f"{OWN}/company-pager", page(text, *dice.sample(NUMBERS, 2))),
        lambda: session.call(
            who, "POST", f"{OWN}/company-pager", {"text": text, "replyOn": int(one) if one.isdigit() else 1}
        ),
        lambda: session.call("101", "POST", f"{OWN}/sms", sms(text, dice.choice((f"+{HANDSET}", "16509100102", "12")))),
        lambda: session.call(
            "101", "POST", f"{OWN}/sms", multipart, **{"Content-Type": "multipart/mixed;boundary=cut"}
        ),
        lambda: session.call(who, "GET", f"{store}?{urlencode({'perPage': dice.choice((1, 2, 100))})}"),
        lambda: session.call(who, "GET", f"{store}?dateFrom=2000-01-01T00:00:00Z&availability=Deleted"),
        lambda: session.call(who, "GET", f"{store}/{one}"),
        lambda: session.call(who, "PUT", f"{store}/{one}", {"readStatus": dice.choice(("Read", "Unread", "No"))}),
        lambda: session.call(who, "DELETE", f"{store}/{one}"),
        lambda: session.call(who, "GET", f"{OWN}/message-sync?syncType=FSync"),
        lambda: session.call(dice.choice((None, "nobody")), "GET", store),
        lambda: session.call(who, "GET", f"{ACCOUNT}/extension/1346632102"),
        lambda: session.call(who, "POST", f"{OWN}/sms", b"{"),
        lambda: session.call(who, "GET", "/restapi/v1.0/nowhere"),
        lambda: session.call("101", "PUT", f"{ACCOUNT}/message-store-configuration", {"retentionPeriod": days}),
        lambda: session.call(who, "POST", f"{OWN}/message-store-templates", template),
        lambda: session.call(who, "POST", f"{OWN}/address-book/contact", contact),
        lambda: session.call(who, "GET", f"{OWN}/address-book/contact"),
        lambda: session.control("POST", f"/handsets/{HANDSET}/messages", {"to": "16509100010", "text": text}),
        lambda: session.control(
            "POST",
            "/handsets/14155550100/messages",
            {"to": "16509100010", "text": text, "attachments": [{"contentType": "image/png", "content": PICTURE}]},
        ),
        lambda: session.control("PATCH", f"/extensions/{dice.choice(NUMBERS)}", {"status": status}),
        lambda: session.control("PATCH", "/extensions/103", {"status": dice.choice(("Disabled", "NotActivated"))}),
        lambda: session.control("PUT", "/departments/200/members", dice.sample(("102", "103", "104"), 2)),
        lambda: session.control("POST", "/clock/advance", {"seconds": dice.choice((1, 90, 86_400, 691_200))}),
        lambda: session.control("PUT", "/clock", {"frozen": dice.random() < 0.5}),
        lambda: session.control("POST", "/faults", {"operation": "listMessages", "error": "CMN-201", "times": 1}),
        lambda: session.control("POST", "/faults", {"operation": "createSMSMessage", "lost": True, "times": 1}),
    ]


def act(session: Session, dice: Random, times: int) -> None:
    """So many things, one after another; a lost answer is no matter."""
    for _ in range(times):
        try:
            dice.choice(actions(session, dice))()
        except NoAnswer:
            continue
