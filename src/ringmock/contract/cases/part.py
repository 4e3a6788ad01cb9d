"""The part `cases` of the contract suite."""

from collections.abc import Iterator
from time import perf_counter

from ..findings import Finding, Verdict
from ..http_client import NoAnswer
from ..options import Options
from ..target import Target
from .causes import cause_of, is_behaviour, operation_of_failure
from .preconditions import prepared
from .report import compared, detail_of, reproduced_by, step_of
from .runner import CaseResult, calls_of, run_prepared

PART = "cases"
MAX_SILENT = 3
"""Consecutive cases without an answer after which the run ends: each may have waited long."""


def run(target: Target, options: Options) -> Iterator[Finding]:
    """A finding for each case. Raises `NoAnswer` when several consecutive cases get no answer."""
    silent = 0
    ready = options.prepared or [prepared(case, target) for case in options.cases]
    for place, case in enumerate(ready):
        options.reached(place / len(ready))
        if options.stop.is_set:
            return
        started = perf_counter()
        result = run_prepared(case, target)
        yield _finding(result, target, perf_counter() - started)
        if result.skipped is None:
            silent = silent + 1 if result.is_unanswered else 0
        if silent == MAX_SILENT:
            raise NoAnswer(f"no answer from {target.url} to {MAX_SILENT} cases, one after the other")


def describe(target: Target, options: Options) -> Iterator[str]:
    """Every call of every case, in order, with names for kept values."""
    for each in options.cases:
        case, reason = prepared(each, target)
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
        group=case.group_name,
        cause=cause_of(case, failure) if failure else "",
        operation=operation_of_failure(case, failure) if failure else case.operation or "",
        is_behaviour=is_behaviour(failure) if failure else False,
        compared=compared(failure) if failure else (),
        again=("--parts", PART, "--only", case.name),
        where=f"{case.file}:{line}, {target.account} {target.generation}",
        seconds=seconds,
    )
