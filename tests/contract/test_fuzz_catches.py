"""The fuzz can fail: each planted fault is caught, and by the check that is there for it."""

from collections.abc import Callable

import faults
import pytest
from starlette.types import ASGIApp

from ringmock.contract.fuzz import Identity, run
from ringmock.contract.fuzz.engine import Pass
from ringmock.contract.fuzz.observed import SENDING
from ringmock.fixture import load_named
from ringmock.server import build, served
from ringmock.worlds import Worlds

EXAMPLES = Pass(("examples",), with_security=True)
COVERAGE = Pass(("coverage",), with_security=True)
FUZZING = Pass(("fuzzing",), with_security=False)
SMS, PAGER, _ = SENDING


CAUGHT = [
    (faults.counts_code_points, "length_counts_utf16_units", EXAMPLES, PAGER),
    (faults.loses_messages, "created_is_readable", EXAMPLES, PAGER),
    (faults.drops_a_field, "Response violates schema", EXAMPLES, PAGER),
    (faults.swaps_recipients, "sent_message_is_echoed", EXAMPLES, SMS),
    (faults.refuses_pages, "valid_request_accepted", EXAMPLES, PAGER),
    (faults.lets_everyone_in, "API accepts requests without authentication", EXAMPLES, PAGER),
    (faults.invents_a_code, "documented_error_codes", COVERAGE, PAGER),
    (faults.forgets_allow, "Allow", COVERAGE, PAGER),
    (faults.cuts_texts, "sent_message_is_echoed", FUZZING, PAGER),
    (faults.breaks_down, "Server error", FUZZING, PAGER),
]


@pytest.mark.parametrize(("fault", "check", "phase", "operation"), CAUGHT, ids=[fault.__name__ for fault, *_ in CAUGHT])
def test_a_planted_fault_is_caught_by_the_check_that_is_there_for_it(
    fault: Callable[[ASGIApp], ASGIApp], check: str, phase: Pass, operation: str
) -> None:
    template = load_named("demo")
    with served(fault(build(Worlds(template)))) as url:
        report = run(
            url,
            template,
            seed=1,
            examples=20,
            identities=[Identity("101")],
            passes=[phase],
            operations=[operation],
            with_probes=False,
        )
    assert report.failures > 0
    assert check in report.failed_output


def test_a_probe_that_gets_another_refusal_than_the_documented_one_is_a_fault() -> None:
    template = load_named("demo")
    with served(faults.invents_a_code(build(Worlds(template)))) as url:
        report = run(url, template, seed=1, examples=1, identities=[])

    assert "createInternalTextMessage should refuse with 400 MSG-324" in report.failed_output
