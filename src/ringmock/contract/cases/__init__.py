"""Contract cases: given a world, when calls are made, then these answers and these mailboxes.

Cases are YAML, for people who do not program; `fixtures/case.schema.json` gives the shape of a file. This module
reads and checks them; `case_runner` runs them against a server.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...fixture.yaml_source import Path as Place
from ...fixture.yaml_source import Problem, Source, SourceError, load
from ...resources import bundled
from .each import Made, written_out
from .mistakes import RECEIVER, mistakes_in

Json = Any

__all__ = ["RECEIVER", "Case", "CaseFileError", "Step", "bundled_case_files", "load_cases", "parse_cases"]

DEFAULT_ACCOUNT = "demo"
DEFAULT_GENERATION = "2012"


class CaseFileError(SourceError):
    """Case files that cannot be used. `str()` has one mistake on each line, as `file:line: place: what would pass`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the world changes, then a call is made, then is looked at what it left. Any part may be missing."""

    line: int
    change: Mapping[str, Json] = field(default_factory=dict)
    caller: Json = None
    """An extension number, `application`, `nobody` or `{"token": ...}`."""
    when: Mapping[str, Json] | None = None
    then: Mapping[str, Json] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    mailboxes: Mapping[str, Json] = field(default_factory=dict)
    handsets: Mapping[str, Json] = field(default_factory=dict)
    notifications: Sequence[Json] = ()
    """What the case's receiver is sent next, oldest first."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `keeps` are ids of rules and decisions, and error codes; `given` changes the account's world."""

    name: str
    keeps: tuple[str, ...]
    steps: tuple[Step, ...]
    file: str
    line: int
    account: str = DEFAULT_ACCOUNT
    """The account fixture that the server has to serve."""
    generation: str | None = None
    """The one generation in which it holds, taken literally; None for every one, in the shape of 2012."""
    given: Mapping[str, Json] = field(default_factory=dict)
    operation: str | None = None
    """The operation that it was made for, where its entry stands for one case of each."""
    is_first: bool = True
    """Whether it is the first of those that its entry stands for."""

    def holds_in(self, generation: str) -> bool:
        """Whether a server of this generation has to keep it."""
        return self.generation in (None, generation)


def load_cases(
    paths: Iterable[Path], account: str = DEFAULT_ACCOUNT, generation: str | None = None
) -> tuple[Case, ...]:
    """Every case of these files, in their order; `account` and `generation` are for those that name none.

    Raises `CaseFileError` with all the mistakes of all files.
    """
    return _cases_of(((path, str(path)) for path in paths), account, generation)


def parse_cases(text: str, file: str = "cases.yaml") -> tuple[Case, ...]:
    """The cases of one file's text. Raises `CaseFileError`."""
    return _cases_of([(text, file)])


def bundled_case_files() -> tuple[Path, ...]:
    """The case files that come with the program, by name."""
    return tuple(sorted(Path(str(bundled("fixtures", "cases"))).glob("*.yaml")))


def _cases_of(
    sources: Iterable[tuple[str | Path, str]],
    account: str = DEFAULT_ACCOUNT,
    generation: str | None = None,
) -> tuple[Case, ...]:
    cases: list[Case] = []
    problems: list[Problem] = []
    for content, file in sources:
        source, mistakes = _checked(content, file)
        problems += mistakes
        if source is not None and not mistakes:
            given = {"account": account, "generation": generation}
            for index, entry in enumerate(source.data["cases"]):
                cases += [_case(made, ("cases", index), source, given) for made in written_out(entry)]
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
            sentence = f"{case.name!r} is the name of the case at {known.file}:{known.line} too: tell them apart"
            yield Problem(case.file, case.line, "name", sentence)


def _case(made: Made, path: Place, source: Source, default: Mapping[str, str | None]) -> Case:
    case = made.case
    given = {**default, **case.get("given", {})}
    return Case(
        name=case["name"],
        keeps=tuple(case["keeps"]),
        steps=tuple(_step(step, source.line_of((*path, "steps", index))) for index, step in enumerate(case["steps"])),
        file=source.file,
        line=source.line_of(path),
        account=given.pop("account"),
        generation=given.pop("generation"),
        given=given,
        operation=made.operation,
        is_first=made.is_first,
    )


def _step(step: Json, line: int) -> Step:
    parts = {name: step[name] for name in step if name != "as"}
    return Step(line=line, caller=step.get("as"), **parts)
