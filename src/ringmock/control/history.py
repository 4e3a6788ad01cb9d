"""The history of a world: what has changed it, labels, and the way back."""

from typing import Any

from ..timestamps import iso8601
from ..world.history.commands import Command, Handled
from ..world.history.of_world import NotKept
from ..world.world import World
from .call import ControlCall, NotNow

Json = Any


def read_history(call: ControlCall) -> Json:
    """The newest commands, and how much is kept."""
    history = call.world.history
    newest = history.newest_first(call.query["limit"])
    return {**_standing(call.world), "commands": [_shown(number, command) for number, command in reversed(newest)]}


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
