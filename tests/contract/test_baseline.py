"""The baseline: what is known to fail fails no run, what is new does, what is mended is told."""

from pathlib import Path

import pytest

from findings_made import failed, finding, report
from ringmock.contract.baseline import Baseline, UnreadableBaseline, read_baseline
from ringmock.contract.findings import Finding, Verdict

SMS = failed("An SMS", cause="it answers 200", on="demo 2012")


def baseline_of(*failures: Finding) -> Baseline:
    return Baseline().updated(report(*failures))


def test_what_failed_before_in_the_same_way_is_known_and_anything_else_is_new() -> None:
    known = baseline_of(SMS)
    assert known.held_against(SMS).is_known
    assert not known.held_against(failed("A page", cause="it answers 200", on="demo 2012")).is_known
    assert not known.held_against(failed("An SMS", cause="it answers 200", on="mine 2012")).is_known


def test_a_case_that_fails_in_another_way_is_new_and_says_what_was_known() -> None:
    held = baseline_of(SMS).held_against(failed("An SMS", cause="it answers 500", on="demo 2012"))
    assert not held.is_known
    assert "Known is another failure of it: it answers 200" in held.detail


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (SMS, finding("An SMS", on="demo 2012")),
        (failed("sms: shape", part="fuzz", operation="sms"), finding("sms is well", part="fuzz", operation="sms")),
        (failed("A probe", part="fuzz"), finding("A probe", part="fuzz")),
        (failed("seed 1", part="stateful", keeps=("R-19",)), finding("seed 2: agreed", part="stateful")),
    ],
)
def test_what_passes_is_mended_and_an_update_takes_it_out(before: Finding, now: Finding) -> None:
    known = baseline_of(before)
    assert known.mended(report(now)) == [before.key]
    assert known.updated(report(now)).known == {}


def test_what_was_not_run_is_not_mended_and_stays_known() -> None:
    known, now = baseline_of(SMS), report(finding("An SMS", Verdict.SKIPPED, on="demo 2012"), finding(on="demo 2012"))
    assert known.mended(now) == []
    assert known.updated(now).known == known.known


def test_an_editor_that_begins_the_file_with_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    known = baseline_of(SMS)
    (tmp_path / "known.json").write_text("\ufeff" + known.to_json(), encoding="utf-8")
    assert read_baseline(tmp_path / "known.json").known == known.known


def test_it_is_read_as_it_was_written_a_line_for_each(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    known = baseline_of(SMS, failed('"A" page', cause="ä"))
    file.write_text(known.to_json(), encoding="utf-8")
    assert read_baseline(file).known == known.known
    assert sum("cause" in line for line in known.to_json().splitlines()) == 2


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "known": {}}', '{"version": 1, "known": {"a": {"b": 1}}}'])
def test_what_is_no_baseline_is_told(text: str, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableBaseline, match="--update-baseline writes one"):
        read_baseline(file)
