"""A file as the content of an answer: the whole file, or one requested range of bytes (RFC 9110, 14).

Content from senders must not run in a browser as a page of this server. Types are not sniffed, a displayed file can
neither load nor run anything, and files that can contain scripts are downloads.
"""

import re
from urllib.parse import quote

from ..domain.attachment import INERT_TYPES
from .call import Answer, Call
from .errors import RangeNotSatisfiable

_NOT_PLAIN = re.compile(r"[^ !#$&-.0-9:-\[\]-~]")
"""Characters that a name cannot have for clients that read only the older parameter: quotes, backslashes, slashes and
`%`, which they misread, and everything outside ASCII (RFC 6266, appendix D).
"""

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

Headers = tuple[tuple[str, str], ...]

HARMLESS: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "sandbox; default-src 'none'"),
)


def content_answer(call: Call, content: bytes, media_type: str, file_name: str) -> Answer:
    """A file, with the disposition and the name that the call requests.

    Raises `RangeNotSatisfiable`. Ignores a Range that is no range of bytes, several ranges, and a conditional one: no
    file has a tag to compare.
    """
    kind = disposition_of(media_type, call.parameters["contentDisposition"] or "Attachment")
    header = disposition(kind, call.parameters["contentDispositionFilename"] or file_name)
    headers: Headers = (("Content-Disposition", header), ("Accept-Ranges", "bytes"), *HARMLESS)
    asked = None if b"if-range" in call.headers else _range_of(call.headers.get(b"range"))
    if asked is None:
        return Answer(content, headers=headers, media_type=media_type)
    start, end = _bounds(*asked, length=len(content))
    part = (("Content-Range", f"bytes {start}-{end - 1}/{len(content)}"),)
    return Answer(content[start:end], 206, headers + part, media_type)


def _range_of(header: bytes | None) -> tuple[str, str] | None:
    """Both ends of the one range as written; None when there is no such range."""
    found = _RANGE.fullmatch((header or b"").decode("latin-1").strip().lower())
    if found is None:
        return None
    first, last = found.groups()
    is_range = bool(last) if not first else not last or int(first) <= int(last)
    return (first, last) if is_range else None


def _bounds(first: str, last: str, *, length: int) -> tuple[int, int]:
    """The slice of the content, which is never empty: `-5` means its last five bytes."""
    start = int(first) if first else max(0, length - int(last))
    end = min(length, int(last) + 1) if first and last else length
    if start >= length:
        raise RangeNotSatisfiable(length)
    return start, end


def disposition_of(media_type: str, asked: str) -> str:
    """`inline` when requested and safe for a browser to display, otherwise `attachment`."""
    is_inert = media_type.partition(";")[0].strip().lower() in INERT_TYPES
    return "inline" if is_inert and asked.lower() == "inline" else "attachment"


def disposition(kind: str, file_name: str) -> str:
    """The header that says what to do with a file, and under which name (RFC 6266)."""
    plain = _NOT_PLAIN.sub("_", file_name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
