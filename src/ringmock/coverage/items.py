"""Everything that a run can exercise, by the contract, the rulebook and the generations' table; and what is missing."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from ..domain.generation import GENERATIONS, Generation
from ..domain.rulebook import DECISIONS, RULEBOOK
from ..openapi.document import load_contract, operations
from .evidence import GENERATION_EVIDENCE, RULE_EVIDENCE, Evidence
from .exercised import Exercised


class Dimension(StrEnum):
    """The kinds of things to exercise, in the order of a report."""

    OPERATIONS = "operations"
    STATUSES = "statuses"
    CODES = "error codes"
    RULES = "rules"
    DECISIONS = "decisions"
    GENERATIONS = "generation rows"


class CoverageItem(NamedTuple):
    """One thing to exercise: exercised when all of its evidence was observed."""

    dimension: Dimension
    name: str
    """`createSMSMessage 400 MSG-338`, `R-04`, `2012 several recipients of an SMS`."""
    says: str
    """The contract's summary, the rule's sentence, or the evidence."""
    keys: tuple[str, ...]
    """The keys of `Exercised`; none for an item without evidence."""
    evidence: tuple[str, ...] = ()
    """The meaning of each key, in words."""
    operation: str | None = None
    generation: str | None = None
    in_traffic: bool = True
    """Whether traffic shows it; if not, only a server's own record does."""


class Share(NamedTuple):
    """How many of how many."""

    exercised: int
    total: int

    @property
    def percent(self) -> float:
        """Rounded down to a tenth, so that 100 is all of it; 100 of nothing."""
        return 1000 * self.exercised // self.total / 10 if self.total else 100.0

    def __str__(self) -> str:
        return f"{self.percent:.1f} %"


class Coverage:
    """A run compared with everything that can be exercised."""

    def __init__(self, exercised: Exercised, items: Iterable[CoverageItem], generations: Collection[str] = ()) -> None:
        """`generations`: the columns of the table that count; by default those of the run's answers."""
        self.exercised = exercised
        self.generations = frozenset(generations or exercised.generations or {next(iter(GENERATIONS))})
        every = [item for item in items if item.generation is None or item.generation in self.generations]
        self.countable = tuple(item for item in every if self._is_countable(item))
        self.hidden = tuple(item for item in every if not self._is_countable(item))
        """What this run could not have shown, done or not: no part of any figure."""

    def _is_countable(self, item: CoverageItem) -> bool:
        return bool(item.keys) and (item.in_traffic or self.exercised.by_record)

    def is_exercised(self, item: CoverageItem) -> bool:
        """Whether the run exercised it."""
        return all(key in self.exercised.seen for key in item.keys)

    @property
    def missing(self) -> tuple[CoverageItem, ...]:
        """What the run could have exercised and did not."""
        return tuple(item for item in self.countable if not self.is_exercised(item))

    @property
    def touched(self) -> Share:
        """The headline: the operations that the run has called, of all."""
        return self.of(Dimension.OPERATIONS)

    @property
    def total(self) -> Share:
        """Everything countable, each thing once: what a bound is held against."""
        return self._share(self.countable)

    def of(self, dimension: Dimension) -> Share:
        return self._share(item for item in self.countable if item.dimension is dimension)

    def of_operation(self, operation: str) -> Share:
        """The operation itself, its statuses and its error codes."""
        return self._share(item for item in self.countable if item.operation == operation)

    @property
    def undocumented(self) -> tuple[str, ...]:
        """Answers that the contract does not have and nobody asked for, as `createSMSMessage 500 CMN-203`."""
        known = {key for item in self.countable for key in item.keys}
        named = {item.operation for item in self.countable if item.operation}
        met = sorted(set(self.exercised.seen) - self.exercised.wanted)
        strange = [key for key in met if key.split(" ")[0] in named and key not in known]
        return tuple(key for key in strange if not any(other.startswith(f"{key} ") for other in strange))

    def _share(self, items: Iterable[CoverageItem]) -> Share:
        verdicts = [self.is_exercised(item) for item in items]
        return Share(sum(verdicts), len(verdicts))


def coverage(exercised: Exercised, generations: Collection[str] = ()) -> Coverage:
    """A run compared with the contract. `generations` as in `Coverage`."""
    return Coverage(exercised, coverage_items(), generations)


@cache
def coverage_items() -> tuple[CoverageItem, ...]:
    """All items, by openapi.yaml, the rulebook and the generations' table."""
    return (*_of_contract(load_contract()), *_of_rulebook(), *_of_generations())


def _of_contract(contract: Mapping[str, Any]) -> Iterator[CoverageItem]:
    for _, _, operation in operations(dict(contract)):
        name = operation["operationId"]
        yield CoverageItem(Dimension.OPERATIONS, name, operation.get("summary", ""), (name,), operation=name)
        for status, response in operation["responses"].items():
            answer = _resolved(contract, response)
            says = " ".join(answer.get("description", "").split())
            yield CoverageItem(Dimension.STATUSES, f"{name} {status}", says, (f"{name} {status}",), operation=name)
            for code in answer.get("x-error-codes", ()):
                key = f"{name} {status} {code}"
                yield CoverageItem(Dimension.CODES, key, says, (key,), operation=name)


def _resolved(contract: Mapping[str, Any], response: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in response:
        return response
    found: Mapping[str, Any] = contract["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return found


def _of_rulebook() -> Iterator[CoverageItem]:
    for rule in RULEBOOK:
        yield _signed(Dimension.RULES, rule.id, rule.sentence, RULE_EVIDENCE.get(rule.id, ()))
    for made in DECISIONS:
        yield _signed(Dimension.DECISIONS, made.id, f"{made.question} {made.decision}", RULE_EVIDENCE.get(made.id, ()))


def _of_generations() -> Iterator[CoverageItem]:
    for field in fields(Generation):
        row = GENERATION_EVIDENCE.get(field.name)
        for generation, evidence in row.evidence.items() if row is not None else ():
            name = f"{generation} {row.title}" if row is not None else ""
            says = " and ".join(each.says for each in evidence)
            yield _signed(Dimension.GENERATIONS, name, says, evidence, generation)


def _signed(
    dimension: Dimension, name: str, says: str, evidence: tuple[Evidence, ...], generation: str | None = None
) -> CoverageItem:
    return CoverageItem(
        dimension,
        name,
        says,
        keys=tuple(each.key for each in evidence),
        evidence=tuple(each.says for each in evidence),
        generation=generation,
        in_traffic=all(each.in_traffic for each in evidence),
    )
