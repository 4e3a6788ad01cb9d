"""One run of Schemathesis as a subprocess, by its documented command line.

So its progress, its failures with their curl lines and its reports are those that its users know. No hook outlives a
run, since hooks are registered for a whole process.
"""

import atexit
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from ...openapi.document import load_contract
from ..guard import Guard, Limits, NotSent, changing_operations, sending_operations
from ..http_client import Watcher
from ..side_by_side import Stop
from .events import FailedCheck, NotTested, exchanges, failed_checks, not_tested, operations_of, scenarios
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

REJECTIONS = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx"]
"""What may answer a request against the schema: Schemathesis's own list and 413, for a body over a server's bounds."""

_SECTION = re.compile(r"=+ ([A-Z]+) =+")
_STOPPED = f"Error in `before_call` hook: {NotSent.__name__}: "
_NOTHING_LEFT = ("FailedHealthCheck", "Unsatisfiable")
_NO_LINKS = "NoLinksFound"


class NotInstalled(Exception):
    """What the fuzz needs is not there; the message says how to get it."""


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
    guard: Guard = field(default_factory=Guard)
    watcher: Watcher | None = None
    say: Callable[[str], None] = lambda line: None
    """Takes Schemathesis's output, line by line, but for the failures: those are in the outcome."""
    stop: Stop | None = None
    """Ends it before its end."""
    ca: Path | None = None
    """The file of the only roots that the server's certificate may have."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run of Schemathesis ended. `failures` is the number of its unique failures and errors."""

    identity: str
    generation: str
    phases: tuple[str, ...]
    seed: int
    cases: int
    failures: int
    seconds: float
    output: str
    """What Schemathesis printed: every failure with the curl that reproduces it."""
    failed_checks: tuple[FailedCheck, ...] = ()
    """One for each kind of failure of each operation."""
    errors: tuple[str, ...] = ()
    """What prevented Schemathesis from testing: where, and why."""
    tested: tuple[str, ...] = ()
    """The operations that were called, as method and path."""


def start(plan: Plan) -> tuple[Outcome, Observed]:
    """Run Schemathesis and return the outcome and the observations. Raises `NotInstalled`."""
    if importlib.util.find_spec("schemathesis") is None:
        raise NotInstalled("the fuzz needs Schemathesis: pip install 'ringmock[contract]'")
    with tempfile.TemporaryDirectory(prefix="ringmock-fuzz-") as name:
        folder = Path(name)
        (folder / "openapi.json").write_text(json.dumps(load_contract()), encoding="utf-8")
        (folder / "grounding.json").write_text(json.dumps(asdict(plan.account)), encoding="utf-8")
        (folder / "limits.json").write_text(plan.guard.to_json(), encoding="utf-8")
        (folder / "schemathesis.toml").write_text(_configuration(plan), encoding="utf-8")
        returned, output = _run(
            [*_command(plan), *_selected(plan), *_junit(plan)], _trusted(plan.ca), folder, plan.say, plan.stop
        )
        if plan.reports is not None:
            (plan.reports / f"{_name(plan)}.txt").write_text(output, encoding="utf-8")
        return _read(folder, returned, output, plan)


def _run(
    command: Sequence[str], trusted: Mapping[str, str], folder: Path, say: Callable[[str], None], stop: Stop | None
) -> tuple[int, str]:
    """The exit status and the output, which is passed to `say` as it comes."""
    lines = []
    is_printed = True
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **_environment(folder), **trusted},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as running:
        if stop is not None:
            stop.add(running)
        try:
            for line in running.stdout or ():
                lines.append(line)
                title = _SECTION.fullmatch(line.rstrip())
                if title is not None:
                    is_printed = title[1] != "FAILURES"
                if is_printed:
                    say(line.rstrip())
        except KeyboardInterrupt:
            running.kill()  # it may not have been notified
            raise
    return running.returncode, "".join(lines)


def _trusted(ca: Path | None) -> Mapping[str, str]:
    """What `requests` and OpenSSL take their roots from."""
    return {} if ca is None else {name: str(ca.absolute()) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")}


def _command(plan: Plan) -> list[str]:
    security = str(plan.single.with_security).lower()
    return [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", "openapi.json"),
        *("--url", plan.url),
        *("--phases", ",".join(plan.single.phases)),
        *("--generation-with-security-parameters", security),
        *("--report-json-path", "report.json"),
        *("--report-ndjson-path", "events.ndjson"),
        # The output is escaped where it is printed; the curl lines must be usable.
        *("--output-sanitize", "false"),
        *(("--rate-limit", plan.guard.limits.rate) if plan.guard.limits.rate else ()),
    ]


def _selected(plan: Plan) -> list[str]:
    chosen = [argument for name in plan.operations for argument in ("--include-operation-id", name)]
    return chosen + [
        argument for name in left_out(plan.guard.limits, plan.single) for argument in ("--exclude-operation-id", name)
    ]


def selects_any(operations: Sequence[str], limits: Limits, single: Pass) -> bool:
    """Whether the limits leave any call for a pass."""
    return not operations or bool(set(operations) - set(left_out(limits, single)))


def left_out(limits: Limits, single: Pass) -> Iterator[str]:
    """What the limits forbid, and where messages are counted random sendings: they would use up all of them."""
    if not limits.may_change:
        yield from changing_operations()
    if limits.max_messages is not None and "fuzzing" in single.phases:
        yield from sending_operations()


def _junit(plan: Plan) -> list[str]:
    if plan.reports is None:
        return []
    return ["--report-junit-path", str(plan.reports.resolve() / f"{_name(plan)}.xml")]


def _name(plan: Plan) -> str:
    """What the files about a start are called."""
    return f"{plan.account.generation}-{plan.account.number}-{'-'.join(plan.single.phases)}-{plan.seed}"


def _environment(folder: Path) -> dict[str, str]:
    return {
        "RINGMOCK_GROUNDING": str(folder / "grounding.json"),
        "RINGMOCK_OBSERVED": str(folder / "observed.json"),
        "RINGMOCK_LIMITS": str(folder / "limits.json"),
        "SCHEMATHESIS_HOOKS": "ringmock.contract.fuzz.hooks",
        "HYPOTHESIS_STORAGE_DIRECTORY": os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY") or _tables(),
        "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path),
        "PYTHONUTF8": "1",
        "NO_COLOR": "1",
        "COLUMNS": "120",
    }


@cache
def _tables() -> str:
    """A folder for Hypothesis's Unicode tables, which take four seconds to make and which all runs share."""
    folder = tempfile.TemporaryDirectory(prefix="ringmock-hypothesis-")
    atexit.register(folder.cleanup)
    return folder.name


def _configuration(plan: Plan) -> str:
    """Schemathesis's configuration file: no replays of earlier runs, and every failure is reported."""
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
    lines += ["[checks.negative_data_rejection]", f"expected-statuses = {json.dumps(REJECTIONS)}"]
    return "\n".join(lines)


def _read(folder: Path, returned: int, output: str, plan: Plan) -> tuple[Outcome, Observed]:
    verdict, observed = _json(folder / "report.json"), _json(folder / "observed.json")
    plan.guard.take_over(_json(folder / "spent.json"))
    cases = verdict.get("test_cases", {})
    met = list(not_tested(folder / "events.ndjson"))
    titles = [error["title"] for error in verdict.get("errors", ())]
    errors = [str(error) for error in met if not was_wanted(error, plan)] if met else titles
    found = cases.get("unique_failures", 0) + len(errors)
    # A hook writes it at the end; when the guard refused every call, there is nothing in it.
    is_heard = (folder / "observed.json").exists()
    is_whole = verdict.get("complete") and is_heard and (returned == 0 or found or verdict.get("errors"))
    checks, tested = _events(folder / "events.ndjson", plan)
    outcome = Outcome(
        identity=plan.account.number,
        generation=plan.account.generation,
        phases=plan.single.phases,
        seed=plan.seed,
        cases=cases.get("generated", 0),
        failures=found or (0 if is_whole else 1),
        seconds=float(verdict.get("running_time") or 0),
        output=output,
        failed_checks=checks,
        errors=tuple(errors) if is_whole else (*errors, f"Schemathesis ended early, status {returned}"),
        tested=tested,
    )
    return outcome, Observed.from_json(observed)


def was_wanted(error: NotTested, plan: Plan) -> bool:
    """Whether an error only says that the guard, or the choice of operations, left nothing to test.

    The guard stopped that call, or filtered so many cases of that operation that too few remained.
    """
    is_chosen = bool(plan.operations) or any(left_out(plan.guard.limits, plan.single))
    return (
        (error.kind == "HookExecutionError" and error.message.startswith(_STOPPED))
        or (error.kind in _NOTHING_LEFT and error.where in plan.guard.thinned)
        or (error.kind == _NO_LINKS and is_chosen)
    )


def _events(path: Path, plan: Plan) -> tuple[tuple[FailedCheck, ...], tuple[str, ...]]:
    """The failures, one of each kind, and the operations; the watcher gets every call."""
    kinds: dict[tuple[str, str], FailedCheck] = {}
    tested: dict[str, None] = {}
    for record in scenarios(path):
        tested |= dict.fromkeys(operations_of(record))
        for failed in failed_checks(record, plan.url):
            first = kinds.get((failed.operation, failed.title))
            kinds[failed.operation, failed.title] = failed if first is None else replace(first, count=first.count + 1)
        if plan.watcher is not None:
            for _, exchange in exchanges(record, plan.url):
                plan.watcher(exchange)
    return tuple(kinds.values()), tuple(tested)


def _json(path: Path) -> dict[str, Any]:
    """A JSON object from a file, empty when Schemathesis ended before it wrote one."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
