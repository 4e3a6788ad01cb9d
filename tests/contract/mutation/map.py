"""Which checks of a judge run which line, made once and kept in a file."""

import ast
import pickle
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .judges import WARM
from .operators import SOURCES, Mutant, files


@dataclass
class LineMap:
    """`touched` has the checks of each line by file; `seconds` how long each took."""

    touched: Mapping[str, Mapping[int, list[str]]]
    seconds: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def _size(self) -> Counter[str]:
        return Counter(name for lines in self.touched.values() for names in lines.values() for name in names)

    def of(self, mutant: Mutant) -> list[str]:
        """The checks that run what the mutant changes, those that run little before those that run much."""
        found = set()
        for file, line in _lines(mutant):
            found |= set(self.touched.get(file, {}).get(line, ()))
        found.discard(WARM)
        return sorted(found, key=lambda name: (self.seconds.get(name, 0.0) > SLOW_SECONDS, self._size[name], name))

    def is_warm(self, mutant: Mutant) -> bool:
        """Whether the line is run before any check, so that what it made is there already."""
        span = _statement(mutant)
        lines = self.touched.get(mutant.file, {})
        return any(WARM in lines.get(line, ()) for line in span)

    def keep(self, path: Path) -> None:
        """Write it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps((dict(self.touched), dict(self.seconds))))


SLOW_SECONDS = 1.0
"""Checks that take longer come last."""


def kept(path: Path) -> LineMap:
    """A map that was kept."""
    return LineMap(*pickle.loads(path.read_bytes()))


def _statement(mutant: Mutant) -> range:
    last = mutant.path.read_text(encoding="utf-8")[: mutant.end].count("\n") + 1
    return range(mutant.line, last + 1)


def _lines(mutant: Mutant) -> Iterator[tuple[str, int]]:
    """The lines that a check has to run to notice the mutant.

    Its own in the body of a function; otherwise those in functions that name what it changes.
    """
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
    holder = _holder(tree, mutant.line)
    if isinstance(holder, ast.FunctionDef | ast.AsyncFunctionDef) and mutant.line >= holder.body[0].lineno:
        first = next(
            (one for one in ast.walk(holder) if isinstance(one, ast.stmt) and _is_simple(one)
             and one.lineno <= mutant.line <= (one.end_lineno or one.lineno)),
            None,
        )  # fmt: skip
        begin = first.lineno if first is not None else mutant.line
        yield from ((mutant.file, line) for line in {begin, *_statement(mutant)})
        return
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, _names(tree, mutant.line)))})\b")
    for file in files():
        for number, line in enumerate((SOURCES / file).read_text(encoding="utf-8").splitlines(), start=1):
            if named.search(line):
                yield file, number


def _is_simple(node: ast.stmt) -> bool:
    return not hasattr(node, "body")


def _holder(tree: ast.AST, line: int) -> ast.AST:
    """The innermost function or class around a line."""
    holder = tree
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and (
            node.lineno <= line <= (node.end_lineno or node.lineno)
        ):
            holder = node
    return holder


def _names(tree: ast.Module, line: int) -> set[str]:
    """What a statement outside of functions gives a name to, and the classes that it is in."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            found |= {
                name.id for target in targets if target for name in ast.walk(target) if isinstance(name, ast.Name)
            }
    return found or {"nothing"}
