"""The plugin in runs of pytest of their own."""

import json
import shutil
import sys
from pathlib import Path

import pytest

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


def test_a_marker_that_allows_what_nobody_knows_is_told(pytester: pytest.Pytester) -> None:
    result = run(pytester, f'@pytest.mark.ringmock_allows("everything"){INVALID}')

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ringmock_allows takes 'contract_violations' and 'server_errors'"])


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
    post(ringmock, "/nowhere", {})

def test_of_nothing(tidy):
    pass
""",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*404 *CMN-120*"])


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


def test_an_account_that_cannot_be_used_is_told_without_a_traceback(pytester: pytest.Pytester) -> None:
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
            "operations * 1 *",
            "The three cheapest tests to add, *",
        ]
    )
    result.stdout.no_fnmatch_line("  R-18: *")


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
    result.stdout.fnmatch_lines(["answers that the contract does not have: createInternalTextMessage 500 CMN-203"])


def test_the_readme_shows_a_part_of_the_example() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## In your tests\n")[2]
    shown = section.partition("```python\n")[2].partition("```")[0].strip()
    assert shown
    assert shown in (EXAMPLE / "test_alerts.py").read_text(encoding="utf-8")
