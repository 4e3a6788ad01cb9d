"""What a contender is: how it is started, what it claims to do, and what it needs to be there."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .exchange import SMS, Exchange

CONTRACT = Path(__file__).parents[2] / "openapi.yaml"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Place:
    """Where a contender is to run: its port of 127.0.0.1, a folder of its own, and what npm installed."""

    port: int
    folder: Path
    modules: Path

    def module(self, path: str) -> str:
        """A file of an npm package."""
        return str(self.modules / "node_modules" / path)

    def write(self, name: str, text: str) -> str:
        """A file in the contender's folder, which is gone afterwards."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return str(file)


@dataclass(frozen=True)
class Need:
    """Something that must be installed: its version, or how to get it where there is none."""

    name: str
    version: Callable[[Path], str | None]
    how: str


@dataclass(frozen=True, eq=False)
class Contender:
    """One entry. What it claims is checked before it is timed."""

    name: str
    title: str
    validates_request: bool
    validates_answer: bool
    keeps_state: bool
    command: Callable[[Place], list[str]]
    needs: tuple[Need, ...]
    remark: str
    exchange: Exchange = SMS
    warm_up: int = 1
    """How many times as long as the others it is warmed up: a JVM compiles for a while."""

    def missing(self, modules: Path) -> list[Need]:
        """What it needs and is not there."""
        return [need for need in self.needs if need.version(modules) is None]


def npm(package: str) -> Need:
    """A package under the node_modules of the folder that was given."""

    def version(modules: Path) -> str | None:
        described = modules / "node_modules" / package / "package.json"
        return json.loads(described.read_text(encoding="utf-8"))["version"] if described.exists() else None

    pinned = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"][package]
    return Need(package, version, f"npm install --prefix FOLDER {package}@{pinned}")


def python(package: str) -> Need:
    """A package of the Python that runs this."""

    def version(_: Path) -> str | None:
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            return None

    return Need(package, version, f"pip install {package}")


def program(name: str, option: str, how: str) -> Need:
    """A command on the PATH that tells its version."""

    def version(_: Path) -> str | None:
        found = shutil.which(name)
        if found is None:
            return None
        told = subprocess.run([found, option], capture_output=True, text=True, check=False)
        number = re.search(r"\d+(\.\d+)+", told.stdout + told.stderr)
        return number[0] if number else "unknown"

    return Need(name, version, how)


NODE = program("node", "--version", "Node.js 20 or later")
JAVA = program("java", "-version", "a Java runtime, 17 or later")


def python_server(module: str) -> Callable[[Place], list[str]]:
    """A server of this folder, written for the comparison."""
    return lambda place: [sys.executable, "-m", f"contenders.servers.{module}", str(place.port)]
