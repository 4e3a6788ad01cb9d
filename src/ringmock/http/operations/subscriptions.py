"""Subscriptions, on webhooks and on connections."""

import re

from ...domain.slices import Slices
from ...domain.subscription import Subscription, Transport
from ..call import Answer, Call
from ..errors import InvalidUri
from ..notifications import Notifier
from ..slices import in_slices
from ..sockets import TOKEN_SECONDS, Sockets
from ..stages import Handler, WaitingHandler
from ..wire import subscriptions as wire
from ..wire.view import View
from .access import view_of

NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def create_subscription(notifier: Notifier) -> WaitingHandler:
    """`createSubscription`: the request is checked before and after the handshake with the receiver."""

    async def handler(call: Call) -> Answer:
        world, caller = call.here, call.caller
        connection = notifier.sockets.connection_of(call)
        wanted = wire.wanted_from(call.body, None if connection is None else connection.token)
        world.subscriptions.plan(world.account, caller, wanted, world.clock.now())
        if wanted.delivery.transport is Transport.WEBHOOK:
            if call.port is not None:
                notifier.webhooks.listens_on(call.port)
            epoch = world.epoch
            if not call.is_replayed:
                await notifier.webhooks.shake_hands(
                    wanted.delivery.address, is_json_required=world.template.webhooks.content_type == "json"
                )
                call.at = world.moment.at = world.moment.read()
            call.check_epoch(epoch)
        subscription = world.subscriptions.create(
            world.account, caller, wanted, world.clock.now(), origin=call.base_url
        )
        if connection is not None and wanted.delivery.transport is Transport.WEBSOCKET:
            if connection.subscription is not None:
                world.subscriptions.remove(connection.subscription)
            connection.subscription = subscription
        await in_slices(notifier.following(world, subscription))
        return Answer(wire.subscription_resource(subscription, _view(call, notifier)))

    return handler


def list_subscriptions(notifier: Notifier) -> Handler:
    """`listSubscriptions`."""

    def handler(call: Call) -> Answer:
        world, view = call.here, _view(call, notifier)
        records = world.subscriptions.of(call.caller, view.now)
        uri = f"{view.base_url}/restapi/v1.0/subscription"
        return Answer({"uri": uri, "records": [wire.subscription_resource(one, view) for one in records]})

    return handler


def read_subscription(notifier: Notifier) -> Handler:
    """`readSubscription`."""
    return lambda call: Answer(wire.subscription_resource(_named(call), _view(call, notifier)))


def update_subscription(notifier: Notifier) -> Handler:
    """`updateSubscription`: without filters it renews, and no more."""

    def handler(call: Call) -> Slices[Answer]:
        world, subscription, body = call.here, _named(call), call.body or {}
        filters = body.get("eventFilters") or [wanted.uri for wanted in subscription.filters]
        world.subscriptions.update(
            subscription, world.account, call.caller, filters, body.get("expiresIn"), world.clock.now()
        )
        yield from notifier.following(world, subscription)
        return Answer(wire.subscription_resource(subscription, _view(call, notifier)))

    return handler


def renew_subscription(notifier: Notifier) -> Handler:
    """`renewSubscription`."""

    def handler(call: Call) -> Answer:
        subscription = _named(call)
        call.here.subscriptions.renew(subscription, call.here.clock.now())
        return Answer(wire.subscription_resource(subscription, _view(call, notifier)))

    return handler


def delete_subscription(call: Call) -> Answer:
    """`deleteSubscription`."""
    call.here.subscriptions.remove(_named(call))
    return Answer(status=204)


def _named(call: Call) -> Subscription:
    """The caller's subscription that the path names. Raises `NotFound`, or `InvalidUri` for an id that is no UUID."""
    subscription_id = call.parameters["subscriptionId"]
    if not _UUID.fullmatch(subscription_id):
        raise InvalidUri
    return call.here.subscriptions.get(call.caller, subscription_id.lower(), call.here.clock.now())


def _view(call: Call, notifier: Notifier) -> View:
    """The caller's view; on a connection the service leaves out its own origin."""
    view = view_of(call)
    return view if notifier.sockets.connection_of(call) is None else view._replace(base_url="")


def auth_ws_token(sockets: Sockets) -> Handler:
    """`authWsToken`."""
    return lambda call: Answer(
        wire.ws_token(sockets.issue_token(call.signed_in), call.base_url, TOKEN_SECONDS), headers=NO_STORE
    )
