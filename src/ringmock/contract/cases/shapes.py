"""Expected answers of one generation translated to the shape of another.

Cases are written in the shape of 2012 and run in every generation. Each difference is a row of the generations' table
(`domain/generation.py`) and is translated here once; a case about a difference in behaviour names its generation and is
taken literally.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from ...domain.generation import GENERATIONS, Generation
from ...domain.message import Direction, MessageStatus, MessageType, ReadStatus
from .expectations import ABSENT, ANY, is_matcher, is_pattern

Json = Any
Object = Mapping[str, Json]

WRITTEN = "2012"
"""The generation of expectations that name none."""

SENDING = ("createSMSMessage", "createMMS")
_MARKING = ("updateMessage", "patchMessage")
_TEXT_ATTACHMENT = 1
_PHONE = re.compile(r"[1-9][0-9]{6,14}")
_PHONE_KEYS = frozenset(
    {"phoneNumber", "mainNumber", "from", "to", "businessPhone", "homePhone", "mobilePhone", "otherPhone"}
    | {"assistantPhone", "carPhone", "companyPhone", "callbackPhone", "businessFax", "otherFax"}
)
_AS_GIVEN = frozenset({"failed", "failedRecords", "rejected"})
"""What repeats what a call has said, as it was said."""
_PHONE_IN_CSV = re.compile(r"(?<![^,\n])([1-9][0-9]{6,14})(?![^,\r\n])")
_CURRENT_FIELDS = frozenset(
    {"extensionId", "name", "conversation", "smsSendingAttemptsCount", "smsDeliveryTime", "segmentCount", "location"}
)


class Shape:
    """Translates the expected answers of one running case."""

    def __init__(self, answered: Generation, written: Generation = GENERATIONS[WRITTEN]) -> None:
        self._rows = tuple(row for name, row in _ROWS.items() if getattr(answered, name) != getattr(written, name))
        self._adds_plus = answered.plus_before_numbers and not written.plus_before_numbers
        self.answered = answered
        self.threads = _Threads()
        self.marked: set[str] = set()
        """Messages whose read status a call of the case has set."""
        self._marking: frozenset[str] = frozenset()

    def call(self, when: Object) -> Object:
        """The call, with the ids that this generation has for those of the other."""
        if not self._rows:
            return when
        path, query = when.get("path"), when.get("query")
        changed = dict(when)
        if isinstance(path, Mapping) and str(path.get("attachmentId")) == str(_TEXT_ATTACHMENT):
            changed["path"] = {**path, "attachmentId": path["messageId"]}
        if isinstance(query, Mapping) and "conversationId" in query:
            changed["query"] = {**query, "conversationId": self.threads.asked(query["conversationId"])}
        if when.get("operation") in _MARKING and isinstance(path, Mapping):
            self._marking = frozenset(str(path.get("messageId")).split(","))
        return changed

    def answered_with(self, status: int) -> None:
        """Record the result of the call."""
        if 200 <= status < 300:
            self.marked |= self._marking
        self._marking = frozenset()

    def expected(self, wanted: Json, found: Json, *, just_sent: bool = False, exact: bool = False) -> Json:
        """The expected answer in the shape of the generation.

        `just_sent`: it answers a sending. `exact`: all of its keys are named.
        """
        if not self._rows:
            return wanted
        self.threads.note(found)
        return self._translated(wanted, found, just_sent, exact)

    def _translated(self, wanted: Json, found: Json, just_sent: bool, exact: bool) -> Json:
        if isinstance(wanted, list) and isinstance(found, list):
            pairs = zip_longest(wanted, found, fillvalue=ABSENT)
            return [self._translated(one, other, just_sent, exact) for one, other in pairs if one is not ABSENT]
        if is_matcher(wanted, found):
            return {name: self._matcher(name, value, found, just_sent, exact) for name, value in wanted.items()}
        if not isinstance(wanted, dict) or not isinstance(found, dict):
            return wanted
        changed = dict(wanted)
        for row in self._rows:
            row(self, changed, found, just_sent, exact)
        return {
            key: value
            if key in _AS_GIVEN
            else self._phone(key, value)
            if _is_phone(key, value)
            else self._translated(value, found.get(key, ABSENT), just_sent, exact)
            for key, value in changed.items()
        }

    def _matcher(self, name: str, value: Json, found: Json, just_sent: bool, exact: bool) -> Json:
        """A matcher's items: each expected item in the shape of any item of the actual list."""

        def of_any(one: Json) -> Json:
            others = [self._translated(one, item, just_sent, exact) for item in found]
            return {"any of": others} if others else one

        if name == "not":
            return self._translated(value, found, just_sent, exact)
        if name == "any of":
            return [self._translated(one, found, just_sent, exact) for one in value]
        if name in ("contains", "in any order", "each") and isinstance(found, list):
            return [of_any(one) for one in value] if isinstance(value, list) else of_any(value)
        return value

    def csv(self, wanted: Json) -> Json:
        """An expected answer in CSV, which may be a pattern."""
        is_text = isinstance(wanted, str) and not is_pattern(wanted)
        return _PHONE_IN_CSV.sub(r"+\1", wanted) if is_text and self._adds_plus else wanted

    def _phone(self, key: str, value: Json) -> Json:
        if not self._adds_plus:
            return value
        return [f"+{one}" for one in value] if isinstance(value, list) else f"+{value}"


def _is_phone(key: str, value: Json) -> bool:
    """Whether the value is a phone number's digits, or a list of such."""
    if key not in _PHONE_KEYS:
        return False
    texts = value if isinstance(value, list) else [value]
    return bool(texts) and all(isinstance(text, str) and _PHONE.fullmatch(text) for text in texts)


class _Threads:
    """Pairs threads of this generation with threads of the other, one to one."""

    def __init__(self) -> None:
        self._by_first: dict[Json, Json] = {}
        """By the id that the thread would have: its first message's."""
        self._of_message: dict[Json, Json] = {}

    def note(self, answer: Json) -> None:
        """Remember in which thread each message of an answer is."""
        for message in _messages_in(answer):
            self._of_message.setdefault(message["id"], message["conversationId"])

    def expected(self, wanted: Json, found: Json) -> Json:
        """The thread that is paired with the expected one; pairs it with `found` if both are free."""
        if wanted == found or wanted in self._by_first:
            return self._by_first.get(wanted, wanted)
        if found in self._by_first.values() or not isinstance(wanted, int):
            return wanted
        return self._by_first.setdefault(wanted, found)

    def asked(self, thread: Json) -> Json:
        """What a filter of a call names, one thread or several."""
        if isinstance(thread, list):
            return [self.asked(one) for one in thread]
        known = {str(one): other for one, other in (*self._of_message.items(), *self._by_first.items())}
        return known.get(str(thread), thread)


def _messages_in(value: Json) -> Iterator[Object]:
    if isinstance(value, dict):
        if "id" in value and "conversationId" in value:
            yield value
        for item in value.values():
            yield from _messages_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _messages_in(item)


# --- the rows of the table ---------------------------------------------------------------------------

Row = Callable[[Shape, dict[str, Json], Object, bool, bool], None]
"""Changes an expected object of an answer. Arguments: whether it answers a sending, and whether all keys are named."""


def _read_status(shape: Shape, wanted: dict[str, Json], found: Object, just_sent: bool, exact: bool) -> None:
    is_outbound = found.get("direction") == Direction.OUTBOUND and str(found.get("id")) not in shape.marked
    if is_outbound and found.get("type") != MessageType.FAX and wanted.get("readStatus") == ReadStatus.UNREAD:
        wanted["readStatus"] = shape.answered.outbound_read_status.value


def _pager_to(shape: Shape, wanted: dict[str, Json], found: Object, just_sent: bool, exact: bool) -> None:
    to, sender = wanted.get("to"), found.get("from")
    if found.get("type") != MessageType.PAGER or not isinstance(to, list) or not isinstance(sender, dict):
        return
    # A page to oneself alone names oneself in both.
    if len(to) > 1 and isinstance(to[0], dict) and to[0].get("extensionNumber") == sender.get("extensionNumber"):
        wanted["to"] = to[1:]


def _attachment_id(shape: Shape, wanted: dict[str, Json], found: Object, just_sent: bool, exact: bool) -> None:
    files = wanted.get("attachments")
    if "conversationId" not in found or not isinstance(files, list):
        return
    wanted["attachments"] = [_named_after(found["id"], file) for file in files]


def _named_after(message: Json, file: Json) -> Json:
    if not isinstance(file, dict) or file.get("id", _TEXT_ATTACHMENT) != _TEXT_ATTACHMENT:
        return file
    uri = file.get("uri")
    named = {**file, "id": message} if "id" in file else dict(file)
    if isinstance(uri, str):
        named["uri"] = re.sub(rf"/content/{_TEXT_ATTACHMENT}$", f"/content/{message}", uri)
    return named


def _thread_id(shape: Shape, wanted: dict[str, Json], found: Object, just_sent: bool, exact: bool) -> None:
    thread = wanted.get("conversationId", ANY)
    if found.get("type") == MessageType.PAGER and thread != ANY and not is_pattern(thread):
        wanted["conversationId"] = shape.threads.expected(thread, found.get("conversationId"))


def _sms_status(shape: Shape, wanted: dict[str, Json], found: Object, just_sent: bool, exact: bool) -> None:
    if "conversationId" not in found or found.get("type") != MessageType.SMS:
        return
    if found.get("direction") == Direction.OUTBOUND and wanted.get("messageStatus") == MessageStatus.SENT:
        progress = shape.answered.sms_progress
        later = [reached.status.value for _, reached in progress.later]
        wanted["messageStatus"] = progress.accepted.value if just_sent else f"~{'|'.join(later)}"


def _current_fields(shape: Shape, wanted: dict[str, Json], found: Object, just_sent: bool, exact: bool) -> None:
    if exact:
        is_text = found.get("type") == "Text" and "contentType" in found
        added = _CURRENT_FIELDS | ({"type"} if is_text else set())
        wanted.update({name: ANY for name in added & found.keys() if name not in wanted})


_ROWS: Mapping[str, Row] = {
    "outbound_read_status": _read_status,
    "sender_first_in_pager_to": _pager_to,
    "attachment_id_is_message_id": _attachment_id,
    "thread_id_is_first_message_id": _thread_id,
    "sms_progress": _sms_status,
    "with_current_fields": _current_fields,
}
"""By the field of `Generation`. A phone number's plus is wherever one is; how many an SMS may reach is behaviour."""
