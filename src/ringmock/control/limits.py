"""Rate limits of a world."""

from typing import Any

from ..lab.limits import Group, Limits
from ..world import controls as world_controls
from .call import ControlCall, as_refusals

Json = Any


def read_limits(call: ControlCall) -> Json:
    """Calls a minute for each group, and messages."""
    held = call.world.limits
    limits = held.limits if held is not None else Limits({})
    messages = min(limits.messages.values(), default=None)
    return {**{group: limits.calls.get(group) for group in Group}, "messages": messages}


def put_limits(call: ControlCall) -> Json:
    """Hold the world to these, and to no others."""
    with as_refusals():
        world_controls.set_limits(call.world, call.body)
    return read_limits(call)
