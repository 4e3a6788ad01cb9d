"""The whole application: what stands before the first request, and what loading it says."""

import subprocess
import sys
from pathlib import Path

from ringmock.fixture import load_named
from ringmock.http.app import Stages
from ringmock.serving.server import build
from ringmock.sign_in.worlds import Worlds

LOADING = """\
import sys
sys.modules["httpx2"] = None  # as where ringmock is installed without what develops it
import ringmock.serving.server
"""


def test_the_stages_stand_before_the_first_request() -> None:
    app = build(Worlds(load_named("demo")))
    assert isinstance(app, Stages)
    assert app.middleware_stack is not None


def test_loading_warns_of_nothing_where_every_warning_is_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", LOADING]
    loaded = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (loaded.returncode, loaded.stderr) == (0, "")
