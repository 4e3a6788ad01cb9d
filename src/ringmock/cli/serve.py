"""`ringmock serve`: an account on a port, until Ctrl-C."""

import asyncio
import gc
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..domain.generation import GENERATIONS
from ..lab.limits import PROFILES
from ..server_limits import is_limit, limit_options
from .account import Account
from .addresses import OPTIONS, bound, certificate, control_port, control_sockets, public_address, root_file
from .console import State as StateType
from .console import at_end_of_input, port_file, with_options

if TYPE_CHECKING:
    from socket import socket

    from ..serving.public_address import PublicAddress
    from ..serving.server import Server, Swappable


class WithLimits(click.Command):
    """A command whose help has the server limits below its other options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The sections `Options` and `Server limits`."""
        rows = [(each, each.get_help_record(ctx)) for each in self.get_params(ctx)]
        for title, are_limits in (("Options", False), ("Server limits", True)):
            with formatter.section(title):
                formatter.write_dl([row for each, row in rows if row and is_limit(each.name) is are_limits])


@click.command(cls=WithLimits)
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
@click.option("--control-host", metavar="ADDRESS", help="An address of the control API's own.")
@click.option(
    "--control-port",
    type=click.IntRange(0, 65535),
    help="Its own port, 0 for any.  [default: 8081 with --control-host, else the API's]",
)
@click.option(
    "--state",
    type=StateType(),
    metavar="FILE|DATABASE",
    help="Keep the worlds in this file, or PostgreSQL database (postgresql://...), and continue from what it"
    " has; without it a stopped server forgets them.",
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
    help="With --state: stand by while another server has the state, and take its place when it ends.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that serve, with --state: each has a part of the worlds, and takes calls of all.",
)
@click.option(
    "--replica",
    is_flag=True,
    help="With --state postgresql://...: be one of several servers, on any machines. Each has a part of the worlds and"
    " takes calls of all; the others take the part of one that ends.",
)
@click.option(
    "--replica-address",
    metavar="HOST[:PORT]",
    help="Where other replicas reach this one, by TCP.  [default: its address as the database sees it, any free port]",
)
@click.option("--as-worker", hidden=True, help="What the process that starts the workers says to each.")
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
    from . import log

    log.configure(given["log"], is_quiet=given["quiet"])
    if _serve_as_one_of_several(given, stack):
        return
    address, shown = public_address(given), certificate(given)
    stood = _Standing(given, address).stand_by() if given["standby"] else None
    control = _opening(lambda: control_sockets(given["control_host"], given["control_port"], given["port"]), stood)
    account = stood.account if stood else Account(given, address, control[0].getsockname()[1] if control else None)
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
        account.announce(first, (api, control), shown, root, held)

    app = server.Swappable(stood.app if stood else account.app(first))
    kept, tls = stood.kept if stood else account.kept(first), shown.context if shown else None
    running = server.Server(app, ready, account.limits, tls=tls, base_path=address.base_path, state=kept)
    _run(running, [*api, *control], app, account, given)


def _serve_as_one_of_several(given: Mapping[str, Any], stack: ExitStack) -> bool:
    """Serve so, where the options say that there are others; whether they do."""
    from . import replicas, workers

    if given["replica"]:
        replicas.serve(given, stack)
        return True
    if given["replica_address"] is not None:
        raise click.UsageError("--replica-address is for one of several servers: give --replica, too.")
    if given["as_worker"] is not None or given["workers"] > 1:
        workers.serve(given, stack)
        return True
    return False


def _run(
    running: "Server", sockets: "list[socket]", app: "Swappable", account: "Account", given: Mapping[str, Any]
) -> None:
    """Serve until Ctrl-C, or until whoever started the server is gone."""
    from ..fixture import sources_of
    from ..openapi.resources import bundled
    from ..serving.server import rebuilt_on_change

    at_end_of_input(running.stop, is_wanted=given["stop_with_stdin"])
    watched = (*sources_of(given["fixture"]), Path(str(bundled("openapi.yaml")))) if given["reload"] else ()
    run(running, sockets, rebuilt_on_change(app, account.rebuilt, watched) if watched else None)


def run(running: "Server", sockets: "list[socket]", beside: "Coroutine[Any, Any, None] | None" = None) -> None:
    """Serve until it is stopped, with something beside it."""
    from ..world.history.log import LogDamaged, LogUnavailable

    try:
        with asyncio.Runner(loop_factory=running.config.get_loop_factory()) as runner:
            runner.run(_until_stopped(running, sockets, beside))
    except (LogDamaged, LogUnavailable) as error:
        raise click.ClickException(str(error)) from error


class _Standing:
    """A server that stands by behind another one, of the same state."""

    def __init__(self, given: Mapping[str, Any], address: "PublicAddress") -> None:
        port = control_port(given["control_host"], given["control_port"])
        if port == 0:
            raise click.UsageError("--standby opens its ports when it is its turn: --control-port has to say which.")
        self.account = Account(given, address, port)
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
        from ..serving.standby import Standby
        from ..world.history.log import LogDamaged

        state = self.account.kept_state()
        commits, followed = state.commits_behind(self._wait)
        self.worlds = self.account.worlds(commits)
        self.app = self.account.app(self.worlds)
        self.kept = self.account.kept(self.worlds)
        if followed is None:
            return
        assert self.kept is not None, "a state is an option that --standby needs"
        standby = Standby(self.kept, followed, state.taken)
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


async def _until_stopped(
    running: "Server", sockets: "list[socket]", beside: "Coroutine[Any, Any, None] | None"
) -> None:
    watching = None if beside is None else asyncio.create_task(beside)
    await running.serve(sockets=sockets)
    if watching is not None:
        watching.cancel()
