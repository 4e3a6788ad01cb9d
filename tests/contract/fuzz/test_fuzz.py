"""The server keeps its contract under Schemathesis, as several identities and in both generations.

By `.ci/run --full` it runs with three seeds, 30 examples for each operation and 120 for those that send; elsewhere with
one seed, and 5 and 40. Examples and coverage are made with the first seed only: with others they are the same calls.
They take three quarters of the time. By `.ci/run` without `--full` they are made of what sends and of a sixth of the
other operations, random ones of what sends and of a half, and one of the three smaller runs is done, all as the commit
chooses (`RINGMOCK_TURN`, 0 to 11).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ringmock.contract.fuzz import FuzzReport, Identity, run
from ringmock.contract.fuzz.engine import PASSES, Pass
from ringmock.contract.fuzz.observed import SENDING
from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_named
from ringmock.openapi.document import load_contract, operations
from ringmock.serving.server import running

IS_WHOLE = bool(os.environ.get("CI"))
IS_FULL = bool(os.environ.get("RINGMOCK_FULL"))
EXAMPLES = 30 if IS_FULL else 5
SENDING_EXAMPLES = 120 if IS_FULL else 40 if IS_WHOLE else 20
SEEDS = (1, 2, 3) if IS_FULL else (1,)
LEAST_ACCEPTED = 0.6
FUZZING = PASSES[1:]
TURN = os.environ.get("RINGMOCK_TURN")
USER, DEPARTMENT, VOICEMAIL = "101", "200", "106"


@dataclass(frozen=True, slots=True)
class Fuzz:
    """A server of its own, fuzzed as one identity. `examples` are by operation; `operations` all without any."""

    name: str
    seed: int
    identity: Identity
    passes: tuple[Pass, ...]
    generation: str = "2012"
    with_probes: bool = False
    examples: int = EXAMPLES
    operations: tuple[str, ...] = ()


def operations_in_turn(turns: int) -> tuple[str, ...]:
    """What sends, and every so-many-eth other operation; all, which is none by name, where it is nobody's turn."""
    if TURN is None:
        return ()
    others = [each for each in operation_ids() if each not in SENDING]
    return (*SENDING, *others[int(TURN) % turns :: turns])


def operation_ids() -> list[str]:
    return sorted(each["operationId"] for _, _, each in operations(load_contract()))


def fuzzes(seed: int) -> list[Fuzz]:
    """The User whole; Department, Voicemail and the current generation smaller; the longest first.

    And more examples of the operations that send, the random ones alone: coverage's are odd by intention.
    """
    is_first = seed == SEEDS[0]
    made = [Fuzz("what is made of User", seed, Identity(USER), PASSES[:1], operations=operations_in_turn(6))]
    passes = PASSES if is_first and IS_FULL else FUZZING
    smaller = [
        Fuzz("current", seed, Identity(USER, 0.2), passes, "current", with_probes=True),
        Fuzz("Department", seed, Identity(DEPARTMENT, 0.2), passes),
        Fuzz("Voicemail", seed, Identity(VOICEMAIL, 0.2), passes),
    ]
    return [
        *(made if is_first else []),
        Fuzz("User", seed, Identity(USER), FUZZING, with_probes=True, operations=operations_in_turn(2)),
        Fuzz("what sends", seed, Identity(USER), FUZZING, examples=SENDING_EXAMPLES, operations=SENDING),
        *(smaller if TURN is None else [smaller[int(TURN) % len(smaller)]]),
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    "fuzz", [fuzz for seed in SEEDS for fuzz in fuzzes(seed)], ids=lambda fuzz: f"{fuzz.seed} {fuzz.name}"
)
def test_the_server_keeps_its_contract_under_fuzzing(
    fuzz: Fuzz, record_property: Callable[[str, object], None]
) -> None:
    template = load_named("demo")
    with running(template, generation=GENERATIONS[fuzz.generation]) as (url, _):
        report = run(
            url,
            template,
            seed=fuzz.seed,
            examples=fuzz.examples,
            identities=[fuzz.identity],
            passes=fuzz.passes,
            generation=fuzz.generation,
            operations=fuzz.operations,
            with_probes=fuzz.with_probes,
        )
    record_property("fuzz", report.table())

    assert report.failures == 0, report.failed_output
    assert report.observed.server_errors == 0
    if fuzz.operations == SENDING and IS_WHOLE:  # of a few examples a few odd ones are many
        for operation_id in ("createSMSMessage", "createInternalTextMessage"):
            assert report.observed.share_accepted(operation_id) >= LEAST_ACCEPTED


def test_the_probes_of_both_generations_meet_every_refusal_of_what_sends() -> None:
    met, template = FuzzReport(), load_named("demo")
    for name, generation in GENERATIONS.items():
        with running(template, generation=generation) as (url, _):
            met.add(run(url, template, seed=1, examples=1, identities=[], generation=name))

    assert met.faults == []
    assert {name: met.observed.unreached(name) for name in SENDING} == {name: [] for name in SENDING}
