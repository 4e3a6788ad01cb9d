"""The arrow of the house: who may import whom."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "ringmock"
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported_by(path: Path) -> set[str]:
    """Absolute names of the modules that a file imports, at the top or anywhere in it."""
    package = ("ringmock", *path.relative_to(PACKAGE).parent.parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            found.update([module, *(f"{module}.{alias.name}" for alias in node.names)])
    return found


def rooms_of(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("ringmock.")}


ROOMS = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES} - {"__init__"}


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent.name == "domain"], ids=lambda p: p.stem)
def test_the_domain_imports_nothing_of_ours_but_itself(path: Path) -> None:
    assert rooms_of(imported_by(path)) & ROOMS <= {"domain"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_http_room_imports_connexion(path: Path) -> None:
    imports_connexion = any(name.split(".")[0] == "connexion" for name in imported_by(path))
    assert not imports_connexion or path.parent.name == "http"


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


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards_only(path: Path) -> None:
    if room_of(path) != "__init__":
        assert points_up(room_of(path), rooms_of(imported_by(path)), layers()) == set()


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


ORACLE = [path for path in MODULES if path.parent.name == "oracle"]


@pytest.mark.parametrize("path", ORACLE, ids=lambda p: p.stem)
def test_the_oracle_knows_the_rules_by_its_own_model_alone(path: Path) -> None:
    of_the_domain = {name for name in imported_by(path) if name.startswith("ringmock.domain")}
    sentences = {"ringmock.domain.rulebook", "ringmock.domain.rulebook.RULEBOOK", "ringmock.domain.rulebook.DECISIONS"}
    assert of_the_domain <= (sentences if path.stem == "failure_report" else set())
    assert path.stem != "model" or rooms_of(imported_by(path)) == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_what_is_loaded_when_it_is_needed_imports_hypothesis(path: Path) -> None:
    imports_it = any(name.split(".")[0] == "hypothesis" for name in imported_by(path))
    assert not imports_it or (path.parent.name, path.stem) in (
        ("oracle", "machine"),
        ("fuzz", "texts"),
        ("fuzz", "hooks"),
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_what_reads_and_signs_jwts_is_loaded_with_the_first_of_them(path: Path) -> None:
    at_the_top = {
        alias.name.split(".")[0] if isinstance(node, ast.Import) else (node.module or "").split(".")[0]
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert not at_the_top & {"jwt", "cryptography"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_pytest_plugin_imports_pytest_and_what_tests_use(path: Path) -> None:
    names = imported_by(path)
    is_plugin = path.stem == "pytest_plugin"
    assert is_plugin or not any(name.split(".")[0] in ("pytest", "_pytest") for name in names)
    assert is_plugin or path.parent.name == "testing" or "testing" not in rooms_of(names)
    assert "pytest_plugin" not in rooms_of(names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_name_of_ours_is_in_camel_case(path: Path) -> None:
    names = {
        node.arg if isinstance(node, ast.arg) else node.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.arg, ast.Name))
    }
    assert not {n for n in names if n[:1].islower() and n != n.lower() and "_" not in n}


MOST_LINES = 45


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    lengths = {each.name: each.end_lineno - each.lineno + 1 for each in functions_of(path) if each.end_lineno}
    assert not {name: lines for name, lines in lengths.items() if lines > MOST_LINES}


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
