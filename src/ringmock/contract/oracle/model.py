"""The reference model of the documentation: the answer to each request, and its effect on each mailbox.

It is written from the page "SMS and Pager Messages" (R-01 ... R-24), the decisions (D-01 ... D-14) and the further
choices of docs/reference/rules.md; it uses plain lists and linear searches. It shares no code with the server's rules,
so that a mistake in either is a disagreement. It does not say which of several reasons for a refusal comes first: any
of them passes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

SMS, PAGER = "SMS", "Pager"
INBOUND, OUTBOUND = "Inbound", "Outbound"
READ, UNREAD = "Read", "Unread"
ALIVE, DELETED, PURGED = "Alive", "Deleted", "Purged"
USER, VOICEMAIL, DEPARTMENT = "User", "Voicemail", "Department"

RECEIVES = {SMS: (USER, VOICEMAIL), PAGER: (USER, VOICEMAIL, DEPARTMENT)}
LONGEST = {SMS: 1000, PAGER: 1024}
NOT_SENT_TO = ("Disabled", "Frozen")  # R-15; D-08: every other status receives
MOST_SMS_RECIPIENTS = {"2012": 1, "current": 10}  # R-07, and the generations' table


def length(text: str) -> int:
    """R-04, R-05: a character is one symbol of 2 bytes in UTF-16, or counts as two when it has 4."""
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text)


@dataclass(slots=True)
class Extension:
    """`members` and `manager` are extension numbers; only a Department has them."""

    number: str
    id: str
    type: str = USER
    status: str = "Enabled"
    members: tuple[str, ...] = ()
    manager: str | None = None
    is_administrator: bool = False

    @property
    def is_sent_to(self) -> bool:
        """R-15."""
        return self.status not in NOT_SENT_TO


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """Digits without `+`; `owner` is an extension number, None for the company's own."""

    digits: str
    owner: str | None = None
    features: tuple[str, ...] = ()
    is_fax: bool = False


@dataclass(slots=True, eq=False)
class Thread:
    """A thread. `people`: the extension numbers to which pages were addressed, and its starter.

    `ends`: the phone numbers of an SMS. `id` is the server's, None until it is known.
    """

    people: tuple[str, ...] = ()
    ends: frozenset[str] = frozenset()
    id: int | None = None


@dataclass(slots=True, eq=False)
class Message:
    """One message with all its copies. Parties are phone numbers for SMS, extension numbers for pages."""

    type: str
    sender: str
    to: tuple[str, ...]
    text: str
    thread: Thread
    has_left: str = ""
    """Of an SMS: `dropped` (D-03) or `undeliverable` (D-09) when that applies to all of its recipients."""
    absent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Addressed extension numbers whose mailboxes do not get it, and the rules for that."""


@dataclass(slots=True, eq=False)
class Record:
    """A copy of a message in one mailbox, and its rules. `id` is the server's, None until it is known."""

    message: Message
    mailbox: str
    direction: str
    because: tuple[str, ...]
    read_status: str = UNREAD
    availability: str = ALIVE
    id: int | None = None


class Refusal(NamedTuple):
    """A reason for a refusal: the answer's status and code, and its rules."""

    status: int
    code: str
    rules: tuple[str, ...]


class Expected(NamedTuple):
    """The expected answer: any of `refusals`; if there are none, `status` and the effects.

    `records` are new in their mailboxes, the sender's own first; `handsets` are phones that get the message.
    """

    status: int
    refusals: tuple[Refusal, ...] = ()
    message: Message | None = None
    records: tuple[Record, ...] = ()
    handsets: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SendSms:
    """`by` is logged in; `sender` and `to` are phone numbers as they are written in the request."""

    by: str
    sender: str
    to: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class SendPage:
    """`by` is logged in; `sender` and `to` are extension numbers; `reply_on` is the id of a message."""

    by: str
    to: tuple[str, ...]
    text: str
    sender: str | None = None
    reply_on: int | None = None


@dataclass(frozen=True, slots=True)
class SendFromHandset:
    """An SMS from outside to a number of the account."""

    handset: str
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class ChangeMembers:
    """`by` is logged in; extension numbers."""

    by: str
    department: str
    joining: tuple[str, ...]
    leaving: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a list; an empty text or tuple is no filter."""

    direction: str = ""
    type: str = ""
    read_status: str = ""
    availability: tuple[str, ...] = ()
    conversation_id: int | None = None
    phone_number: str = ""


class ReferenceModel:
    """An account with its mailboxes. `expected...` methods only read; `happen` and the other methods change it."""

    def __init__(
        self,
        extensions: Sequence[Extension],
        phone_numbers: Sequence[PhoneNumber],
        handsets: Sequence[str],
        generation: str,
    ) -> None:
        self.generation = generation
        self.extensions = {extension.number: extension for extension in extensions}
        self.phone_numbers = {phone.digits: phone for phone in phone_numbers}
        self.mailboxes: dict[str, list[Record]] = {number: [] for number in self.extensions}
        """By extension number, oldest first."""
        self.handsets: dict[str, list[Message]] = {handset: [] for handset in handsets}
        """What each phone outside was sent, oldest first."""
        self.sms_threads: list[Thread] = []

    # --- SMS -------------------------------------------------------------------------------------

    def expected_sms(self, sms: SendSms) -> Expected:
        """R-07: from one phone number to another."""
        refusals = (*_too_long(sms.text, SMS), *self._from_refused(sms), *self._sms_to_refused(sms))
        if refusals:
            return Expected(200, refusals)
        own = self._sms_read_status
        return self._sms(_digits(sms.sender), tuple(map(_digits, sms.to)), sms.text, sms.by, own)

    def expected_from_handset(self, sms: SendFromHandset) -> Expected:
        """R-06: received from a handset, so no outbox has it."""
        return self._sms(_digits(sms.handset), (_digits(sms.to),), sms.text, None, UNREAD)

    @property
    def _sms_read_status(self) -> str:
        return READ if self.generation == "current" else UNREAD

    def _from_refused(self, sms: SendSms) -> Iterator[Refusal]:
        phone = self.phone_numbers.get(_digits(sms.sender))
        if phone is None:
            yield Refusal(400, "MSG-245", ("R-07",))
        elif phone.owner != sms.by:  # a Department's number with the Department's credentials only
            yield Refusal(403, "MSG-304", ("R-12",))
        elif "A2PSmsSender" in phone.features:
            yield Refusal(403, "MSG-320", ("D-14",))
        elif "SmsSender" not in phone.features:
            yield Refusal(403, "MSG-241" if phone.is_fax else "MSG-242", ("R-13",))

    def _sms_to_refused(self, sms: SendSms) -> Iterator[Refusal]:
        for number in sms.to:
            if number in self.extensions:
                yield Refusal(400, "MSG-246", ("R-07",))
        if len(sms.to) < 2:
            return
        if self.generation == "2012":
            yield Refusal(400, "CMN-101", ("R-07",))
            return
        if len(sms.to) > MOST_SMS_RECIPIENTS[self.generation]:
            yield Refusal(400, "MSG-381", ("R-07",))
        if len(set(map(_digits, sms.to))) < len(sms.to):
            yield Refusal(400, "CMN-406", ("R-07",))
        phone = self.phone_numbers.get(_digits(sms.sender))
        if phone is not None and "MmsSender" not in phone.features:
            yield Refusal(403, "MSG-380", ("R-07",))

    def _sms(self, sender: str, to: tuple[str, ...], text: str, outbox: str | None, own: str) -> Expected:
        message = Message(SMS, sender, to, text, self._sms_thread(frozenset({sender, *to})))
        records, handsets, fates = [], [], []
        if outbox is not None:
            records.append(Record(message, outbox, OUTBOUND, ("R-17",), read_status=own))
        for number in to:
            fate, rules = self._becomes(number)
            fates.append(fate)
            phone = self.phone_numbers.get(number)
            if fate == "outside":
                handsets.append(number)
            elif fate == "received" and phone is not None and phone.owner is not None:
                records.append(Record(message, phone.owner, INBOUND, rules))
            elif phone is not None and phone.owner is not None:
                message.absent[phone.owner] = rules
        if len(set(fates)) == 1 and fates[0] in ("dropped", "undeliverable"):
            message.has_left = fates[0]
        rules = tuple(dict.fromkeys(rule for number in to for rule in self._becomes(number)[1]))
        return Expected(200, (), message, tuple(records), tuple(handsets), rules)

    def _becomes(self, number: str) -> tuple[str, tuple[str, ...]]:
        """What becomes of an SMS to this number, and by which rules."""
        if number not in self.phone_numbers:
            return "outside", ("R-06",)
        if "A2PSmsSender" in self.phone_numbers[number].features:
            return "high volume", ("D-14",)
        owner = self.extensions.get(self.phone_numbers[number].owner or "")
        if owner is None or self.phone_numbers[number].is_fax:
            return "undeliverable", ("D-09",)
        if not owner.is_sent_to:
            return "dropped", ("R-16", "R-17")
        if owner.type not in RECEIVES[SMS]:
            return "undeliverable", ("R-02", "D-09")
        return "received", ("R-02",)

    def _sms_thread(self, ends: frozenset[str]) -> Thread:
        for thread in self.sms_threads:
            if thread.ends == ends:
                return thread
        return Thread(ends=ends)

    # --- pages -----------------------------------------------------------------------------------

    def expected_page(self, page: SendPage) -> Expected:
        """R-08: between extensions of one account."""
        refusals = (*self._pager_refused(page), *_too_long(page.text, PAGER))
        if page.reply_on is None:
            to = tuple(dict.fromkeys(page.to))
            refusals += tuple(refusal for number in to for refusal in self._cannot_page(number))
            thread = Thread(people=tuple(dict.fromkeys((page.by, *to))))
        else:
            record = self.held(page.by, page.reply_on)
            if record is None or record.message.type != PAGER:
                return Expected(200, (*refusals, Refusal(404, "CMN-102", ("D-11",))))
            thread = record.message.thread
            refusals += tuple(self._reply_refused(page, thread))
            to = tuple(number for number in thread.people if number != page.by) or thread.people
        return Expected(200, refusals) if refusals else self._fan_out(page, to, thread)

    def _pager_refused(self, page: SendPage) -> Iterator[Refusal]:
        if self.extensions[page.by].type == DEPARTMENT:
            yield Refusal(403, "MSG-330", ("R-14", "D-02"))
        if page.sender not in (None, page.by):
            yield Refusal(400, "MSG-331", ("R-14",))

    def _cannot_page(self, number: str) -> Iterator[Refusal]:
        """Why this extension may not be in the `to` of a new page."""
        extension = self.extensions.get(number)
        if extension is None:
            yield Refusal(400, "CMN-102", ("R-08",))
            return
        if extension.type not in RECEIVES[PAGER]:
            yield Refusal(400, "MSG-316", ("R-03",))
        if extension.type == DEPARTMENT and not extension.members:
            yield Refusal(400, "MSG-316", ("D-07",))
        if not extension.is_sent_to:
            yield Refusal(400, "MSG-324", ("R-18",))

    def _reply_refused(self, page: SendPage, thread: Thread) -> Iterator[Refusal]:
        """R-23: the sender of a reply must belong to the actual list of recipients."""
        if not self.takes_part(page.by, thread):
            yield Refusal(403, "MSG-326", ("R-20", "R-22", "R-23", "R-24"))
        for number in page.to:
            if number not in self.extensions:
                yield Refusal(400, "CMN-102", ("R-08",))
            elif not self.takes_part(number, thread):
                yield Refusal(400, "CMN-101", ("D-06",))
        if any(not self.extensions[number].is_sent_to for number in thread.people if number != page.by):
            yield Refusal(400, "MSG-324", ("R-18", "D-05"))

    def _fan_out(self, page: SendPage, to: tuple[str, ...], thread: Thread) -> Expected:
        """R-10: to all addressees, and to the members of the Departments among them, without duplicates."""
        message = Message(PAGER, page.by, to, page.text, thread)
        own = READ if self.generation == "current" else UNREAD
        records = [Record(message, page.by, OUTBOUND, ("R-08",), read_status=own)]
        rules = ["R-03"] if to else []
        for number in to:
            if self.extensions[number].type in RECEIVES[PAGER]:
                records.append(Record(message, number, INBOUND, ("R-03", "R-09")))
            else:  # only in a reply: the starter of a thread who cannot receive pages
                message.absent[number] = ("R-03",)
        for member in self.members_in(thread):
            if member in to or member == page.by:
                continue
            if self.extensions[member].is_sent_to:
                records.append(Record(message, member, INBOUND, ("R-10", "R-21")))
                rules.append("R-10")
            else:
                message.absent[member] = ("R-19",)
                rules.append("R-19")
        if page.reply_on is not None:
            rules.append("R-23")
        return Expected(200, (), message, tuple(records), (), tuple(dict.fromkeys(rules)))

    # --- threads ---------------------------------------------------------------------------------

    def members_in(self, thread: Thread) -> tuple[str, ...]:
        """R-21: the current members of the thread's Departments (R-22)."""
        departments = (self.extensions[number] for number in thread.people)
        return tuple(dict.fromkeys(member for department in departments for member in department.members))

    def takes_part(self, number: str, thread: Thread) -> bool:
        """R-20 to R-22: on the explicit list of recipients, or on the implicit one. An SMS is its mailbox's own."""
        return bool(thread.ends) or number in thread.people or number in self.members_in(thread)

    # --- mailboxes -------------------------------------------------------------------------------

    def held(self, mailbox: str, message_id: int) -> Record | None:
        """The record of that mailbox with this id, whatever has become of it."""
        return next((record for record in self.mailboxes[mailbox] if record.id == message_id), None)

    def visible(self, mailbox: str) -> list[Record]:
        """R-20, D-04: the visible records of the mailbox, newest first."""
        records = self.mailboxes[mailbox]
        return [record for record in reversed(records) if self.takes_part(mailbox, record.message.thread)]

    def listed(self, mailbox: str, wanted: Filters) -> list[Record]:
        """The matching ones of these; only Alive ones by default."""
        return [record for record in self.visible(mailbox) if _is_wanted(record, wanted)]

    def expected_access(self, mailbox: str, message_id: int) -> Expected:
        """D-04: reading, updating or deleting an existing message."""
        record = self.held(mailbox, message_id)
        if record is None:
            return Expected(200, (Refusal(404, "CMN-102", ("R-20",)),))
        if not self.takes_part(mailbox, record.message.thread):
            return Expected(200, (Refusal(403, "CMN-408", ("R-20", "D-04")),))
        return Expected(200, rules=("R-21",) if record.message.type == PAGER else ())

    def expected_deletion(self, mailbox: str, message_id: int) -> Expected:
        """Deleting what does not exist is no error."""
        if self.held(mailbox, message_id) is None:
            return Expected(204)
        return self.expected_access(mailbox, message_id)._replace(status=204)

    def mark(self, record: Record, read_status: str) -> None:
        """Read or Unread."""
        record.read_status = read_status

    def delete(self, record: Record, *, purge: bool) -> None:
        """Alive, then Deleted, then Purged; or Purged at once."""
        record.availability = DELETED if record.availability == ALIVE and not purge else PURGED

    # --- the account -----------------------------------------------------------------------------

    def expected_members(self, change: ChangeMembers) -> Expected:
        """A Department's members are changed by the administrators and by its manager."""
        caller, department = self.extensions[change.by], self.extensions[change.department]
        if not caller.is_administrator and department.manager != caller.number:
            return Expected(204, (Refusal(403, "CMN-408", ("R-12",)),))
        return Expected(204, rules=("R-22",) if change.leaving else ("R-21",))

    def change_members(self, change: ChangeMembers) -> None:
        """R-22: from now on."""
        department = self.extensions[change.department]
        kept = [member for member in department.members if member not in change.leaving]
        department.members = tuple(dict.fromkeys((*kept, *change.joining)))

    def set_status(self, number: str, status: str) -> None:
        """Freeze, thaw, disable ... an extension."""
        self.extensions[number].status = status

    # --- what happens ----------------------------------------------------------------------------

    def happen(self, expected: Expected) -> None:
        """Let a message that was accepted have its effects."""
        message = expected.message
        assert message is not None
        if message.type == SMS and message.thread not in self.sms_threads:
            self.sms_threads.append(message.thread)
        for record in expected.records:
            self.mailboxes[record.mailbox].append(record)
        for handset in expected.handsets:
            self.handsets.setdefault(handset, []).append(message)

    def statuses(self, record: Record, *, just_sent: bool = False) -> tuple[str, ...]:
        """The messageStatus that the record may show; `just_sent`: in the answer to its sending."""
        message = record.message
        if message.type == PAGER:
            return ("Sent",)
        if record.direction == INBOUND:
            return ("Received",)
        if just_sent:
            return ("Sent",) if self.generation == "2012" else ("Queued",)
        if message.has_left == "undeliverable":
            return ("DeliveryFailed",)  # D-09
        if message.has_left == "dropped" or self.generation == "2012":
            return ("Sent",)  # D-03
        return ("Sent", "Delivered")

    def shown_to(self, record: Record) -> tuple[str, ...]:
        """The `to` that the record shows; in 2012 that of a page names its sender first."""
        message = record.message
        if message.type == PAGER and self.generation == "2012":
            return tuple(dict.fromkeys((message.sender, *message.to)))
        return message.to

    def is_paged_to_department(self, message: Message) -> bool:
        """Whether a Department is among the thread's addressees."""
        return any(self.extensions[number].type == DEPARTMENT for number in message.thread.people)

    def why_absent(self, mailbox: str, message: Message) -> tuple[str, ...]:
        """The rules by which this mailbox does not show the message."""
        if mailbox in message.absent:
            return message.absent[mailbox]
        if message.type == SMS:
            return ("R-07",)
        if any(record.message is message for record in self.mailboxes[mailbox]):
            return ("R-20", "R-22", "D-04")
        return ("R-20", "R-22") if not self.takes_part(mailbox, message.thread) else ("R-10",)


def _too_long(text: str, message_type: str) -> Iterator[Refusal]:
    if length(text) > LONGEST[message_type]:
        yield Refusal(400, "MSG-338", ("R-04", "R-05", "D-01"))


def _digits(number: str) -> str:
    """D-10: with and without `+` it is the same number."""
    return number.removeprefix("+")


def _is_wanted(record: Record, wanted: Filters) -> bool:
    thread = record.message.thread
    return (
        wanted.direction in ("", record.direction)
        and wanted.type in ("", record.message.type)
        and wanted.read_status in ("", record.read_status)
        and record.availability in (wanted.availability or (ALIVE,))
        and wanted.conversation_id in (None, thread.id)
        and (not wanted.phone_number or _digits(wanted.phone_number) in thread.ends)
    )
