"""Findings: what they are known by from run to run, and what a report says of them together."""

from findings_made import failed, finding, report
from ringmock.contract.findings import Verdict


def test_what_was_skipped_or_is_known_does_not_fail_a_run_and_one_failure_does() -> None:
    assert report(finding(), finding(verdict=Verdict.SKIPPED), failed(is_known=True)).passed
    assert not report(finding(), failed()).passed


def test_a_finding_has_the_same_id_in_every_run_and_another_on_another_account() -> None:
    assert failed(on="demo 2012", detail="a").id == failed(on="demo 2012", detail="b", seconds=2.0).id
    assert failed(on="demo 2012").id != failed(on="mine 2012").id


def test_a_state_machine_is_known_by_the_rules_that_it_found_broken_whatever_the_seed() -> None:
    one, other = failed("seed 1, step 3", part="stateful", keeps=("R-19",)), failed("seed 2", part="stateful")
    assert one.key == failed("seed 9, step 1", part="stateful", keeps=("R-19",)).key
    assert one.key != other.key


def test_a_part_took_as_long_as_was_measured_and_else_what_its_findings_took() -> None:
    told = report(finding(seconds=1.0), finding("Another", seconds=2.0))
    assert told.took("cases") == 3.0
    told.seconds["cases"] = 248.0
    assert told.took("cases") == 248.0
