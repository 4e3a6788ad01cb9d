"""The part `cases` of the contract suite."""

from collections.abc import Iterator
from time import perf_counter

from ..findings import Finding, Verdict
from ..options import Options
from ..target import Target
from .preconditions import reason_to_skip
from .report import detail_of, reproduced_by, step_of
from .runner import CaseResult, calls_of, run_case

PART = "cases"


def run(target: Target, options: Options) -> Iterator[Finding]:
    """A finding for each case."""
    for case in options.cases:
        started = perf_counter()
        result = run_case(case, target)
        yield _finding(result, target, perf_counter() - started)


def describe(target: Target, options: Options) -> Iterator[str]:
    """Every call of every case, in order; what a step keeps for a later one stands there by its name."""
    for case in options.cases:
        reason = reason_to_skip(case, target)
        if reason is not None:
            yield f"not run: {case.name} ({case.file}:{case.line}): {reason}"
            continue
        yield f"{case.name} ({case.file}:{case.line})"
        yield from (f"  {line}" for line in calls_of(case, target))


def _finding(result: CaseResult, target: Target, seconds: float) -> Finding:
    case, failure = result.case, result.failure
    verdict, detail, line = Verdict.PASSED, "", case.line
    if failure is not None:
        verdict, detail, line = Verdict.FAILED, f"{step_of(failure)}\n{detail_of(failure)}", failure.line
    elif result.skipped is not None:
        verdict, detail = Verdict.SKIPPED, result.skipped
    return Finding(
        part=PART,
        name=case.name,
        verdict=verdict,
        detail=detail,
        reproduce=reproduced_by(failure) if failure else "",
        keeps=case.keeps,
        where=f"{case.file}:{line}, {target.account} {target.generation}",
        seconds=seconds,
    )
