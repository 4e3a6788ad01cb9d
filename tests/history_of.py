"""A world and what its history makes of another one: all that both know, as text, and where it differs."""

import difflib
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from random import Random
from typing import Any
from zlib import crc32

from sortedcontainers import SortedDict, SortedKeyList, SortedList, SortedSet

from ringmock.domain.agenda import Agenda, Timer
from ringmock.domain.due import DueKind
from ringmock.sign_in.worlds import Worlds
from ringmock.world.world import World

_OTHERWISE = {
    # what it is made of, and who has it
    *("template", "fixture", "generation", "name", "moment", "history", "share", "_limits", "_secret_source"),
    # of this epoch and of who looks
    *("epoch", "is_closed", "opened", "used", "walk", "journal", "_holders", "_watchers", "_reset_callbacks"),
    # what was looked up once
    "_kept",
    # told by the line of the clock
    "clock",
}
"""Attributes of a world that its history does not make. Whatever is added to a world is compared."""

_PLAIN = (str, bytes, int, float, bool, type(None))
_OWN = {"_agenda", "_sooner", "_waits", "_room", "_watchers", "_sorted", "by_phone_number", "heads"}
"""Attributes that belong to the world around, to whoever waits, or to the first who looks."""


class Compared(Enum):
    """Whose answers are compared when a history is done again; what other calls do is recorded without an answer."""

    ALL = "all answers"
    FIRST = "none but the first"


BOTH = (Compared.ALL, Compared.FIRST)
TURN = os.environ.get("RINGMOCK_TURN")


def in_turn(name: str) -> tuple[Compared, ...]:
    """One way, by what is done again and by the commit, which has half of all in each; both where there is no turn."""
    return BOTH if TURN is None else (BOTH[(crc32(name.encode()) + int(TURN)) % 2],)


def differences(worlds: Worlds, world: World, ways: Sequence[Compared] = BOTH) -> list[str]:
    """How a world that is made from the history differs; empty where it does in nothing. For the serving thread."""
    history = world.history
    assert history.base is not None
    assert worlds.replay is not None
    told: list[str] = []
    before = told_of(world)
    for way in ways:
        compared = 1 if way is Compared.ALL else len(history) + 1
        again = type(world)(world.template, worlds.moment, world.generation, limits=worlds.limits)
        found = worlds.replay(again, history.base, history.commands(), compared)
        told += [f"{found.command} is answered by {found.status} {found.answer!r}"] if found else []
        told += difflib.unified_diff(before, told_of(again), "as it was", "rebuilt", lineterm="", n=1)
    return told


def told_of(world: World) -> list[str]:
    """All that a world knows, line by line."""
    with world.moment.held():
        now = world.clock.now() if world.clock.is_frozen else world.clock._offset
        world.subscriptions.everyone(world.clock.now())  # who looks first removes those that have expired
        lines = [f"clock {now} {world.clock.is_frozen}", f"share {world.share.records} {world.share.file_bytes}"]
        for name in sorted(vars(world).keys() - _OTHERWISE):
            lines += _lines(name, getattr(world, name), {})
        return lines


def _lines(name: str, value: Any, seen: dict[int, str]) -> Iterator[str]:
    if isinstance(value, _PLAIN) or value.__class__.__module__ == "datetime":
        yield f"{name} = {value!r}"
        return
    if callable(value) or isinstance(value, Enum):
        yield f"{name} is {value if isinstance(value, Enum) else 'a function'}"
        return
    if is_dataclass(value) and type(value).__dataclass_params__.frozen and len(repr(value)) < 200:  # type: ignore[attr-defined]
        yield f"{name} = {value!r}"
        return
    if id(value) in seen:
        return
    seen[id(value)] = name
    if isinstance(value, Random):
        yield f"{name} = {hash(value.getstate())}"
    elif isinstance(value, Agenda):
        for at, thing in value.upcoming(len(value)):
            event = thing.event(at) if isinstance(thing, Timer) else None
            if event is not None and event.kind is DueKind.CONNECTION_TIMEOUT:
                continue
            yield f"{name} has {type(thing).__name__} {getattr(thing, 'id', '')} at {at}"
    elif isinstance(value, (Set, SortedSet)):
        yield from (f"{name} has {each!r}" for each in sorted(map(repr, value)))
    elif isinstance(value, (Mapping, SortedDict)):
        for key, each in value.items():
            yield from _lines(f"{name}[{key!r}]" if isinstance(key, (*_PLAIN, tuple)) else f"{name}[.]", each, seen)
    elif isinstance(value, (list, tuple, deque, SortedList, SortedKeyList)):
        for place, each in enumerate(value):
            yield from _lines(f"{name}[{place}]", each, seen)
    else:
        for attribute in _attributes(value):
            yield from _lines(f"{name}.{attribute}", getattr(value, attribute, None), seen)


def _attributes(value: Any) -> list[str]:
    named = [each.name for each in fields(value)] if is_dataclass(value) else []
    slots = [slot for kind in type(value).__mro__ for slot in getattr(kind, "__slots__", ())]
    return [
        each
        for each in dict.fromkeys([*named, *slots, *getattr(value, "__dict__", ())])
        if each not in _OWN and not each.startswith("__")
    ]
