"""The state machine that drives the oracle: what may be done next, and as whom. Imports Hypothesis."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
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

from .bench import Bench, Disagreement, Tally
from .caller import Caller
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
    ChangeMembers,
    Filters,
    Message,
    Office,
    Record,
    SendFromHandset,
    SendPage,
    SendSms,
)
from .texts import Maker, around

_T = TypeVar("_T")

STATUSES = ("Enabled", "Frozen", "Disabled", "NotActivated", "Unassigned")
NO_EXTENSION = "99999999"
TRIALS_TO_SHRINK = 400
"""Runs that may go into making a story short. They are counted, not timed, so that a seed tells the same story."""

_SHORT_MOSTLY = (0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)


class Choices:
    """What there is to choose from at one server."""

    def __init__(self, caller: Caller, office: Office) -> None:
        self.callers = caller.numbers
        self.extensions = tuple(office.extensions)
        self.addressees = (*self.extensions, NO_EXTENSION)
        self.departments = tuple(n for n, e in office.extensions.items() if e.type == DEPARTMENT)
        self.people = tuple(n for n, e in office.extensions.items() if e.type in RECEIVES[SMS])
        self.handsets = tuple(office.handsets)
        self.senders = tuple((p.owner, p.digits) for p in office.phone_numbers.values() if p.owner in self.callers)
        self.numbers = (*self.handsets, *office.phone_numbers)


class Enough(BaseException):
    """A story has been shortened for long enough. No `Exception`: Hypothesis would take it for another failure."""


class Stories:
    """Disagreements, of which the one with the fewest steps is kept."""

    def __init__(self) -> None:
        self.shortest: Disagreement | None = None
        self._trials = 0

    def tried(self) -> None:
        """Another run begins. Raises `Enough`."""
        self._trials += self.shortest is not None
        if self._trials > TRIALS_TO_SHRINK:
            raise Enough

    def add(self, told: Disagreement) -> None:
        if self.shortest is None or len(told.steps) <= len(self.shortest.steps):
            self.shortest = told


def _chosen(kind: str) -> st.SearchStrategy[Any]:
    """One of what the server has of this kind (a name of `Choices`)."""
    return st.runner().flatmap(lambda machine: st.sampled_from(getattr(machine.choices, kind)))


def _several(kind: str, most: int = 3) -> st.SearchStrategy[Any]:
    """A few of them, one at least."""
    return st.runner().flatmap(
        lambda machine: st.lists(st.sampled_from(getattr(machine.choices, kind)), min_size=1, max_size=most)
    )


def _text(message_type: str) -> st.SearchStrategy[Maker]:
    makers = around(LONGEST[message_type])
    return st.sampled_from(_SHORT_MOSTLY).map(lambda index: makers[index])


PICK = st.integers(0, 59)
"""Picks one of a list whose length nobody knows before."""


def _picked(things: Sequence[_T], pick: int) -> _T:
    return things[pick % len(things)]


class Messaging(RuleBasedStateMachine):
    """See the module. A subclass says at which server."""

    caller: ClassVar[Caller]
    choices: ClassVar[Choices]
    tally: ClassVar[Tally]
    stories: ClassVar[Stories]

    pages: Bundle[Message] = Bundle("pages")
    messages: Bundle[Message] = Bundle("messages")

    def __init__(self) -> None:
        super().__init__()
        self.stories.tried()
        self.bench = self._told(lambda: Bench(self.caller, self.tally))

    def _told(self, act: Callable[[], _T]) -> _T:
        """Do it, and keep the story when it ends badly."""
        try:
            return act()
        except Disagreement as disagreement:
            self.stories.add(disagreement)
            raise

    @invariant()
    def all_mailboxes_agree(self) -> None:
        self._told(self.bench.compare)

    # --- sending ---------------------------------------------------------------------------------

    @rule(
        targets=(pages, messages),
        by=_chosen("callers"),
        to=_several("addressees"),
        sender=st.sampled_from(["none", "none", "own", "other"]),
        text=_text(PAGER),
        by_id=st.booleans(),
    )
    def page_anyone(self, by: str, to: list[str], sender: str, text: Maker, by_id: bool) -> "MultipleResults[Message]":
        on_behalf = {"none": None, "own": by, "other": to[0]}[sender]
        return self._page(SendPage(by, tuple(to), self.bench.text(text), on_behalf), by_id=by_id)

    @precondition(lambda self: self.choices.departments)
    @rule(
        targets=(pages, messages),
        by=_chosen("people"),
        department=_chosen("departments"),
        also=st.one_of(st.just([]), _several("people", most=2)),
    )
    def page_a_department(self, by: str, department: str, also: list[str]) -> "MultipleResults[Message]":
        if by not in self.choices.callers:
            return multiple()
        return self._page(SendPage(by, (department, *also), self.bench.text(around(LONGEST[PAGER])[0])))

    @rule(
        targets=(pages, messages),
        message=pages,
        pick=PICK,
        to=st.one_of(st.just([]), st.just([]), _several("addressees", most=2)),
        text=_text(PAGER),
    )
    def reply(self, message: Message, pick: int, to: list[str], text: Maker) -> "MultipleResults[Message]":
        by, message_id = self._someone(message, pick)
        page = SendPage(by, tuple(to), self.bench.text(text), reply_on=message_id)
        return self._page(page)

    def _page(self, page: SendPage, *, by_id: bool = False) -> "MultipleResults[Message]":
        return _as_results(self._told(lambda: self.bench.page(page, by_id=by_id)))

    @precondition(lambda self: self.choices.senders)
    @rule(
        target=messages,
        sender=_chosen("senders"),
        to=_chosen("numbers"),
        also=st.one_of(st.just([]), st.just([]), _several("numbers", most=2)),
        text=_text(SMS),
        with_plus=st.booleans(),
    )
    def send_sms(
        self, sender: tuple[str, str], to: str, also: list[str], text: Maker, with_plus: bool
    ) -> "MultipleResults[Message]":
        by, own = sender
        plus = "+" if with_plus else ""
        sms = SendSms(by, plus + own, tuple(plus + number for number in (to, *also)), self.bench.text(text))
        return _as_results(self._told(lambda: self.bench.sms(sms)))

    @rule(target=messages, by=_chosen("callers"), sender=_chosen("numbers"), to=_chosen("addressees"))
    def send_sms_from_anywhere(self, by: str, sender: str, to: str) -> "MultipleResults[Message]":
        """From numbers of others, of handsets, and to extension numbers: mostly refused."""
        number = to if to in self.choices.extensions else self.choices.numbers[0]
        sms = SendSms(by, sender, (number,), self.bench.text(around(LONGEST[SMS])[0]))
        return _as_results(self._told(lambda: self.bench.sms(sms)))

    @precondition(lambda self: self.caller.has_world and self.choices.handsets)
    @rule(target=messages, handset=_chosen("handsets"), to=_chosen("senders"))
    def receive_sms(self, handset: str, to: tuple[str, str]) -> "MultipleResults[Message]":
        sms = SendFromHandset(handset, to[1], self.bench.text(around(LONGEST[SMS])[0]))
        return _as_results(self._told(lambda: self.bench.from_handset(sms)))

    # --- the account -----------------------------------------------------------------------------

    @precondition(lambda self: self.choices.departments)
    @rule(
        by=st.one_of(st.none(), st.none(), _chosen("callers")),
        department=_chosen("departments"),
        person=_chosen("people"),
        joins=st.booleans(),
        also=st.one_of(st.none(), _chosen("people")),
    )
    def change_members(self, by: str | None, department: str, person: str, joins: bool, also: str | None) -> None:
        other = (also,) if also is not None and also != person else ()
        joining, leaving = ((person,), other) if joins else (other, (person,))
        change = ChangeMembers(by or self.caller.steward, department, joining, leaving)
        self._told(lambda: self.bench.change_members(change))

    @precondition(lambda self: self.caller.has_world)
    @rule(number=_chosen("extensions"), status=st.sampled_from(STATUSES))
    def change_status(self, number: str, status: str) -> None:
        self._told(lambda: self.bench.set_status(number, status))

    # --- the message store -----------------------------------------------------------------------

    @rule(message=messages, pick=PICK)
    def read(self, message: Message, pick: int) -> None:
        by, message_id = self._someone(message, pick)
        self._told(lambda: self.bench.read(by, message_id))

    @rule(message=messages, pick=PICK, read_status=st.sampled_from([READ, UNREAD]))
    def mark(self, message: Message, pick: int, read_status: str) -> None:
        by, message_id = self._someone(message, pick)
        self._told(lambda: self.bench.mark(by, message_id, read_status))

    @rule(message=messages, pick=PICK, purge=st.booleans())
    def delete(self, message: Message, pick: int, purge: bool) -> None:
        by, message_id = self._someone(message, pick)
        self._told(lambda: self.bench.delete(by, message_id, purge=purge))

    @rule(
        message=messages,
        pick=PICK,
        direction=st.sampled_from(["", INBOUND, OUTBOUND]),
        message_type=st.sampled_from(["", SMS, PAGER]),
        read_status=st.sampled_from(["", READ, UNREAD]),
        availability=st.sets(st.sampled_from([ALIVE, DELETED, PURGED])).map(sorted),
        by_conversation=st.booleans(),
        by_number=st.booleans(),
    )
    def list_by_filters(
        self,
        message: Message,
        pick: int,
        direction: str,
        message_type: str,
        read_status: str,
        availability: list[str],
        by_conversation: bool,
        by_number: bool,
    ) -> None:
        by, _ = self._someone(message, pick)
        number = sorted(message.thread.ends)[0] if by_number and message.thread.ends else ""
        wanted = Filters(
            direction,
            message_type,
            read_status,
            tuple(availability),
            message.thread.id if by_conversation else None,
            number,
        )
        self._told(lambda: self.bench.look(by, wanted))

    def _someone(self, message: Message, pick: int) -> tuple[str, int]:
        """Somebody, rather one who has the message than one who has not, and the id of it that he would name."""
        office, callers = self.bench.office, self.choices.callers
        records = [r for n in callers for r in office.mailboxes[n] if r.message is message and r.id is not None]
        outsiders = [number for number in callers if all(record.mailbox != number for record in records)]
        held: list[Record | None] = [*records, *records, *records]
        choice = _picked([*held, *([None] * min(len(outsiders), len(records)))], pick)
        if choice is not None:
            return choice.mailbox, choice.id or 0
        return _picked(outsiders, pick // 7), records[0].id or 0


def _as_results(message: Message | None) -> "MultipleResults[Message]":
    return multiple() if message is None else multiple(message)


def explore(caller: Caller, tally: Tally, *, seed_: int, runs: int, steps: int) -> Disagreement | None:
    """Let the machine go `runs` times, up to `steps` steps each; the shortest story of a disagreement, if any."""
    stories = Stories()
    here = type(
        "MessagingHere",
        (Messaging,),
        {
            "caller": caller,
            "choices": Choices(caller, caller.start()),
            "tally": tally,
            "stories": stories,
        },
    )
    limits = settings(
        max_examples=runs,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    with suppress(Disagreement, Enough):
        run_state_machine_as_test(seed(seed_)(here), settings=limits)
    return stories.shortest
