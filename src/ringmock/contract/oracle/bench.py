"""One run of the oracle: requests are made of the server and of the model, and after each all mailboxes compared."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote

from ..http_client import Exchange, NoAnswer
from ..target import as_object
from .agreement import Comparison, Difference, answer_difference, code_of, marked
from .caller import API, OWN, Caller
from .model import (
    ALIVE,
    ChangeMembers,
    Expected,
    Filters,
    Message,
    Record,
    SendFromHandset,
    SendPage,
    SendSms,
)

Json = Any
_P = ParamSpec("_P")
_T = TypeVar("_T")

MAX_QUOTED = 30


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done, in words, and what came of it; None where no answer came."""

    words: str
    exchange: Exchange | None


@dataclass(slots=True)
class Tally:
    """What was done in all runs so far: calls by what they were answered with, and rules that were put to the test."""

    runs: int = 0
    steps: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)


class Disagreement(Exception):
    """The server and the model disagree: the steps that led there, and every difference that was found at the last."""

    def __init__(self, steps: Sequence[Step], differences: Sequence[Difference], seen: Exchange | None) -> None:
        super().__init__(differences)
        self.steps = tuple(steps)
        self.differences = tuple(differences)
        self.seen = seen
        """The look that showed it, where it was not the last step's own answer."""

    @property
    def rules(self) -> tuple[str, ...]:
        """What the differences speak against."""
        return tuple(dict.fromkeys(rule for difference in self.differences for rule in difference.rules))


class Bench:
    """A run. Every verb makes one call and raises `Disagreement` where its answer is not the model's."""

    def __init__(self, caller: Caller, tally: Tally) -> None:
        """Starts afresh where the server can. Raises `Disagreement` where it gives no answer."""
        self.caller = caller
        self.tally = tally
        self.steps: list[Step] = []
        self.office = self._answered(caller.start)
        self._handsets = tuple(self.office.handsets) if caller.has_world else ()
        self._comparison = Comparison(self.office, self._baseline(), is_alone=caller.has_world)
        tally.runs += 1

    def _baseline(self) -> frozenset[int]:
        """Ids that were in the mailboxes before."""
        if self.caller.has_world and not self.caller.template.messages:
            return frozenset()
        listed = [record for number in self.caller.numbers for record in self.caller.mailbox(number)[1]]
        return frozenset(int(record["id"]) for record in listed if str(record.get("id")).isdigit())

    # --- sending ---------------------------------------------------------------------------------

    def text(self, make: Callable[[str], str]) -> str:
        """The next message's text, made from what must stand at its beginning."""
        return make(marked(self._comparison.next_mark(), ""))

    def page(self, page: SendPage, *, by_id: bool = False) -> Message | None:
        """A page, or a reply to one; the message if it was sent. `by_id`: recipients are named by their ids."""
        body: Json = {"text": page.text}
        if page.to:
            body["to"] = [self._addressed(number, by_id=by_id) for number in page.to]
        if page.sender is not None:
            body["from"] = {"extensionNumber": page.sender}
        if page.reply_on is not None:
            body["replyOn"] = page.reply_on
        expected = self.office.expected_page(page)
        exchange = self._call(_page_words(page), page.by, "POST", f"{OWN}/company-pager", body=body)
        return self._sent(expected, exchange, begins=page.reply_on is None)

    def _addressed(self, number: str, *, by_id: bool) -> Json:
        extension = self.office.extensions.get(number)
        return {"extensionId": extension.id} if by_id and extension is not None else {"extensionNumber": number}

    def sms(self, sms: SendSms) -> Message | None:
        """An SMS; the message if it was sent."""
        body = {
            "from": {"phoneNumber": sms.sender},
            "to": [{"phoneNumber": number} for number in sms.to],
            "text": sms.text,
        }
        words = f"{sms.by} sends an SMS from {sms.sender} to {', '.join(sms.to)}: {_quoted(sms.text)}"
        expected = self.office.expected_sms(sms)
        return self._sent(expected, self._call(words, sms.by, "POST", f"{OWN}/sms", body=body), begins=False)

    def from_handset(self, sms: SendFromHandset) -> Message | None:
        """An SMS from outside; the message if a mailbox has it."""
        words = f"handset {sms.handset} sends an SMS to {sms.to}: {_quoted(sms.text)}"
        path = f"/handsets/{quote(sms.handset)}/messages"
        expected = self.office.expected_from_handset(sms)
        self._judge(expected, self._control(words, "POST", path, {"to": sms.to, "text": sms.text}))
        self._happen(expected)
        return expected.message if expected.records else None

    def _sent(self, expected: Expected, exchange: Exchange, *, begins: bool) -> Message | None:
        self._judge(expected, exchange)
        if expected.refusals or expected.message is None:
            return None
        self._happen(expected)
        self._find(self._comparison.sent(expected.records[0], exchange.answer.json, begins=begins))
        return expected.message

    def _happen(self, expected: Expected) -> None:
        assert expected.message is not None
        self.office.happen(expected)
        self._comparison.know(expected.message)

    # --- the message store -----------------------------------------------------------------------

    def read(self, by: str, message_id: int) -> None:
        """Read a message, and its text as an attachment."""
        path = f"{OWN}/message-store/{message_id}"
        expected = self.office.expected_access(by, message_id)
        exchange = self._call(f"{by} reads message {message_id}", by, "GET", path)
        record = self._accessed(expected, exchange, by, message_id)
        if record is not None and record.availability == ALIVE:
            content = self._call(f"{by} reads its text", by, "GET", f"{path}/content/{_text_attachment(exchange)}")
            if content.answer.text != record.message.text:
                said = content.answer.text[:40]
                self._find([Difference("attachment", "the text of the message", repr(said), ())])

    def mark(self, by: str, message_id: int, read_status: str) -> None:
        """Mark a message as Read or Unread."""
        expected = self.office.expected_access(by, message_id)
        words, path = f"{by} marks message {message_id} as {read_status}", f"{OWN}/message-store/{message_id}"
        exchange = self._call(words, by, "PUT", path, body={"readStatus": read_status})
        held = self.office.held(by, message_id)
        if held is not None and not expected.refusals:
            self.office.mark(held, read_status)
        self._accessed(expected, exchange, by, message_id)

    def delete(self, by: str, message_id: int, *, purge: bool) -> None:
        """Delete or purge a message."""
        expected = self.office.expected_deletion(by, message_id)
        words = f"{by} {'purges' if purge else 'deletes'} message {message_id}"
        query = [("purge", "true")] if purge else []
        self._judge(expected, self._call(words, by, "DELETE", f"{OWN}/message-store/{message_id}", query))
        held = self.office.held(by, message_id)
        if held is not None and not expected.refusals:
            self.office.delete(held, purge=purge)

    def look(self, by: str, wanted: Filters) -> None:
        """List a mailbox by filters."""
        query = list(_query(wanted))
        words = f"{by} lists {' '.join(f'{name}={value}' for name, value in query) or 'messages'}"
        exchange = self._call(words, by, "GET", f"{OWN}/message-store", query)
        self._judge(Expected(200, rules=("R-20",)), exchange)
        self._find(self._comparison.filtered(by, self.office.listed(by, wanted), exchange.answer.json))

    def _accessed(self, expected: Expected, exchange: Exchange, by: str, message_id: int) -> Record | None:
        self._judge(expected, exchange)
        record = self.office.held(by, message_id)
        if record is None or expected.refusals:
            return None
        self._find(self._comparison.record(record, as_object(exchange.answer.json)))
        return record

    # --- the account -----------------------------------------------------------------------------

    def change_members(self, change: ChangeMembers) -> None:
        """Put extensions into a Department, and take others out."""
        item: Json = {
            "departmentId": self.office.extensions[change.department].id,
            "addedExtensionIds": self._ids(change.joining),
            "removedExtensionIds": self._ids(change.leaving),
        }
        moves = [f"puts {n} into" for n in change.joining] + [f"takes {n} out of" for n in change.leaving]
        words = f"{change.by} {' and '.join(moves) or 'changes nothing in'} Department {change.department}"
        path = f"{API}/department/bulk-assign"
        expected = self.office.expected_members(change)
        self._judge(expected, self._call(words, change.by, "POST", path, body={"items": [item]}))
        if not expected.refusals:
            self.office.change_members(change)

    def _ids(self, numbers: Iterable[str]) -> list[str]:
        return [self.office.extensions[number].id for number in numbers]

    def set_status(self, number: str, status: str) -> None:
        """Freeze, thaw, disable ... an extension."""
        exchange = self._control(f"{number} becomes {status}", "PATCH", f"/extensions/{number}", {"status": status})
        self._judge(Expected(200), exchange)
        self.office.set_status(number, status)

    # --- comparing -------------------------------------------------------------------------------

    def compare(self) -> None:
        """Look into every mailbox and at every handset. Raises `Disagreement` with all that is not as it should be."""
        self.tally.steps += 1
        differences: list[Difference] = []
        seen: Exchange | None = None
        for number in self.caller.numbers:
            exchange, listed = self._answered(self.caller.mailbox, number)
            found = list(self._comparison.mailbox(number, listed))
            seen = exchange if found and seen is None else seen
            differences += found
        for digits in self._handsets:
            exchange = self._answered(self.caller.control, "GET", f"/handsets/{digits}/messages")
            found = list(self._comparison.handset(digits, exchange.answer.json))
            seen = exchange if found and seen is None else seen
            differences += found
        if differences:
            raise Disagreement(self.steps, differences, seen)

    def _judge(self, expected: Expected, exchange: Exchange) -> None:
        self.tally.answers[f"{exchange.answer.status} {code_of(exchange.answer)}".strip()] += 1
        difference = answer_difference(expected, exchange.answer)
        if difference is not None:
            raise Disagreement(self.steps, [difference], None)
        self.tally.rules.update(expected.rules)
        code = code_of(exchange.answer)
        self.tally.rules.update(
            {rule for refusal in expected.refusals if refusal.code == code for rule in refusal.rules}
        )

    def _find(self, differences: Iterable[Difference]) -> None:
        found = list(differences)
        if found:
            raise Disagreement(self.steps, found, None)

    # --- calling ---------------------------------------------------------------------------------

    def _call(
        self, words: str, by: str, method: str, path: str, query: Sequence[tuple[str, str]] = (), body: Json = None
    ) -> Exchange:
        return self._done(words, self.caller.call, by, method, path, query, body)

    def _control(self, words: str, method: str, path: str, body: Json) -> Exchange:
        return self._done(words, self.caller.control, method, path, body)

    def _done(self, words: str, call: Callable[_P, Exchange], *args: _P.args, **kwargs: _P.kwargs) -> Exchange:
        """Make the call a step of this run."""
        self.steps.append(Step(words, None))
        exchange = self._answered(call, *args, **kwargs)
        self.steps[-1] = Step(words, exchange)
        return exchange

    def _answered(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return call(*args, **kwargs)
        except NoAnswer as error:
            raise Disagreement(self.steps, [Difference("connection", "an answer", str(error), ())], None) from error


def _page_words(page: SendPage) -> str:
    to = f" to {', '.join(page.to)}" if page.to else ""
    on_behalf = f" on behalf of {page.sender}" if page.sender not in (None, page.by) else ""
    kind = "pages" if page.reply_on is None else f"replies on message {page.reply_on}"
    return f"{page.by} {kind}{to}{on_behalf}: {_quoted(page.text)}"


def _quoted(text: str) -> str:
    units = len(text.encode("utf-16-le")) // 2
    return repr(text) if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]!r}... ({units} UTF-16 units)"


def _text_attachment(exchange: Exchange) -> str:
    attachments = as_object(exchange.answer.json).get("attachments")
    first = attachments[0] if isinstance(attachments, list) and attachments else None
    return str(as_object(first).get("id"))


def _query(wanted: Filters) -> Iterator[tuple[str, str]]:
    given: Mapping[str, object] = {
        "direction": wanted.direction,
        "messageType": wanted.type,
        "readStatus": wanted.read_status,
        "conversationId": wanted.conversation_id,
        "phoneNumber": wanted.phone_number,
    }
    yield from ((name, str(value)) for name, value in given.items() if value)
    yield from (("availability", name) for name in wanted.availability)
