"""Running a script of `js/` with Node.js: what each of its steps came to."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support import needs

SCRIPTS = Path(__file__).parent / "js"
MODULES = Path(os.environ.get("RINGMOCK_JS_MODULES", SCRIPTS / "node_modules"))
NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOW = "install Node.js 18 or later, then `npm ci` in tests/clients/js (or name a node_modules in RINGMOCK_JS_MODULES)"

Day = dict[str, Any]


def day_with(
    script: str,
    *arguments: str,
    packages: tuple[str, ...],
    environment: Mapping[str, str] | None = None,
    seconds: int = 120,
) -> Day:
    """The results of a script's steps, by their names. `environment` is beside the surroundings', and `seconds` are
    what a script that hangs gets.
    """
    needs(NODE, "node", HOW)
    for package in packages:
        needs((MODULES / package).is_dir(), package, HOW)
    ended = subprocess.run(
        [str(NODE), f"{script}.js", *arguments],
        cwd=SCRIPTS,
        env={
            **os.environ,
            "NODE_PATH": str(MODULES.resolve()),
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return {line["step"]: line["result"] for line in lines}
