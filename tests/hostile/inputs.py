"""Inputs that stock frameworks answer with a 500, a redirect or silence, byte by byte as they go over the wire.

`tests/hostile/test_inputs.py` holds the server to an answer for each; `benchmarks/hostile.py` times them.
"""

import gzip
import http.client
import json
import socket
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from support import OWN, PAGER, SMS, STORE, TOKEN, basic, sms_body

JSON = {"Content-Type": "application/json"}
MIXED = {"Content-Type": "multipart/mixed; boundary=b"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
VALID = json.dumps(sms_body()).encode()
RECIPIENT = b'{"phoneNumber": "14151003732"}'
UTF_16 = VALID.decode().encode("utf-16")
GZIP = gzip.compress(VALID, mtime=0)
LARGE_ID = b'{"replyOn": 9223372036854775808, "text": "Hello"}'
DEEP = 20_000
MEGABYTE = 1024 * 1024


def sms_with(text: bytes) -> bytes:
    """An SMS with this JSON in the place of its text."""
    return VALID.replace(b'"Hello"', text)


def sms_to(recipient: bytes, times: int, last: bytes) -> bytes:
    """An SMS to so many times the same recipient, and to another one."""
    return VALID.replace(RECIPIENT, b",".join([*[recipient] * times, last]))


def keys(count: int) -> bytes:
    """An object of so many keys."""
    return json.dumps(dict.fromkeys(map(str, range(count)), 1)).encode()


def multipart(*parts: bytes) -> bytes:
    """Parts between boundaries named `b`."""
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def typed(content_type: str, **more: str) -> dict[str, str]:
    return {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in more.items()}}


class Hostile(NamedTuple):
    """One input and the answer it deserves."""

    id: str
    status: int
    code: str
    parameter: str | None = None
    body: bytes = b""
    headers: dict[str, str] = JSON
    method: str = "POST"
    target: str = SMS
    by: str | None = "101"

    @property
    def is_oauth(self) -> bool:
        """Whether the refusal is in RFC 6749's shape."""
        return self.target.startswith(TOKEN)


def body(id: str, code: str, body: bytes, parameter: str | None = None) -> Hostile:  # noqa: A002
    """A body of `createSMSMessage` that is no good."""
    return Hostile(id, 400, code, parameter, body)


def media_type(id: str, headers: dict[str, str], body: bytes = VALID) -> Hostile:  # noqa: A002
    """A body under a Content-Type that is not taken."""
    return Hostile(id, 415, "CMN-104", body=body, headers=headers)


def parts(id: str, content_type: str, body: bytes) -> Hostile:  # noqa: A002
    """A multipart body that falls apart."""
    return Hostile(id, 400, "CMN-104", body=body, headers=typed(content_type))


def path(id: str, target: str, status: int = 404, code: str = "CMN-120", parameter: str | None = None) -> Hostile:  # noqa: A002
    """A path that names nothing."""
    return Hostile(id, status, code, parameter, headers={}, method="GET", target=target)


def query(id: str, query: str, parameter: str | None, code: str = "CMN-101") -> Hostile:  # noqa: A002
    """A query of the message list that is no good."""
    return Hostile(id, 400, code, parameter, headers={}, method="GET", target=f"{STORE}?{query}")


def credentials(id: str, code: str, **headers: str) -> Hostile:  # noqa: A002
    """A call whose Authorization opens nothing."""
    return Hostile(id, 401, code, body=VALID, headers={**JSON, **headers}, by=None)


def form(id: str, body: bytes, code: str, status: int = 400, headers: dict[str, str] | None = None) -> Hostile:  # noqa: A002
    """A form of `getToken` that is no good."""
    client = basic("hostile", "secret")
    return Hostile(id, status, code, None, body, {**client, **(headers or FORM)}, target=TOKEN, by=None)


HOSTILE_INPUTS = (
    # JSON
    body("an array 20,000 levels deep", "CMN-103", b"[" * DEEP + b"]" * DEEP),
    body("an object 20,000 levels deep", "CMN-103", b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    body("100,000 brackets that nobody closes", "CMN-103", b"[" * 100_000),
    body("a text that is an array 20,000 levels deep", "CMN-103", sms_with(b"[" * DEEP + b"]" * DEEP)),
    body("an array of 99 levels in an object", "CMN-101", sms_with(b"[" * 99 + b"]" * 99), "text"),
    body("an array of 100 levels in an object", "CMN-103", sms_with(b"[" * 100 + b"]" * 100)),
    body("a surrogate deep in an array", "CMN-101", sms_with(b"[" * 99 + b'"\\ud800"' + b"]" * 99), "text"),
    body("invalid UTF-8", "CMN-103", sms_with(b'"\xff\xfe"')),
    body("an overlong UTF-8 sequence", "CMN-103", sms_with(b'"\xc0\xaf"')),
    body("a UTF-16 body", "CMN-103", UTF_16),
    body("a gzip body that does not say so", "CMN-103", GZIP),
    body("an integer of 10,000 digits", "CMN-103", sms_with(b"1" * 10_000)),
    body("NaN", "CMN-103", sms_with(b"NaN")),
    body("Infinity", "CMN-103", sms_with(b"Infinity")),
    body("-Infinity", "CMN-103", sms_with(b"-Infinity")),
    body("1e999", "CMN-103", sms_with(b"1e999")),
    body("a lone surrogate", "CMN-101", sms_with(b'"\\ud800"'), "text"),
    body("a lone surrogate in a name", "CMN-101", b'{"\\ud800": 1,' + VALID[1:]),
    body("half a body", "CMN-103", VALID[: len(VALID) // 2]),
    body("an empty body", "CMN-101", b""),
    body("null", "CMN-101", b"null"),
    body("an array", "CMN-101", b"[]"),
    body("a text in the place of the object", "CMN-101", b'"Hello"'),
    body("a phone number and a line feed", "CMN-101", VALID.replace(b'3732"', b'3732\\n"'), "to.phoneNumber"),
    body("9,000 recipients that are none", "CMN-101", VALID.replace(RECIPIENT, b"1," * 8_999 + b"1"), "to"),
    Hostile("20,000 recipients", 413, "CMN-104", body=VALID.replace(RECIPIENT, b"1," * 19_999 + b"1")),
    Hostile("300,000 recipients, the last one bad", 413, "CMN-104", body=sms_to(RECIPIENT, 299_999, b"{}")),
    body("4,000 recipients, the last one bad", "CMN-101", sms_to(RECIPIENT, 3_999, b"{}"), "to.phoneNumber"),
    Hostile("700,000 keys", 413, "CMN-104", body=keys(700_000)),
    body("9,000 keys", "CMN-101", keys(9_000), "from"),
    Hostile("a text of 9,000 brackets and commas", 400, "MSG-338", "text", sms_with(b'"' + b"[,\\\"" * 9_000 + b'"')),
    Hostile("10 MB of quotes", 413, "CMN-104", body=b'"' * 10 * MEGABYTE),
    body("10 MB of backslashes", "CMN-103", b"\\" * 10 * MEGABYTE),
    body("10 MB of escapes in a text without an end", "CMN-103", b'{"text":"' + b'\\"' * 5 * (MEGABYTE - 10)),
    Hostile("9 MB of escapes in a text", 400, "MSG-338", "text", sms_with(b'"' + b'\\"' * 4 * MEGABYTE + b'"')),
    body("9 MB of lone surrogates", "CMN-103", sms_with(b'"' + b"\\ud800" * MEGABYTE + b'"')),
    Hostile("an id of 64 bits", 400, "CMN-101", "replyOn", LARGE_ID, target=PAGER),
    # How much of it
    Hostile("64 MB, as Content-Length has it", 413, "CMN-104", headers={**JSON, "Content-Length": str(64 * MEGABYTE)}),
    Hostile("a Content-Length of 18 digits", 413, "CMN-104", headers={**JSON, "Content-Length": "9" * 18}),
    # What kind of body it is said to be
    media_type("a gzip body that says so", typed("application/json", Content_Encoding="gzip"), GZIP),
    media_type("no Content-Type", {}),
    media_type("an empty Content-Type", typed("")),
    media_type("a media type without a slash", typed("json")),
    media_type("a media type with two slashes", typed("application/json/x")),
    media_type("a media type that is not taken", typed("application/xml")),
    media_type("another charset", typed("application/json; charset=iso-8859-1")),
    media_type("a charset of 16 bits", typed("application/json; charset=utf-16"), UTF_16),
    media_type("a charset that nobody knows", typed("application/json;charset=bogus")),
    Hostile("an upper-case Content-Type", 400, "CMN-101", "text", sms_with(b"1"), typed("APPLICATION/JSON")),
    # Multipart
    parts("multipart without a boundary", "multipart/form-data", multipart(b"\r\n" + VALID)),
    parts("multipart with an empty boundary", "multipart/form-data; boundary=", multipart(b"\r\n" + VALID)),
    parts("garbage in the place of parts", "multipart/form-data; boundary=b", b"\x00garbage\xff" * 50),
    parts("multipart without a part", "multipart/form-data; boundary=b", b"--b--\r\n"),
    parts("multipart that breaks off", "multipart/mixed; boundary=b", b"--b\r\n\r\n" + VALID),
    parts("a part with a broken header", "multipart/form-data; boundary=b", multipart(b"no colon\r\n\r\n" + VALID)),
    Hostile("a part that is no JSON", 400, "CMN-103", body=multipart(b"\r\nHello"), headers=MIXED),
    parts("a thousand parts", "multipart/mixed; boundary=b", multipart(*[b"\r\n{}"] * 1000)),
    Hostile("half boundaries", 400, "CMN-103", body=multipart(b"\r\n" + b"\r\n--" * 10_000), headers=MIXED),
    Hostile("an MMS without a body", 400, "CMN-101", headers={}, target=f"{OWN}/mms"),
    # Paths and methods
    path("a line feed in the path", f"{OWN}/message-store%0A"),
    path("a NUL in the path", f"{OWN}/message-store%00"),
    path("an empty segment in the path", "/restapi/v1.0//account/~"),
    path("two slashes at the end of the path", f"{STORE}//"),
    path("a path of 2,049 characters", "/restapi/v1.0/" + "a" * 2035),
    path("an id of 5,000 digits", f"{STORE}/{'1' * 5000}"),
    path("an id beyond 64 bits in the path", f"{STORE}/9223372036854775808", 404, "CMN-102", "messageId"),
    path("arabic digits in the path", f"{STORE}/%D9%A1", 400, "CMN-101", "messageId"),
    path("invalid UTF-8 in the path", f"{STORE}/%FF", 400, "CMN-101", "messageId"),
    path("dots in the path", "/restapi/v1.0/account/~/../../../etc/passwd"),
    Hostile("the method QUERY", 405, "CMN-120", body=VALID, method="QUERY"),
    Hostile("the method TRACE", 405, "CMN-120", headers={}, method="TRACE"),
    Hostile("a method of WebDAV", 405, "CMN-120", headers={}, method="PROPFIND"),
    # Queries
    query("arabic digits in the query", "perPage=%D9%A1", "perPage"),
    query("an integer with an underscore", "perPage=1_000", "perPage"),
    query("an integer between spaces", "perPage=%201%20", "perPage"),
    query("an integer of 5,000 digits in the query", f"perPage={'1' * 5000}", "perPage"),
    query("a parameter given twice", "perPage=1&perPage=2", "perPage"),
    query("a line feed after a phone number", "phoneNumber=14151003732%0A", "phoneNumber"),
    query("a date of the year 10000", "dateTo=10000-01-01T00:00:00Z", "dateTo"),
    query("a window that begins before time", "dateTo=0001-01-01T00:00:00Z", "dateTo"),
    query("invalid UTF-8 in the query", "phoneNumber=%FF", None, "CMN-104"),
    query("more than 1,000 parameters", "&".join(["a=1"] * 1001), None, "CMN-104"),
    # Who asks
    credentials("no token", "AGW-401"),
    credentials("a header that is no credentials", "AGW-402", Authorization="Bearer"),
    credentials("a scheme that nobody knows", "AGW-402", Authorization="Digest username=x"),
    credentials("a Basic header where a token belongs", "OAU-151", **basic("ringmock", "ringmock-secret")),
    credentials("a token of 8,000 characters", "OAU-149", Authorization="Bearer " + "a" * 8000),
    credentials("a token beyond ASCII", "OAU-149", Authorization="Bearer \xff\xfe"),
    # OAuth
    form("nine megabytes of percent signs", b"grant_type=" + b"%" * 9 * MEGABYTE, "CMN-104", 413),
    form("a million fields", b"&".join([b"a=1"] * 1_000_000), "CMN-104", 413),
    form("a form of 64 kB", b"a=" + b"%" * (64 * 1024 - 2), "CMN-101"),
    form("a form of 64 kB and a byte", b"a=" + b"%" * (64 * 1024 - 1), "CMN-104", 413),
    form("a form of more than 1,000 fields", b"&".join([b"a=1"] * 1001), "CMN-104"),
    form("invalid UTF-8 in a form", b"grant_type=password&username=%FF", "CMN-104"),
    form("a grant type given twice", b"grant_type=password&grant_type=password", "CMN-101"),
    form("an empty form", b"", "CMN-101"),
    form("JSON in the place of a form", b'{"grant_type": "password"}', "CMN-104", 415, JSON),
    form("a client that is no base64", b"grant_type=password", "AGW-402", 401, {**FORM, "Authorization": "Basic %%%"}),
    form("a client beyond ASCII", b"grant_type=password", "AGW-402", 401, {**FORM, "Authorization": "Basic \xe9A=="}),
    form("a client beyond UTF-8", b"grant_type=password", "AGW-402", 401, {**FORM, "Authorization": "Basic //8="}),
)  # fmt: skip


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


def send(url: str, hostile: Hostile, bearer: dict[str, str]) -> Answer:
    """The input over a socket of its own, since a client library would refuse to send it."""
    headers = {"Content-Length": str(len(hostile.body)), **({} if hostile.by is None else bearer), **hostile.headers}
    lines = [f"{hostile.method} {hostile.target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return exchange(url, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + hostile.body, hostile.method)


def exchange(url: str, request: bytes, method: str = "POST") -> Answer:
    """These very bytes, and what is answered."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection, method=method)
        answer.begin()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
