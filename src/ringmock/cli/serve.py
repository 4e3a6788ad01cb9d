"""`ringmock serve`: an account on a port, until Ctrl-C."""

import asyncio
import contextlib
import gc
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..domain.generation import GENERATIONS
from ..lab.limits import PROFILES
from ..server_limits import ServerLimits, limit_options
from .addresses import OPTIONS, bound, certificate, control_port, control_sockets, public_address, root_file
from .console import State as StateType
from .console import at_end_of_input, port_file, with_options

if TYPE_CHECKING:
    from socket import socket

    from starlette.types import ASGIApp

    from ..control.access import Access
    from ..coverage.collector import CoverageCollector
    from ..serving.public_address import PublicAddress
    from ..serving.server import Server, State, Swappable
    from ..sign_in.worlds import Worlds
    from ..world.history.log import GroupCommit
    from .states import KeptState


@click.command()
@click.option("--fixture", default="demo", show_default=True, metavar="NAME|FILE", help="Account to serve.")
@with_options(OPTIONS)
@click.option("--generation", type=click.Choice(list(GENERATIONS)), help="Shape of the answers, over the fixture's.")
@click.option(
    "--open-worlds/--named-worlds",
    default=True,
    show_default=True,
    help="Whether client credentials that the fixture does not name open a world of their own.",
)
@click.option(
    "--allow-webhook-host",
    "webhook_hosts",
    multiple=True,
    metavar="NAME",
    help="A host besides this machine that webhooks may call; can be repeated.",
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A host name, besides localhost and its addresses, for calls of the control API; can be repeated.",
)
@click.option(
    "--control-token",
    envvar="RINGMOCK_CONTROL_TOKEN",
    show_envvar=True,
    metavar="TOKEN",
    help="What opens the control API to callers from other machines; without it they are refused.",
)
@click.option("--control-host", metavar="ADDRESS", help="An address of the control API's own, beside the API's.")
@click.option(
    "--control-port", type=click.IntRange(0, 65535), help="Its port, by itself on localhost; 0 for any, 8081 if unsaid."
)
@click.option(
    "--state",
    type=StateType(),
    metavar="FILE|DATABASE",
    help="Keep the worlds in this file, or PostgreSQL database (postgresql://...), and go on from what it has; without"
    " it a stopped server has forgotten.",
)
@click.option(
    "--durability",
    type=click.Choice(["process", "power"]),
    default="process",
    show_default=True,
    help="What an answered call survives with --state FILE: the end of the server, or that of the machine too.",
)
@click.option(
    "--standby",
    is_flag=True,
    help="With --state: stand by while another server has the state, follow what it writes, and take its place when it"
    " ends.",
)
@click.option("--limits", type=click.Choice(list(PROFILES)), help="Hold calls to rate limits, over the fixture's.")
@click.option(
    "--webhook-content-type",
    type=click.Choice(["json", "any"]),
    help="What receivers of webhooks have to answer the handshake with, over the fixture's.",
)
@click.option(
    "--stop-with-stdin",
    is_flag=True,
    help="Stop when standard input ends, as a pipe does with the process that started the server, however it ends.",
)
@click.option("--reload", is_flag=True, help="Start afresh whenever the fixture or the contract changes.")
@click.option(
    "--coverage", is_flag=True, help="Measure what callers exercise of the contract; see GET /_mock/coverage.html."
)
@click.option(
    "--log", type=click.Choice(["text", "json"]), default="text", show_default=True, help="The form of a call's line."
)
@click.option("--quiet", is_flag=True, help="No line for each call.")
@limit_options
def serve(**given: Any) -> None:
    """Serve an account until Ctrl-C.

    NAME is a bundled account (carriers, demo, source-page); FILE is a YAML file of your own.
    """
    # Loaded objects are permanent, and collecting garbage among them would cost a fifth of the start.
    gc.disable()
    stack = click.get_current_context().with_resource(ExitStack())
    stack.callback(gc.enable)

    from ..fixture import FixtureError
    from ..serving import collector, server
    from . import log, start_screen

    log.configure(given["log"], is_quiet=given["quiet"])
    address, shown = public_address(given), certificate(given)
    stood = _Standing(given, address).stand_by() if given["standby"] else None
    control = _opening(lambda: control_sockets(given["control_host"], given["control_port"], given["port"]), stood)
    account = stood.account if stood else _Account(given, address, control[0].getsockname()[1] if control else None)
    root = stack.enter_context(root_file(given, shown))
    held = stack.enter_context(port_file(given["port_path"]))
    try:
        first = stood.worlds if stood else account.worlds()
        api = _opening(lambda: bound(given["host"], given["port"]), stood)
    except FixtureError as error:
        raise click.ClickException(str(error)) from error
    for each in (*api, *control):
        stack.enter_context(each)

    def ready() -> None:
        stack.enter_context(collector.growing())
        gc.enable()
        if root is not None and shown is not None and shown.root is not None:
            root.write_text(shown.root.decode())
        if held is not None:
            held.write(api[0].getsockname()[1])
        with contextlib.suppress(OSError):  # a call at the end of the process has no others to serve
            doors = start_screen.doors_of(api[0], (control or api)[0], is_open=account.access.has_token)
            doors = doors.seen("https" if shown else "http", address.base_path, root.path if root else None)
            click.echo(start_screen.text(first, doors, open_worlds=given["open_worlds"]))

    app = server.Swappable(stood.app if stood else account.app(first))
    tls, base_path, state = shown.context if shown else None, address.base_path, account.state(first)
    running = server.Server(app, ready, account.limits, tls=tls, base_path=base_path, state=state)
    _run(running, [*api, *control], app, account, given)


def _run(
    running: "Server", sockets: "list[socket]", app: "Swappable", account: "_Account", given: Mapping[str, Any]
) -> None:
    """Serve until Ctrl-C, or until whoever started the server is gone."""
    from ..fixture import sources_of
    from ..openapi.resources import bundled
    from ..world.history.log import LogDamaged, LogUnavailable

    at_end_of_input(running.stop, is_wanted=given["stop_with_stdin"])
    watched = (*sources_of(given["fixture"]), Path(str(bundled("openapi.yaml")))) if given["reload"] else ()
    try:
        with asyncio.Runner(loop_factory=running.config.get_loop_factory()) as runner:
            runner.run(_until_stopped(running, sockets, app, account.rebuilt, watched))
    except (LogDamaged, LogUnavailable) as error:
        raise click.ClickException(str(error)) from error


class _Account:
    """The account that the options name, loaded again whenever its fixture has changed."""

    def __init__(self, given: Mapping[str, Any], address: "PublicAddress", control_port: int | None = None) -> None:
        """`control_port`: of the control API, where it has one of its own."""
        from ..lab.addresses import Addresses
        from ..lab.webhooks import WebHooks

        if given["state"] is not None and given["reload"]:
            raise click.UsageError("--reload begins anew, and --state goes on from what was: give one of them.")
        if given["state"] is None and given["standby"]:
            raise click.UsageError("--standby is for the place of the server that has a --state: give that, too.")
        if isinstance(given["state"], str) and _is_given("durability"):
            raise click.UsageError(
                "--durability is of a file: what a commit of PostgreSQL survives is said by synchronous_commit there."
            )
        self._given, self._address = given, address
        self.limits = ServerLimits(**{each.name: given[each.name] for each in fields(ServerLimits)})
        self._collector = _started_collector() if given["coverage"] else None
        self._webhooks = WebHooks(Addresses(given["webhook_hosts"]), limits=self.limits)
        self.access = _access(given["hosts"], given["control_token"], control_port)

    def worlds(self, commits: "GroupCommit | None" = None) -> "Worlds":
        """Those that are to be served, from the state that is given where there are no `commits`.

        Raises `FixtureError`.
        """
        from ..fixture import load_named
        from ..sign_in.worlds import Worlds

        given = self._given
        template = load_named(given["fixture"], generation=given["generation"])
        terms = template.webhooks
        if given["webhook_content_type"] is not None:
            terms = terms._replace(content_type=given["webhook_content_type"])
        template = replace(template, limits=given["limits"] or template.limits, webhooks=terms)
        if commits is None and given["state"] is not None:
            commits = self.kept_state().commits()
        return Worlds(template, open_worlds=given["open_worlds"], limits=self.limits, commits=commits)

    def kept_state(self) -> "KeptState":
        """The state that is given. Raises `FixtureError`."""
        from ..fixture import digest_of
        from ..world.history.sqlite import FixtureMark
        from .states import KeptState

        given = self._given
        options = {name: given[name] for name in ("generation", "limits", "webhook_content_type")}
        mark = FixtureMark(given["fixture"], digest_of(given["fixture"], options))
        return KeptState(given["state"], mark, __version__, given["durability"])

    def state(self, worlds: "Worlds") -> "State | None":
        """What the server goes on from; None without a file."""
        from ..control.worlds import template_of
        from ..serving.server import State

        return None if worlds.commits is None else State(worlds, template_of)

    def app(self, worlds: "Worlds") -> "ASGIApp":
        from ..serving.server import build

        return build(worlds, self._webhooks, self._collector, self.access, self._address)

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


class _Standing:
    """A server that stands by behind another one, of the same state."""

    def __init__(self, given: Mapping[str, Any], address: "PublicAddress") -> None:
        port = control_port(given["control_host"], given["control_port"])
        if port == 0:
            raise click.UsageError("--standby opens its ports when it is its turn: --control-port has to say which.")
        self.account = _Account(given, address, port)
        self._is_over = threading.Event()
        self._given = given

    def stand_by(self) -> "_Standing | None":
        """Return when it is this server's turn, with `worlds` and their `app`. Ends the command when it is stopped."""
        gc.enable()  # it may stand by for weeks
        at_end_of_input(self._is_over.set, is_wanted=self._given["stop_with_stdin"])
        known = {each: signal.signal(each, lambda *_: self._is_over.set()) for each in (signal.SIGINT, signal.SIGTERM)}
        from ..fixture import FixtureError

        try:
            self._follow()
        except FixtureError as error:
            raise click.ClickException(str(error)) from error
        finally:
            for number, handler in known.items():
                signal.signal(number, handler)
        gc.disable()
        return self

    def _follow(self) -> None:
        from ..control.worlds import template_of
        from ..serving.standby import Standby
        from ..world.history.log import LogDamaged

        state = self.account.kept_state()
        commits, followed = state.commits_behind(self._wait)
        self.worlds = self.account.worlds(commits)
        self.app = self.account.app(self.worlds)
        if followed is None:
            return
        standby = Standby(self.worlds, template_of, followed, state.taken)
        click.echo("standing by: another server has the state", err=True)
        try:
            while not standby.has_taken():
                self._wait()
        except LogDamaged as error:
            raise click.ClickException(str(error)) from error

    def _wait(self) -> None:
        from ..serving.standby import POLL_SECONDS

        if self._is_over.wait(POLL_SECONDS):
            click.get_current_context().exit()


PORT_SECONDS = 5.0
"""How long the ports of a server that has just ended may be its own, for the one that takes its place."""


def _opening(opened: "Callable[[], list[socket]]", stood: _Standing | None) -> "list[socket]":
    """The sockets; of a server that takes another one's place, as soon as that has left them."""
    until = time.monotonic() + (PORT_SECONDS if stood else 0)
    while True:
        try:
            return opened()
        except click.ClickException:
            if time.monotonic() >= until:
                raise
            time.sleep(0.05)


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


async def _until_stopped(
    running: "Server",
    sockets: "list[socket]",
    app: "Swappable",
    rebuild: Callable[[], "ASGIApp | None"],
    watched: Sequence[Path],
) -> None:
    from ..serving.server import rebuilt_on_change

    watching = asyncio.create_task(rebuilt_on_change(app, rebuild, watched)) if watched else None
    await running.serve(sockets=sockets)
    if watching is not None:
        watching.cancel()
