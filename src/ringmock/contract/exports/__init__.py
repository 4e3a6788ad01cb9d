"""What was done in a world, written as a history, HAR, a script of curl, a contract case or a pytest file."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ...world.history import as_json
from ...world.template import Template
from ..cases.from_world import Recording, written_from
from .curl_script import curl_script
from .har import har
from .pytest_file import pytest_file


class Exported(NamedTuple):
    """A file's text, and what of the world is not in it."""

    text: str
    left_out: tuple[str, ...] = ()


def history(recording: Recording) -> str:
    """The head and the commands, each on a line of JSON."""
    return "".join(f"{as_json.line(said)}\n" for said in (recording.head, *recording.commands))


def _case(name: str, recording: Recording, template: Template) -> Exported:
    made = written_from(name, recording, template)
    return Exported(made.text, made.left_out)


Write = Callable[[str, Recording, Template], Exported]

FORMATS: Final[Mapping[str, Write]] = {
    "history": lambda _, recording, __: Exported(history(recording)),
    "har": lambda _, recording, __: Exported(har(recording)),
    "curl": lambda _, recording, template: Exported(*curl_script(recording, template)),
    "case": _case,
    "pytest": lambda name, recording, template: Exported(*pytest_file(name, recording, template)),
}
"""By name. `name` is the sentence that a case keeps. Each raises `CannotBeWritten` where there is nothing to write."""

OF_ANY_ACCOUNT: Final = ("history", "har")
"""The formats for which the account does not have to be known."""

SUFFIXES: Final[Mapping[str, str]] = {
    "history": ".jsonl",
    "har": ".har",
    "curl": ".sh",
    "case": ".yaml",
    "pytest": ".py",
}

Json = Any
