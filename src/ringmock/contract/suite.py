"""A whole run of the contract suite: the servers, the parts for each, and one report."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

from ..coverage.collector import CoverageCollector
from ..coverage.exercised import Exercised
from ..coverage.items import Coverage, coverage
from ..domain.generation import GENERATIONS
from ..fixture import bundled_names, load_named
from ..fixture.shape import nearest
from ..openapi.document import load_contract
from ..world.template import Template
from .cases import Case, bundled_cases, load_cases
from .cases.homes import homes_of
from .cases.operation import operations_by_id
from .findings import Finding, Verdict
from .fuzz.client import Client
from .fuzz.sign_in import SignInFailed, access_token
from .guard import Guard, Limits, NotSent, named_in, seconds_between
from .http_client import Exchange, NoAnswer, Request, Watcher, curl
from .options import Options
from .parts import PARTS, described, most_messages
from .target import Target, is_on_this_machine, remote, shown, with_secrets
from .traffic import Onlooker

MAX_MESSAGES_ELSEWHERE = 25
RATE_ELSEWHERE = "40/m"
"""RingCentral's own limit of its medium group of calls, in which most of these are."""
PATIENCE_ELSEWHERE = 10.0
OWN_EXTENSION = "/restapi/v1.0/account/~/extension/~"


class WrongUse(Exception):
    """Invalid options; the message says why and what would be right."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The options of a run. None means what suits the server."""

    url: str | None = None
    fixture: str | None = None
    generation: str | None = None
    parts: tuple[str, ...] = tuple(PARTS)
    cases: tuple[Path, ...] = ()
    """Files and folders of cases in addition to the bundled ones."""
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
    """The server's address; None for a server that the run starts."""


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
    ) -> None:
        """Raises `WrongUse`, `FixtureError` and `CaseFileError`."""
        if wanted.url is None and own_target is None:
            raise WrongUse("no server to test is named: give its URL")
        self.wanted, self._own_target = wanted, own_target
        self._tally: CoverageCollector | None = None
        self._onlooker: Onlooker | None = None
        _check_parts(wanted.parts)
        if wanted.rate is not None:
            _check_rate(wanted.rate)
        template = load_named(wanted.fixture or "demo", generation=wanted.generation)
        if wanted.url is not None:
            template = with_secrets(template, environment)
        _check_operations(wanted.options.operations)
        _check_identities(wanted.options.identities, template)
        self.options = replace(wanted.options, fixture=wanted.fixture or "demo")
        self.errands, self._left_out = _errands(wanted, template, _cases(wanted, template))
        self._watcher = watcher
        if wanted.with_coverage:
            self._count(template.generation)

    def _count(self, generation: str) -> None:
        """Begin to count: by a server's own record when it is ours, by the traffic when it is not."""
        if self.wanted.url is None:
            self._tally = CoverageCollector()
            self._tally.start()
        else:
            self._onlooker = Onlooker(generation)
            self._watcher = _both(self._onlooker, self._watcher)

    @property
    def coverage(self) -> Coverage | None:
        """The coverage, when `findings` is exhausted; None when it was not requested."""
        counting = self._tally or self._onlooker
        if counting is None:
            return None
        return coverage(counting.exercised or Exercised(), {errand.template.generation for errand in self.errands})

    def findings(self) -> Iterator[Finding]:
        """Run everything; yields each finding immediately. Raises `NoAnswer` for a missing server."""
        for errand in self.errands:
            with self._target(errand) as target:
                unfit = _nobody_signs_in(errand.parts[0], target)
                if unfit is not None:
                    yield unfit
                    continue
                for part in errand.parts:
                    yield from self._findings_of(part, target, errand)
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

    def _findings_of(self, part: str, target: Target, errand: Errand) -> Iterator[Finding]:
        options = replace(self.options, cases=errand.cases)
        options.say(f"{part} on {target.url}, account {target.account}, generation {target.generation}")
        started, verdicts = perf_counter(), dict.fromkeys(Verdict, 0)
        for finding in _findings(part, target, options):
            verdicts[finding.verdict] += 1
            if finding.failed:
                options.say(f"  FAILED {finding.name}")
            yield finding
        counts = ", ".join(f"{count} {verdict.lower()}" for verdict, count in verdicts.items())
        options.say(f"  {part}: {counts}, {perf_counter() - started:.1f} s")

    @contextlib.contextmanager
    def _target(self, errand: Errand, *, is_dry: bool = False) -> Iterator[Target]:
        if errand.url is not None:
            target = remote(errand.url, errand.template, self._watcher)
            yield self._guarded(target)
        elif is_dry or self._own_target is None:
            yield Target("http://127.0.0.1:PORT", errand.template, has_worlds=True)
        else:
            with self._own_target(errand.template, self._watcher, self._tally) as target:
                yield target

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

    def told(exchange: Exchange) -> None:
        first(exchange)
        second(exchange)

    return told


def _findings(part: str, target: Target, options: Options) -> Iterator[Finding]:
    """The findings of a part; the ones so far, when the limits end it."""
    reason = _reason_to_skip(part, target, options)
    if reason is None:
        try:
            yield from PARTS[part](target, options)
        except NotSent as refusal:
            reason = str(refusal)
        except NoAnswer as error:
            yield _gone(part, target, error)
    if reason is not None:
        yield Finding(
            part, f"The whole of {part}", Verdict.SKIPPED, reason, where=f"{target.account} {target.generation}"
        )


def _nobody_signs_in(part: str, target: Target) -> Finding | None:
    """The reason why the first extension cannot sign in, as the only failure: nothing else can be tested.

    If made-up credentials open worlds, that has been checked already.
    """
    if target.has_worlds:
        return None
    number, started = target.steward, perf_counter()
    with Client(target.url, target.watcher, target.guard) as client:
        try:
            token = access_token(client, target.template, number)
        except SignInFailed as error:
            detail, request = str(error), None
        else:
            request = Request("GET", OWN_EXTENSION, {"Authorization": f"Bearer {token}"})
            reply = client.call(request.method, request.target, headers=request.headers)
            if reply.status != 401:
                return None
            detail = f"its token is refused: 401 {reply.body.decode('utf-8', errors='replace')}"
    names = ", ".join(f"RINGMOCK_{name}_{number}" for name in ("TOKEN", "JWT", "PASSWORD"))
    return Finding(
        part=part,
        name=f"Extension {number} signs in",
        verdict=Verdict.FAILED,
        detail=f"{detail}\nNothing else was run. Its credentials are those of the fixture, or of {names}.",
        reproduce="" if request is None else curl(target.url, shown(target, request)),
        where=f"{target.account} {target.generation}",
        seconds=perf_counter() - started,
    )


def _gone(part: str, target: Target, error: NoAnswer) -> Finding:
    """The server answered at the start of the run; the findings so far are kept."""
    return Finding(
        part=part,
        name="The server still answers",
        verdict=Verdict.FAILED,
        detail=f"{error}\nThe rest of {part} was not run.",
        reproduce="" if error.request is None else curl(target.url, shown(target, error.request)),
        where=f"{target.account} {target.generation}",
    )


def _reason_to_skip(part: str, target: Target, options: Options) -> str | None:
    """The state machine cannot skip a step: its model would no longer match."""
    limits, most = target.limits, most_messages(options)
    if part != "stateful":
        return None
    if not limits.may_change:
        return "it changes who is in a Department, and deletes; --may-change lets it"
    if limits.max_messages is not None and limits.max_messages < most:
        return f"it may send {most} messages, --runs times --steps, and no more than {limits.max_messages} may be sent"
    return None


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
    files = [file for path in wanted.cases for file in _files(path)]
    return bundled_cases() + load_cases(files, template.generation)


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml"))
    if not found:
        raise WrongUse(f"there is no YAML file of cases in {path}")
    return found


def _errands(wanted: RunRequest, template: Template, cases: Sequence[Case]) -> tuple[list[Errand], list[Case]]:
    """What to run where, and the cases that are about no server of the run."""
    if wanted.url is not None:
        return [Errand(template, wanted.parts, tuple(cases), wanted.url)], []
    generations = [wanted.generation] if wanted.generation else list(GENERATIONS)
    errands: list[Errand] = []
    for generation in generations:
        main = load_named(wanted.fixture or "demo", generation=generation)
        # Answers that are the same for every operation are the same in all generations: only the first has them.
        about = [case for case in cases if case.is_first or generation == generations[0]]
        about = [case for case in about if case.holds_in(generation)]
        further = () if wanted.fixture is not None else _further(main, generation)
        for template, those in homes_of(about, (main, *further)):
            if template is main or those:
                errands.append(Errand(template, wanted.parts if template is main else ("cases",), those))
    return errands, [case for case in cases if not any(map(case.holds_in, generations))]


def _further(main: Template, generation: str) -> tuple[Template, ...]:
    """The other bundled accounts: one of them may have what the first lacks for a case."""
    names = (name for name in bundled_names() if name != main.name)
    return tuple(load_named(name, generation=generation) for name in names)
