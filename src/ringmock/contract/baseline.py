"""What fails today and is known: a file beside a project, so that a run fails for what is new."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from .findings import ContractReport, Finding, Verdict

VERSION = 1
SAYS = "What `ringmock contract` finds and is known here; --update-baseline writes it."


class UnreadableBaseline(ValueError):
    """A file that is no baseline; the message says which, and what would be right."""


@dataclass(frozen=True, slots=True)
class Known:
    """A failure that is known."""

    part: str
    cause: str
    operation: str = ""
    on: str = ""


@dataclass(slots=True)
class Baseline:
    """Known failures by their keys."""

    known: Mapping[str, Known] = field(default_factory=dict)

    def held_against(self, finding: Finding) -> Finding:
        """The finding, as known where it is; a case that fails in another way than is known is not."""
        known = self.known.get(finding.key)
        if known is None or not finding.failed:
            return finding
        if finding.part == "cases" and known.cause != finding.because:
            return replace(finding, detail=f"{finding.detail}\n\nKnown is another failure of it: {known.cause}")
        return replace(finding, is_known=True)

    def mended(self, report: ContractReport) -> list[str]:
        """What is known to fail and passed; of the fuzz, the operation did, and of the state machine all of it."""
        failed = {finding.key for finding in report.of(Verdict.FAILED)}
        passed = {(finding.part, finding.on, _subject(finding)) for finding in report.of(Verdict.PASSED)}
        return [
            key
            for key, known in self.known.items()
            if key not in failed and (known.part, known.on, _subject_of(key, known)) in passed
        ]

    def updated(self, report: ContractReport) -> "Baseline":
        """What fails now, and of what was known all that was not run."""
        gone = set(self.mended(report))
        now = {
            finding.key: Known(finding.part, finding.because, finding.operation, finding.on)
            for finding in report.of(Verdict.FAILED)
        }
        return Baseline({key: known for key, known in self.known.items() if key not in gone} | now)

    def to_json(self) -> str:
        """A line for each, in order, so that versions can be compared."""
        lines = [f"  {json.dumps(key)}: {json.dumps(_said(known))}" for key, known in sorted(self.known.items())]
        body = "{\n" + ",\n".join(lines) + "\n }" if lines else "{}"
        return f'{{\n "version": {VERSION},\n "says": {json.dumps(SAYS)},\n "known": {body}\n}}\n'


def _subject(finding: Finding) -> str:
    if finding.part == "cases":
        return finding.key
    return finding.operation or (finding.key if finding.part == "fuzz" else "")


def _subject_of(key: str, known: Known) -> str:
    if known.part == "cases":
        return key
    return known.operation or (key if known.part == "fuzz" else "")


def _said(known: Known) -> dict[str, str]:
    entry = {"part": known.part, "cause": known.cause, "operation": known.operation, "on": known.on}
    return {name: value for name, value in entry.items() if value}


def read_baseline(path: Path) -> Baseline:
    """Raises `UnreadableBaseline`, and `OSError`."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(entry, dict) or "known" not in entry:
            raise ValueError("it has no 'known'")
        if entry.get("version") != VERSION:
            raise ValueError(f"version {entry.get('version')}, and {VERSION} is what is read")
        return Baseline({str(key): Known(**known) for key, known in entry["known"].items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problem = f"{path} is no baseline ({error}): --update-baseline writes one"
        raise UnreadableBaseline(problem) from error
