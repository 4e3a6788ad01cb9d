"""What is wrong with a file of cases: each mistake with its line and what would pass, all of them at once."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from ..domain.rulebook import DECISIONS, RULEBOOK
from .expectations import is_pattern, names_in
from .openapi import load_contract, step
from .operation import Operation, error_codes, operations_by_id

Json = Any

SCHEMA_FILE = "case.schema.json"


@dataclass(frozen=True, slots=True)
class Mistake:
    """`sentence` says what is wrong and what would pass."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """What a case may speak of."""

    ids: frozenset[str]
    operations: Mapping[str, Operation]


def mistakes_in(document: Json, file: str, lines: Mapping[str, int]) -> Iterator[Mistake]:
    """Every mistake of a document, by line; `lines` are those of its JSON pointers."""
    found = list(_shape(document)) or list(_meaning(document))
    for pointer, sentence in sorted(found, key=lambda mistake: lines[mistake[0]]):
        yield Mistake(file, lines[pointer], sentence)


# --- shape ---------------------------------------------------------------------------------------


def _shape(document: Json) -> Iterator[tuple[str, str]]:
    """JSON pointer and sentence for everything that breaks the schema."""
    for error in _validator().iter_errors(document):
        pointer = ""
        for key in error.absolute_path:
            pointer = step(pointer, key)
        for at, sentence in _sentences(error, pointer):
            yield at, f"{_place(error)}{sentence}"


def _sentences(error: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if error.validator == "additionalProperties" and error.validator_value is False:
        known = error.schema["properties"]
        for key in error.instance.keys() - known.keys():
            yield step(pointer, key), f"{key!r} is not known here{_suggestion(key, known)}"
    elif error.validator == "required":
        yield pointer, f"{error.message.split(' is a required')[0]} is missing: this is {_wanted(error)}"
    elif error.validator == "dependentRequired":
        yield pointer, _lonely(error)
    elif error.validator is None:  # a property that another one rules out
        yield pointer, "this cannot stand beside the other one of its kind"
    else:
        yield pointer, f"{_shown(error.instance)} is not {_wanted(error)}"


def _lonely(error: Any) -> str:
    given, missing = re.findall(r"'(\w+)'", error.message)[::-1][:2]
    return f"{given!r} does not stand without {missing!r}"


def _wanted(error: Any) -> str:
    return str(error.schema.get("description", "what the schema describes")) if isinstance(error.schema, dict) else ""


def _place(error: Any) -> str:
    where = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.absolute_path).lstrip(".")
    return f"{where}: " if where else ""


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


@cache
def _validator() -> Any:
    installed = files("ringmock") / "data" / SCHEMA_FILE
    checkout = Path(__file__).parents[3] / "fixtures" / SCHEMA_FILE
    source = installed if installed.is_file() else checkout
    return Draft202012Validator(json.loads(source.read_text(encoding="utf-8")))


# --- meaning -------------------------------------------------------------------------------------


def _meaning(document: Json) -> Iterator[tuple[str, str]]:
    """JSON pointer and sentence for whatever has the right shape and speaks of what is not there."""
    for index, case in enumerate(document["cases"]):
        pointer = f"/cases/{index}"
        yield from _unknown_ids(case["keeps"], f"{pointer}/keeps")
        kept: set[str] = set()
        for number, taken in enumerate(case["steps"]):
            at = f"{pointer}/steps/{number}"
            yield from _unknown_names(taken, at, kept)
            yield from _call(taken, at)
            yield from _patterns(taken, at)
            kept |= taken.get("keep", {}).keys()


def _unknown_ids(ids: list[str], pointer: str) -> Iterator[tuple[str, str]]:
    known = _vocabulary().ids
    for index, name in enumerate(ids):
        if name not in known:
            yield step(pointer, index), f"{name!r} is no rule, decision or error code{_suggestion(name, known)}"


def _unknown_names(taken: Json, at: str, kept: set[str]) -> Iterator[tuple[str, str]]:
    for part, value in taken.items():
        # What a step keeps of its answer can be looked for in the mailboxes that the same step looks into.
        known = kept | taken.get("keep", {}).keys() if part in ("mailboxes", "handsets", "outcomes") else kept
        for name in names_in(value):
            if name not in known:
                yield step(at, part), f"${{{name}}} was not kept before: an earlier step says keep: {{{name}: id}}"


def _call(taken: Json, at: str) -> Iterator[tuple[str, str]]:
    call = taken.get("when")
    if call is None:
        return
    if ("operation" in call) is ("request" in call):
        yield f"{at}/when", "a call has 'operation' or 'request'"
    elif "operation" in call:
        yield from _operation(call, taken["then"], at)
    if "error" in taken["then"] and taken["then"]["error"] not in _vocabulary().ids:
        code = taken["then"]["error"]
        yield f"{at}/then/error", f"{code!r} is no error code of openapi.yaml{_suggestion(code, _vocabulary().ids)}"


def _operation(call: Json, then: Json, at: str) -> Iterator[tuple[str, str]]:
    known = _vocabulary().operations
    operation = known.get(call["operation"])
    if operation is None:
        name = call["operation"]
        yield f"{at}/when/operation", f"{name!r} is no operationId of openapi.yaml{_suggestion(name, known)}"
        return
    yield from _parameters(call, operation.path_parameters, f"{at}/when", "path")
    yield from _parameters(call, operation.query_parameters, f"{at}/when", "query")
    for name in set(operation.path_parameters) - {"accountId", "extensionId"} - call.get("path", {}).keys():
        yield f"{at}/when", f"{operation.id} takes the path parameter {name!r}: write path: {{{name}: ...}}"
    if then["status"] not in operation.statuses:
        statuses = ", ".join(map(str, operation.statuses))
        yield f"{at}/then/status", f"{operation.id} does not answer {then['status']}: it answers {statuses}"


def _parameters(call: Json, known: tuple[str, ...], at: str, part: str) -> Iterator[tuple[str, str]]:
    for name in call.get(part, {}):
        if name not in known:
            sentence = f"{call['operation']} has no {part} parameter {name!r}{_suggestion(name, known)}"
            yield step(f"{at}/{part}", name), sentence


def _patterns(value: Json, at: str) -> Iterator[tuple[str, str]]:
    """Patterns among what is expected; `~` among what is sent is RingCentral's own word."""
    for part in ("then", "outcomes", "mailboxes", "handsets"):
        yield from _broken_patterns(value.get(part), step(at, part))


def _broken_patterns(value: Json, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _broken_patterns(item, step(at, key))
    elif is_pattern(value):
        try:
            re.compile(re.sub(r"\$\{\w+\}", "x", value[1:]))
        except re.error as error:
            yield at, f"{value!r} is no regular expression: {error}"


def _suggestion(name: str, known: Mapping[str, Any] | frozenset[str] | tuple[str, ...]) -> str:
    """The nearest of what is known; everything, as long as that is a line's worth."""
    near = get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; known: {', '.join(known)}" if 0 < len(known) <= 12 else ""


@cache
def _vocabulary() -> _Vocabulary:
    contract = load_contract()
    rules = {rule.id for rule in RULEBOOK} | {made.id for made in DECISIONS}
    return _Vocabulary(frozenset(rules) | error_codes(contract), operations_by_id(contract))
