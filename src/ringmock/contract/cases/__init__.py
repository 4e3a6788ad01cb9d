"""Contract cases: given a world, when calls are made, then these answers and these mailboxes.

Cases are YAML, for people who do not program; `fixtures/case.schema.json` is the schema of a file. This module parses
and checks them; `runner.py` runs them against a server.
"""

import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ...fixture.yaml_source import Path as Place
from ...fixture.yaml_source import Problem, Source, SourceError, load
from ...openapi.parse_cache import cached
from ...openapi.resources import bundled
from .each import Made, written_out
from .mistakes import RECEIVER, mistakes_in
from .roles import Needs, needs_of, spoken_of

Json = Any

__all__ = [
    "RECEIVER",
    "Case",
    "CaseFileError",
    "Step",
    "bundled_case_files",
    "bundled_cases",
    "load_cases",
    "marks_of",
    "parse_cases",
]

DEFAULT_GENERATION = "2012"


class CaseFileError(SourceError):
    """Case files that cannot be used. `str()` has one mistake on each line, as `file:line: place: what would pass`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: changes of the world, then a call, then checks of the result. Each part is optional."""

    line: int
    change: Mapping[str, Json] = field(default_factory=dict)
    caller: Json = None
    """An extension number or a role, `application`, `nobody`, `{"token": ...}` or `{"socket": ...}`."""
    when: Mapping[str, Json] | None = None
    then: Mapping[str, Json] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    mailboxes: Mapping[str, Json] = field(default_factory=dict)
    handsets: Mapping[str, Json] = field(default_factory=dict)
    notifications: Sequence[Json] = ()
    """What the case's receiver is sent next, oldest first."""
    connect: Mapping[str, Json] | None = None
    """A WebSocket to open, before the call."""
    disconnect: str | None = None
    """The name of a WebSocket to close, after the change and before the call."""
    send: Mapping[str, Json] | None = None
    sockets: Mapping[str, Json] = field(default_factory=dict)
    """The next messages on WebSockets, oldest first."""

    @property
    def written(self) -> dict[str, Json]:
        """As in the case file, without absent keys."""
        parts: dict[str, Json] = {
            "change": dict(self.change),
            "as": self.caller,
            "when": None if self.when is None else dict(self.when),
            "then": dict(self.then),
            "keep": dict(self.keep),
            "outcomes": dict(self.outcomes),
            "mailboxes": dict(self.mailboxes),
            "handsets": dict(self.handsets),
            "notifications": list(self.notifications),
            "connect": dict(self.connect or {}),
            "disconnect": self.disconnect,
            "send": dict(self.send or {}),
            "sockets": dict(self.sockets),
        }
        return {name: value for name, value in parts.items() if value}


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `keeps` are ids of rules and decisions, and error codes; `given` changes the account's world."""

    name: str
    keeps: tuple[str, ...]
    steps: tuple[Step, ...]
    file: str
    line: int
    account: str | None = None
    """The account fixture that the server has to serve, None for any that has what the case needs."""
    generation: str | None = None
    """The one generation in which the case holds literally; None for every one, in the shape of 2012."""
    given: Mapping[str, Json] = field(default_factory=dict)
    needs: Needs = field(default_factory=dict)
    """The roles of the case; none when it uses an account's own numbers."""
    after: tuple[Step, ...] = ()
    """Run after the steps, even when a step has failed."""
    operation: str | None = None
    """The operation of the case, when its entry stands for one case of each."""
    is_first: bool = True
    """Whether it is the first case of its entry."""

    def holds_in(self, generation: str) -> bool:
        """Whether a server of this generation must pass it."""
        return self.generation in (None, generation)

    @property
    def group_name(self) -> str:
        """What the cases have in common that one entry stands for: the name without the operation's."""
        return self.name.removeprefix(self.operation).strip() if self.operation else ""


def load_cases(paths: Iterable[Path], generation: str | None = None) -> tuple[Case, ...]:
    """Every case of these files, in order; `generation` applies to cases that name none.

    Raises `CaseFileError` with all mistakes of all files.
    """
    return _cases_of(((path, str(path)) for path in paths), generation)


def parse_cases(text: str, file: str = "cases.yaml") -> tuple[Case, ...]:
    """The cases of one file's text. Raises `CaseFileError`."""
    return _cases_of([(text, file)])


def bundled_case_files() -> tuple[Path, ...]:
    """The bundled case files, by name."""
    return tuple(sorted(Path(str(bundled("fixtures", "cases"))).glob("*.yaml")))


@cache
def bundled_cases() -> tuple[Case, ...]:
    """The cases that come with the program. They are parsed once for all processes: that takes seconds."""
    files = bundled_case_files()
    cases: tuple[Case, ...] = pickle.loads(cached("cases", marks_of(files), lambda: load_cases(files)))
    return cases


def marks_of(files: Iterable[Path]) -> bytes:
    """What tells the cases of these files from others, as Python tells bytecode from another's.

    Place, size and time of the last change of each file that they are made of, and of the program that makes them.
    """
    program = Path(__file__).parents[2]
    texts = [Path(str(bundled(*name))) for name in (("openapi.yaml",), ("fixtures", "case.schema.json"))]
    found = [(path, path.stat()) for path in (*files, *texts, *sorted(program.rglob("*.py")))]
    return repr([(str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found]).encode()


def _cases_of(sources: Iterable[tuple[str | Path, str]], generation: str | None = None) -> tuple[Case, ...]:
    cases: list[Case] = []
    problems: list[Problem] = []
    for content, file in sources:
        source, mistakes = _checked(content, file)
        problems += mistakes
        if source is not None and not mistakes:
            shared = _Shared.of(source, generation)
            for index, entry in enumerate(source.data["cases"]):
                cases += [_case(made, ("cases", index), source, shared) for made in written_out(entry)]
    problems += _repeated_names(cases)
    if problems:
        raise CaseFileError(problems)
    return tuple(cases)


def _checked(content: str | Path, file: str) -> tuple[Source | None, list[Problem]]:
    """What could be read of a file, and every mistake in it; one for each spot."""
    try:
        source: Source | None = load(content, file)
        unreadable: tuple[Problem, ...] = ()
    except SourceError as error:
        source, unreadable = error.source, error.problems
    problems = [*unreadable, *(mistakes_in(source) if source is not None else ())]
    once = {(problem.line, problem.path): problem for problem in reversed(problems)}
    return source, sorted(once.values(), key=lambda problem: (problem.line or 0, problem.path))


def _repeated_names(cases: Iterable[Case]) -> Iterator[Problem]:
    first: dict[str, Case] = {}
    for case in cases:
        known = first.setdefault(case.name, case)
        if known is not case:
            sentence = f"{case.name!r} is the name of the case at {known.file}:{known.line} too: rename one of them"
            yield Problem(case.file, case.line, "name", sentence)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What a file says for all its cases."""

    needs: Needs
    given: Mapping[str, Json]
    before: tuple[Step, ...]
    after: tuple[Step, ...]

    @classmethod
    def of(cls, source: Source, generation: str | None) -> "_Shared":
        given = {"generation": generation, **source.data.get("given", {})}
        before, after = (_steps(source.data.get(part, ()), (part,), source) for part in ("before", "after"))
        return cls(source.data.get("needs", {}), given, before, after)


def _case(made: Made, path: Place, source: Source, shared: _Shared) -> Case:
    case = made.case
    given = {**shared.given, **case.get("given", {})}
    steps = (*shared.before, *_steps(case["steps"], (*path, "steps"), source))
    account, generation = given.pop("account", None), given.pop("generation")
    asked = [step.written for step in (*steps, *shared.after)]
    return Case(
        name=case["name"],
        keeps=tuple(case["keeps"]),
        steps=steps,
        file=source.file,
        line=source.line_of(path),
        account=account,
        generation=generation,
        given=given,
        needs=spoken_of(needs_of(shared.needs, case.get("needs", {})), given, asked),
        after=shared.after,
        operation=made.operation,
        is_first=made.is_first,
    )


def _steps(steps: Sequence[Json], path: Place, source: Source) -> tuple[Step, ...]:
    return tuple(_step(step, source.line_of((*path, index))) for index, step in enumerate(steps))


def _step(step: Json, line: int) -> Step:
    parts = {name: step[name] for name in step if name != "as"}
    return Step(line=line, caller=step.get("as"), **parts)
