"""Subscriptions that last too long or not long enough, and notifications that say too much or too little."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ringmock.domain.account import Account, Extension
from ringmock.domain.subscription import Subscription, SubscriptionRequest, Terms
from ringmock.domain.subscription_store import SubscriptionStore
from ringmock.world.world import World

from .events import WithSubscriptions
from .exchange import Exchange, Json
from .fault import in_answers, in_app, in_requests, in_world
from .operations import SUBSCRIBE, SUBSCRIPTION_RENEW, SUBSCRIPTION_UPDATE, SUBSCRIPTIONS, WS_TOKEN


class _Everlasting(SubscriptionStore):
    def plan(self, account: Account, subscriber: Extension, wanted: SubscriptionRequest, now: datetime) -> Terms:
        terms = super().plan(account, subscriber, wanted, now)
        return terms._replace(lifetime=max(terms.lifetime, wanted.lifetime or 0))


@in_world(SUBSCRIBE)
class SubscribesForAsLongAsIsAsked(WithSubscriptions):
    """A subscription on a connection lasts as long as was asked for, beyond the maximum of a day."""

    kind = _Everlasting


class _NotRenewing(SubscriptionStore):
    def renew(self, subscription: Subscription, now: datetime) -> None:
        before = subscription.renewed
        super().renew(subscription, now)
        subscription.renewed = before


@in_world(SUBSCRIPTION_RENEW)
class RenewsNothing(WithSubscriptions):
    """A renewed subscription ends when it would have ended."""

    kind = _NotRenewing


class _AWeek(SubscriptionStore):
    def update(
        self,
        subscription: Subscription,
        account: Account,
        owner: Extension,
        filters: Sequence[str],
        lifetime: int | None,
        now: datetime,
    ) -> None:
        super().update(subscription, account, owner, filters, lifetime or 604_800, now)


@in_world(SUBSCRIPTION_UPDATE)
class ForgetsItsLifetimeAtAnUpdate(WithSubscriptions):
    """An update without a lifetime gives a subscription that of a week, whatever it had."""

    kind = _AWeek


class _Undying(SubscriptionStore):
    def is_alive(self, subscription: Subscription, now: datetime) -> bool:
        return super().is_alive(subscription, now - timedelta(seconds=1))


@in_world(SUBSCRIBE)
class LivesASecondLonger(WithSubscriptions):
    """A subscription is there in the second in which it ends."""

    kind = _Undying


class _Unlimited(SubscriptionStore):
    def of(self, owner: Extension, now: datetime) -> Sequence[Subscription]:
        return super().of(owner, now)[:19]


@in_world(SUBSCRIBE)
class SubscribesWithoutEnd(WithSubscriptions):
    """An extension may have any number of subscriptions, and sees nineteen of them."""

    kind = _Unlimited


class _Everyones(SubscriptionStore):
    def of(self, owner: Extension, now: datetime) -> Sequence[Subscription]:
        return self.everyone(now)


@in_world(SUBSCRIPTIONS)
class ListsEveryonesSubscriptions(WithSubscriptions):
    """A list of subscriptions has those of all extensions."""

    kind = _Everyones


@in_answers(SUBSCRIBE)
def counts_the_whole_lifetime(exchange: Exchange) -> None:
    """A subscription says how long it lasts from its start, whenever it is read."""
    if exchange.method == "GET" and "/subscription/" in exchange.path and exchange.status == 200:
        exchange.change_answer(_whole)


def _whole(body: Json) -> None:
    began, ends = (datetime.fromisoformat(body[name]) for name in ("creationTime", "expirationTime"))
    body["expiresIn"] = max(1, int((ends - began).total_seconds()) - 1)


@in_answers(SUBSCRIBE)
def is_active_for_ever(exchange: Exchange) -> None:
    """A subscription whose address was given up says that it is Active."""
    if "/subscription" in exchange.path and exchange.status == 200:
        exchange.answer = exchange.answer.replace(b'"Blacklisted"', b'"Active"')


@in_answers(SUBSCRIBE)
def does_not_say_why_it_was_given_up(exchange: Exchange) -> None:
    """A subscription whose address was given up does not say why."""
    if "/subscription/" in exchange.path and b'"blacklistedData"' in exchange.answer:
        exchange.change_answer(lambda body: body.pop("blacklistedData"))


@in_answers(SUBSCRIBE)
def shows_filters_as_they_were_written(exchange: Exchange) -> None:
    """The filters of a subscription have ~ where the ids should be."""
    if exchange.path.startswith("/restapi/v1.0/subscription") and exchange.method == "GET" and exchange.status == 200:

        def change(body: Json) -> None:
            for record in body.get("records", [body]):
                record["eventFilters"] = [_with_tilde(each) for each in record["eventFilters"]]

        exchange.change_answer(change)


def _with_tilde(uri: str) -> str:
    parts = uri.split("/")
    return "/".join("~" if before == "extension" else part for before, part in zip(["", *parts], parts, strict=False))


@in_answers(SUBSCRIBE)
def says_that_it_is_encrypted(exchange: Exchange) -> None:
    """A subscription says that its notifications are encrypted."""
    if exchange.method == "POST" and exchange.path.endswith("/subscription") and exchange.status == 200:
        exchange.change_answer(lambda body: body["deliveryMode"].update(encryption=True))


@in_requests(SUBSCRIBE)
def keeps_filters_twice(exchange: Exchange) -> None:
    """A filter that is given twice lets its events through twice."""
    filters = exchange.sent.get("eventFilters")
    if (
        exchange.path.endswith("/subscription")
        and isinstance(filters, list)
        and len(set(map(str, filters))) < len(filters)
    ):
        exchange.send(
            eventFilters=[each if each not in filters[:n] else f"{each}?type=SMS" for n, each in enumerate(filters)]
        )


@in_requests(SUBSCRIBE)
def ignores_the_type_of_a_filter(exchange: Exchange) -> None:
    """An event filter that names a type of messages lets all of them through."""
    filters = exchange.sent.get("eventFilters")
    if exchange.path.endswith("/subscription") and isinstance(filters, list):
        exchange.send(eventFilters=[str(each).replace("/message-store?type=SMS", "/message-store") for each in filters])


class _Changed:
    """A watcher that is told of messages in another way."""

    def __init__(self, watcher: Any) -> None:
        self._watcher = watcher

    def __getattr__(self, name: str) -> Any:
        return getattr(self._watcher, name)


class _Deaf(_Changed):
    def changed(self, changes: Any) -> None:
        """Of what is marked or deleted nobody is told."""


@in_world(SUBSCRIBE)
class TellsOfNewMessagesAlone(World):
    """Of what is marked as read, or deleted, nobody is told."""

    def watch(self, watcher: Any) -> None:
        super().watch(_Deaf(watcher))  # type: ignore[arg-type]


class _Once(_Changed):
    def time_changed(self) -> None:
        """What is due is never done."""


@in_world(SUBSCRIBE)
class TellsOfNoProgress(World):
    """Of another status of a message nobody is told, nor that a subscription ends soon."""

    def watch(self, watcher: Any) -> None:
        super().watch(_Once(watcher))  # type: ignore[arg-type]


class _OfTheSender(_Changed):
    def recorded(self, delivery: Any, copies: Any) -> None:
        self._watcher.recorded(delivery, copies[1:] if delivery.outbox is not None else copies)


@in_world(SUBSCRIBE)
class TellsTheSenderNothing(World):
    """Who sends a message is not told of his own copy."""

    def watch(self, watcher: Any) -> None:
        super().watch(_OfTheSender(watcher))  # type: ignore[arg-type]


class _OfTheFirst(_Changed):
    def recorded(self, delivery: Any, copies: Any) -> None:
        self._watcher.recorded(delivery, copies[:2])


@in_world(SUBSCRIBE)
class TellsTheFirstRecipient(World):
    """Of a message to several its sender and the first recipient are told."""

    def watch(self, watcher: Any) -> None:
        super().watch(_OfTheFirst(watcher))  # type: ignore[arg-type]


# --- WebSockets --------------------------------------------------------------------------------------


def saying(app: ASGIApp, change: Any) -> ASGIApp:
    """What is said on a connection is changed: two objects, a header and a body."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        async def say(message: Message) -> None:
            text = message.get("text")
            if message["type"] == "websocket.send" and text and text.startswith("["):
                said = json.loads(text)
                change(said)
                message = {**message, "text": json.dumps(said)}
            await send(message)

        await app(scope, receive, say if scope["type"] == "websocket" else send)

    return faulty


@in_app(WS_TOKEN)
def answers_nobody_on_a_socket(app: ASGIApp) -> ASGIApp:
    """The answer to a call on a connection has another messageId than the call."""

    def change(said: Json) -> None:
        if said[0]["type"] == "ClientRequest":
            said[0]["messageId"] = "another"

    return saying(app, change)


@in_app(WS_TOKEN)
def is_always_well_on_a_socket(app: ASGIApp) -> ASGIApp:
    """A refusal on a connection says status 200 in its header."""

    def change(said: Json) -> None:
        if said[0]["type"] == "ClientRequest" and said[0]["status"] == 400:
            said[0]["status"] = 200

    return saying(app, change)


@in_app(WS_TOKEN)
def tells_no_rates_on_a_socket(app: ASGIApp) -> ASGIApp:
    """An answer on a connection has no headers."""

    def change(said: Json) -> None:
        if said[0]["type"] == "ClientRequest":
            said[0]["headers"] = {}

    return saying(app, change)


@in_app(WS_TOKEN)
def opens_by_a_token_once(app: ASGIApp) -> ASGIApp:
    """A token opens one connection, and no second."""
    used: set[bytes] = set()

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            query = scope["query_string"]
            if b"wsc=" not in query and query in used:
                scope = {**scope, "query_string": b"access_token=used"}
            used.add(query)
        await app(scope, receive, send)

    return faulty


@in_app(WS_TOKEN)
def recovers_without_saying_so(app: ASGIApp) -> ASGIApp:
    """A recovered connection does not say that it is."""

    def change(said: Json) -> None:
        if said[0]["type"] == "ConnectionDetails":
            said[1].pop("recoveryState", None)

    return saying(app, change)


@in_app(WS_TOKEN)
def fails_to_recover_without_a_code(app: ASGIApp) -> ASGIApp:
    """A connection that was not recovered does not say why."""

    def change(said: Json) -> None:
        if said[0]["type"] == "ConnectionDetails":
            said[1].pop("recoveryErrorCode", None)

    return saying(app, change)


@in_app(WS_TOKEN)
def notifies_by_another_name(app: ASGIApp) -> ASGIApp:
    """A notification on a connection has another messageId than its uuid."""

    def change(said: Json) -> None:
        if said[0]["type"] == "ServerNotification":
            said[0]["messageId"] = "another"

    return saying(app, change)
