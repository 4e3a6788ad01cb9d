"""`ringmock serve --replica`: one of several servers of one database, which find each other there."""

import errno
import gc
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from .account import Account
from .addresses import bound, certificate, control_sockets, public_address, root_file
from .console import at_end_of_input, port_file

if TYPE_CHECKING:
    from ..serving.replica import ReplicaServer
    from ..serving.tls import Certificate
    from ..sign_in.worlds import Worlds
    from ..world.history.replicas import Joined

BACKLOG = 1024
"""Connections of other replicas that wait to be taken."""

OF_ANY = ("0.0.0.0", "::", "*")


def serve(given: Mapping[str, Any], stack: ExitStack) -> None:
    """Join the others, and serve until Ctrl-C, or until they have taken the place of this one."""
    _check(given)
    from ..fixture import FixtureError
    from ..serving import collector
    from .serve import run

    address, shown = public_address(given), certificate(given)
    control = control_sockets(given["control_host"], given["control_port"], given["port"])
    account = Account(given, address, control[0].getsockname()[1] if control else None)
    root = stack.enter_context(root_file(given, shown))
    held = stack.enter_context(port_file(given["port_path"]))
    api = bound(given["host"], given["port"])
    for each in (*api, *control):
        stack.enter_context(each)
    try:
        joined, worlds = _joined(account)
    except FixtureError as error:
        raise click.ClickException(str(error)) from error

    def ready() -> None:
        stack.enter_context(collector.growing())
        gc.enable()
        account.announce(worlds, (api, control), shown, root, held)

    server = _server(given, account, joined, worlds, ready, shown)
    at_end_of_input(server.stop, is_wanted=given["stop_with_stdin"])
    run(server, [*api, *control])
    if server.replica.failure is not None:
        raise click.ClickException(f"{server.replica.failure} Start this one again.")


def _server(
    given: Mapping[str, Any],
    account: Account,
    joined: "Joined",
    worlds: "Worlds",
    ready: Callable[[], None],
    shown: "Certificate | None",
) -> "ReplicaServer":
    from ..serving.replica import Replica, ReplicaServer
    from ..serving.replica_peers import ReplicaPeers
    from ..serving.worker import Worker
    from ..sign_in.id_tokens import SigningKey

    membership = joined.membership
    inner, reached = _listening(given["replica_address"], joined.host)
    kept = account.kept(worlds)
    assert kept is not None, "a state is an option that --replica needs"
    peers = ReplicaPeers(membership.number, membership.secret)
    worker = Worker(worlds, peers, account.base_path, SigningKey(membership.key))
    return ReplicaServer(
        account.app(worlds, worker),
        ready,
        account.limits,
        tls=shown.context if shown else None,
        base_path=account.base_path,
        state=kept,
        worker=worker,
        inner=inner,
        met=peers.met,
        replica=Replica(kept, membership, peers, worker.is_busy),
        address=reached,
    )


def _check(given: Mapping[str, Any]) -> None:
    if not isinstance(given["state"], str):
        raise click.UsageError("--replica is for servers that share a database: give --state postgresql://..., too.")
    for option in ("standby", "reload", "coverage"):
        if given[option]:
            raise click.UsageError(f"--{option} is for one server: leave --replica out, or --{option}.")
    if given["workers"] > 1:
        raise click.UsageError("--workers are processes of one server, and replicas are one each: give one of the two.")
    if given["replica_address"] is not None:
        _parts(given["replica_address"])


def _joined(account: Account) -> "tuple[Joined, Worlds]":
    """What is joined, and the worlds, of which there are none yet."""
    from ..sign_in.world_slots import SLOTS, Share
    from ..world.history.distant import DistantCommit

    joined = account.kept_state().replica(SLOTS)
    return joined, account.worlds(DistantCommit(joined.log), Share(frozenset(), SLOTS))


def _listening(given: str | None, default: str) -> tuple[socket.socket, str]:
    """Where the others reach this one, and what they hear of it."""
    host, port = _parts(given) if given else (default, 0)
    inner = _bound(host, port)
    inner.listen(BACKLOG)
    return inner, f"[{host}]:{inner.getsockname()[1]}" if ":" in host else f"{host}:{inner.getsockname()[1]}"


def _parts(given: str) -> tuple[str, int]:
    try:
        said = urlsplit(f"//{given}")
        host, port = said.hostname, said.port or 0
    except ValueError:
        host, port = None, 0
    if not host or host in OF_ANY:
        raise click.BadParameter(
            f"{given!r} is no address that others can reach: give HOST or HOST:PORT, as in 10.0.0.7:8090.",
            param_hint="'--replica-address'",
        )
    return host, port


def _bound(host: str, port: int) -> socket.socket:
    from ..serving.server import bound_socket

    try:
        return bound_socket(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(f"The port {port} for the other replicas is in use at {host}.") from error
    try:
        return bound_socket("0.0.0.0", port)  # it is one that a network in between makes of another
    except OSError as error:
        raise click.ClickException(f"The port {port} for the other replicas cannot be had: {error}.") from error
