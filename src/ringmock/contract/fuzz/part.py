"""The part `fuzz` of the contract suite."""

from collections.abc import Iterator, Sequence
from time import perf_counter

from ...domain.account import ExtensionType
from ..findings import Finding, Verdict
from ..options import Options
from ..target import Target
from . import Identity, run_as
from .engine import PASSES, Outcome
from .observed import Observed
from .probes import probe

PART = "fuzz"
FUZZED_AS = (ExtensionType.USER, ExtensionType.DEPARTMENT, ExtensionType.VOICEMAIL)
SMALLER_SHARE = 0.2
"""Of the examples, for every identity after the first."""


def run(target: Target, options: Options) -> Iterator[Finding]:
    """A finding for the probes, and one for each start of Schemathesis: each identity, each of its passes."""
    where = f"{target.account} {target.generation}"
    started = perf_counter()
    faults = probe(target.url, target.template, Observed())
    yield Finding(
        part=PART,
        name="Every documented refusal of the sending operations is met",
        verdict=Verdict.FAILED if faults else Verdict.PASSED,
        detail="\n".join(faults),
        where=where,
        seconds=perf_counter() - started,
    )
    for identity in identities(target, options.identities):
        for single in PASSES:
            outcome, _ = run_as(
                identity, target.url, target.template, single, seed=options.seed, examples=options.examples
            )
            yield _finding(outcome, where)


def identities(target: Target, numbers: Sequence[str] = ()) -> list[Identity]:
    """Whom to fuzz as: these, else the first User, Department and Voicemail that can sign in; the first one whole."""
    chosen = list(numbers) or list(_one_of_each_type(target))
    return [Identity(number, 1.0 if place == 0 else SMALLER_SHARE) for place, number in enumerate(chosen)]


def _one_of_each_type(target: Target) -> Iterator[str]:
    able = [e for e in target.template.account.extensions.values() if e.can_log_in]
    for kind in FUZZED_AS:
        yield from (e.number for e in [e for e in able if e.type is kind][:1])


def _finding(outcome: Outcome, where: str) -> Finding:
    phases = " and ".join(outcome.phases)
    return Finding(
        part=PART,
        name=f"{phases} as {outcome.identity}, seed {outcome.seed}: {outcome.cases} calls",
        verdict=Verdict.FAILED if outcome.failures else Verdict.PASSED,
        detail=outcome.output if outcome.failures else "",
        where=where,
        seconds=outcome.seconds,
    )
