"""Faults on demand, as a test plants them: of calls, of notifications, of carriers and of connections."""

from dataclasses import asdict
from typing import Any

from ..fixture import carrier_from, written_carrier
from ..lab.faults import Standing, rule_text
from ..world import controls as world_controls
from .call import ControlCall, NotThere, Senseless

Json = Any


def read_faults(call: ControlCall) -> Json:
    """The rules, how many each has yet to meet, and how many have met it."""
    plan = call.world.faults
    return [_standing(each) for each in plan.standings] if plan is not None else []


def _standing(standing: Standing) -> Json:
    rule, left, met = standing
    return {**asdict(rule), "left": left, "met": met, "carried_out": rule.carries_out, "text": rule_text(rule)}


def put_faults(call: ControlCall) -> Json:
    """Let calls fail by these rules, and by no others."""
    try:
        world_controls.set_faults(call.world, call.body)
    except ValueError as error:
        raise Senseless(str(error)) from error
    return read_faults(call)


def add_fault(call: ControlCall) -> Json:
    """Let calls fail by one rule more, behind those that there are."""
    try:
        world_controls.add_fault(call.world, call.body)
    except ValueError as error:
        raise Senseless(str(error)) from error
    return read_faults(call)


def remove_fault(call: ControlCall) -> Json:
    """Take one rule out; the others go on as they are."""
    plan, place = call.world.faults, call.path["place"]
    count = len(plan.standings) if plan is not None else 0
    if place > count or plan is None:
        raise NotThere(f"There is no rule {place}: the world has {count}, which are counted from 1.")
    world_controls.remove_fault(call.world, place)
    return read_faults(call)


def read_carrier(call: ControlCall) -> Json:
    """What carriers make of SMS; null where all of it arrives."""
    carrier = call.world.carrier
    return None if carrier is None else written_carrier(carrier)


def put_carrier(call: ControlCall) -> Json:
    """Say what carriers make of SMS from now on."""
    try:
        carrier = None if call.body == {} else carrier_from(call.body, call.world.account)
    except ValueError as error:
        raise Senseless(str(error)) from error
    world_controls.set_carrier(call.world, carrier)
    return read_carrier(call)


def close_websockets(call: ControlCall) -> Json:
    """Close every WebSocket that is open in the world, and say how many there were."""
    return {"closed": call.world.close_sockets()}
