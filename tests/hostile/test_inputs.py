"""Whatever comes over the wire: an answer in the service's own words, and a server that goes on."""

import pytest

from hostile.inputs import HOSTILE_INPUTS, JSON, MEGABYTE, Answer, Hostile, exchange, send, sms_with
from support import SMS, Client, assert_envelope, assert_oauth_envelope


@pytest.mark.parametrize("hostile", HOSTILE_INPUTS, ids=lambda hostile: hostile.id)
def test_a_hostile_input_is_refused_in_the_words_of_the_service(world_client: Client, hostile: Hostile) -> None:
    answer = send(world_client.url, hostile, world_client.bearer("101"))

    assert_told(answer, hostile)
    assert world_client.post_sms("Still there?").status_code == 200
    assert [message["subject"] for message in world_client.messages("101")] == ["Still there?"]


def assert_told(answer: Answer, hostile: Hostile) -> None:
    assert answer.status == hostile.status, answer.content
    assert answer.headers["content-type"].startswith("application/json")
    if hostile.is_oauth:
        error = "invalid_client" if answer.status == 401 else "invalid_request"
        assert_oauth_envelope(answer.json(), error, hostile.code)
    else:
        assert_envelope(answer.json(), hostile.code, hostile.parameter)


@pytest.mark.parametrize("innermost", [b"", b'"\\ud800"'], ids=["an empty array", "a lone surrogate"])
def test_a_text_of_arrays_is_refused_at_every_depth(world_client: Client, innermost: bytes) -> None:
    bodies = (sms_with(b"[" * depth + innermost + b"]" * depth) for depth in range(900, 1010))

    answers = [world_client.post(SMS, content=body, headers=JSON) for body in bodies]

    assert {answer.status_code for answer in answers} == {400}
    assert {answer.json()["errors"][0]["errorCode"] for answer in answers} <= {"CMN-101", "CMN-103"}


def test_a_body_without_end_is_refused_at_ten_megabytes(world_client: Client) -> None:
    head = f"POST {SMS} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
    headers = "".join(f"{name}: {value}\r\n" for name, value in {**JSON, **world_client.bearer("101")}.items())
    chunk = b"%x\r\n" % MEGABYTE + b" " * MEGABYTE + b"\r\n"

    answer = exchange(world_client.url, (head + headers + "\r\n").encode() + chunk * 10 + b"1\r\n \r\n")

    assert answer.status == 413
    assert_envelope(answer.json(), "CMN-104")
    assert "larger than 10485760 bytes" in answer.json()["message"]
    assert world_client.post_sms("Still there?").status_code == 200


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/restapi/oauth/token", {"POST"}),
        ("/restapi/v1.0/account/~", {"GET"}),
        ("/restapi/v1.0/account/~/extension/~/sms", {"POST"}),
        ("/restapi/v1.0/account/~/extension/~/message-store/1", {"GET", "PUT", "PATCH", "DELETE"}),
    ],
)
def test_a_method_that_a_path_does_not_know_is_told_those_that_it_does(
    world_client: Client, path: str, allowed: set[str]
) -> None:
    answer = world_client.call("TRACE", path)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
