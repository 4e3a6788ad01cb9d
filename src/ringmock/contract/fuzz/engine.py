"""One start of Schemathesis, as a program of its own, by its documented command line.

So its progress, its failures with their curl lines and its reports are what its users know, and no hook outlives a
run: they are registered for a whole process.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..openapi import load_contract
from .grounding import Grounding
from .observed import Observed

CHECKS_OFF: Mapping[str, str] = {
    "positive_data_acceptance": (
        "a well-formed request can have a documented refusal (an unknown recipient, a Frozen one, a number of"
        " someone else); valid_request_accepted takes its place and knows them"
    ),
    "use_after_free": "a deleted message stays readable, as Deleted, by documentation",
}
"""Schemathesis's checks that the contract documents away, and the reason of each."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Which phases run together. `with_security`: whether credentials are generated too, wrong ones among them."""

    phases: tuple[str, ...]
    with_security: bool


PASSES = (
    Pass(("examples", "coverage"), with_security=True),
    # Wrong credentials would hide most of what a broken request is sent for.
    Pass(("fuzzing", "stateful"), with_security=False),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: `examples` per operation; `operations` by operationId, all without any; `reports` for JUnit."""

    url: str
    account: Grounding
    single: Pass
    seed: int
    examples: int
    operations: Sequence[str] = ()
    reports: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one start of Schemathesis ended. `failures` counts its unique failures, errors of its own included."""

    identity: str
    generation: str
    phases: tuple[str, ...]
    seed: int
    cases: int
    failures: int
    seconds: float
    output: str
    """What Schemathesis printed: every failure with the curl that reproduces it."""


def start(plan: Plan) -> tuple[Outcome, Observed]:
    """Run Schemathesis to its end: how it went, and what was met."""
    with tempfile.TemporaryDirectory(prefix="ringmock-fuzz-") as name:
        folder = Path(name)
        (folder / "openapi.json").write_text(json.dumps(load_contract()), encoding="utf-8")
        (folder / "grounding.json").write_text(json.dumps(asdict(plan.account)), encoding="utf-8")
        (folder / "schemathesis.toml").write_text(_configuration(plan), encoding="utf-8")
        done = subprocess.run(
            [*_command(plan), *_selected(plan), *_junit(plan)],
            cwd=folder,
            env={**os.environ, **_environment(folder)},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return _read(folder, done, plan)


def _command(plan: Plan) -> list[str]:
    security = str(plan.single.with_security).lower()
    return [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", "openapi.json"),
        *("--url", plan.url),
        *("--phases", ",".join(plan.single.phases)),
        *("--generation-with-security-parameters", security),
        *("--report-json-path", "report.json"),
    ]


def _selected(plan: Plan) -> list[str]:
    return [argument for name in plan.operations for argument in ("--include-operation-id", name)]


def _junit(plan: Plan) -> list[str]:
    if plan.reports is None:
        return []
    account = plan.account
    name = f"{account.generation}-{account.number}-{'-'.join(plan.single.phases)}-{plan.seed}.xml"
    return ["--report-junit-path", str(plan.reports.resolve() / name)]


def _environment(folder: Path) -> dict[str, str]:
    return {
        "RINGMOCK_GROUNDING": str(folder / "grounding.json"),
        "RINGMOCK_OBSERVED": str(folder / "observed.json"),
        "SCHEMATHESIS_HOOKS": "ringmock.contract.fuzz.hooks",
        "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path),
        "PYTHONUTF8": "1",
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }


def _configuration(plan: Plan) -> str:
    """Schemathesis's configuration file: nothing is replayed from an earlier run, and every failure is found."""
    lines = [
        f"seed = {plan.seed}",
        "continue-on-failure = true",
        "[cache]",
        "enabled = false",
        "[generation]",
        'database = "none"',
        f"max-examples = {plan.examples}",
        "[auth.openapi.oauth2]",
        f"bearer = {json.dumps(plan.account.token)}",
        "[auth.openapi.basic]",
        f"username = {json.dumps(plan.account.client_id)}",
        f"password = {json.dumps(plan.account.client_secret)}",
        "[phases.coverage]",
        "generate-duplicate-query-parameters = true",
    ]
    for name in CHECKS_OFF:
        lines += [f"[checks.{name}]", "enabled = false"]
    return "\n".join(lines)


def _read(folder: Path, done: "subprocess.CompletedProcess[str]", plan: Plan) -> tuple[Outcome, Observed]:
    verdict, observed = _json(folder / "report.json"), _json(folder / "observed.json")
    cases = verdict.get("test_cases", {})
    found = cases.get("unique_failures", 0) + len(verdict.get("errors", ()))
    is_whole = done.returncode == 0 and verdict.get("complete") and observed
    outcome = Outcome(
        identity=plan.account.number,
        generation=plan.account.generation,
        phases=plan.single.phases,
        seed=plan.seed,
        cases=cases.get("generated", 0),
        failures=found or (0 if is_whole else 1),
        seconds=float(verdict.get("running_time") or 0),
        output=done.stdout + done.stderr,
    )
    return outcome, Observed.from_json(observed)


def _json(path: Path) -> dict[str, Any]:
    """A JSON object from a file, empty when Schemathesis came to no end and wrote none."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
