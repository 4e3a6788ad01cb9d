"""Synchronization: the frame of a request, and the answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ...domain.account import Extension
from ...domain.message import Availability, Direction, Message, MessageType
from ...domain.message_sync import Frame, Sync
from ...timestamps import iso8601
from .lists import query_of
from .messages import chosen, default_date_from, moment, owners_from
from .record_cache import Record, RecordCache
from .view import Json, View

FULL = "FSync"
INCREMENTAL = "ISync"


def frame_from(parameters: Mapping[str, Any], now: datetime) -> Frame:
    """Checked `syncMessages` parameters of a full synchronization.

    Without `dateTo` the frame includes future messages. Raises `InvalidParameter` as `filter_from` does.
    """
    date_to = moment(parameters, "dateTo")
    return Frame(
        date_from=_whole_milliseconds(moment(parameters, "dateFrom") or default_date_from(date_to or now)),
        date_to=date_to,
        types=chosen(MessageType, parameters["messageType"]),
        directions=chosen(Direction, parameters["direction"]),
        conversation_id=parameters["conversationId"],
        distinct_conversations=bool(parameters["distinctConversations"]),
        owners=owners_from(parameters),
    )


def _whole_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def sync_resource(
    sync: Sync, token: str, kind: str, given: Sequence[tuple[str, str]], extension: Extension, view: View
) -> Json:
    """The answer to a synchronization without its records; `given` are the request's parameters, in their order."""
    effective = dict(given)
    filters = [*given, *(() if "syncType" in effective else [("syncType", kind)])]
    if kind == FULL and "dateFrom" not in effective:
        filters.append(("dateFrom", iso8601(sync.mark.frame.date_from)))
    return {
        "uri": f"{view.extension_uri(extension)}/message-sync?{query_of(tuple(filters))}",
        "records": [],
        "syncInfo": {
            "syncType": kind,
            "syncToken": token,
            "syncTime": iso8601(sync.mark.time),
            "olderRecordsExist": sync.older_records_exist,
        },
    }


def records_of(messages: Sequence[Message], extension: Extension, view: View, cache: RecordCache) -> list[Record]:
    """The whole messages; of a deleted or purged one only the fact."""
    alive = cache.records([message for message in messages if message.availability is Availability.ALIVE], view)
    if len(alive) == len(messages):
        return alive
    rest = iter(alive)
    return [
        next(rest) if message.availability is Availability.ALIVE else _gone(message, extension, view)
        for message in messages
    ]


def _gone(message: Message, extension: Extension, view: View) -> Record:
    return Record(
        {
            "uri": f"{view.extension_uri(extension)}/message-store/{message.id}",
            "id": message.id,
            "availability": message.availability.value,
        }
    )
