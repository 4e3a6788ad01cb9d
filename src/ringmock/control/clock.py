"""A world's time."""

import asyncio
from typing import Any

from ..domain.due import Due
from ..http.slices import in_slices
from ..timestamps import iso8601
from ..world import controls as world_controls
from ..world.walk import Walk, upcoming
from .call import ControlCall, as_refusals
from .waiting import Client

Json = Any

HELD_UP_SECONDS = 0.005
"""Until it is looked again whether receivers have taken their notifications."""
MOST_SHOWN = 1000
"""Events of an answer."""


def read_clock(call: ControlCall) -> Json:
    """What time it is."""
    clock = call.world.clock
    return {"now": iso8601(clock.now()), "frozen": clock.is_frozen}


def read_due(call: ControlCall) -> Json:
    """What happens next."""
    return call.waited


async def waiting_read_due(call: ControlCall, client: Client) -> Json:
    """Look for it while others are served."""
    world_controls.end_walk(call.world)
    found = await in_slices(upcoming(call.world, call.query["limit"]))
    return {**read_clock(call), "due": [shown(due) for due in found]}


def set_clock(call: ControlCall) -> Json:
    """Set it, stop it or let it go on."""
    return call.waited


async def waiting_set_clock(call: ControlCall, client: Client) -> Json:
    """Move it while others are served."""
    with as_refusals():
        walk = world_controls.setting_clock(call.world, **call.body)
    await _to_end(walk)
    return read_clock(call)


def advance_clock(call: ControlCall) -> Json:
    """Move on."""
    return call.waited


async def waiting_advance_clock(call: ControlCall, client: Client) -> Json:
    """Move on while others are served."""
    with as_refusals():
        walk = world_controls.advancing_clock(call.world, call.body.get("seconds", world_controls.NEXT))
    await _to_end(walk)
    happened = [shown(due) for due in walk.happened[:MOST_SHOWN]]
    return {**read_clock(call), "count": len(walk.happened), "happened": happened}


async def _to_end(walk: Walk) -> None:
    while not walk.step():
        await asyncio.sleep(HELD_UP_SECONDS if walk.is_held_up else 0)


def shown(due: Due) -> Json:
    """An event as JSON."""
    return {
        "at": iso8601(due.at),
        "kind": due.kind.value,
        "extension": due.extension,
        "id": due.id,
        "status": due.status,
    }
