"""Subscriptions, and their notifications."""

import re
from datetime import datetime
from math import ceil

from ...domain import errors
from ...domain.account import Account
from ...domain.attachment import HeldAttachment
from ...domain.generation import GENERATIONS
from ...domain.message import Message
from ...domain.subscription import (
    A2PEvent,
    A2PMessageMoved,
    BatchMoved,
    Delivery,
    Event,
    EventFilter,
    ExpiresSoon,
    FaxCame,
    MailboxChanged,
    PresenceChanged,
    SmsReceived,
    Subscription,
    SubscriptionRequest,
    ThreadsModified,
    Transport,
)
from ...timestamps import iso8601
from . import a2p_sms
from .messages import message_resource
from .parties import PRIORITY
from .presence import presence_event
from .view import Json, View

_NORTH_AMERICAN = re.compile(r"(1)([2-9][0-9]{2})([0-9]{7})")


def wanted_from(body: Json, connection: str | None) -> SubscriptionRequest:
    """A checked `createSubscription` body from this connection, None for an HTTP call.

    Raises `InvalidParameter` for a mode of delivery that does not match the connection.
    """
    mode = body["deliveryMode"]
    transport = Transport(mode["transportType"])
    if transport is Transport.WEBHOOK:
        if "address" not in mode:
            raise errors.InvalidParameter("deliveryMode.address")
        delivery = Delivery(transport, address=mode["address"], verification_token=mode.get("verificationToken"))
    elif connection is None:
        raise errors.InvalidParameter("deliveryMode.transportType", transport.value)
    else:
        delivery = Delivery(transport, connection=connection)
    return SubscriptionRequest(tuple(body["eventFilters"]), delivery, body.get("expiresIn"))


def subscription_resource(subscription: Subscription, view: View) -> Json:
    """`SubscriptionInfo`. The service counts the remaining seconds one lower."""
    left = ceil((subscription.expires - view.now).total_seconds()) - 1
    resource: Json = {
        "uri": f"{view.base_url}/restapi/v1.0/subscription/{subscription.id}",
        "id": subscription.id,
        "creationTime": iso8601(subscription.created),
        "status": "Active" if subscription.blacklisted is None else "Blacklisted",
        "eventFilters": [wanted.uri for wanted in subscription.filters],
        "expirationTime": iso8601(subscription.expires),
        "expiresIn": max(left, 1),
        "deliveryMode": _delivery_mode(subscription.delivery),
    }
    if subscription.blacklisted is not None:
        at, reason = subscription.blacklisted
        resource["blacklistedData"] = {"blacklistedAt": iso8601(at), "reason": reason}
    return resource


def _delivery_mode(delivery: Delivery) -> Json:
    mode: Json = {"transportType": delivery.transport.value, "encryption": False}
    return {**mode, "address": delivery.address} if delivery.transport is Transport.WEBHOOK else mode


# --- notifications -------------------------------------------------------------------------------


def notification(
    subscription: Subscription, wanted: EventFilter, event: Event, uuid: str, account: Account, now: datetime
) -> Json:
    """An event as its receiver gets it, in today's shape in both generations; every id but those of new messages is a
    text.
    """
    return {
        "uuid": uuid,
        "event": wanted.uri,
        "timestamp": iso8601(now),
        "subscriptionId": subscription.id,
        "ownerId": str(account.extensions[subscription.owner].id),
        "body": _body(subscription, event, account, now),
    }


def _body(subscription: Subscription, event: Event, account: Account, now: datetime) -> Json:
    if isinstance(event, MailboxChanged):
        return _message_store(subscription, event, account, now)
    if isinstance(event, SmsReceived):
        return _instant_sms(event.message, account, subscription.origin)
    if isinstance(event, FaxCame):
        view = View(account, GENERATIONS["current"], subscription.origin, now)
        return {**message_resource(event.message, view), "id": str(event.message.id)}
    if isinstance(event, PresenceChanged):
        return presence_event(account.extensions[event.extension], event.presence, event.sequence)
    if isinstance(event, ThreadsModified):
        return {"lastModifiedTime": iso8601(now)}
    if isinstance(event, ExpiresSoon):
        return {"expiresIn": event.expires_in}
    return _a2p(event, View(account, GENERATIONS["current"], subscription.origin, now))


def _a2p(event: A2PEvent, view: View) -> Json:
    if isinstance(event, A2PMessageMoved):
        return a2p_sms.message_details(event.message, view)
    if isinstance(event, BatchMoved):
        said = a2p_sms.batch_resource(event.batch, view, just_sent=event.is_new)
        return {name: value for name, value in said.items() if name != "rejected"}
    return {"from": view.phone(event.sender), "to": view.phone(event.recipient), "active": event.is_out}


def _message_store(subscription: Subscription, event: MailboxChanged, account: Account, now: datetime) -> Json:
    return {
        "accountId": str(account.id),
        "extensionId": str(account.extensions[event.mailbox].id),
        "lastUpdated": iso8601(now),
        "changes": [
            {
                "type": change.type.value,
                "newCount": len(change.new),
                "updatedCount": change.updated,
                "newMessageIds": list(change.new),
            }
            for change in event.changes
        ],
        "ownerId": str(account.extensions[subscription.owner].id),
    }


def _instant_sms(message: Message, account: Account, origin: str) -> Json:
    owner = account.extensions[message.mailbox]
    store = f"{origin}/restapi/v1.0/account/{account.id}/extension/{owner.id}/message-store"
    conversation_id = str(message.conversation.id)
    return {
        "id": str(message.id),
        "to": [_recipient(digits, message.mailbox, account) for digits in message.recipients],
        "from": _sender(message.sender, account),
        "type": message.type.value,
        "creationTime": iso8601(message.created),
        "lastModifiedTime": iso8601(message.modified),
        "readStatus": message.read_status.value,
        "priority": PRIORITY,
        "attachments": [*_text(message), *(_file(held, f"{store}/{message.id}") for held in message.attachments)],
        "direction": message.direction.value,
        "availability": message.availability.value,
        "subject": message.text,
        "messageStatus": "Received",
        "conversationId": conversation_id,
        "conversation": {"id": conversation_id},
        "eventType": "Create",
        "owner": {"extensionId": str(owner.id), "extensionType": owner.type.value, "name": owner.name},
        "ownerId": str(owner.id),
    }


def _text(message: Message) -> list[Json]:
    return [{"id": str(message.id), "type": "Text", "contentType": "text/plain"}] if message.has_text else []


def _file(held: HeldAttachment, uri: str) -> Json:
    return {
        "id": str(held.id),
        "type": "MmsAttachment",
        "uri": f"{uri}/content/{held.id}",
        "contentType": held.file.content_type,
        "size": len(held.file.content),
    }


def _recipient(digits: str, mailbox: str, account: Account) -> Json:
    addressed, party = account.mailbox_of(digits), _party(digits, account)
    return {**party, "target": True} if addressed is not None and addressed.number == mailbox else party


def _party(digits: str, account: Account) -> Json:
    owner, phone = account.owner_of(digits), account.phone_numbers.get(digits)
    known = {"name": owner and owner.name, "location": phone and phone.location}
    return {"phoneNumber": f"+{digits}", **{name: value for name, value in known.items() if value is not None}}


def _sender(digits: str, account: Account) -> Json:
    party, parts = _party(digits, account), _NORTH_AMERICAN.fullmatch(digits)
    if parts is not None:
        names = ("countryCode", "nationalDestinationCode", "subscriberNumber")
        party["phoneNumberInfo"] = dict(zip(names, parts.groups(), strict=True))
    return party


# --- connections ---------------------------------------------------------------------------------


def ws_token(token: str, base_url: str, expires_in: int) -> Json:
    """`authWsToken`: the address is this server's own."""
    uri = f"ws{base_url.removeprefix('http')}/ws"
    return {"uri": uri, "ws_access_token": token, "expires_in": expires_in}
