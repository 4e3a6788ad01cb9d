"""Failures by what made them: each cause is reported once, with the number of what fails because of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from ...domain.rulebook import DECISIONS, RULEBOOK
from ..findings import Finding
from .patterns import joined

PREFLIGHT: Final = "preflight"
GOES_ON_ANSWERING: Final = "The server goes on answering"
"""The name of the finding that what is left of a part was not run for."""
SIGN_IN: Final = ("getToken", "authorize", "authorize2", "revokeToken")
SENTENCES = {rule.id: rule.sentence for rule in RULEBOOK} | {
    made.id: f"{made.question} {made.decision}" for made in DECISIONS
}
SHARE_OF_MANY, FEWEST_OF_MANY, FEWEST_OF_A_PATTERN = 1 / 6, 10, 5
"""Of all failures, those that make their cause the first to be mended."""
_DOCUMENTED = tuple(rule.id for rule in RULEBOOK)


@dataclass(frozen=True, slots=True)
class Cause:
    """What went wrong, and every finding that fails because of it; the first of them shows it best."""

    says: str
    findings: tuple[Finding, ...]
    is_pattern: bool = False
    """Whether its findings fail in several ways that have one thing in common: see `patterns`."""

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules and decisions that most of its findings keep, the commonest first.

        None of patterns, sign-ins and servers that are gone: what keeps a case from showing a rule is none itself.
        """
        if self.is_pattern or self.is_of_sign_in or self.ends_the_run:
            return ()
        counts = Counter(kept for finding in self.findings for kept in finding.keeps if kept in SENTENCES)
        return tuple(kept for kept, count in counts.most_common() if 2 * count >= len(self.findings))

    @property
    def is_of_sign_in(self) -> bool:
        """Whether it is about how to sign in, without which little else can be."""
        return self.first.operation in SIGN_IN

    @property
    def ends_the_run(self) -> bool:
        """Whether something was not run because of it."""
        return any(each.part == PREFLIGHT or each.name == GOES_ON_ANSWERING for each in self.findings)

    @property
    def sentence(self) -> str:
        """What the first of its rules says; empty without one."""
        return f"{self.rules[0]}: {SENTENCES[self.rules[0]]}" if self.rules else ""

    @property
    def is_known(self) -> bool:
        return all(finding.is_known for finding in self.findings)


def causes_of(failures: Iterable[Finding]) -> list[Cause]:
    """The causes, the most telling first.

    Causes that show one habit of the server are one: see `patterns`. The most telling is what keeps everything else
    from being tested; then what a great part of the findings fail because of, or several in one habit; then what breaks
    a rule of the documentation, by what is done before what is said; then how to sign in; then what the most findings
    fail because of.
    """
    groups: dict[str, list[Finding]] = {}
    for finding in failures:
        groups.setdefault(finding.because, []).append(finding)
    many = max(FEWEST_OF_MANY, sum(map(len, groups.values())) * SHARE_OF_MANY)
    return sorted((_cause(*each) for each in joined(groups)), key=partial(_order, many))


def _cause(says: str, found: Iterable[Finding], is_pattern: bool) -> Cause:
    return Cause(says, tuple(sorted(found, key=_shows_less)), is_pattern)


def _shows_less(finding: Finding) -> tuple[int, int]:
    """Of one cause, what is about the fewest things is reported first."""
    return (len(finding.keeps) or 99, len(finding.detail))


def _order(many: float, cause: Cause) -> tuple[bool, bool, bool, bool, bool, int]:
    breaks_a_rule = any(rule in _DOCUMENTED for rule in cause.rules)
    does_otherwise = breaks_a_rule and any(finding.is_behaviour for finding in cause.findings)
    is_of_many = len(cause.findings) >= (FEWEST_OF_A_PATTERN if cause.is_pattern else many)
    return (
        not cause.ends_the_run,
        not is_of_many,
        not does_otherwise,
        not breaks_a_rule,
        not cause.is_of_sign_in,
        -len(cause.findings),
    )


def counted(findings: Iterable[Finding]) -> tuple[Counter[str], Counter[str]]:
    """How many of these failures there are by operation, and by rule or decision."""
    findings = list(findings)
    operations = Counter(finding.operation for finding in findings if finding.operation)
    return operations, Counter(kept for finding in findings for kept in finding.keeps if kept in SENTENCES)
