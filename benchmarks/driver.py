"""wrk on a core of its own: how fast calls are answered, and what they cost the server in processor time."""

import argparse
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from contenders.serving import ContenderFailed, pinned

SCRIPT = Path(__file__).parent / "contenders" / "call.lua"


class Driven(NamedTuple):
    """What one run found: calls a second, latencies in milliseconds, and microseconds of processor time a call.

    The last is None where the system does not tell.
    """

    rate: float
    median: float
    p99: float
    cpu: float | None


def need_wrk(parser: argparse.ArgumentParser) -> None:
    """End the benchmark with a sentence where wrk is not installed."""
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed; most package managers have it under that name")


def driven(
    url: str,
    method: str,
    body: str,
    headers: Mapping[str, str],
    connections: int,
    seconds: float,
    pid: int,
    *,
    refused: bool = False,
) -> Driven:
    """Call a server, process `pid`, again and again; `refused` calls have to be answered 4xx, all others with success.

    Raises `ContenderFailed` when anything else is answered.
    """
    before = processor_seconds(pid)
    found = wrk(
        [*pinned(1), "wrk", "--threads", "1", "--connections", str(connections)],
        seconds,
        SCRIPT,
        [url, "--", method, body, *(part for header in headers.items() for part in header)],
        refused=refused,
    )
    after, count = processor_seconds(pid), found["requests"]
    cpu = None if before is None or after is None else (after - before) / count * 1e6
    return Driven(count / found["microseconds"] * 1e6, found["p50"] / 1000, found["p99"] / 1000, cpu)


def wrk(
    command: Sequence[str], seconds: float, script: Path, arguments: Sequence[str], *, refused: bool = False
) -> Mapping[str, int]:
    """What a script says at its end: requests, microseconds, p50 and p99. `refused` as for `driven`.

    Raises `ContenderFailed` when anything else is answered.
    """
    timing = ["--duration", f"{max(1, round(seconds))}s", "--latency", "--timeout", "10s"]
    done = subprocess.run(
        [*command, *timing, "--script", str(script), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ContenderFailed(f"wrk: {done.stderr[-300:]}")
    found: Mapping[str, int] = json.loads(done.stdout.splitlines()[-1])
    count, expected = found["requests"], found["requests"] if refused else 0
    if found["refused"] != expected or found["broken"] or not count:
        raise ContenderFailed(
            f"{' '.join(command)}: {found['refused']} of {count} calls were refused, {found['broken']} broken"
        )
    return found


def processor_seconds(pid: int) -> float | None:
    """What a process and those that it started have used, where the system tells."""
    ticks = [found for one in processes(pid) if (found := _ticks(one)) is not None]
    return sum(ticks) / os.sysconf("SC_CLK_TCK") if ticks else None


def processes(pid: int) -> Iterator[int]:
    """A process, and those that it started, where the system tells."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from processes(int(child))


def _ticks(pid: int) -> int | None:
    """In user and in kernel mode, of all threads."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[11]) + int(fields[12])
