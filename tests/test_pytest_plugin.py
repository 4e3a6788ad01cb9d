"""The plugin in runs of pytest of their own."""

import json
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from ringmock.cli.main import main

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "pytest_project"

CLIENT = """
    import json, urllib.error, urllib.request

    OWN = "/restapi/v1.0/account/~/extension/~"

    def post(ringmock, path, body):
        headers = {"Authorization": "Bearer " + ringmock.token("101"), "Content-Type": "application/json"}
        call = urllib.request.Request(ringmock.url + OWN + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code
"""

BROKEN_SERVER = """
    from dataclasses import replace
    import pytest
    from ringmock.fixture import load_named
    from ringmock.testing import run_server

    @pytest.fixture(scope="session")
    def ringmock_server():
        demo = load_named("demo")
        # No answer of the contract can hold such an id.
        with run_server(replace(demo, ids=replace(demo.ids, first_message=2**63))) as server:
            yield server
"""


def run(pytester: pytest.Pytester, test: str, *arguments: str) -> pytest.RunResult:
    """A run of this test file, which sends its calls by `post`."""
    pytester.makepyfile(client=CLIENT, test_it=f"import pytest\nfrom client import OWN, post\n\n{test}")
    return pytester.runpytest("-p", "no:cacheprovider", *arguments)


def test_a_test_has_a_world_of_its_own(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.mark.parametrize("text", ["one", "two"])
def test_alone(ringmock, text):
    assert post(ringmock, "/company-pager", {"to": [{"extensionNumber": "102"}], "text": text}) == 200
    assert [page.text for page in ringmock.mailbox("102")] == [text]
""",
        "-W",
        "error",
    )
    result.assert_outcomes(passed=2)


INVALID = """
def test_of_a_client_that_is_wrong(ringmock):
    post(ringmock, "/company-pager", {"to": [{"extensionNumber": "102"}], "text": "fine"})
    assert post(ringmock, "/company-pager", {"text": 7}) == 400
"""


def test_a_request_that_the_contract_refuses_fails_its_test_with_the_timeline(pytester: pytest.Pytester) -> None:
    result = run(pytester, INVALID)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "The client sent what the contract does not have:",
            "  101 POST */company-pager 400 * CMN-101 *",
            '    body: {"text": 7}',
            "The calls of this test, oldest first:",
            "   101 POST */company-pager 200 *102 delivered*",
            ">  101 POST */company-pager 400 *",
            'A test that wants this says @pytest.mark.ringmock_allows("contract_violations").',
        ]
    )


def test_a_test_that_wants_refusals_marks_it(pytester: pytest.Pytester) -> None:
    run(pytester, f'@pytest.mark.ringmock_allows("contract_violations"){INVALID}').assert_outcomes(passed=1)


def test_a_test_that_wants_refusals_can_say_so_on_the_way(pytester: pytest.Pytester) -> None:
    run(pytester, f"{INVALID}    ringmock.allow_contract_violations()").assert_outcomes(passed=1)


def test_a_marker_that_allows_what_nobody_knows_is_reported(pytester: pytest.Pytester) -> None:
    result = run(pytester, f'@pytest.mark.ringmock_allows("everything"){INVALID}')

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ringmock_allows takes 'contract_violations', 'server_errors', 'findings'"])


def test_a_rule_that_refuses_fails_no_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_of_a_frozen_extension(ringmock):
    assert post(ringmock, "/company-pager", {"to": [{"extensionNumber": "104"}], "text": "Hello"}) == 400
""",
    )
    result.assert_outcomes(passed=1)


def test_a_test_that_fails_of_itself_shows_its_calls(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_of_something_else(ringmock):
    assert post(ringmock, "/company-pager", {"to": [{"extensionNumber": "104"}], "text": "Hello"}) == 200
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- ringmock -*", "*/company-pager 400 *MSG-324*(R-18)"])


def test_a_call_of_a_fixture_on_its_way_out_is_an_error_of_its_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
@pytest.fixture
def tidy(ringmock):
    yield
    post(ringmock, "/company_pager", {})

def test_of_nothing(tidy):
    pass
""",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*404 *CMN-120*did you mean /*company-pager?*"])


@pytest.mark.parametrize(("marker", "outcome"), [("", "failed"), ('"server_errors"', "passed")])
def test_an_answer_of_500_fails_a_test_that_does_not_want_it(
    pytester: pytest.Pytester, marker: str, outcome: str
) -> None:
    pytester.makeconftest(BROKEN_SERVER)
    result = run(
        pytester,
        f"""
{f"@pytest.mark.ringmock_allows({marker})" if marker else ""}
def test_of_a_server_that_is_wrong(ringmock):
    post(ringmock, "/company-pager", {{"to": [{{"extensionNumber": "102"}}], "text": "Hello"}})
""",
    )
    result.assert_outcomes(**{outcome: 1})
    if not marker:
        result.stdout.fnmatch_lines(["The server failed:", "  101 POST */company-pager 500 *CMN-203*"])


def test_the_account_and_its_generation_are_ini_options(pytester: pytest.Pytester) -> None:
    (pytester.path / "ours.yaml").write_text(
        'extends: demo\naccount: {id: 17, main_number: "16509100001"}\n', encoding="utf-8"
    )
    pytester.makeini("[pytest]\nringmock_fixture = ours.yaml\nringmock_generation = current\n")
    result = run(
        pytester,
        """
def test_of_our_account(ringmock_server):
    world = ringmock_server.worlds.default
    assert (world.account.id, world.generation.name) == (17, "current")
""",
    )
    result.assert_outcomes(passed=1)


def test_an_account_that_cannot_be_used_is_reported_without_a_traceback(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nringmock_fixture = dmo\n")
    result = run(pytester, "def test_of_nothing(ringmock):\n    pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ringmock_fixture: *dmo*"])
    result.stdout.no_fnmatch_line("*During handling*")


def test_a_run_that_does_not_use_it_imports_no_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import sys

def test_of_something_else():
    assert "ringmock.pytest_plugin" in sys.modules
    ours = {name for name in sys.modules if name.split(".")[0] == "ringmock"}
    assert ours == {"ringmock", "ringmock.pytest_plugin"}
    assert not {"connexion", "uvicorn", "flask"} & set(sys.modules)
"""
    )
    unwanted = ("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio")
    pytester.runpytest_subprocess(*unwanted).assert_outcomes(passed=1)


def test_the_example_passes_in_four_processes(pytester: pytest.Pytester) -> None:
    for file in EXAMPLE.glob("*.*"):
        shutil.copy(file, pytester.path)

    result = pytester.run(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "4", "-W", "error")

    result.assert_outcomes(passed=3)


# --- coverage ------------------------------------------------------------------------------------

TWO_TESTS = """
@pytest.mark.parametrize("to", ["102", "104"])
def test_a_page(ringmock, to):
    post(ringmock, "/company-pager", {"to": [{"extensionNumber": to}], "text": "Hello"})
"""


def counted(pytester: pytest.Pytester, name: str) -> dict[str, int]:
    seen: dict[str, int] = json.loads((pytester.path / name).read_text(encoding="utf-8"))["seen"]
    return seen


def test_a_run_tells_what_of_the_contract_its_tests_exercised(pytester: pytest.Pytester) -> None:
    result = run(pytester, TWO_TESTS, "--ringmock-coverage")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "*= ringmock: coverage of behaviour =*",
            "* % of the operations are touched, 1 of *",
            "The three cheapest tests to add, *",
        ]
    )
    result.stdout.no_fnmatch_line("  R-18: *")


def test_what_a_test_says_may_come_is_asked_for_and_no_finding_of_the_coverage(pytester: pytest.Pytester) -> None:
    run(pytester, f'@pytest.mark.ringmock_allows("contract_violations"){INVALID}', "--ringmock-coverage=out.json")
    told = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))
    assert told["wanted"] == sorted(told["seen"].keys() & set(told["wanted"]))
    assert any(" 400" in key for key in told["wanted"])


def test_a_run_that_is_not_asked_tells_nothing(pytester: pytest.Pytester) -> None:
    run(pytester, TWO_TESTS).stdout.no_fnmatch_line("*coverage of behaviour*")


def test_the_counts_of_all_workers_are_added_up(pytester: pytest.Pytester) -> None:
    alone, together = "alone.json", "together.json"
    run(pytester, TWO_TESTS, f"--ringmock-coverage={alone}").assert_outcomes(passed=2)
    arguments = ("-p", "no:cacheprovider", "-n", "2", "-W", "error", f"--ringmock-coverage={together}")
    result = pytester.run(sys.executable, "-m", "pytest", *arguments)

    result.assert_outcomes(passed=2)
    assert counted(pytester, together) == counted(pytester, alone)
    assert counted(pytester, together)["createInternalTextMessage"] == 2
    assert counted(pytester, together)["createInternalTextMessage 400 MSG-324"] == 1


def test_a_page_is_written_for_a_name_that_ends_so(pytester: pytest.Pytester) -> None:
    run(pytester, TWO_TESTS, "--ringmock-coverage=page.html").assert_outcomes(passed=2)
    assert (pytester.path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_file_of_tests_is_not_taken_for_the_report(pytester: pytest.Pytester) -> None:
    result = run(pytester, TWO_TESTS, "--ringmock-coverage", "test_it.py")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--ringmock-coverage=FILE takes FILE.html or FILE.json, and not test_it.py*"])


def test_a_run_without_a_world_says_so(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_of_nothing():\n    pass\n", "--ringmock-coverage")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["No test asked for the fixture ringmock."])


def test_a_server_of_ones_own_is_counted_too(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(BROKEN_SERVER)
    marked = TWO_TESTS.replace("\n", '\n@pytest.mark.ringmock_allows("server_errors")\n', 1)
    result = run(pytester, marked, "--ringmock-coverage")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["createInternalTextMessage * 3 *"])
    result.stdout.no_fnmatch_line("answers that the contract does not have*")


def test_the_readme_shows_a_part_of_the_example() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## In your tests\n")[2]
    shown = section.partition("```python\n")[2].partition("```")[0].strip()
    assert shown
    assert shown in (EXAMPLE / "test_alerts.py").read_text(encoding="utf-8")


# --- outcomes ------------------------------------------------------------------------------------

BAD = 'post(ringmock, "/company-pager", {"text": 7})'

OUTCOMES: dict[str, tuple[str, dict[str, int]]] = {
    "a pass": (f"def test(ringmock): {BAD}", {"failed": 1}),
    "a failure": (f"def test(ringmock): {BAD}; assert False", {"failed": 1}),
    "a skip": (f"def test(ringmock): {BAD}; pytest.skip()", {"skipped": 1}),
    "a skip before it": (f"def test(ringmock): pytest.skip(); {BAD}", {"skipped": 1}),
    "xfail": (f"@pytest.mark.xfail\ndef test(ringmock): {BAD}; assert False", {"xfailed": 1}),
    "xfail, by the call alone": (f"@pytest.mark.xfail\ndef test(ringmock): {BAD}", {"xfailed": 1}),
    "xfail, strict": (f"@pytest.mark.xfail(strict=True)\ndef test(ringmock): {BAD}; assert False", {"xfailed": 1}),
    "xfail, strict, by the call alone": (f"@pytest.mark.xfail(strict=True)\ndef test(ringmock): {BAD}", {"xfailed": 1}),
    "xfail of another exception": (f"@pytest.mark.xfail(raises=KeyError)\ndef test(ringmock): {BAD}", {"failed": 1}),
    "xfail on the way": (f"def test(ringmock): {BAD}; pytest.xfail()", {"xfailed": 1}),
    "an unexpected pass": ("@pytest.mark.xfail\ndef test(ringmock): pass", {"xpassed": 1}),
    "parameters": (
        f"@pytest.mark.parametrize('bad', [0, 1, 2])\ndef test(ringmock, bad):\n"
        f"    if bad: {BAD}\n    if bad > 1: pytest.skip()",
        {"passed": 1, "failed": 1, "skipped": 1},
    ),
    "a set-up that makes it": (
        f"@pytest.fixture\ndef made(ringmock): {BAD}\ndef test(made): pass", {"failed": 1},
    ),
    "an error in set-up": (
        f"@pytest.fixture\ndef made(ringmock): {BAD}; assert False\ndef test(made): pass", {"errors": 1},
    ),
    "a skip in set-up": (
        f"@pytest.fixture\ndef made(ringmock): {BAD}; pytest.skip()\ndef test(made): pass", {"skipped": 1},
    ),
    "a tear-down that makes it": (
        f"@pytest.fixture\ndef made(ringmock):\n    yield\n    {BAD}\ndef test(made): pass",
        {"passed": 1, "errors": 1},
    ),
    "a tear-down that makes it and fails": (
        f"@pytest.fixture\ndef made(ringmock):\n    yield\n    {BAD}; assert False\ndef test(made): pass",
        {"passed": 1, "errors": 1},
    ),
    "a tear-down that makes it after a skip": (
        f"@pytest.fixture\ndef made(ringmock):\n    yield\n    {BAD}\ndef test(made, ringmock): {BAD}; pytest.skip()",
        {"skipped": 1, "errors": 1},
    ),
}  # fmt: skip

TEST_CASE = """
import unittest

class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _world(self, ringmock): self.ringmock = ringmock
"""


@pytest.mark.parametrize("kind", OUTCOMES)
def test_a_bad_call_is_counted_once_whatever_becomes_of_its_test(pytester: pytest.Pytester, kind: str) -> None:
    test, outcomes = OUTCOMES[kind]
    run(pytester, test).assert_outcomes(**outcomes)


@pytest.mark.parametrize(
    ("test", "outcomes"),
    [
        (f"def test(self): {BAD}", {"failed": 1}),
        (f"def test(self): {BAD}; self.fail('of itself')", {"failed": 1}),
        (f"def test(self): {BAD}; self.skipTest('')", {"skipped": 1}),
        (f"@unittest.expectedFailure\n    def test(self): {BAD}; self.fail()", {"xfailed": 1}),
        ("def test(self): pass", {"passed": 1}),
    ],
    ids=["pass", "failure", "skip", "expected failure", "no bad call"],
)
def test_a_bad_call_of_a_unittest_test_case_is_counted_once(
    pytester: pytest.Pytester, test: str, outcomes: dict[str, int]
) -> None:
    result = run(pytester, f"{TEST_CASE}\n    {test.replace('(ringmock', '(self.ringmock')}")

    result.assert_outcomes(**outcomes)
    if "failed" in outcomes:
        result.stdout.fnmatch_lines(["*The calls of this test, oldest first:"])


RERUN = """
    from _pytest.runner import runtestprotocol

    def pytest_runtest_protocol(item, nextitem):
        "As pytest-rerunfailures does: again, with fresh fixtures, while it fails."
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for turn in range(3):
            item._initrequest()
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            if not any(report.failed for report in reports):
                break
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
"""


def test_a_test_that_runs_again_begins_with_a_clean_world(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(RERUN)
    result = run(
        pytester,
        f"""
turns = []

def test_in_its_third_turn(ringmock):
    assert ringmock.journal == []
    turns.append(1)
    if len(turns) < 3:
        {BAD}

def test_never(ringmock):
    {BAD}
""",
    )
    result.assert_outcomes(passed=1, failed=1)


TWICE = """
def test_of_a_client_that_sends_twice(ringmock):
    ringmock.fault("createInternalTextMessage", lost=True, times=1)
    page = {"to": [{"extensionNumber": "102"}], "text": "Once"}
    with pytest.raises(OSError):
        post(ringmock, "/company-pager", page)
    post(ringmock, "/company-pager", page)
"""


@pytest.mark.parametrize(
    ("way", "marker", "outcome", "said"),
    [
        ("warn", "", {"passed": 1, "warnings": 1}, ["*RingmockFinding: duplicate: createInternalTextMessage sent*"]),
        ("error", "", {"passed": 1, "errors": 1}, ["What would hurt in production:", "duplicate: *(calls #*, #*)"]),
        ("error", '@pytest.mark.ringmock_allows("findings")', {"passed": 1}, []),
        ("ignore", "", {"passed": 1}, []),
    ],
)
def test_what_would_hurt_in_production_is_told_as_the_ini_option_says(
    pytester: pytest.Pytester, way: str, marker: str, outcome: dict[str, int], said: list[str]
) -> None:
    pytester.makeini(f"[pytest]\nfilterwarnings = default\nringmock_findings = {way}\n")
    result = run(pytester, f"{marker}{TWICE}" if not marker else f"{marker}\n{TWICE.lstrip()}")
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(said)


@pytest.mark.parametrize(("way", "count"), [("warn", 1), ("error", 1), ("ignore", 0)])
def test_what_would_hurt_in_production_stands_in_the_report_of_the_run(
    pytester: pytest.Pytester, way: str, count: int
) -> None:
    pytester.makeini(f"[pytest]\nringmock_findings = {way}\n")
    run(pytester, TWICE, "--junitxml=report.xml")
    found = ElementTree.parse(pytester.path / "report.xml").iter("property")
    assert [each.get("value", "").partition(":")[0] for each in found] == ["duplicate"] * count


def test_an_ini_option_that_nobody_knows_is_told(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nringmock_findings = shout\n")
    result = run(pytester, TWICE)
    assert result.ret != 0
    result.stderr.fnmatch_lines(["*ringmock_findings is one of warn, error, ignore*"])


# --- the history of failed tests -----------------------------------------------------------------

THREE_TESTS = """
@pytest.mark.parametrize("to", ["102", "200"])
def test_it(ringmock, to):
    ringmock.freeze("103")
    assert post(ringmock, "/company-pager", {"to": [{"extensionNumber": to}], "text": "Hello"}) == 200
    ringmock.handset("14151003732").send(to="16509100010", text="Hello back")
    assert to == "200", "of course"

@pytest.mark.xfail(strict=True)
def test_that_is_expected_to_fail(ringmock):
    assert False

def test_that_did_nothing(ringmock):
    assert False

def test_that_is_wrong_on_its_way_out(ringmock, request):
    request.addfinalizer(lambda: None)
    post(ringmock, "/company-pager", {})
"""


def test_the_history_of_each_failed_test_is_kept_and_passes_but_for_its_failure(pytester: pytest.Pytester) -> None:
    result = run(pytester, THREE_TESTS, "--ringmock-export", "kept")
    result.assert_outcomes(failed=3, passed=1, xfailed=1)
    result.stdout.fnmatch_lines(["*- ringmock: history -*", "kept: *kept*102*case.yaml"])
    paths = (path.relative_to(pytester.path / "kept").as_posix() for path in pytester.path.glob("kept/*/*"))
    kept = sorted(re.sub(r"again_\w+\.py", "again", path) for path in paths)
    names = sorted({name.partition("/")[0] for name in kept})
    assert len(names) == 3
    assert not any("200" in name or "expected" in name for name in names)
    (one,) = [name for name in names if "102" in name]
    assert [name.partition("/")[2] for name in kept if name.startswith(one)] == [
        "again",
        "case.yaml",
        "history.jsonl",
    ]
    (nothing,) = [name for name in names if "nothing" in name]
    assert [name.partition("/")[2] for name in kept if name.startswith(nothing)] == ["history.jsonl"]

    again = pytester.runpytest("-p", "no:cacheprovider", *sorted(pytester.path.glob("kept/*/again_*.py")))
    again.assert_outcomes(passed=2)
    folder = pytester.path / "kept" / one
    for arguments in (
        ["replay", "history.jsonl"],
        ["contract", "--mine", "--cases", "case.yaml", "--generation", "2012"],
    ):
        done = CliRunner().invoke(
            main, [str(folder / each) if (folder / each).exists() else each for each in arguments]
        )
        assert done.exit_code == 0, done.output


def test_evidence_that_cannot_be_kept_is_told_and_the_failure_stays(pytester: pytest.Pytester) -> None:
    (pytester.path / "file").write_text("", encoding="utf-8")
    result = run(
        pytester, "def test_it(ringmock):\n    post(ringmock, '/company-pager', {})\n", "--ringmock-export", "file/in"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*The client sent what the contract does not have*", "not kept: *file*"])
