"""Reading an exported history, and finding the account that it is about."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ...fixture import bundled_names, load_named
from ...world.history import as_json
from ...world.history.commands import Base, Command
from ...world.history.serialization import Unreadable
from ...world.template import Template
from ...world.template_digest import digest_of

Json = Any


class HistoryFile(NamedTuple):
    """What an exported history says."""

    head: Mapping[str, Json]
    base: Base
    lines: list[Mapping[str, Json]]
    commands: list[Command]


class AnotherAccount(ValueError):
    """A history is about another account than the one at hand; the message says what would be right."""


def read_file(path: Path) -> HistoryFile:
    """An exported history. Raises `Unreadable`, which names the line, and `OSError`."""
    try:
        rows = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is no text in UTF-8, and so no history: `ringmock export` writes one") from error
    lines: list[Mapping[str, Json]] = []
    commands: list[Command] = []
    if not rows:
        raise Unreadable(f"{path} is empty: `ringmock export` writes a history")
    for number, row in enumerate(rows, 1):
        try:
            said = json.loads(row)
            if number == 1:
                base, head = as_json.read_head(said), said
                continue
            if not isinstance(said, dict):
                raise Unreadable("it is no object, as every line of a history is")
            commands.append(as_json.read(said))
            lines.append(said)
        except json.JSONDecodeError as error:
            raise Unreadable(f"{path}:{number}: it is no JSON: {error.msg}") from error
        except Unreadable as error:
            raise Unreadable(f"{path}:{number}: {error}") from error
    return HistoryFile(head, base, lines, commands)


def account_of(head: Mapping[str, Json], fixture: str | None) -> Template:
    """The account of a history, `fixture` where it is no bundled one. Raises `AnotherAccount` and `FixtureError`."""
    recorded = head.get("fixture") or {}
    name = str(recorded.get("name"))
    if fixture is None and name not in bundled_names():
        raise AnotherAccount(f"it is about an account of your own, the fixture {name!r}: --fixture FILE names its file")
    template = load_named(fixture or name, generation=head.get("generation"))
    template = replace(template, limits=head.get("limits"))
    if digest_of(template) != recorded.get("digest"):
        raise AnotherAccount(
            f"it was recorded on another account than {fixture or name} as it is now: --fixture FILE names the file as"
            " it was then"
        )
    return template
