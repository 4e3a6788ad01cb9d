"""A mutant put into a process that has the right program: into its functions, or by importing the program again."""

import functools
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .operators import ROOT, SOURCES, Mutant

OWN = "mutation"
"""The modules that stay when the program is imported again."""


class Functions:
    """The functions of the program that there are, by file, found once."""

    def __init__(self) -> None:
        self._by_file: dict[str, list[FunctionType]] = {}
        for one in gc.get_objects():
            if type(one) is FunctionType:
                self._by_file.setdefault(one.__code__.co_filename, []).append(one)

    def changes(self, mutant: Mutant) -> list[tuple[FunctionType, CodeType]] | None:
        """Which functions get which code; none when the change is not in a function's body.

        Raises `SyntaxError` for a mutant that is no Python.
        """
        path = str(mutant.path)
        wrong = compile(mutant.source, path, "exec", dont_inherit=True)
        right = compile(mutant.path.read_text(encoding="utf-8"), path, "exec", dont_inherit=True)
        if right == wrong:
            return []
        new = {old: new for old, new in _pairs(right, wrong) if old != new}
        found = [(one, new[one.__code__]) for one in self._by_file.get(path, ()) if one.__code__ in new]
        if not found or any(one.__code__.co_freevars != code.co_freevars for one, code in found):
            return None
        return found if _is_in_functions(right, wrong) else None


def _is_in_functions(right: CodeType, wrong: CodeType) -> bool:
    """Whether modules and classes are the same but for the code of their functions."""
    if right.co_code != wrong.co_code or right.co_names != wrong.co_names:
        return False
    for old, new in zip(right.co_consts, wrong.co_consts, strict=False):
        if isinstance(old, CodeType) and isinstance(new, CodeType):
            is_class = not old.co_flags & 0x2  # a class's body has no fast locals, as a function has
            if is_class and not _is_in_functions(old, new):
                return False
        elif old != new or type(old) is not type(new):
            return False
    return len(right.co_consts) == len(wrong.co_consts)


def _pairs(right: CodeType, wrong: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Every code in a code with the one in its place, as long as both have as many."""
    yield right, wrong
    olds, news = ([each for each in code.co_consts if isinstance(each, CodeType)] for code in (right, wrong))
    if [old.co_name for old in olds] == [new.co_name for new in news]:
        for old, new in zip(olds, news, strict=True):
            yield from _pairs(old, new)


def swap(changes: Sequence[tuple[FunctionType, CodeType]]) -> None:
    """Give the functions their new code."""
    for function, code in changes:
        function.__code__ = code


class Caches:
    """What functions of the program remember of their calls: emptied together."""

    def __init__(self) -> None:
        self._found: list[Callable[[], Any]] = [
            one.cache_clear
            for one in gc.get_objects()
            if isinstance(one, functools._lru_cache_wrapper) and one.__wrapped__.__code__.co_filename.startswith(_ROOMS)
        ]

    def clear(self) -> None:
        """Empty them."""
        for clear in self._found:
            clear()


_ROOMS = tuple(f"{SOURCES}/{room}/" for room in ("domain", "world", "sign_in", "http/wire", "http/operations"))


def import_again(mutant: Mutant) -> None:
    """Forget the program and its tests, and have the mutant in the place of its module from now on."""
    here = str(ROOT)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        is_ours = file.startswith((f"{here}/src/", f"{here}/tests/"))
        if is_ours and name.partition(".")[0] not in (OWN, "__main__"):
            del sys.modules[name]
    sys.meta_path.insert(0, _Finder(mutant))


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        loader = _Loader(fullname, str(self._mutant.path), self._mutant)
        return importlib.util.spec_from_file_location(fullname, self._mutant.path, loader=loader)


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, mutant: Mutant) -> None:
        super().__init__(fullname, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._mutant.source, str(self._mutant.path), "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
