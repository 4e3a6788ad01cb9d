"""The part `fuzz` of the contract suite: Schemathesis and the probes, reported operation by operation."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from ...domain.account import ExtensionType
from ...openapi.document import load_contract, operations
from ..cases.operation import known_operations
from ..findings import NOT_IMPLEMENTED, Finding, Verdict
from ..guard import UNLIMITED, changing_operations, sending_operations
from ..http_client import curl
from ..options import Options
from ..side_by_side import side_by_side
from ..target import Target, shown
from . import Identity, run_as, within
from .client import Client
from .engine import PASSES, NotInstalled, Outcome, Pass, selects_any
from .events import FailedCheck
from .grounding import grounding
from .mailboxes import PROBES, faults_of
from .observed import Observed
from .probes import NobodySends, Scene, probe
from .sign_in import SignInFailed

PART = "fuzz"
FUZZED_AS = (ExtensionType.USER, ExtensionType.DEPARTMENT, ExtensionType.VOICEMAIL)
SMALLER_SHARE = 0.4
"""Of the examples, for every identity after the first."""
SMALLER = Pass(("examples", "fuzzing", "stateful"), with_security=False)
"""For who comes after the first: Schemathesis's coverage is the same calls as whoever they are made."""
OF_AN_EXTENSION = ("{extensionId}", "/subscription")
"""In the paths of operations that answer a Department or a Voicemail otherwise than a User."""
ONCE = ("--parts", PART, "--quick")
QUICK = "--quick leaves it out"
IN_MAILBOXES = ("createSMSMessage", "createInternalTextMessage", "listMessages", "readMessage", "updateMessage")
SHARED = ("API accepts", "API rejected", "Undocumented", "Unsupported method", "Missing", "Ignored auth")
"""How the titles of checks begin whose failures have one cause, whichever operation they are met at."""
MAX_MESSAGE_LINES = 12
MAX_ANSWER = 300


def run(target: Target, options: Options) -> Iterator[Finding]:
    """A finding for each probe; then for each operation one for each kind of failure, or a passed one."""
    if not options.operations or not set(sending_operations()).isdisjoint(options.operations):
        yield _probed(target, options.not_implemented)
        yield from _looked_for_in_mailboxes(target, options.not_implemented)
    if options.is_quick:
        yield Finding(PART, "Schemathesis", Verdict.SKIPPED, detail=QUICK, where=_where(target))
        return
    jobs = _jobs(target, options)
    ended: dict[int, Outcome] = {}
    unfit: dict[str, Finding] = {}
    stop = options.stop.within()
    lanes = [partial(_passes, lane, target, replace(options, stop=stop)) for lane in _lanes(jobs, target)]
    try:
        for job, outcome in side_by_side(lanes, stop) if lanes else ():
            if isinstance(outcome, Finding):
                unfit.setdefault(outcome.name, outcome)
                continue
            ended[jobs.index(job)] = outcome
            options.reached(len(ended) / len(jobs))
    except NotInstalled as error:
        yield Finding(PART, "Schemathesis", Verdict.SKIPPED, detail=str(error), where=_where(target))
        return
    yield from unfit.values()
    met = _Met()
    for _, outcome in sorted(ended.items()):
        met.add(outcome)
    yield from _findings(met, target, options)


class _Job(NamedTuple):
    """One pass as one identity."""

    identity: Identity
    single: Pass
    operations: tuple[str, ...]


def _jobs(target: Target, options: Options) -> list[_Job]:
    """What Schemathesis does, in the order in which it reports it."""
    chosen = passes_of(identities(target, options.identities), options, target.limits.max_messages is None)
    jobs = []
    for place, (identity, passes) in enumerate(chosen.items()):
        for single in passes:
            is_other = place > 0 and single is SMALLER and not options.identities
            operations = _of_others(options.operations) if is_other else options.operations
            is_empty = is_other and not operations
            if not is_empty and selects_any(operations, target.limits, single):
                jobs.append(_Job(identity, single, operations))
    return jobs


def _of_others(chosen: tuple[str, ...]) -> tuple[str, ...]:
    """Of these operations, or of all, those of one extension: what others do is not the same for a Department."""
    own = (name for name, known in known_operations().items() if any(sign in known.path for sign in OF_AN_EXTENSION))
    return tuple(name for name in own if not chosen or name in chosen)


def _lanes(jobs: Sequence[_Job], target: Target) -> list[Sequence[_Job]]:
    """What runs side by side: where each pass has a world of its own the longest, and beside it the others."""
    if not target.has_worlds or target.limits != UNLIMITED or len(jobs) < 2:
        return [jobs] if jobs else []
    return [jobs[:1], jobs[1:]]


def _passes(jobs: Iterable[_Job], target: Target, options: Options) -> Iterator[tuple[_Job, Outcome | Finding]]:
    """How each ended; the passes of who cannot sign in are left out. Raises `NotInstalled` and `NoAnswer`."""
    unfit: set[Identity] = set()
    for job in jobs:
        if job.identity in unfit or options.stop.is_set:
            continue
        phases = " and ".join(job.single.phases)
        options.trace(f"Schemathesis on {target.account} {target.generation} as {job.identity.number}: {phases}")
        try:
            outcome, _ = run_as(
                job.identity,
                target.url,
                target.template,
                job.single,
                seed=options.seed,
                examples=options.examples,
                operations=job.operations,
                reports=_folder(options.reports, target),
                target=target,
                say=options.trace,
                stop=options.stop,
            )
        except SignInFailed as error:
            unfit.add(job.identity)
            yield job, _unfit(target, job.identity, str(error))
            continue
        yield job, outcome


def passes_of(chosen: Sequence[Identity], options: Options, is_free: bool = True) -> dict[Identity, Sequence[Pass]]:
    """What Schemathesis does as whom: as the first everything, unless that is done elsewhere; as others the random.

    Where messages are counted (not `is_free`) the random sends none, and everyone does everything.
    """
    if not chosen:
        return {}
    first, *others = chosen
    if options.is_smaller:
        return {replace(first, share=SMALLER_SHARE): (SMALLER,)}
    return {first: PASSES} | dict.fromkeys(others, (SMALLER,) if is_free else PASSES)


def describe(target: Target, options: Options) -> Iterator[str]:
    """What `run` would send, and to whom: lines for a person."""
    limits = target.limits
    chosen = identities(target, options.identities)
    yield f"fuzz on {target.url}, {target.account} {target.generation}: calls that are generated during the run"
    yield f"  as {', '.join(identity.number for identity in chosen)}, seed {options.seed}"
    yield f"  operations: {', '.join(fuzzed_operations(target, options))}"
    for identity in chosen:
        account = within(target.guard, grounding(target.template, identity.number, ""))
        yield f"  as {identity.number}, {max(1, round(options.examples * identity.share))} examples for each operation"
        yield f"    SMS from {_listed(account.sms_from)} to {_listed(n for numbers in account.sms_to for n in numbers)}"
        yield f"    pages to {_listed(n for numbers in account.page_to for n in numbers)}"
    bound = "without a bound" if limits.max_messages is None else f"to {limits.max_messages} recipients at the most"
    yield f"  messages {bound}, {'to any number' if limits.numbers is None else 'to no other number'}"


def _probed(target: Target, not_implemented: Sequence[str]) -> Finding:
    name = "Every documented refusal of the sending operations is met"
    started = perf_counter()
    try:
        faults = probe(
            target.url,
            target.template,
            Observed(),
            watcher=target.watcher,
            guard=target.guard,
            connection=target.connection,
        )
        faults = [fault for fault in faults if fault.partition(" ")[0] not in not_implemented]
    except NobodySends as lack:
        return Finding(PART, name, Verdict.SKIPPED, str(lack), where=_where(target))
    except SignInFailed as error:
        faults = [str(error)]
    verdict, seconds = Verdict.FAILED if faults else Verdict.PASSED, perf_counter() - started
    return Finding(PART, name, verdict, "\n".join(faults), where=_where(target), seconds=seconds, again=ONCE)


def _looked_for_in_mailboxes(target: Target, not_implemented: Sequence[str]) -> Iterator[Finding]:
    needed = [name for name in IN_MAILBOXES if name in not_implemented]
    if needed:
        for made in PROBES:
            yield Finding(PART, made.name, Verdict.SKIPPED, f"{NOT_IMPLEMENTED}{needed[0]}", keeps=made.keeps)
        return
    with Client(target.url, target.watcher, target.guard, target.connection) as client:
        scene = Scene(client, target.template)
        for made in PROBES:
            started = perf_counter()
            try:
                faults = faults_of(made, scene)
            except NobodySends as lack:
                yield Finding(PART, made.name, Verdict.SKIPPED, str(lack), keeps=made.keeps, where=_where(target))
                continue
            except SignInFailed as error:
                faults = [str(error)]
            verdict, seconds = Verdict.FAILED if faults else Verdict.PASSED, perf_counter() - started
            text = "\n".join(faults)
            where = _where(target)
            yield Finding(PART, made.name, verdict, text, keeps=made.keeps, where=where, seconds=seconds, again=ONCE)


def identities(target: Target, numbers: Sequence[str] = ()) -> list[Identity]:
    """The identities: these, otherwise the first User, Department and Voicemail that can sign in; the first one in
    full.
    """
    chosen = list(numbers) or list(_one_of_each_type(target))
    return [Identity(number, 1.0 if place == 0 else SMALLER_SHARE) for place, number in enumerate(chosen)]


def _one_of_each_type(target: Target) -> Iterator[str]:
    known = target.template.credentials
    able = [e for e in target.template.account.extensions.values() if e.can_log_in and e.number in known]
    for kind in FUZZED_AS:
        yield from (e.number for e in [e for e in able if e.type is kind][:1])


@dataclass(slots=True)
class _Met:
    """The observations of all runs of Schemathesis on a target."""

    failed: dict[tuple[str, str], FailedCheck] = field(default_factory=dict)
    seen_as: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    tested: dict[str, None] = field(default_factory=dict)
    errors: dict[str, None] = field(default_factory=dict)
    calls: int = 0
    seconds: float = 0.0
    passes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.passes.append(outcome)
        self.calls += outcome.cases
        self.seconds += outcome.seconds
        self.tested |= dict.fromkeys(outcome.tested)
        self.errors |= dict.fromkeys(outcome.errors)
        for failed in outcome.failed_checks:
            kind = failed.operation, failed.title
            known = self.failed.get(kind)
            self.failed[kind] = failed if known is None else replace(known, count=known.count + failed.count)
            seen_as = self.seen_as.setdefault(kind, [])
            if outcome.identity not in seen_as:
                seen_as.append(outcome.identity)


def _findings(met: _Met, target: Target, options: Options) -> Iterator[Finding]:
    names = {f"{method.upper()} {path}": found["operationId"] for method, path, found in operations(load_contract())}
    broken = {operation for operation, _ in met.failed}
    seconds = met.seconds / max(1, len(met.tested))
    for error in met.errors:
        yield Finding(PART, f"Schemathesis: {error}", Verdict.FAILED, _SEE_OUTPUT, where=_where(target))
    for kind, failed in met.failed.items():
        name = names.get(failed.operation, failed.operation)
        yield _failure(failed, name, met.seen_as[kind], target, options)
    for operation, name in names.items():
        if operation in met.tested and operation not in broken:
            sentence = f"{name} keeps the contract"
            yield Finding(PART, sentence, Verdict.PASSED, where=_where(target), seconds=seconds, operation=name)
    if target.guard is not None:
        for reason, count in target.guard.refused.items():
            yield Finding(PART, f"{count} calls were not made", Verdict.SKIPPED, reason, where=_where(target))


_SEE_OUTPUT = "Schemathesis's own output says more; --report FOLDER keeps it"


def _failure(failed: FailedCheck, name: str, seen_as: Sequence[str], target: Target, options: Options) -> Finding:
    message = failed.message.splitlines()
    lines = message[:MAX_MESSAGE_LINES]
    if len(message) > MAX_MESSAGE_LINES:
        lines.append("...")
    reproduce = []
    if failed.exchange is not None:
        answer = failed.exchange.answer
        lines += ["", f"answer: {answer.status} {answer.text[:MAX_ANSWER]}"]
        reproduce.append(curl(target.url, shown(target, failed.exchange.request)))
    reproduce.append(_again(name, seen_as[0], target, options))
    times = f"{failed.count} call{'s' if failed.count > 1 else ''}"
    return Finding(
        part=PART,
        name=f"{name}: {failed.title}",
        verdict=Verdict.FAILED,
        detail="\n".join(lines),
        reproduce="\n".join(reproduce),
        where=f"{_where(target)}; {times}, as {' and '.join(seen_as)}",
        cause=failed.title if failed.title.startswith(SHARED) else "",
        operation=name,
        again=("--parts", PART, "--operation", name, "--as", seen_as[0]),
    )


def _again(name: str, number: str, target: Target, options: Options) -> str:
    """The command that makes Schemathesis reproduce it."""
    words = ["ringmock", "contract", "--parts", "fuzz", "--operation", name, "--as", number]
    words += ["--seed", str(options.seed), "--examples", str(options.examples)]
    words += ["--generation", target.generation, "--fixture", options.fixture]
    ca = target.connection.ca
    if not target.is_own:
        words += ["--url", target.url, *([] if ca is None else ["--ca", str(ca)])]
    return shlex.join(words)


def _unfit(target: Target, identity: Identity, reason: str) -> Finding:
    return Finding(PART, f"Fuzzing as {identity.number}", Verdict.FAILED, reason, where=_where(target))


def _where(target: Target) -> str:
    return f"{target.account} {target.generation}"


def _folder(reports: Path | None, target: Target) -> Path | None:
    """The folder of Schemathesis's own reports about a target."""
    if reports is None:
        return None
    folder = reports / "schemathesis" / f"{target.account}-{target.generation}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fuzzed_operations(target: Target, options: Options) -> list[str]:
    """The operationIds that are called."""
    left_out = [] if target.limits.may_change else changing_operations()
    every = [found["operationId"] for _, _, found in operations(load_contract())]
    return [name for name in options.operations or every if name not in left_out]


def _listed(numbers: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(numbers)) or "nobody"
