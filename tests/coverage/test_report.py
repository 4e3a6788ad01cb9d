"""Coverage as it is read: on a terminal, and as a page that stands alone."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ringmock.contract.suggestions import cheapest
from ringmock.coverage import report
from ringmock.coverage.exercised import Exercised
from ringmock.coverage.items import Coverage, CoverageItem, Dimension, coverage, coverage_items
from ringmock.coverage.observation import Observation, Problem
from ringmock.coverage.report import COST
from support import needs

SMS = "createSMSMessage"
VOID = {"meta", "br", "link", "img", "input", "hr"}


def text_of(found: Coverage) -> str:
    return report.text(found, cheapest(found))


def html_of(found: Coverage) -> str:
    return report.html(found, cheapest(found))


def some(*, by_record: bool = True) -> Coverage:
    exercised = Exercised(by_record=by_record)
    exercised.note(Observation(SMS, 400, (Problem("MSG-245", "from"),), generation="2012"))
    exercised.note(Observation("readAPIVersion", 500, (Problem("CMN-203"),)))
    return coverage(exercised)


def test_the_text_has_a_figure_for_each_dimension_and_for_all() -> None:
    found = some()
    lines = text_of(found).splitlines()
    assert lines[0] == f"{found.touched} of the operations are touched, 2 of {found.touched.total}"
    for dimension in set(Dimension) - {Dimension.OPERATIONS}:
        share = found.of(dimension)
        assert any(
            re.match(rf"{dimension} +{share.exercised} +{share.total} +{share.percent:.1f} %", line) for line in lines
        )
    assert any(re.match(rf"all +{found.total.exercised} +{found.total.total} ", line) for line in lines)


def test_the_text_names_what_is_missing_and_what_is_not_documented() -> None:
    told = text_of(some())
    assert re.search(r"^createSMSMessage .* 400 CMN-101 CMN-103 .*MSG-246", told, re.MULTILINE)
    assert not re.search(r"^createSMSMessage .*MSG-245", told, re.MULTILINE)
    assert re.search(r"^never called, \d+: .*\breadMessage\b", told, re.MULTILINE | re.DOTALL)
    assert "  R-20: a message of a thread refused with CMN-408; a reply refused with MSG-326" in told
    assert "answers that the contract does not have: readAPIVersion 500 CMN-203" in told


def test_the_text_says_which_rules_traffic_does_not_show() -> None:
    assert "not to be seen in this run, and not counted: R-06, R-10" in text_of(some(by_record=False))
    assert "and not counted: R-06" not in text_of(some())


def test_the_text_ends_with_the_three_cheapest_tests_and_what_cheap_means() -> None:
    told = text_of(some())
    _, _, suggested = told.partition(f"The three cheapest tests to add, by the fewest {COST}:")
    assert suggested.count("- name: ") == 3
    assert "# curl -i -X" in suggested


def test_where_everything_was_met_nothing_is_missing_or_suggested() -> None:
    exercised = Exercised(by_record=True, generations={"2012"})
    exercised.seen.update(key for item in coverage_items() for key in item.keys)
    told = text_of(coverage(exercised))
    assert re.search(r"^all +\d+ +\d+ +100.0 %", told, re.MULTILINE)
    assert "missing:" not in told
    assert "cheapest" not in told


def test_no_line_of_the_figures_is_wider_than_a_terminal() -> None:
    figures = text_of(some()).partition("The three cheapest")[0]
    assert max(map(len, figures.splitlines())) <= report.WIDTH


def test_one_line_has_every_figure() -> None:
    line = report.one_line(some())
    assert "\n" not in line
    assert re.match(r"[\d.]+ % of the operations are touched, 2 of \d+; ", line)
    assert all(str(dimension) in line for dimension in Dimension)


def test_an_answer_that_somebody_asked_for_is_no_finding_until_one_comes_that_nobody_did() -> None:
    asked = Exercised(by_record=True)
    asked.note(Observation(SMS, 599, is_wanted=True))
    assert coverage(asked).undocumented == ()
    assert coverage(Exercised.from_json(asked.to_json())).undocumented == ()
    unasked = Exercised(by_record=True).note_all([Observation(SMS, 599)])
    for both in ((asked, unasked), (unasked, asked)):
        assert coverage(Exercised.sum(both)).undocumented == (f"{SMS} 599",)
    asked.note(Observation(SMS, 599))
    assert coverage(asked).undocumented == (f"{SMS} 599",)


class Page(HTMLParser):
    """Tags that stand open at the end, ids, and addresses that the page would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        given = dict(attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.labels += [value for name, value in attrs if name == "aria-labelledby" and value]
        self.loads += [value for name, value in given.items() if name in ("src", "href") and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_loads_nothing_and_refers_to_what_is_there() -> None:
    text = html_of(some())
    page = Page(text)
    assert page.open == []
    assert page.loads == []
    assert "<script" not in text
    assert "url(" not in text
    assert set(page.labels) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert '<html lang="en">' in text


def test_the_page_marks_met_missing_and_unseen_by_more_than_colour() -> None:
    text = html_of(some(by_record=False))
    assert re.search(r'class="chip exercised"[^>]*>✓ MSG-245', text)
    assert re.search(r'class="chip missing"[^>]*>✗ MSG-246', text)
    assert "not seen here" in text


def test_the_page_shows_names_as_text_whatever_they_hold() -> None:
    item = CoverageItem(Dimension.OPERATIONS, "<b>odd</b>", "", ("odd",), operation="<b>odd</b>")
    text = report.html(Coverage(Exercised(), [item]), suggestions=())
    assert "<b>odd</b>" not in text
    assert "&lt;b&gt;odd&lt;/b&gt;" in text


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_its_window_in_a_browser(tmp_path: Path, width: int) -> None:
    needs(CHROMIUM, "Chromium", "apt-get install chromium")
    probe = "<script>document.title = document.documentElement.scrollWidth - innerWidth</script></body>"
    page = tmp_path / "coverage.html"
    page.write_text(html_of(some()).replace("</body>", probe), encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    shown = subprocess.run(
        [*command, f"--window-size={width},900", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    title = re.search("<title>(-?[0-9]+)</title>", shown)
    assert title is not None
    assert int(title[1]) <= 0
