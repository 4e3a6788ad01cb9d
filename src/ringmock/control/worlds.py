"""Worlds, as a test opens, forks, resets and closes them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ..domain.errors import StoreFull
from ..fixture import FixtureError, bundled_names, fixture_of, load_named
from ..server_limits import option_of
from ..sign_in.sessions import TooManyWorlds
from ..sign_in.world_slots import DEFAULT, slot_of
from ..sign_in.worlds import Worlds
from ..timestamps import iso8601
from ..world.history.durable import DurableHistory
from ..world.template import Template
from ..world.world import World
from .call import ControlCall, NotNow, NotThere, Senseless, as_refusals
from .sentences import did_you_mean
from .server import readiness

Json = Any


def named_world(worlds: Worlds, name: str) -> World:
    """An open world. Raises `NotThere`, and `LogUnavailable` where another process has it."""
    world = worlds.world_named(name)
    if world is not None:
        return world
    worlds.check_is_here(slot_of(name))
    if name == DEFAULT:
        return worlds.default
    near = did_you_mean(name, [known for known, _ in worlds.all_worlds()][:1000])
    raise NotThere(f"There is no world {name!r}{near} POST /_mock/worlds opens one, and so does a call of the API.")


def list_worlds(call: ControlCall) -> Json:
    """Those that are open: the fixture's own, and the newest before the others."""
    limit = call.query["limit"]
    if call.elsewhere is None:
        found = _named(call.worlds)
        return {"count": len(found), "worlds": [_shown(call.worlds, name, world) for name, world in found[:limit]]}
    shown = [each for said in (shown_worlds(call.worlds), *call.elsewhere) for each in said]
    shown.sort(key=lambda each: (each["name"] != DEFAULT, each["age"]))
    return {"count": len(shown), "worlds": shown[:limit]}


def shown_worlds(worlds: Worlds) -> Json:
    """Those of this process."""
    return [_shown(worlds, name, world) for name, world in _named(worlds)]


def _named(worlds: Worlds) -> list[tuple[str, World]]:
    first = [(DEFAULT, worlds.default)] if worlds.share.has("") else []
    return [*first, *worlds.all_worlds()]


def read_world(call: ControlCall) -> Json:
    """One of them."""
    name = call.path["name"]
    return _shown(call.worlds, name, named_world(call.worlds, name))


def create_world(call: ControlCall) -> Json:
    """Open one."""
    body, worlds = call.body, call.worlds
    if "fixture" in body and "fork" in body:
        raise Senseless("A world begins with a 'fixture' or as a 'fork' of another, and not as both.")
    origin = _origin(call) if "fork" in body else None
    if body["name"] == DEFAULT:
        raise NotNow("The world 'default' is the fixture's own: choose another name.")
    if "at" in body and origin is None:
        raise Senseless("'at' is a point in the history of the world that is the 'fork'.")
    if origin is not None and origin.records > worlds.limits.max_fork_records:
        raise NotNow(
            f"A world of at most {worlds.limits.max_fork_records} records is forked"
            f" ({option_of('max_fork_records')}), and this one has {origin.records}."
        )
    template = template_of(body["fixture"]) if "fixture" in body else None
    try:
        with as_refusals():
            if origin is None:
                world = worlds.open_world(body["name"], template, body.get("fixture"))
            else:
                world = origin.fork(body["name"], body.get("at"))
    except StoreFull as error:
        raise NotNow(f"The server keeps no more than {error.value}: reset a world, or serve with more.") from error
    except TooManyWorlds as error:
        raise NotNow(
            f"There are {worlds.limits.max_worlds} worlds (--max-worlds), all in use: close one, or reset one."
        ) from error
    return _shown(worlds, body["name"], world)


class _Origin(NamedTuple):
    """The world that another one begins as."""

    records: int
    fork: Callable[[str, int | str | None], World]
    """Opens a world of this name that is what it was at a point, or is."""


def _origin(call: ControlCall) -> _Origin:
    """Raises `NotThere`."""
    worlds, said = call.worlds, call.elsewhere
    if said is None:
        world = named_world(worlds, call.body["fork"])
        return _Origin(world.share.records, lambda name, at: worlds.fork(name, world, at))
    if "error" in said:
        raise NotThere(said["error"])
    return _Origin(said["records"], lambda name, at: worlds.fork_of_log(name, said["number"], at, template_of))


def origin_of(worlds: Worlds, name: str) -> Json:
    """What another process has to know of a world to fork it, all of which the log has then."""
    try:
        world = named_world(worlds, name)
    except NotThere as error:
        return {"error": str(error)}
    assert worlds.commits is not None
    assert isinstance(world.history, DurableHistory)
    worlds.commits.flush()
    return {"records": world.share.records, "number": world.history.world}


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
