"""The arrow of the house: who may import whom."""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "ringmock"
MODULES = sorted(PACKAGE.rglob("*.py"))
_T = TypeVar("_T")


def modules_with(found_in: Callable[[Path], set[_T]], modules: Iterable[Path] = MODULES) -> dict[str, set[_T]]:
    """The modules in which something is found, by their place in the package, and what. Empty where all is well.

    Modules are no parameters: each is parsed once, and a test that fails names all that are wrong.
    """
    found = {path.relative_to(PACKAGE).as_posix(): found_in(path) for path in modules}
    return {name: those for name, those in found.items() if those}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    return list(ast.walk(parsed(path)))


@cache
def imported_by(path: Path) -> frozenset[str]:
    """Absolute names of the modules that a file imports, at the top or anywhere in it."""
    package = ("ringmock", *path.relative_to(PACKAGE).parent.parts)
    found: set[str] = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            found.update([module, *(f"{module}.{alias.name}" for alias in node.names)])
    return frozenset(found)


def packages_of(path: Path) -> set[str]:
    """The first part of each name that a file imports."""
    return {name.split(".")[0] for name in imported_by(path)}


def rooms_of(names: Iterable[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("ringmock.")}


ROOMS = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}


def test_the_domain_imports_nothing_of_ours_but_itself() -> None:
    domain = [path for path in MODULES if path.parent.name == "domain"]
    assert domain
    assert modules_with(lambda path: rooms_of(imported_by(path)) & ROOMS - {"domain"}, domain) == {}


def test_only_the_http_room_imports_connexion() -> None:
    others = [path for path in MODULES if path.parent.name != "http"]
    assert modules_with(lambda path: packages_of(path) & {"connexion"}, others) == {}


DRAWING = ROOT / "docs" / "architecture.md"


def layers() -> list[set[str]]:
    """The rooms of each line of the page's drawing, from the top to the bottom."""
    drawn = DRAWING.read_text(encoding="utf-8").split("```")[1].splitlines()[1:]
    return [set(line.split()) for line in drawn if line.strip()]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def points_up(room: str, imported: Iterable[str], drawing: list[set[str]]) -> set[str]:
    """What a room imports of its own layer or of one above it, itself left out."""
    place = next(number for number, layer in enumerate(drawing) if room in layer)
    return set().union(*drawing[: place + 1]) & set(imported) - {room}


def test_every_room_is_in_the_drawing_once() -> None:
    drawn = [room for layer in layers() for room in layer]
    assert sorted(drawn) == sorted(ROOMS)


def test_imports_point_downwards_only() -> None:
    drawing, within = layers(), [path for path in MODULES if room_of(path) != "__init__"]
    assert modules_with(lambda path: points_up(room_of(path), rooms_of(imported_by(path)), drawing), within) == {}


@pytest.mark.parametrize(
    ("room", "imported"),
    [
        ("http", "contract"),
        ("fixture", "coverage"),
        ("domain", "cli"),
        ("pytest_plugin", "cli"),
        ("domain", "openapi"),
    ],
)
def test_an_import_that_points_up_or_aside_is_found(room: str, imported: str) -> None:
    assert points_up(room, {room, imported}, layers()) == {imported}


def test_the_oracle_knows_the_rules_by_its_own_model_alone() -> None:
    sentences = {"ringmock.domain.rulebook", "ringmock.domain.rulebook.RULEBOOK", "ringmock.domain.rulebook.DECISIONS"}

    def known(path: Path) -> set[str]:
        of_the_domain = {name for name in imported_by(path) if name.startswith("ringmock.domain")}
        return of_the_domain - (sentences if path.stem == "failure_report" else set())

    oracle = [path for path in MODULES if path.parent.name == "oracle"]
    assert modules_with(known, oracle) == {}
    assert [rooms_of(imported_by(path)) for path in oracle if path.stem == "model"] == [set()]


def test_only_what_is_loaded_when_it_is_needed_imports_hypothesis() -> None:
    found = modules_with(lambda path: packages_of(path) & {"hypothesis"})
    assert found.keys() == {"contract/oracle/machine.py", "contract/fuzz/texts.py", "contract/fuzz/hooks.py"}


def test_what_reads_and_signs_jwts_is_loaded_with_the_first_of_them() -> None:
    def at_the_top(path: Path) -> set[str]:
        imports = [node for node in parsed(path).body if isinstance(node, (ast.Import, ast.ImportFrom))]
        names = {
            alias.name.split(".")[0] if isinstance(node, ast.Import) else (node.module or "").split(".")[0]
            for node in imports
            for alias in node.names
        }
        return names & {"jwt", "cryptography"}

    assert modules_with(at_the_top) == {}


def test_only_the_pytest_plugin_imports_pytest_and_what_tests_use() -> None:
    others = [path for path in MODULES if path.stem != "pytest_plugin"]
    assert modules_with(lambda path: packages_of(path) & {"pytest", "_pytest"}, others) == {}
    assert modules_with(lambda path: rooms_of(imported_by(path)) & {"pytest_plugin"}) == {}
    elsewhere = [path for path in others if path.parent.name != "testing"]
    assert modules_with(lambda path: rooms_of(imported_by(path)) & {"testing"}, elsewhere) == {}


def test_no_name_of_ours_is_in_camel_case() -> None:
    def in_camel_case(path: Path) -> set[str]:
        names = {
            node.arg if isinstance(node, ast.arg) else node.id
            for node in nodes_of(path)
            if isinstance(node, (ast.arg, ast.Name))
        }
        return {name for name in names if name[:1].islower() and name != name.lower() and "_" not in name}

    assert modules_with(in_camel_case) == {}


MOST_LINES = 45


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    """Name and lines of each function, of those within others too."""
    for node in nodes_of(path):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_function_is_longer_than_a_screen() -> None:
    assert modules_with(lambda path: {each for each in functions_of(path) if each[1] > MOST_LINES}) == {}


def test_the_root_of_the_package_has_few_rooms() -> None:
    assert len([each for each in PACKAGE.iterdir() if each.name != "__pycache__"]) <= 20


WITHOUT_A_ROOM = {"clients", "data", "hostile"}
"""Folders of `tests` that are about the server as a whole."""


def rooms_with(pattern: str, folder: Path) -> set[str]:
    """The folders below this one that hold such a file."""
    found = (path.parent.relative_to(folder) for path in folder.rglob(pattern))
    return {room.as_posix() for room in found if room.parts}


def test_the_tests_have_the_rooms_of_the_source() -> None:
    rooms = rooms_with("[!_]*.py", PACKAGE) | rooms_with("__init__.py", PACKAGE)
    tested = rooms_with("test_*.py", ROOT / "tests")
    assert rooms - tested == set(), "every room has a folder of tests"
    assert {room for room in tested - rooms if room.split("/")[0] not in WITHOUT_A_ROOM} == set()
