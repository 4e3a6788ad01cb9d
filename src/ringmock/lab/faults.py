"""Faults on demand, as rules that are data: calls that fail, come late or lose their answers, and notifications too.

A plan is asked once for each call and each notification, and the same ones meet the same faults: its dice are seeded.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from random import Random
from typing import NamedTuple

from ..domain.account import digits_of
from ..domain.nearest import did_you_mean
from ..openapi.document import operations_with_token
from ..openapi.error_codes import code_of, documented, every_code, status_of

MOST_RULES = 100
MOST_SECONDS = 600.0
"""The maximum delay of a call."""
MOST_PIECES = 1000
LOWEST_STATUS, HIGHEST_STATUS = 200, 599


class Injected(Exception):
    """An error that a fault rule causes."""


class ServiceUnavailable(Injected):
    """The service does not answer for now."""


class ServiceFailed(Injected):
    """The service failed at the call."""


class ServiceBusy(Injected):
    """Too many calls to the service, from all clients together."""


class BrokenOff(Injected):
    """The world was reset, or closed, between the beginning of a call and its end: the call belongs to neither."""


class Demanded(Injected):
    """Any other refusal: a status, and the code that the operation documents; `operation` is an operationId."""

    def __init__(self, operation: str, status: int, code: str | None) -> None:
        super().__init__(operation, status, code)
        self.operation = operation
        self.status = status
        self.code = code


GENERAL: dict[str, type[Injected]] = {
    "CMN-201": ServiceUnavailable,
    "CMN-203": ServiceFailed,
    "CMN-301": ServiceBusy,
}
"""What every operation may be answered with, whether it documents it or not."""


_GENERAL_BY_STATUS = {503: "CMN-201", 500: "CMN-203", 429: "CMN-301"}


class Spoiled(StrEnum):
    """How an answer comes that does not come as it should."""

    RESET = "reset"
    EMPTY = "empty"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    SLOW = "slow"


BREAKING = frozenset({Spoiled.RESET, Spoiled.EMPTY, Spoiled.GARBAGE})
"""Those that show nothing of an answer, so that none has to be made."""


class Mishap(StrEnum):
    """What becomes of a notification that does not come as it should."""

    LOST = "lost"
    DOUBLED = "doubled"
    LATE = "late"
    REORDERED = "reordered"
    CLOSED = "closed"


DEFAULT_LATENESS = {Mishap.LATE: 5.0, Mishap.REORDERED: 60.0}
"""Seconds of the world's clock, where a rule does not say."""

_OF_NOTIFICATIONS = frozenset({"notification", "extension", "nth", "times", "share", "seed", "delay"})


@dataclass(frozen=True, slots=True)
class FaultRule:
    """What happens to which calls, or notifications. Raises `ValueError`, saying what would be right.

    A call that meets it waits `delay` seconds of real time. Then it is answered with `error` or `status`, which leaves
    nothing behind; or with `lost` it is carried out first, and its answer is lost: with the connection, or in favour of
    that refusal. `answer` says how what is left of the answer comes. A rule that says none of it lets its calls pass.
    """

    operation: str | None = None
    """An operationId; None for every operation that takes an access token."""
    error: str | None = None
    """A code that the operation documents; CMN-201, CMN-203 and CMN-301 are everybody's."""
    delay: float = 0.0
    lost: bool = False
    times: int | None = None
    """The number of calls that meet it; None for all."""
    share: float = 1.0
    """Of the calls that could, above 0 and at most 1."""
    status: int | None = None
    """With `error`, in the place of the one that the code has; without, of a refusal or an answer that is empty."""
    answer: str | None = None
    """One of `Spoiled`. A call whose answer shows is carried out, unless it is refused."""
    extension: str | None = None
    """The number of the extension that makes the call, or whose subscription is notified."""
    recipient: str | None = None
    """A phone number, or an extension number, that the call sends to."""
    nth: int | None = None
    """Which of those that could is the first to meet it, from 1."""
    seed: int = 0
    """Begins the dice for `share`."""
    pieces: int = 10
    """In how many pieces a `slow` body comes."""
    pause: float = 0.1
    """Seconds of real time between them."""
    notification: str | None = None
    """One of `Mishap`: the rule is about notifications and not about calls; `delay` is then by the world's clock."""

    def __post_init__(self) -> None:
        self._check_selection()
        if self.notification is not None:
            self._check_notification()
            return
        self._check_refusal()
        _check_one_of("answer", self.answer, Spoiled)
        _check_number("delay", self.delay, 0, MOST_SECONDS, "seconds")
        _check_number("pieces", self.pieces, 1, MOST_PIECES, "pieces")
        _check_number("pause", self.pause, 0, MOST_SECONDS / self.pieces, "seconds, ten minutes for all pieces")

    def _check_selection(self) -> None:
        known = documented()
        if self.operation is not None and self.operation not in known:
            meant = did_you_mean(self.operation, known)
            raise ValueError(
                f"'operation' is an operationId of the contract, as createSMSMessage is, not {self.operation!r}{meant}"
            )
        for name, value in (("times", self.times), ("nth", self.nth)):
            if value is not None and value < 1:
                raise ValueError(f"{name!r} is a number of calls from 1, not {value!r}")
        if not 0 < self.share <= 1:
            raise ValueError(f"'share' is above 0 and at most 1, not {self.share!r}")

    def _check_notification(self) -> None:
        _check_one_of("notification", self.notification, Mishap)
        for field in fields(self):
            if field.name not in _OF_NOTIFICATIONS and getattr(self, field.name) != field.default:
                raise ValueError(f"{field.name!r} is for calls: a rule about notifications has none")
        if self.delay and self.notification not in DEFAULT_LATENESS:
            raise ValueError("'delay' is for notifications that are 'late' or 'reordered'")
        _check_number("delay", self.delay, 0, 86400 * 365, "seconds")

    def _check_refusal(self) -> None:
        if self.error is not None and self.error not in GENERAL:
            if self.operation is None:
                _check_code(self.error, every_code(), "an operation documents")
            else:
                codes = {each.code for each in documented()[self.operation]}
                _check_code(self.error, codes, f"{self.operation} documents")
        if self.status is not None and not LOWEST_STATUS <= self.status <= HIGHEST_STATUS:
            raise ValueError(f"'status' is from {LOWEST_STATUS} to {HIGHEST_STATUS}, not {self.status!r}")
        if self.error is not None and self.status is not None and self.status < 400:
            raise ValueError(f"'status' of a refusal is from 400 on, and {self.error} is one")

    # --- what it does ----------------------------------------------------------------------------

    @property
    def replaces(self) -> bool:
        """Whether the call is answered with something else than what it would have been."""
        return self.error is not None or self.status is not None

    @property
    def breaks(self) -> bool:
        """Whether the client sees nothing of an answer."""
        return self.answer in BREAKING or (self.lost and self.answer is None and not self.replaces)

    @property
    def carries_out(self) -> bool:
        """Whether the call does what it asks for."""
        return self.lost or not (self.replaces or self.answer in BREAKING)

    @property
    def most(self) -> int | None:
        """How many meet it; None for all."""
        return 1 if self.times is None and self.nth is not None else self.times

    @property
    def lateness(self) -> float:
        """Seconds of the world's clock by which a notification comes late at the most."""
        return self.delay or DEFAULT_LATENESS[Mishap(self.notification or "")]

    def refusal(self, operation: str) -> Injected:
        """What a call of this operation is refused with."""
        if self.error is not None and self.status is None and self.error in GENERAL:
            return GENERAL[self.error]()
        if self.error is not None:
            return Demanded(operation, self.status or status_of(operation, self.error) or 400, self.error)
        assert self.status is not None
        return Demanded(operation, self.status, code_of(operation, self.status) or _GENERAL_BY_STATUS.get(self.status))

    def takes(self, operation: str) -> bool:
        """Whether it is about calls of this operation."""
        if self.notification is not None:
            return False
        if self.operation is not None:
            return self.operation == operation
        may_be_refused = self.error is None or self.error in GENERAL or status_of(operation, self.error) is not None
        return may_be_refused and operation in operations_with_token()


def _check_one_of(name: str, given: str | None, known: type[StrEnum]) -> None:
    if given is not None and given not in set(known):
        raise ValueError(f"{name!r} is one of {', '.join(known)}, not {given!r}{did_you_mean(given, known)}")


def _check_number(name: str, given: float, least: float, most: float, unit: str) -> None:
    if not least <= given <= most:
        raise ValueError(f"{name!r} is a number of {unit} from {least:g} to {most:g}, not {given!r}")


def _check_code(given: str, known: Collection[str], whose: str) -> None:
    if given not in known:
        everybodys = ", ".join(GENERAL)
        raise ValueError(
            f"'error' is a code that {whose}, or one of {everybodys}, not {given!r}{did_you_mean(given, sorted(known))}"
        )


def rule_with(rule: FaultRule) -> dict[str, object]:
    """What a rule says beyond what every rule does, as it is written in JSON."""
    return {
        field.name: getattr(rule, field.name) for field in fields(rule) if getattr(rule, field.name) != field.default
    }


def rule_text(rule: FaultRule) -> str:
    """A rule for a person: what happens to which calls."""
    if rule.notification is not None:
        about, happens = "Notifications", [rule.notification]
    else:
        about = rule.operation or "Every operation"
        happens = [f"{rule.delay:g} seconds late" if rule.delay else "", _end_of(rule)]
    happens += [f"{rule.share:g} of them"] if rule.share < 1 else []
    if rule.nth is not None:
        happens.append(f"the {rule.nth}." if rule.most == 1 else f"from the {rule.nth}. on")
    whose = "".join(
        f" {word} {value}" for word, value in (("of", rule.extension), ("to", rule.recipient)) if value is not None
    )
    return f"{about}{whose}: {', '.join(filter(None, happens))}"


def _end_of(rule: FaultRule) -> str:
    refusal = " ".join(str(each) for each in (rule.status, rule.error) if each is not None)
    parts = ["carried out" if rule.lost else "", refusal]
    if rule.breaks and rule.answer is None:
        parts.append("the answer is lost")
    elif rule.answer is not None:
        parts.append(f"the answer is {rule.answer}")
    return ", ".join(filter(None, parts)) or "answered"


# --- plans ---------------------------------------------------------------------------------------


class Standing(NamedTuple):
    """A rule, how many more it is for, None for all, and how many have met it."""

    rule: FaultRule
    left: int | None
    met: int


class _Rule:
    """A rule at work."""

    def __init__(self, rule: FaultRule, place: int) -> None:
        self.rule = rule
        self.met = 0
        self._could = 0
        # Two rules of one seed would spare the same calls.
        self._dice = Random(f"{rule.seed}/{place}")

    @property
    def left(self) -> int | None:
        return None if self.rule.most is None else self.rule.most - self.met

    def is_met(self) -> bool:
        """Count one that could meet it, and say whether it does."""
        if self.left == 0:
            return False
        self._could += 1
        if self.rule.nth is not None and self._could < self.rule.nth:
            return False
        if self.rule.share < 1 and self._dice.random() >= self.rule.share:
            return False
        self.met += 1
        return True


def _nobody() -> Collection[str]:
    return ()


class FaultPlan:
    """The rules of one world, with the number of calls that each still applies to."""

    def __init__(self, rules: Sequence[FaultRule] = ()) -> None:
        self._places = 0
        self._rules: list[_Rule] = []
        for rule in rules:
            self.add(rule)

    def add(self, rule: FaultRule) -> None:
        """One more, behind the others. Of those that are done with, the oldest goes for it where there are too many."""
        if len(self._rules) >= MOST_RULES:
            done = next((each for each in self._rules if each.left == 0), None)
            if done is None:
                raise ValueError(f"A world has at most {MOST_RULES} rules that have calls to meet yet.")
            self._rules.remove(done)
        self._rules.append(_Rule(rule, self._places))
        self._places += 1

    def remove(self, place: int) -> None:
        """Take one out, by its place among them from 0; the others go on. Raises `IndexError`."""
        del self._rules[place]

    def meet(
        self, operation: str, extension: str | None = None, recipients: Callable[[], Collection[str]] = _nobody
    ) -> FaultRule | None:
        """What a call of this operation meets: the first rule that takes it.

        `recipients` says, when somebody asks, whom the call sends to: phone numbers as digits and extension numbers.
        """
        for each in self._rules:
            rule = each.rule
            if not rule.takes(operation) or rule.extension not in (None, extension):
                continue
            if rule.recipient is not None and digits_of(rule.recipient) not in recipients():
                continue
            if each.is_met():
                return rule
        return None

    def meet_notification(self, extension: str, *, is_on_socket: bool) -> FaultRule | None:
        """What a notification meets of a subscription of this extension's; no webhook can be closed."""
        for each in self._rules:
            rule = each.rule
            if rule.notification is None or rule.extension not in (None, extension):
                continue
            if rule.notification == Mishap.CLOSED and not is_on_socket:
                continue
            if each.is_met():
                return rule
        return None

    @property
    def standings(self) -> Sequence[Standing]:
        """Each rule, in its order."""
        return tuple(Standing(each.rule, each.left, each.met) for each in self._rules)
