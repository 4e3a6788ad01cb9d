"""The stream of what happens in a world."""

import asyncio
import http.client
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from control_calls import InProcess, turns
from ringmock.control.access import Access
from ringmock.control.events import MOST_IN_AN_EVENT
from ringmock.fixture import load_named
from ringmock.server_limits import ServerLimits
from ringmock.serving.server import build, serving
from ringmock.sign_in.worlds import Worlds
from ringmock.world import controls
from support import DIRECT_NUMBER, HANDSET

Json = Any


class Reader:
    """A client of the stream: what it was told, by an ASGI application."""

    def __init__(self, calls: InProcess, query: str = "", headers: dict[str, str] | None = None) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.ids: list[str] = []
        self.told: list[Json] = []
        self.is_ended = False
        self._news = asyncio.Event()
        self._gone = asyncio.Event()
        self._asked = calls.scope("GET", f"/_mock/events{query}", headers)
        self._task = asyncio.get_running_loop().create_task(calls.app(self._asked, self._receive, self._send))
        self._is_read = False

    async def _receive(self) -> Json:
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Json) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self._read(message["body"].decode())
            self.is_ended = not message.get("more_body", False)
        self._news.set()

    def _read(self, text: str) -> None:
        for event in filter(None, text.split("\n\n")):
            if event.startswith("id: "):
                fields = dict(line.split(": ", 1) for line in event.splitlines())
                self.ids.append(fields["id"])
                self.told.append(json.loads(fields["data"]))
            elif event.startswith("{"):
                self.told.append(json.loads(event))

    async def until(self, is_so: Callable[["Reader"], bool]) -> None:
        """Wait until it is."""
        async with asyncio.timeout(10):
            while not is_so(self):
                self._news.clear()
                await self._news.wait()

    async def leave(self) -> None:
        """Go away."""
        self._gone.set()
        await asyncio.wait_for(self._task, 20)

    def of(self, part: str) -> list[Json]:
        """All that was told of a part."""
        return [each for said in self.told for each in said.get(part, ())]


def run(story: Callable[[InProcess], Awaitable[None]], **limits: Any) -> Worlds:
    """A story about the worlds of a server."""
    worlds = Worlds(load_named("demo"), limits=ServerLimits(**limits))

    async def told() -> None:
        await story(InProcess(worlds))

    asyncio.run(told())
    return worlds


async def text(calls: InProcess, words: str, world: str = "default") -> None:
    """An SMS from a phone outside to 101."""
    body = {"to": DIRECT_NUMBER["101"], "text": words}
    status, _ = await calls.call(
        "POST", f"/_mock/handsets/{HANDSET}/messages", body, headers={"X-Ringmock-World": world}
    )
    assert status == 200


def test_a_message_is_told_with_its_conversation_and_its_mailboxes() -> None:
    async def story(calls: InProcess) -> None:
        reader = Reader(calls)
        await reader.until(lambda _: bool(reader.told))
        assert (reader.status, reader.headers["content-type"]) == (200, "text/event-stream")
        assert "content-length" not in reader.headers
        await text(calls, "Hello\nthere")
        await reader.until(lambda _: bool(reader.of("messages")))
        (said,) = reader.of("messages")
        assert (said["from"], said["to"], said["mailboxes"]) == (HANDSET, [DIRECT_NUMBER["101"]], ["101"])
        assert (said["text"], said["conversation"].isdigit(), said["number"]) == ("Hello\nthere", True, 1)
        await reader.leave()

    run(story)


@pytest.mark.parametrize(
    ("method", "path", "body", "part"),
    [
        ("PATCH", "/_mock/extensions/101", {"status": "Frozen"}, "account"),
        ("PUT", "/_mock/departments/200/members", ["102"], "account"),
        ("PUT", "/_mock/faults", [{"operation": "createSMSMessage", "error": "CMN-201"}], "account"),
        ("PUT", "/_mock/limits", {"light": 3}, "account"),
        ("POST", "/_mock/clock/advance", {"seconds": 60}, "clock"),
        ("POST", "/_mock/reset", None, "reset"),
    ],
)
def test_what_the_control_api_changes_is_told(method: str, path: str, body: Json, part: str) -> None:
    async def story(calls: InProcess) -> None:
        reader = Reader(calls)
        await reader.until(lambda _: bool(reader.told))
        status, _ = await calls.call(method, path, body)
        assert status == 200
        await reader.until(lambda _: any(part in said for said in reader.told[1:]))
        await reader.leave()

    run(story)


def test_what_a_test_changes_in_its_own_world_is_told_without_a_call() -> None:
    async def story(calls: InProcess) -> None:
        reader = Reader(calls)
        await reader.until(lambda _: bool(reader.told))
        controls.set_status(calls.worlds.default, "101", "Frozen")
        await reader.until(lambda _: any(said.get("account") for said in reader.told))
        await reader.leave()

    run(story)


@pytest.mark.parametrize("by", ["header", "query"])
def test_who_comes_back_is_told_what_was_missed_once(by: str) -> None:
    async def story(calls: InProcess) -> None:
        first = Reader(calls)
        await first.until(lambda _: bool(first.told))
        await text(calls, "seen")
        await first.until(lambda _: bool(first.of("messages")))
        await first.leave()
        await text(calls, "missed")
        last = first.ids[-1]
        again = Reader(calls, f"?last_event_id={last}") if by == "query" else Reader(calls, "", {"Last-Event-ID": last})
        await again.until(lambda _: bool(again.told))
        assert [said["text"] for said in again.of("messages")] == ["missed"]
        assert again.told[0]["resumed"] is True
        await again.leave()

    run(story)


@pytest.mark.parametrize(("missed", "has_more"), [(MOST_IN_AN_EVENT, False), (MOST_IN_AN_EVENT + 1, True)])
def test_of_too_much_the_newest_is_told_and_that_there_was_more(missed: int, has_more: bool) -> None:
    async def story(calls: InProcess) -> None:
        first = Reader(calls)
        await first.until(lambda _: bool(first.told))
        await first.leave()
        for number in range(missed):
            controls.text_from_handset(calls.worlds.default, HANDSET, DIRECT_NUMBER["101"], f"no. {number}")
        again = Reader(calls, f"?last_event_id={first.ids[-1]}")
        await again.until(lambda _: bool(again.told))
        assert len(again.of("messages")) == MOST_IN_AN_EVENT
        assert again.of("messages")[-1]["text"] == f"no. {missed - 1}"
        assert again.told[0].get("more", False) is has_more
        await again.leave()

    run(story)


@pytest.mark.parametrize("since", ["1.1.5.5", "{opened}.0.0.0", "{opened}.1.9.9"])
def test_an_id_of_another_life_or_server_means_beginning_anew(since: str) -> None:
    async def story(calls: InProcess) -> None:
        opened = int(calls.worlds.default.opened.timestamp() * 1000)
        reader = Reader(calls, f"?last_event_id={since.format(opened=opened)}")
        await reader.until(lambda _: bool(reader.told))
        assert reader.told[0]["reset"] is True
        await reader.leave()

    run(story)


def test_a_stream_is_of_its_world_alone_and_ends_with_it() -> None:
    async def story(calls: InProcess) -> None:
        await calls.call("POST", "/_mock/worlds", {"name": "mine"})
        reader = Reader(calls, "?X-Ringmock-World=mine")
        await reader.until(lambda _: bool(reader.told))
        await text(calls, "elsewhere")
        await text(calls, "here", "mine")
        await reader.until(lambda _: bool(reader.of("messages")))
        assert [said["text"] for said in reader.of("messages")] == ["here"]
        await calls.call("DELETE", "/_mock/worlds/mine")
        await reader.until(lambda _: reader.is_ended)
        assert reader.told[-1] == {"closed": True}

    run(story)


@pytest.mark.parametrize("limit", [1, 2])
def test_a_stream_ends_after_as_many_events_as_are_asked_for(limit: int) -> None:
    async def story(calls: InProcess) -> None:
        reader = Reader(calls, f"?limit={limit}")
        await reader.until(lambda _: bool(reader.told))
        await text(calls, "a second event")
        await reader.until(lambda _: reader.is_ended)
        assert len(reader.told) == limit

    run(story)


@pytest.mark.parametrize(("others", "status"), [(1, 200), (2, 503)])
def test_so_many_streams_are_open_at_a_time(others: int, status: int) -> None:
    async def story(calls: InProcess) -> None:
        readers = [Reader(calls) for _ in range(others)]
        for reader in readers:
            await reader.until(lambda one: bool(one.told))
        last = Reader(calls)
        await last.until(lambda one: bool(one.told))
        assert last.status == status
        if status == 503:
            assert "2 streams of events are open already (--max-event-streams)" in last.told[0]["error"]
            await readers.pop().leave()
            again = Reader(calls)
            await again.until(lambda one: bool(one.told))
            assert again.status == 200
            readers.append(again)
        else:
            readers.append(last)
        for reader in readers:
            await reader.leave()

    run(story, max_event_streams=2)


@pytest.mark.parametrize(
    ("query", "status"), [("?X-Ringmock-World=nobodys", 404), ("?since=5", 400), (f"?last_event_id={'1' * 101}", 400)]
)
def test_a_stream_that_makes_no_sense_is_refused_in_a_sentence(query: str, status: int) -> None:
    async def story(calls: InProcess) -> None:
        reader = Reader(calls, query)
        await reader.until(lambda _: bool(reader.told))
        assert (reader.status, reader.is_ended) == (status, True)
        assert "error" in reader.told[0]

    run(story)


def test_nobody_is_told_anything_once_the_reader_has_gone() -> None:
    async def story(calls: InProcess) -> None:
        reader = Reader(calls)
        await reader.until(lambda _: bool(reader.told))
        await reader.leave()
        await text(calls, "later")
        await turns(5)
        assert reader.of("messages") == []

    worlds = run(story)
    assert worlds.default.watcher_count == 0


def test_an_open_stream_does_not_hold_up_the_end_of_the_server() -> None:
    with serving(build(Worlds(load_named("demo")), access=Access())) as (url, _):
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        connection.request("GET", "/_mock/events")
        answer = connection.getresponse()
        assert answer.readline().startswith(b"id: ")
    assert answer.read().startswith(b"data: ")
    connection.close()
