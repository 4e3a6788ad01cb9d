"""The grounded fuzz: Schemathesis on openapi.yaml, as several identities of an account, with further checks.

Before it, every documented refusal of the sending operations is provoked once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...world.template import Template
from ..guard import Guard, NotSent
from ..http_client import PLAIN
from ..receiver import Receiver
from ..side_by_side import Stop
from ..target import Target, made_up_application
from .client import Client
from .engine import CHECKS_OFF, PASSES, Outcome, Pass, Plan, start
from .grounding import Grounding, grounding
from .observed import Observed
from .probes import OWN, PAGER, RESOURCES, SMS, plain, probe
from .sign_in import access_token


@dataclass(frozen=True, slots=True)
class Identity:
    """An extension to fuzz as, and the part of the run's examples that it gets."""

    number: str
    share: float = 1.0


@dataclass(slots=True)
class FuzzReport:
    """What runs observed, and how they ended."""

    outcomes: list[Outcome] = field(default_factory=list)
    observed: Observed = field(default_factory=Observed)
    faults: list[str] = field(default_factory=list)
    """Probes that were answered with something else than the documented refusal."""

    @property
    def failures(self) -> int:
        """Unique failures and errors of all passes, and the probes' failures."""
        return sum(outcome.failures for outcome in self.outcomes) + len(self.faults)

    @property
    def failed_output(self) -> str:
        """The texts about the failures."""
        return "\n".join([*self.faults, *(outcome.output for outcome in self.outcomes if outcome.failures)])

    def add(self, other: "FuzzReport") -> None:
        """Add another run's outcomes to this report."""
        self.outcomes += other.outcomes
        self.faults += other.faults
        self.observed.add(other.observed)

    def table(self) -> str:
        """The report as text: passes, calls by operation, refusals, and the checks that were off."""
        lines = [f"{'as':<6}{'shape':<9}{'phases':<20}{'seed':>6}{'cases':>8}{'failures':>10}{'seconds':>9}"]
        lines += [
            f"{o.identity:<6}{o.generation:<9}{' '.join(o.phases):<20}"
            f"{o.seed:>6}{o.cases:>8}{o.failures:>10}{o.seconds:>9.1f}"
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
    operations: Sequence[str] = (),
    with_probes: bool = True,
    reports: Path | None = None,
) -> FuzzReport:
    """Fuzz the server at `url`, which serves the account of `template`. Returns what was observed.

    `examples`: Schemathesis's number per operation, for an identity whose share is 1. `generation` overrides the
    template's. `operations`: the operationIds to fuzz, all without any. `reports`: a folder for Schemathesis's JUnit
    reports. Raises `NoAnswer` when the server does not answer and `SignInFailed` when an identity cannot sign in.
    """
    report = FuzzReport()
    if with_probes:
        report.faults += probe(url, template, report.observed, generation)
    for identity in identities:
        for single in passes:
            outcome, observed = run_as(
                identity,
                url,
                template,
                single,
                seed=seed,
                examples=examples,
                generation=generation,
                operations=operations,
                reports=reports,
            )
            report.outcomes.append(outcome)
            report.observed.add(observed)
    return report


def run_as(
    identity: Identity,
    url: str,
    template: Template,
    single: Pass,
    *,
    seed: int,
    examples: int,
    generation: str | None = None,
    operations: Sequence[str] = (),
    reports: Path | None = None,
    target: Target | None = None,
    say: Callable[[str], None] = lambda line: None,
    stop: Stop | None = None,
) -> tuple[Outcome, Observed]:
    """One pass as one identity; otherwise as `run`. With a `target`, its guard and its watcher apply.

    Where the target opens worlds the pass has one of its own, so that the same seed makes the same calls whatever runs
    beside it.
    """
    watcher, guard, connection = (target.watcher, target.guard, target.connection) if target else (None, None, PLAIN)
    with Client(url, watcher, guard, connection) as client:
        own = made_up_application().client_id if target is not None and target.has_worlds else None
        token = access_token(client, template, identity.number, own)
        account = within(guard, grounding(template, identity.number, token, generation))
        account = prepared(client, account)
    count = max(1, round(examples * identity.share))
    with Receiver() as receiver:
        account = replace(account, webhook=receiver.url)
        guard, ca = guard or Guard(), connection.ca
        return start(Plan(url, account, single, seed, count, operations, reports, guard, watcher, say, stop, ca))


def within(guard: Guard | None, account: Grounding) -> Grounding:
    """The same without recipients whom the guard is against."""
    allowed = guard.limits.numbers if guard else None
    if allowed is None:
        return account

    def kept(lists: Sequence[Sequence[str]]) -> list[Sequence[str]]:
        return [numbers for numbers in lists if all(number.removeprefix("+") in allowed for number in numbers)]

    return replace(
        account,
        sms_to=kept(account.sms_to),
        sms_to_refused=kept(account.sms_to_refused) or kept(account.sms_to),
        page_to=kept(account.page_to),
        page_to_refused=kept(account.page_to_refused) or kept(account.page_to),
    )


def prepared(client: Client, account: Grounding) -> Grounding:
    """The same with a message in the identity's mailbox, for the examples of operations on one."""
    operation = SMS if account.is_department else PAGER
    try:
        reply = client.send_json("POST", f"{OWN}/{RESOURCES[operation]}", account.token, plain(operation, account))
    except NotSent:
        return account
    created = reply.json if reply.status == 200 and isinstance(reply.json, dict) else {}
    return replace(account, message_id=str(created["id"])) if "id" in created else account
