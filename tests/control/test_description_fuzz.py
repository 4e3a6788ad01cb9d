"""Schemathesis on the description of the control API: what it has is done, and what it does not have is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ringmock.control import description
from ringmock.fixture import load_named
from ringmock.serving.server import running

pytestmark = pytest.mark.long

TABLES = Path(__file__).parents[2] / ".hypothesis"
"""Of Hypothesis: they take seconds to make, and are kept from run to run unless its own variable says where."""

EXAMPLES = 2
"""For each operation, beside the boundaries, which are always the same."""

CONFIGURATION = f"""
seed = 1
continue-on-failure = true
[cache]
enabled = false
[generation]
database = "none"
max-examples = {EXAMPLES}
[phases.coverage]
unexpected-methods = ["DELETE", "PATCH"]
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
"""
"""Schemathesis's own lists, and 422: a whole that makes no sense though each of its values is described."""


def test_the_control_api_keeps_its_description_under_fuzzing(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(description.text(), encoding="utf-8")
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")

    with running(load_named("demo")) as (url, _):
        done = fuzz(f"{url}/_mock", tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["complete"]
    assert f"Tested: {len(description.operations()) - len(ENDLESS)}" in done.stdout


ENDLESS = ("read_events",)
"""Operations whose answers end with their reader."""


def fuzz(url: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", "openapi.yaml"),
            *(f"--exclude-operation-id={name}" for name in ENDLESS),
            *("--url", url, "--workers", "2", "--request-timeout", "10"),
            *("--phases", "examples,coverage,fuzzing,stateful", "--report-json-path", "report.json"),
        ],
        cwd=folder,
        env={
            "HYPOTHESIS_STORAGE_DIRECTORY": str(TABLES),
            **os.environ,
            "SCHEMATHESIS_HOOKS": "short_waits",
            "PYTHONPATH": os.pathsep.join(os.path.abspath(entry) for entry in sys.path),
            "PYTHONUTF8": "1",
            "NO_COLOR": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
