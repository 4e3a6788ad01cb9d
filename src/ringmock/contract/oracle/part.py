"""The part `stateful` of the contract suite."""

from collections.abc import Iterator
from functools import partial
from time import perf_counter

from ..findings import Finding, Verdict
from ..guard import NotSent
from ..http_client import NoAnswer
from ..options import Options
from ..target import Target
from .caller import Caller, CannotStart
from .failure_report import commands, name_of, report_text
from .runner import Disagreement, RunCounts
from .shrinking import done_again, shortest

PART = "stateful"
CALLED = (
    *("createSMSMessage", "createInternalTextMessage", "listMessages", "readMessage", "readMessageContent"),
    *("listExtensions", "listDepartmentMembers", "assignMultipleDepartmentMembers"),
)
"""The operations that it cannot do without."""
MISSING = "Hypothesis is not installed: pip install 'ringmock[contract]'"


def run(target: Target, options: Options) -> Iterator[Finding]:
    """One finding: the shortest run with a disagreement, or a summary without one.

    The same seed, runs and steps give the same calls at the same server.
    """
    started = perf_counter()
    counts = RunCounts()
    try:
        disagreement = explored(target, options, counts)
    except (CannotStart, NoAnswer, ModuleNotFoundError) as error:
        detail = MISSING if isinstance(error, ModuleNotFoundError) else str(error)
        yield _finding(target, "the state machine starts", Verdict.FAILED, started, detail=detail)
        return
    except NotSent as refusal:
        name = f"seed {options.seed}: all mailboxes agreed for {counts.steps} steps"
        yield _finding(target, name, Verdict.SKIPPED, started, detail=f"stopped there: {refusal}")
        return
    if disagreement is None:
        name = f"seed {options.seed}: {counts.runs} runs, {counts.steps} steps, and all mailboxes agreed after each"
        yield _finding(target, name, Verdict.PASSED, started, detail=summary(counts), keeps=_exercised(counts))
        return
    yield _finding(
        target,
        f"seed {options.seed}, {name_of(disagreement)}",
        Verdict.FAILED,
        started,
        detail=report_text(disagreement),
        reproduce=commands(disagreement),
        keeps=disagreement.rules,
    )


def describe(target: Target, options: Options) -> Iterator[str]:
    """What `run` would send, and to whom: lines for a person."""
    account = target.template.account
    where = f"{target.account} {target.generation}"
    yield f"stateful on {target.url}, {where}: {options.runs} runs of {options.steps} steps"
    yield f"  as every extension that can log in, of {', '.join(account.extensions)}, seed {options.seed}"
    yield f"  pages to these, SMS to {', '.join((*account.phone_numbers, *account.handsets))}"
    yield "  Departments change their members, and have their own again at the end"


def explored(target: Target, options: Options, counts: RunCounts) -> Disagreement | None:
    """Run the machine; returns the shortest run with a disagreement, None without one.

    Raises `ModuleNotFoundError` without Hypothesis, `CannotStart` and `NoAnswer` when no extension can sign in.
    """
    from .machine import explore

    with target.client() as client:
        caller = Caller(client, target)
        try:
            failure = explore(caller, counts, seed=options.seed, runs=options.runs, steps=options.steps)
        finally:
            caller.put_back()
        if failure is None or not caller.has_world:  # what was sent elsewhere is not sent again and again
            return failure
        return shortest(failure, partial(done_again, caller))


def summary(counts: RunCounts) -> str:
    """A summary in two lines: answers by status and code, and how often each rule was tested."""
    answers = ", ".join(f"{count}x {answer}" for answer, count in counts.answers.most_common())
    rules = ", ".join(f"{rule} {counts.rules[rule]}x" for rule in _exercised(counts))
    return f"answers: {answers}\nrules: {rules}"


def _exercised(counts: RunCounts) -> tuple[str, ...]:
    return tuple(sorted(counts.rules, key=lambda rule: (rule[0] != "R", rule)))


def _finding(
    target: Target,
    name: str,
    verdict: Verdict,
    started: float,
    *,
    detail: str,
    reproduce: str = "",
    keeps: tuple[str, ...] = (),
) -> Finding:
    return Finding(
        part=PART,
        name=name,
        verdict=verdict,
        detail=detail,
        reproduce=reproduce,
        keeps=keeps,
        where=f"{target.account} {target.generation}",
        seconds=perf_counter() - started,
        again=("--parts", PART),
    )
