"""`ringmock contract`: one command, any server, a report that says what to do."""

import json
import re
import shlex
import signal
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from starlette.types import ASGIApp, Receive, Scope, Send

from faults import FAULTS
from faults.exchange import LIMITS, MOST_BYTES, Exchange, around
from ringmock.cli.main import main
from ringmock.contract.cases import bundled_cases, load_cases
from ringmock.contract.cases import part as cases
from ringmock.contract.findings import Verdict
from ringmock.contract.guard import named_in
from ringmock.contract.options import Options
from ringmock.contract.parts import PARTS
from ringmock.contract.suite import Run, RunRequest
from ringmock.contract.target import Target
from ringmock.domain.generation import GENERATIONS
from ringmock.fixture import load_named
from ringmock.serving.own_target import own_target
from ringmock.serving.server import Server, bound_socket, build, served, serving, url_of
from ringmock.sign_in.worlds import Worlds

pytestmark = pytest.mark.long

DEMO = load_named("demo")
STOPPED_AT = 1000
"""Calls: enough for some of the bundled cases to fail at a wrong server."""
MINE = """\
cases:
  - name: A page arrives
    keeps: [R-10]
    steps:
      - as: "101"
        when: {operation: createInternalTextMessage, body: {to: [{extensionNumber: "102"}], text: Mine}}
        then: {status: 200}
        mailboxes: {"102": [Mine]}
  - name: Two pages are one
    keeps: [R-10]
    steps:
      - as: "101"
        when: {operation: createInternalTextMessage, body: {to: [{extensionNumber: "102"}], text: Mine}}
        then: {status: 200}
        mailboxes: {"102": 2}
"""


def contract(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(main, ["contract", *map(str, arguments)], env=environment)


def own_app() -> ASGIApp:
    """A server of the demo account that opens no worlds: what a stub of somebody's is."""
    return build(Worlds(DEMO, open_worlds=False))


@contextmanager
def recorded(app: ASGIApp) -> Iterator[tuple[str, list[Exchange]]]:
    """The application's URL, and every call that it gets."""
    calls: list[Exchange] = []
    with served(around(app, after=calls.append)) as url:
        yield url, calls


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE, encoding="utf-8")
    return file


def test_without_a_url_every_bundled_case_is_to_be_run_on_a_server_of_its_own() -> None:
    """That each passes there is shown by tests/contract/cases/test_bundled_cases.py."""
    errands = Run(RunRequest(parts=("cases",)), {}, own_target=own_target).errands
    assert {errand.url for errand in errands} == {None}
    names = [(case.name, errand.template.generation) for errand in errands for case in errand.cases]
    assert len(names) == len(set(names))
    assert {name for name, _ in names} == {case.name for case in bundled_cases()}
    assert {(errand.template.name, errand.template.generation) for errand in errands} == {
        (account, generation) for account in ("demo", "carriers", "source-page") for generation in GENERATIONS
    }


def test_without_a_url_it_tests_servers_of_its_own_one_for_each_account_and_generation(tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    done = contract("--parts", "cases", "--only", "R-*", "--junit", junit)
    assert done.exit_code == 0, done.output
    assert " 0 failed     0 skipped" in done.stdout
    assert "account source-page, generation 2012" in done.stderr
    suites = ElementTree.parse(junit).getroot()
    assert int(suites.attrib["tests"]) > 100
    assert suites.attrib["failures"] == "0"


def test_a_server_of_its_own_holds_no_calls_to_the_rate_limits_of_the_fixture(tmp_path: Path) -> None:
    account = tmp_path / "limited.yaml"
    account.write_text("extends: demo\nlimits: ringcentral\n", encoding="utf-8")
    errands = Run(RunRequest(fixture=str(account)), {}, own_target=own_target).errands
    assert {errand.template.limits for errand in errands} == {None}


def test_a_generation_narrows_it_down_and_what_is_left_out_is_told() -> None:
    done = contract("--parts", "cases", "--generation", "current", "--skip", "every-operation")
    assert done.exit_code == 0
    assert "generation 2012" not in done.stderr
    assert "it is about the generation 2012, and the run is not" in done.stdout


def test_a_wrong_server_fails_with_expected_and_actual_and_the_curl() -> None:
    with served(FAULTS["loses_what_was_sent"].application(DEMO)) as url:
        done = contract("--url", url, "--only", "message-store")
    assert done.exit_code == 1
    assert re.search("expected +actual", done.stdout)
    assert f"        curl -i -X GET '{url}/restapi/v1.0/account/" in done.stdout


def test_cases_of_ones_own_run_beside_the_bundled_ones_and_fail_at_their_line(mine: Path) -> None:
    done = contract("--only", "R-10", "--cases", mine.parent, "--generation", "2012")
    assert done.exit_code == 1
    assert f"FAILED  Two pages are one\n        {mine}:12, demo 2012; keeps R-10" in done.stdout
    assert done.stdout.count("FAILED") == 1


def test_cases_that_name_no_account_are_about_the_one_that_was_given(tmp_path: Path, mine: Path) -> None:
    account = tmp_path / "acme.yml"
    account.write_text("extends: demo\ngeneration: current\n", encoding="utf-8")
    done = contract("--mine", "--fixture", account, "--cases", mine, "--generation", "current")
    assert f"{mine}:12, acme current" in done.stdout
    assert done.stdout.splitlines()[-1].split()[:5] == ["cases", "1", "passed", "1", "failed"]


def test_a_mistake_in_a_case_is_reported_with_its_line_and_nothing_is_run(mine: Path) -> None:
    mine.write_text(MINE.replace("createInternalTextMessage", "createInternalTextMesage", 1), encoding="utf-8")
    done = contract("--parts", "cases", "--cases", mine)
    assert done.exit_code == 2
    assert f"{mine}:6" in done.stderr
    assert "did you mean 'createInternalTextMessage'?" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--parts", "cases,fuz"), f"'fuz' is no part of the suite: it has {', '.join(PARTS)}"),
        (("--parts", "fuz", "--parts", "cases"), "'fuz' is no part of the suite"),
        (("--fixture", "demmo"), "did you mean 'demo'?"),
        (("--as", "101,999"), "'999' is no extension of demo"),
        (("--as", "999", "--as", "101"), "'999' is no extension of demo"),
        (
            ("--operation", "createSMS"),
            "'createSMS' is no operationId of openapi.yaml: did you mean 'createSMSMessage'?",
        ),
        (("--rate-limit", "fast"), "'fast' is no rate, as 40/m is"),
        (("--url", "127.0.0.1:8080"), "is not the address of a server"),
        (("--cases", "{folder}"), "there is no YAML file of cases in"),
        (("--mine",), "name them by --cases"),
        (("--only", "R-1O"), "'R-1O' names no case, tag, operation, rule or part: did you mean 'R-"),
        (("--require", "createSMS"), "'createSMS' is no operationId"),
        (("--update-baseline",), "writes the file that --baseline names"),
        (("--baseline", "{folder}/none.json"), "--update-baseline writes it"),
        (("--baseline", "{folder}/list.json"), "list.json is no baseline (it has no 'known')"),
        (("replay", "{folder}"), "there is no report.json in {folder}: --report {folder} of"),
        (("explain", "R-05"), "cases, and names none: '"),
    ],
)
def test_wrong_use_is_reported_with_what_would_be_right(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    done = contract(*(argument.format(folder=tmp_path) for argument in arguments))
    assert done.exit_code == 2
    assert said.format(folder=tmp_path) in done.stderr


def test_a_rule_that_no_chosen_case_is_about_is_not_called_unknown(mine: Path) -> None:
    done = contract("--mine", "--cases", mine, "--only", "R-18")
    assert (done.exit_code, "no case of the run is about R-18" in done.stderr) == (2, True)


class Abrupt(BaseHTTPRequestHandler):
    """Signs in and lists messages; at any other call its handler fails, and the connection ends without an answer."""

    def do_GET(self) -> None:
        self.answer(200 if "message-store" in self.path else 404, {"records": []})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "oauth" in self.path:
            self.answer(200, {"access_token": "a-token"})

    def answer(self, status: int, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_a_server_whose_handlers_end_the_connection_is_tested_to_its_end() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Abrupt) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        done = contract("--url", f"http://127.0.0.1:{server.server_port}", "--parts", "cases", "--only", "R-0*")
        server.shutdown()
    assert done.exit_code == 1
    assert "createSMSMessage closes the connection instead of answering" in done.stdout
    assert "The rest of cases was not run" not in done.stdout


def test_where_nobody_answers_nothing_was_tested() -> None:
    with bound_socket("127.0.0.1", 0) as bound:
        url = url_of(bound)
    done = contract("--url", url)
    assert done.exit_code == 2
    assert f"no answer from {url}" in done.stderr


def dies_of_large_bodies(app: ASGIApp, servers: list[Server]) -> ASGIApp:
    """A server that stops when a large body is announced, and is there for nobody after that."""

    async def dying(scope: Scope, receive: Receive, send: Send) -> None:
        if int(dict(scope["headers"]).get(b"content-length", b"0")) >= MOST_BYTES:
            servers[0].should_exit = servers[0].force_exit = True
        await app(scope, receive, send)

    return dying


def test_a_server_that_dies_on_the_way_loses_no_finding() -> None:
    servers: list[Server] = []
    with serving(dies_of_large_bodies(own_app(), servers)) as (url, server):
        servers.append(server)
        done = contract("--url", url, "--parts", "fuzz", "--as", "101", "--examples", "1")
    assert done.exit_code == 1
    assert "FAILED  The server goes on answering" in done.stdout
    assert "The rest of fuzz was not run." in done.stdout
    assert "curl -i" in done.stdout


def test_on_a_server_without_worlds_a_run_skips_what_needs_one_writes_to_nobody_unknown_and_counts_its_traffic(
    tmp_path: Path,
) -> None:
    """One test, as the run takes as long as all the others.

    By `--quick`, which leaves out what is written once for every operation, but for a few of them: whatever else a case
    does on a server without worlds is done.
    """
    page = tmp_path / "reports" / "page.html"
    with recorded(own_app()) as (url, calls):
        done = contract("--url", url, "--parts", "cases", "--quick", "--html", page)
    assert done.exit_code == 0, done.output
    assert "it changes the world" in done.stdout
    assert "it counts all that a mailbox holds" in done.stdout
    assert "it is about the generation current" in done.stdout
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("cases ")]
    assert int(row.split()[1]) >= 200
    assert {call.path for call in calls if call.path.startswith("/_mock")} == {"/_mock/ready"}
    assert numbers_sent_to(calls) <= set(named_in(DEMO))
    assert 0 < coverage_of(done) < 100
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "not to be seen in this run, and not counted: R-06" in done.stdout


def test_a_case_sees_only_what_has_come_since_its_start(mine: Path) -> None:
    with served(own_app()) as url:
        for _ in range(2):
            page, pages = cases.run(Target(url, DEMO), Options(cases=load_cases([mine])))
            assert page.verdict is Verdict.PASSED
            assert 'mailbox of 102  "2 messages"  ["Mine"]' in pages.detail


def test_no_more_messages_are_sent_than_may_be_and_what_an_account_holds_is_changed_only_by_leave() -> None:
    with recorded(own_app()) as (url, calls):
        done = contract("--url", url, "--parts", "cases", "--max-messages", "2", "--may-not-change")
    assert len([call for call in calls if call.is_sent]) <= 2
    assert "the limit of 2 messages is reached" in done.stdout
    assert "--may-change lets it" in done.stdout
    assert not [call for call in calls if call.resource == "bulk-assign" and call.status == 204]
    assert done.exit_code == 0


def test_a_dry_run_tells_every_call_and_sends_none() -> None:
    with recorded(own_app()) as (url, calls):
        done = contract("--url", url, "--dry-run")
    assert done.exit_code == 0, done.output
    assert {call.path for call in calls} <= {"/_mock/ready", "/restapi/oauth/token"}
    assert "as 101: POST /restapi/v1.0/account/~/extension/~/company-pager" in done.stdout
    assert "not run: " in done.stdout
    assert """company-pager '{"to": [{"extensionNumber": "103"}], "text": "In your place"}'""" in done.stdout
    assert "pages to 101, 102" in done.stdout
    assert "to no other number" in done.stdout


def test_credentials_of_the_environment_are_used_and_never_shown() -> None:
    with recorded(own_app()) as (url, calls):
        done = contract("--url", url, "--parts", "cases", RINGMOCK_TOKEN_101="demo-102")
    assert any(call.authorization == "Bearer demo-102" for call in calls)
    assert not any(call.authorization == "Bearer demo-101" for call in calls)
    assert done.exit_code == 1  # 102 is not 101
    assert "Bearer $TOKEN" in done.stdout
    assert "demo-102" not in done.stdout


def test_a_token_that_is_refused_is_one_failure_that_names_the_variable_and_not_hundreds() -> None:
    with recorded(own_app()) as (url, calls):
        done = contract("--url", url, RINGMOCK_TOKEN_101="my-secret")
    assert done.exit_code == 1
    assert "FAILED  Extension 101 signs in" in done.stdout
    assert "its ready-made token is refused: 401" in done.stdout
    assert "RINGMOCK_TOKEN_101" in done.stdout
    assert f'curl -i -X GET {url}/restapi/v1.0/account/~/extension/~ -H "Authorization: Bearer $TOKEN"' in (
        done.stdout.replace("'", "")
    )
    assert "my-secret" not in done.stdout
    assert len(calls) == 2  # whether it is a ringmock, and whether the token is good


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A process that Ctrl-C interrupts; what a shell starts in the background is told to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_loses_nothing_that_was_found_wrong_with_a_server(tmp_path: Path) -> None:
    calls: list[Exchange] = []

    def interrupts(exchange: Exchange) -> None:
        calls.append(exchange)
        if len(calls) == 400:  # the cases have begun, and some of them failed
            interrupt_main()

    with served(around(FAULTS["loses_what_was_sent"].application(DEMO), after=interrupts)) as url:
        done = contract("--url", url, "--parts", "cases", "--junit", tmp_path / "junit.xml")
    assert done.exit_code == 130
    assert "Stopped: this is what was found until then." in done.stderr
    assert re.search(r"^ {8}.*expected +actual$", done.stdout, re.MULTILINE)
    assert re.search(rf"^ {{8}}curl -i -X [A-Z]+ '?{url}/restapi/", done.stdout, re.MULTILINE)
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert 0 < int(suites.attrib["failures"]) < int(suites.attrib["tests"]) < STOPPED_AT
    assert done.stdout.splitlines()[-1].startswith("cases")


def test_the_fuzz_keeps_to_the_fixtures_numbers_and_to_the_limit() -> None:
    with recorded(own_app()) as (url, calls):
        done = contract(
            *("--url", url, "--parts", "fuzz", "--as", "101", "--operation", "createSMSMessage"),
            *("--examples", "2", "--max-messages", "6"),
        )
    sent = [call for call in calls if call.is_sent]
    assert 1 <= len(sent) <= 6
    assert numbers_sent_to(calls) <= set(named_in(DEMO))
    assert "calls were not made" not in done.stdout.replace("SKIPPED", "")
    assert "the limit of 6 messages is reached" in done.stdout
    assert done.exit_code == 0, done.output


def test_the_fuzz_reads_and_changes_the_templates_that_it_made() -> None:
    operations = [f"{verb}UserMessageTemplate" for verb in ("create", "read", "update")]
    chosen = [argument for operation in operations for argument in ("--operation", operation)]
    with recorded(own_app()) as (url, calls):
        done = contract("--url", url, "--parts", "fuzz", "--as", "101", "--examples", "10", *chosen)
    by_id = [call for call in calls if call.method in ("GET", "PUT") and "/message-store-templates/" in call.path]
    found = [call.status for call in by_id]
    assert found.count(200) > 2 * found.count(404)
    assert done.exit_code == 0, done.output


def test_the_fuzz_tells_a_failure_once_with_its_curl_and_the_command_that_meets_it_again(tmp_path: Path) -> None:
    with served(FAULTS["drops_a_field"].application(DEMO)) as url:
        done = contract(
            *("--url", url, "--parts", "fuzz", "--as", "101", "--operation", "createInternalTextMessage"),
            *("--examples", "1", "--report", tmp_path),
        )
    assert done.exit_code == 1
    assert done.stdout.count("FAILED  createInternalTextMessage: Response violates schema") == 1
    assert '"conversationId" is a required property' in done.stdout
    assert "curl -i -X POST" in done.stdout
    assert "ringmock contract --parts fuzz --operation createInternalTextMessage --as 101 --seed 1" in done.stdout
    assert "Schemathesis v4" not in done.stderr
    kept = {file.suffix for file in (tmp_path / "schemathesis" / "demo-2012").iterdir()}
    assert kept == {".txt", ".xml"}


def numbers_sent_to(calls: list[Exchange]) -> set[str]:
    """Everyone whom a sending call names in `to`, well formed or not."""
    found: set[str] = set()
    for call in calls:
        if call.method == "POST" and call.resource in LIMITS:
            body = call.sent
            for party in body.get("to") or [] if isinstance(body.get("to"), list) else []:
                if isinstance(party, dict):
                    found |= {str(value).removeprefix("+") for value in party.values() if isinstance(value, str)}
    return found


def coverage_of(done: Result) -> float:
    """The figure of a report, in percent."""
    row = next(line for line in done.stdout.splitlines() if line.startswith("all  "))
    return float(row.split()[3])


def short_run(*arguments: str) -> Result:
    """One step of the state machine, the same each time, on a server that is left changed and so is used once."""
    with served(own_app()) as url:
        return contract("--url", url, "--parts", "stateful", "--runs", "1", "--steps", "1", "--coverage", *arguments)


def test_the_figure_itself_is_enough_coverage() -> None:
    figure = coverage_of(short_run())
    same = short_run("--fail-under", str(figure))
    above = short_run("--fail-under", f"{figure + 0.1:.1f}")
    assert same.exit_code == 0, same.output
    assert above.exit_code == 1
    assert f"coverage of behaviour {figure:.1f} % is under {round(figure + 0.1, 1):g} %" in above.stderr


def test_help_names_every_option_and_the_variables() -> None:
    said = contract("--help").stdout
    for word in ("--url", "--parts", "--max-messages", "--dry-run", "RINGMOCK_JWT_101"):
        assert word in said


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    """A server that opens worlds, for what changes nothing that another test sees."""
    with served(build(Worlds(DEMO))) as url:
        yield url


def test_only_mine_runs_no_bundled_case_and_only_narrows_it_down_by_rule(small: str, mine: Path) -> None:
    done = contract("--url", small, "--cases", mine, "--mine")
    assert done.stdout.splitlines()[-1].split()[:5] == ["cases", "1", "passed", "1", "failed"]
    assert "fuzz" not in done.stdout
    done = contract("--url", small, "--cases", mine, "--only", "A page arrives")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1].split()[:5] == ["cases", "1", "passed", "0", "failed"]


def test_the_screen_before_a_run_says_who_signs_in_and_what_will_run(small: str, mine: Path) -> None:
    said = contract("--url", small, "--cases", mine, "--mine").stderr
    for line in ("signs in            as 101, by its JWT", "worlds              yes", "2 of 2 cases", "takes "):
        assert line in said


def test_a_baseline_knows_what_fails_and_tells_what_is_new_and_what_is_mended(
    small: str, mine: Path, tmp_path: Path
) -> None:
    arguments = ("--url", small, "--cases", mine, "--mine", "--baseline", tmp_path / "known" / "baseline.json")
    assert contract(*arguments, "--update-baseline").exit_code == 0
    known = contract(*arguments)
    assert known.exit_code == 0
    assert "KNOWN   1 failure" in known.stdout
    mine.write_text(MINE.replace("[Mine]}", "[Yours]}"), encoding="utf-8")
    new = contract(*arguments)
    assert new.exit_code == 1
    assert new.stdout.count("FAILED") == 1
    assert "FAILED  A page arrives" in new.stdout
    mine.write_text(MINE.replace('"102": 2', '"102": 1'), encoding="utf-8")
    mended = contract(*arguments)
    assert mended.exit_code == 0
    assert "MENDED  cases Two pages are one" in mended.stdout


def test_a_failure_is_done_again_from_its_report(small: str, mine: Path, tmp_path: Path) -> None:
    contract("--url", small, "--cases", mine, "--mine", "--report", tmp_path / "report")
    kept = {file.name for file in (tmp_path / "report").iterdir()}
    assert kept == {"report.txt", "report.html", "report.json", "report.sarif", "junit.xml"}
    again = contract("replay", tmp_path / "report")
    assert again.exit_code == 1
    assert again.stdout.splitlines()[-1].split()[:5] == ["cases", "0", "passed", "1", "failed"]
    mine.write_text(MINE.replace('"102": 2', '"102": 1'), encoding="utf-8")
    assert contract("replay", tmp_path / "report").exit_code == 0
    other = contract("replay", tmp_path / "report", "abcdef")
    assert other.exit_code == 2
    assert "has no failure abcdef: it has " in other.stderr


def test_a_case_is_explained_by_its_rules_in_their_own_words_and_field_by_field(mine: Path) -> None:
    told = contract("explain", "A page arrives", "--cases", mine).stdout
    assert "keeps R-10: Another difference from SMS is that the pager message that is sent to the department" in told
    assert "101 calls createInternalTextMessage with" in told
    assert "status is 200  -- " in told
    assert "the mailbox of 102 then has" in told
    unknown = contract("explain", "A page arives", "--cases", mine)
    assert unknown.exit_code == 2
    assert "did you mean 'A page arrives'?" in unknown.stderr


def test_a_case_is_explained_by_the_digits_of_a_report_about_an_account_of_ones_own(mine: Path, tmp_path: Path) -> None:
    account = tmp_path / "own-account.yaml"
    account.write_text("extends: demo\ngeneration: current\n")
    done = contract("--fixture", account, "--cases", mine, "--mine", "--report", tmp_path / "out")
    (digits,) = re.findall(r"\[([0-9a-f]{6})\]", done.stdout)
    told = contract("explain", digits, "--cases", mine, "--fixture", account).stdout
    assert told.startswith("Two pages are one\n")
    assert "current generation" in told.splitlines()[1]
    missed = contract("explain", digits, "--cases", mine)
    assert missed.exit_code == 2
    assert "those of a report about --fixture" in missed.stderr


def test_what_is_done_again_is_told_as_a_command_that_a_shell_takes_from_any_folder(mine: Path, tmp_path: Path) -> None:
    (tmp_path / "own-account.yaml").write_text("extends: demo\n")
    with chdir(tmp_path):
        contract("--fixture", "own-account.yaml", "--cases", mine, "--mine", "--report", tmp_path / "out")
    command = shlex.split(contract("replay", tmp_path / "out").stderr.splitlines()[0])
    assert command[:2] == ["ringmock", "contract"]
    assert command[command.index("--fixture") + 1] == str(tmp_path / "own-account.yaml")
    assert command[command.index("--only") + 1] == "Two pages are one"


def test_in_github_actions_causes_are_annotations_and_the_step_has_a_summary(
    small: str, mine: Path, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    done = contract(
        *("--url", small, "--cases", mine, "--mine"), GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary)
    )
    assert f"::error file={mine},line=12,title=" in done.stdout
    assert summary.read_text(encoding="utf-8").startswith("## ringmock contract")
    assert (
        "::error"
        not in contract(*("--url", small, "--cases", mine, "--mine", "--no-github"), GITHUB_ACTIONS="true").stdout
    )


def test_where_everything_is_skipped_nothing_was_tested() -> None:
    with served(own_app()) as url:
        done = contract("--url", url, "--parts", "stateful", "--max-messages", "1")
    assert done.exit_code == 2
    assert "Nothing was tested: all 1 were skipped, for the reasons above." in done.stderr


def test_an_extension_that_the_account_has_not_is_refused_before_the_run_with_the_nearest(mine: Path) -> None:
    mine.write_text(MINE.replace('as: "101"', 'as: "110"', 1), encoding="utf-8")
    done = contract("--parts", "cases", "--cases", mine)
    assert done.exit_code == 2
    assert f"{mine}:5: as: the account has no extension 110: did you mean" in done.stderr
