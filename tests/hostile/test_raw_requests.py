"""What no client library sends, byte by byte over a socket: an answer in the right words, and the connection's end."""

import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from support import SMS, Client, assert_envelope, sms_body

REQUESTS = yaml.safe_load((Path(__file__).parent / "data" / "raw_requests.yaml").read_text(encoding="utf-8"))
WEBSOCKET = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
KEY = "Sec-WebSocket-Key: 5Av4SM21qhSHo1xd9vpCGg==\r\n"
BYE = "\x88\x82\0\0\0\0\x03\xe8"
SECONDS = 8


@pytest.fixture(scope="module")
def client(server_url: str) -> Iterator[Client]:
    """In one world for all of them."""
    with Client(server_url) as shared:
        yield shared


@pytest.mark.parametrize("request_", REQUESTS, ids=[each["id"] for each in REQUESTS])
def test_a_request_is_answered_to_the_last_byte_in_the_words_of_whom_it_is_for(
    client: Client, caplog: pytest.LogCaptureFixture, request_: Mapping[str, Any]
) -> None:
    token = client.post("/restapi/oauth/wstoken").json()["ws_access_token"] if "@TOKEN" in str(request_) else ""
    known = {"@TOKEN": token, "@101": f"Authorization: {client.bearer('101')['Authorization']}\r\n"}
    pieces = [written(each, {**known, "@WS": WEBSOCKET, "@KEY": KEY, "@BYE": BYE}) for each in request_["pieces"]]
    if request_.get("by") == "single":
        pieces = [bytes([each]) for each in b"".join(pieces)]

    options = {"closed": request_.get("closed", False), "in_turn": request_.get("by") == "answers"}
    raw = exchanged(client.url, *pieces, **options)

    found = list(answers(raw))
    assert [status for status, _, _ in found] == [int(each[:3]) for each in request_["answers"]], raw
    for expected, (_, headers, body) in zip(request_["answers"], found, strict=True):
        assert_worded(expected[4:], headers, body)
    if found:
        assert request_.get("says", "").encode() in found[-1][2]
        assert found[-1][2].endswith(closing(request_["close"]) if "close" in request_ else b"")
    assert client.get("/restapi", by=None).status_code == 200
    assert not [record for record in caplog.records if record.exc_info]


def written(piece: Any, known: Mapping[str, str]) -> bytes:
    """The bytes of a piece."""
    parts = piece if isinstance(piece, list) else [piece]
    text = "".join("".join(word * times for word, times in p.items()) if isinstance(p, dict) else p for p in parts)
    for name, value in known.items():
        text = text.replace(name, value)
    return text.encode("latin-1")


def exchanged(url: str, *pieces: bytes, closed: bool = False, in_turn: bool = False) -> bytes:
    """All that is answered to these pieces until the server ends the connection."""
    address, said = urlsplit(url), b""
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            said += connection.recv(65536) if in_turn and piece is not pieces[0] else b""
            connection.sendall(piece)
        if closed:
            connection.shutdown(socket.SHUT_WR)
        return said + b"".join(iter(lambda: connection.recv(65536), b""))


def answers(raw: bytes) -> Iterator[tuple[int, dict[bytes, bytes], bytes]]:
    """Status, headers and body of each; the body of 101 is all that comes after it."""
    while raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
        status = int(first.split()[1])
        length = len(rest) if status == 101 else int(headers.get(b"content-length", b"0"))
        yield status, headers, rest[:length]
        raw = rest[length:]


def assert_worded(by: str, headers: Mapping[bytes, bytes], body: bytes) -> None:
    """A refusal is worded by the API, an OAuth endpoint or the control API; what is none is not looked at."""
    if not by:
        return
    assert headers[b"content-type"] == (b"application/json" if by == "control" else b"application/json;charset=utf-8")
    said = json.loads(body)
    if by == "api":
        assert_envelope(said, said["errors"][0]["errorCode"], said.get("parameterName"))
    elif by == "oauth":
        assert {"error", "error_description", "errors"} == said.keys()
    else:
        assert said.keys() == {"error"}


def closing(code: int) -> bytes:
    """The server's close frame, without a reason."""
    return b"\x88\x02" + code.to_bytes(2, "big")


@pytest.mark.parametrize("more", [b"xyz", b"\x00\x01garbage\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /rest"])
def test_a_request_before_garbage_is_answered_once_and_the_garbage_refused(world_client: Client, more: bytes) -> None:
    body = json.dumps(sms_body("Once")).encode()
    head = f"POST {SMS} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    token = f"Authorization: {world_client.bearer('101')['Authorization']}\r\n\r\n"

    found = list(answers(exchanged(world_client.url, (head + token).encode() + body + more, closed=True)))

    assert [status for status, _, _ in found] == [200, 400]
    assert [message["subject"] for message in world_client.messages("101")] == ["Once"]
