"""Observations of a run: calls, statuses and error codes, counted per operation."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...openapi.document import load_contract, operations

SENDING = ("createSMSMessage", "createInternalTextMessage", "createMMS")


@dataclass(slots=True)
class OperationCounts:
    """The calls of one operation.

    `well_formed`: the ones generated as valid; `accepted`: those of them answered 2xx. `fuzzed` and `probed` count
    answers by "status code" ("400 MSG-324"), by the sender of the call.
    """

    calls: int = 0
    well_formed: int = 0
    accepted: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    fuzzed: Counter[str] = field(default_factory=Counter)
    probed: Counter[str] = field(default_factory=Counter)

    def count(self, status: int, codes: Iterable[str], *, by_probe: bool = False) -> None:
        """One more call and its answer."""
        self.calls += 1
        self.statuses[status] += 1
        reached = self.probed if by_probe else self.fuzzed
        for code in set(codes):
            reached[f"{status} {code}"] += 1

    def add(self, other: "OperationCounts") -> None:
        """Add the counts of another run."""
        self.calls += other.calls
        self.well_formed += other.well_formed
        self.accepted += other.accepted
        self.statuses.update(other.statuses)
        self.fuzzed.update(other.fuzzed)
        self.probed.update(other.probed)

    def to_json(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "well_formed": self.well_formed,
            "accepted": self.accepted,
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "fuzzed": dict(self.fuzzed),
            "probed": dict(self.probed),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "OperationCounts":
        return cls(
            calls=data["calls"],
            well_formed=data["well_formed"],
            accepted=data["accepted"],
            statuses=Counter({int(status): count for status, count in data["statuses"].items()}),
            fuzzed=Counter(data["fuzzed"]),
            probed=Counter(data["probed"]),
        )


class Observed:
    """Counts by operationId."""

    def __init__(self) -> None:
        self.by_operation: dict[str, OperationCounts] = {}

    def of(self, operation_id: str) -> OperationCounts:
        """The operation's counts, new ones for a new operation."""
        return self.by_operation.setdefault(operation_id, OperationCounts())

    def add(self, other: "Observed") -> None:
        """Add the counts of another run."""
        for operation_id, counts in other.by_operation.items():
            self.of(operation_id).add(counts)

    @property
    def server_errors(self) -> int:
        """Answers of 500 and above."""
        return sum(
            count for counts in self.by_operation.values() for status, count in counts.statuses.items() if status >= 500
        )

    def share_accepted(self, operation_id: str) -> float:
        """The part, 0 to 1, of the operation's well-formed calls that got a 2xx; 0 without any."""
        counts = self.of(operation_id)
        return counts.accepted / counts.well_formed if counts.well_formed else 0.0

    def unreached(self, operation_id: str) -> list[str]:
        """Documented refusals of the operation, "status code", that no call got."""
        counts = self.of(operation_id)
        return [refusal for refusal in refusals(operation_id) if not counts.fuzzed[refusal] + counts.probed[refusal]]

    def to_json(self) -> dict[str, Any]:
        return {operation_id: counts.to_json() for operation_id, counts in self.by_operation.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Observed":
        observed = cls()
        observed.by_operation = {
            operation_id: OperationCounts.from_json(counts) for operation_id, counts in data.items()
        }
        return observed

    def table(self) -> str:
        """Two tables as text: every operation's calls, and the documented refusals of those that send."""
        return "\n".join([*self._calls_table(), "", *self._refusals_table()])

    def _calls_table(self) -> Iterator[str]:
        yield f"{'operation':<34}{'calls':>8}{'well-formed':>13}{'2xx':>7}{'share':>7}  statuses"
        for operation_id in DOCUMENTED:
            counts = self.of(operation_id)
            statuses = " ".join(f"{status}:{count}" for status, count in sorted(counts.statuses.items()))
            share = f"{self.share_accepted(operation_id):.0%}" if counts.well_formed else "-"
            yield (
                f"{operation_id:<34}{counts.calls:>8}{counts.well_formed:>13}{counts.accepted:>7}{share:>7}  {statuses}"
            )

    def _refusals_table(self) -> Iterator[str]:
        for operation_id in SENDING:
            counts = self.of(operation_id)
            yield f"{operation_id + ' refused with':<34}{'fuzzed':>8}{'probed':>13}"
            for refusal in refusals(operation_id):
                fuzzed, probed = counts.fuzzed[refusal], counts.probed[refusal]
                note = "" if fuzzed or probed else "  never"
                yield f"  {refusal:<32}{fuzzed:>8}{probed:>13}{note}"


def _documented() -> dict[str, dict[int, list[str]]]:
    """`x-error-codes` by operationId and status; a status without codes has an empty list."""
    contract = load_contract()
    shared = contract["components"]["responses"]
    found: dict[str, dict[int, list[str]]] = {}
    for _, _, operation in operations(contract):
        codes = found.setdefault(operation["operationId"], {})
        for status, response in operation["responses"].items():
            if "$ref" in response:
                response = shared[response["$ref"].rpartition("/")[2]]
            codes[int(status)] = list(response.get("x-error-codes", ()))
    return found


DOCUMENTED = _documented()
"""Every operation's statuses, and the error codes that each can carry."""


def refusals(operation_id: str) -> list[str]:
    """The documented refusals of an operation, each as "status code"."""
    return [f"{status} {code}" for status, codes in DOCUMENTED[operation_id].items() for code in codes]
