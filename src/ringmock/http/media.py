"""The content of a file as an answer: whole, or the one range of bytes that was asked for (RFC 9110, 14)."""

import re
from urllib.parse import quote

from .call import Answer, Call
from .errors import RangeNotSatisfiable

_NOT_PLAIN = re.compile(r"[^ !#$&-.0-9:-\[\]-~]")
"""What a name cannot hold for clients that read the older parameter alone: quotes, backslashes, slashes and `%`, which
they take for something else, and all that is not ASCII (RFC 6266, appendix D)."""

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

Headers = tuple[tuple[str, str], ...]


def content_answer(call: Call, content: bytes, media_type: str, file_name: str) -> Answer:
    """A file, under the disposition and the name that the call asks for.

    Raises `RangeNotSatisfiable`. A Range that is no range of bytes, or several of them, is passed over, as is one
    that holds only under a condition: nothing here has a tag that it could hold by.
    """
    headers: Headers = (("Content-Disposition", _disposition(call, file_name)), ("Accept-Ranges", "bytes"))
    asked = None if b"if-range" in call.headers else _range_of(call.headers.get(b"range"))
    if asked is None:
        return Answer(content, headers=headers, media_type=media_type)
    start, end = _bounds(*asked, length=len(content))
    part = (("Content-Range", f"bytes {start}-{end - 1}/{len(content)}"),)
    return Answer(content[start:end], 206, headers + part, media_type)


def _range_of(header: bytes | None) -> tuple[str, str] | None:
    """Both ends of the one range as they are written; None when there is no such range."""
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


def _disposition(call: Call, default_name: str) -> str:
    kind = (call.parameters["contentDisposition"] or "Attachment").lower()
    file_name = call.parameters["contentDispositionFilename"] or default_name
    plain = _NOT_PLAIN.sub("_", file_name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
