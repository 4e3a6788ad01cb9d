"""Why a call was answered so: by the control API, the journal, the log and the command."""

import json
import logging
import shlex
from typing import Any

import pytest
from click.testing import CliRunner

from ringmock.cli.main import main
from ringmock.http.why.explanation import curl
from ringmock.http.why.plans import FORM, JSON
from ringmock.http.why.repair import Request
from ringmock.openapi.document import contract_text
from support import HANDSET, OWN, PAGER, SMS, Client, basic, sms_body

JOURNAL = "/_mock/journal"


def why(client: Client) -> dict[str, Any]:
    """Of the latest call."""
    number = client.get(f"{JOURNAL}?limit=1").json()[0]["id"]
    answer = client.get(f"{JOURNAL}/{number}/why")
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def test_a_rule_is_told_with_its_sentence_and_where_the_fixture_has_the_matter(world_client: Client) -> None:
    world_client.page("104")
    said = why(world_client)
    (decided,) = said["decided"]
    assert (decided["by"], decided["about"]) == ("R-18", "104")
    assert decided["sentence"]
    assert decided["where"].startswith("fixture demo: extensions[")
    assert said["repair"]["body"]["to"] == [{"extensionNumber": "102"}]


def test_what_the_contract_does_not_have_is_told_with_its_line(world_client: Client) -> None:
    world_client.post(SMS, json={**sms_body(), "to": {"phoneNumber": HANDSET}})
    (decided,) = why(world_client)["decided"]
    assert decided["sentence"].startswith("`to` is a list of objects such as [{")
    name, _, line = decided["where"].partition(":")
    text = contract_text().splitlines()[int(line) - 1]
    assert (name, text.strip()) == ("openapi.yaml", "to:")


def test_what_the_contract_does_not_have_of_a_query_is_told_with_the_line_of_its_parameters(
    world_client: Client,
) -> None:
    world_client.get(f"{OWN}/message-store?direction=outbond")
    (decided,) = why(world_client)["decided"]
    assert decided["sentence"].startswith("`direction` of the query is")
    name, _, line = decided["where"].partition(":")
    text = contract_text().splitlines()[int(line) - 1]
    assert (name, text.strip()) == ("openapi.yaml", "parameters:")


@pytest.mark.parametrize(
    ("sender", "about", "where"),
    [("16509100102", "16509100102", "of 102, SmsSender, MmsSender, CallerId"),
     ("16509100001", "16509100001", "of the company, no features"), ("18005551234", None, None)],
)  # fmt: skip
def test_a_rule_about_a_number_is_told_with_its_place_in_the_fixture_where_it_has_one(
    world_client: Client, sender: str, about: str | None, where: str | None
) -> None:
    world_client.post(SMS, json=sms_body(sender=sender))
    (decided,) = why(world_client)["decided"]
    assert decided["about"] == about
    if where is None:
        assert decided["where"] is None
    else:
        assert decided["where"].startswith("fixture demo: phone_numbers[")
        assert decided["where"].endswith(where)


def test_the_curl_of_a_sign_in_has_a_form_and_variables_for_the_clients_secrets(world_client: Client) -> None:
    world_client.token("101")
    assert world_client.ask_token(grant_type="jwt", assertion="demo-jwt-101").status_code == 400
    words = shlex.split(why(world_client)["repair"]["curl"])
    assert words[words.index("-u") + 1] == "$CLIENT_ID:$CLIENT_SECRET"
    assert "-H" not in words
    assert words[words.index("-d") + 1].startswith("grant_type=")


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        (Request("GET", "/a", (("b", "c d"),), authorization="none"), "curl 'http://here/a?b=c+d'"),
        (Request("DELETE", "/a"), 'curl -X DELETE -H "Authorization: Bearer $TOKEN" http://here/a'),
        (Request("POST", "/a", (), FORM, {"b": "c d"}, "basic"),
         'curl -u "$CLIENT_ID:$CLIENT_SECRET" -d b=c+d http://here/a'),
        (Request("PUT", "/a", (), JSON, {"b": "é"}, "none"),
         """curl -X PUT -H 'Content-Type: application/json' -d '{"b": "é"}' http://here/a"""),
    ],
)  # fmt: skip
def test_a_command_says_no_more_than_it_must(request_: Request, command: str) -> None:
    assert curl(request_, "http://here") == command


def test_a_body_of_a_thousand_levels_has_no_repair_and_breaks_nothing(world_client: Client) -> None:
    deep = b"[" * 900 + b"]" * 900
    world_client.post(SMS, content=b'{"text": ' + deep + b"}", headers={"Content-Type": "application/json"})
    assert why(world_client)["errors"][0]["errorCode"] == "CMN-103"


def test_what_became_of_each_recipient_is_told_of_a_call_that_passed(world_client: Client) -> None:
    world_client.post_sms()
    said = why(world_client)
    assert said["decided"][0]["about"] == f"{HANDSET} outside"
    assert said["decided"][0]["sentence"]
    assert said["repair"] is None


def test_a_fault_is_told_as_what_it_is(world_client: Client) -> None:
    world_client.call("PUT", "/_mock/faults", json=[{"operation": "createSMSMessage", "error": "MSG-304"}])
    world_client.post_sms()
    said = why(world_client)
    assert said["decided"][0]["by"] == "fault"
    assert said["repair"] is None


def test_a_path_that_names_nothing_is_told_with_the_one_that_was_meant(world_client: Client) -> None:
    world_client.post(f"{OWN}/company_pager", json={"to": [{"extensionNumber": "102"}], "text": "Hi"})
    said = why(world_client)
    assert f"did you mean {PAGER}?" in said["decided"][-1]["sentence"]
    assert said["repair"]["path"] == PAGER


def test_what_only_the_past_could_have_given_has_no_repair(world_client: Client) -> None:
    world_client.get(f"{OWN}/message-sync?syncType=ISync")
    said = why(world_client)
    assert (said["errors"][0]["parameterName"], said["repair"]) == ("syncToken", None)


def test_the_curl_of_a_repair_passes(world_client: Client) -> None:
    world_client.post(SMS, json={**sms_body("it's"), "to": HANDSET})
    command = why(world_client)["repair"]["curl"]
    words = shlex.split(command.replace("$TOKEN", world_client.token("101")))
    assert words[0] == "curl"
    sent = json.loads(words[words.index("-d") + 1])
    assert world_client.post(SMS, json=sent).status_code == 200
    assert words[-1] == f"{world_client.url}{SMS}"


@pytest.mark.parametrize("number", [0, 99, 10**12])
def test_a_call_that_the_journal_does_not_have_is_said_to_be_none(world_client: Client, number: int) -> None:
    world_client.post_sms()
    for path in (f"{JOURNAL}/{number}", f"{JOURNAL}/{number}/why"):
        answer = world_client.get(path)
        assert answer.status_code == 404
        assert f"There is no call {number}: the journal has calls 1 to" in answer.json()["error"]


def test_the_journal_keeps_query_headers_answer_and_no_secret(world_client: Client) -> None:
    world_client.get(f"{OWN}/message-store?perPage=5&access_token=x", headers={"X-Mine": "yes"})
    entry = world_client.get(f"{JOURNAL}?limit=1&include=text").json()[0]
    assert entry["query"] == [["perPage", "5"], ["access_token", "$SECRET"]]
    assert (entry["headers"]["x-mine"], entry["headers"]["authorization"]) == ("yes", "Bearer $SECRET")
    assert entry["answer"]["paging"]["perPage"] == 5
    everything = world_client.get(f"{JOURNAL}?include=text").text
    assert world_client.token("101") not in everything
    assert "demo-jwt-101" not in everything
    assert world_client.client_secret not in everything
    assert basic(world_client.client_id, world_client.client_secret)["Authorization"] not in everything


def test_the_numbers_of_calls_go_on_when_the_oldest_are_left_out(world_client: Client) -> None:
    numbers = [entry["id"] for entry in world_client.get(JOURNAL).json()]
    world_client.post_sms()
    assert [entry["id"] for entry in world_client.get(JOURNAL).json()] == [max(numbers, default=0) + 1, *numbers]


def test_the_log_says_the_same(world_client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ringmock.calls"):
        world_client.post(SMS, json={**sms_body(), "to": 7})
        world_client.get(OWN)
    assert any("`to` is a list of objects such as [{" in record.getMessage() for record in caplog.records)


def test_the_command_says_the_same_of_a_call_or_of_the_latest_refusal(world_client: Client) -> None:
    world_client.page("104")
    number = world_client.get(f"{JOURNAL}?limit=1").json()[0]["id"]
    world_client.get(OWN)
    options = ["--url", world_client.url, "--token", world_client.token("101")]
    for arguments in ([str(number)], []):
        done = CliRunner().invoke(main, ["why", *arguments, *options])
        assert done.exit_code == 0, done.output
        assert "R-18 (104): " in done.output
        assert "What would pass:" in done.output
        assert "curl " in done.output


def test_the_command_says_nothing_that_would_pass_of_a_call_that_has_passed(world_client: Client) -> None:
    world_client.post_sms()
    number = world_client.get(f"{JOURNAL}?limit=1").json()[0]["id"]
    options = ["--url", world_client.url, "--token", world_client.token("101")]
    done = CliRunner().invoke(main, ["why", str(number), *options])
    assert (done.exit_code, "What would pass:" in done.output) == (0, False)
    assert f"({HANDSET} outside): " in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["999"], "There is no call 999"), (["x"], "'x' is not a valid integer"), ([], "no call was refused")],
)
def test_the_command_says_what_is_wrong_with_what_it_is_given(
    world_client: Client, arguments: list[str], said: str
) -> None:
    options = ["--url", world_client.url, "--token", world_client.token("101")]
    done = CliRunner().invoke(main, ["why", *arguments, *options])
    assert done.exit_code != 0
    assert said in done.output


def test_the_command_says_that_there_is_no_server() -> None:
    done = CliRunner().invoke(main, ["why", "1", "--url", "http://127.0.0.1:1"])
    assert (done.exit_code, "ringmock serve" in done.output) == (1, True)
