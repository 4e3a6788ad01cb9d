"""The fuzz can fail: each planted fault is caught, and by the check that is there for it."""

import pytest

from faults import FAULTS
from ringmock.contract.fuzz import Identity, run
from ringmock.contract.fuzz.engine import Pass
from ringmock.contract.fuzz.observed import SENDING
from ringmock.fixture import load_named
from ringmock.serving.server import served

EXAMPLES = Pass(("examples",), with_security=True)
COVERAGE = Pass(("coverage",), with_security=True)
FUZZING = Pass(("fuzzing",), with_security=False)
TRIED = 40
"""Examples."""
SMS, PAGER, _ = SENDING

CAUGHT = [
    ("counts_code_points", "length_counts_utf16_units", EXAMPLES, PAGER),
    ("loses_what_was_sent", "created_is_readable", EXAMPLES, PAGER),
    ("links_to_another_host", "created_is_readable", EXAMPLES, PAGER),
    ("drops_a_field", "Response violates schema", EXAMPLES, PAGER),
    ("swaps_recipients", "sent_message_is_echoed", EXAMPLES, SMS),
    ("refuses_pages", "valid_request_accepted", EXAMPLES, PAGER),
    ("lets_everyone_in", "API accepts requests without authentication", EXAMPLES, PAGER),
    ("invents_a_code", "documented_error_codes", COVERAGE, PAGER),
    ("allows_too_much", "Allow", COVERAGE, PAGER),
    ("cuts_texts", "sent_message_is_echoed", FUZZING, PAGER),
    ("breaks_down", "Server error", FUZZING, PAGER),
]


@pytest.mark.long
@pytest.mark.parametrize(("name", "check", "phase", "operation"), CAUGHT, ids=[name for name, *_ in CAUGHT])
def test_a_planted_fault_is_caught_by_the_check_that_is_there_for_it(
    name: str, check: str, phase: Pass, operation: str
) -> None:
    template = load_named("demo")
    with served(FAULTS[name].application(template)) as url:
        report = run(
            url,
            template,
            seed=1,
            examples=TRIED,
            identities=[Identity("101")],
            passes=[phase],
            operations=[operation],
            with_probes=False,
        )
    assert report.failures > 0
    assert check in report.failed_output


def test_a_probe_that_gets_another_refusal_than_the_documented_one_is_a_fault() -> None:
    template = load_named("demo")
    with served(FAULTS["invents_a_code"].application(template)) as url:
        report = run(url, template, seed=1, examples=1, identities=[])

    assert "createInternalTextMessage should refuse with 400 MSG-324" in report.failed_output
