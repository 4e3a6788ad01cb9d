"""The cheapest tests to add: which known cases would exercise most of what is missing for the fewest calls.

Known are the bundled cases and, for each refusal that any operation gives alike, a case made from the contract. What
a case would exercise is read from what it expects, by the same signs that a run is judged by.
"""

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from ..cases import DEFAULT_ACCOUNT, DEFAULT_GENERATION, Case, Step, bundled_case_files, load_cases
from ..cases.expectations import filled
from ..cases.operation import Operation, operations_by_id
from ..openapi import load_contract
from .made import made_cases
from .met import Met
from .sighting import Problem, Sighting, as_object, problems_in
from .signs import RULE_SIGNS
from .traffic import operation_of
from .universe import Coverage, Item

COST = "calls and changes of the world that a test makes, for each thing that it newly exercises"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A test to add. `text` is the case in YAML, to stand under `cases:`; `items` is what it would exercise newly."""

    case: Case
    text: str
    calls: int
    items: tuple[Item, ...]

    @property
    def cost(self) -> float:
        """See `COST`."""
        return self.calls / len(self.items)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case, and the keys of what it exercises by what it expects."""

    case: Case
    calls: int
    keys: frozenset[str]


def cheapest(coverage: Coverage, count: int = 3) -> tuple[Suggestion, ...]:
    """The cheapest tests to add, each chosen as if those before it were there; fewer where there is no more to gain."""
    missing, seen = list(coverage.missing), set(coverage.met.seen)
    chosen: list[Suggestion] = []
    while len(chosen) < count:
        best = min(_offers(missing, seen), key=lambda offer: (offer.cost, offer.calls), default=None)
        if best is None:
            break
        chosen.append(best)
        missing = [item for item in missing if item not in best.items]
        seen.update(key for item in best.items for key in item.keys)
    return tuple(chosen)


def _offers(missing: Iterable[Item], seen: set[str]) -> Iterator[Suggestion]:
    missing = tuple(missing)
    for candidate in candidates():
        gained = tuple(
            item
            for item in missing
            if not candidate.keys.isdisjoint(item.keys)
            and all(key in candidate.keys or key in seen for key in item.keys)
        )
        if gained:
            yield Suggestion(candidate.case, text_of(candidate.case), candidate.calls, gained)


@cache
def candidates() -> tuple[Candidate, ...]:
    """Every case that can be suggested: those of the demo account, then those made from the contract."""
    bundled = (case for case in load_cases(bundled_case_files()) if case.account == DEFAULT_ACCOUNT)
    return tuple(Candidate(case, _calls(case), keys_of(case)) for case in (*bundled, *made_cases(load_contract())))


def _calls(case: Case) -> int:
    return len(case.given) + sum((step.when is not None) + len(step.change) for step in case.steps)


def keys_of(case: Case) -> frozenset[str]:
    """What a run of the case is sure to be counted under, when the server answers as the case expects."""
    met = Met(by_record=True).note_all(_sightings(case))
    kept = (sign for rule in case.keeps for sign in RULE_SIGNS.get(rule, ()))
    return frozenset(met.seen) | {sign.key for sign in kept if not sign.in_traffic}


def _sightings(case: Case) -> Iterator[Sighting]:
    """What the calls of a case and their answers look like, as far as it says."""
    unknown: Mapping[str, Any] = defaultdict(lambda: "1")
    for step in case.steps:
        if step.when is None or "status" not in step.then:
            continue
        found = _called(step.when)
        if found is None:
            continue
        answer = filled(step.then.get("exact", step.then.get("body")), unknown)
        problems = problems_in(answer)
        if "error" in step.then:
            problems = (Problem(step.then["error"], step.then.get("parameter")), *problems)
        yield Sighting(
            found[0],
            step.then["status"],
            problems,
            filled(step.when.get("body"), unknown),
            answer,
            found[1],
            frozenset(said.rpartition(" ")[2] for said in step.outcomes.values()),
            generation=case.generation,
        )


def _called(when: Mapping[str, Any]) -> tuple[str, Mapping[str, str]] | None:
    if "operation" in when:
        return when["operation"], {name: str(value) for name, value in as_object(when.get("path")).items()}
    method, _, target = when["request"].partition(" ")
    return operation_of(method, unquote(urlsplit(target).path))


# --- as text -----------------------------------------------------------------------------------------


def text_of(case: Case) -> str:
    """The case in YAML, as its file has it, or written anew for one that was made."""
    if case.file:
        lines = Path(case.file).read_text(encoding="utf-8").splitlines()
        later = (other.line for other in load_cases([Path(case.file)]) if other.line > case.line)
        return textwrap.dedent("\n".join(lines[case.line - 1 : min(later, default=len(lines) + 1) - 1])).strip()
    given: dict[str, Any] = dict(case.given)
    if case.generation != DEFAULT_GENERATION:
        given["generation"] = case.generation
    said: dict[str, Any] = {"name": case.name, "keeps": list(case.keeps)}
    said |= {"given": given} if given else {}
    said["steps"] = [_said(step) for step in case.steps]
    return str(yaml.safe_dump([said], sort_keys=False, default_flow_style=None, width=110, allow_unicode=True)).strip()


def _said(step: Step) -> dict[str, Any]:
    parts = {
        "change": dict(step.change),
        "as": step.caller,
        "when": step.when,
        "then": dict(step.then),
        "keep": dict(step.keep),
    }
    return {name: value for name, value in parts.items() if value}


def operation_called(case: Case) -> Operation | None:
    """The operation of the last call of a case."""
    names = [step.when["operation"] for step in case.steps if step.when is not None and "operation" in step.when]
    return operations_by_id(load_contract())[names[-1]] if names else None
