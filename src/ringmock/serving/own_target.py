"""A server of ringmock's own for the contract suite, started for a run."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from ..contract.http_client import Watcher
from ..contract.target import Target, with_sign_ins
from ..coverage.collector import CoverageCollector
from ..sign_in.worlds import Worlds
from ..world.template import Template
from .server import Server, build, serving


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTarget(Target):
    """A server that runs in this process. Its worlds belong to its thread (`server.do`)."""

    worlds: Worlds
    server: Server

    @property
    def is_own(self) -> bool:
        """That it is."""
        return True


@contextlib.contextmanager
def own_target(
    template: Template, watcher: Watcher | None = None, collector: CoverageCollector | None = None
) -> Iterator[OwnTarget]:
    """A server of this account on any port of 127.0.0.1, in a thread of its own, stopped at the end.

    Whoever has credentials can sign in to a world of its own (`with_sign_ins`). `collector` collects the coverage of
    its calls.
    """
    template = with_sign_ins(template)
    worlds = Worlds(template)
    with serving(build(worlds, collector=collector)) as (url, server):
        yield OwnTarget(url, template, has_worlds=True, worlds=worlds, server=server, watcher=watcher)
