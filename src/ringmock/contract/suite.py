"""A whole run of the contract suite: the servers, the parts for each, and one report."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter

from ..coverage.collector import CoverageCollector
from ..coverage.exercised import Exercised
from ..coverage.items import Coverage, coverage
from ..coverage.schemas import SchemaCoverage
from ..domain.generation import GENERATIONS
from ..fixture import bundled_names, load_named
from ..fixture.shape import nearest
from ..openapi.document import load_contract
from ..world.template import Template
from .cases import Case, CaseFileError, bundled_cases, load_cases
from .cases.binding import bind
from .cases.homes import homes_of
from .cases.operation import operations_by_id
from .cases.preconditions import prepared, unknown_extensions
from .findings import NOT_IMPLEMENTED, Finding, Verdict
from .guard import Guard, Limits, NotSent, named_in, seconds_between
from .http_client import PLAIN, ConnectionOptions, Exchange, NoAnswer, Watcher
from .options import Options
from .oracle.part import CALLED
from .parts import PARTS, described, most_messages
from .preflight import Preflight, goes_on_answering, preflight
from .progress import Progress
from .report.causes import PREFLIGHT
from .screen import Planned, planned, screen
from .selection import Selection, WrongUse, files_in, operations_in
from .side_by_side import side_by_side
from .target import Target, is_on_this_machine, remote, with_secrets, with_sign_ins
from .traffic import Onlooker, SchemaOnlooker

MAX_MESSAGES_ELSEWHERE = 25
RATE_ELSEWHERE = "40/m"
"""RingCentral's own limit of its medium group of calls, in which most of these are."""
PATIENCE_ELSEWHERE = 10.0
QUICK_RUNS, QUICK_STEPS = 5, 20
QUICK_OPERATIONS = ("createSMSMessage", "createInternalTextMessage", "listMessages", "readMessage")
"""Of cases that are written for every operation those these find the most faults, beside the first of each."""
EVERY_OPERATION = "all"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The options of a run. None means what suits the server."""

    url: str | None = None
    connection: ConnectionOptions = PLAIN
    fixture: str | None = None
    generation: str | None = None
    parts: tuple[str, ...] = tuple(PARTS)
    cases: tuple[Path, ...] = ()
    """Files and folders of cases, beside the bundled ones."""
    selection: Selection = field(default_factory=Selection)
    is_mine: bool = False
    """Whether to leave out the bundled cases."""
    is_quick: bool = False
    """Whether to do only what finds the most in half a minute."""
    require: tuple[str, ...] = ()
    """Operations that the server has to have: operationIds, or `all`."""
    any_number: bool = False
    max_messages: int | None = None
    rate: str | None = None
    may_change: bool | None = None
    with_coverage: bool = False
    """Whether what is exercised is counted."""
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Errand:
    """Parts that are run on one server."""

    template: Template
    parts: tuple[str, ...]
    cases: tuple[Case, ...]
    url: str | None = None
    """Where the server is; None for one that is started for it."""
    is_further: bool = False
    """Whether it is about a generation beside the first, of the same account."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """An errand whose server has been looked at, and what each of its parts is to do."""

    found: Preflight
    parts: tuple[tuple[str, Options], ...]
    skipped: tuple[Finding, ...]
    plans: tuple[Planned, ...] = ()
    """What each of the parts will run."""

    @property
    def on(self) -> str:
        return f"{self.found.target.account} {self.found.target.generation}"


OwnTargetMaker = Callable[[Template, Watcher | None, CoverageCollector | None], AbstractContextManager[Target]]
"""Starts a server of ringmock's own for the time of the context."""


class Run:
    """The runs to do, after all preconditions are checked. `watcher` gets all traffic."""

    def __init__(
        self,
        wanted: RunRequest,
        environment: Mapping[str, str],
        watcher: Watcher | None = None,
        own_target: OwnTargetMaker | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Raises `WrongUse`, `FixtureError` and `CaseFileError`."""
        if wanted.url is None and own_target is None:
            raise WrongUse("no server to test is named: give its URL")
        self.wanted, self._own_target = wanted, own_target
        self.progress = progress or Progress()
        self.seconds: dict[str, float] = {}
        """How long each part took, of all servers together; when `findings` is through."""
        self._collectors: list[CoverageCollector] = []
        self._onlooker: Onlooker | None = None
        if wanted.connection.ca is not None and wanted.url is None:
            raise WrongUse("--ca is about the certificate of the server that --url names: name one")
        _check_parts(wanted.parts)
        if wanted.is_mine and not wanted.cases:
            raise WrongUse("--mine runs your cases alone, and there are none: name them by --cases")
        if wanted.rate is not None:
            _check_rate(wanted.rate)
        template = load_named(wanted.fixture or "demo", generation=wanted.generation)
        if wanted.url is not None:
            template = with_secrets(template, environment)
        _check_operations([*wanted.selection.operations, *(set(wanted.require) - {EVERY_OPERATION})])
        _check_identities(wanted.options.identities, template)
        self.options = _options(wanted)
        self.errands, self._left_out = _errands(wanted, template, _chosen(wanted, _cases(wanted, template)))
        self._watcher = watcher
        if wanted.with_coverage and wanted.url is not None:
            self._onlooker = Onlooker(template.generation)
            self._watcher = _both(self._onlooker, self._watcher)
        self._schemas = SchemaOnlooker() if wanted.with_coverage else None
        if self._schemas is not None:
            self._watcher = _both(self._schemas, self._watcher)

    @property
    def schemas(self) -> SchemaCoverage | None:
        """Which schemas the traffic exercised, when `findings` is through; None where it was not to be counted."""
        return None if self._schemas is None else self._schemas.coverage

    @property
    def coverage(self) -> Coverage | None:
        """What was exercised, when `findings` is through; None where it was not to be counted.

        By a server's own record when it is ours, by the traffic when it is not.
        """
        if not self.wanted.with_coverage:
            return None
        counting = [self._onlooker] if self._onlooker is not None else self._collectors
        met = Exercised.sum(each.exercised for each in counting if each.exercised is not None)
        return coverage(met, {errand.template.generation for errand in self.errands})

    def findings(self) -> Iterator[Finding]:
        """Run everything; each finding as soon as it is there. Raises `NoAnswer` for a server that is not there."""
        with contextlib.ExitStack() as servers:
            ready = [self._ready(errand, servers.enter_context(self._target(errand))) for errand in self.errands]
            for one in ready:
                self._say_what_is_to_come(one)
                yield from one.skipped
            lanes = _lanes([(one, part, options) for one in ready for part, options in one.parts])
            yield from side_by_side([partial(self._lane, lane) for lane in lanes], self.options.stop) if lanes else ()
        for case in self._left_out:
            reason = f"it is about the generation {case.generation}, and the run is not"
            yield Finding("cases", case.name, Verdict.SKIPPED, reason, keeps=case.keeps)

    def dry(self) -> Iterator[str]:
        """What `findings` would send, line by line; sends only the question whether the server is a ringmock."""
        for errand in self.errands:
            with self._target(errand, is_dry=True) as target:
                for part in errand.parts:
                    yield from described(part, target, replace(self.options, cases=errand.cases))
                    yield ""

    # --- what is to come ---------------------------------------------------------------------------

    def _ready(self, errand: Errand, target: Target) -> _Ready:
        found = preflight(target, _called_by(errand, self.options))
        if found.failure is not None:
            return _Ready(found, (), (replace(found.failure, on=f"{target.account} {target.generation}"),))
        on = f"{target.account} {target.generation}"
        skipped = [*_without_what_is_needed(errand, found, on), *_required(self.wanted.require, found, on)]
        lacking = set(found.not_implemented)
        cases = tuple(case for case in errand.cases if not operations_in(case) & lacking)
        parts, plans = [], []
        for part in errand.parts:
            options = self._options_of(part, cases, errand, found)
            reason = _reason_to_skip(part, found.target, options, lacking)
            if reason is None:
                parts.append((part, options))
                plans.append(planned(part, found, options))
                self.progress.plan(f"{part} {on}", plans[-1].seconds)
            else:
                name = f"The whole of {part}"
                skipped.append(Finding(part, name, Verdict.SKIPPED, reason, where=on, on=on))
        return _Ready(found, tuple(parts), tuple(skipped), tuple(plans))

    def _options_of(self, part: str, cases: tuple[Case, ...], errand: Errand, found: Preflight) -> Options:
        job = f"{part} {errand.template.name} {errand.template.generation}"
        return replace(
            self.options,
            cases=cases,
            prepared=tuple(prepared(case, found.target) for case in cases) if part == "cases" else (),
            operations=self.wanted.selection.fuzzed(found.not_implemented),
            not_implemented=found.not_implemented,
            is_smaller=errand.is_further and not self.options.identities,
            reached=partial(self.progress.report, job),
        )

    def _say_what_is_to_come(self, ready: _Ready) -> None:
        if ready.found.failure is None:
            against = [
                (finding.part, finding.detail) for finding in ready.skipped if finding.name.startswith("The whole")
            ]
            for line in screen(ready.found, ready.plans, against):
                self.options.say(line)

    # --- what is done ------------------------------------------------------------------------------

    def _lane(self, jobs: Sequence[tuple[_Ready, str, Options]]) -> Iterator[Finding]:
        for ready, part, options in jobs:
            yield from self._reported(part, ready, options)

    def _reported(self, part: str, ready: _Ready, options: Options) -> Iterator[Finding]:
        target, job = ready.found.target, f"{part} {ready.on}"
        options.say(f"{part} on {target.url}, account {target.account}, generation {target.generation}")
        started, verdicts = perf_counter(), dict.fromkeys(Verdict, 0)
        causes: set[str] = set()
        self.progress.start(job)
        for finding in _findings(part, target, options):
            verdicts[finding.verdict] += 1
            if finding.failed and finding.because not in causes:
                causes.add(finding.because)
                options.say(f"  FAILED {finding.name}")
            yield replace(finding, on=ready.on)
        self.progress.end(job)
        took = perf_counter() - started
        self.seconds[part] = self.seconds.get(part, 0.0) + took
        counts = ", ".join(f"{count} {verdict.lower()}" for verdict, count in verdicts.items())
        options.say(f"  {part}: {counts}, {took:.1f} s")

    @contextlib.contextmanager
    def _target(self, errand: Errand, *, is_dry: bool = False) -> Iterator[Target]:
        if errand.url is not None:
            target = remote(errand.url, errand.template, self._watcher, self.wanted.connection)
            yield self._guarded(target)
        elif is_dry or self._own_target is None:
            yield Target("http://127.0.0.1:PORT", with_sign_ins(errand.template), has_worlds=True)
        else:
            with self._own_target(errand.template, self._watcher, self._new_collector()) as target:
                yield target

    def _new_collector(self) -> CoverageCollector | None:
        """What counts at a server of ours; None where nothing is to be counted."""
        if not self.wanted.with_coverage:
            return None
        self._collectors.append(CoverageCollector())
        self._collectors[-1].start()
        return self._collectors[-1]

    def _guarded(self, target: Target) -> Target:
        """The target with suitable limits; none on a ringmock that opens worlds, unless the user gave some."""
        wanted, is_near = self.wanted, target.has_worlds or is_on_this_machine(target.url)
        limits = Limits(
            numbers=None if target.has_worlds or wanted.any_number else named_in(target.template),
            max_messages=wanted.max_messages if wanted.max_messages is not None or is_near else MAX_MESSAGES_ELSEWHERE,
            rate=wanted.rate if wanted.rate is not None or is_near else RATE_ELSEWHERE,
            may_change=is_near if wanted.may_change is None else wanted.may_change,
        )
        return replace(target, guard=Guard(limits), patience=0.0 if is_near else PATIENCE_ELSEWHERE)


def _both(first: Watcher, second: Watcher | None) -> Watcher:
    if second is None:
        return first

    def received(exchange: Exchange) -> None:
        first(exchange)
        second(exchange)

    return received


def _findings(part: str, target: Target, options: Options) -> Iterator[Finding]:
    """What a part finds; as far as it comes, where what it sends is limited."""
    try:
        yield from PARTS[part](target, options)
    except NotSent as refusal:
        where = f"{target.account} {target.generation}"
        yield Finding(part, f"The whole of {part}", Verdict.SKIPPED, str(refusal), where=where)
    except NoAnswer as error:
        yield goes_on_answering(target, part, error)


def _lanes(jobs: Sequence[tuple[_Ready, str, Options]]) -> list[list[tuple[_Ready, str, Options]]]:
    """What runs side by side: where every part has a world of its own, each fuzz, and beside them everything else."""
    alone = all(ready.found.target.has_worlds and ready.found.target.limits == Limits() for ready, _, _ in jobs)
    if not alone:
        return [list(jobs)]
    is_fuzz = [part == "fuzz" and not options.is_quick for _, part, options in jobs]
    rest = [job for job, is_long in zip(jobs, is_fuzz, strict=True) if not is_long]
    lanes = [[job] for job, is_long in zip(jobs, is_fuzz, strict=True) if is_long]
    return [*lanes, rest] if rest else lanes


def _called_by(errand: Errand, options: Options) -> set[str]:
    """The operations that the parts of an errand would call."""
    found: set[str] = set().union(*(operations_in(case) for case in errand.cases)) if errand.cases else set()
    if "fuzz" in errand.parts:
        found |= set(options.operations or operations_by_id(load_contract()))
    return found | set(CALLED) if "stateful" in errand.parts else found


def _without_what_is_needed(errand: Errand, found: Preflight, on: str) -> Iterator[Finding]:
    """A skipped finding for each case that calls an operation which the server has not."""
    lacking = set(found.not_implemented)
    for case in errand.cases:
        missing = sorted(operations_in(case) & lacking)
        if missing:
            reason = f"{NOT_IMPLEMENTED}{missing[0]}"
            where = f"{case.file}:{case.line}, {on}"
            yield Finding("cases", case.name, Verdict.SKIPPED, reason, keeps=case.keeps, where=where, on=on)


def _required(names: Iterable[str], found: Preflight, on: str) -> Iterator[Finding]:
    """A failure for each operation that has to be there and is not."""
    names = set(names)
    for name in found.not_implemented:
        if name in names or EVERY_OPERATION in names:
            yield Finding(
                PREFLIGHT,
                f"{name} is implemented",
                Verdict.FAILED,
                f"{found.target.url} answers it as what nobody has, and --require asks for it",
                where=on,
                on=on,
                cause="Required operations are not implemented",
                operation=name,
            )


def _reason_to_skip(part: str, target: Target, options: Options, lacking: Iterable[str]) -> str | None:
    """The state machine cannot leave out a step: its model would no longer know what is there."""
    limits, most = target.limits, most_messages(options)
    missing = [name for name in CALLED if name in lacking]
    if part == "fuzz" and not options.operations and lacking:
        return f"{NOT_IMPLEMENTED}every operation that is asked for"
    if part != "stateful":
        return None
    if missing:
        return f"{NOT_IMPLEMENTED}{missing[0]}"
    if not limits.may_change:
        return "it changes who is in a Department, and deletes; --may-change lets it"
    if limits.max_messages is not None and limits.max_messages < most:
        return f"it may send {most} messages, --runs times --steps, and no more than {limits.max_messages} may be sent"
    return None


def _options(wanted: RunRequest) -> Options:
    """What the parts are to do, as far as it is the same on every server."""
    options = replace(wanted.options, fixture=wanted.fixture or "demo", operations=wanted.selection.fuzzed(()))
    if not wanted.is_quick:
        return options
    runs, steps = min(options.runs, QUICK_RUNS), min(options.steps, QUICK_STEPS)
    return replace(options, is_quick=True, runs=runs, steps=steps)


def _chosen(wanted: RunRequest, cases: Sequence[Case]) -> tuple[Case, ...]:
    """The cases that are wanted; by `--quick` of one entry for every operation a few. Raises `WrongUse`."""
    wanted.selection.check(cases, PARTS)
    taken = (case for case in cases if wanted.selection.takes(case))
    return tuple(case for case in taken if not wanted.is_quick or case.is_first or case.operation in QUICK_OPERATIONS)


def _check_parts(parts: Iterable[str]) -> None:
    for part in parts:
        if part not in PARTS:
            raise WrongUse(f"{part!r} is no part of the suite: it has {', '.join(PARTS)}")


def _check_rate(rate: str) -> None:
    try:
        seconds_between(rate)
    except ValueError as error:
        raise WrongUse(str(error)) from error


def _check_operations(names: Iterable[str]) -> None:
    known = operations_by_id(load_contract())
    for name in names:
        if name not in known:
            close = nearest(name, known)
            raise WrongUse(
                f"{name!r} is no operationId of openapi.yaml" + (f": did you mean {close!r}?" if close else "")
            )


def _check_identities(numbers: Iterable[str], template: Template) -> None:
    for number in numbers:
        if number not in template.account.extensions:
            known = ", ".join(template.account.extensions)
            raise WrongUse(f"{number!r} is no extension of {template.name}: it has {known}")


def _cases(wanted: RunRequest, template: Template) -> tuple[Case, ...]:
    """The bundled cases and the user's; a user's case without a generation has the fixture's."""
    if "cases" not in wanted.parts:
        return ()
    files = [file for path in wanted.cases for file in files_in(path)]
    own = load_cases(files, template.generation)
    _check_extensions(own, template)
    return (() if wanted.is_mine else bundled_cases()) + own


def _check_extensions(cases: Iterable[Case], template: Template) -> None:
    """Raise `CaseFileError` for extensions that cases name by their numbers and that the account has not."""
    bound = (bind(case, template) for case in cases if case.account in (None, template.name))
    found = [problem for case in bound if isinstance(case, Case) for problem in unknown_extensions(case, template)]
    if found:
        raise CaseFileError(found)


def _errands(wanted: RunRequest, template: Template, cases: Sequence[Case]) -> tuple[list[Errand], list[Case]]:
    """What to run where, and the cases that are about no server of the run."""
    parts_wanted = ("cases",) if wanted.is_mine else wanted.selection.parts(wanted.parts)
    if wanted.url is not None:
        return [Errand(template, parts_wanted, tuple(cases), wanted.url)], []
    generations = [wanted.generation] if wanted.generation else list(GENERATIONS)
    generations = generations[:1] if wanted.is_quick else generations
    errands: list[Errand] = []
    for generation in generations:
        main = _unlimited(load_named(wanted.fixture or "demo", generation=generation))
        # Answers that are the same for every operation are the same in all generations: only the first has them.
        about = [case for case in cases if case.holds_in(generation)]
        about = [case for case in about if case.is_first or generation == generations[0] or case.generation]
        further = () if wanted.fixture is not None else _further(main, generation)
        for template, those in homes_of(about, (main, *further)):
            has_nothing_to_do = parts_wanted == ("cases",) and not those
            if template is main and not has_nothing_to_do:
                errands.append(Errand(main, parts_wanted, those, is_further=generation != generations[0]))
            elif template is not main and those and "cases" in parts_wanted:
                errands.append(Errand(template, ("cases",), those))
    return errands, [case for case in cases if not any(map(case.holds_in, generations))]


def _further(main: Template, generation: str) -> tuple[Template, ...]:
    """The other bundled accounts: one of them may have what the first lacks for a case."""
    names = (name for name in bundled_names() if name != main.name)
    return tuple(_unlimited(load_named(name, generation=generation)) for name in names)


def _unlimited(template: Template) -> Template:
    """For a server of ringmock's own: a run makes more calls in a minute than rate limits let through."""
    return replace(template, limits=None)
