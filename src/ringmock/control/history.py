"""The history of a world: what has changed it, labels, the way back, and the whole of it for an export."""

from typing import Any

from .. import __version__
from ..timestamps import iso8601
from ..world.history import as_json
from ..world.history.commands import Command, Handled
from ..world.history.world_history import NotKept
from ..world.template_digest import digest_of
from ..world.world import World
from .call import ControlCall, NotNow

Json = Any


def read_history(call: ControlCall) -> Json:
    """The newest commands, and how much is kept."""
    history = call.world.history
    newest = history.newest_first(call.query["limit"])
    return {**_standing(call.world), "commands": [_shown(number, command) for number, command in reversed(newest)]}


def read_commands(call: ControlCall) -> Json:
    """Commands as an exported history has them, some at a time; with the first of them the head."""
    world, after, limit = call.world, call.query["after"], call.query["limit"]
    base, kept = world.history.base, world.history.kept_after(after, limit + 1)
    assert base is not None
    return {
        "head": _head(call) if after <= world.history.before else None,
        "commands": [as_json.written(number, command, base) for number, command in kept[:limit]],
        "next": kept[limit - 1][0] if len(kept) > limit else None,
    }


def _head(call: ControlCall) -> Json:
    world, history = call.world, call.world.history
    assert history.base is not None
    standing, start = _standing(world), world.template.clock
    return {
        **as_json.head_of(history.base),
        "ringmock": __version__,
        "fixture": {"name": world.template.name, "digest": digest_of(world.template)},
        "generation": world.generation.name,
        "clock": {"now": None if start.now is None else iso8601(start.now), "frozen": start.frozen},
        "limits": world.template.limits,
        "world": world.name or "default",
        "first": standing["first"],
        "left_out": standing["left_out"],
        "labels": standing["labels"],
    }


def put_label(call: ControlCall) -> Json:
    """Name the present."""
    try:
        number = call.world.history.label(call.path["label"])
    except ValueError as error:
        raise NotNow(str(error)) from error
    return {"label": call.path["label"], "number": number}


def rewind(call: ControlCall) -> Json:
    """Go back."""
    try:
        differs = call.worlds.rewind(call.world, call.body["to"])
    except NotKept as error:
        raise NotNow(str(error)) from error
    number = None if differs is None else call.world.history.before + differs.place + 1
    return {**_standing(call.world), "differs_at": number}


def _standing(world: World) -> Json:
    history = world.history
    return {
        "first": history.before + 1,
        "latest": history.latest,
        "left_out": history.left_out,
        "most": history.most,
        "labels": dict(history.labels),
    }


def _shown(number: int, command: Command) -> Json:
    is_call = isinstance(command, Handled)
    return {
        "number": number,
        "at": iso8601(command.at),
        "kind": command.operation if isinstance(command, Handled) else command.kind,
        "call": command.number if isinstance(command, Handled) else None,
        "extension": command.caller.extension if isinstance(command, Handled) and command.caller else None,
        "is_call": is_call,
    }
