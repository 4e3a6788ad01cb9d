"""What was done in a world, as a file: a history, HAR, a script of curl, a contract case or a pytest file."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..domain.slices import Slices
from ..http.slices import in_slices
from ..sign_in.world_slots import DEFAULT
from ..world.template import Template
from . import account, clock, history, journal, limits, messages, subscriptions
from .call import ControlCall, NotNow, root_of
from .waiting import Client

Json = Any

COMMANDS_AT_A_TIME = 100


def export_world(call: ControlCall) -> Json:
    """The file."""
    return call.waited


async def waiting_export_world(call: ControlCall, _: Client) -> Json:
    """Read the world while others are served, and write the file beside that."""
    world = call.world
    said = await in_slices(_said(call))
    name = world.name or DEFAULT
    # The file is made of what was read alone.
    return await asyncio.to_thread(_written, call.query, said, name, world.template, root_of(call.url))


def _said(call: ControlCall) -> Slices[dict[str, Json]]:
    """What the control API answers about the world, by path: as it was at one moment, but for what moves by itself."""
    world, epoch = call.world, call.world.epoch
    newest, until = world.history.latest, world.journal.latest
    said: dict[str, Json] = {
        "/messages": messages.everything(call),
        "/clock": clock.read_clock(call),
        "/limits": limits.read_limits(call),
        "/subscriptions": subscriptions.read_subscriptions(call),
    }
    for number in world.account.extensions:
        said[f"/extensions/{number}"] = account.read_extension(replace(call, path={"number": number}))
        yield
    said["/history/commands"] = yield from _commands(call, newest)
    said["/journal"] = yield from journal.with_texts(world, until)
    if world.epoch != epoch:
        raise NotNow("The world was reset meanwhile: nothing is left of what was done in it.")
    return said


def _commands(call: ControlCall, newest: int) -> Slices[Json]:
    """The whole of a history, as one page of it."""
    page = history.read_commands(replace(call, query={"after": 0, "limit": COMMANDS_AT_A_TIME}))
    head, commands = page["head"], page["commands"]
    while page["next"] is not None and page["next"] < newest:
        yield
        page = history.read_commands(replace(call, query={"after": page["next"], "limit": COMMANDS_AT_A_TIME}))
        commands += page["commands"]
    return {"head": head, "commands": [each for each in commands if each["number"] <= newest], "next": None}


def _written(query: Mapping[str, Any], said: Mapping[str, Json], world: str, template: Template, root: str) -> Json:
    """The file, by the code of `ringmock export`."""
    from ..contract.cases.recorded_values import CannotBeWritten
    from ..contract.exports import FORMATS, OF_ANY_ACCOUNT, SUFFIXES
    from ..contract.recording import CannotBeRead, read_alone, read_whole

    known, form, left_out = json.loads(json.dumps(said)), query["format"], tuple[str, ...]()

    def get(path: str) -> Json:
        return known[path.partition("?")[0]]

    try:
        if form in OF_ANY_ACCOUNT:
            recording, left_out = read_alone(form, get, root)
        else:
            recording = read_whole(get, root, world, template)
        made = FORMATS[form](query["name"], recording, template)
    except (CannotBeRead, CannotBeWritten) as error:
        sentence = str(error)
        raise NotNow(f"{sentence[:1].upper()}{sentence[1:]}.") from error
    return {"file": f"{world}{SUFFIXES[form]}", "text": made.text, "left_out": [*left_out, *made.left_out]}
