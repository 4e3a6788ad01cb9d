"""`ringmock mcp`: the control API as tools of an agent, by the Model Context Protocol."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click

from .console import with_connection

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from ..contract.http_client import ConnectionOptions

INSTRUCTIONS = """\
ringmock is a mock server of RingCentral's messaging API. Open a world of your own by create_world and name it in each
call; let the application under test sign in with the world's name as its client id. send_from_handset writes as a
customer's phone, list_messages with `wait` waits for what the application sends, read_journal lists its calls, and why
explains one of them."""


@click.command("mcp")
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The server that the tools act on.")
@with_connection
@click.option(
    "--http-port",
    type=click.IntRange(0, 65535),
    help="Serve by HTTP on this port of 127.0.0.1, at /mcp, and not on the standard streams; 0 for any.",
)
def mcp(url: str, connection: "ConnectionOptions", http_port: int | None) -> None:
    """Offer the control API to an agent, by the Model Context Protocol.

    An agent's program starts it and speaks to it on its standard streams: worlds, phones outside, waiting, faults,
    clock, findings and why are tools, made from the control API's description.
    """
    try:
        server = server_of(url, connection)
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error}: pip install 'ringmock[mcp]' installs what an agent needs") from error
    if http_port is None:
        asyncio.run(_on_standard_streams(server))
    else:
        _by_http(server, http_port)


def server_of(url: str, connection: "ConnectionOptions | None" = None) -> "Server[Any]":
    """An MCP server whose tools act on the ringmock server at `url`."""
    from mcp import types
    from mcp.server.lowlevel import Server

    from .. import __version__
    from ..control.call import BadInput
    from ..control.tools import tool_named, tools
    from .control_client import NoSuchAnswer

    listed = [
        types.Tool(name=each.name, description=each.description, input_schema=each.input_schema)
        for each in tools().values()
    ]

    async def list_tools(*_: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=listed)

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            call = tool_named(params.name).call(params.arguments or {})
            said, is_refused = await asyncio.to_thread(_answer, url, connection, call), False
        except (BadInput, NoSuchAnswer) as error:
            said, is_refused = str(error), True
        return types.CallToolResult(content=[types.TextContent(type="text", text=said)], is_error=is_refused)

    return Server(
        "ringmock",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _answer(url: str, connection: "ConnectionOptions | None", call: Any) -> str:
    """What a tool's call is answered with, as JSON. Raises `NoSuchAnswer`."""
    from ..contract.http_client import PLAIN
    from .control_client import ask

    headers = {} if call.world is None else {"X-Ringmock-World": call.world}
    said = ask(url, call.method, call.target, headers, call.body, patience=call.waits, connection=connection or PLAIN)
    return json.dumps(said, ensure_ascii=False)


async def _on_standard_streams(server: "Server[Any]") -> None:
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _by_http(server: "Server[Any]", port: int) -> None:
    """Until Ctrl-C. Only this machine may call, and no page of another site."""
    import uvicorn

    from ..serving.server import bound_socket, url_of

    try:
        bound = bound_socket("127.0.0.1", port)
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on port {port}: {error.strerror}; --http-port 0 takes any"
        ) from error
    with bound:
        bound.listen()
        click.echo(f"ready on   {url_of(bound)}/mcp")
        config = uvicorn.Config(server.streamable_http_app(), log_level="warning", timeout_graceful_shutdown=2)
        uvicorn.Server(config).run(sockets=[bound])
