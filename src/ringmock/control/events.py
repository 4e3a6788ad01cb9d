"""What happens in a world, as a stream of server-sent events.

A stream is a place in the world's history, and sends what the world's journals have beyond it: so nothing is kept for
clients that are away, and one that comes back with the id of the last event it read is sent what it missed.
"""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from flask import Flask, Response
from starlette.types import Receive, Send
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

from ..domain.message import Delivery, Message
from ..domain.message_thread import ThreadsChanged
from ..domain.subscription import Changes
from ..timestamps import iso8601
from ..world.journal import Entry
from ..world.message_journal import MessageEntry
from ..world.world import World
from . import api
from .call import REFUSED, WAITED, ControlCall, Refused, TooBusy
from .description import Operation, operations
from .journal import in_brief
from .waiting import Changed, Client

Json = Any

MOST_IN_AN_EVENT = 100
"""Messages, and calls, of one event; of more, the newest."""
LONGEST_TEXT = 200
"""Characters of a message's text in an event."""
TOGETHER_SECONDS = 0.03
"""For so long after an event, what happens is sent together."""
LOOK_SECONDS = 1.0
"""How often it looks for changes that no watcher is called for, such as those of a test in its own world."""
BEAT = 15
"""Looks without a change, after which a comment keeps the connection alive."""

CONTENT_TYPE = "text/event-stream"
_ID = re.compile(r"([0-9]{1,15})\.([0-9]{1,9})\.([0-9]{1,12})\.([0-9]{1,12})")


class Place(NamedTuple):
    """A place in a world's history: when it was opened, its epoch, and how many messages and calls there were."""

    opened: int
    epoch: int
    messages: int
    calls: int

    @classmethod
    def of(cls, world: World) -> "Place":
        """Where the world is now."""
        opened = int(world.opened.timestamp() * 1000)
        return cls(opened, world.epoch, world.message_journal.count, world.journal.latest)

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """The place that an id says; None for what is none."""
        found = _ID.fullmatch(text)
        return None if found is None else cls(*map(int, found.groups()))

    def __str__(self) -> str:
        return ".".join(map(str, self))


def read_events(call: ControlCall) -> Response:
    """The head of the stream; `Streams` sends the rest."""
    headers = Headers([("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")])
    return Response(content_type=CONTENT_TYPE, headers=headers)


class Stream:
    """One client's: a `Watcher` of its world, which only notes that there is something to send."""

    def __init__(self, world: World, since: Place | None, most: int | None = None) -> None:
        """`since` is where the client has been, `most` how many events it wants; None for all."""
        self._world = world
        self._left = most
        self._place = since
        self._sent_until = Place.of(world)
        self.wake = Changed()
        self.is_over = False
        """Whether the server stops, and the stream with it."""
        self._has_changed = False
        self._account = _account_of(world)
        self._clock = world.clock.setting

    def recorded(self, delivery: Delivery, copies: Sequence[Message]) -> None:
        """A message was sent or received."""
        self.wake()

    def changed(self, changes: Changes) -> None:
        """Messages were marked or deleted."""
        self._has_changed = True
        self.wake()

    def answered(self, entry: Entry) -> None:
        """A call was answered."""
        self.wake()

    def batch_sent(self, batch: object) -> None:
        """A batch was accepted."""
        self.wake()

    def opted(self, sender: str, recipient: str, *, is_out: bool) -> None:
        """A phone opted out, or in again."""
        self.wake()

    def threads_changed(self, changed: ThreadsChanged) -> None:
        """Message threads, or what is in them, changed."""
        self._has_changed = True
        self.wake()

    def presence_changed(self, changed: object) -> None:
        """A presence changed."""
        self._has_changed = True
        self.wake()

    def time_changed(self) -> None:
        """The clock was moved, or something is due."""
        self.wake()

    def stop(self) -> None:
        """End it: the server stops."""
        self.is_over = True
        self.wake()

    async def run(self, send: Send, client: Client) -> None:
        """Tell what happens until the client goes, the world is closed or the server stops."""
        self._world.watch(self)
        self._world.on_reset(self.wake)
        try:
            await self._say(send, self._first())
            idle = 0
            while not (self.is_over or client.is_gone or self._world.is_closed):
                changed = self.wake.next()
                said = self.news()
                if said:
                    await self._say(send, said)
                    await asyncio.sleep(TOGETHER_SECONDS)
                    idle = 0
                    continue
                await client.wait(changed, LOOK_SECONDS)
                idle += 1
                if idle % BEAT == 0:
                    await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
            if self._world.is_closed and not self.is_over:
                await self._say(send, {"closed": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._world.unwatch(self)
            self._world.forget_on_reset(self.wake)

    async def _say(self, send: Send, said: Json) -> None:
        if self._left is not None:
            self._left -= 1
            self.is_over = self.is_over or self._left == 0
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        body = f"id: {self._sent_until}\ndata: {text}\n\n".encode(errors="replace")
        await send({"type": "http.response.body", "body": body, "more_body": True})

    def _first(self) -> Json:
        """Where the world is, and what was missed since the place that the client came from."""
        said: dict[str, Json] = {"clock": _clock(self._world)}
        if self._place is not None:
            said |= {"resumed": True, **_since(self._world, self._place)}
        return said

    def news(self) -> dict[str, Json]:
        """What has happened since it was last asked; empty for nothing."""
        world, before = self._world, self._sent_until
        self._sent_until = Place.of(world)
        said = _since(world, before) if self._sent_until != before else {}
        if self._has_changed:
            said["changed"], self._has_changed = True, False
        account = _account_of(world)
        if any(now is not was for now, was in zip(account, self._account, strict=True)):
            said["account"], self._account = True, account
        if world.clock.setting != self._clock:
            said["clock"], self._clock = _clock(world), world.clock.setting
        return said


def _account_of(world: World) -> tuple[object, ...]:
    """What is another object when it is another: extensions and Departments, limits, faults and carriers."""
    return world.account, world.limits, world.faults, world.carrier


def _clock(world: World) -> Json:
    return {"now": iso8601(world.clock.now()), "frozen": world.clock.is_frozen}


def _since(world: World, place: Place) -> dict[str, Json]:
    """What the journals have beyond a place."""
    now = Place.of(world)
    is_past = place.messages <= now.messages and place.calls <= now.calls
    if place[:2] != now[:2] or not is_past:
        return {"reset": True}
    said: dict[str, Json] = {}
    messages, calls = now.messages - place.messages, now.calls - place.calls
    if messages:
        said["messages"] = [_message(entry) for entry in world.message_journal.newest(min(messages, MOST_IN_AN_EVENT))]
    if calls:
        newest = [*world.journal.newest_first(min(calls, MOST_IN_AN_EVENT))]
        said["calls"] = [_call(entry) for entry in reversed(newest)]
    if messages > len(said.get("messages", ())) or calls > len(said.get("calls", ())):
        said["more"] = True
    return said


def _message(entry: MessageEntry) -> Json:
    message = entry.message
    mailboxes = dict.fromkeys(each for each in (entry.outbox, *(r.mailbox for r in entry.routed)) if each)
    return {
        "number": entry.number,
        "id": None if message is None else str(message.id),
        "conversation": None if message is None else str(message.conversation.id),
        "type": entry.type.value,
        "from": entry.sender,
        "to": entry.recipients[:MOST_IN_AN_EVENT],
        "mailboxes": [*mailboxes][:MOST_IN_AN_EVENT],
        "text": entry.text[:LONGEST_TEXT],
        "created": iso8601(entry.at),
    }


def _call(entry: Entry) -> Json:
    return {
        **in_brief(entry),
        "refused_by": entry.refused_by,
        "milliseconds": round(entry.milliseconds, 3),
    }


OnStop = Callable[[Callable[[], None]], None]


class Streams:
    """The open streams of a server."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._operations = {(each.method, each.path): each for each in operations() if each.streams}
        self._most = app.extensions["ringmock.sign_in.worlds"].limits.max_event_streams
        self._open: dict[Stream, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def is_for(self, method: str, path: str) -> bool:
        """Whether a call is answered by a stream."""
        return (method, path) in self._operations

    def opened(self, environ: dict[str, Any]) -> tuple[Stream | None, dict[str, Any]]:
        """The stream of a call, None for a refused one; and what is to be added to the environment of the call."""
        request = Request(environ, populate_request=False)
        operation: Operation = self._operations[environ["REQUEST_METHOD"], request.path]
        try:
            call = api.read(operation, request, {}, self._app)
            if len(self._open) >= self._most:
                raise TooBusy(
                    f"{self._most} streams of events are open already (--max-event-streams): close one, as by leaving"
                    " a page of the inspector."
                )
        except Refused as refused:
            return None, {REFUSED: refused.with_traceback(None)}
        last = request.headers.get("Last-Event-ID") or call.query.get("last_event_id", "")
        stream = Stream(call.world, Place.read(last), call.query.get("limit"))
        self._open[stream] = None
        return stream, {WAITED: replace(call, waited=stream)}

    async def run(self, stream: Stream, receive: Receive, send: Send, on_stop: OnStop | None) -> None:
        """Send what happens, until somebody ends it."""
        client = Client(receive)
        if on_stop is not None:
            on_stop(stream.stop)
        try:
            await stream.run(send, client)
        finally:
            client.end()
            self.close(stream)

    def close(self, stream: Stream) -> None:
        """Have room for another."""
        self._open.pop(stream, None)

    def wake(self) -> None:
        """Something was done, as by the control API, that no watcher is called for."""
        for stream in self._open:
            stream.wake()
