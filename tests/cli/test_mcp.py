"""`ringmock mcp` as an agent's program meets it: by the SDK's own client, in the process, on streams and by HTTP."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from mcp.client import Client as Agent
from mcp.client.stdio import StdioServerParameters

from command_line import RINGMOCK
from ringmock.cli.mcp import server_of
from ringmock.control.tools import tools
from support import HANDSET, PAGER, Client


async def used(agent: Agent, name: str, /, **arguments: Any) -> Any:
    """The JSON that a tool answers with."""
    result = await agent.call_tool(name, arguments)
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)  # type: ignore[union-attr]


async def refused(agent: Agent, name: str, /, **arguments: Any) -> str:
    result = await agent.call_tool(name, arguments)
    assert result.is_error
    return str(result.content[0].text)  # type: ignore[union-attr]


def test_an_agent_lists_the_tools_writes_waits_and_asks_why(server_url: str) -> None:
    async def day(agent: Agent, application: Client) -> None:
        listed = (await agent.list_tools()).tools
        assert [each.name for each in listed] == list(tools())
        assert "create_world" in (agent.instructions or "")

        world = {"world": application.client_id}
        await used(agent, "create_world", name=application.client_id)
        written = await used(
            agent, "send_from_handset", phone_number=HANDSET, to="16509100010", text="A code?", **world
        )
        assert written["recipients"][0]["outcome"] == "delivered"

        application.post_sms("Your code is 493021")
        found = await used(agent, "list_messages", to=HANDSET, wait=5, extract="code", **world)
        assert found["messages"][0]["extracted"] == "493021"

        application.post(PAGER, json={"to": [{"extensionNumber": "104"}], "text": "Are you there?"})
        (latest,) = await used(agent, "read_journal", limit=1, **world)
        why = await used(agent, "why", id=latest["id"], **world)
        assert (why["status"], why["errors"][0]["errorCode"]) == (400, "MSG-324")

        await used(agent, "close_world", name=application.client_id)

    async def begin() -> None:
        with Client(server_url) as application:
            async with Agent(server_of(server_url)) as agent:
                await day(agent, application)

    asyncio.run(begin())


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("list_messages", {"to": HANDSET, "contains": "of no test", "wait": 0}, "There is no message to 14151003732"),
        ("why", {"id": 987654321}, "There is no call 987654321: the journal has"),
        ("why", {"id": "x"}, "'id' is a number from 0 to"),
        ("advance_clock", {"seconds": "an hour"}, "'seconds' is a number of seconds"),
        ("add_fault", {"operation": "createSMS"}, "createSMSMessage"),
        ("change_extension", {"number": "102", "status": "Frosen"}, "'status' is one of Enabled, Disabled, Frozen"),
        ("why", {"id": 1, "world": "of-no-test"}, "There is no world 'of-no-test'"),
        ("wyh", {}, "did you mean 'why'?"),
    ],
)
def test_a_call_that_is_refused_is_told_what_would_be_right(
    server_url: str, name: str, arguments: dict[str, Any], said: str
) -> None:
    async def begin() -> str:
        async with Agent(server_of(server_url)) as agent:
            return await refused(agent, name, **arguments)

    assert said in asyncio.run(begin())


def test_without_a_server_the_agent_is_told_how_to_start_one() -> None:
    async def begin() -> str:
        async with Agent(server_of("http://127.0.0.1:1")) as agent:
            return await refused(agent, "list_worlds")

    assert "`ringmock serve` starts a server, --url says where it is" in asyncio.run(begin())


@pytest.fixture
def by_http(server_url: str) -> Iterator[str]:
    """The address of a process that serves agents by HTTP."""
    command = [*RINGMOCK, "mcp", "--url", server_url, "--http-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


@pytest.mark.long
def test_it_serves_by_http(by_http: str) -> None:
    assert asyncio.run(worlds_by(by_http)) >= 1


@pytest.mark.long
def test_it_serves_on_standard_streams(server_url: str) -> None:
    program, *arguments = [*RINGMOCK, "mcp", "--url", server_url]
    assert asyncio.run(worlds_by(StdioServerParameters(command=program, args=arguments))) >= 1


async def worlds_by(place: str | StdioServerParameters) -> int:
    async with Agent(place) as agent:
        found: int = (await used(agent, "list_worlds"))["count"]
        return found
