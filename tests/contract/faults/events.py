"""Subscriptions: who is told of what, whose they are, and what their receiver is sent."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringmock.domain import errors
from ringmock.domain.account import Account, Extension
from ringmock.domain.message_filter import MessageFilter
from ringmock.domain.slices import Slices
from ringmock.domain.subscription import Attempt, Subscription, SubscriptionRequest
from ringmock.domain.subscription_store import SubscriptionStore
from ringmock.world.history.commands import Base
from ringmock.world.world import Watcher, World

from .exchange import Exchange, around
from .fault import in_app, in_world, turned_into, unwatched
from .operations import DELETE_ALL, SUBSCRIBE, WS_TOKEN


@in_app(SUBSCRIBE)
def ignores_the_direction_of_a_filter(app: ASGIApp) -> ASGIApp:
    """An event filter that names a direction lets both through."""

    def forget(exchange: Exchange) -> None:
        if exchange.path.endswith("/subscription") and "eventFilters" in exchange.sent:
            exchange.kept = exchange.sent["eventFilters"]
            filters = json.loads(re.sub("&direction=(In|Out)bound", "", json.dumps(exchange.kept)))
            exchange.body = json.dumps(exchange.sent | {"eventFilters": filters}).encode()

    return around(app, before=forget)


class WithSubscriptions(World):
    """Has a store of subscriptions that goes by other rules."""

    kind: type[SubscriptionStore]

    def begin_again(self, base: Base) -> None:
        super().begin_again(base)
        self.subscriptions = turned_into(self.kind, self.subscriptions)


class _ForAnyone(SubscriptionStore):
    def get(self, owner: Extension, subscription_id: str, now: datetime) -> Subscription:
        subscription = self._by_id.get(subscription_id)
        if subscription is None or not self.is_alive(subscription, now):
            raise errors.NotFound("subscriptionId", subscription_id)
        return subscription


@in_world(SUBSCRIBE)
class LetsAnyoneHaveASubscription(WithSubscriptions):
    """Any extension reads, renews and deletes any subscription by its id."""

    kind = _ForAnyone


class _Forgetting(SubscriptionStore):
    def update(self, subscription: Subscription, *given: Any, **named: Any) -> None:
        super().update(subscription, *given, **named)
        subscription.delivery = subscription.delivery._replace(verification_token=None)


@in_world(SUBSCRIBE)
class ForgetsTheVerificationToken(WithSubscriptions):
    """After an update of a subscription notifications come without its Verification-Token."""

    kind = _Forgetting


class _KeepsFilters(SubscriptionStore):
    def update(self, subscription: Subscription, *given: Any, **named: Any) -> None:
        before = subscription.filters
        super().update(subscription, *given, **named)
        self._unwatch(subscription)
        subscription.filters = (*before, *subscription.filters)
        self._watch(subscription)


@in_world(SUBSCRIBE)
class KeepsTheFiltersFromBefore(WithSubscriptions):
    """An update of a subscription adds its filters to those from before."""

    kind = _KeepsFilters


class _NeverForgiven(Subscription):
    """Its failures are counted for good."""

    __slots__ = ()

    def attempted(self, attempt: Attempt) -> None:
        failures = self.failures
        super().attempted(attempt)
        if attempt.failure is None:
            self.failures = failures


class _Counting(SubscriptionStore):
    def create(
        self, account: Account, subscriber: Extension, wanted: SubscriptionRequest, now: datetime, *, origin: str
    ) -> Subscription:
        subscription = super().create(account, subscriber, wanted, now, origin=origin)
        subscription.__class__ = _NeverForgiven
        return subscription


@in_world(SUBSCRIBE)
class NeverForgivesAFailure(WithSubscriptions):
    """An address is blacklisted after three failures, in a row or not."""

    kind = _Counting


@in_world(DELETE_ALL)
class DeletesByFilterInSilence(World):
    """Messages that are deleted by a filter are no event."""

    def deleting_messages(self, extension: Extension, wanted: Iterable[MessageFilter], *, purge: bool) -> Slices[None]:
        with unwatched(self):
            yield from super().deleting_messages(extension, wanted, purge=purge)


class _Inverted:
    """A watcher to whom who has opted out is told as in, and the other way."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def __getattr__(self, name: str) -> Any:
        return getattr(self._watcher, name)

    def opted(self, sender: str, recipient: str, *, is_out: bool) -> None:
        self._watcher.opted(sender, recipient, is_out=not is_out)


@in_world(SUBSCRIBE)
class InvertsOptOuts(World):
    """The event of an opt-out says that it is none any more, and that of an opt-in that it is one."""

    def watch(self, watcher: Watcher) -> None:
        super().watch(_Inverted(watcher))  # type: ignore[arg-type]


# --- WebSockets --------------------------------------------------------------------------------------


@in_app(WS_TOKEN)
def counts_no_heartbeats(app: ASGIApp) -> ASGIApp:
    """A connection that sends nothing but heartbeats is idle."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        async def deaf() -> Message:
            while _is_heartbeat(message := await receive()):
                await send({"type": "websocket.send", "text": message["text"]})
            return message

        await app(scope, deaf if scope["type"] == "websocket" else receive, send)

    return faulty


def _is_heartbeat(message: Message) -> bool:
    return message["type"] == "websocket.receive" and '"Heartbeat"' in (message.get("text") or "")


@in_app(WS_TOKEN)
def recovers_anyones_connection(app: ASGIApp) -> ASGIApp:
    """Whoever names a lost connection goes on with it, whosever it was."""
    opened_by: dict[str, str] = {}

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await app(scope, receive, send)
            return
        query = dict(parse_qsl(scope["query_string"].decode()))
        query["access_token"] = opened_by.get(query.get("wsc", ""), query.get("access_token", ""))

        async def note(message: Message) -> None:
            if '"ConnectionDetails"' in (message.get("text") or ""):
                opened_by[json.loads(message["text"])[0]["wsc"]["token"]] = query["access_token"]
            await send(message)

        await app({**scope, "query_string": urlencode(query).encode()}, receive, note)

    return faulty


@in_app(WS_TOKEN)
def hears_nothing_on_a_socket(app: ASGIApp) -> ASGIApp:
    """A WebSocket opens, and no call on it is answered."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        async def deaf() -> Message:
            while (message := await receive())["type"] == "websocket.receive":
                pass
            return message

        await app(scope, deaf if scope["type"] == "websocket" else receive, send)

    return faulty


@in_app(WS_TOKEN)
def forgets_what_a_lost_connection_missed(app: ASGIApp) -> ASGIApp:
    """A connection is never recovered: whoever comes back gets a new one."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        query = [pair for pair in parse_qsl(scope.get("query_string", b"").decode()) if pair[0] != "wsc"]
        is_socket = scope["type"] == "websocket"
        await app({**scope, "query_string": urlencode(query).encode()} if is_socket else scope, receive, send)

    return faulty
