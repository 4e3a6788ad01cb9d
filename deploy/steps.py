"""The steps of the Dockerfile in an empty Debian tree, without an engine: `python deploy/steps.py FOLDER`.

The tree is made by mmdebstrap, as root, of this machine's Debian. FOLDER gets a tree for each stage. The server of the
last one is started as the image starts it, as its user, and has to become healthy by the image's own health check.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
LOOKS = 600
CHROOT = shutil.which("chroot") or "/usr/sbin/chroot"


class Step(NamedTuple):
    """One instruction: its name, and what stands behind it on one line."""

    name: str
    text: str


def steps(text: str) -> Iterator[Step]:
    """The instructions of a Dockerfile, those of several lines joined."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        name, _, rest = line.partition(" ")
        yield Step(name, rest.strip())


def exec_form(text: str) -> list[str]:
    """The words of an instruction in JSON, behind its options."""
    found: list[str] = json.loads(text[text.index("[") :])
    return found


class Stage:
    """A tree in which steps are carried out."""

    def __init__(self, tree: Path, of: dict[str, "Stage"]) -> None:
        self.tree, self.others = tree, of
        self.folder, self.user = "/", "0:0"
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/"}
        self.health: list[str] = []
        self.entry: list[str] = []

    def carry_out(self, step: Step) -> None:
        match step.name:
            case "RUN":
                self.run(["/bin/sh", "-c", step.text], **host_settings())
            case "WORKDIR":
                self.folder = step.text
                self.inside(step.text).mkdir(parents=True, exist_ok=True)
            case "COPY":
                self.copy(*step.text.split())
            case "ENV":
                self.environment |= dict(each.split("=", 1) for each in shlex.split(step.text))
            case "USER":
                self.user = step.text
            case "HEALTHCHECK":
                self.health = exec_form(step.text)
            case "ENTRYPOINT":
                self.entry = exec_form(step.text)

    def inside(self, path: str) -> Path:
        return self.tree / (Path(self.folder) / path).relative_to("/")

    def copy(self, *words: str) -> None:
        *options, source, target = words
        if options:
            stage = self.others[options[0].removeprefix("--from=")]
            shutil.copytree(stage.inside(source), self.inside(target), symlinks=True, dirs_exist_ok=True)
            return
        for path in context():
            place = self.inside(target) / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)

    def command(self, words: list[str]) -> list[str]:
        user = f"--userspec={self.user}"
        inside = f"cd {shlex.quote(self.folder)} && exec {shlex.join(words)}"
        return [CHROOT, user, str(self.tree), "/bin/sh", "-c", inside]

    def run(self, words: list[str], **more: str) -> None:
        subprocess.run(self.command(words), env={**self.environment, **more}, check=True)


def context() -> Iterator[Path]:
    """The files that are sent to the build: what the ignore file names again after it has left out everything."""
    rules = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert rules[0] == "*", "everything is left out first"
    for rule in rules:
        if rule.startswith("!"):
            place = ROOT / rule[1:]
            found = [place] if place.is_file() else place.rglob("*")
            yield from (path for path in found if path.is_file() and "__pycache__" not in path.parts)


def host_settings() -> dict[str, str]:
    """How this machine reaches packages."""
    return {name: value for name, value in os.environ.items() if re.match(r"(?i)(pip_|https?_proxy|no_proxy)", name)}


def make_tree(tree: Path) -> None:
    """An empty Debian of this machine's release, with its way to packages."""
    known = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("debian.*")]
    sources = [str(path) for path in known if path.exists() and "debian" in path.read_text(encoding="utf-8")]
    made = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates"]
    subprocess.run([*made, codename(), str(tree), *sources], check=True)
    for name in ("resolv.conf", "hosts", "pip.conf", "xdg/pip", "ssl/certs/ca-certificates.crt"):
        here, there = Path("/etc") / name, tree / "etc" / name
        if here.is_dir():
            shutil.copytree(here, there)
        elif here.exists():
            shutil.copy(here, there)


def codename() -> str:
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    return re.findall(r"^VERSION_CODENAME=(\w+)$", release, re.MULTILINE)[0]


def main(folder: Path) -> None:
    stages: dict[str, Stage] = {}
    base, stage = folder / "base", None
    make_tree(base)
    for step in steps(DOCKERFILE.read_text(encoding="utf-8")):
        if step.name == "FROM":
            name = step.text.partition(" AS ")[2] or "last"
            subprocess.run(["cp", "-a", str(base), str(folder / name)], check=True)
            stage = stages[name] = Stage(folder / name, stages)
        elif stage is not None:
            print(f"{step.name} {step.text[:100]}", flush=True)
            stage.carry_out(step)
    assert stage is not None
    try_out(stage)


def try_out(stage: Stage) -> None:
    """Start the image's command and wait, for so many looks, until its health check is content; then stop it."""
    server = subprocess.Popen(stage.command(stage.entry), env=stage.environment)
    try:
        for _ in range(LOOKS):
            assert server.poll() is None, "the server has ended"
            if subprocess.run(stage.command(stage.health), env=stage.environment, capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the health check is never content")
    finally:
        server.terminate()
        assert server.wait(timeout=30) == 0
    print("healthy, and stopped by SIGTERM")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
