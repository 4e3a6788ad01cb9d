"""What is tested: whether it opens worlds, who signs in, and who is told of the traffic."""

import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ringmock.contract.cases import bundled_cases
from ringmock.contract.cases.preconditions import FOR_GOOD, PreparedCase, reason_to_skip
from ringmock.contract.cases.runner import run_case
from ringmock.contract.guard import Guard, Limits
from ringmock.contract.http_client import Exchange, HttpClient, NoAnswer, Request, curl
from ringmock.contract.options import Options
from ringmock.contract.parts import PARTS
from ringmock.contract.target import Target, remote, sign_in_forms, with_secrets
from ringmock.fixture import load_named
from ringmock.serving.own_target import own_target
from ringmock.serving.server import bound_socket, build, served, url_of
from ringmock.sign_in.worlds import Worlds
from ringmock.world.template import Application, Credentials

DEMO = load_named("demo")
OF_TOKENS = replace(DEMO, credentials={"101": Credentials(access_token="token-of-101")})
CASES = bundled_cases()
ANY_CASE = next(case for case in CASES if case.account is None and case.holds_in("2012"))


def test_a_watcher_is_told_of_every_exchange_of_a_case() -> None:
    exchanges: list[Exchange] = []
    case = next(case for case in CASES if case.account is None and case.holds_in("2012"))
    with own_target(DEMO, exchanges.append) as target:
        assert run_case(case, target).passed
        assert len(target.worlds or ()) == 2  # the fixture's, and the one of the case
    assert any(exchange.request.target.startswith("/restapi/v1.0/") for exchange in exchanges)
    assert all(exchange.base_url == target.url and exchange.answer.status for exchange in exchanges)


def test_a_ringmock_opens_worlds_for_whoever_tests_it() -> None:
    with served(build(Worlds(DEMO))) as url:
        assert remote(f"{url}/", DEMO).has_worlds
        assert remote(f"{url}/", DEMO).url == url


def test_a_ringmock_of_named_worlds_opens_none() -> None:
    with served(build(Worlds(DEMO, open_worlds=False))) as url:
        assert not remote(url, DEMO).has_worlds


def test_an_extension_of_a_ready_made_token_signs_in_to_each_world_of_a_server_of_ours() -> None:
    with own_target(OF_TOKENS) as target:
        (passed,) = PARTS["cases"](target, Options(cases=(ANY_CASE,)))
    assert passed.verdict == "PASSED"


@pytest.mark.parametrize("is_own", [True, False], ids=["a server of ours", "another ringmock"])
def test_an_account_without_applications_is_fuzzed_as_one_that_is_made_up(*, is_own: bool) -> None:
    template = replace(DEMO, applications=(), credentials={"101": Credentials(password="Secret-1")})
    with own_target(template) if is_own else served(build(Worlds(template))) as server:
        target = server if isinstance(server, Target) else remote(server, template)
        findings = list(PARTS["fuzz"](target, Options(is_quick=True)))
    assert [finding.detail for finding in findings if finding.failed] == []


def test_an_extension_of_a_ready_made_token_is_skipped_where_a_world_takes_other_credentials() -> None:
    target = Target("http://127.0.0.1:1", OF_TOKENS, has_worlds=True)
    (skipped,) = PARTS["cases"](target, Options(cases=(ANY_CASE,)))
    assert skipped.detail == (
        "extension 101 has an access token alone, which opens no world: give it a JWT or a password"
    )


@pytest.mark.parametrize("has_worlds", [True, False])
def test_a_server_that_opens_worlds_has_the_control_api(*, has_worlds: bool) -> None:
    assert Target("http://127.0.0.1:1", DEMO, has_worlds=has_worlds).is_ringmock is has_worlds


def test_where_nobody_answers_there_is_nothing_to_test() -> None:
    with bound_socket("127.0.0.1", 0) as bound:
        url = url_of(bound)
    with pytest.raises(NoAnswer, match=url):
        remote(url, DEMO)


def test_changes_of_a_world_are_made_in_the_name_of_an_administrator() -> None:
    with own_target(DEMO) as target:
        assert target.steward == "101"


def test_credentials_of_the_environment_take_the_place_of_all_that_the_file_says_of_an_extension() -> None:
    environment = {"RINGMOCK_CLIENT_ID": "mine", "RINGMOCK_CLIENT_SECRET": "s", "RINGMOCK_JWT_101": "a-jwt"}
    template = with_secrets(DEMO, environment)
    assert template.applications[0] == Application("mine", "s")
    assert template.credentials["101"] == Credentials(jwt="a-jwt")
    assert template.credentials["102"] == DEMO.credentials["102"]
    assert [form["assertion"] for form in sign_in_forms(template, "101")] == ["a-jwt"]


def test_without_variables_the_template_is_as_the_file_has_it() -> None:
    assert with_secrets(DEMO, {"PATH": "/bin", "RINGMOCK_JWT_101": ""}) == DEMO


def test_the_part_of_cases_runs_those_of_the_targets_account_and_generation() -> None:
    with own_target(load_named("source-page")) as target:
        about = [case for case in CASES if case.generation or Path(case.file).name == "source-page.yaml"]
        findings = list(PARTS["cases"](target, Options(cases=about)))
    run = {finding.name for finding in findings if finding.verdict == "PASSED"}
    assert {case.name for case in CASES if case.generation == "current"}.isdisjoint(run)
    assert "The source page's SMS is answered value for value" in run
    assert {f.verdict for f in findings} == {"PASSED", "SKIPPED"}
    assert all(finding.keeps for finding in findings)


@pytest.mark.parametrize(("rate", "is_shown_by_all"), [("40/m", False), (None, True)])
def test_where_calls_are_limited_what_all_operations_have_in_common_is_shown_by_one(
    rate: str | None, is_shown_by_all: bool
) -> None:
    target = Target("http://127.0.0.1:1", DEMO, guard=Guard(Limits(rate=rate)))
    run = [case.name.partition(" ")[2] for case in CASES if case.operation and reason_to_skip(case, target) is None]
    assert (run.count("is refused without a token") > 40) == is_shown_by_all
    assert (len(run) == len(set(run))) != is_shown_by_all
    assert {"is refused without a token", "is refused with a token that was revoked"} <= set(run)


def test_a_server_that_is_silent_for_one_case_after_the_other_is_not_waited_for_any_longer() -> None:
    cases = [case for case in CASES if case.account is None and case.generation is None][:9]
    findings = []
    with bound_socket("127.0.0.1", 0) as bound:
        url = url_of(bound)
    with pytest.raises(NoAnswer, match=f"no answer from {url} to 3 cases, one after the other"):
        findings += PARTS["cases"](Target(url, DEMO, has_worlds=True), Options(cases=tuple(cases)))


def test_what_was_prepared_for_a_run_is_what_is_run() -> None:
    planned = (PreparedCase(CASES[0], "it was planned so"),)
    target = Target("http://127.0.0.1:1", DEMO, has_worlds=True)
    (found,) = PARTS["cases"](target, Options(cases=CASES[:1], prepared=planned))
    assert (found.verdict, found.detail) == ("SKIPPED", "it was planned so")


def test_a_server_that_hangs_is_reported_with_how_long_it_was_waited_for() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        HttpClient(url_of(silent), timeout=0.05) as client,
        pytest.raises(NoAnswer, match=r"nothing within 0\.05 s"),
    ):
        client.send(Request("GET", "/"))


def test_a_curl_takes_a_hidden_token_from_the_variable_that_it_names_and_nothing_else() -> None:
    headers = {"Authorization": "Bearer $TOKEN", "X-Price": "$TOKEN"}
    line = curl("http://127.0.0.1:1", Request("GET", "/a?b=$HOME", headers))
    words = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {line}"], env={"TOKEN": "mine"}, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert words == [
        *("curl", "-i", "-X", "GET", "http://127.0.0.1:1/a?b=$HOME"),
        *("-H", "Authorization: Bearer mine", "-H", "X-Price: $TOKEN"),
    ]


def test_a_server_without_worlds_is_spared_what_nothing_would_put_back_and_not_what_is_to_be_refused() -> None:
    for case in CASES:
        reason = reason_to_skip(case, Target("http://127.0.0.1:1", DEMO, has_worlds=False))
        steps = [step for step in case.steps if step.when and step.when.get("operation") in FOR_GOOD]
        if any(step.then["status"] < 300 for step in steps):
            assert reason is not None, case.name
    refused = next(case for case in CASES if case.name == "updateExtension is refused without a token")
    assert reason_to_skip(refused, Target("http://127.0.0.1:1", DEMO)) is None
