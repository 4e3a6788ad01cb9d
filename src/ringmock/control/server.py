"""The server itself: whether it is there, what it holds, and what its control API is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Response

from .. import __version__
from ..openapi.resources import bundled
from ..sign_in.worlds import Worlds
from ..world.world import World
from . import description
from .call import ControlCall

Json = Any


def read_contract(_: ControlCall) -> Response:
    """The description of the API that is mocked, as the API serves it too."""
    return Response(bundled("openapi.yaml").read_text(encoding="utf-8"), content_type="application/yaml; charset=utf-8")


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
    world = call.world
    share = world.share
    return {
        "world": {
            "journal": {"kept": len(world.journal), "most": world.journal.most, "left_out": world.journal.left_out},
            "history": {"kept": len(world.history), "most": world.history.most, "left_out": world.history.left_out},
            "records": share.records,
            "file_bytes": share.file_bytes,
        },
        "server": _added([of_server(call.worlds), *(call.elsewhere or ())]),
    }


def of_server(worlds: Worlds) -> Json:
    """How much this process keeps."""
    limits, room = worlds.limits, worlds.room
    has_default = worlds.share.has("")
    # what stands for the default world where another process has it
    beside = 0 if has_default else worlds.default.share.records
    tokens = 0 if has_default else sum(1 for each in worlds.template.credentials.values() if each.access_token)
    return {
        "worlds": {"kept": len(worlds) - (not has_default), "most": limits.max_worlds + has_default},
        "log_ins": {"kept": len(worlds.log_ins) - tokens, "most": limits.max_log_ins},
        "records": {"kept": room.records - beside, "most": room.most_records},
        "file_bytes": {"kept": room.file_bytes, "most": room.most_file_bytes},
        "forgotten": dict(worlds.forgotten),
    }


def _added(of_processes: Sequence[Json]) -> Json:
    """What all processes of the server keep."""
    first = of_processes[0]
    kept = {name: {"kept": 0, "most": 0} for name in first if name != "forgotten"}
    forgotten: Counter[str] = Counter()
    for said in of_processes:
        forgotten.update(said["forgotten"])
        for name, counts in kept.items():
            counts["kept"] += said[name]["kept"]
            counts["most"] += said[name]["most"]
    return {**kept, "forgotten": dict(forgotten)}


def metrics(call: ControlCall) -> Response:
    """The figures of `usage`, in the text format of Prometheus."""
    return Response("".join(_lines(call)), content_type="text/plain; version=0.0.4; charset=utf-8")


def _lines(call: ControlCall) -> Iterator[str]:
    """Nothing is counted for it: the format is so small that a library would count everything a second time."""
    said = usage(call)
    world, server = said["world"], said["server"]
    journal = world["journal"]
    yield from _metric("info", "gauge", "The server's version, and the account that it serves.", 1, _labels_of(call))
    calls = journal["kept"] + journal["left_out"]
    yield from _metric("world_calls_total", "counter", "Calls that the world has seen since it began.", calls)
    yield from _metric("world_records", "gauge", "Records that the world keeps.", world["records"])
    yield from _metric("world_file_bytes", "gauge", "Bytes of files that the world keeps.", world["file_bytes"])
    for name, about in _KEPT.items():
        yield from _metric(name, "gauge", f"{about} of all worlds.", server[name]["kept"])
        yield from _metric(f"{name}_limit", "gauge", f"The most of {about.lower()}.", server[name]["most"])
    for number, (name, count) in enumerate(sorted(server["forgotten"].items())):
        about = "Valid ones that were dropped because there were too many."
        lines = [*_metric("forgotten_total", "counter", about, count, {"what": name})]
        yield from lines if number == 0 else lines[-1:]


_KEPT = {"worlds": "Worlds", "log_ins": "Log-ins", "records": "Records", "file_bytes": "Bytes of files"}


def _labels_of(call: ControlCall) -> Mapping[str, object]:
    return {"version": __version__, "account": call.world.account.id, "generation": call.world.generation.name}


def _metric(name: str, kind: str, about: str, value: int, labels: Mapping[str, object] | None = None) -> Iterator[str]:
    """A metric with its two lines of comment."""
    written = ",".join(f'{label}="{text}"' for label, text in (labels or {}).items())
    yield f"# HELP ringmock_{name} {about}\n# TYPE ringmock_{name} {kind}\n"
    yield f"ringmock_{name}{f'{{{written}}}' if written else ''} {value}\n"
