"""Call queues and their members."""

from ...domain.account import Extension, ExtensionStatus
from .extension_details import queue_details
from .view import Json, View


def call_queue(queue: Extension, view: View) -> Json:
    """One record of `listCallQueues`. The status Frozen does not exist for groups."""
    status = ExtensionStatus.DISABLED if queue.status is ExtensionStatus.FROZEN else queue.status
    return {
        "uri": f"{view.account_uri}/call-queues/{queue.id}",
        "id": str(queue.id),
        "extensionNumber": queue.number,
        "name": queue.name,
        "status": status.value,
    }


def call_queue_details(queue: Extension, view: View) -> Json:
    """`readCallQueueInfo`."""
    return {**call_queue(queue, view), **queue_details(queue)}


def member(extension: Extension, view: View) -> Json:
    """One record of `listCallQueueMembers`."""
    return {"uri": view.extension_uri(extension), "id": extension.id, "extensionNumber": extension.number}
