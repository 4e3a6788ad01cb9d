"""What notifications go out to, and what became of them."""

from typing import Any

from ..domain.subscription import Subscription
from ..lab.faults import Mishap
from ..timestamps import iso8601
from .call import ControlCall

Json = Any


def read_subscriptions(call: ControlCall) -> Json:
    """Everyone's, oldest first."""
    world = call.world
    return [_subscription(one) for one in world.subscriptions.everyone(world.clock.now())]


def _subscription(subscription: Subscription) -> Json:
    return {
        "id": subscription.id,
        "owner": subscription.owner,
        "transport": subscription.delivery.transport.value,
        "address": subscription.delivery.address or None,
        "filters": [wanted.uri for wanted in subscription.filters],
        "expires": iso8601(subscription.expires),
        "blacklisted": subscription.blacklisted and subscription.blacklisted.reason,
        "notifications": [
            {
                "at": iso8601(attempt.at),
                "uuid": attempt.uuid,
                "event": attempt.event,
                "arrived": attempt.failure is None and attempt.on_demand != Mishap.LOST,
                "failure": attempt.failure,
                "on_demand": attempt.on_demand or None,
            }
            for attempt in subscription.attempts
        ],
        "left_out": subscription.left_out,
    }
