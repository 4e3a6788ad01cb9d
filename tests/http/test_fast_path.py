"""A call that goes straight gets what it would have got through the stages one by one."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringmock.fixture import load_named
from ringmock.http.app import Stages
from ringmock.http.fast_path import FastPath, is_plain
from ringmock.lab.faults import FaultRule
from ringmock.lab.limits import RINGCENTRAL
from ringmock.serving.server import build, running, served
from ringmock.sign_in.worlds import Worlds
from ringmock.world.world import World
from support import HANDSET, OWN, PAGER, SMS, STORE, sms_body

JSON = "application/json"
OTHER_SPELLING = "application/json; charset=utf-8"
"""Means the same, and is no plain call: it takes the stages one by one."""

CALLS: list[tuple[str, str, str, Any]] = [
    ("101", "POST", SMS, sms_body("Hello")),
    ("101", "POST", SMS, sms_body("x" * 1001)),
    ("101", "POST", SMS, sms_body(sender="16509100102")),
    ("101", "POST", SMS, {"to": 1}),
    ("101", "POST", SMS, b"{"),
    ("101", "POST", SMS, b""),
    ("nobody", "POST", SMS, sms_body("Hello")),
    ("101", "POST", PAGER, {"to": [{"extensionNumber": "102"}], "text": "Hello"}),
    ("101", "POST", PAGER, {"to": [{"extensionNumber": "104"}], "text": "Hello"}),
    ("200", "POST", PAGER, {"to": [{"extensionNumber": "102"}], "text": "Hello"}),
    ("101", "GET", STORE, None),
    ("101", "GET", f"{STORE}?direction=Outbound&perPage=1", None),
    ("101", "GET", f"{STORE}?direction=Sideways", None),
    ("101", "GET", f"{STORE}/320270670010", None),
    ("101", "PUT", f"{STORE}/320270670010", {"readStatus": "Read"}),
    ("101", "DELETE", f"{STORE}/320270670010", []),
    ("101", "GET", f"{STORE}/1", None),
    ("101", "GET", f"{OWN}/nothing", None),
    ("101", "DELETE", SMS, None),
    ("101", "GET", f"{OWN}//sms", None),
    ("101", "GET", "/restapi", None),
]
TWICE = [call for call in CALLS for _ in range(2)]


@pytest.fixture(scope="module")
def both_ways() -> list[tuple[httpx2.Response, httpx2.Response]]:
    """The answers to all calls, on one server straight and on its twin stage by stage; last, what was sent.

    Each call is made twice: the second time its head is known, where it goes straight.
    """
    straight, by_stages = answers(JSON), answers(OTHER_SPELLING)
    return list(zip(straight, by_stages, strict=True))


def answers(spelling: str) -> list[httpx2.Response]:
    """On a server whose clock stands and whose ids are counted."""
    found = []
    with running(load_named("source-page")) as (url, _), httpx2.Client(trust_env=False, verify=False) as client:
        for who, method, path, body in TWICE:
            headers = {"Host": "here.test", "Content-Type": spelling}
            if who != "nobody":
                headers["Authorization"] = f"Bearer demo-{who}"
            content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            found.append(client.request(method, url + path, headers=headers, content=content))
        found.append(client.get(f"{url}/_mock/handsets/{HANDSET}/messages"))
        found.append(client.get(f"{url}/_mock/journal?include=text,token"))
    return found


@pytest.mark.parametrize("number", range(len(TWICE) + 1))
def test_a_straight_call_is_answered_as_one_that_takes_the_stages(
    number: int, both_ways: list[tuple[httpx2.Response, httpx2.Response]]
) -> None:
    straight, by_stages = both_ways[number]
    assert (straight.status_code, straight.content) == (by_stages.status_code, by_stages.content)
    assert telling(straight) == telling(by_stages)


def test_both_are_in_the_journal_alike(both_ways: list[tuple[httpx2.Response, httpx2.Response]]) -> None:
    straight, by_stages = ([without_time(entry) for entry in journal.json()] for journal in both_ways[-1])
    assert straight == by_stages
    assert len(straight) == len(TWICE)


def telling(answer: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ("date", "rcrequestid")}


def without_time(entry: dict[str, Any]) -> dict[str, Any]:
    """What both ways say: the type of the body, by which a call is sent through the stages, is spelled otherwise."""
    headers = {name: value for name, value in entry["headers"].items() if name != "content-type"}
    return {name: value for name, value in entry.items() if name != "milliseconds"} | {"headers": headers}


@pytest.mark.parametrize(
    ("headers", "query", "plain"),
    [
        ({}, b"", True),
        ({b"content-type": b"application/json"}, b"page=1", True),
        ({b"content-type": OTHER_SPELLING.encode()}, b"", False),
        ({b"content-type": b"multipart/form-data; boundary=b"}, b"", False),
        ({b"content-encoding": b"gzip"}, b"", False),
        ({b"x-http-method-override": b"DELETE"}, b"", False),
        ({}, b"_method=DELETE", False),
    ],
)
def test_a_call_is_plain_when_its_first_line_and_its_body_are_what_they_seem(
    headers: dict[bytes, bytes], query: bytes, plain: bool
) -> None:
    assert is_plain(headers, query) is plain


class Passed:
    """The stages from `EdgeGuard` on, and which paths came to them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        await self._app(scope, receive, send)


def status_of(app: ASGIApp, path: str, token: str) -> int:
    """What a call without a body is answered."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"here.test"), (b"authorization", f"Bearer {token}".encode())],
        "scheme": "http",
        "server": ("127.0.0.1", 80),
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # it is a coroutine
    status: int = sent[0]["status"]
    return status


@pytest.mark.parametrize(
    "disturb",
    [
        lambda world: world.plant([FaultRule("createSMSMessage", error="CMN-201", times=1)]),
        lambda world: world.limit(RINGCENTRAL),
    ],
    ids=["faults", "limits"],
)
def test_only_the_calls_of_a_world_with_limits_or_faults_take_the_stages(disturb: Callable[[World], None]) -> None:
    worlds = Worlds(load_named("demo"))
    app = build(worlds)
    assert isinstance(app, Stages)
    straight = next(stage for stage in app.middleware_stack or () if isinstance(stage, FastPath))
    other = worlds.world_of_client("other", None)
    token = worlds.log_ins.open_session(
        other, other.account.extensions["101"], "other", access_ttl=60, refresh_ttl=0
    ).access_token
    assert status_of(app, STORE, token) == status_of(app, STORE, "demo-101") == 200
    straight.app = passed = Passed(straight.app)  # type: ignore[assignment]  # it stands for the stage

    disturb(other)

    assert status_of(app, STORE, "demo-101") == 200
    assert passed.paths == []
    assert status_of(app, STORE, token) == 200
    assert passed.paths == [STORE]

    other.reset()

    assert status_of(app, STORE, token) == 200
    assert passed.paths == [STORE]


def test_an_application_around_the_server_may_change_every_request_and_every_answer() -> None:
    inner = build(Worlds(load_named("demo")))

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        async def received() -> Message:
            message = await receive()
            return {**message, "body": message.get("body", b"").replace(b"Hello", b"Hullo")}

        async def sending(message: Message) -> None:
            await send(
                {**message, "body": message["body"].replace(b"Hullo", b"Hallo")} if "body" in message else message
            )

        if scope["type"] == "http":
            named = [(name, b"example.test" if name == b"host" else value) for name, value in scope["headers"]]
            await inner({**scope, "headers": named}, received, sending)

    with served(around) as url, httpx2.Client(base_url=url, headers={"Authorization": "Bearer demo-101"}) as client:
        sent = [client.post(SMS, json=sms_body("Hello")).json() for _ in range(2)]
        kept = [message["subject"] for message in client.get(f"{STORE}?direction=Outbound").json()["records"]]

    assert [message["subject"] for message in sent] == ["Hallo", "Hallo"]
    assert all(message["uri"].startswith("http://example.test/") for message in sent)
    assert kept[:2] == ["Hallo", "Hallo"]
