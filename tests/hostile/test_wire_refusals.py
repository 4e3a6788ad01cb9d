"""What no parser takes, byte by byte over a socket: an answer in the envelope, and an end of the connection."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from support import SMS, Client, assert_envelope, assert_oauth_envelope, sms_body

HEAD = b"GET /restapi HTTP/1.1\r\nHost: a\r\n"


def header(size: int) -> bytes:
    """A header line of so many bytes, name and value and what is between."""
    return b"X: " + b"a" * (size - 3) + b"\r\n"


def block(size: int) -> bytes:
    """Headers of so many bytes with those of `HEAD`."""
    left = size - len(b"Host: a\r\n")
    return header(8000) * (left // 8002) + header(left % 8002 - 2)


def exchanged(url: str, *pieces: bytes, shut: bool = False) -> bytes:
    """All that is answered to these pieces until the server ends the connection."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=8) as connection:
        for piece in pieces:
            connection.sendall(piece)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def answers(raw: bytes) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    found = []
    while raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
        length = int(headers.get(b"content-length", b"0"))
        found.append((int(first.split()[1]), headers, rest[:length]))
        raw = rest[length:]
    return found


WS = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
REFUSED = {
    "an unknown method": (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "a lower-case method": (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "CONNECT": (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "garbage": (b"\x16\x03\x01\x02", 400),
    "a tab in the first line": (b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "HTTP/0.9": (b"GET /\r\n\r\n", 505),
    "no Host": (b"GET /restapi HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (HEAD + b"Host: a\r\n\r\n", 400),
    "two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    "a length and chunks": (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "another coding": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "a bad chunk": (b"POST /restapi HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    "a long URI": (b"GET /" + b"a" * 8192 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "a long URI without end": (b"GET /" + b"a" * 8192, 414),
    "a long header": (HEAD + header(8193) + b"\r\n", 431),
    "a long header without end": (HEAD + header(8195)[:-2], 431),
    "101 headers": (HEAD + b"X: 1\r\n" * 100 + b"\r\n", 431),
    "32 KB of headers and one": (HEAD + block(32769) + b"\r\n", 431),
    "long trailers": (
        b"POST /restapi HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + header(8193) + b"\r\n",
        431,
    ),
    "a handshake with a long line": (WS + header(8193) + b"\r\n", 431),
    "a handshake with 126 headers": (WS + b"X: 1\r\n" * 121 + b"\r\n", 431),
    "a handshake with a length": (WS + b"Content-Length: 5\r\n\r\n", 400),
}


@pytest.mark.parametrize(("request_bytes", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_parser_takes_is_refused_in_the_envelope(
    world_client: Client, request_bytes: bytes, status: int
) -> None:
    (answer,) = answers(exchanged(world_client.url, request_bytes))

    assert (answer[0], answer[1][b"connection"]) == (status, b"close")
    body = json.loads(answer[2])
    assert_envelope(body, body["errorCode"])
    assert world_client.post_sms("Still there?").status_code == 200


@pytest.mark.parametrize(
    "more",
    [header(8192), b"X: 1\r\n" * 98, block(32768 - len(b"Connection: close\r\n"))],
    ids=["a line of 8 KB", "100 headers", "32 KB of headers"],
)
def test_what_is_at_a_limit_is_taken(world_client: Client, more: bytes) -> None:
    whole = HEAD + more + b"Connection: close\r\n\r\n"

    assert [status for status, _, _ in answers(exchanged(world_client.url, whole))] == [200]
    assert [status for status, _, _ in answers(exchanged(world_client.url, whole[:5000], whole[5000:]))] == [200]


def test_a_uri_at_the_limit_is_taken(world_client: Client) -> None:
    target = b"/restapi?a=" + b"a" * (8192 - 11)

    raw = exchanged(world_client.url, b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert [status for status, _, _ in answers(raw)] == [200]


@pytest.mark.parametrize("more", [b"xyz", b"\x00\x01garbage\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_a_request_before_garbage_is_answered_and_the_garbage_refused(world_client: Client, more: bytes) -> None:
    body = json.dumps(sms_body("Once")).encode()
    head = f"POST {SMS} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    token = f"Authorization: {world_client.bearer('101')['Authorization']}\r\n\r\n"

    found = answers(exchanged(world_client.url, (head + token).encode() + body + more))

    assert [status for status, _, _ in found] == [200, 400]
    assert [message["subject"] for message in world_client.messages("101")] == ["Once"]


def test_a_token_request_that_is_too_large_is_refused_in_the_shape_of_rfc_6749(world_client: Client) -> None:
    raw = exchanged(world_client.url, b"POST /restapi/oauth/token HTTP/1.1\r\nHost: a\r\n" + header(8193) + b"\r\n")

    assert_oauth_envelope(json.loads(answers(raw)[0][2]), "invalid_request", "CMN-104")
