"""Reports of the message store: the request, the progress, and the archives."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import IO, NamedTuple

import orjson

from ... import timestamps
from ...domain.account import Extension
from ...domain.attachment import MEDIA_TYPES, HeldAttachment
from ...domain.message import Message
from ...domain.message_store_report import MessageStoreReport, ReportStatus
from ...domain.slices import Slices
from ...timestamps import iso8601
from .messages import default_date_from, message_resource
from .view import Json, View

MEDIA_TYPE = "application/zip"

_MAX_CONTENT_BYTES = 1 << 30
"""Of the files in one archive of attachments."""

Collected = Iterable[tuple[Extension, Iterable[Sequence[Message]]]]
"""Mailboxes and their messages, a few at a time."""


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


def report_resource(report: MessageStoreReport, view: View) -> Json:
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


def report_uri(report: MessageStoreReport, view: View) -> str:
    """A report's own."""
    return f"{view.account_uri}/message-store-report/{report.id}"


def archive_list(archives: Sequence[bytes], uri: str) -> Json:
    """Where the report with this uri has its archives, and how many bytes each has."""
    return {
        "records": [{"size": len(content), "uri": f"{uri}/archive/{number}"} for number, content in enumerate(archives)]
    }


# --- archives ------------------------------------------------------------------------------------


def archiving(
    collect: Callable[[], Collected], view: View, most: int = _MAX_CONTENT_BYTES
) -> Slices[tuple[bytes, ...]]:
    """First the messages, a `message-store.json` for each mailbox, then the files of MMS.

    Each archive of files has at most `most` bytes, or one file; there is none without files. `collect` is called for
    the messages and for the files.
    """
    records = yield from _records(collect(), view)
    files = yield from _files(collect(), view, most)
    return records, *files


class _Archive:
    """A zip archive in the making: the same bytes for the same files, as no time of day is in it."""

    def __init__(self, compression: int) -> None:
        self._compression = compression
        self._written = io.BytesIO()
        self._zip = zipfile.ZipFile(self._written, "w")
        self.size = 0
        """Bytes of the files in it."""

    def open(self, name: str) -> IO[bytes]:
        """A new file in it."""
        info = zipfile.ZipInfo(name)
        info.compress_type = self._compression
        return self._zip.open(info, "w")

    def write(self, name: str, content: bytes) -> None:
        """A whole file."""
        with self.open(name) as file:
            file.write(content)
        self.size += len(content)

    def closed(self) -> bytes:
        """All of it."""
        self._zip.close()
        return self._written.getvalue()


def _folder(extension: Extension, view: View) -> str:
    return f"account/{view.account.id}/extension/{extension.id}"


def _records(collected: Collected, view: View) -> Slices[bytes]:
    archive = _Archive(zipfile.ZIP_DEFLATED)
    for extension, parts in collected:
        with archive.open(f"{_folder(extension, view)}/message-store.json") as file:
            before = b'{"records": [\n'
            for messages in parts:
                said = b",\n".join([orjson.dumps(message_resource(message, view)) for message in messages])
                file.write(before + said)
                before = b",\n"
                yield
            file.write(b"\n]}\n")
    return archive.closed()


def _files(collected: Collected, view: View, most: int) -> Slices[list[bytes]]:
    made: list[bytes] = []
    archive: _Archive | None = None
    for extension, parts in collected:
        for messages in parts:
            for message, held in [(each, file) for each in messages for file in each.attachments]:
                content = held.file.content
                if archive is None or archive.size + len(content) > most:
                    if archive is not None:
                        made.append(archive.closed())
                    archive = _Archive(zipfile.ZIP_STORED)
                folder = f"{_folder(extension, view)}/message-store/content/{message.id}"
                archive.write(f"{folder}/{_file_name(held)}", content)
                yield
            yield
    return made if archive is None else [*made, archive.closed()]


def _file_name(held: HeldAttachment) -> str:
    """The id and the usual ending: what a sender calls his file may be no name in a folder, or another's too."""
    return f"{held.id}.{MEDIA_TYPES.get(held.file.content_type, ('bin',))[0]}"
