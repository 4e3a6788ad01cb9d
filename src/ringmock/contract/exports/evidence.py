"""What is kept of a failed test: the history of its world, and what is made of it."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from ...world.template import Template
from ..cases.recorded_values import CannotBeWritten
from ..recording import CannotBeRead, read_world
from . import FORMATS

FILES = {"history": "history.jsonl", "case": "case.yaml", "pytest": "again_{}.py"}
"""With a digest of the test in the last: pytest takes no two files of one name in one run."""
_LONGEST = 100
"""Signs of a folder's name."""


def folder_of(folder: Path, test: str) -> Path:
    """Where the evidence of a test is, by its node id: another folder for each."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", test).strip("-.") or "test"
    if name == test and len(name) <= _LONGEST:
        return folder / name
    return folder / f"{name[-_LONGEST:].lstrip('-.')}-{_digest(test)}"


def _digest(test: str) -> str:
    return hashlib.sha256(test.encode()).hexdigest()[:8]


def keep(folder: Path, test: str, url: str, world: str, template: Template) -> Iterable[str]:
    """Write what can be written of a world into a folder of the test's own. Yields what there is to say about it.

    Raises `NoAnswer` and `OSError`.
    """
    own = folder_of(folder, test)
    name = f"What was done in {' '.join(test.split())} is done again"
    try:
        recording = read_world(url, world, template)
    except CannotBeRead as reason:
        yield f"not kept: {reason}"
        return
    own.mkdir(parents=True, exist_ok=True)
    for form, named in FILES.items():
        file = named.format(_digest(test))
        (own / file).unlink(missing_ok=True)
        try:
            made = FORMATS[form](name, recording, template)
        except CannotBeWritten as reason:
            yield f"no {file}: {reason}"
            continue
        (own / file).write_text(made.text, encoding="utf-8", errors="backslashreplace")
        yield f"kept: {own / file}"
