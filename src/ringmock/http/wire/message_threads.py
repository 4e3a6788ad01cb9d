"""Message threads, their messages and notes. They are of today's shape in both generations."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any

from ...domain import errors
from ...domain.account import Extension, digits_of
from ...domain.attachment import Attachment
from ...domain.message import Availability
from ...domain.message_thread import (
    MessageThread,
    SendThreadMessage,
    ThreadEntry,
    ThreadHint,
    ThreadMessage,
    ThreadNote,
    ThreadStatus,
)
from ...domain.message_thread_store import ThreadFilter
from ...domain.message_thread_sync import Scope, ThreadMark
from ...domain.moments import FIRST, LAST
from ...timestamps import iso8601
from .messages import chosen, moment
from .view import Json, View

FULL, INCREMENTAL = "FSync", "ISync"

# --- requests ------------------------------------------------------------------------------------


def filter_from(parameters: Mapping[str, Any], handled: Iterable[Extension], ids: str | None = None) -> ThreadFilter:
    """Checked parameters of a list, of what is owned by extensions that the caller handles; `ids` names those of them
    that name single records.

    Raises `ParameterMissing` for one end of a period alone. An owner that is not handled matches nothing.
    """
    named = parameters["ownerExtensionIds"]
    wanted = None if named is None else set(named)
    number, guest = parameters.get("ownerPhoneNumber"), parameters.get("guestPhoneNumber")
    return ThreadFilter(
        owners=frozenset(owner.number for owner in handled if wanted is None or str(owner.id) in wanted),
        statuses=frozenset(ThreadStatus)
        if parameters.get("threadStatus") is None
        else frozenset({ThreadStatus(parameters["threadStatus"])}),
        availabilities=chosen(Availability, parameters["availability"] or [Availability.ALIVE]),
        date_from=_end(parameters, "creationTimeFrom", "creationTimeTo") or FIRST,
        date_to=_end(parameters, "creationTimeTo", "creationTimeFrom") or LAST,
        number=number and digits_of(number),
        guest=guest and digits_of(guest),
        threads=_names(parameters.get("threadIds")),
        ids=_names(parameters.get(ids)) if ids is not None else None,
        page=parameters["page"],
        per_page=parameters["perPage"],
    )


def _end(parameters: Mapping[str, Any], name: str, other: str) -> datetime | None:
    found = moment(parameters, name)
    if found is None and parameters.get(other) is not None:
        raise errors.ParameterMissing(name)
    return found


def _names(given: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(given)


def sent_from(body: Json, attachments: tuple[Attachment, ...]) -> SendThreadMessage:
    """A checked `mthSendMessage` body."""
    return SendThreadMessage(
        sender=body["from"]["phoneNumber"],
        recipients=tuple(to["phoneNumber"] for to in body["to"]),
        text=body["text"],
        thread=body.get("threadId"),
        attachments=attachments,
    )


def assignee_from(body: Json) -> str | None:
    """A checked `mthAssignThread` body: an extension's id, None for nobody."""
    assignee = body["assignee"]
    return None if assignee is None else str(assignee["extensionId"])


def scope_from(parameters: Mapping[str, Any]) -> tuple[Scope, tuple[str, ...] | None]:
    """The scope of a full synchronization of entries, and the threads that it names.

    Raises `ParameterMissing` for an explicit scope without them, and `InvalidParameter` for them in any other.
    """
    scope, threads = Scope(parameters["scope"]), _names(parameters["threadIds"])
    if scope is Scope.EXPLICIT and threads is None:
        raise errors.ParameterMissing("threadIds")
    if scope is not Scope.EXPLICIT and threads is not None:
        raise errors.InvalidParameter("threadIds")
    return scope, threads


# --- answers -------------------------------------------------------------------------------------


def thread_resource(thread: MessageThread, view: View) -> Json:
    """`MessageThread`."""
    resource: Json = {"id": thread.id, "status": thread.status.value, "availability": thread.availability.value}
    if thread.label:
        resource["label"] = thread.label
    if thread.reason is not None:
        resource["statusReason"] = thread.reason.value
    owner = view.account.extensions[thread.owner]
    resource |= {
        "owner": _user(owner),
        "ownerParty": {"phoneNumber": f"+{thread.number}"},
        "guestParty": {"phoneNumber": f"+{thread.guest}"},
        "creationTime": iso8601(thread.created),
        "lastModifiedTime": iso8601(thread.modified),
    }
    if thread.assignee is not None:
        resource["assignee"] = _user(view.account.extensions[thread.assignee])
    return resource


def message_resource(message: ThreadMessage, view: View, *, just_sent: bool = False) -> Json:
    """`ThreadMessageModel`. `just_sent`: the answer to a sending, with the status that it was accepted with."""
    status = message.progress.accepted if just_sent else message.status_at(view.now)
    resource = _record(message, message.modified if just_sent else message.last_changed(view.now))
    resource |= {"direction": message.direction.value, "messageStatus": status.value}
    if message.availability is Availability.ALIVE:
        resource["text"] = message.text
        if message.attachments:
            resource["attachments"] = _attachments(message, view)
    return _with_author(resource, message.author, view)


def note_resource(note: ThreadNote, view: View) -> Json:
    """`ThreadNoteModel`."""
    resource = _record(note, note.modified)
    if not note.is_deleted:
        resource["text"] = note.text
    return _with_author(resource, note.author, view)


def entry_resource(entry: ThreadEntry, view: View) -> Json:
    """One record of a synchronization of entries, by its `recordType`."""
    if isinstance(entry, ThreadHint):
        return _hint(entry, view)
    is_alive = entry.availability is Availability.ALIVE
    if isinstance(entry, ThreadMessage):
        return {"recordType": "AliveMessage" if is_alive else "DeletedMessage", **message_resource(entry, view)}
    return {"recordType": "AliveNote" if is_alive else "DeletedNote", **note_resource(entry, view)}


def page(records: Sequence[Json], total: int, wanted: ThreadFilter) -> Json:
    """One page of a list: no uri and no navigation."""
    size, number = wanted.per_page, wanted.page
    paging: Json = {"perPage": size, "totalElements": total, "totalPages": ceil(total / size)}
    if records:
        start = (number - 1) * size
        paging |= {"page": number, "pageStart": start, "pageEnd": start + len(records) - 1}
    return {"records": list(records), "paging": paging}


def sync_resource(records: Iterable[Json], kind: str, token: str, mark: ThreadMark) -> Json:
    """A synchronization."""
    info = {"syncType": kind, "syncToken": token, "syncTime": iso8601(mark.time)}
    return {"records": list(records), "syncInfo": info}


def _record(entry: ThreadMessage | ThreadNote, modified: datetime) -> Json:
    return {
        "id": str(entry.id),
        "threadId": entry.thread,
        "availability": entry.availability.value,
        "creationTime": iso8601(entry.created),
        "lastModifiedTime": iso8601(modified),
    }


def _with_author(resource: Json, author: str | None, view: View) -> Json:
    return resource if author is None else {**resource, "author": _user(view.account.extensions[author])}


def _attachments(message: ThreadMessage, view: View) -> list[Json]:
    content = f"{view.account_uri}/message-threads/messages/{message.id}/content"
    return [
        {
            "id": str(held.id),
            "contentType": held.file.content_type,
            "filename": held.name,
            "contentUri": f"{content}/{held.id}",
            "size": len(held.file.content),
        }
        for held in message.attachments
    ]


def _hint(hint: ThreadHint, view: View) -> Json:
    at = iso8601(hint.created)
    named = {"initiator": hint.initiator, "assignee": hint.assignee, "previousAssignee": hint.previous}
    users = {name: _user(view.account.extensions[number]) for name, number in named.items() if number is not None}
    head = {"recordType": hint.kind.value, "id": hint.id, "threadId": hint.thread}
    return {**head, "creationTime": at, "lastModifiedTime": at, **users}


def _user(extension: Extension) -> Json:
    return {"extensionId": str(extension.id), "name": extension.name, "extensionType": extension.type.value}
