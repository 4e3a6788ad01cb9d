"""Account fixtures: a YAML file, or several that extend each other, into a checked `Template`.

`fixtures/account.schema.json` is the shape; `fixture_checks` knows what a schema cannot see. Whatever is wrong is
told before anything starts, all of it at once, each with its file, its line and its path.
"""

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from .fixture_build import template_of
from .fixture_checks import reference_mistakes, seed_mistakes
from .resources import bundled
from .shape import Shape, mend, nearest
from .template import Template
from .yaml_source import Problem, Source, SourceError, load

MAX_CHAIN = 5
"""Files that extend each other, the first one included."""


class FixtureError(SourceError):
    """A fixture that cannot be used. `problems` by file and line; `str()` has one on each line."""


def bundled_names() -> tuple[str, ...]:
    """The names of the accounts that come with ringmock."""
    folder = bundled("fixtures", "accounts")
    found = folder.iterdir() if folder.is_dir() else ()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in found if file.name.endswith(".yaml")))


def load_named(name_or_path: str, *, generation: str | None = None) -> Template:
    """The template of a bundled account, or of the file at a path; `generation` goes before the fixture's own.

    Raises `FixtureError`.
    """
    return _template(_located(name_or_path, Path()), generation)


def load_fixture(path: Path, *, generation: str | None = None) -> Template:
    """The template of the file at `path`, named after it; otherwise as `load_named`."""
    return _template(_of_path(path), generation)


def sources_of(name_or_path: str) -> tuple[Path, ...]:
    """The files that a fixture is made of, itself first; as far as they can be read, and never an error."""
    chain = _Chain()
    try:
        chain.follow(_located(name_or_path, Path()))
    except FixtureError:
        return ()
    return tuple(Path(str(place.file)) for place in chain.places)


class _Place(NamedTuple):
    """Where a fixture is: `shown` stands for it in problems, `folder` is what its `extends` starts from."""

    name: str
    shown: str
    file: Traversable
    folder: Path


def _of_path(path: Path) -> _Place:
    return _Place(path.stem, str(path), path, path.parent)


def _located(name_or_path: str, folder: Path) -> _Place:
    """A bundled account, or a path from `folder`. Raises `FixtureError` when it can be neither."""
    names = bundled_names()
    if name_or_path in names:
        file = f"{name_or_path}.yaml"
        return _Place(name_or_path, file, bundled("fixtures", "accounts", file), Path())
    path = folder / name_or_path
    if path.suffix in (".yaml", ".yml") or _exists(path):
        return _of_path(path)
    close = nearest(name_or_path, names)
    meant = f"; did you mean {close!r}?" if close else ""
    message = f"neither a bundled account ({', '.join(names)}) nor a file{meant}"
    raise FixtureError([Problem(name_or_path, None, "", message)])


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


class _Chain:
    """A file and those that it extends, read one by one. `source` is all of them, one over the other."""

    def __init__(self) -> None:
        self.places: list[_Place] = []
        self.problems: list[Problem] = []
        self.source: Source | None = None
        self.is_whole = True

    def follow(self, place: _Place | None) -> None:
        """Read on to the end of the chain, or to the first file that cannot be read."""
        while place is not None:
            self.places.append(place)
            layer = self._read(place)
            if layer is None:
                self.is_whole = False
                return
            self.source = layer if self.source is None else self.source.over(layer)
            place = self._next(layer, place)

    def _read(self, place: _Place) -> Source | None:
        try:
            return load(place.file, place.shown)
        except SourceError as error:
            self.problems += error.problems
            return error.source

    def _next(self, layer: Source, place: _Place) -> _Place | None:
        """What the file extends; None at the end of the chain, and where it breaks off."""
        if "extends" not in layer.data:
            return None
        extends = layer.data["extends"]
        try:
            if isinstance(extends, str) and extends:  # the schema refuses anything else
                return self._allowed(_located(extends, place.folder))
        except FixtureError as error:
            self.problems.append(layer.problem(("extends",), f"{extends!r} is {error.problems[0].message}"))
        except _NotAllowed as refusal:
            self.problems.append(layer.problem(("extends",), str(refusal)))
        self.is_whole = False
        return None

    def _allowed(self, place: _Place) -> _Place:
        if isinstance(place.file, Path) and not _exists(place.file):
            raise _NotAllowed(f"there is no file {place.shown}")
        if _identity(place) in map(_identity, self.places):
            raise _NotAllowed(f"{place.shown} extends itself by way of this file")
        if len(self.places) == MAX_CHAIN:
            raise _NotAllowed(f"more than {MAX_CHAIN} files extend each other")
        return place


class _NotAllowed(Exception):
    pass


def _identity(place: _Place) -> str:
    return str(place.file.resolve()) if isinstance(place.file, Path) else str(place.file)


def _template(place: _Place, generation: str | None) -> Template:
    chain = _Chain()
    chain.follow(place)
    problems = list(chain.problems)
    if chain.source is not None:
        if generation is not None:
            chain.source.data["generation"] = generation
        problems += _mistakes(chain.source, is_whole=chain.is_whole)
    if problems:
        raise FixtureError(_in_order(problems, [place.shown for place in chain.places]))
    assert chain.source is not None
    return template_of(place.name, chain.source.data)


def _mistakes(source: Source, *, is_whole: bool) -> Iterable[Problem]:
    """What is wrong with the data, which is mended in place; what is not whole is checked for its shape alone."""
    if is_whole:
        source.data.pop("extends", None)
    misfits = _shape().misfits(source)
    found = [(misfit.path, misfit.message) for misfit in misfits]
    if is_whole:
        mend(source.data, misfits)
        mistaken = {path for path, _ in found}
        found += [mistake for mistake in reference_mistakes(source.data) if mistake.path not in mistaken]
        found += seed_mistakes(source.data, {path for path, _ in found})
    return [source.problem(path, message) for path, message in found]


@cache
def _shape() -> Shape:
    return Shape(json.loads(bundled("fixtures", "account.schema.json").read_text(encoding="utf-8")))


def _in_order(problems: Iterable[Problem], files: list[str]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (files.index(problem.file), problem.line or 0, problem.path))
