"""What a fuzzer feeds: six doors of the program, each given bytes, each holding what must never happen.

A target returns where the program did what it may, and raises `AssertionError`, or whatever escaped, where it did not.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hostile.in_process import TOKEN, Answer, Headers, InProcess
from ringmock.contract.cases import CaseFileError, parse_cases
from ringmock.fixture import FixtureError, load_fixture
from ringmock.fixture.yaml_source import SourceError
from ringmock.openapi.document import load_contract, operations

AUTHORIZATION = (b"authorization", b"Bearer " + TOKEN.encode())
BOUNDARY = b"b"
OAUTH = b"/restapi/oauth/"
HTML = "text/html"


@cache
def server() -> InProcess:
    """One for the whole run."""
    return InProcess()


def _called(method: str, path: bytes, headers: Headers, content: bytes = b"") -> Answer:
    server().tidy()
    return server().call(method, path, headers, content)


@cache
def calls() -> tuple[tuple[str, bytes], ...]:
    """Method and path of every operation of the contract, in its order, for extension 101 of the demo account."""
    made = []
    for method, path, _ in operations(load_contract()):
        filled = path.replace("{accountId}", "~").replace("{extensionId}", "~")
        while "{" in filled:
            before, _, rest = filled.partition("{")
            filled = before + "1346632010" + rest.partition("}")[2]
        made.append((method.upper(), filled.encode()))
    return tuple(made)


def body(data: bytes) -> None:
    """A body of JSON, or a form: the first byte says of which operation."""
    number, content = data[:1] or b"\0", data[1:]
    with_body = [call for call in calls() if call[0] not in ("GET", "HEAD")]
    method, path = with_body[number[0] % len(with_body)]
    kind = b"application/x-www-form-urlencoded" if path.startswith(OAUTH) else b"application/json"
    check(path, _called(method, path, [AUTHORIZATION, (b"content-type", kind)], content))


def parameters(data: bytes) -> None:
    """Lines: a method, a target, then headers. Spaces and line ends of the input end up where a parser leaves none."""
    method, target, *headers = [*data.split(b"\n"), b"", b""]
    name = "".join(letter for letter in method.decode("latin-1").upper() if letter.isascii() and letter.isalpha())
    path = b"/" + target.lstrip(b"/").replace(b"\r", b"").replace(b" ", b"%20")
    said = [tuple(line.replace(b"\r", b"").split(b":", 1)) for line in headers if b":" in line]
    own = [(key.strip().lower(), value.strip()) for key, value in said if key.strip().lower() != b"host"]
    check(path, _called(name or "GET", path, [AUTHORIZATION, *own]))


def multipart(data: bytes) -> None:
    """A body between boundaries `b`; the first byte says whether it is an SMS or an MMS, mixed or form-data."""
    choice, content = (data[:1] or b"\0")[0], data[1:]
    path = b"/restapi/v1.0/account/~/extension/~/" + (b"sms", b"mms")[choice & 1]
    kind = (b"multipart/form-data", b"multipart/mixed")[choice >> 1 & 1] + b"; boundary=" + BOUNDARY
    check(path, _called("POST", path, [AUTHORIZATION, (b"content-type", kind)], content))


def frames(data: bytes) -> None:
    """Messages of a WebSocket, a line each: text where it is UTF-8, else bytes."""
    server().tidy()
    sent = server().connect([_text(line) for line in data.split(b"\n")[:20]])
    for message in sent:
        assert message["type"] in ("websocket.accept", "websocket.send", "websocket.close"), message
        if message["type"] == "websocket.send":
            _check_frame(json.loads(message["text"]))


def fixture(data: bytes) -> None:
    """An account file: it loads, or every mistake has its file and a sentence."""
    file = _scratch() / "account.yaml"
    file.write_bytes(data)
    try:
        load_fixture(file)
    except FixtureError as error:
        _check_problems(error)


def cases(data: bytes) -> None:
    """A case file: as an account file."""
    try:
        parse_cases(data.decode("utf-8", "replace"))
    except CaseFileError as error:
        _check_problems(error)


def _check_problems(error: SourceError) -> None:
    assert error.problems
    assert all(problem.message for problem in error.problems)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (body, parameters, multipart, frames, fixture, cases)
}


def check(path: bytes, answer: Answer) -> None:
    """No failure of the server's own, and a refusal in the envelope of whoever answered."""
    assert 200 <= answer.status < 500 or answer.status == 503, (path, answer)
    if answer.status >= 400:
        _check_refusal(path.decode("latin-1").partition("?")[0], answer)


def _check_refusal(path: str, answer: Answer) -> None:
    if answer.headers.get("content-type", "").startswith(HTML):
        return  # the log-in page and the inspector's, which people read
    if not answer.content:
        return  # HEAD
    said = json.loads(answer.content)
    if "errors" not in said:
        assert isinstance(said["error"], str), (path, answer)
        assert said["error"], (path, answer)  # the control API's sentence
    elif "error" in said:
        assert said["error_description"], (path, answer)
    else:
        assert said["errorCode"], (path, answer)
        assert said["message"], (path, answer)
    assert all(error["errorCode"] and error["message"] for error in said.get("errors", [])), (path, answer)


def _check_frame(message: Any) -> None:
    header = message[0]
    assert header["type"] in ("ClientRequest", "ConnectionDetails", "ServerNotification", "Heartbeat", "Error"), message
    assert header.get("status", 200) < 500, message
    assert header["type"] != "Error" or message[1]["errorCode"], message


def _text(line: bytes) -> str | bytes:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="ringmock-fuzz-"))
