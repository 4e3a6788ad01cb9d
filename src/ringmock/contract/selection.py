"""What of the suite is wanted: words that name cases, operations, rules, and the parts themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ..coverage.paths import operation_of
from ..fixture.shape import nearest
from .cases import Case
from .cases.operation import known_operations
from .report.causes import SENTENCES

LISTING = "listMessages"


class WrongUse(Exception):
    """What was asked for makes no sense; the message says why and what would."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Words of `--only`, `--skip` and `--operation`; everything without any."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()

    def check(self, cases: Iterable[Case], parts: Iterable[str]) -> None:
        """Raises `WrongUse` for a word that names no case, tag, operation, rule or part."""
        known = {*parts, *known_operations()}
        for case in cases:
            known |= names_of(case)
        for word in (*self.only, *self.skip):
            if not any(fnmatchcase(name, word) for name in known):
                if word in SENTENCES:
                    raise WrongUse(f"no case of the run is about {word}")
                close = nearest(word, known)
                hint = f": did you mean {close!r}?" if close else "; ringmock rules lists the rules"
                raise WrongUse(f"{word!r} names no case, tag, operation, rule or part{hint}")

    def takes(self, case: Case) -> bool:
        """Whether the case is wanted."""
        names = names_of(case)
        if self.only and not _meets(names, self.only):
            return False
        if self.operations and not operations_in(case) & set(self.operations):
            return False
        return not _meets(names, self.skip)

    def parts(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Of these parts those that are left: by `--only` those that have something of it."""
        left = [part for part in wanted if not _meets({part}, self.skip)]
        if self.only and not _meets(set(wanted), self.only):
            left = [part for part in left if part == "cases" or (part == "fuzz" and self.only_operations)]
        elif self.only:
            left = [part for part in left if _meets({part}, self.only) or (part == "cases" and len(self.only) > 1)]
        return tuple(part for part in left if part != "stateful" or not self.operations)

    @property
    def only_operations(self) -> tuple[str, ...]:
        """The operations that `--only` names."""
        return tuple(name for name in known_operations() if _meets({name}, self.only))

    def fuzzed(self, not_implemented: Iterable[str]) -> tuple[str, ...]:
        """The operations to fuzz; none for all of them."""
        chosen = self.operations or self.only_operations or tuple(known_operations())
        left_out = {*not_implemented, *(name for name in known_operations() if _meets({name}, self.skip))}
        left = tuple(name for name in chosen if name not in left_out)
        return () if len(left) == len(known_operations()) else left


def _meets(names: Iterable[str], words: Iterable[str]) -> bool:
    words = tuple(words)
    return any(fnmatchcase(name, word) for name in names for word in words)


def names_of(case: Case) -> set[str]:
    """What a case is chosen by: its name, its tag (the file's name), its operations, and what it keeps."""
    kept = {word for kept in case.keeps for word in (kept, kept.partition(" ")[0])}
    return {case.name, Path(case.file).stem, *operations_in(case), *kept}


def operations_in(case: Case) -> set[str]:
    """The operations that a case cannot do without: those that it calls, and the list that mailboxes are seen by."""
    found = {LISTING for step in case.steps if step.mailboxes}
    for step in case.steps:
        name = None if step.when is None else _called(step.when)
        found |= {name} if name else set()
    return found


def _called(when: Mapping[str, object]) -> str | None:
    if "operation" in when:
        return str(when["operation"])
    method, _, target = str(when.get("request", "")).partition(" ")
    found = operation_of(method, target.partition("?")[0])
    return None if found is None else found[0]


def files_in(path: Path) -> Sequence[Path]:
    """A file of cases, or those of a folder. Raises `WrongUse` for a folder without any."""
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml"))
    if not found:
        raise WrongUse(f"there is no YAML file of cases in {path}")
    return found
