"""The content of a file as an answer: whole, or the one range of bytes that was asked for (RFC 9110, 14).

What somebody sent must not run in a browser as if it were a page of this server: types are taken as stated and not
guessed, nothing is loaded or run in what is shown, and what may be more than a picture is saved.
"""

import re
from urllib.parse import quote

from ..domain.attachment import INERT_TYPES
from .call import Answer, Call
from .errors import RangeNotSatisfiable

_NOT_PLAIN = re.compile(r"[^ !#$&-.0-9:-\[\]-~]")
"""What a name cannot hold for clients that read the older parameter alone: quotes, backslashes, slashes and `%`, which
they take for something else, and all that is not ASCII (RFC 6266, appendix D)."""

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

Headers = tuple[tuple[str, str], ...]

HARMLESS: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "sandbox; default-src 'none'"),
)


def content_answer(call: Call, content: bytes, media_type: str, file_name: str) -> Answer:
    """A file, under the disposition and the name that the call asks for.

    Raises `RangeNotSatisfiable`. A Range that is no range of bytes, or several of them, is passed over, as is one
    that holds only under a condition: nothing here has a tag that it could hold by.
    """
    kind = disposition_of(media_type, call.parameters["contentDisposition"] or "Attachment")
    told = disposition(kind, call.parameters["contentDispositionFilename"] or file_name)
    headers: Headers = (("Content-Disposition", told), ("Accept-Ranges", "bytes"), *HARMLESS)
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


def disposition_of(media_type: str, asked: str) -> str:
    """`inline` where that is asked for and a browser runs nothing of such a file, `attachment` else."""
    is_inert = media_type.partition(";")[0].strip().lower() in INERT_TYPES
    return "inline" if is_inert and asked.lower() == "inline" else "attachment"


def disposition(kind: str, file_name: str) -> str:
    """The header that says what to do with a file, and under which name (RFC 6266)."""
    plain = _NOT_PLAIN.sub("_", file_name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
