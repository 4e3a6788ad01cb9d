"""A world's time."""

from typing import Any

from ..timestamps import iso8601
from ..world import controls as world_controls
from .call import ControlCall, told

Json = Any


def read_clock(call: ControlCall) -> Json:
    """What time it is."""
    clock = call.world.clock
    return {"now": iso8601(clock.now()), "frozen": clock.is_frozen}


def set_clock(call: ControlCall) -> Json:
    """Set it, stop it or let it go on."""
    with told():
        world_controls.set_clock(call.world, **call.body)
    return read_clock(call)


def advance_clock(call: ControlCall) -> Json:
    """Move on."""
    with told():
        world_controls.advance_clock(call.world, call.body["seconds"])
    return read_clock(call)
