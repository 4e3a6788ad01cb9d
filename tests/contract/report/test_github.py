"""Annotations and the step summary of GitHub Actions."""

from findings_made import failed, finding, report
from ringmock.contract.report.github import MAX_ANNOTATIONS, annotations, summary


def test_a_cause_is_an_annotation_at_the_line_of_its_case() -> None:
    (line,) = annotations(
        report(failed("a", "x: 1,\n100%", cause="c: d, e", where="mine.yaml:5, demo 2012"), finding())
    )
    assert line.startswith("::error file=mine.yaml,line=5,title=c%3A d%2C e::a")
    assert line.endswith("x: 1,%0A100%25")


def test_no_more_is_annotated_than_github_shows() -> None:
    found = report(*(failed(f"number {n}") for n in range(MAX_ANNOTATIONS + 1)))
    assert len(list(annotations(found))) == MAX_ANNOTATIONS
    assert "and 1 causes more" in summary(found)


def test_the_summary_counts_and_fences_what_a_server_said() -> None:
    said = summary(report(finding(), failed(cause="a*b", detail="```\n# head")))
    assert "| cases | 1 | 1 | 0 | 0 | 0.0 |" in said
    assert "### 1. a\\*b (1)" in said
    assert "````text\n" in said


def test_what_is_known_is_no_annotation() -> None:
    assert list(annotations(report(failed(is_known=True)))) == []
