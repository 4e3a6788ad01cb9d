"""Presence, as others see it and as its owner changes it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...domain.account import Extension
from ...domain.presence import OFFLINE, CallerIdVisibility, DndStatus, Presence, UserStatus
from .view import Json, View

_FLAGS = {
    "acceptCallQueueCalls": "takes_queue_calls",
    "allowSeeMyPresence": "is_visible",
    "ringOnMonitoredCall": "ring_on_monitored_call",
    "pickUpCallsOnHold": "pick_up_calls_on_hold",
}


def presence_from(body: Json, presence: Presence) -> Presence:
    """A checked `updateUserPresenceStatus` body: the rest stays; the narrower settings come after `dndStatus`."""
    if "dndStatus" in body:
        presence = presence.with_dnd(DndStatus(body["dndStatus"]))
    if "dndStatusPersonal" in body:
        presence = replace(presence, takes_own_calls=DndStatus(body["dndStatusPersonal"]) is DndStatus.ALL)
    changes: dict[str, Any] = {ours: body[theirs] for theirs, ours in _FLAGS.items() if theirs in body}
    if "message" in body:
        changes["message"] = body["message"]
    if "userStatus" in body:
        changes["user_status"] = UserStatus(body["userStatus"])
    if "callerIdVisibility" in body:
        changes["caller_id_visibility"] = CallerIdVisibility(body["callerIdVisibility"])
    return replace(presence, **changes)


def presence_resource(extension: Extension, presence: Presence, asked: Mapping[str, Any], view: View) -> Json:
    """A presence; `asked` are the parameters of the call, some of which ask for more."""
    resource: Json = {
        "uri": f"{view.extension_uri(extension)}/presence",
        "extension": {
            "uri": view.extension_uri(extension),
            "id": extension.id,
            "extensionNumber": extension.number,
        },
        "presenceStatus": presence.status.value,
        "telephonyStatus": "NoCall",
        "userStatus": presence.user_status.value,
        "dndStatus": presence.dnd_status.value,
        "dndStatusPersonal": presence.personal_dnd_status.value,
        "acceptCallQueueCalls": presence.takes_queue_calls,
        "meetingStatus": "Disconnected",
        "allowSeeMyPresence": presence.is_visible,
        "callerIdVisibility": presence.caller_id_visibility.value,
        "ringOnMonitoredCall": presence.ring_on_monitored_call,
        "pickUpCallsOnHold": presence.pick_up_calls_on_hold,
    }
    if presence.message:
        resource["message"] = presence.message
    if asked.get("detailedTelephonyState"):
        resource["activeCalls"] = []
    if asked.get("totalActiveCalls") is not None:
        resource["totalActiveCalls"] = 0
    return resource


def presence_event(extension: Extension, presence: Presence, sequence: int) -> Json:
    """What an event says of a presence that has changed."""
    return {
        "extensionId": str(extension.id),
        "telephonyStatus": "NoCall",
        "sequence": sequence,
        "presenceStatus": presence.status.value,
        "userStatus": presence.user_status.value,
        "dndStatus": presence.dnd_status.value,
        "allowSeeMyPresence": presence.is_visible,
        "ringOnMonitoredCall": presence.ring_on_monitored_call,
        "pickUpCallsOnHold": presence.pick_up_calls_on_hold,
        "totalActiveCalls": 0,
    }


def hidden(extension: Extension, asked: Mapping[str, Any], view: View) -> Json:
    """The presence of who does not let it be seen: as if nobody were there."""
    return presence_resource(extension, replace(OFFLINE, is_visible=False), asked, view)


def queue_presence(queue: Extension, presence: Presence) -> Json:
    """One record of `readExtensionCallQueuePresence`."""
    return {
        "callQueue": {
            "id": str(queue.id),
            "name": queue.name,
            "extensionNumber": queue.number,
            "editableMemberStatus": is_editable(queue),
        },
        "acceptCalls": queue.number not in presence.declined_queues,
    }


def is_editable(queue: Extension) -> bool:
    """Whether the members of a call queue may say themselves that they take its calls."""
    return bool(queue.details.get("editable_member_status", False))
