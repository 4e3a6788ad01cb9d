"""Coverage from traffic alone: our own client's exchanges, HAR and Schemathesis's NDJSON."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ringmock.contract.http_client import Answer, Exchange, Request
from ringmock.contract.traffic import UnreadableTraffic, observation, observation_of, read_recording
from ringmock.coverage.observation import Problem
from ringmock.coverage.paths import operation_of

OWN = "/restapi/v1.0/account/~/extension/~"
SMS = {"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hello"}
REFUSAL = {"errorCode": "CMN-101", "message": "no", "errors": [{"errorCode": "MSG-245", "parameterName": "from"}]}


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", f"{OWN}/sms", "createSMSMessage"),
        ("GET", f"{OWN}/message-store/7/content/1", "readMessageContent"),
        ("GET", "/restapi/v1.0", "readAPIVersion"),
        ("POST", "/restapi/oauth/token", "getToken"),
        ("GET", "/restapi/v1.0/account/~\n/extension", "listExtensions"),
        ("PATCH", f"{OWN}/sms", None),
        ("POST", f"{OWN}/sms/", None),
        ("POST", f"/api{OWN}/sms", None),
        ("GET", "/_mock/journal", None),
    ],
)
def test_a_call_is_of_the_operation_that_its_method_and_path_name(
    method: str, path: str, operation: str | None
) -> None:
    found = operation_of(method, path)
    assert (found and found[0]) == operation


def test_the_query_and_the_host_are_no_part_of_the_path() -> None:
    seen = observation("get", f"https://example.test{OWN}/message-store/8?perPage=1", 200, b"", b"{}")
    assert seen is not None
    assert (seen.operation, seen.path["messageId"]) == ("readMessage", "8")


@pytest.mark.parametrize("answer", [b"", b"\xff", b"[]", b'{"errors": 7}', b'{"errors": [7, {}]}', b"[" * 100_000])
def test_an_answer_that_is_no_envelope_has_no_code(answer: bytes) -> None:
    seen = observation("POST", f"{OWN}/sms", 400, b"", answer)
    assert seen is not None
    assert seen.problems == ()


def test_the_codes_of_an_oauth_refusal_are_those_beside_its_rfc_6749_shape() -> None:
    body = {"error": "invalid_grant", "error_description": "no", "errors": [{"errorCode": "OAU-140", "message": "no"}]}
    seen = observation("POST", "/restapi/oauth/token", 400, b"grant_type=x", json.dumps(body).encode())
    assert seen is not None
    assert (seen.problems, seen.sent) == ((Problem("OAU-140"),), None)


def test_the_json_part_of_a_multipart_request_is_what_was_sent() -> None:
    body = b"--b\r\nContent-Type: application/json\r\n\r\n" + json.dumps(SMS).encode() + b"\r\n--b--\r\n"
    seen = observation("POST", f"{OWN}/sms", 200, body, b"{}", 'Multipart/form-data; boundary="b"')
    assert seen is not None
    assert seen.sent == SMS


def test_an_exchange_of_our_own_client_is_seen() -> None:
    request = Request("POST", f"{OWN}/sms", {"Content-Type": "application/json"}, json.dumps(SMS).encode())
    seen = observation_of(Exchange("http://127.0.0.1:1", request, Answer(400, {}, json.dumps(REFUSAL).encode())))
    assert seen is not None
    assert (seen.status, seen.problems, seen.sent) == (400, (Problem("MSG-245", "from"),), SMS)


# --- recordings ------------------------------------------------------------------------------------


def har(*calls: tuple[str, str, int, dict[str, Any] | None, str | None]) -> str:
    entries = [
        {
            "request": {"method": method, "url": url, "postData": {"mimeType": "application/json", "text": sent}},
            "response": {"status": status, "content": {"text": json.dumps(answer)} if answer is not None else {}},
        }
        for method, url, status, answer, sent in calls
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_har_shows_operations_statuses_codes_and_rules(tmp_path: Path) -> None:
    text = har(
        ("POST", f"http://localhost{OWN}/sms", 400, REFUSAL, json.dumps(SMS)),
        ("GET", "http://localhost/elsewhere", 200, {}, None),
        ("POST", f"http://localhost{OWN}/sms", 0, None, None),
    )
    exercised = read_recording(written(tmp_path, "calls.har", text))
    assert not exercised.by_record
    assert dict(exercised.seen) == {
        "createSMSMessage": 1,
        "createSMSMessage 400": 1,
        "createSMSMessage 400 MSG-245": 1,
        "R-12": 1,
    }


def test_the_content_of_a_har_may_be_in_base64(tmp_path: Path) -> None:
    content = {"encoding": "base64", "text": base64.b64encode(json.dumps(REFUSAL).encode()).decode()}
    entry = {"request": {"method": "POST", "url": f"{OWN}/sms"}, "response": {"status": 400, "content": content}}
    path = written(tmp_path, "calls.har", json.dumps({"log": {"entries": [entry]}}))
    assert "createSMSMessage 400 MSG-245" in read_recording(path).seen


def test_schemathesis_events_show_its_calls(tmp_path: Path) -> None:
    def encoded(value: object) -> dict[str, str]:
        return {"$base64": base64.b64encode(json.dumps(value).encode()).decode()}

    interaction = {
        "request": {
            "method": "POST",
            "uri": f"http://localhost{OWN}/sms",
            "headers": {"Content-Type": ["application/json"]},
            "body": encoded({**SMS, "text": "😀" * 501}),
        },
        "response": {"status_code": 400, "content": encoded({"errors": [{"errorCode": "MSG-338"}]})},
    }
    unanswered = {"request": interaction["request"]}
    events = [
        {"Initialize": {"seed": 1}},
        {"ScenarioFinished": {"recorder": {"interactions": {"a": interaction, "b": unanswered}}}},
    ]
    path = written(tmp_path, "events.ndjson", "\n".join(map(json.dumps, events)) + "\n\n")
    exercised = read_recording(path)
    assert exercised.seen["createSMSMessage 400 MSG-338"] == 1
    assert "R-05" in exercised.seen


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("calls.har", "{", "no JSON"),
        ("calls.har", "[]", "neither HAR, which has log.entries, nor coverage counts"),
        ("calls.har", '{"log": {"entries": [{}]}}', "log.entries[0]: no request.method, request.url, response.status"),
        ("events.ndjson", '{"Initialize": {}}\nnonsense\n', "events.ndjson:2: no JSON object"),
        ("counts.json", '{"format": "ringmock-coverage-1"}', "'seen' has counts by key"),
    ],
)
def test_a_file_of_something_else_is_reported_by_name(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(UnreadableTraffic) as refused:
        read_recording(written(tmp_path, name, text))
    assert told in str(refused.value)
    assert name in str(refused.value)


def test_a_file_that_is_not_there_is_reported_by_name(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTraffic, match=r"none\.har: No such file"):
        read_recording(tmp_path / "none.har")


def test_a_file_that_is_no_text_is_reported_by_name(tmp_path: Path) -> None:
    path = tmp_path / "calls.har"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UnreadableTraffic, match=r"calls\.har: no text in UTF-8"):
        read_recording(path)
