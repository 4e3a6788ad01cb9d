"""Reports of the message store: what one is asked for, how far it is, and the archives that it is fetched as."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from ... import timestamps
from ...domain.account import Extension
from ...domain.attachment import MEDIA_TYPES, HeldAttachment
from ...domain.message import Message
from ...domain.message_store_report import Report, ReportStatus
from ...timestamps import iso8601
from .messages import default_date_from, message_resource
from .view import Json, View

MEDIA_TYPE = "application/zip"

_MAX_CONTENT_BYTES = 1 << 30
"""Of the files in one archive of attachments."""

Collected = Iterable[tuple[Extension, Sequence[Message]]]
"""Mailboxes and what they hold."""


class ReportAsked(NamedTuple):
    """A `createMessageStoreReport` body; both dates are aware UTC."""

    dates: tuple[datetime, datetime]
    types: tuple[str, ...] | None


def report_from(body: Json, now: datetime) -> ReportAsked:
    """A checked body: of the last 24 hours up to `dateTo`, which is now, unless it says otherwise.

    Raises `InvalidParameter` for dates outside the years 1 to 9999.
    """
    date_to = _moment(body, "dateTo") or now
    date_from = _moment(body, "dateFrom") or default_date_from(date_to)
    types = body.get("messageTypes")
    return ReportAsked((date_from, date_to), None if types is None else tuple(types))


def _moment(body: Json, name: str) -> datetime | None:
    """RFC 3339 lets the letters be small."""
    return timestamps.parse(body[name].upper()) if name in body else None


def report_resource(report: Report, view: View) -> Json:
    """How far a report is."""
    status = report.status_at(view.now)
    said: Json = {
        "id": report.id,
        "uri": report_uri(report, view),
        "status": status.value,
        "accountId": str(view.account.id),
        "extensionId": str(view.account.extensions[report.extension].id),
        "dateTo": iso8601(report.date_to),
        "dateFrom": iso8601(report.date_from),
        "startTime": iso8601(report.started),
    }
    if status is ReportStatus.COMPLETED:
        said["finishTime"] = iso8601(report.finished)
    if report.types is not None:
        said["messageTypes"] = list(report.types)
    return said


def report_uri(report: Report, view: View) -> str:
    """A report's own."""
    return f"{view.account_uri}/message-store-report/{report.id}"


def archive_list(archives: Sequence[bytes], uri: str) -> Json:
    """Where the report with this uri has its archives, and how many bytes each has."""
    return {
        "records": [{"size": len(content), "uri": f"{uri}/archive/{number}"} for number, content in enumerate(archives)]
    }


# --- archives ------------------------------------------------------------------------------------


def archives(collected: Collected, view: View, most: int = _MAX_CONTENT_BYTES) -> tuple[bytes, ...]:
    """First what is known of the messages, a `message-store.json` for each mailbox, then the files of MMS.

    There are as many archives of files as keep each within `most` bytes, or at one file; none without any.
    """
    collected = list(collected)
    records = [
        (f"{_folder(extension, view)}/message-store.json", _records(messages, view))
        for extension, messages in collected
    ]
    contents = (_zip(part, zipfile.ZIP_STORED) for part in _parts(_files(collected, view), most))
    return _zip(records, zipfile.ZIP_DEFLATED), *contents


def _folder(extension: Extension, view: View) -> str:
    return f"account/{view.account.id}/extension/{extension.id}"


def _records(messages: Iterable[Message], view: View) -> bytes:
    said = {"records": [message_resource(message, view) for message in messages]}
    return orjson.dumps(said, option=orjson.OPT_INDENT_2)


def _files(collected: Collected, view: View) -> Iterator[tuple[str, bytes]]:
    for extension, messages in collected:
        for message in messages:
            folder = f"{_folder(extension, view)}/message-store/content/{message.id}"
            yield from ((f"{folder}/{_file_name(held)}", held.file.content) for held in message.attachments)


def _file_name(held: HeldAttachment) -> str:
    """The id and the usual ending: what a sender calls his file may be no name in a folder, or another's too."""
    return f"{held.id}.{MEDIA_TYPES.get(held.file.content_type, ('bin',))[0]}"


def _parts(files: Iterable[tuple[str, bytes]], most: int) -> Iterator[list[tuple[str, bytes]]]:
    part: list[tuple[str, bytes]] = []
    size = 0
    for name, content in files:
        if part and size + len(content) > most:
            yield part
            part, size = [], 0
        part.append((name, content))
        size += len(content)
    if part:
        yield part


def _zip(files: Iterable[tuple[str, bytes]], compression: int) -> bytes:
    """The same bytes for the same files: no time of day is in it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return written.getvalue()
