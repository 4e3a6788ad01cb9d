"""The report as a page."""

from findings_made import failed, finding, report
from ringmock.contract.findings import Verdict
from ringmock.contract.report.html import html


def test_what_came_stands_beside_what_was_expected_with_a_curl_to_copy() -> None:
    compared = (("status", "400", "200"),)
    page = html(report(failed(compared=compared, reproduce="curl -i 'http://x/?a=1&b=2'", keeps=("R-05",))), "A & B")
    assert "<title>A &amp; B</title>" in page
    assert '<td class="code expected">400</td><td class="code came">200</td>' in page
    assert 'data-copy="curl -i &#39;http://x/?a=1&amp;b=2&#39;"' in page
    assert "If a character is encoded in 4 bytes" in page


def test_nothing_that_a_server_said_is_markup() -> None:
    page = html(report(failed("<b>", detail="<script>\ud800", cause="<i>")), "t")
    assert "<b>" not in page
    assert "<script>?" not in page
    assert "&lt;script&gt;?" in page


def test_what_was_skipped_and_what_is_mended_is_told() -> None:
    found = report(finding("a case", Verdict.SKIPPED, detail="no clock"), failed("known one", is_known=True))
    found.mended = ["cases Another"]
    page = html(found, "t")
    for said in ("No causes", "cases, 1: no clock", "a case", "known one", "cases Another"):
        assert said in page
