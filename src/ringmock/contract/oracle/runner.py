"""One run of the oracle: each command goes to the server and the model, and afterwards all mailboxes are compared."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, ParamSpec, TypeVar
from urllib.parse import quote

from ..http_client import Exchange, NoAnswer
from ..target import as_object
from .caller import MEMBERSHIP, OWN, Caller
from .commands import (
    ChangeOfMembers,
    ChangeOfStatus,
    Command,
    Copy,
    Deletion,
    Keyed,
    Listing,
    Marking,
    PageCommand,
    Reading,
    SmsCommand,
    SmsFromHandset,
)
from .comparison import Comparison, Difference, answer_difference, code_of, marked
from .model import ALIVE, ChangeMembers, Expected, Filters, Message, Record, SendFromHandset, SendPage, SendSms
from .texts import Maker

Json = Any
_P = ParamSpec("_P")
_T = TypeVar("_T")

MAX_QUOTED = 30


@dataclass(frozen=True, slots=True)
class Step:
    """A step in words, and its result; None when no answer came."""

    words: str
    exchange: Exchange | None


@dataclass(slots=True)
class RunCounts:
    """Counts of all runs: calls by their answers, and tested rules."""

    runs: int = 0
    steps: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)


class Disagreement(Exception):
    """The server and the model disagree: the steps before, and every difference of the last one."""

    def __init__(
        self,
        commands: Sequence[Keyed],
        steps: Sequence[Step],
        differences: Sequence[Difference],
        seen: Exchange | None = None,
        seen_in: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(differences)
        self.commands = tuple(commands)
        self.steps = tuple(steps)
        self.differences = tuple(differences)
        self.seen = seen
        """The check that showed it, when it was not the last step's own answer."""
        self.seen_in = seen_in
        """Extension numbers with wrong mailboxes, and phones with wrong messages."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules of the differences."""
        return tuple(dict.fromkeys(rule for difference in self.differences for rule in difference.rules))


class _Look(NamedTuple):
    where: str
    exchange: Exchange
    differences: list[Difference]


class OracleRunner:
    """Carries out and compares commands, one after another; raises `Disagreement` for an answer that the model does not
    allow.
    """

    def __init__(self, caller: Caller, counts: RunCounts) -> None:
        """Resets the world where the server has worlds. Raises `Disagreement` when the server does not answer."""
        self.caller = caller
        self.counts = counts
        self.commands: list[Keyed] = []
        self.steps: list[Step] = []
        self.messages: dict[int, Message] = {}
        """Sent messages, by the keys of the commands."""
        self.reference = self._answered(caller.start)
        self._handsets = tuple(self.reference.handsets) if caller.has_world else ()
        self._comparison = Comparison(self.reference, self._baseline(), is_alone=caller.has_world)
        counts.runs += 1

    def _baseline(self) -> frozenset[int]:
        """Ids that were in the mailboxes before."""
        if self.caller.has_world and not self.caller.template.messages:
            return frozenset()
        listed = [record for number in self.caller.numbers for record in self.caller.mailbox(number)[1]]
        return frozenset(int(record["id"]) for record in listed if str(record.get("id")).isdigit())

    # --- commands --------------------------------------------------------------------------------

    def do(self, key: int, command: Command) -> bool:
        """Carry out a command. Returns whether it sent a message, which has this key from now on.

        Does nothing for a command about a message that does not exist.
        """
        self.commands.append((key, command))
        message: Message | None = None
        match command:
            case PageCommand():
                message = self._page(command)
            case SmsCommand():
                message = self._sms(SendSms(command.by, command.sender, command.to, self._text(command.text)))
            case SmsFromHandset():
                message = self._from_handset(SendFromHandset(command.handset, command.to, self._text(command.text)))
            case ChangeOfMembers():
                self._change_members(ChangeMembers(command.by, command.department, command.joining, command.leaving))
            case ChangeOfStatus():
                self._set_status(command)
            case Listing():
                self._list(command)
            case _:
                self._handle(command)
        if message is not None:
            self.messages[key] = message
        return message is not None

    def records_of(self, key: int) -> list[Record]:
        """The records of a message in mailboxes that can be called upon, as far as their ids are known."""
        message = self.messages.get(key)
        boxes = [self.reference.mailboxes[number] for number in self.caller.numbers]
        return [r for box in boxes for r in box if r.message is message and r.id is not None]

    def _id_of(self, copy: Copy) -> int | None:
        """The id of a copy, or of any other copy of the same message; None without one."""
        records = self.records_of(copy.key)
        own = [r for r in records if r.mailbox == copy.mailbox and copy.direction in ("", r.direction)]
        return next((record.id for record in (*own, *records)), None)

    def _text(self, make: Maker) -> str:
        return make(marked(self._comparison.next_mark(), ""))

    # --- sending ---------------------------------------------------------------------------------

    def _page(self, command: PageCommand) -> Message | None:
        reply_on = None if command.reply_on is None else self._id_of(command.reply_on)
        if command.reply_on is not None and reply_on is None:
            return None
        page = SendPage(command.by, command.to, self._text(command.text), command.sender, reply_on)
        body: Json = {"text": page.text}
        if page.to:
            body["to"] = [self._addressed(number, by_id=command.by_id) for number in page.to]
        if page.sender is not None:
            body["from"] = {"extensionNumber": page.sender}
        if page.reply_on is not None:
            body["replyOn"] = page.reply_on
        expected = self.reference.expected_page(page)
        exchange = self._call(_page_words(page), page.by, "POST", f"{OWN}/company-pager", body=body)
        return self._sent(expected, exchange, begins=page.reply_on is None)

    def _addressed(self, number: str, *, by_id: bool) -> Json:
        extension = self.reference.extensions.get(number)
        return {"extensionId": extension.id} if by_id and extension is not None else {"extensionNumber": number}

    def _sms(self, sms: SendSms) -> Message | None:
        body = {
            "from": {"phoneNumber": sms.sender},
            "to": [{"phoneNumber": number} for number in sms.to],
            "text": sms.text,
        }
        words = f"{sms.by} sends an SMS from {sms.sender} to {', '.join(sms.to)}: {_quoted(sms.text)}"
        expected = self.reference.expected_sms(sms)
        return self._sent(expected, self._call(words, sms.by, "POST", f"{OWN}/sms", body=body), begins=False)

    def _from_handset(self, sms: SendFromHandset) -> Message | None:
        words = f"handset {sms.handset} sends an SMS to {sms.to}: {_quoted(sms.text)}"
        path = f"/handsets/{quote(sms.handset)}/messages"
        expected = self.reference.expected_from_handset(sms)
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
        self.reference.happen(expected)
        self._comparison.know(expected.message)

    # --- the message store -----------------------------------------------------------------------

    def _handle(self, command: Reading | Marking | Deletion) -> None:
        message_id = self._id_of(command.copy)
        if message_id is None:
            return
        path = f"{OWN}/message-store/{message_id}"
        match command:
            case Reading():
                self._read(command.by, message_id, path)
            case Marking():
                self._mark(command.by, message_id, path, command.read_status)
            case Deletion():
                self._delete(command.by, message_id, path, purge=command.purge)

    def _read(self, by: str, message_id: int, path: str) -> None:
        """Read a message, and its text as an attachment."""
        expected = self.reference.expected_access(by, message_id)
        exchange = self._call(f"{by} reads message {message_id}", by, "GET", path)
        record = self._accessed(expected, exchange, by, message_id)
        if record is None or record.availability != ALIVE:
            return
        content = self._call(f"{by} reads its text", by, "GET", f"{path}/content/{_text_attachment(exchange)}")
        if content.answer.text != record.message.text:
            self._find([Difference("attachment", "the text of the message", _quoted(content.answer.text), ())])

    def _mark(self, by: str, message_id: int, path: str, read_status: str) -> None:
        expected = self.reference.expected_access(by, message_id)
        words = f"{by} marks message {message_id} as {read_status}"
        exchange = self._call(words, by, "PUT", path, body={"readStatus": read_status})
        held = self.reference.held(by, message_id)
        if held is not None and not expected.refusals:
            self.reference.mark(held, read_status)
        self._accessed(expected, exchange, by, message_id)

    def _delete(self, by: str, message_id: int, path: str, *, purge: bool) -> None:
        expected = self.reference.expected_deletion(by, message_id)
        words = f"{by} {'purges' if purge else 'deletes'} message {message_id}"
        self._judge(expected, self._call(words, by, "DELETE", path, [("purge", "true")] if purge else []))
        held = self.reference.held(by, message_id)
        if held is not None and not expected.refusals:
            self.reference.delete(held, purge=purge)

    def _list(self, command: Listing) -> None:
        wanted = command.wanted
        if command.in_thread_of is not None:
            if command.in_thread_of not in self.messages:
                return
            wanted = replace(wanted, conversation_id=self.messages[command.in_thread_of].thread.id)
        query = list(_query(wanted))
        words = f"{command.by} lists {' '.join(f'{name}={value}' for name, value in query) or 'messages'}"
        exchange = self._call(words, command.by, "GET", f"{OWN}/message-store", query)
        self._judge(Expected(200, rules=("R-20",)), exchange)
        self._find(
            self._comparison.filtered(command.by, self.reference.listed(command.by, wanted), exchange.answer.json)
        )

    def _accessed(self, expected: Expected, exchange: Exchange, by: str, message_id: int) -> Record | None:
        self._judge(expected, exchange)
        record = self.reference.held(by, message_id)
        if record is None or expected.refusals:
            return None
        self._find(self._comparison.record(record, as_object(exchange.answer.json)))
        return record

    # --- the account -----------------------------------------------------------------------------

    def _change_members(self, change: ChangeMembers) -> None:
        item: Json = {
            "departmentId": self.reference.extensions[change.department].id,
            "addedExtensionIds": self._ids(change.joining),
            "removedExtensionIds": self._ids(change.leaving),
        }
        moves = [f"puts {n} into" for n in change.joining] + [f"takes {n} out of" for n in change.leaving]
        words = f"{change.by} {' and '.join(moves) or 'changes nothing in'} Department {change.department}"
        expected = self.reference.expected_members(change)
        self._judge(expected, self._call(words, change.by, "POST", MEMBERSHIP, body={"items": [item]}))
        if not expected.refusals:
            self.reference.change_members(change)

    def _ids(self, numbers: Iterable[str]) -> list[str]:
        return [self.reference.extensions[number].id for number in numbers]

    def _set_status(self, command: ChangeOfStatus) -> None:
        words, path = f"{command.number} becomes {command.status}", f"/extensions/{command.number}"
        self._judge(Expected(200), self._control(words, "PATCH", path, {"status": command.status}))
        self.reference.set_status(command.number, command.status)

    # --- comparing -------------------------------------------------------------------------------

    def compare(self, numbers: Iterable[str] | None = None) -> None:
        """Compare every mailbox and every handset, or only the mailboxes of these extensions.

        Raises `Disagreement` with all differences.
        """
        self.counts.steps += 1
        looks = [look for look in self._looks(self.caller.numbers if numbers is None else numbers) if look.differences]
        if looks:
            differences = [difference for look in looks for difference in look.differences]
            seen_in = frozenset(look.where for look in looks)
            raise Disagreement(self.commands, self.steps, differences, looks[0].exchange, seen_in)

    def _looks(self, numbers: Iterable[str]) -> Iterator[_Look]:
        for number in numbers:
            exchange, listed = self._answered(self.caller.mailbox, number)
            yield _Look(number, exchange, list(self._comparison.mailbox(number, listed)))
        for digits in self._handsets:
            exchange = self._answered(self.caller.control, "GET", f"/handsets/{digits}/messages")
            yield _Look(digits, exchange, list(self._comparison.handset(digits, exchange.answer.json)))

    def _judge(self, expected: Expected, exchange: Exchange) -> None:
        self.counts.answers[f"{exchange.answer.status} {code_of(exchange.answer)}".strip()] += 1
        difference = answer_difference(expected, exchange.answer)
        if difference is not None:
            raise Disagreement(self.commands, self.steps, [difference])
        self.counts.rules.update(expected.rules)
        code = code_of(exchange.answer)
        self.counts.rules.update(
            {rule for refusal in expected.refusals if refusal.code == code for rule in refusal.rules}
        )

    def _find(self, differences: Iterable[Difference]) -> None:
        found = list(differences)
        if found:
            raise Disagreement(self.commands, self.steps, found)

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
            silence = Difference("connection", "an answer", str(error), ())
            raise Disagreement(self.commands, self.steps, [silence]) from error


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
