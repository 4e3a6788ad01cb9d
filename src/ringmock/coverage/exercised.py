"""What a run exercised: a count for each thing that was seen, small enough to be sent and added up."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from .evidence import GENERATION_EVIDENCE, RULE_EVIDENCE, Evidence
from .observation import Observation

FORMAT = "ringmock-coverage-1"


class NotCoverageCounts(ValueError):
    """JSON that is no record of a run's coverage; the message says what is wrong with it."""


@dataclass(slots=True)
class Exercised:
    """Counts observations. Not thread-safe."""

    seen: Counter[str] = field(default_factory=Counter)
    """By key: `createSMSMessage`, `createSMSMessage 200`, `createSMSMessage 400 MSG-338`, `R-04`.

    Evidence is counted once.
    """
    generations: set[str] = field(default_factory=set)
    """The names of the generations of the observed answers."""
    by_record: bool = False
    """Whether a server's own record is part of it."""
    wanted: set[str] = field(default_factory=set)
    """Keys of answers that somebody asked for: none of them is a finding, whatever the contract has."""

    def note(self, observation: Observation) -> None:
        """Count a call and its answer."""
        keys = list(_answer_keys(observation))
        if observation.is_wanted:
            self.wanted.update(key for key in keys if key not in self.seen)
        else:
            self.wanted.difference_update(keys)
        self.seen.update(keys)
        for each in _all_evidence():
            if each.key not in self.seen and each.matches(observation):
                self.seen[each.key] = 1
        for generation, evidence in _row_evidence(observation.generation):
            for each in evidence:
                if each.key not in self.seen and each.matches(observation):
                    self.seen[each.key] = 1
                    self.generations.add(generation)
        if observation.generation is not None:
            self.generations.add(observation.generation)

    def note_all(self, observations: Iterable[Observation]) -> Self:
        """Count all of them."""
        for observation in observations:
            self.note(observation)
        return self

    def add(self, other: "Exercised") -> None:
        """Count what another run exercised, too."""
        wanted_by_all = {key for key in self.wanted | other.wanted if self._only_wants(key) and other._only_wants(key)}
        self.seen.update(other.seen)
        self.wanted = wanted_by_all
        self.generations |= other.generations
        self.by_record = self.by_record or other.by_record

    def _only_wants(self, key: str) -> bool:
        """Whether each answer of this key was asked for; also of none."""
        return key in self.wanted or key not in self.seen

    @classmethod
    def sum(cls, runs: "Iterable[Exercised]") -> "Exercised":
        """What any of several runs exercised."""
        total = cls()
        for run in runs:
            total.add(run)
        return total

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "by_record": self.by_record,
            "generations": sorted(self.generations),
            "seen": dict(sorted(self.seen.items())),
            **({"wanted": sorted(self.wanted)} if self.wanted else {}),
        }

    @classmethod
    def from_json(cls, data: Any) -> "Exercised":
        """What `to_json` gave. Raises `NotCoverageCounts`."""
        if not isinstance(data, Mapping) or data.get("format") != FORMAT:
            raise NotCoverageCounts(f"it has no 'format': \"{FORMAT}\"")
        seen, generations, by_record = data.get("seen"), data.get("generations"), data.get("by_record")
        are_counts = isinstance(seen, Mapping) and all(type(count) is int and count > 0 for count in seen.values())
        if not are_counts or not isinstance(by_record, bool):
            raise NotCoverageCounts("'seen' has counts by key, 'by_record' is true or false")
        if not isinstance(generations, list) or not all(isinstance(name, str) for name in generations):
            raise NotCoverageCounts("'generations' is a list of names")
        wanted = data.get("wanted", [])
        if not isinstance(wanted, list) or not all(isinstance(key, str) for key in wanted):
            raise NotCoverageCounts("'wanted' is a list of keys")
        return cls(Counter(seen), set(generations), by_record, set(wanted))


def _answer_keys(observation: Observation) -> Iterator[str]:
    yield observation.operation
    answer = f"{observation.operation} {observation.status}"
    yield answer
    for code in {problem.code for problem in observation.problems}:
        yield f"{answer} {code}"


@cache
def _all_evidence() -> tuple[Evidence, ...]:
    return tuple(each for evidence in RULE_EVIDENCE.values() for each in evidence)


@cache
def _row_evidence(generation: str | None) -> tuple[tuple[str, tuple[Evidence, ...]], ...]:
    """The evidence of a generation's rows, of all generations without one."""
    return tuple(
        (name, evidence)
        for row in GENERATION_EVIDENCE.values()
        for name, evidence in row.evidence.items()
        if generation in (None, name)
    )
