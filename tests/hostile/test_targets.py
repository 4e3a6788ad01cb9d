"""What a fuzzer begins with, and the corpora of other projects, each input once: without a fuzzer, and in any order."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from hostile.targets import AUTHORIZATION, TARGETS, calls, check, server
from support import PAGER, SMS, STORE, sms_body

HERE = Path(__file__).parent
KEPT = [(file.parent.name, file) for file in sorted((HERE / "corpus").glob("*/*"))]
NAUGHTY = json.loads((HERE / "data" / "naughty_strings.json").read_text(encoding="utf-8"))
JSON_TESTS = json.loads((HERE / "data" / "json_test_suite.json").read_text(encoding="utf-8"))
JSON = (b"content-type", b"application/json")


def post(path: str, content: bytes) -> dict[str, Any]:
    """The answer to a body of JSON, checked as the targets check it."""
    answer = server().call("POST", path.encode(), [AUTHORIZATION, JSON], content)
    check(path.encode(), answer)
    return {"status": answer.status, **json.loads(answer.content)}


@pytest.mark.parametrize(("target", "file"), KEPT, ids=lambda value: getattr(value, "name", value))
def test_an_input_that_was_kept_is_accepted_as_it_may_be(target: str, file: Path) -> None:
    TARGETS[target](file.read_bytes())


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_a_naughty_string_is_sent_and_read_back_as_it_was_or_refused(text: str) -> None:
    sms = post(SMS, json.dumps(sms_body(text)).encode())
    page = post(PAGER, json.dumps({"to": [{"extensionNumber": "102"}], "text": text}).encode())

    for message in (sms, page):
        assert message["status"] in (200, 400)
        if message["status"] == 200:
            read = server().call("GET", f"{STORE}/{message['id']}".encode(), [AUTHORIZATION], b"")
            assert json.loads(read.content)["subject"] == text


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_a_naughty_string_is_no_parameter_that_breaks_anything(text: str) -> None:
    value = quote(text, errors="surrogatepass")

    for target in (f"{STORE}?phoneNumber={value}", f"{STORE}/{value}", f"/restapi/v1.0/{value}", f"/_mock/{value}"):
        check(target.encode(), server().call("GET", target.encode(), [AUTHORIZATION], b""))


@pytest.mark.parametrize("name", JSON_TESTS)
def test_json_is_read_where_it_is_json_and_refused_as_such_where_it_is_not(name: str) -> None:
    answer = post(SMS, JSON_TESTS[name].encode("latin-1"))

    assert answer["status"] == 400  # no input is a whole SMS
    code = answer["errors"][0]["errorCode"]
    # An empty body is one that is missing.
    assert {"y": code != "CMN-103", "n": code != "CMN-101" or not JSON_TESTS[name], "i": True}[name[0]], answer


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "MULTIPART/mixed",
        "Application/x-www-form-urlencoded",
        "json",
        "text/*",
        "\xff",
    ],
)
def test_a_body_that_is_missing_is_refused_by_every_operation_whatever_its_type_is_said_to_be(
    content_type: str,
) -> None:
    for method, path in calls():
        if method in ("POST", "PUT", "PATCH", "DELETE"):
            check(
                path,
                server().call(method, path, [AUTHORIZATION, (b"content-type", content_type.encode("latin-1"))], b""),
            )


READ_HEADERS = {
    b"accept": b"application/json",
    b"accept-language": b"en-US",
    b"access-control-request-headers": b"authorization",
    b"access-control-request-method": b"POST",
    b"authorization": b"Basic cmluZ21vY2s6cmluZ21vY2stc2VjcmV0",
    b"content-encoding": b"identity",
    b"content-length": b"2",
    b"content-type": b"multipart/form-data; boundary=b",
    b"cookie": b"session=1",
    b"host": b"127.0.0.1",
    b"if-range": b'"1"',
    b"origin": b"http://127.0.0.1",
    b"range": b"bytes=0-1",
    b"sec-fetch-mode": b"cors",
    b"sec-fetch-site": b"same-origin",
    b"user-agent": b"client/1.0",
    b"x-http-method-override": b"PUT",
    b"x-ringmock-token": b"a-token",
    b"x-ringmock-world": b"a-world",
}
HEADER_CALLS = (
    ("POST", b"/restapi/oauth/token"),
    ("POST", b"/restapi/oauth/wstoken"),
    ("OPTIONS", SMS.encode()),
    ("POST", SMS.encode()),
    ("GET", f"{STORE}/1/content/1".encode()),
    ("GET", b"/restapi/v1.0/account/~/a2p-sms/messages"),
    ("POST", b"/_mock/reset"),
    ("GET", b"/"),
)


@pytest.mark.parametrize("name", READ_HEADERS, ids=bytes.decode)
@pytest.mark.parametrize("place", [0, 8, -1], ids=["at its start", "inside", "at its end"])
def test_a_byte_beyond_ascii_in_a_header_that_the_server_reads_breaks_nothing(name: bytes, place: int) -> None:
    value = READ_HEADERS[name]
    at = place % (len(value) + 1)
    for byte in (b"\x80", b"\xe9", b"\xff"):
        for method, path in HEADER_CALLS:
            given = dict([AUTHORIZATION, JSON, (name, value[:at] + byte + value[at:])])
            check(path, server().call(method, path, list(given.items()), b"{}"))
