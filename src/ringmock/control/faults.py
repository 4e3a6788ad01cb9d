"""Faults on demand, as a test plants them."""

from dataclasses import asdict
from typing import Any

from ..world import controls as world_controls
from .call import BadInput, ControlCall

Json = Any


def read_faults(call: ControlCall) -> Json:
    """The rules, and how many calls each has yet to meet."""
    plan = call.world.faults
    return [{**asdict(rule), "left": left} for rule, left in plan.left] if plan is not None else []


def put_faults(call: ControlCall) -> Json:
    """Let calls fail by these rules, and by no others."""
    try:
        world_controls.set_faults(call.world, call.body)
    except ValueError as error:
        raise BadInput(str(error)) from error
    return read_faults(call)
