"""The server itself: whether it is there, what it holds, and what its control API is."""

from typing import Any

from flask import Response

from .. import __version__
from ..world.world import World
from . import description
from .call import ControlCall

Json = Any


def read_description(_: ControlCall) -> Response:
    """The file, as it stands."""
    return Response(description.text(), content_type="application/yaml; charset=utf-8")


def ready(call: ControlCall) -> Json:
    """That it answers, and for which account."""
    return readiness(call.world)


def readiness(world: World) -> Json:
    """What a world says when it is ready."""
    return {
        "status": "ready",
        "version": __version__,
        "account": world.account.id,
        "generation": world.generation.name,
    }


def usage(call: ControlCall) -> Json:
    """How much is kept."""
    worlds, world = call.worlds, call.world
    limits, room, share = worlds.limits, worlds.room, world.share
    return {
        "world": {
            "journal": {"kept": len(world.journal), "most": world.journal.most, "left_out": world.journal.left_out},
            "records": share.records,
            "file_bytes": share.file_bytes,
        },
        "server": {
            "worlds": {"kept": len(worlds), "most": limits.max_worlds + 1},
            "log_ins": {"kept": worlds.log_ins, "most": limits.max_log_ins},
            "records": {"kept": room.records, "most": room.most_records},
            "file_bytes": {"kept": room.file_bytes, "most": room.most_file_bytes},
            "forgotten": dict(worlds.forgotten),
        },
    }
