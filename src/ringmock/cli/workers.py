"""`ringmock serve --workers`: one process opens the ports and starts the others, which serve.

It starts again whichever ends, and ends them all when it is stopped. A worker that is left alone ends, too.
"""

import gc
import json
import os
import socket
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from .account import Account
from .addresses import bound, certificate, control_sockets, public_address, root_file
from .console import at_end_of_input, port_file

if TYPE_CHECKING:
    from ..serving.supervisor import Supervisor
    from ..serving.worker import Worker

BACKLOG = 1024
"""Connections of other workers that wait while one is started again."""


class Told(NamedTuple):
    """What a worker is told, by a hidden option. Sockets and pipes are numbers of descriptors that it inherits."""

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


def serve(given: Mapping[str, Any], stack: ExitStack) -> None:
    """Start the workers, or be one of them."""
    if given["as_worker"] is not None:
        _work(given, stack, Told(**json.loads(given["as_worker"])))
    else:
        _supervise(given, stack)


def _check(given: Mapping[str, Any]) -> None:
    if given["state"] is None:
        raise click.UsageError("--workers share a state: give --state FILE, too.")
    if not isinstance(given["state"], Path):
        raise click.UsageError("--workers share a file: --state is one, as in --state demo.db, and no database.")
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
        log = account.kept_state().shared()
    except FixtureError as error:
        raise click.ClickException(str(error)) from error
    stack.callback(log.close)
    api = bound(given["host"], given["port"])
    for each in (*api, *control):
        stack.enter_context(each)

    def ready() -> None:
        if root is not None and shown is not None and shown.root is not None:
            root.write_text(shown.root.decode())
        if held is not None:
            held.write(api[0].getsockname()[1])
        account.say(Worlds(account.template()), api[0], (control or api)[0], shown, root.path if root else None)

    if shown is not None and shown.own is not None:
        _write_secret(_own_certificate(folder), shown.own)
    inner = [stack.enter_context(_listening(folder, place)) for place in range(given["workers"])]
    supervisor = Supervisor(_Starting(given, folder, api, control, inner, log.was_served), given["workers"], ready)
    try:
        _run(supervisor, given)
    except WorkersFailed as error:
        raise click.ClickException(str(error)) from error


def _run(supervisor: "Supervisor", given: Mapping[str, Any]) -> None:
    at_end_of_input(supervisor.stop, is_wanted=given["stop_with_stdin"])
    supervisor.run()


class _Starting:
    """The command line of each worker, and the descriptors that it inherits."""

    def __init__(
        self,
        given: Mapping[str, Any],
        folder: Path,
        api: list[socket.socket],
        control: list[socket.socket],
        inner: list[socket.socket],
        was_served: bool,
    ) -> None:
        import sys

        self._command = [sys.executable, "-c", "from ringmock.cli.main import main; main()", *sys.argv[1:]]
        self._of, self._folder, self._was_served = given["workers"], folder, was_served
        self._api, self._control, self._inner = api, control, inner

    def __call__(self, place: int, ready: int, parent: int) -> tuple[list[str], list[int]]:
        api, control = ([each.fileno() for each in those] for those in (self._api, self._control))
        inner = self._inner[place].fileno()
        port = self._control[0].getsockname()[1] if self._control else None
        told = Told(place, self._of, str(self._folder), api, control, port, inner, ready, parent, self._was_served)
        return [*self._command, "--as-worker", json.dumps(told._asdict())], [*api, *control, inner, ready, parent]


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


def _work(given: Mapping[str, Any], stack: ExitStack, told: Told) -> None:
    from ..fixture import FixtureError
    from ..serving import collector
    from ..serving.worker_server import WorkerServer
    from ..sign_in.share import Share
    from .serve import run

    shown = certificate(_with_certificate(given, Path(told.folder)))
    address = public_address(given)
    account = Account(given, address, told.control_port)
    commits = account.kept_state().joined(was_served=told.was_served)
    try:
        worlds = account.worlds(commits, Share(told.place, told.of))
    except FixtureError as error:
        raise click.ClickException(str(error)) from error
    worker = _worker(account, worlds, told)

    def ready() -> None:
        stack.enter_context(collector.growing())
        gc.enable()
        os.write(told.ready, b"r")

    server = WorkerServer(
        account.app(worlds, worker),
        ready,
        account.limits,
        tls=shown.context if shown else None,
        base_path=address.base_path,
        state=account.state(worlds),
        worker=worker,
        inner=socket.socket(fileno=told.inner),
    )
    at_end_of_input(server.stop, is_wanted=True, descriptor=told.parent)
    sockets = [socket.socket(fileno=each) for each in (*told.api, *told.control)]
    run(server, sockets)


def _worker(account: Account, worlds: Any, told: Told) -> "Worker":
    from ..serving.inner import Peers
    from ..serving.worker import Worker

    return Worker(worlds, Peers(Path(told.folder), told.place, told.of), account.base_path)


def _with_certificate(given: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The options, with the certificate that was made once for all workers."""
    made = _own_certificate(folder)
    return {**given, "tls": None, "tls_root": None, "tls_cert": made} if made.exists() else given
