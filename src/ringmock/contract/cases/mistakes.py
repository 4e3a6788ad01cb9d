"""The mistakes of a case file: all together, each with its line and what would pass.

`fixtures/case.schema.json` is the schema. This module checks what a schema cannot: whether the operations, parameters,
rules and kept values of a case exist.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ...domain.rulebook import DECISIONS, RULEBOOK
from ...fixture.shape import Shape, Violation, nearest
from ...fixture.yaml_source import Path, Problem, Source
from ...openapi.document import load_contract
from ...openapi.resources import bundled
from .each import OPERATION, PLACE, documenting, is_about_each, operations_of
from .expectations import CLIENT_ID, is_matcher, is_pattern, names_in
from .operation import Operation, error_codes, known_operations
from .role_mistakes import mistakes_of_needs, unknown_roles
from .roles import Needs, needs_of

Json = Any
Found = Iterator[tuple[Path, str]]

GOES_WITH = {
    "as": "when",
    "when": "then",
    "then": "when",
    "keep": "when",
    "outcomes": "when",
}
"""Parts of a step that make no sense without another."""

RECEIVER = "receiver"
"""The change that opens a webhook receiver, and the name under which its address is kept."""

_EXPECTATIONS = ("then", "outcomes", "mailboxes", "handsets", "notifications", "connect", "sockets")
_LOOKS = ("outcomes", "mailboxes", "handsets", "notifications", "sockets")
_FEW = 12


def mistakes_in(source: Source) -> list[Problem]:
    """Every mistake of a file that is YAML."""
    violations = _shape().violations(source)
    found = [(violation.path, violation.message) for violation in violations]
    found += _meaning(source.data, violations)
    return [source.problem(path, message) for path, message in found]


@cache
def _shape() -> Shape:
    return Shape(json.loads(bundled("fixtures", "case.schema.json").read_text(encoding="utf-8")))


# --- meaning -------------------------------------------------------------------------------------


def _meaning(data: Mapping[str, Json], violations: Iterable[Violation]) -> Found:
    """Mistakes about things that do not exist, in places that match the schema."""
    shared = data.get("needs", {}) if _is_sound(("needs",), violations) else None
    yield from mistakes_of_needs(shared or {}, shared or {}, ("needs",))
    before, after = (data.get(part) if _is_sound((part,), violations) else None for part in ("before", "after"))
    given = data.get("given") if _is_sound(("given",), violations) else None
    yield from _clock(given, ("given",))
    yield from unknown_roles({"change": given or {}}, ("given",), shared)
    kept = {CLIENT_ID, RECEIVER} if RECEIVER in (given or {}) else {CLIENT_ID}
    yield from _steps(before, ("before",), violations, kept, shared)
    cases = data.get("cases")
    for index, case in enumerate(cases if isinstance(cases, list) else ()):
        if isinstance(case, dict):
            yield from _case(case, ("cases", index), violations, (kept, shared))
    yield from _steps(after, ("after",), violations, set(kept), shared)


def _case(
    case: Mapping[str, Json], path: Path, violations: Iterable[Violation], shared: tuple[set[str], Needs | None]
) -> Found:
    before, roles = shared
    needs = None
    if roles is not None and _is_sound((*path, "needs"), violations):
        needs = needs_of(roles, case.get("needs", {}))
        yield from mistakes_of_needs(case.get("needs", {}), needs, (*path, "needs"))
    if _is_sound((*path, "keeps"), violations):
        yield from _unknown_ids(case.get("keeps", ()), (*path, "keeps"))
    if _is_sound((*path, "given"), violations):
        yield from _clock(case.get("given"), (*path, "given"))
        yield from unknown_roles({"change": case.get("given", {})}, (*path, "given"), needs)
    yield from _each(case, path, violations)
    kept = before | ({RECEIVER} if RECEIVER in (case.get("given") or {}) else set())
    kept |= {OPERATION} if "each" in case else set()
    rows = case.get("examples", ()) if _is_sound((*path, "examples"), violations) else ()
    kept |= {column for row in rows for column in row}
    yield from _examples(case, path, rows)
    yield from _steps(case.get("steps"), (*path, "steps"), violations, kept, needs)


def _examples(case: Mapping[str, Json], path: Path, rows: Iterable[Mapping[str, Json]]) -> Found:
    columns: set[str] = set()
    for index, row in enumerate(rows):
        columns = columns or set(row)
        for name in sorted(columns ^ set(row)):
            yield (*path, "examples", index), f"every row has the same columns, and this one differs by {name!r}"
    if columns and columns.isdisjoint(names_in(case.get("name", ""))):
        yield (*path, "name"), f"it would be the name of every row's case: write ${{{min(columns)}}} in it"


def _is_sound(path: Path, violations: Iterable[Violation]) -> bool:
    """Whether the value at the path, with everything in it, matches the schema."""
    return not any(
        violation.path[: len(path)] == path or (not violation.stays and path[: len(violation.path)] == violation.path)
        for violation in violations
    )


def _unknown_ids(ids: Iterable[str], path: Path) -> Found:
    known = _vocabulary().ids.union(_vocabulary().operations)
    for index, name in enumerate(ids):
        if name not in known:
            yield (*path, index), f"{name!r} is no rule, decision, error code or operation{_suggestion(name, known)}"


def _each(case: Mapping[str, Json], path: Path, violations: Iterable[Violation]) -> Found:
    if "each" not in case:
        if "but" in case:
            yield (*path, "but"), "'but' does not stand without 'each'"
        return
    if not all(_is_sound((*path, part), violations) for part in ("each", "but", "steps", "name") if part in case):
        return
    listed = case["each"] if isinstance(case["each"], list) else ()
    for part, names in (("each", listed), ("but", case.get("but", ()))):
        for index, name in enumerate(names):
            if name not in known_operations():
                sentence = f"{name!r} is no operationId of openapi.yaml{_suggestion(name, known_operations())}"
                yield (*path, part, index), sentence
    if not listed and not documenting(case["each"]):
        yield (*path, "each"), f"no operation of openapi.yaml documents {case['each']}"
    elif not any(map(is_about_each, case.get("steps", ()))):
        yield (*path, "each"), f'no call is of each operation: write operation: "{PLACE}"'
    elif not operations_of(case):
        yield (*path, "each"), f"no operation {_of_each(case)} takes what the calls say"
    if PLACE not in case.get("name", PLACE):
        yield (*path, "name"), f"it would be the name of every operation's case: write {PLACE} in it"


def _of_each(case: Mapping[str, Json]) -> str:
    return "that is listed" if isinstance(case["each"], list) else f"that documents {case['each']}"


def _steps(steps: Json, path: Path, violations: Iterable[Violation], kept: set[str], needs: Needs | None) -> Found:
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict):
            at = (*path, index)
            yield from _lonely_parts(step, at)
            sound = {part: value for part, value in step.items() if _is_sound((*at, part), violations)}
            if RECEIVER in sound.get("change", ()):
                kept.add(RECEIVER)
            if "notifications" in sound and RECEIVER not in kept:
                yield (*at, "notifications"), "nobody receives them: given: {receiver: {}} opens a receiver"
            yield from _unopened(sound, at, kept)
            yield from _step(sound, at, kept)
            yield from unknown_roles(sound, at, needs)
            kept |= set(sound.get("keep", ()))


def _unopened(step: Mapping[str, Json], at: Path, known: set[str]) -> Found:
    """Mistakes of a step about WebSockets that are not open; adds the one that it opens."""
    connect = step.get("connect")
    if connect is not None:
        if ("as" in connect) == ("token" in connect):
            yield (*at, "connect"), "a WebSocket is opened with 'as' or with 'token': one of them"
        known.add(f"socket {connect['socket']}")
    caller = step.get("as")
    named = [("disconnect", step.get("disconnect")), ("send", (step.get("send") or {}).get("socket"))]
    named += [("as", caller.get("socket")) if isinstance(caller, dict) else ("as", None)]
    named += [("sockets", name) for name in step.get("sockets", ())]
    for part, name in named:
        if name is not None and f"socket {name}" not in known:
            sentence = f'the WebSocket {name!r} is not open: connect: {{socket: {name}, as: "101"}} opens it'
            yield (*at, part), sentence


def _step(step: Mapping[str, Json], at: Path, kept: set[str]) -> Found:
    yield from _unknown_names(step, at, kept)
    yield from _clock(step.get("change"), (*at, "change"))
    yield from _call(step, at)
    for part in _EXPECTATIONS:
        yield from _broken_patterns(step.get(part), (*at, part))


def _lonely_parts(step: Mapping[str, Json], at: Path) -> Found:
    for part, other in GOES_WITH.items():
        if part in step and other not in step:
            yield at, f"{part!r} does not stand without {other!r}"
    if "when" in step and "as" not in step:
        yield at, "'as' is missing: it says who makes the call, as in as: \"101\""


def _unknown_names(step: Mapping[str, Json], at: Path, kept: set[str]) -> Found:
    for part, value in step.items():
        # A step may keep values of its answer and use them for the mailboxes that it checks.
        known = kept | set(step.get("keep", ())) if part in _LOOKS else kept
        for name in names_in(value):
            if name not in known:
                near = nearest(name, known)
                advice = f"did you mean ${{{near}}}?" if near else f"an earlier step would say keep: {{{name}: id}}"
                yield (*at, part), f"${{{name}}} was not kept: {advice}"


def _clock(change: Json, path: Path) -> Found:
    clock = (change or {}).get("clock", {})
    if "advance" in clock and len(clock) > 1:
        yield (*path, "clock", "advance"), "a clock is set or advanced: 'advance' stands alone"


def _call(step: Mapping[str, Json], at: Path) -> Found:
    call, then = step.get("when"), step.get("then", {})
    path = (*at, "when")
    if call is None:
        return
    for one, other in (("operation", "request"), ("body", "raw")):
        if one in call and other in call:
            yield (*path, other), f"a call has {one!r} or {other!r}, not both"
    if "operation" in call:
        yield from _operation(call, then, at)
    elif "request" not in call:
        yield path, "'operation' is missing: an operationId of openapi.yaml, as createSMSMessage"
    if "error" in then and then["error"] not in _vocabulary().ids:
        sentence = f"{then['error']!r} is no error code of openapi.yaml"
        yield (*at, "then", "error"), f"{sentence}{_suggestion(then['error'], _vocabulary().ids)}"


def _operation(call: Mapping[str, Json], then: Mapping[str, Json], at: Path) -> Found:
    known = _vocabulary().operations
    if call["operation"] == PLACE:
        return
    operation = known.get(call["operation"])
    if operation is None:
        name = call["operation"]
        yield (*at, "when", "operation"), f"{name!r} is no operationId of openapi.yaml{_suggestion(name, known)}"
        return
    for part, names in (("path", operation.path_parameters), ("query", operation.query_parameters)):
        said = call.get(part, {})
        for name in said if isinstance(said, dict) else ():
            if name not in names:
                sentence = f"{operation.id} has no {part} parameter {name!r}{_suggestion(name, names)}"
                yield (*at, "when", part, name), sentence
    for name in operation.path_parameters:
        if name not in ("accountId", "extensionId") and name not in call.get("path", {}):
            yield (*at, "when"), f"{operation.id} takes a path parameter: write path: {{{name}: ...}}"
    if isinstance(then.get("status"), int) and then["status"] not in operation.statuses:
        statuses = ", ".join(map(str, operation.statuses))
        yield (*at, "then", "status"), f"{operation.id} does not answer {then['status']}: it answers {statuses}"


def _broken_patterns(value: Json, at: Path) -> Found:
    if is_matcher(value):
        yield from _broken_matcher(value, at)
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _broken_patterns(item, (*at, key))
    elif is_pattern(value):
        try:
            re.compile(re.sub(r"\$\{\w+\}", "x", value[1:]))
        except re.error as error:
            yield at, f"{value!r} is no regular expression: {error}"


def _broken_matcher(value: Mapping[str, Json], at: Path) -> Found:
    for name, wanted in value.items():
        place = (*at, name)
        if name == "matches" and not isinstance(wanted, str):
            yield place, "'matches' takes a regular expression in quotes"
        elif name == "matches":
            yield from _broken_patterns(f"~{wanted}", place)
        elif name in ("any of", "in any order") and not isinstance(wanted, list):
            yield place, f"{name!r} takes a list"
        elif name in ("at least", "at most") and (isinstance(wanted, bool) or not isinstance(wanted, int | float)):
            yield place, f"{name!r} takes a number"
        elif name == "count" and not (isinstance(wanted, int | dict) and not isinstance(wanted, bool)):
            yield place, "'count' takes a number, or {at least: 1}"


def _suggestion(name: str, known: Iterable[str]) -> str:
    """The most similar known name; all names, when they fit on a line."""
    near, known = nearest(name, known), tuple(known)
    if near is not None:
        return f": did you mean {near!r}?"
    return f": known are {', '.join(known)}" if 0 < len(known) <= _FEW else ""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The names that a case may use."""

    ids: frozenset[str]
    operations: Mapping[str, Operation]


@cache
def _vocabulary() -> _Vocabulary:
    rules = {rule.id for rule in RULEBOOK} | {made.id for made in DECISIONS}
    return _Vocabulary(frozenset(rules) | error_codes(load_contract()), known_operations())
