"""Coverage of a server's callers, over all of its worlds, from the start of collecting."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from ..domain.account import Extension, ExtensionStatus, Feature, digits_of
from ..http.call import Answer, Call
from ..http.recording import error_of, rules_of
from ..http.stages import Done
from ..http.wire.record_cache import ListOfRecords
from ..sign_in.worlds import Worlds
from ..world.journal import Journal
from ..world.world import World
from .evidence import PAGER, SENDING_SMS
from .exercised import Exercised
from .observation import Note, Observation, Problem
from .paths import operation_of

MAX_DROPPED = 1000
"""The maximum of dropped SMS of one world whose senders' mailboxes are watched."""

_UNACTIVATED = (ExtensionStatus.NOT_ACTIVATED, ExtensionStatus.UNASSIGNED)


class CoverageCollector:
    """Collects in the serving thread once it is started; until then a call costs one attribute access."""

    def __init__(self) -> None:
        self.exercised: Exercised | None = None
        """None until started."""
        # a reset makes a new journal, and message ids start again
        self._dropped: WeakKeyDictionary[Journal, set[int]] = WeakKeyDictionary()
        self._lenient: WeakSet[World] = WeakSet()

    def start(self) -> None:
        """Count from nothing."""
        operation_of("GET", "/")  # reads the contract's paths now and not in a call
        self.exercised = Exercised(by_record=True)

    def expect_anything_in(self, world: World) -> None:
        """Take answers in this world that the contract does not have for asked for."""
        self._lenient.add(world)

    def counting(self, worlds: Worlds, done: Done) -> Done:
        """A counter of calls before `done`, which may remove data from the call that counting needs."""

        def counted_and_done(call: Call, status: int, milliseconds: float) -> None:
            if self.exercised is not None:
                seen = self._observation(call, status, worlds)
                if seen is not None:
                    self.exercised.note(seen)
            done(call, status, milliseconds)

        return counted_and_done

    def _observation(self, call: Call, status: int, worlds: Worlds) -> Observation | None:
        # A call that was refused before routing counts for the operation of its path.
        found = operation_of(call.method, call.path)
        if found is None:
            return None
        world = call.world or worlds.default
        # The log-in page reports a wrong password with status 200.
        errors = map(error_of, call.problems if status >= 400 else ())
        seen = Observation(
            found[0],
            status,
            tuple(Problem(said["errorCode"], said.get("parameterName")) for said in errors),
            call.body,
            _body_of(call.answer) if call.answer is not None and status < 400 else None,
            found[1],
            frozenset(rules_of(call.routed, call.problems)),
            generation=world.generation.name,
            is_wanted=call.fault is not None or world in self._lenient,
        )
        return seen._replace(notes=frozenset(self._notes(call, seen, world))) if seen.is_accepted else seen

    def _notes(self, call: Call, seen: Observation, world: World) -> Iterator[Note]:
        if call.session is None:
            return
        if seen.operation in SENDING_SMS and call.caller.is_department:
            yield Note.DEPARTMENT_SENDS
        if seen.operation in SENDING_SMS and _is_from_company_number(seen, world):
            yield Note.FROM_COMPANY_NUMBER
        if seen.operation == "listExtensionPhoneNumbers" and _lists_a_sender_of_a_department(seen, world):
            yield Note.DEPARTMENT_CAN_SEND
        if call.routed:
            yield from _of_recipients(call, world)
            self._remember_dropped(seen, world)
        if seen.operation == PAGER and _is_reply_of_a_member(seen, call.caller, world):
            yield Note.MEMBER_REPLIES
        yield from self._of_dropped(seen, world)

    def _remember_dropped(self, seen: Observation, world: World) -> None:
        if "R-16" in seen.rules:
            dropped = self._dropped.setdefault(world.journal, set())
            if len(dropped) < MAX_DROPPED:
                dropped.update(message["id"] for message in seen.messages)

    def _of_dropped(self, seen: Observation, world: World) -> Iterator[Note]:
        dropped = self._dropped.get(world.journal)
        if dropped is None or seen.operation in SENDING_SMS:
            return
        for message in seen.messages:
            if message["id"] in dropped:
                yield Note.DROPPED_IS_KEPT
                if message.get("messageStatus") == "Sent":
                    yield Note.DROPPED_IS_SENT


def _body_of(answer: Answer) -> Any:
    return answer.body.whole if isinstance(answer.body, ListOfRecords) else answer.body


def _lists_a_sender_of_a_department(seen: Observation, world: World) -> bool:
    return any(
        Feature.SMS_SENDER in record.get("features", ())
        and world.account.extensions[record["extension"]["extensionNumber"]].is_department
        for record in (seen.answer or {}).get("records", ())
        if "extension" in record
    )


def _is_from_company_number(seen: Observation, world: World) -> bool:
    numbers = (digits_of(message["from"]["phoneNumber"]) for message in seen.messages)
    return any(world.account.phone_numbers[digits].owner is None for digits in numbers)


def _of_recipients(call: Call, world: World) -> Iterator[Note]:
    extensions = world.account.extensions
    if any(r.mailbox is not None and extensions[r.mailbox].status in _UNACTIVATED for r in call.routed):
        yield Note.RECEIVED_UNACTIVATED


def _is_reply_of_a_member(seen: Observation, caller: Extension, world: World) -> bool:
    if not isinstance(seen.sent, dict) or seen.sent.get("replyOn") is None:
        return False
    sent = next((world.messages.find(caller.number, message["id"]) for message in seen.messages), None)
    return sent is not None and bool(sent.via)
