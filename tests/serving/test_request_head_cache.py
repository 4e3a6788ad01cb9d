"""Heads that are known by their bytes: what is kept, and that a known request is answered as an unknown one."""

import pytest

from ringmock.http.call import HEADERS
from ringmock.serving.request_head_cache import LONGEST_HEAD, KnownHead, KnownHeads

URL = b"/restapi/v1.0/account/~?page=1"
HOST = (b"host", b"a")


def head_of(*headers: tuple[bytes, bytes], version: str = "1.1") -> bytes:
    lines = [b"%b: %b" % header for header in headers]
    return b"\r\n".join([b"POST %b HTTP/%b" % (URL, version.encode()), *lines, b"", b""])


def learned(*headers: tuple[bytes, bytes], length: int = 0, version: str = "1.1") -> KnownHead | None:
    heads, head = KnownHeads(), head_of(*headers, version=version)
    heads.learn(head, length, "POST", URL, list(headers), "")
    return heads.get(head)


def test_a_plain_head_is_known_with_the_scope_that_the_parser_would_give_it() -> None:
    headers = (HOST, (b"content-length", b"3"), (b"x", b"1"), (b"x", b"2"))

    known = learned(*headers, length=3)

    assert known == KnownHead(
        URL,
        3,
        {
            "type": "http",
            "http_version": "1.1",
            "root_path": "",
            "headers": [*headers],
            "method": "POST",
            "path": "/restapi/v1.0/account/~",
            "raw_path": b"/restapi/v1.0/account/~",
            "query_string": b"page=1",
            HEADERS: ([*headers], {b"host": b"a", b"content-length": b"3", b"x": b"2"}),
        },
    )


@pytest.mark.parametrize(
    ("headers", "length", "version"),
    [
        ([(b"content-length", b"3")], 2, "1.1"),
        ([(b"content-length", b"03")], 3, "1.1"),
        ([(b"content-length", b"3"), (b"content-length", b"3")], 3, "1.1"),
        ([], 3, "1.1"),
        ([], 0, "1.0"),
        ([(b"transfer-encoding", b"chunked")], 0, "1.1"),
        ([(b"expect", b"100-continue")], 0, "1.1"),
        ([(b"upgrade", b"websocket")], 0, "1.1"),
        ([(b"connection", b"close")], 0, "1.1"),
        ([(b"connection", b"keep-alive, upgrade")], 0, "1.1"),
    ],
)
def test_a_head_after_which_anything_but_its_declared_body_may_come_is_not_kept(
    headers: list[tuple[bytes, bytes]], length: int, version: str
) -> None:
    assert learned(HOST, *headers, length=length, version=version) is None


@pytest.mark.parametrize(("size", "is_kept"), [(LONGEST_HEAD, True), (LONGEST_HEAD + 1, False)])
def test_a_head_is_kept_up_to_a_length(size: int, is_kept: bool) -> None:
    padding = size - len(head_of(HOST, (b"x", b"")))

    assert (learned(HOST, (b"x", b"a" * padding)) is not None) is is_kept


def test_the_oldest_head_goes_when_there_are_too_many() -> None:
    heads = KnownHeads(most=2)
    for name in (b"a", b"b", b"c"):
        heads.learn(head_of((b"host", name)), 0, "GET", URL, [(b"host", name)], "")

    assert [heads.get(head_of((b"host", name))) is not None for name in (b"a", b"b", b"c")] == [False, True, True]
    assert len(heads) == 2
