"""The report as JSON and SARIF."""

import json

import pytest

from findings_made import failed, finding, report
from ringmock.contract.report.as_json import UnreadableReport, as_json, read_json, sarif


def test_the_failures_come_back_with_how_to_do_them_again() -> None:
    found = report(finding("It is well"), failed(again=("--only", "A page arrives"), on="demo 2012"))
    arguments, (failure,) = read_json(as_json(found, ["--url", "http://127.0.0.1:1"]), "report.json")
    assert arguments == ["--url", "http://127.0.0.1:1"]
    assert (failure["id"], failure["again"], failure["on"]) == (
        found.findings[1].id,
        ["--only", "A page arrives"],
        "demo 2012",
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"findings": [1], "arguments": []}'])
def test_what_is_no_report_is_told(text: str) -> None:
    with pytest.raises(UnreadableReport, match=r"report\.json is no report of ringmock contract"):
        read_json(text, "report.json")


def test_sarif_has_a_result_with_its_rule_and_its_line_and_what_is_known_is_suppressed() -> None:
    told = json.loads(
        sarif(report(failed(keeps=("R-05",), where="mine.yaml:5, demo 2012"), failed(is_known=True)), "1")
    )
    (run,) = told["runs"]
    first, second = run["results"]
    assert run["tool"]["driver"]["rules"][0]["id"] == first["ruleId"] == "R-05"
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 5}
    assert "suppressions" not in first
    assert second["suppressions"][0]["kind"] == "external"
