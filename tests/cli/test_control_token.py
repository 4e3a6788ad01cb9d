"""Commands that call a server's control API from another machine, with its token and without."""

import asyncio
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from mcp.client import Client as Agent
from starlette.types import Receive, Scope, Send

from command_line import commands
from ringmock.cli.main import main
from ringmock.cli.mcp import server_of
from ringmock.contract.http_client import ConnectionOptions, HttpClient, Request
from ringmock.control.access import Access
from ringmock.fixture import load_named
from ringmock.serving.server import build, serving
from ringmock.sign_in.worlds import Worlds
from support import DIRECT_NUMBER, HANDSET, PAGER

TOKEN = "a-token-of-the-test"
ONE_CASE = "A page of 1024 symbols is sent whole"
WITHOUT_ADDRESS = ("contract replay",)
"""They take the server's address from a file, and call what `contract` calls."""
ITS_OWN = ("serve",)
"""It has the token, and calls nobody."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A server that takes every call for one from another machine; a page was sent there, and one refused."""
    app = build(Worlds(load_named("demo")), access=Access((), TOKEN))

    async def from_elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "client": ("192.0.2.7", 1)} if scope["type"] == "http" else scope, receive, send)

    with serving(from_elsewhere) as (url, _), HttpClient(url) as client:
        for number in ("102", "104"):
            body = json.dumps({"to": [{"extensionNumber": number}], "text": "It is on"}).encode()
            headers = {"Authorization": "Bearer demo-101", "Content-Type": "application/json"}
            client.send(Request("POST", PAGER, headers, body))
        yield url


@pytest.fixture(scope="module")
def history(elsewhere: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a phone outside has written, which only the control API does again."""
    file = tmp_path_factory.mktemp("history") / "history.ndjson"
    with HttpClient(elsewhere, connection=ConnectionOptions(control_token=TOKEN)) as client:
        headers = {"Content-Type": "application/json"}
        client.send(Request("POST", "/_mock/worlds", headers, b'{"name": "of-a-phone"}'))
        headers["X-Ringmock-World"] = "of-a-phone"
        text = json.dumps({"to": DIRECT_NUMBER["101"], "text": "Hello"}).encode()
        client.send(Request("POST", f"/_mock/handsets/{HANDSET}/messages", headers, text))
    asked = ["export", "--url", elsewhere, "--control-token", TOKEN, "--client", "of-a-phone", "--output", str(file)]
    written = CliRunner().invoke(main, asked)
    assert written.exit_code == 0, written.output
    return file


COMMANDS = {
    "why": ("why --url {url}", "MSG-324"),
    "text": ("text --from 14151003732 --to 16509100010 --url {url} Hello", "delivered"),
    "coverage": ("coverage {url}", "start it by ringmock serve --coverage"),
    "cases new": ("cases new 'A page arrives' --out - --from-world {url}", "createInternalTextMessage"),
    "export": ("export --format curl --url {url}", "company-pager"),
    "replay": ("replay --url {url} {history}", "all are the same"),
    "contract": (f"contract --parts cases --only '{ONE_CASE}' --url {{url}}", "yes, each case has its own"),
}


@pytest.mark.parametrize("by", ["--control-token", "RINGMOCK_CONTROL_TOKEN"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_calls_the_control_api_calls_it_with_the_token(
    elsewhere: str, history: Path, name: str, by: str
) -> None:
    command, said = COMMANDS[name]
    words = shlex.split(command.format(url=elsewhere, history=history))
    without = CliRunner().invoke(main, words, env={"RINGMOCK_CONTROL_TOKEN": None})
    assert said not in without.output
    given = ([by, TOKEN], {}) if by.startswith("--") else ([], {by: TOKEN})
    done = CliRunner().invoke(main, [*words, *given[0]], env=given[1])
    assert said in done.output
    assert TOKEN not in done.output


def test_the_tools_of_an_agent_call_with_the_token(elsewhere: str) -> None:
    async def asked(token: str | None) -> str:
        async with Agent(server_of(elsewhere, ConnectionOptions(control_token=token))) as agent:
            return str((await agent.call_tool("list_worlds", {})).content[0].text)  # type: ignore[union-attr]

    assert "token" in asyncio.run(asked(None))
    assert json.loads(asyncio.run(asked(TOKEN)))["count"] >= 1


def takes_address(command: click.Command) -> bool:
    return any(option.name == "url" or "URL" in str(option.metavar or "") for option in command.params)


def test_a_command_that_takes_an_address_takes_the_token_and_is_tried_above() -> None:
    found: dict[str, Any] = dict(commands(main))
    takes = {name for name, each in found.items() if "control_token" in {option.name for option in each.params}}
    assert takes == {*(name for name, each in found.items() if takes_address(each)), *WITHOUT_ADDRESS, *ITS_OWN}
    assert takes == {*COMMANDS, "mcp", *WITHOUT_ADDRESS, *ITS_OWN}
