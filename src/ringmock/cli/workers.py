"""`ringmock serve --workers`: one process opens the ports and starts the others, which serve.

It starts again whichever ends, and ends them all when it is stopped. A worker that is left alone ends, too.
"""

import gc
import json
import os
import select
import socket
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from .account import Account
from .addresses import bound, certificate, control_sockets, public_address, root_file
from .console import at_end_of_input, port_file

if TYPE_CHECKING:
    from ..serving.worker import Worker

BACKLOG = 1024
"""Connections of other workers that wait while one is started again."""

RETRY_SECONDS = 0.25
"""Between two attempts of a worker to reach the database that it is to serve."""


class WorkerStart(NamedTuple):
    """What a worker starts with, by a hidden option. Sockets and pipes are numbers of descriptors that it inherits."""

    place: int
    of: int
    folder: str
    """Where the workers reach each other."""
    api: list[int]
    control: list[int]
    control_port: int | None
    inner: int
    """Where the others reach this one."""
    ready: int
    """What it writes to once it serves."""
    parent: int
    """What ends with the process that has started it."""
    was_served: bool
    """Whether this version has served the state before."""
    run: str
    """What it says to join the state."""


def serve(given: Mapping[str, Any], stack: ExitStack) -> None:
    """Start the workers, or be one of them."""
    if given["as_worker"] is not None:
        _work(given, stack, WorkerStart(**json.loads(given["as_worker"])))
    else:
        _supervise(given, stack)


def _check(given: Mapping[str, Any]) -> None:
    if given["state"] is None:
        raise click.UsageError("--workers share a state: give --state, too.")
    for option in ("standby", "reload", "coverage"):
        if given[option]:
            raise click.UsageError(f"--{option} is for one process: leave --workers out, or --{option}.")


# --- the process that starts the others ------------------------------------------------------------


def _supervise(given: Mapping[str, Any], stack: ExitStack) -> None:
    _check(given)
    gc.enable()
    from ..fixture import FixtureError
    from ..serving.supervisor import Supervisor, WorkersFailed
    from ..sign_in.worlds import Worlds

    shown = certificate(given)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ringmock-")))
    control = control_sockets(given["control_host"], given["control_port"], given["port"])
    account = Account(given, public_address(given), control[0].getsockname()[1] if control else None)
    root = stack.enter_context(root_file(given, shown))
    held = stack.enter_context(port_file(given["port_path"]))
    try:
        log, run = account.kept_state().shared()
    except FixtureError as error:
        raise click.ClickException(str(error)) from error
    stack.callback(log.close)
    api = bound(given["host"], given["port"])
    for each in (*api, *control):
        stack.enter_context(each)

    def ready() -> None:
        account.announce(Worlds(account.template()), (api, control), shown, root, held)

    if shown is not None and shown.own is not None:
        _write_secret(_own_certificate(folder), shown.own)
    inner = [stack.enter_context(_listening(folder, place)) for place in range(given["workers"])]
    starting = _Starting(given, folder, (api, control, inner), log.was_served, run)
    supervisor = Supervisor(starting, given["workers"], ready)
    try:
        at_end_of_input(supervisor.stop, is_wanted=given["stop_with_stdin"])
        supervisor.run()
    except WorkersFailed as error:
        raise click.ClickException(str(error)) from error


class _Starting:
    """The command line of each worker, and the descriptors that it inherits."""

    def __init__(
        self,
        given: Mapping[str, Any],
        folder: Path,
        sockets: tuple[list[socket.socket], list[socket.socket], list[socket.socket]],
        was_served: bool,
        run: str,
    ) -> None:
        """`sockets`: of the API, of the control API, and where each worker is reached by the others."""
        import sys

        self._command = [sys.executable, "-c", "from ringmock.cli.main import main; main()", *sys.argv[1:]]
        self._of, self._folder, self._was_served, self._run = given["workers"], folder, was_served, run
        self._api, self._control, self._inner = sockets

    def __call__(self, place: int, ready: int, parent: int) -> tuple[list[str], list[int]]:
        api, control = ([each.fileno() for each in those] for those in (self._api, self._control))
        inner = self._inner[place].fileno()
        port = self._control[0].getsockname()[1] if self._control else None
        folder, was_served = str(self._folder), self._was_served
        start = WorkerStart(place, self._of, folder, api, control, port, inner, ready, parent, was_served, self._run)
        return [*self._command, "--as-worker", json.dumps(start._asdict())], [*api, *control, inner, ready, parent]


def _listening(folder: Path, place: int) -> socket.socket:
    """Where a worker is reached, also while it is started again: calls wait there."""
    from ..serving.inner import path_of

    inner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    inner.bind(str(path_of(folder, place)))
    inner.listen(BACKLOG)
    return inner


def _own_certificate(folder: Path) -> Path:
    """Where the workers find a certificate that was made for the run."""
    return folder / "certificate.pem"


def _write_secret(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
        stream.write(content)


# --- a worker --------------------------------------------------------------------------------------


def _work(given: Mapping[str, Any], stack: ExitStack, start: WorkerStart) -> None:
    from ..fixture import FixtureError
    from ..serving import collector
    from ..serving.worker_server import WorkerServer
    from ..sign_in.world_slots import part
    from .serve import run

    shown = certificate(_with_certificate(given, Path(start.folder)))
    address = public_address(given)
    account = Account(given, address, start.control_port)
    wait = partial(_wait_with, start.parent)
    commits = account.kept_state().joined(start.run, start.place, was_served=start.was_served, wait=wait)
    try:
        worlds = account.worlds(commits, part(start.place, start.of))
    except FixtureError as error:
        raise click.ClickException(str(error)) from error
    worker = _worker(account, worlds, start)

    def ready() -> None:
        stack.enter_context(collector.growing())
        gc.enable()
        os.write(start.ready, b"r")

    server = WorkerServer(
        account.app(worlds, worker),
        ready,
        account.limits,
        tls=shown.context if shown else None,
        base_path=address.base_path,
        state=account.kept(worlds),
        worker=worker,
        inner=socket.socket(fileno=start.inner),
    )
    at_end_of_input(server.stop, is_wanted=True, descriptor=start.parent)
    sockets = [socket.socket(fileno=each) for each in (*start.api, *start.control)]
    run(server, sockets)


def _wait_with(parent: int) -> None:
    """Let a while go by, and end with the process that has started this one."""
    if select.select([parent], [], [], RETRY_SECONDS)[0]:
        click.get_current_context().exit()


def _worker(account: Account, worlds: Any, start: WorkerStart) -> "Worker":
    from ..serving.inner import Peers
    from ..serving.worker import Worker

    return Worker(worlds, Peers(Path(start.folder), start.place, start.of), account.base_path)


def _with_certificate(given: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The options, with the certificate that was made once for all workers."""
    made = _own_certificate(folder)
    return {**given, "tls": None, "tls_root": None, "tls_cert": made} if made.exists() else given
