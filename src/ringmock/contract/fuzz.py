"""The grounded fuzz: Schemathesis on openapi.yaml, as several identities of an account, with checks of our own.

Schemathesis runs as a program of its own, by its documented command line, so that its progress, its failures with
their curl lines and its reports are what its users know, and no hook outlives a run.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ..template import Template
from .client import Client
from .grounding import Grounding, grounding
from .observed import Observed
from .openapi import load_contract
from .probes import OWN, PAGER, RESOURCES, SMS, plain, probe
from .sign_in import access_token

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
    """One start of Schemathesis. `with_security`: whether it also generates credentials, wrong ones too."""

    phases: tuple[str, ...]
    with_security: bool


PASSES = (
    Pass(("examples", "coverage"), with_security=True),
    # Wrong credentials would hide most of what a broken request is sent for.
    Pass(("fuzzing", "stateful"), with_security=False),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """An extension to fuzz as, and how many examples of the run it gets."""

    number: str
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one start of Schemathesis ended. `failures` counts its unique failures, errors of its own included."""

    identity: str
    phases: tuple[str, ...]
    seed: int
    cases: int
    failures: int
    seconds: float
    output: str
    """What Schemathesis printed: every failure with the curl that reproduces it."""


@dataclass(slots=True)
class Report:
    """What runs met and how they ended."""

    outcomes: list[Outcome] = field(default_factory=list)
    observed: Observed = field(default_factory=Observed)
    faults: list[str] = field(default_factory=list)
    """Probes that were answered with something else than the documented refusal."""

    @property
    def failures(self) -> int:
        """Unique failures and errors of all passes, and the probes' faults."""
        return sum(outcome.failures for outcome in self.outcomes) + len(self.faults)

    @property
    def failed_output(self) -> str:
        """What there is to read about the failures."""
        return "\n".join([*self.faults, *(outcome.output for outcome in self.outcomes if outcome.failures)])

    def add(self, other: "Report") -> None:
        """Take another run's outcomes into this report."""
        self.outcomes += other.outcomes
        self.faults += other.faults
        self.observed.add(other.observed)

    def table(self) -> str:
        """The report as text: passes, calls by operation, refusals, and the checks that were off."""
        lines = [f"{'as':<6}{'phases':<20}{'seed':>6}{'cases':>8}{'failures':>10}{'seconds':>9}"]
        lines += [
            f"{o.identity:<6}{' '.join(o.phases):<20}{o.seed:>6}{o.cases:>8}{o.failures:>10}{o.seconds:>9.1f}"
            for o in self.outcomes
        ]
        lines += ["", self.observed.table(), ""]
        lines += [f"probe: {fault}" for fault in self.faults]
        lines += [f"check off: {name}: {reason}" for name, reason in CHECKS_OFF.items()]
        return "\n".join(lines)


def run(
    url: str,
    template: Template,
    *,
    seed: int,
    examples: int,
    identities: Sequence[Identity],
    passes: Sequence[Pass] = PASSES,
    generation: str | None = None,
    with_probes: bool = True,
    reports: Path | None = None,
) -> Report:
    """Fuzz the server at `url`, which serves the account of `template`, and tell what was met.

    `examples`: Schemathesis's own number per operation, for an identity whose share is 1. `generation` goes before
    the template's. `reports`: a folder for Schemathesis's JUnit reports. Raises `OSError` when the server does not
    answer and `SignInFailed` when an identity cannot sign in.
    """
    report = Report()
    if with_probes:
        report.faults += probe(url, template, report.observed, generation)
    for identity in identities:
        with Client(url) as client:
            token = access_token(client, template, identity.number)
            account = prepared(client, grounding(template, identity.number, token, generation))
        for single in passes:
            count = max(1, round(examples * identity.share))
            outcome, observed = _fuzzed(url, account, single, seed, count, reports)
            report.outcomes.append(outcome)
            report.observed.add(observed)
    return report


def prepared(client: Client, account: Grounding) -> Grounding:
    """The same with a message in the identity's mailbox, for the examples of operations on one."""
    operation = SMS if account.is_department else PAGER
    reply = client.send_json("POST", f"{OWN}/{RESOURCES[operation]}", account.token, plain(operation, account))
    return replace(account, message_id=str(reply.json["id"])) if reply.status == 200 else account


def _fuzzed(
    url: str, account: Grounding, single: Pass, seed: int, examples: int, reports: Path | None
) -> tuple[Outcome, Observed]:
    with tempfile.TemporaryDirectory(prefix="ringmock-fuzz-") as name:
        folder = Path(name)
        (folder / "openapi.json").write_text(json.dumps(load_contract()), encoding="utf-8")
        (folder / "grounding.json").write_text(json.dumps(asdict(account)), encoding="utf-8")
        (folder / "schemathesis.toml").write_text(_configuration(account, single, seed, examples), encoding="utf-8")
        done = subprocess.run(
            [*_command(url, single), *_junit(reports, account, single, seed)],
            cwd=folder,
            env={**os.environ, **_environment(folder)},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return _read(folder, done, account, single, seed)


def _command(url: str, single: Pass) -> list[str]:
    return [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "--config-file",
        "schemathesis.toml",
        "run",
        "openapi.json",
        "--url",
        url,
        "--phases",
        ",".join(single.phases),
        "--generation-with-security-parameters",
        str(single.with_security).lower(),
        "--report-json-path",
        "report.json",
    ]


def _junit(reports: Path | None, account: Grounding, single: Pass, seed: int) -> list[str]:
    if reports is None:
        return []
    name = f"{account.number}-{'-'.join(single.phases)}-{seed}.xml"
    return ["--report-junit-path", str(reports.resolve() / name)]


def _environment(folder: Path) -> dict[str, str]:
    return {
        "RINGMOCK_GROUNDING": str(folder / "grounding.json"),
        "RINGMOCK_OBSERVED": str(folder / "observed.json"),
        "SCHEMATHESIS_HOOKS": "ringmock.contract.hooks",
        "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path),
        "PYTHONUTF8": "1",
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }


def _configuration(account: Grounding, single: Pass, seed: int, examples: int) -> str:
    """Schemathesis's configuration file: nothing is replayed from an earlier run, and every failure is found."""
    lines = [
        f"seed = {seed}",
        "continue-on-failure = true",
        "[cache]",
        "enabled = false",
        "[generation]",
        'database = "none"',
        f"max-examples = {examples}",
        "[auth.openapi.oauth2]",
        f"bearer = {json.dumps(account.token)}",
        "[auth.openapi.basic]",
        f"username = {json.dumps(account.client_id)}",
        f"password = {json.dumps(account.client_secret)}",
        "[phases.coverage]",
        "generate-duplicate-query-parameters = true",
    ]
    for name in CHECKS_OFF:
        lines += [f"[checks.{name}]", "enabled = false"]
    return "\n".join(lines)


def _read(
    folder: Path, done: "subprocess.CompletedProcess[str]", account: Grounding, single: Pass, seed: int
) -> tuple[Outcome, Observed]:
    verdict = _json(folder / "report.json")
    observed = _json(folder / "observed.json")
    cases = verdict.get("test_cases", {})
    found = cases.get("unique_failures", 0) + len(verdict.get("errors", ()))
    is_whole = done.returncode == 0 and verdict.get("complete") and observed
    outcome = Outcome(
        identity=account.number,
        phases=single.phases,
        seed=seed,
        cases=cases.get("generated", 0),
        failures=found or (0 if is_whole else 1),
        seconds=float(verdict.get("running_time") or 0),
        output=done.stdout + done.stderr,
    )
    return outcome, Observed.from_json(observed)


def _json(path: Path) -> dict[str, object] | dict[str, dict[str, int]]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def merged(reports: Iterable[Report]) -> Report:
    """All of them in one."""
    whole = Report()
    for report in reports:
        whole.add(report)
    return whole
