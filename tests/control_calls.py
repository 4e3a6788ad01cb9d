"""The control API without a socket: calls of it in the loop of the test, which sees each of their turns."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from ringmock.control.access import Access
from ringmock.control.api import create_control_app
from ringmock.control.mount import mounted
from ringmock.sign_in.worlds import Worlds
from ringmock.world.world import World

Asked = Callable[..., Awaitable[Any]]
"""What the control API answers to a GET of a path behind `/_mock`, with status 200 or the given one."""


class InProcess:
    """Calls the control API of these worlds, as somebody on this machine does."""

    def __init__(self, worlds: Worlds) -> None:
        self.worlds = worlds
        self.app = mounted(create_control_app(worlds), Access())
        self.gone: asyncio.Event = asyncio.Event()
        """Whether the clients have gone away."""

    def scope(self, method: str, target: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """The scope of a call."""
        path, _, query = target.partition("?")
        given = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
        return {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "scheme": "http",
            "headers": [(b"host", b"localhost"), *given],
            "client": ("127.0.0.1", 40000),
            "server": ("127.0.0.1", 8080),
        }

    async def call(
        self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """The status and the JSON of an answer."""
        scope = self.scope(method, target, headers)
        content = [b"" if body is None else json.dumps(body).encode()]
        sent: list[Any] = []

        async def receive() -> Any:
            if content:
                return {"type": "http.request", "body": content.pop(), "more_body": False}
            await self.gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], json.loads(sent[1]["body"])

    def begin(self, method: str, target: str, body: Any = None) -> "asyncio.Task[tuple[int, Any]]":
        """A call that goes its way."""
        return asyncio.get_running_loop().create_task(self.call(method, target, body))


async def turns(count: int) -> None:
    """So many turns of the loop for others."""
    for _ in range(count):
        await asyncio.sleep(0)


def run_story(worlds: Worlds, story: Callable[[World, Asked], Awaitable[None]]) -> None:
    """A story about the default world of these."""
    calls = InProcess(worlds)

    async def asked(path: str, status: int = 200) -> Any:
        found, said = await calls.call("GET", f"/_mock{path}")
        assert found == status, said
        return said

    async def told() -> None:
        await story(worlds.default, asked)

    asyncio.run(told())
