"""The server keeps its contract under Schemathesis, as several identities and in both generations.

In CI the fuzz runs whole: 40 examples for each operation, three seeds. Elsewhere a short one keeps the suite short.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ringmock.contract.fuzz import Identity, Report, run
from ringmock.contract.fuzz.engine import PASSES, Pass
from ringmock.contract.fuzz.observed import SENDING
from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_named
from ringmock.server import running

IS_WHOLE = bool(os.environ.get("CI"))
EXAMPLES = 40 if IS_WHOLE else 10
SEEDS = (1, 2, 3) if IS_WHOLE else (1,)
LEAST_ACCEPTED = 0.6
CORES = 2
FUZZING = PASSES[1:]
USER, DEPARTMENT, VOICEMAIL = "101", "200", "106"


def fuzzed(seed: int, identity: Identity, passes: tuple[Pass, ...], generation: str, *, with_probes: bool) -> Report:
    template = load_named("demo")
    with running(template, generation=GENERATIONS[generation]) as (url, _):
        return run(
            url,
            template,
            seed=seed,
            examples=EXAMPLES,
            identities=[identity],
            passes=passes,
            generation=generation,
            with_probes=with_probes,
        )


def runs(seed: int) -> list[Callable[[], Report]]:
    """The User whole; Department, Voicemail and the current generation smaller, and whole with the first seed."""
    smaller = PASSES if IS_WHOLE and seed == SEEDS[0] else FUZZING
    return [
        lambda: fuzzed(seed, Identity(USER), PASSES, "2012", with_probes=True),
        lambda: fuzzed(seed, Identity(USER, 0.2), smaller, "current", with_probes=True),
        lambda: fuzzed(seed, Identity(DEPARTMENT, 0.2), smaller, "2012", with_probes=False),
        lambda: fuzzed(seed, Identity(VOICEMAIL, 0.2), smaller, "2012", with_probes=False),
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_server_keeps_its_contract_under_fuzzing(seed: int, record_property: Callable[[str, object], None]) -> None:
    whole = Report()
    with ThreadPoolExecutor(CORES) as pool:
        for report in pool.map(lambda one: one(), runs(seed)):
            whole.add(report)
    record_property("fuzz", whole.table())

    assert whole.failures == 0, whole.failed_output
    assert whole.observed.server_errors == 0
    for operation_id in SENDING:
        assert whole.observed.unreached(operation_id) == []
        if IS_WHOLE:  # a few examples are mostly the coverage phase's odd ones
            assert whole.observed.share_accepted(operation_id) >= LEAST_ACCEPTED
