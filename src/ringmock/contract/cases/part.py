"""The part `cases` of the contract suite."""

from collections.abc import Iterator
from time import perf_counter

from ..findings import Finding, Verdict
from ..options import Options
from ..target import Target
from .report import detail_of, reproduced_by
from .runner import CaseResult, run_case

PART = "cases"


def run(target: Target, options: Options) -> Iterator[Finding]:
    """A finding for each case that is about the target's account and generation."""
    for case in options.cases:
        if (case.account, case.generation) == (target.account, target.generation):
            started = perf_counter()
            result = run_case(case, target)
            yield _finding(result, target, perf_counter() - started)


def _finding(result: CaseResult, target: Target, seconds: float) -> Finding:
    case, failure = result.case, result.failure
    line = failure.line if failure else case.line
    return Finding(
        part=PART,
        name=case.name,
        verdict=Verdict.FAILED if failure else Verdict.PASSED,
        detail=detail_of(failure) if failure else "",
        reproduce=reproduced_by(failure) if failure else "",
        keeps=case.keeps,
        where=f"{case.file}:{line}, {target.account} {target.generation}",
        seconds=seconds,
    )
