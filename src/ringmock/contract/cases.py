"""Contract cases: given a world, when calls are made, then these answers and these mailboxes.

Cases are YAML, for people who do not program; `fixtures/case.schema.json` gives the shape of a file. This module
reads and checks them; `case_runner` runs them against a server.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from .case_mistakes import Mistake, mistakes_in
from .openapi import ContractError, line_marks, parse_contract

Json = Any

DEFAULT_ACCOUNT = "demo"
DEFAULT_GENERATION = "2012"


class CaseFileError(ValueError):
    """Case files that cannot be used: every mistake of every file, one a line, as `file:line: what would pass`."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))


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
    generation: str = DEFAULT_GENERATION
    """The generation in which the server has to answer."""
    given: Mapping[str, Json] = field(default_factory=dict)


def load_cases(paths: Iterable[Path]) -> tuple[Case, ...]:
    """Every case of these files, in their order. Raises `CaseFileError` with all the mistakes of all files."""
    cases: list[Case] = []
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            cases += parse_cases(_text_of(path), str(path))
        except CaseFileError as error:
            mistakes += error.mistakes
    mistakes += _repeated_names(cases)
    if mistakes:
        raise CaseFileError(mistakes)
    return tuple(cases)


def parse_cases(text: str, file: str = "cases.yaml") -> tuple[Case, ...]:
    """The cases of one file's text. Raises `CaseFileError`."""
    try:
        document = parse_contract(text, file)
    except ContractError as error:
        raise CaseFileError([_syntax_mistake(error, file)]) from error
    lines = line_marks(text)
    mistakes = list(mistakes_in(document, file, lines))
    if mistakes:
        raise CaseFileError(mistakes)
    return tuple(_case(case, f"/cases/{index}", file, lines) for index, case in enumerate(document["cases"]))


def bundled_case_files() -> tuple[Path, ...]:
    """The case files that come with the program, by name."""
    installed = Path(str(files("ringmock") / "data" / "cases"))
    checkout = Path(__file__).parents[3] / "fixtures" / "cases"
    return tuple(sorted((installed if installed.is_dir() else checkout).glob("*.yaml")))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CaseFileError([Mistake(str(path), 1, f"the file cannot be read: {problem}")]) from error


def _syntax_mistake(error: ContractError, file: str) -> Mistake:
    line, _, problem = str(error).removeprefix(f"{file}:").partition(": ")
    return Mistake(file, int(line), problem)


def _repeated_names(cases: Iterable[Case]) -> Iterable[Mistake]:
    first: dict[str, Case] = {}
    for case in cases:
        known = first.setdefault(case.name, case)
        if known is not case:
            place = f"{known.file}:{known.line}"
            yield Mistake(
                case.file, case.line, f"{case.name!r} is the name of the case at {place} too; tell them apart"
            )


def _case(case: Json, pointer: str, file: str, lines: Mapping[str, int]) -> Case:
    given = dict(case.get("given", {}))
    return Case(
        name=case["name"],
        keeps=tuple(case["keeps"]),
        steps=tuple(_step(step, lines[f"{pointer}/steps/{index}"]) for index, step in enumerate(case["steps"])),
        file=file,
        line=lines[pointer],
        account=given.pop("account", DEFAULT_ACCOUNT),
        generation=given.pop("generation", DEFAULT_GENERATION),
        given=given,
    )


def _step(step: Json, line: int) -> Step:
    parts = {name: step[name] for name in step if name != "as"}
    return Step(line=line, caller=step.get("as"), **parts)
