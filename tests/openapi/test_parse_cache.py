"""What is made of a file is made once for all processes, whatever becomes of what was kept."""

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringmock.openapi import parse_cache

KEPT = f"kept.{sys.implementation.cache_tag}.pickle"


class Making:
    """Makes the same again and again, and counts how often."""

    def __init__(self, made: object) -> None:
        self.made = made
        self.count = 0

    def __call__(self) -> object:
        self.count += 1
        return self.made


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where bytecode goes, as PYTHONPYCACHEPREFIX says."""
    before = sys.pycache_prefix, sys.dont_write_bytecode
    sys.pycache_prefix, sys.dont_write_bytecode = str(tmp_path), False
    yield tmp_path
    sys.pycache_prefix, sys.dont_write_bytecode = before


def asked(source: bytes, making: Making) -> object:
    return pickle.loads(parse_cache.cached("kept", source, making))


def test_the_same_source_is_made_once(folder: Path) -> None:
    making = Making({"a": 1})
    assert [asked(b"a: 1", making), asked(b"a: 1", making)] == [{"a": 1}] * 2
    assert making.count == 1
    assert [path.name for path in folder.rglob("*.pickle")] == [KEPT]


def test_another_source_is_made_again(folder: Path) -> None:
    asked(b"a: 1", Making({"a": 1}))
    assert asked(b"a: 2", Making({"a": 2})) == {"a": 2}


@pytest.mark.parametrize("damage", [b"", b"short", None], ids=["empty", "cut short", "another byte at its end"])
def test_a_damaged_file_is_made_again(folder: Path, damage: bytes | None) -> None:
    asked(b"a: 1", Making({"a": 1}))
    (file,) = folder.rglob("*.pickle")
    kept = file.read_bytes()
    file.write_bytes(kept[:-1] + b"?" if damage is None else damage)
    assert asked(b"a: 1", Making({"a": 1})) == {"a": 1}
    assert file.read_bytes() == kept


def test_nothing_is_written_where_python_writes_no_bytecode(folder: Path) -> None:
    sys.dont_write_bytecode = True
    assert asked(b"a: 1", Making({"a": 1})) == {"a": 1}
    assert list(folder.rglob("*")) == []


def test_what_cannot_be_written_is_made_each_time(folder: Path) -> None:
    (folder / "file").write_bytes(b"")
    sys.pycache_prefix = str(folder / "file")
    making = Making({"a": 1})
    assert [asked(b"a: 1", making), asked(b"a: 1", making)] == [{"a": 1}] * 2
    assert making.count == 2
