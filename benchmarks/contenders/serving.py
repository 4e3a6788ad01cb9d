"""A contender as a process: started on a core of its own, waited for, and stopped with all that it started."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .contender import Contender, Place
from .exchange import post

START_SECONDS = 90
STOP_SECONDS = 5
BENCHMARKS = Path(__file__).parents[1]


class ContenderFailed(Exception):
    """It did not start, did not do what it claims, or broke under load."""


@dataclass(frozen=True)
class Served:
    """A running contender: where, its process, and the seconds from its start to its first answer."""

    url: str
    pid: int
    start_seconds: float

    def memory_mb(self) -> float | None:
        """What it holds in memory (VmRSS), where the system tells."""
        held = memory_bytes(self.pid)
        return None if held is None else held / 1024**2


def memory_bytes(pid: int) -> int | None:
    """What a process holds in memory (VmRSS), where the system tells."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def pinned(position: int) -> list[str]:
    """What to put before a command so that it keeps to one core: 0 for the server, 1 for the driver."""
    if shutil.which("taskset") is None or not hasattr(os, "sched_getaffinity"):
        return []
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[position])] if len(cores) > 1 else []


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextlib.contextmanager
def serving(contender: Contender, modules: Path, poll: float = 0.05) -> Iterator[Served]:
    """The contender, from its first good answer until the end, whatever happens in between."""
    with tempfile.TemporaryDirectory(prefix="ringmock-bench-") as folder:
        place = Place(free_port(), Path(folder), modules)
        log = Path(folder) / "log.txt"
        command = contender.command(place)
        with log.open("wb") as output:
            began = time.perf_counter()
            process = subprocess.Popen(
                [*pinned(0), *command],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment(modules),
                cwd=folder,
                start_new_session=True,
            )
        try:
            url = f"http://127.0.0.1:{place.port}"
            wait_for_answer(contender, url, process, log, poll)
            yield Served(url, process.pid, time.perf_counter() - began)
        finally:
            stop(process)


def environment(modules: Path) -> dict[str, str]:
    """Ours, with the servers of this folder and npm's packages to be found."""
    given = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    paths = [str(BENCHMARKS), *(str(Path(path).resolve()) for path in given)]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "NODE_PATH": str(modules / "node_modules"),
        "NODE_ENV": "production",
    }


def wait_for_answer(contender: Contender, url: str, process: "subprocess.Popen[bytes]", log: Path, poll: float) -> None:
    """Return once a good call is answered. Raises `ContenderFailed` with the end of its log."""
    deadline = time.monotonic() + START_SECONDS
    answer: object = "nothing"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ContenderFailed(f"it ended with {process.returncode}: {end_of(log)}")
        with contextlib.suppress(OSError):
            status, answer = post(url, contender.exchange, contender.exchange.good)
            if status == 200:
                return
        time.sleep(poll)
    raise ContenderFailed(f"no good answer in {START_SECONDS} seconds: {str(answer)[:300]}; {end_of(log)}")


def end_of(log: Path) -> str:
    """The last of what it said."""
    return " ".join(log.read_text(encoding="utf-8", errors="replace").split())[-300:]


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End it and whatever it started: its whole group, which nobody else is in."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
