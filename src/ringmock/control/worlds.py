"""Worlds, as a test opens, resets and closes them."""

from typing import Any

from .call import ControlCall
from .server import readiness

Json = Any


def reset(call: ControlCall) -> Json:
    """Back to the fixture."""
    call.world.reset()
    return readiness(call.world)
