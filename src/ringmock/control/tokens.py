"""Access tokens, without signing in."""

from typing import Any

from ..sign_in import sessions
from ..world import controls as world_controls
from .call import ControlCall, NotNow, as_refusals

Json = Any


def create_token(call: ControlCall) -> Json:
    """A log-in of an extension's, as an application of the world."""
    worlds, world = call.worlds, call.world
    with as_refusals():
        extension = world_controls.extension_of(world, call.body["extension"])
    if not extension.can_log_in:
        raise NotNow(f"Extension {extension.number} is {extension.status} and cannot sign in.")
    try:
        session = worlds.log_ins.open_session(
            world,
            extension,
            worlds.client_of(world),
            access_ttl=sessions.DEFAULT_ACCESS_TTL,
            refresh_ttl=0,
        )
    except sessions.TooManyLogIns as error:
        raise NotNow("The server has as many log-ins as it keeps (--max-log-ins): revoke some.") from error
    except sessions.UnknownClient as error:
        raise NotNow("The fixture names no application: sign in as one, which opens a world of its own.") from error
    return {
        "access_token": session.access_token,
        "token_type": "bearer",
        "expires_in": session.access_ttl,
        "extension": extension.number,
    }
