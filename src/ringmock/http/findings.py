"""What a client did that would hurt it in production: found in the journal when somebody asks, and by nothing else."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from ..lab.limits import PENALTY
from ..openapi.document import load_contract, operations
from ..world.journal import Entry
from .redaction import has_secret

Json = Any

SAME_MATTER = timedelta(hours=1)
"""A message sent again after a longer time is another one."""
PAUSE = timedelta(seconds=1)
"""The least time between two looks at the same thing."""
LOOKS = 10
"""So many of them in a row, each without a pause, are polling."""

_SENDING = frozenset({"createSMSMessage", "createMMS", "createInternalTextMessage", "createA2PSMS"})


class Kind(StrEnum):
    """What there is to find."""

    RATE_PENALTY = "rate-penalty"
    RETRY_AFTER = "retry-after"
    DUPLICATE = "duplicate"
    OPTED_OUT = "opted-out"
    POLLING = "polling"
    NEXT_PAGE = "next-page"
    TOKEN_IN_QUERY = "token-in-query"
    VALIDATION_TOKEN = "validation-token"


class Finding(NamedTuple):
    """One thing that a client did; `calls` are the numbers of the calls in the journal."""

    kind: Kind
    sentence: str
    calls: tuple[int, ...]

    def __str__(self) -> str:
        numbers = ", ".join(f"#{number}" for number in self.calls)
        return f"{self.kind}: {self.sentence} (call{'s' if len(self.calls) > 1 else ''} {numbers})"


def findings(entries: Iterable[Entry]) -> list[Finding]:
    """What clients did in these calls, which come oldest first."""
    calls = list(entries)
    found = [finding for look in _LOOKS for finding in look(calls)]
    return sorted(found, key=lambda finding: finding.calls[-1])


def _by(calls: Iterable[Entry], key: Callable[[Entry], Any]) -> Iterator[list[Entry]]:
    """Calls that have the same key, each in their order; those whose key is None are left out."""
    groups: dict[Any, list[Entry]] = {}
    for call in calls:
        found = key(call)
        if found is not None:
            groups.setdefault(found, []).append(call)
    yield from groups.values()


# --- rates ---------------------------------------------------------------------------------------


def _groups() -> Mapping[str, str]:
    return {found["operationId"]: found.get("x-throttling-group", "") for _, _, found in operations(load_contract())}


def _impatience(calls: Sequence[Entry]) -> Iterator[Finding]:
    """A call before the time is over that a 429 says to wait for; in a rate penalty it starts that time anew."""
    groups = _groups()
    for own in _by(calls, lambda call: (call.who, groups.get(call.operation or ""))):
        refused: Entry | None = None
        for call in own:
            waited = None if refused is None else call.at - refused.at
            if refused is not None and waited is not None and timedelta(0) <= waited < PENALTY:
                seconds = f"{waited.total_seconds():g} s after a 429, whose Retry-After is {PENALTY.seconds} s"
                if call.status == 429 and refused.fault is None and call.fault is None:
                    yield Finding(
                        Kind.RATE_PENALTY,
                        f"{call.operation} was called inside a rate penalty, {seconds}: that starts it anew",
                        (refused.number, call.number),
                    )
                else:
                    yield Finding(
                        Kind.RETRY_AFTER, f"{call.operation} was called {seconds}", (refused.number, call.number)
                    )
            refused = call if call.status == 429 else None


# --- messages ------------------------------------------------------------------------------------


def _message(call: Entry) -> Json:
    """Whom a call has sent what, whatever its client was answered; None where it sent nothing, or nobody knows what."""
    if call.operation not in _SENDING or not call.routed or not isinstance(call.body, dict):
        return None
    return call.who, call.operation, _frozen(call.body)


def _frozen(value: Json) -> Json:
    if isinstance(value, dict):
        return tuple(sorted((name, _frozen(each)) for name, each in value.items()))
    if isinstance(value, list):
        return tuple(sorted((_frozen(each) for each in value), key=repr))
    return repr(value)


def _duplicates(calls: Sequence[Entry]) -> Iterator[Finding]:
    """The same message sent again after its answer was lost, although it had been carried out."""
    for same in _by(calls, _message):
        before: Entry | None = None
        for call in same:
            if before is not None and before.is_lost and call.at - before.at <= SAME_MATTER:
                yield Finding(
                    Kind.DUPLICATE,
                    f"{call.operation} sent the same again after an answer that was lost: the first one had been sent",
                    (before.number, call.number),
                )
            before = call


def _opted_out(calls: Sequence[Entry]) -> Iterator[Finding]:
    for call in calls:
        phones = [each.recipient for each in call.routed if each.rule == "D-12"]
        if phones:
            yield Finding(
                Kind.OPTED_OUT, f"{call.operation} sent to who has opted out: {', '.join(phones)}", (call.number,)
            )


# --- reading -------------------------------------------------------------------------------------


def _looked_at(call: Entry) -> Json:
    is_read = call.method == "GET" and call.operation is not None and call.status < 400
    return (call.who, call.path, call.query) if is_read else None


def _polling(calls: Sequence[Entry]) -> Iterator[Finding]:
    """Looks at one thing without a pause. Where the world's clock stands still, nothing can be said."""
    for same in _by(calls, _looked_at):
        run: list[Entry] = []
        for call in same:
            gap = call.at - run[-1].at if run else None
            run = [*run, call] if gap is not None and timedelta(0) < gap < PAUSE else [call]
            if len(run) == LOOKS:
                sentence = f"{call.operation} was called {LOOKS} times in a row without a pause of {PAUSE.seconds} s"
                yield Finding(Kind.POLLING, sentence, (run[0].number, call.number))


def _next_pages(calls: Sequence[Entry]) -> Iterator[Finding]:
    """A list of which there is more, and nobody has asked for it; who asks for one thing alone wants no more."""
    for own in _by(calls, lambda call: (call.who, call.path, _filters(call.query)) if call.method == "GET" else None):
        for place, call in enumerate(own):
            if not call.has_next_page or dict(call.query).get("perPage") == "1":
                continue
            following = _page(call) + 1
            if not any(_page(later) == following for later in own[place + 1 :]):
                if any(_page(later) == _page(call) and later.has_next_page for later in own[place + 1 :]):
                    continue  # the latest is reported
                sentence = f"{call.operation} has a page {following}, which was never asked for"
                yield Finding(Kind.NEXT_PAGE, sentence, (call.number,))


def _filters(query: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in query if pair[0] != "page")


def _page(call: Entry) -> int:
    text = dict(call.query).get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1


# --- secrets and receivers -----------------------------------------------------------------------


def _tokens(calls: Sequence[Entry]) -> Iterator[Finding]:
    for same in _by(calls, lambda call: call.path if has_secret(call.query) else None):
        numbers = tuple(call.number for call in same)
        yield Finding(
            Kind.TOKEN_IN_QUERY, "a token stands in a query, where logs keep it: send it as a header", numbers[:5]
        )


def _receivers(calls: Sequence[Entry]) -> Iterator[Finding]:
    for call in calls:
        if any(error.get("errorCode") == "SUB-520" for error in call.errors) and call.fault is None:
            sentence = "the receiver of a webhook did not send back the Validation-Token that it was asked with"
            yield Finding(Kind.VALIDATION_TOKEN, sentence, (call.number,))


_LOOKS: tuple[Callable[[Sequence[Entry]], Iterator[Finding]], ...] = (
    _impatience,
    _duplicates,
    _opted_out,
    _polling,
    _next_pages,
    _tokens,
    _receivers,
)
