"""The state machine that drives the oracle: what may be done next, and as whom. Imports Hypothesis."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ..guard import NotSent
from .caller import Caller
from .commands import (
    ChangeOfMembers,
    ChangeOfStatus,
    Command,
    Copy,
    Deletion,
    Listing,
    Marking,
    PageCommand,
    Reading,
    SmsCommand,
    SmsFromHandset,
)
from .model import (
    ALIVE,
    DELETED,
    DEPARTMENT,
    INBOUND,
    LONGEST,
    OUTBOUND,
    PAGER,
    PURGED,
    READ,
    RECEIVES,
    SMS,
    UNREAD,
    Filters,
    ReferenceModel,
)
from .runner import Disagreement, OracleRunner, RunCounts
from .texts import Maker, around

_T = TypeVar("_T")

STATUSES = ("Enabled", "Frozen", "Disabled", "NotActivated", "Unassigned")
NO_EXTENSION = "99999999"

_SHORT_MOSTLY = (*[0] * 10, 1, 2, 3, 4, 5, 6, 7, 8)
"""Places in `texts.around`."""


class Choices:
    """The choices at one server."""

    def __init__(self, caller: Caller, reference: ReferenceModel) -> None:
        self.callers = caller.numbers
        self.extensions = tuple(reference.extensions)
        self.departments = tuple(n for n, e in reference.extensions.items() if e.type == DEPARTMENT)
        self.people = tuple(n for n, e in reference.extensions.items() if e.type in RECEIVES[SMS])
        self.pagers = tuple(number for number in self.people if number in self.callers)
        self.handsets = tuple(reference.handsets)
        self.senders = tuple((p.owner, p.digits) for p in reference.phone_numbers.values() if p.owner in self.callers)
        self.numbers = (*self.handsets, *reference.phone_numbers)
        self.strays = (*self.extensions, NO_EXTENSION) if caller.has_world else self.extensions


def _chosen(kind: str) -> st.SearchStrategy[Any]:
    """One of what the server has of this kind (a name of `Choices`)."""
    return st.runner().flatmap(lambda machine: st.sampled_from(getattr(machine.choices, kind)))


def _several(kind: str, most: int = 3) -> st.SearchStrategy[Any]:
    """A few of them, one at least."""
    return st.runner().flatmap(
        lambda machine: st.lists(st.sampled_from(getattr(machine.choices, kind)), min_size=1, max_size=most).map(tuple)
    )


def _mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The usual choice with a probability of four fifths."""
    return st.integers(0, 4).flatmap(lambda number: odd if number == 4 else usual)


def _text(message_type: str) -> st.SearchStrategy[Maker]:
    makers = around(LONGEST[message_type])
    return st.sampled_from(_SHORT_MOSTLY).map(lambda index: makers[index])


PICK = st.integers(0, 209)
"""Draws an item of a list whose length is not known in advance."""


def _picked(things: Sequence[_T], pick: int) -> _T:
    return things[pick % len(things)]


class Messaging(RuleBasedStateMachine):
    """See the module. A subclass says at which server."""

    caller: ClassVar[Caller]
    choices: ClassVar[Choices]
    counts: ClassVar[RunCounts]

    to_departments: Bundle[int] = Bundle("to_departments")
    pages: Bundle[int] = Bundle("pages")
    messages: Bundle[int] = Bundle("messages")

    failures: ClassVar[list[Disagreement]]
    """The disagreements so far; several, when the server's answers differ between repetitions."""

    refused: ClassVar[list[NotSent]]

    def __init__(self) -> None:
        super().__init__()
        with self._kept():
            self.runner = OracleRunner(self.caller, self.counts)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Store the run when it ends with a disagreement."""
        try:
            yield
        except Disagreement as disagreement:
            self.failures.append(disagreement)
            raise
        except NotSent as refusal:
            self.refused.append(refusal)
            raise

    @invariant()
    def all_mailboxes_agree(self) -> None:
        with self._kept():
            self.runner.compare()

    def _do(self, command: Command) -> "MultipleResults[int]":
        """The key of the message that was sent, if one was."""
        key = len(self.runner.commands)
        with self._kept():
            is_sent = self.runner.do(key, command)
        return multiple(key) if is_sent else multiple()

    # --- sending ---------------------------------------------------------------------------------

    @precondition(lambda self: self.choices.pagers)
    @rule(
        targets=(pages, messages),
        by=_mostly(_chosen("pagers"), _chosen("callers")),
        to=_mostly(_several("people"), _several("strays")),
        sender=st.sampled_from(["none", "none", "none", "own", "other"]),
        text=_text(PAGER),
        by_id=st.booleans(),
    )
    def page(self, by: str, to: tuple[str, ...], sender: str, text: Maker, by_id: bool) -> "MultipleResults[int]":
        on_behalf = {"none": None, "own": by, "other": to[0]}[sender]
        return self._do(PageCommand(by, to, text, on_behalf, by_id=by_id))

    @precondition(lambda self: self.choices.departments and self.choices.pagers)
    @rule(
        targets=(to_departments, pages, messages),
        by=_chosen("pagers"),
        department=_chosen("departments"),
        also=_mostly(st.just(()), _several("people", most=2)),
    )
    def page_a_department(self, by: str, department: str, also: tuple[str, ...]) -> "MultipleResults[int]":
        return self._do(PageCommand(by, (department, *also)))

    @rule(
        targets=(pages, messages),
        message=pages,
        pick=PICK,
        to=_mostly(st.just(()), _several("strays", most=2)),
        text=_text(PAGER),
    )
    def reply(self, message: int, pick: int, to: tuple[str, ...], text: Maker) -> "MultipleResults[int]":
        by, copy = self._someone(message, pick)
        return self._do(PageCommand(by, to, text, reply_on=copy))

    @rule(targets=(to_departments, pages, messages), message=to_departments, pick=PICK)
    def reply_in_a_department(self, message: int, pick: int) -> "MultipleResults[int]":
        by, copy = self._someone(message, pick)
        return self._do(PageCommand(by, (), reply_on=copy))

    @precondition(lambda self: self.choices.senders)
    @rule(
        target=messages,
        sender=_mostly(_chosen("senders"), st.tuples(_chosen("callers"), _chosen("numbers"))),
        to=_mostly(_chosen("numbers"), _chosen("extensions")),
        also=_mostly(st.just(()), _several("numbers", most=2)),
        text=_text(SMS),
        with_plus=st.booleans(),
    )
    def send_sms(
        self, sender: tuple[str, str], to: str, also: tuple[str, ...], text: Maker, with_plus: bool
    ) -> "MultipleResults[int]":
        by, own = sender
        plus = "+" if with_plus else ""
        recipients = tuple(n if n in self.choices.extensions else plus + n for n in (to, *also))
        return self._do(SmsCommand(by, plus + own, recipients, text))

    @precondition(lambda self: self.choices.senders)
    @rule(target=messages, sender=_chosen("senders"), pick=PICK)
    def send_sms_to_somebody_inactive(self, sender: tuple[str, str], pick: int) -> "MultipleResults[int]":
        reference = self.runner.reference
        owned = [(number, reference.extensions[p.owner]) for number, p in reference.phone_numbers.items() if p.owner]
        inactive = [number for number, owner in owned if not owner.is_sent_to]
        return self._do(SmsCommand(*sender, (_picked(inactive or self.choices.numbers, pick),)))

    @precondition(lambda self: self.caller.has_world and self.choices.handsets and self.choices.senders)
    @rule(target=messages, handset=_chosen("handsets"), to=_chosen("senders"))
    def receive_sms(self, handset: str, to: tuple[str, str]) -> "MultipleResults[int]":
        return self._do(SmsFromHandset(handset, to[1]))

    # --- the account -----------------------------------------------------------------------------

    @precondition(lambda self: self.choices.departments and self.choices.people)
    @rule(
        by=_mostly(st.none(), _chosen("callers")),
        department=_chosen("departments"),
        joining=_several("people", most=2),
        leaving=_mostly(st.just(()), _several("people", most=2)),
    )
    def change_members(
        self, by: str | None, department: str, joining: tuple[str, ...], leaving: tuple[str, ...]
    ) -> None:
        staying = tuple(number for number in joining if number not in leaving)
        self._do(ChangeOfMembers(by or self.caller.steward, department, staying, leaving))

    @rule(message=to_departments, pick=PICK)
    def take_out_a_recipient(self, message: int, pick: int) -> None:
        """Remove an addressed member of a Department, preferably one who has the message."""
        self._take_out(message, pick)

    @rule(targets=(to_departments, pages, messages), message=to_departments, pick=PICK)
    def reply_once_taken_out(self, message: int, pick: int) -> "MultipleResults[int]":
        """R-22, R-23: a member who has just left a Department replies to a message that came through it."""
        member = self._take_out(message, pick)
        if member not in self.choices.callers:
            return multiple()
        return self._do(PageCommand(member, (), reply_on=Copy(message, member)))

    @precondition(lambda self: self.caller.has_world and self.choices.pagers)
    @rule(targets=(pages, messages), by=_chosen("pagers"))
    def page_nobody(self, by: str) -> "MultipleResults[int]":
        """R-08: no such extension in the account."""
        return self._do(PageCommand(by, (NO_EXTENSION,)))

    def _take_out(self, message: int, pick: int) -> str | None:
        """The member who has left a Department, if there was one."""
        extensions, people = self.runner.reference.extensions, self.runner.messages[message].thread.people
        members = [(number, member) for number in people for member in extensions[number].members]
        holders = {record.mailbox for record in self.runner.records_of(message)}
        members = [(number, member) for number, member in members if member in holders] or members
        if members:
            department, member = _picked(members, pick)
            self._do(ChangeOfMembers(self.caller.steward, department, leaving=(member,)))
            return member
        return None

    @precondition(lambda self: self.caller.has_world)
    @rule(number=_chosen("extensions"), status=st.sampled_from(STATUSES))
    def change_status(self, number: str, status: str) -> None:
        self._do(ChangeOfStatus(number, status))

    # --- the message store -----------------------------------------------------------------------

    @rule(message=messages, pick=PICK)
    def read(self, message: int, pick: int) -> None:
        self._do(Reading(*self._someone(message, pick)))

    @rule(message=messages, pick=PICK, read_status=st.sampled_from([READ, UNREAD]))
    def mark(self, message: int, pick: int, read_status: str) -> None:
        self._do(Marking(*self._someone(message, pick), read_status))

    @rule(message=messages, pick=PICK, purge=st.booleans())
    def delete(self, message: int, pick: int, purge: bool) -> None:
        self._do(Deletion(*self._someone(message, pick), purge))

    @rule(
        message=messages,
        pick=PICK,
        wanted=st.builds(
            Filters,
            direction=st.sampled_from(["", INBOUND, OUTBOUND]),
            type=st.sampled_from(["", SMS, PAGER]),
            read_status=st.sampled_from(["", READ, UNREAD]),
            availability=st.sets(st.sampled_from([ALIVE, DELETED, PURGED])).map(lambda names: tuple(sorted(names))),
        ),
        by_conversation=st.booleans(),
        by_number=st.booleans(),
    )
    def list_messages(self, message: int, pick: int, wanted: Filters, by_conversation: bool, by_number: bool) -> None:
        by, _ = self._someone(message, pick)
        ends = sorted(self.runner.messages[message].thread.ends)
        if by_number and ends:
            wanted = replace(wanted, phone_number=_picked(ends, pick))
        self._do(Listing(by, wanted, message if by_conversation else None))

    def _someone(self, message: int, pick: int) -> tuple[str, Copy]:
        """An extension and a message: preferably one who has it, and rather one who has it and may not see it."""
        thread, records = self.runner.messages[message].thread, self.runner.records_of(message)
        held = [(record.mailbox, Copy(message, record.mailbox, record.direction)) for record in records]
        removed = [(number, copy) for number, copy in held if not self.runner.reference.takes_part(number, thread)]
        holders = {number for number, _ in held}
        others = [(number, Copy(message, number)) for number in self.choices.callers if number not in holders]
        if removed and pick % 2:
            return _picked(removed, pick // 2)
        return _picked(others if others and pick % 5 == 0 else held or others, pick // 5)


def explore(caller: Caller, counts: RunCounts, *, seed: int, runs: int, steps: int) -> Disagreement | None:
    """Run the machine `runs` times, up to `steps` steps each, until the first disagreement: None without one.

    Raises `NotSent` for the first call that the target's limits forbid.
    """
    failures: list[Disagreement] = []
    refused: list[NotSent] = []
    fields = {"caller": caller, "choices": Choices(caller, caller.start()), "counts": counts}
    here = type("MessagingHere", (Messaging,), {**fields, "failures": failures, "refused": refused})
    limits = settings(
        max_examples=runs,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.generate,),  # `shortest` can simplify commands better than Hypothesis
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    try:
        run_state_machine_as_test(hypothesis.seed(seed)(here), settings=limits)
    except (Disagreement, NotSent, Flaky):
        if refused:
            raise refused[0] from None
        if not failures:
            raise
    return failures[0] if failures else None
