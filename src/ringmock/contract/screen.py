"""What is printed before a run: the server, what of the suite will run there and what not, and how long that takes."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .cases.operation import known_operations
from .findings import TO_HAVE_IT
from .fuzz.part import identities
from .options import Options
from .preflight import Preflight

WIDTH = 118
MAX_REASONS = 6
SECONDS_OF_A_CASE = 0.02
SECONDS_OF_AN_OPERATION = 0.22
SECONDS_OF_AN_EXAMPLE = 0.012
"""That Schemathesis takes for an operation, with 20 examples; the call itself is beside it."""
CALLS_OF_A_CASE, CALLS_OF_AN_OPERATION = 4, 60
SECONDS_OF_A_STEP = 0.01
AS_OTHERS = 0.25
PER = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Planned:
    """One part on one server: what is run, and what kept the others from it, by the reason."""

    part: str
    runs: str
    left_out: Counter[str]
    seconds: float


def planned(part: str, found: Preflight, options: Options) -> Planned:
    """What of a part will run, and about how long that takes."""
    target = found.target
    per_call = max(found.seconds, 1 / _rate(target.limits.rate))
    if part == "cases":
        reasons = [each.reason for each in options.prepared]
        runs = reasons.count(None)
        seconds = runs * (SECONDS_OF_A_CASE + CALLS_OF_A_CASE * per_call)
        left_out = Counter(reason.partition(TO_HAVE_IT)[0] for reason in reasons if reason is not None)
        return Planned(part, f"{runs} of {len(reasons)} cases", left_out, seconds)
    if part == "fuzz":
        operations = len(options.operations or known_operations())
        chosen = identities(target, options.identities)
        share = 0.3 if options.is_smaller else 1 + AS_OTHERS * (len(chosen) - 1)
        each = SECONDS_OF_AN_OPERATION + SECONDS_OF_AN_EXAMPLE * options.examples
        seconds = 0.0 if options.is_quick else share * operations * each
        seconds += (0 if options.is_quick else operations * CALLS_OF_AN_OPERATION) * per_call + 2
        who = ", ".join(identity.number for identity in chosen)
        return Planned(
            part, f"{operations} operations, as {who}, {options.examples} examples of each", Counter(), seconds
        )
    steps = options.runs * options.steps
    seconds = steps * (SECONDS_OF_A_STEP + 3 * per_call)
    return Planned(part, f"{options.runs} runs of {options.steps} steps", Counter(), seconds)


def _rate(rate: str | None) -> float:
    """Calls in a second, a great many without a limit."""
    if rate is None:
        return 1e9
    count, _, per = rate.partition("/")
    return int(count) / PER[per]


def screen(found: Preflight, parts: Iterable[Planned], reasons_against: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The lines about one server."""
    target = found.target
    yield f"{target.url}, account {target.account}, generation {target.generation}"
    yield from _row("signs in", "; ".join([f"as {found.signed_in}", *found.refused]))
    worlds = "yes, each case has its own" if target.has_worlds else "no: one account for everyone"
    yield from _row("worlds", worlds)
    control = "yes" if target.is_ringmock else "no: nothing can be frozen, no clock moved, no phone outside seen"
    yield from _row("control API, clock", control)
    if not target.limits.may_change or target.limits.max_messages is not None or target.limits.rate is not None:
        yield from _row("limits", _limits(found))
    yield from _row("operations", _operations(found))
    seconds = 0.0
    for part in parts:
        seconds += part.seconds
        yield from _row(part.part, part.runs)
        for reason, count in part.left_out.most_common(MAX_REASONS):
            yield from _row("", f"not {count}: {reason}")
        if len(part.left_out) > MAX_REASONS:
            yield from _row("", f"and {len(part.left_out) - MAX_REASONS} reasons more; the report has them")
    for part_name, reason in reasons_against:
        yield from _row(part_name, f"not run: {reason}")
    yield from _row("takes", f"about {_time(seconds)}")


def _limits(found: Preflight) -> str:
    limits = found.target.limits
    most = "no limit of messages" if limits.max_messages is None else f"{limits.max_messages} messages at the most"
    changes = "may change what is there" if limits.may_change else "changes nothing"
    return f"{most}, {limits.rate or 'any number of'} calls, {changes}"


def _operations(found: Preflight) -> str:
    if not found.was_searched:
        return f"all {len(known_operations())} are taken to be there"
    lacking = found.not_implemented
    if not lacking:
        return "all that are called are there"
    names = f"{', '.join(lacking[:4])}{', ...' if len(lacking) > 4 else ''}"
    return f"{len(lacking)} not implemented ({names}); --require ID makes that a failure"


def _row(name: str, words: str) -> Iterator[str]:
    words = " ".join(words.split())
    lines = textwrap.wrap(words[:400], WIDTH - 22) or [""]
    yield f"  {name:<20}{lines[0]}"
    yield from (f"{'':<22}{line}" for line in lines[1:])


def _time(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{seconds / 60:.0f} min"
