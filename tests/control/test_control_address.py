"""The control API at an address of its own: reached there alone, where nothing else is."""

import asyncio
from typing import Any

import pytest
from click.testing import CliRunner

from command_line import served
from ringmock.cli.main import main
from ringmock.control.access import Access
from ringmock.fixture import load_named
from ringmock.serving.server import build
from ringmock.sign_in.worlds import Worlds

API, CONTROL = 8080, 8081
OWN = "/restapi/v1.0/account/~/extension/~"
APP = build(Worlds(load_named("demo")), access=Access(port=CONTROL))


def call(port: int, path: str, kind: str = "http") -> tuple[Any, str]:
    """The status and the body of an answer; of a WebSocket what it was answered with first."""
    sent: list[Any] = []
    first: dict[str, Any] = {"type": "http.request", "body": b""} if kind == "http" else {"type": "websocket.connect"}
    incoming = [first]

    async def receive() -> Any:
        return incoming.pop() if incoming else {"type": f"{kind}.disconnect", "code": 1000}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "server": ("127.0.0.1", port),
        "client": ("127.0.0.1", 40_000),
        "scheme": "http",
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"authorization", b"Bearer demo-101")],
        "extensions": {},
        "state": {},
    }
    asyncio.run(APP(scope, receive, send))
    if kind == "websocket":
        return sent[0]["type"], ""
    return sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:]).decode()


@pytest.mark.parametrize(
    ("port", "path", "status", "said"),
    [
        (API, OWN, 200, '"extensionNumber"'),
        (API, "/_mock/ready", 403, f"The control API of this server is at port {CONTROL}."),
        (API, "/_mock/", 403, f"at port {CONTROL}"),
        (API, "/_mock/ui", 403, f"at port {CONTROL}"),
        (CONTROL, "/_mock/ready", 200, '"ready"'),
        (CONTROL, "/_mock/", 302, 'href="/_mock/ui"'),
        (CONTROL, "/_mock/ui", 200, "<html"),
        (CONTROL, OWN, 404, f"Port {CONTROL} is the control API's alone, which is at /_mock/."),
        (CONTROL, "/restapi/oauth/token", 404, "control API's alone"),
        (CONTROL, "/_mocked", 404, "control API's alone"),
    ],
)
def test_each_port_has_what_is_its_own(port: int, path: str, status: int, said: str) -> None:
    answer = call(port, path)
    assert (answer[0], said in answer[1]) == (status, True), answer


@pytest.mark.parametrize(("port", "first"), [(API, "websocket.accept"), (CONTROL, "websocket.close")])
def test_no_websocket_is_opened_at_the_control_apis_port(port: int, first: str) -> None:
    assert call(port, "/ws", "websocket")[0] == first


def test_a_server_says_where_its_control_api_is_and_answers_there() -> None:
    with served("--control-host", "127.0.0.1", "--control-port", "0", "--quiet") as server:
        line = next(line for line in server.screen if "/_mock" in line)
        at = next(word for word in line.split() if word.startswith("http"))
        assert not at.startswith(server.url)
        api, server.url = server.url, at.partition("/_mock")[0]
        assert server.get("/_mock/ready")["status"] == "ready"
        server.url = api
        assert server.get(OWN)["extensionNumber"] == "101"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--port", "8080", "--control-port", "8080"), 2, "8080 is the API's port already"),
        (("--control-host", "192.0.2.1"), 1, "cannot listen on 192.0.2.1 port 8081: Cannot assign requested address"),
        (("--control-token", "short"), 2, "at least 8 characters"),
    ],
)
def test_an_address_or_a_token_that_will_not_do_is_refused_at_the_start(
    arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = CliRunner().invoke(main, ["serve", *arguments])
    assert (done.exit_code, said in " ".join(done.output.split())) == (status, True), done.output
