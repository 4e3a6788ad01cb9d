"""What notifications go out to, and their results."""

from typing import Any

import orjson

from ..domain.subscription import MAX_FAILURES, REMEMBERED_ATTEMPTS, Attempt, Subscription
from ..lab.faults import Mishap
from ..timestamps import iso8601
from .call import ControlCall, NotNow, NotThere

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
        "notifications": [shown_attempt(attempt) for attempt in subscription.attempts],
        "left_out": subscription.left_out,
    }


def shown_attempt(attempt: Attempt) -> dict[str, Json]:
    """One notification, its body, and its result."""
    return {
        "at": iso8601(attempt.at),
        "uuid": attempt.uuid,
        "event": attempt.event,
        "arrived": attempt.failure is None and attempt.on_demand != Mishap.LOST,
        "failure": attempt.failure,
        "on_demand": attempt.on_demand or None,
        "messages": attempt.about,
        "body": orjson.loads(attempt.body) if attempt.body else None,
    }


def notification_to(subscription: Subscription, attempt: Attempt) -> dict[str, Json]:
    """One notification, and the subscription that it was for."""
    return {
        "subscription": subscription.id,
        "owner": subscription.owner,
        "transport": subscription.delivery.transport.value,
        "address": subscription.delivery.address or None,
        **shown_attempt(attempt),
    }


def resend_notification(call: ControlCall) -> Json:
    """Send one of those that are kept once more."""
    world, wanted, uuid = call.world, call.path["subscription_id"], call.path["uuid"]
    found = world.subscriptions.named(wanted)
    if found is None or not world.subscriptions.is_alive(found, world.clock.now()):
        raise NotThere(f"There is no subscription {wanted!r} in this world: GET /_mock/subscriptions lists them.")
    attempt = next((each for each in reversed(found.attempts) if each.uuid == uuid), None)
    if attempt is None:
        raise NotThere(
            f"Subscription {wanted} has sent no notification {uuid!r} that is kept: its latest"
            f" {REMEMBERED_ATTEMPTS} are, and GET /_mock/subscriptions lists them."
        )
    if found.blacklisted is not None:
        raise NotNow(
            f"Nothing is sent to {found.delivery.address} any more, which has failed {MAX_FAILURES} times in a row:"
            f" {found.blacklisted.reason}. Make the subscription again."
        )
    world.resend(found, attempt)
    return {"subscription": wanted, **shown_attempt(attempt)}
