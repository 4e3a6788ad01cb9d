"""Faults on demand: applying a fault to a call."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..domain.account import digits_of
from ..lab.faults import FaultPlan, FaultRule, ServiceUnavailable, Spoiled
from ..world.world import World
from . import form_data, multipart
from .call import BREAK_OFF, ON_SOCKET, SCOPE_KEY, Answer, Call

NO_JSON = b'{"errorCode": "CMN-203", "message": '
"""Of a body that is malformed: what is left of the length is filled up with it, again and again."""


async def with_its_fault(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, world: World, extension: str | None
) -> None:
    """Pass a call to `app`, or refuse it, delay it or lose its answer, according to the fault."""
    call: Call = scope[SCOPE_KEY]
    plan = world.faults
    rule = None if plan is None else _met(plan, call, world, extension)
    if rule is None:
        await app(scope, receive, send)
        return
    call.fault, call.world = rule, world
    if rule.delay:
        epoch = world.epoch
        await asyncio.sleep(rule.delay)
        call.check_epoch(epoch)
    call.is_lost = rule.lost or (rule.answer is not None and rule.answer != Spoiled.SLOW)
    if rule.carries_out:
        try:
            await app(scope, receive, send)
        except Exception:
            if rule.lost:
                await _lose(rule, call, scope)
            raise
    if rule.lost or not rule.carries_out:
        await _lose(rule, call, scope)


def _met(plan: FaultPlan, call: Call, world: World, extension: str | None) -> FaultRule | None:
    """The fault that a call meets; its world's history knows that it could have met one."""
    asked: list[Collection[str]] = []

    def recipients() -> Collection[str]:
        if not asked:
            asked.append(recipients_of(call, world))
        return asked[0]

    rule = plan.meet(call.operation or "", extension, recipients)
    world.history.add("met", call.operation or "", extension, sorted(asked[0]) if asked else [])
    return rule


async def _lose(rule: FaultRule, call: Call, scope: Scope) -> None:
    """Let no answer come, or another one. Raises what the call is refused with."""
    if rule.breaks:
        break_off = scope.get("extensions", {}).get(BREAK_OFF)
        if break_off is not None:
            await break_off(Spoiled(rule.answer or Spoiled.RESET))
        if not rule.carries_out:
            raise ServiceUnavailable
    elif rule.replaces:
        call.answer, call.encoded = None, b""
        if rule.status is None or rule.status >= 400:
            raise rule.refusal(call.operation or "")
        call.answer = Answer(None, rule.status)


# --- whom a call sends to ------------------------------------------------------------------------


def recipients_of(call: Call, world: World) -> Collection[str]:
    """Phone numbers as digits, and extension numbers, that stand in the body of a call, whether it is a good one."""
    found: set[str] = set()
    _gather(_message_in(call), world, found)
    return found


def _message_in(call: Call) -> Any:
    try:
        if not call.media_type.startswith("multipart/"):
            return orjson.loads(call.content)
        parts = multipart.split(call.headers[b"content-type"], call.content, call.limits)
        form = form_data.form_of(parts, orjson.loads)
        return orjson.loads(parts[0].json) if form is None else form.message
    except Exception:  # whatever is wrong with the body is for the stages behind to say
        return None


def _gather(message: Any, world: World, found: set[str]) -> None:
    if not isinstance(message, Mapping):
        return
    to = message.get("to")
    for each in to if isinstance(to, list) else [to]:
        if isinstance(each, str):
            found.add(digits_of(each))
        elif isinstance(each, Mapping):
            found.update(digits_of(each[name]) for name in _NUMBERS if isinstance(each.get(name), str))
            extension = world.account.extension_by_id(_as_id(each.get("extensionId")))
            found.update((extension.number,) if extension is not None else ())
    messages = message.get("messages")
    for each in messages if isinstance(messages, list) else ():
        _gather(each, world, found)


_NUMBERS = ("phoneNumber", "extensionNumber")


def _as_id(given: Any) -> int:
    return int(given) if isinstance(given, (str, int)) and str(given).isascii() and str(given).isdigit() else 0


# --- how an answer comes -------------------------------------------------------------------------


class SpoiledAnswer:
    """An ASGI `send` for an answer that does not come as it should: it is gathered, and then goes out in its way."""

    def __init__(self, rule: FaultRule, scope: Scope, send: Send) -> None:
        self._rule = rule
        self._break_off = scope.get("extensions", {}).get(BREAK_OFF)
        self._is_on_socket = ON_SOCKET in scope
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body") or self._start is None:
            return
        if self._rule.answer == Spoiled.SLOW:
            await self._in_pieces()
        elif self._is_on_socket and self._break_off is not None:  # a message of a WebSocket comes whole, or not at all
            await self._break_off(Spoiled.RESET)
            await self._whole(self._body)
        elif self._rule.answer == Spoiled.MALFORMED:
            await self._whole(malformed(self._body))
        else:
            await self._truncated()

    async def _whole(self, body: bytes) -> None:
        assert self._start is not None
        length = (b"content-length", b"%d" % len(body))
        headers = [header for header in self._start["headers"] if header[0] != b"content-length"]
        await self._send({**self._start, "headers": [*headers, length]})
        await self._send({"type": "http.response.body", "body": body})

    async def _truncated(self) -> None:
        """All of its head, which announces all of its body, and half of that; of one without a body, half an answer."""
        assert self._start is not None
        body = self._body or NO_JSON
        headers = [header for header in self._start["headers"] if header[0] != b"content-length"]
        announced = {**self._start, "headers": [*headers, (b"content-length", b"%d" % len(body))]}
        if self._break_off is None:
            await self._whole(body[: len(body) // 2])
            return
        await self._send(announced)
        await self._send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await self._break_off(Spoiled.TRUNCATED)

    async def _in_pieces(self) -> None:
        assert self._start is not None
        await self._send(self._start)
        each = max(1, -(-len(self._body) // self._rule.pieces))
        pieces = [self._body[at : at + each] for at in range(0, len(self._body), each)] or [b""]
        for place, piece in enumerate(pieces):
            if place:
                await asyncio.sleep(self._rule.pause)
            is_last = place == len(pieces) - 1
            await self._send({"type": "http.response.body", "body": piece, "more_body": not is_last})


def malformed(body: bytes) -> bytes:
    """A body of the same length that is no JSON."""
    length = max(len(body), len(NO_JSON))
    return (NO_JSON * (length // len(NO_JSON) + 1))[:length]
