"""Worlds, as a test opens, forks, resets and closes them."""

from typing import Any

from ..domain.errors import StoreFull
from ..fixture import FixtureError, bundled_names, fixture_of, load_named
from ..server_limits import option_of
from ..sign_in.sessions import TooManyWorlds
from ..sign_in.worlds import Worlds
from ..timestamps import iso8601
from ..world.template import Template
from ..world.world import World
from .call import ControlCall, NotNow, NotThere, Senseless, as_refusals
from .sentences import did_you_mean
from .server import readiness

Json = Any

DEFAULT = "default"
"""What the fixture's own world is called."""


def named_world(worlds: Worlds, name: str) -> World:
    """An open world. Raises `NotThere`."""
    world = worlds.world_named(name)
    if world is not None:
        return world
    if name == DEFAULT:
        return worlds.default
    near = did_you_mean(name, [known for known, _ in worlds.all_worlds()][:1000])
    raise NotThere(f"There is no world {name!r}{near} POST /_mock/worlds opens one, and so does a call of the API.")


def list_worlds(call: ControlCall) -> Json:
    """Those that are open: the fixture's own, and the newest before the others."""
    worlds = call.worlds
    found = [(DEFAULT, worlds.default), *worlds.all_worlds()]
    return {
        "count": len(found),
        "worlds": [_shown(worlds, name, world) for name, world in found[: call.query["limit"]]],
    }


def read_world(call: ControlCall) -> Json:
    """One of them."""
    name = call.path["name"]
    return _shown(call.worlds, name, named_world(call.worlds, name))


def create_world(call: ControlCall) -> Json:
    """Open one."""
    body, worlds = call.body, call.worlds
    if "fixture" in body and "fork" in body:
        raise Senseless("A world begins with a 'fixture' or as a 'fork' of another, and not as both.")
    origin = named_world(worlds, body["fork"]) if "fork" in body else None
    if body["name"] == DEFAULT:
        raise NotNow("The world 'default' is the fixture's own: choose another name.")
    if "at" in body and origin is None:
        raise Senseless("'at' is a point in the history of the world that is the 'fork'.")
    if origin is not None and origin.share.records > worlds.limits.max_fork_records:
        raise NotNow(
            f"A world of at most {worlds.limits.max_fork_records} records is forked"
            f" ({option_of('max_fork_records')}), and this one has {origin.share.records}."
        )
    template = template_of(body["fixture"]) if "fixture" in body else None
    try:
        with as_refusals():
            if origin is None:
                world = worlds.open_world(body["name"], template, body.get("fixture"))
            else:
                world = worlds.fork(body["name"], origin, body.get("at"))
    except StoreFull as error:
        raise NotNow(f"The server keeps no more than {error.value}: reset a world, or serve with more.") from error
    except TooManyWorlds as error:
        raise NotNow(
            f"There are {worlds.limits.max_worlds} worlds (--max-worlds), all in use: close one, or reset one."
        ) from error
    return _shown(worlds, body["name"], world)


def template_of(given: Json) -> Template:
    """What a world is opened from: a fixture, or the name of a bundled one. Raises `Senseless`."""
    try:
        return fixture_of(given, "fixture") if isinstance(given, dict) else _bundled(given)
    except FixtureError as error:
        raise Senseless(f"{error}.") from error


def _bundled(name: str) -> Template:
    if name not in bundled_names():
        near = did_you_mean(name, bundled_names())
        raise Senseless(f"There is no bundled account {name!r}{near} 'fixture' is one of {', '.join(bundled_names())}.")
    return load_named(name)


def close_world(call: ControlCall) -> Json:
    """Close one."""
    name = call.path["name"]
    world = named_world(call.worlds, name)
    if world is call.worlds.default:
        raise NotNow("The fixture's own world stays open: POST /_mock/reset takes it back to the fixture.")
    said = _shown(call.worlds, name, world)
    call.worlds.close_world(name)
    return said


def reset_world(call: ControlCall) -> Json:
    """Back to its fixture."""
    named_world(call.worlds, call.path["name"]).reset()
    return read_world(call)


def reset(call: ControlCall) -> Json:
    """Back to the fixture."""
    call.world.reset()
    return readiness(call.world)


def _shown(worlds: Worlds, name: str, world: World) -> Json:
    return {
        "name": name,
        "fixture": world.template.name,
        "age": round((worlds.now() - world.opened).total_seconds(), 3),
        "calls": len(world.journal) + world.journal.left_out,
        "messages": world.message_journal.count,
        "last_used": iso8601(world.used),
        "in_use": world.is_held,
    }
