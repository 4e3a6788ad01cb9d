"""What `serve` serves: the account that its options name, and the state that keeps its worlds."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..server_limits import ServerLimits

if TYPE_CHECKING:
    from socket import socket

    from starlette.types import ASGIApp

    from ..control.access import Access
    from ..coverage.collector import CoverageCollector
    from ..serving.public_address import PublicAddress
    from ..serving.tls import Certificate
    from ..serving.worker import Worker
    from ..sign_in.kept_worlds import KeptWorlds
    from ..sign_in.world_slots import Share
    from ..sign_in.worlds import Worlds
    from ..world.history.log import GroupCommit
    from ..world.template import Template
    from .addresses import RootFile
    from .console import PortFile
    from .states import KeptState


class Account:
    """The account that the options name, loaded again whenever its fixture has changed."""

    def __init__(self, given: Mapping[str, Any], address: "PublicAddress", control_port: int | None = None) -> None:
        """`control_port`: of the control API, where it has one of its own."""
        from ..lab.addresses import Addresses
        from ..lab.webhooks import WebHooks

        if given["state"] is not None and given["reload"]:
            raise click.UsageError("--reload begins anew, and --state goes on from what was: give one of them.")
        if given["state"] is None and given["standby"]:
            raise click.UsageError("--standby is for the place of the server that has a --state: give that, too.")
        if given["state"] is None and _is_given("durability"):
            raise click.UsageError("--durability says what a state survives: give --state FILE, too.")
        if isinstance(given["state"], str) and _is_given("durability"):
            raise click.UsageError(
                "--durability is of a file: what a commit of PostgreSQL survives is said by synchronous_commit there."
            )
        self._given, self._address = given, address
        self.base_path = address.base_path
        self.limits = ServerLimits(**{each.name: given[each.name] for each in fields(ServerLimits)})
        self._collector = _started_collector() if given["coverage"] else None
        self._webhooks = WebHooks(Addresses(given["webhook_hosts"]), limits=self.limits)
        self.access = _access(given["hosts"], given["control_token"], control_port)

    def worlds(self, commits: "GroupCommit | None" = None, share: "Share | None" = None) -> "Worlds":
        """Those that are to be served, from the state that is given where there are no `commits`.

        `share`: which of them this process has; None for all. Raises `FixtureError`.
        """
        from ..sign_in.world_slots import WHOLE
        from ..sign_in.worlds import Worlds

        given, template = self._given, self.template()
        if commits is None and given["state"] is not None:
            commits = self.kept_state().commits()
        return Worlds(
            template, open_worlds=given["open_worlds"], limits=self.limits, commits=commits, share=share or WHOLE
        )

    def template(self) -> "Template":
        """What the options make of the fixture. Raises `FixtureError`."""
        from ..fixture import load_named

        given = self._given
        template = load_named(given["fixture"], generation=given["generation"])
        terms = template.webhooks
        if given["webhook_content_type"] is not None:
            terms = terms._replace(content_type=given["webhook_content_type"])
        return replace(template, limits=given["limits"] or template.limits, webhooks=terms)

    def kept_state(self) -> "KeptState":
        """The state that is given. Raises `FixtureError`."""
        from ..fixture import digest_of
        from ..world.history.sqlite import FixtureMark
        from .states import KeptState

        given = self._given
        options = {name: given[name] for name in ("generation", "limits", "webhook_content_type")}
        mark = FixtureMark(given["fixture"], digest_of(given["fixture"], options))
        return KeptState(given["state"], mark, __version__, given["durability"])

    def kept(self, worlds: "Worlds") -> "KeptWorlds | None":
        """What the server goes on from; None without a file."""
        if worlds.commits is None:
            return None
        from ..control.worlds import template_of
        from ..sign_in.kept_worlds import KeptWorlds

        return KeptWorlds(worlds, template_of)

    def app(self, worlds: "Worlds", worker: "Worker | None" = None) -> "ASGIApp":
        """The application; `worker` is what it is among several processes."""
        from ..serving.server import build

        return build(worlds, self._webhooks, self._collector, self.access, self._address, worker)

    def announce(
        self,
        worlds: "Worlds",
        sockets: "tuple[Sequence[socket], Sequence[socket]]",
        shown: "Certificate | None",
        root: "RootFile | None",
        port: "PortFile | None",
    ) -> None:
        """Write the files that say that the server is ready, and what a person has to know then.

        `sockets`: of the API, and of the control API where it has its own.
        """
        from . import start_screen

        api, control = sockets
        if root is not None and shown is not None and shown.root is not None:
            root.write_text(shown.root.decode())
        if port is not None:
            port.write(api[0].getsockname()[1])
        with contextlib.suppress(OSError):  # a call at the end of the process has no others to serve
            doors = start_screen.doors_of(api[0], (control or api)[0], is_open=self.access.has_token)
            doors = doors.seen("https" if shown else "http", self.base_path, root.path if root else None)
            click.echo(start_screen.text(worlds, doors, open_worlds=self._given["open_worlds"]))

    def rebuilt(self) -> "ASGIApp | None":
        """The application of the account as it is now; None, with a message, when its fixture is refused."""
        from ..fixture import FixtureError

        try:
            app = self.app(self.worlds())
        except FixtureError as error:
            click.echo(f"{error}\nThe account from before stays.", err=True)
            return None
        click.echo("Started afresh.", err=True)
        return app


def _is_given(option: str) -> bool:
    """Whether the caller has given it, whatever it is by default."""
    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


def _access(hosts: Sequence[str], token: str | None, port: int | None) -> "Access":
    from ..control.access import Access

    try:
        Access(token=token)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--control-token'") from error
    try:
        return Access(hosts, token, port)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--allow-host'") from error


def _started_collector() -> "CoverageCollector":
    from ..coverage.collector import CoverageCollector

    collector = CoverageCollector()
    collector.start()
    return collector
