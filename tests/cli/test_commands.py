"""The command line as a person and a script meet it: in processes of their own."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from command_line import Served, ringmock, served
from ringmock.domain.generation import GENERATIONS
from ringmock.domain.rulebook import DECISIONS, RULEBOOK

pytestmark = pytest.mark.long

ACCOUNT = """
extends: demo
account: {id: 7, main_number: "16509100001"}
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    port_file = tmp_path_factory.mktemp("serve") / "port"
    with served("--port-file", str(port_file)) as server:
        yield server, port_file


def test_the_start_screen_fits_in_twelve_lines_and_ends_with_the_address(demo: tuple[Served, Path]) -> None:
    server, _ = demo
    assert len(server.screen) <= 12
    assert server.screen[-1] == f"ready on   {server.url}"
    assert "independent of RingCentral" in server.screen[0]


def test_the_curl_of_the_start_screen_sends_an_sms_and_the_log_says_what_decided(demo: tuple[Served, Path]) -> None:
    server, _ = demo
    (curl,) = [line.removeprefix("curl").strip() for line in server.screen if line.startswith("curl")]
    answer = subprocess.run(curl.replace("curl ", "curl -s "), shell=True, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout)["messageStatus"] == "Sent"
    line = server.log_until(lambda line: "/sms" in line)
    assert line.split()[:2] == ["101", "POST"]
    assert "14151003732 outside (R-06)" in line


def test_who_only_looks_through_the_control_api_leaves_no_line_in_the_log(demo: tuple[Served, Path]) -> None:
    server, _ = demo
    server.get("/_mock/journal")
    server.get("/restapi/v1.0")
    line = server.log_until(lambda line: "GET /_mock" in line or "GET /restapi/v1.0 " in line)
    assert "/restapi/v1.0" in line


def test_the_port_file_holds_the_port_when_the_server_is_ready(demo: tuple[Served, Path]) -> None:
    server, port_file = demo
    assert server.url == f"http://127.0.0.1:{int(port_file.read_text())}"
    assert server.get("/_mock/ready")["status"] == "ready"


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_generation_of_the_command_line_goes_before_the_fixtures(generation: str) -> None:
    with served("--generation", generation, "--fixture", "source-page") as server:
        assert server.get("/_mock/ready")["generation"] == generation


def test_limits_are_held_to_when_the_command_line_says_so() -> None:
    with served("--limits", "ringcentral") as server:
        assert server.get("/_mock/limits")["medium"] == 40


def test_a_changed_fixture_is_served_afresh_and_a_broken_one_is_reported_and_left_alone(tmp_path: Path) -> None:
    fixture = tmp_path / "mine.yaml"
    fixture.write_text(ACCOUNT)
    with served("--reload", "--quiet", "--fixture", str(fixture)) as server:
        assert server.get("/_mock/ready")["account"] == 7
        fixture.write_text(ACCOUNT.replace("id: 7", "id: seven"))
        assert f"{fixture}:3: account.id" in server.log_until(lambda line: "account.id" in line)
        assert server.get("/_mock/ready")["account"] == 7
        fixture.write_text(ACCOUNT.replace("id: 7", "id: 88"))
        server.log_until(lambda line: "Started afresh" in line)
        assert server.get("/_mock/ready")["account"] == 88


def test_a_server_that_is_asked_to_counts_what_its_callers_exercise() -> None:
    with served("--coverage", "--quiet") as server:
        server.get("/restapi/v1.0/account/~")
        assert server.get("/_mock/coverage")["seen"] == {"readAccountInfo": 1, "readAccountInfo 200": 1, "D-37": 1}


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_without_a_traceback(ending: signal.Signals) -> None:
    with served() as server:
        server.process.send_signal(ending)
        _, log = server.process.communicate(timeout=30)
    assert "Traceback" not in log
    assert server.process.returncode == 0


def test_the_server_ends_when_its_input_does_where_that_is_wanted() -> None:
    with served("--stop-with-stdin", stdin=subprocess.PIPE) as server:
        assert server.process.stdin is not None
        server.process.stdin.write("whatever\n")
        server.process.stdin.flush()
        assert server.get("/_mock/ready")["status"] == "ready"
        _, log = server.process.communicate(timeout=30)
    assert (server.process.returncode, "Traceback" in log) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["serve", "--fixture", "dmeo"], 1, "did you mean 'demo'?"),
        (["serve", "--fixture", "nowhere.yaml"], 1, "nowhere.yaml"),
        (["serve", "--port", "70000"], 2, "70000"),
        (["serve", "--host", "no.such.host.invalid", "--port", "0"], 1, "cannot listen on no.such.host.invalid port 0"),
        (["serve", "--generation", "1999"], 2, "'2012', 'current'"),
        (["check", "nowhere.yaml"], 1, "nowhere.yaml"),
        (["rules", "R-1O"], 2, "'R-1O' is no rule and no decision: R-"),
        (["why", "--url", "https://localhost:1", "--ca", "nowhere.pem"], 1, "nowhere.pem: No such file or directory\n"),
    ],
)
def test_what_cannot_be_done_is_reported_in_one_sentence(arguments: list[str], status: int, said: str) -> None:
    ended = ringmock(*arguments)
    assert ended.returncode == status
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_check_finds_the_contract_and_the_bundled_accounts_fine() -> None:
    ended = ringmock("check")
    assert (ended.returncode, ended.stderr) == (0, "")
    found, limits = ended.stdout.split("\n\n")
    assert found.splitlines() == [
        "openapi.yaml: fine",
        "carriers: fine, 11 extensions",
        "demo: fine, 11 extensions",
        "source-page: fine, 11 extensions",
    ]
    heading, *rows = limits.splitlines()
    assert heading == "limits of a server, and what sets them on ringmock serve:"
    assert all(row.startswith("  --") for row in rows)


def test_check_says_of_a_fixture_what_is_found_and_nothing_else(tmp_path: Path) -> None:
    fixture = tmp_path / "mine.yaml"
    fixture.write_text("extends: demo\n")
    assert ringmock("check", str(fixture)).stdout.splitlines() == [
        "openapi.yaml: fine",
        f"{fixture}: fine, 11 extensions",
    ]


def test_check_tells_every_mistake_of_a_fixture(tmp_path: Path) -> None:
    fixture = tmp_path / "mine.yaml"
    fixture.write_text('extends: demo\naccount: {id: x, main_number: "16509100001"}\nhandset: []\n')
    ended = ringmock("check", str(fixture))
    assert ended.returncode == 1
    assert [line.split(": ")[0] for line in ended.stderr.strip().splitlines()] == [
        f"{fixture}:2",
        f"{fixture}:3",
    ]


def test_rules_prints_every_rule_and_decision_with_what_keeps_it() -> None:
    said = ringmock("rules").stdout
    for kept in (*RULEBOOK, *DECISIONS):
        assert f"{kept.id}  " in said
        assert f"ringmock.{kept.home}" in said
    assert all(rule.sentence in said for rule in RULEBOOK)


def test_the_help_of_serve_has_the_server_limits_below_its_other_options() -> None:
    options, limits = ringmock("serve", "--help").stdout.split("Server limits:\n")
    assert ("--fixture" in options, "--max-body" in options) == (True, False)
    assert ("--fixture" in limits, "--max-body" in limits) == (False, True)
    assert "--as-worker" not in options + limits


def test_rules_prints_those_alone_that_are_named() -> None:
    said = ringmock("rules", "R-18", "D-30").stdout
    assert [line.split()[0] for line in said.splitlines() if line[:1] in "RD" and line] == ["R-18", "D-30"]


def test_of_a_port_that_is_taken_another_one_is_offered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = ringmock("serve", "--host", "127.0.0.1", "--port", str(port))
    assert ended.stderr.strip() == (
        f"Error: cannot listen on 127.0.0.1 port {port}: Address already in use; --port 0 takes any that is free"
    )


def test_of_a_certificate_that_is_not_trusted_the_option_is_told_that_names_what_to_trust(tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with served("--tls", "self-signed", "--tls-root", str(tmp_path / "root.pem")) as server:
        refused = ringmock("why", "--url", server.url, "--ca", str(other))
        heard = ringmock("why", "--url", server.url, "--ca", str(tmp_path / "root.pem"))
    assert "--ca FILE names what has signed the certificate" in refused.stderr
    assert "starts a server" not in refused.stderr
    assert "no call was refused" in heard.stderr


@pytest.mark.parametrize("command", [[], ["serve"], ["check"], ["coverage"], ["rules"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    ended = ringmock(*command, "--help")
    assert (ended.returncode, ended.stdout.startswith("Usage:")) == (0, True)
