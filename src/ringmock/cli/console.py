"""What all commands share: closed output streams, and files that they write."""

import contextlib
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

EXIT_STATUSES = {
    0: "What was asked for is done; a server was stopped by SIGINT or SIGTERM.",
    1: "It failed, or found something: the last lines of standard error, or the report, say what.",
    2: "The command line makes no sense; `ringmock contract` had nothing to test, or `replay` nothing to do again.",
    130: "`ringmock contract` was stopped by Ctrl-C.",
}
"""Every status that a command ends with."""

FILE = click.Path(path_type=Path, dir_okay=False)
"""The type of an option that names a file."""


class State(click.ParamType[Path | str]):
    """Where the worlds of a server are kept: a file, or the URL of a database."""

    name = "state"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        """A URL stays a text."""
        if isinstance(value, str) and value.startswith(("postgresql://", "postgres://")):
            return value
        if isinstance(value, str) and (not value or "://" in value):
            self.fail(f"{value!r} is no file and no database: give a file's name, or postgresql://...", param, ctx)
        return Path(FILE.convert(value, param, ctx))


CA = click.option("--ca", type=FILE, metavar="FILE", help="The roots to trust, in PEM, instead of the system's.")

CONTROL_TOKEN = click.option(
    "--control-token",
    envvar="RINGMOCK_CONTROL_TOKEN",
    show_envvar=True,
    metavar="TOKEN",
    help="The server's control token, which calls from other machines need.",
)


def with_connection(command: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that gives a command --control-token and --ca, which it gets as `connection`."""

    @wraps(command)
    def called(*arguments: Any, control_token: str | None, ca: Path | None, **given: Any) -> Any:
        from ..contract.http_client import ConnectionOptions

        return command(*arguments, connection=ConnectionOptions(ca, control_token), **given)

    return CONTROL_TOKEN(CA(called))


UNHEARD = 1
"""The exit status of a command whose output has no reader."""


class Commands(click.Group):
    """Commands that report errors of reading and writing in one sentence, never as a traceback."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """As Click does it. Called as a program it ends the process."""
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **extra)  # type: ignore[call-overload]
        _open_streams()
        try:
            status = _status_of(lambda: super(Commands, self).main(*args, **extra))
            sys.stdout.flush()
        except BrokenPipeError:
            status = UNHEARD
        except OSError as error:
            status = UNHEARD
            _report(error)
        _close_stream(sys.stdout)
        _close_stream(sys.stderr)
        sys.exit(status)


def _status_of(run: Any) -> Any:
    try:
        run()
    except SystemExit as ended:
        return ended.code
    return 0


def _report(error: OSError) -> None:
    """Say what could not be read or written; where that cannot be said either, nothing."""
    place = f"{error.filename}: " if error.filename is not None else ""
    with contextlib.suppress(OSError):
        click.echo(f"Error: {place}{error.strerror or error}", err=True)


def _open_streams() -> None:
    """Open the null device for closed streams: otherwise the first socket would get their number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _close_stream(stream: Any) -> None:
    """Write what waits, and where that fails nowhere: the interpreter would try again at its end, and say so."""
    try:
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def with_options(options: Sequence[Callable[[_F], _F]]) -> Callable[[_F], _F]:
    """A decorator that gives a command these options, in this order."""

    def decorated(command: _F) -> _F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


def at_end_of_input(then: Callable[[], None], *, is_wanted: bool, descriptor: int = 0) -> None:
    """Call `then`, in a thread of its own, when standard input ends; what comes until then is thrown away.

    `descriptor`: of another pipe.
    """
    if not is_wanted:
        return

    def read() -> None:
        with contextlib.suppress(OSError):
            while os.read(descriptor, 4096):
                pass
        then()

    threading.Thread(target=read, name="end of input", daemon=True).start()


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step, so that a reader finds all of it; write to a pipe or device directly.

    Raises `OSError`.
    """
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as stream:
            stream.write(text)
        return
    _put(Path(os.path.realpath(path)), text)


def _put(path: Path, text: str) -> os.stat_result:
    """Returns what the file is, from before it is there: who reads it may remove it at once."""
    descriptor, half = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            os.fchmod(descriptor, 0o644)
            stream.flush()
            written = os.fstat(descriptor)
        os.replace(half, path)
    except BaseException:
        os.unlink(half)
        raise
    return written


class HeldFile:
    """A file that a server writes when it is ready. It exists while the server serves."""

    about = ""
    """What it is called."""

    def __init__(self, path: Path) -> None:
        """Remove an earlier server's file. Raises `OSError`, with what would be right, and changes nothing."""
        self.path = path
        self._written: os.stat_result | None = None
        if not path.parent.is_dir():
            raise OSError(None, f"there is no folder {path.parent} for the {self.about} file: make it first", str(path))
        if os.path.lexists(path):
            if not stat.S_ISREG(path.lstat().st_mode):
                said = f"the {self.about} file is no plain file: name one, or one that is not there"
                raise OSError(None, said, str(path))
            self.check_replaced(path.read_bytes())
            path.unlink()

    def check_replaced(self, content: bytes) -> None:
        """Raise `OSError` for the content of a file that is to stay."""

    def write_text(self, text: str) -> None:
        """Raises `OSError`."""
        self._written = _put(self.path, text)

    def remove(self) -> None:
        """Remove the file, unless another process has replaced it."""
        if self._written is None:
            return
        with contextlib.suppress(FileNotFoundError):
            found = self.path.lstat()  # the number of a removed file is reused for the next
            if os.path.samestat(found, self._written) and found.st_mtime_ns == self._written.st_mtime_ns:
                self.path.unlink()


class PortFile(HeldFile):
    """A file with the port of a server that is ready."""

    about = "port"

    def write(self, port: int) -> None:
        """Raises `OSError`."""
        self.write_text(f"{port}\n")


@contextlib.contextmanager
def port_file(path: Path | None) -> Iterator[PortFile | None]:
    """The port file of a path while it is served, None for none. Raises `OSError`."""
    held = PortFile(path) if path is not None else None
    try:
        yield held
    finally:
        if held is not None:
            held.remove()
