"""Mutants of a source file: by mutmut's operators, and by four more that leave something out.

Those of mutmut that change a text are left out: most texts here are sentences for people. So are those that put None
in the place of an argument or of a value, which stop nearly every call, and those of how a dataclass is declared
(frozen, slots, eq, repr), which no answer shows.
"""

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "src" / "ringmock"
ROOMS = ("domain", "world", "sign_in", "http/wire", "http/operations")

OFF_THE_WIRE: Mapping[str, str] = {
    "domain/attachment.py": "checks files of the control API and the handle; those of a request are checked in http/",
    "domain/nearest.py": "guesses at names in sentences for people",
    "domain/ports.py": "declares protocols, without code",
    "sign_in/lifetimes.py": "ends worlds that nobody uses",
    "world/capacity.py": "counts what a server stores against its options",
    "world/controls.py": "what the control API does to a world",
    "world/fork.py": "copies a world for the control API",
    "world/initial_messages.py": "the messages of a fixture, of which the accounts that the cases are for have none",
    "world/journal.py": "the calls that the control API lists",
    "world/message_journal.py": "the messages that the control API lists and waits for",
    "world/walk.py": "what GET /_mock/clock/due and an advance of the clock by events say",
}
"""Files that no answer of the vendor's API comes from, with what they do instead: pytest's to catch, not the cases'."""

MAX_SHOWN = 70
_OPPOSITE = (cst.Is, cst.IsNot, cst.In, cst.NotIn, cst.Equal, cst.NotEqual)


class Mutant(NamedTuple):
    """One change of one file. `id` outlives changes elsewhere in the file."""

    id: str
    file: str
    """Below `src/ringmock`."""
    line: int
    start: int
    end: int
    """Where in the text it is, in characters."""
    new: str

    @property
    def path(self) -> Path:
        return SOURCES / self.file

    @property
    def module(self) -> str:
        return "ringmock." + self.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        return next(room for room in ROOMS if self.file.startswith(f"{room}/"))

    @property
    def source(self) -> str:
        """The whole changed file."""
        text = self.path.read_text(encoding="utf-8")
        return text[: self.start] + self.new + text[self.end :]


# --- what is left out --------------------------------------------------------------------------------


def _negated(node: cst.If | cst.CompIf) -> Iterator[cst.CSTNode]:
    """A condition the other way round, unless another operator does that."""
    test = node.test
    is_single = isinstance(test, cst.Comparison) and len(test.comparisons) == 1
    if is_single and isinstance(test.comparisons[0].operator, _OPPOSITE):
        return
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return
    inner = test.with_changes(lpar=[cst.LeftParen(), *test.lpar], rpar=[*test.rpar, cst.RightParen()])
    yield cst.UnaryOperation(cst.Not(), inner)


def _is_left_out(node: cst.BaseSmallStatement) -> bool:
    if isinstance(node, cst.Expr):
        return not isinstance(node.value, cst.SimpleString | cst.ConcatenatedString | cst.Ellipsis)
    if isinstance(node, cst.Assign):
        return all(isinstance(target.target, cst.Attribute | cst.Subscript) for target in node.targets)
    return isinstance(node, cst.Raise | cst.AugAssign | cst.Del)


def _without_keyword(node: cst.Call) -> Iterator[cst.CSTNode]:
    """The default in the place of a keyword argument."""
    for place, argument in enumerate(node.args):
        if argument.keyword is not None and argument.star == "":
            yield node.with_changes(args=[*node.args[:place], *node.args[place + 1 :]])


_WITH_OPERATOR = (cst.BinaryOperation, cst.BooleanOperation, cst.ComparisonTarget, cst.UnaryOperation, cst.AugAssign)
_KEYWORDS = (cst.Is, cst.IsNot, cst.In, cst.NotIn, cst.Break, cst.Continue)
_BY_MUTMUT: tuple[tuple[str, type | tuple[type, ...], Callable[[Any], Iterable[cst.CSTNode]]], ...] = (
    ("number by one", cst.BaseNumber, mutators.operator_number),
    ("boolean", cst.Name, mutators.operator_name),
    ("operator", _WITH_OPERATOR, mutators.operator_swap_op),
    ("keyword", _KEYWORDS, mutators.operator_keywords),
    ("without not", cst.UnaryOperation, mutators.operator_remove_unary_ops),
    ("plain assignment", cst.AugAssign, mutators.operator_augmented_assignment),
    ("one branch", cst.IfExp, mutators.operator_if_exp),
    ("other end of a text", cst.Call, mutators.operator_symmetric_string_methods_swap),
)


class _Change(NamedTuple):
    kind: str
    node: cst.CSTNode
    new: cst.CSTNode


class _Changes(cst.CSTVisitor):
    """All changes of a file, in its order, each with the function or class that it is in."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, _Change, CodeRange]] = []
        self._names: list[str] = []
        self._branches = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if (
            isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom)
            or _is_for_types(node)
            or _is_declaration(node)
        ):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._names.append(node.name.value)
        if isinstance(node, cst.If):
            self._branches += 1
        for change in self._of(node):
            where = self.get_metadata(PositionProvider, change.node, None)
            if isinstance(where, CodeRange):
                self.found.append((".".join(self._names), change, where))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._names.pop()
        if isinstance(original_node, cst.If):
            self._branches -= 1

    def _of(self, node: cst.CSTNode) -> Iterator[_Change]:
        for kind, of, operator in _BY_MUTMUT:
            if isinstance(node, of):
                yield from (_Change(kind, node, new) for new in operator(node))
        if isinstance(node, cst.If | cst.CompIf):
            yield from (_Change("condition negated", node.test, new) for new in _negated(node))
        if isinstance(node, cst.BaseSmallStatement) and (
            _is_left_out(node) or (isinstance(node, cst.Return) and self._branches)
        ):
            yield _Change("statement left out", node, cst.Pass())
        if isinstance(node, cst.Call):
            yield from (_Change("default", node, new) for new in _without_keyword(node))


def _is_for_types(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.If) and isinstance(node.test, cst.Name) and node.test.value == "TYPE_CHECKING"


def _is_declaration(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in ("dataclass", "field")


# --- of files ------------------------------------------------------------------------------------------


@cache
def mutants_of(file: str) -> tuple[Mutant, ...]:
    """Every mutant of a file below `src/ringmock`."""
    text = (SOURCES / file).read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    changes = _Changes()
    wrapper.visit(changes)
    begins = [0]
    for line in text.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    seen: Counter[str] = Counter()
    made = []
    for place, change, where in changes.found:
        start = begins[where.start.line - 1] + where.start.column
        end = begins[where.end.line - 1] + where.end.column
        new = wrapper.module.code_for_node(change.new)
        old = text[start:end]
        if old == new:
            continue
        said = f"{file} {place or 'module'}: {change.kind}: {_context(text, start, end)} -> {_short(new)}"
        seen[said] += 1
        id_ = said if seen[said] == 1 else f"{said} ({seen[said]})"
        made.append(Mutant(id_, file, where.start.line, start, end, new))
    return tuple(made)


def _context(text: str, start: int, end: int) -> str:
    """What is replaced, with its line around it, the replaced part in brackets."""
    before = text[text.rfind("\n", 0, start) + 1 : start].lstrip()
    after = text[end:].partition("\n")[0].rstrip()
    return f"{before[-MAX_SHOWN:]}[{_short(text[start:end])}]{after[:MAX_SHOWN]}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_SHOWN else f"{line[: MAX_SHOWN - 3]}..."


def files() -> tuple[str, ...]:
    """The files that mutants are made of."""
    found = [path for room in ROOMS for path in sorted((SOURCES / room).rglob("*.py"))]
    return tuple(path.relative_to(SOURCES).as_posix() for path in found)


def all_mutants(kept: Path | None = None) -> tuple[Mutant, ...]:
    """Every mutant of every room; those of files that are as they were are taken from `kept`, which is written then."""
    known: dict[str, tuple[str, tuple[Mutant, ...]]] = {}
    if kept is not None and kept.exists():
        known = pickle.loads(kept.read_bytes())
    made = {}
    for file in files():
        digest = sha256((SOURCES / file).read_bytes()).hexdigest()
        made[file] = known[file] if known.get(file, ("",))[0] == digest else (digest, mutants_of(file))
    if kept is not None and made != known:
        kept.write_bytes(pickle.dumps(made))
    return tuple(mutant for _, mutants in made.values() for mutant in mutants)
