"""Heads of requests that were parsed before, by their bytes: the parser would make the same of them."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httptools

from ..http.call import HEADERS
from ..http.known_calls import KnownCall, KnownCalls

MOST_HEADS = 1024
"""How many are kept; the oldest goes."""
LONGEST_HEAD = 1024
"""Bytes of a head that is worth keeping: all that are kept come to a few megabytes."""

_NOT_PLAIN = frozenset({b"expect", b"transfer-encoding", b"upgrade", b"trailer", b"te"})


@dataclass(slots=True)
class KnownHead:
    """What the parser made of a head, and the length of the body that comes after it."""

    url: bytes
    length: int
    scope: dict[str, Any]
    """The ASGI scope but for what belongs to a connection."""
    _calls: KnownCalls | None = field(default=None, compare=False)
    _known: KnownCall | None = field(default=None, compare=False)

    def known_call(self, calls: KnownCalls, scheme: str) -> KnownCall | None:
        """What the head says to an application whose calls these are; None where its calls take the usual way."""
        if self._calls is not calls:
            self._calls, self._known = calls, calls.read(self.scope, scheme)
        return self._known


class KnownHeads:
    """The heads that a server has seen of late."""

    def __init__(self, most: int = MOST_HEADS, longest: int = LONGEST_HEAD) -> None:
        self._heads: dict[bytes, KnownHead] = {}
        self._most = most
        self._longest = longest
        self.get = self._heads.get
        """What is known of a head, by its bytes to the empty line and with it."""

    def __len__(self) -> int:
        return len(self._heads)

    def learn(
        self, head: bytes, length: int, method: str, url: bytes, headers: list[tuple[bytes, bytes]], root_path: str
    ) -> None:
        """Keep a head that came with a body of this length and nothing else, if it is short and plain.

        Plain is a head of HTTP/1.1 whose only framing is its Content-Length: a request with such a head ends with its
        body, and the connection stays as it is. `method`, `url` (a path and its query) and `headers` are as parsed.
        """
        if len(head) > self._longest or not is_plain(head, length, headers):
            return
        if len(self._heads) >= self._most:
            del self._heads[next(iter(self._heads))]
        parsed = httptools.parse_url(url)
        self._heads[head] = KnownHead(
            url,
            length,
            {
                "type": "http",
                "http_version": "1.1",
                "root_path": root_path,
                "headers": headers,
                "method": method,
                "path": root_path + unquote(parsed.path.decode("ascii")),
                "raw_path": root_path.encode("ascii") + parsed.path,
                "query_string": parsed.query or b"",
                HEADERS: (headers, dict(headers)),
            },
        )


def is_plain(head: bytes, length: int, headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a request with this head ends after a body of `length` bytes, and the next one may follow."""
    declared = [value for name, value in headers if name == b"content-length"]
    if declared != [b"%d" % length] and (length or declared):
        return False
    if not head.partition(b"\r\n")[0].endswith(b" HTTP/1.1"):
        return False
    return not any(
        name in _NOT_PLAIN or (name == b"connection" and value.lower() != b"keep-alive") for name, value in headers
    )
