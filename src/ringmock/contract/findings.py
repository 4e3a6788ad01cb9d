"""What a run of the contract suite found, part by part. How it is reported: `report/`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from itertools import groupby

NOT_IMPLEMENTED = "not implemented: "
"""How the reason begins of what was skipped because the server has not the operation, whose name follows."""

TO_HAVE_IT = "; to have it, add to the fixture:\n"
"""What is between a reason and the lines of a fixture that would take it away."""


class Verdict(StrEnum):
    PASSED = "PASSED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and its result."""

    part: str
    """A name of `PARTS`, or `preflight`."""
    name: str
    verdict: Verdict
    detail: str = ""
    """Lines: for a failure, expected and actual side by side; for a skipped check, the reason."""
    reproduce: str = ""
    """Commands that reproduce the failure, one per line."""
    keeps: tuple[str, ...] = ()
    """The ids of rules and decisions, and error codes, of the check."""
    where: str = ""
    """The account and generation, as `demo, 2012`, and `file:line` where there is one."""
    group: str = ""
    """The common part of similar findings' names. Empty for a finding without a group."""
    seconds: float = 0.0
    cause: str = ""
    """What went wrong, in words that all findings have in common which fail because of it; empty for the name."""
    operation: str = ""
    """The operationId that it is about; empty for none or many."""
    on: str = ""
    """Account and generation that the server was tested with, as `demo 2012`."""
    again: tuple[str, ...] = ()
    """Arguments of `ringmock contract` that do this alone again, beside the server's and the account's."""
    compared: tuple[tuple[str, str, str], ...] = ()
    """Of an answer, place by place: where, what was expected, and what came."""
    is_behaviour: bool = False
    """Whether the server did something else than it should, and did not only say it otherwise."""
    is_known: bool = False
    """Whether a baseline has it: it failed before, in the same way, and fails no run."""

    @property
    def failed(self) -> bool:
        return self.verdict is Verdict.FAILED

    @property
    def because(self) -> str:
        """The cause, or the name of what stands alone."""
        return self.cause or self.group or self.name

    @property
    def key(self) -> str:
        """What it is known by from one run to the next, whatever the seed."""
        name = f"{self.part} {' '.join(self.keeps)}" if self.part == "stateful" else f"{self.part} {self.name}"
        return f"{name} ({self.on})" if self.on else name

    @property
    def id(self) -> str:
        """The key as six digits, to name it on a command line."""
        return sha256(self.key.encode("utf-8", "surrogatepass")).hexdigest()[:6]


@dataclass(slots=True)
class ContractReport:
    """Findings in order of arrival."""

    findings: list[Finding] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each part took, start to end; without it the sum of what its findings took."""
    mended: list[str] = field(default_factory=list)
    """What a baseline has as failing and passed."""

    def add(self, finding: Finding) -> None:
        self.findings.append(finding)

    @property
    def passed(self) -> bool:
        """Whether nothing failed that was not known to."""
        return not self.new

    @property
    def new(self) -> list[Finding]:
        """The failures that no baseline has."""
        return [finding for finding in self.of(Verdict.FAILED) if not finding.is_known]

    @property
    def known(self) -> list[Finding]:
        """The failures that a baseline has."""
        return [finding for finding in self.of(Verdict.FAILED) if finding.is_known]

    @property
    def tested(self) -> bool:
        """Whether anything was looked at: what was skipped was not."""
        return any(finding.verdict is not Verdict.SKIPPED for finding in self.findings)

    def of(self, verdict: Verdict) -> list[Finding]:
        """The findings with this verdict."""
        return [finding for finding in self.findings if finding.verdict is verdict]

    def took(self, part: str) -> float:
        """Seconds."""
        summed = sum(finding.seconds for finding in self.findings if finding.part == part)
        return self.seconds.get(part, summed)


def by_part(findings: Iterable[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """The findings of each part together, the parts in the order in which they first came."""
    findings = list(findings)
    order = list(dict.fromkeys(finding.part for finding in findings))
    ordered = sorted(findings, key=lambda finding: order.index(finding.part))
    for part, group in groupby(ordered, key=lambda finding: finding.part):
        yield part, list(group)
