"""What a case expects, of which field and why: its rules in their own words, its calls, and the contract's words."""

import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ..domain.generation import GENERATIONS
from ..fixture import bundled_names
from ..fixture.shape import nearest
from ..openapi.document import load_contract, operations
from ..world.template import Template
from .cases import Case, Step, bundled_cases, load_cases
from .findings import Finding, Verdict
from .report.causes import SENTENCES
from .selection import files_in

Json = Any

MAX_VALUE = 200
WHERE = "your own are in --cases FILE, and six digits are those of a report about --fixture"


class NoSuchCase(Exception):
    """A word that names no case; the message says which it may have meant."""


def explained(word: str, files: Iterable[Path], template: Template) -> Iterator[str]:
    """Lines about each case of that name, or id in a report about the account. Raises `NoSuchCase`, `CaseFileError`."""
    own = load_cases([file for path in files for file in files_in(path)], template.generation)
    cases = bundled_cases() + own
    chosen = [case for case in cases if fnmatchcase(case.name, word) or word in ids_of(case, template.name)]
    if not chosen:
        keeping = [case.name for case in cases if word in {kept.partition(" ")[0] for kept in case.keeps}]
        if keeping:
            raise NoSuchCase(f"{word} is kept by {len(keeping)} cases, and names none: {keeping[0]!r} is the first")
        close = nearest(word, [case.name for case in cases])
        hint = f"did you mean {close!r}?" if close else WHERE
        raise NoSuchCase(f"there is no case {word!r}: {hint}")
    for place, case in enumerate(chosen):
        if place:
            yield ""
        yield from _explained(case)


def ids_of(case: Case, account: str) -> set[str]:
    """As reports about the account, and those that come with ringmock, have it."""
    return {
        Finding("cases", case.name, Verdict.PASSED, on=f"{account} {generation}").id
        for account in {*bundled_names(), account}
        for generation in GENERATIONS
    }


def _explained(case: Case) -> Iterator[str]:
    yield case.name
    account = "any account that has what it needs" if case.account is None else f"account {case.account}"
    yield f"  {case.file}:{case.line}, {account}, {case.generation or 'every'} generation"
    for kept in case.keeps:
        said = SENTENCES.get(kept) or SENTENCES.get(kept.partition(" ")[0]) or _of_code(kept)
        yield f"  keeps {kept}{f': {said}' if said else ''}"
    for role, needed in case.needs.items():
        yield f"  needs {role}: {_shown(needed)}"
    if case.given:
        yield f"  before it: {_shown(case.given)}"
    for number, step in enumerate(case.steps, start=1):
        yield ""
        yield f"  step {number}, line {step.line}"
        yield from (f"    {line}" for line in _of_step(step))


def _of_step(step: Step) -> Iterator[str]:
    if step.change:
        yield f"the world changes: {_shown(step.change)}"
    if step.when is not None:
        called = step.when.get("operation") or step.when.get("request")
        sent = {name: value for name, value in step.when.items() if name not in ("operation", "request")}
        yield f"{step.caller} calls {called}{f' with {_shown(sent)}' if sent else ''}"
        yield from _of_answer(step, str(step.when.get("operation", "")))
    for name, where in step.keep.items():
        yield f"{where} is kept as ${{{name}}}"
    for recipient, outcome in step.outcomes.items():
        yield f"what becomes of {recipient}: {outcome}{_why_rule(outcome)}"
    for number, held in step.mailboxes.items():
        yield f"the mailbox of {number} then has {_shown(held)}"
    for phone, held in step.handsets.items():
        yield f"the phone {phone} then has {_shown(held)}"
    for notification in step.notifications:
        yield f"the webhook is sent {_shown(notification)}"


def _of_answer(step: Step, operation: str) -> Iterator[str]:
    then = step.then
    said = _response(operation, then.get("status"))
    yield f"status is {then.get('status')}{_why(said.get('description'))}"
    if "error" in then:
        yield f"errors.0.errorCode is {then['error']}{_why(_of_code(then['error']))}"
    if "parameter" in then:
        yield f"errors.0.parameterName is {then['parameter']}"
    contents: list[Json] = list(said.get("content", {}).values())
    schema = contents[0].get("schema", {}) if contents else {}
    for part in ("body", "exact"):
        yield from _fields(then.get(part), schema, "")
    for part in ("parts", "text", "headers"):
        if part in then:
            yield f"{part}: {_shown(then[part])}"


def _fields(expected: Json, schema: Json, where: str) -> Iterator[str]:
    """Each field that is expected, and the contract's description of it."""
    schema = _resolved(schema)
    if isinstance(expected, Mapping) and expected:
        for name, value in expected.items():
            yield from _fields(value, _property(schema, name), f"{where}.{name}" if where else str(name))
    elif isinstance(expected, list) and expected and where:
        for place, value in enumerate(expected):
            yield from _fields(value, schema.get("items", {}), f"{where}.{place}")
    elif where:
        yield f"{where} is {_shown(expected)}{_why(schema.get('description'))}"


def _property(schema: Json, name: str) -> Json:
    """The schema of a property, wherever the parts of a combined one have it."""
    found = schema.get("properties", {}).get(name)
    parts = [part for word in ("allOf", "oneOf", "anyOf") for part in schema.get(word, ())]
    return found or next((inner for part in parts if (inner := _property(_resolved(part), name))), {})


def _response(operation: str, status: Json) -> Json:
    contract = load_contract()
    for _, _, found in operations(contract):
        if found["operationId"] == operation:
            return _resolved(found["responses"].get(str(status), {}))
    return {}


def _resolved(value: Json) -> Json:
    contract: Json = load_contract()
    while isinstance(value, dict) and "$ref" in value:
        found = contract
        for key in value["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        value = found
    return value


def _of_code(code: str) -> str:
    """What the contract says of the refusals that have this error code: the first of them."""
    for response in load_contract()["components"]["responses"].values():
        if code in response.get("x-error-codes", ()):
            return " ".join(str(response.get("description", "")).split())
    return ""


def _why(description: object) -> str:
    words = " ".join(str(description or "").split())
    return f"  -- {words}" if words else ""


def _why_rule(outcome: str) -> str:
    return _why(SENTENCES.get(outcome.rpartition(" ")[2]))


def _shown(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 3]}..."
