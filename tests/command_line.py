"""Commands in processes of their own, as a person or a script runs them."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

RINGMOCK = [sys.executable, "-c", "from ringmock.cli.main import main; main()"]


def commands(group: click.Group, *names: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, those of a command that is a group too behind it."""
    for name, command in group.commands.items():
        yield " ".join((*names, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)


def ringmock(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RINGMOCK, *arguments], capture_output=True, text=True, timeout=60, check=False)


@dataclass
class Served:
    """A server in a process of its own. `screen` is what it printed until it was ready."""

    process: "subprocess.Popen[str]"
    screen: list[str]
    url: str

    def get(self, path: str) -> dict:
        call = urllib.request.Request(self.url + path, headers={"Authorization": "Bearer demo-101"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call, timeout=10) as answer:
            return json.load(answer)

    def log_until(self, holds: Callable[[str], bool]) -> str:
        """The first line of the log that holds; fails when the server ends without one."""
        assert self.process.stderr is not None
        line = next((line for line in self.process.stderr if holds(line)), None)
        assert line is not None, "the server ended"
        return line


@contextmanager
def served(*arguments: str, stdin: int | None = None) -> Iterator[Served]:
    command = [*RINGMOCK, "serve", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    try:
        screen = []
        for line in process.stdout:
            screen.append(line.rstrip("\n"))
            if line.startswith("ready on"):
                break
        assert screen, process.stderr and process.stderr.read()
        yield Served(process, screen, screen[-1].split()[-1])
    finally:
        process.terminate()
        process.communicate(timeout=30)
