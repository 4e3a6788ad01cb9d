"""Comparison of a server's answers with the model: an answer, a message, a mailbox, a handset."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..http_client import Answer
from ..target import as_object
from .model import OUTBOUND, PAGER, PURGED, SMS, Expected, Message, Record, ReferenceModel, Thread

Json = Any

_MARKED = re.compile(r"#([0-9]+) ")

_RULES_BY_FIELD = {
    (SMS, "subject"): ("R-04",),
    (PAGER, "subject"): ("R-04",),
    (SMS, "to"): ("R-07",),
    (PAGER, "to"): ("R-09",),
    (SMS, "from"): ("R-07",),
    (PAGER, "from"): ("R-08",),
    (PAGER, "conversationId"): ("R-23",),
    (SMS, "messageStatus"): ("D-03", "D-09"),
    (PAGER, "pgToDepartment"): ("R-10",),
}
"""The rule of each field. For the other fields the page has examples and no sentence."""


class Difference(NamedTuple):
    """`expected` by `rules`, and the actual value; each as a phrase for the report."""

    where: str
    expected: str
    came: str
    rules: tuple[str, ...]


def marked(number: int, text: str) -> str:
    """A text that contains the number of its message."""
    return f"#{number} {text}"


def mark_of(text: object) -> int | None:
    """The number of a text's message, None for another client's text."""
    found = _MARKED.match(text) if isinstance(text, str) else None
    return None if found is None else int(found[1])


def code_of(answer: Answer) -> str:
    """The first error code of the envelope, empty without one."""
    errors = as_object(answer.json).get("errors")
    first = as_object(errors[0]) if isinstance(errors, list) and errors else {}
    return str(first.get("errorCode", ""))


def answer_difference(expected: Expected, answer: Answer) -> Difference | None:
    """The answer is none of those that the model allows."""
    came = (answer.status, code_of(answer))
    if expected.refusals:
        if any(came == (refusal.status, refusal.code) for refusal in expected.refusals):
            return None
        wanted = " or ".join(dict.fromkeys(f"{refusal.status} {refusal.code}" for refusal in expected.refusals))
        rules = tuple(dict.fromkeys(rule for refusal in expected.refusals for rule in refusal.rules))
        return Difference("answer", wanted, f"{came[0]} {came[1]}".strip(), rules)
    if answer.status == expected.status:
        return None
    return Difference("answer", str(expected.status), f"{came[0]} {came[1]}".strip(), expected.rules)


class Comparison:
    """Compares answers with one model, and adds to it the ids that the server assigns."""

    def __init__(self, reference: ReferenceModel, foreign: Collection[int] = (), *, is_alone: bool = True) -> None:
        """`foreign`: ids that existed before. `is_alone`: whether no other client can send anything."""
        self._reference = reference
        self._foreign = foreign
        self._is_alone = is_alone
        self._messages: list[Message] = []
        self._threads: dict[int, Thread] = {}

    def next_mark(self) -> int:
        """The number of the next message."""
        return len(self._messages)

    def know(self, message: Message) -> None:
        """A message was sent; its text bears `next_mark()`."""
        self._messages.append(message)

    # --- one message -----------------------------------------------------------------------------

    def sent(self, record: Record, answer: Json, *, begins: bool) -> Iterator[Difference]:
        """The answer to a sending; `begins`: whether the message is the first of a thread of pages."""
        said = as_object(answer)
        record.id = _whole(said.get("id"))
        if begins and self._reference.generation == "2012":
            record.message.thread.id = record.id
            self._threads.setdefault(record.id or 0, record.message.thread)
        yield from self.record(record, said, just_sent=True)

    def record(self, record: Record, said: Mapping[str, Json], *, just_sent: bool = False) -> Iterator[Difference]:
        """Every field in which a message, as its mailbox's owner sees it, is not what the model has."""
        for name, expected in self._fields(record).items():
            came = _read(name, said.get(name), record.message.type)
            if came != expected:
                yield _of_field(record, name, expected, came)
        statuses = self._reference.statuses(record, just_sent=just_sent)
        if said.get("messageStatus") not in statuses:
            yield _of_field(record, "messageStatus", " or ".join(statuses), said.get("messageStatus"))
        yield from self._conversation(record, _whole(said.get("conversationId")))
        if (record.availability == PURGED) is bool(said.get("attachments")):
            wanted = "none" if record.availability == PURGED else "the text"
            yield _of_field(record, "attachments", wanted, said.get("attachments"))

    def _fields(self, record: Record) -> dict[str, Json]:
        message, reference = record.message, self._reference
        fields = {
            "id": record.id,
            "type": message.type,
            "direction": record.direction,
            "from": self._party(message.sender, message.type),
            "to": [self._party(number, message.type) for number in reference.shown_to(record)],
            "readStatus": record.read_status,
            "availability": record.availability,
            "subject": "" if record.availability == PURGED else message.text,
        }
        return fields | ({"pgToDepartment": reference.is_paged_to_department(message)} if message.type == PAGER else {})

    def _party(self, number: str, message_type: str) -> str:
        """D-10: a phone number as the generation writes it; an extension number as it is."""
        return f"+{number}" if message_type != PAGER and self._reference.generation == "current" else number

    def _conversation(self, record: Record, came: int | None) -> Iterator[Difference]:
        """One id for a thread, and another for every other thread."""
        thread = record.message.thread
        if thread.id is None and came is not None and self._threads.setdefault(came, thread) is thread:
            thread.id = came
        if came is None or came != thread.id:
            wanted = "an id that no other thread has" if thread.id is None else str(thread.id)
            yield _of_field(record, "conversationId", wanted, came)

    # --- one mailbox -----------------------------------------------------------------------------

    def mailbox(self, number: str, listed: Sequence[Mapping[str, Json]]) -> Iterator[Difference]:
        """The extension's whole list, newest first, compared with the model's."""
        wanted = self._reference.visible(number)
        found: list[Record] = []
        for said in listed:
            record = self._recognised(number, said)
            if record is None:
                yield from self._unexpected(number, said)
            elif record not in wanted or record in found:
                rules = self._reference.why_absent(number, record.message)
                yield Difference(f"mailbox of {number}", "nothing of this message", _shown(said), rules)
            else:
                record.id = record.id or _whole(said.get("id"))
                found.append(record)
                yield from self.record(record, said)
        for record in wanted:
            if record not in found:
                shown = f"{record.direction} {record.message.text[:40]!r}"
                yield Difference(f"mailbox of {number}", shown, "nothing of this message", record.because)
        yield from self._order(number, [record for record in wanted if record in found], found, listed)

    def filtered(self, number: str, wanted: Sequence[Record], exchange_json: Json) -> Iterator[Difference]:
        """A filtered list, as the ids of its records."""
        said = as_object(exchange_json)
        records = said.get("records")
        ids = [_whole(as_object(record).get("id")) for record in records] if isinstance(records, list) else None
        known = None if ids is None else [found for found in ids if self._is_ours(number, found)]
        expected = [record.id for record in wanted]
        same = known == expected if self._is_alone else set(known or ()) == set(expected)
        if not same:
            yield Difference(f"list of {number}", f"messages {expected}", f"messages {known}", ("R-20", "D-04"))

    def handset(self, digits: str, received: Json) -> Iterator[Difference]:
        """What a phone outside has received, oldest first."""
        texts = [as_object(message).get("text") for message in received] if isinstance(received, list) else []
        ours = [text for text in texts if mark_of(text) is not None]
        expected = [message.text for message in self._reference.handsets[digits]]
        # A handset gets what was sent, whatever happens to the sender's copy.
        if ours != expected:
            yield Difference(f"handset {digits}", f"{len(expected)} messages", _texts(ours), ("R-06",))

    def _order(
        self, number: str, wanted: Sequence[Record], found: Sequence[Record], listed: Sequence[Mapping[str, Json]]
    ) -> Iterator[Difference]:
        """Newest first; when other clients write too, by the times in the list."""
        if self._is_alone:
            is_right = list(wanted) == list(found)
        else:
            times = {_whole(said.get("id")): str(said.get("creationTime")) for said in listed}
            moments = [[times.get(record.id, "") for record in records] for records in (wanted, found)]
            is_right = all(each == sorted(each, reverse=True) for each in moments)
        if not is_right:
            ids = [[record.id for record in records] for records in (wanted, found)]
            yield Difference(f"mailbox of {number}", f"newest first: {ids[0]}", f"in this order: {ids[1]}", ())

    def _is_ours(self, number: str, message_id: int | None) -> bool:
        return (self._is_alone and message_id not in self._foreign) or (
            message_id is not None and self._reference.held(number, message_id) is not None
        )

    def _recognised(self, number: str, said: Mapping[str, Json]) -> Record | None:
        """The model's record of this message, by its id, else by the mark in its text."""
        message_id = _whole(said.get("id"))
        held = None if message_id is None else self._reference.held(number, message_id)
        if held is not None:
            return held
        mark, direction = mark_of(said.get("subject")), said.get("direction")
        return next(
            (
                record
                for record in self._reference.mailboxes[number]
                if record.id is None and record.direction == direction and mark_of(record.message.text) == mark
            ),
            None,
        )

    def _unexpected(self, number: str, said: Mapping[str, Json]) -> Iterator[Difference]:
        message = self._message_of(said)
        if _whole(said.get("id")) in self._foreign or not (message is not None or self._is_alone):
            return
        rules = ("R-20",) if message is None else self._reference.why_absent(number, message)
        yield Difference(f"mailbox of {number}", "nothing of this message", _shown(said), rules)

    def _message_of(self, said: Mapping[str, Json]) -> Message | None:
        """The message of ours that this is a record of, by the id that it has in some mailbox, else by its mark."""
        message_id = _whole(said.get("id"))
        held = (
            self._reference.held(mailbox, message_id) for mailbox in self._reference.mailboxes if message_id is not None
        )
        found = next((record.message for record in held if record is not None), None)
        mark = mark_of(said.get("subject"))
        return found or (self._messages[mark] if mark is not None and mark < len(self._messages) else None)


def _of_field(record: Record, name: str, expected: Json, came: Json) -> Difference:
    outbound = "sent" if record.direction == OUTBOUND else "received"
    where = f"message {record.id} {outbound} by {record.mailbox}: {name}"
    return Difference(where, _phrase(expected), _phrase(came), _RULES_BY_FIELD.get((record.message.type, name), ()))


def _read(name: str, value: Json, message_type: str) -> Json:
    """A field of the wire in the model's words."""
    key = "extensionNumber" if message_type == PAGER else "phoneNumber"
    if name == "from":
        return as_object(value).get(key)
    if name == "to":
        return [as_object(party).get(key) for party in value] if isinstance(value, list) else value
    return _whole(value) if name == "id" else value


def _whole(value: Json) -> int | None:
    """An id, which newer answers may write as a text."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _phrase(value: Json) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:40]}... ({len(text)} characters)"


def _shown(said: Mapping[str, Json]) -> str:
    return f"{said.get('direction')} {_phrase(said.get('subject'))!r}, message {said.get('id')}"


def _texts(texts: Sequence[Json]) -> str:
    return f"{len(texts)} messages: {', '.join(_phrase(text) for text in texts)}"
