"""Multipart bodies as clients write them: any subtype, parts with or without a disposition, encoded or as they are."""

import base64
import quopri
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import decode_rfc2231
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import orjson
from python_multipart.multipart import parse_options_header

from ..domain.attachment import Attachment, incoming_attachment, known_type
from ..server_limits import ServerLimits
from .errors import PartUnreadable, UnparseableRequest

MIXED = "multipart/mixed"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")
_REST_OF_DELIMITER = re.compile(rb"(--)?[ \t]*(\r?\n|\Z)")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_HEADER_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_EXTENDED_NAME = re.compile(r";\s*filename\*\s*=\s*\"?([^;\"]*)", re.IGNORECASE)
_ESCAPED_BY_BROWSERS = {"%22": '"', "%0D": "\r", "%0A": "\n", "%0d": "\r", "%0a": "\n"}

_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})
_NO_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*(?:\r?\n|\Z))")
_BLANKS = b" \t\r\n"

CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "latin-1", "windows-1252"})
"""Of the texts in parts."""


@dataclass(frozen=True)
class MultipartPart:
    """One part: header values by lower-case name, and the content without its transfer encoding."""

    headers: Mapping[str, str]
    content: bytes

    @cached_property
    def _disposition(self) -> Mapping[bytes, bytes]:
        return parse_options_header(self.headers.get("content-disposition"))[1]

    @cached_property
    def _type(self) -> tuple[bytes, Mapping[bytes, bytes]]:
        return parse_options_header(self.headers.get("content-type"))

    @property
    def media_type(self) -> str:
        """In lower case and without parameters; empty where none is stated."""
        return self._type[0].decode("latin-1").strip()

    @property
    def field(self) -> str:
        """The name of the part's form field; empty for a part without one."""
        return _text(self._disposition.get(b"name", b""))

    @property
    def is_file(self) -> bool:
        """Whether its disposition has a file name, even an empty one."""
        return b"filename" in self._disposition or self.file_name is not None

    @property
    def is_no_choice(self) -> bool:
        """Whether it is what a browser sends for a field in which no file was chosen."""
        return self.is_file and self.file_name is None and not self.content

    @property
    def file_name(self) -> str | None:
        """The last step of a path, without control characters."""
        extended = _EXTENDED_NAME.search(self.headers.get("content-disposition", ""))
        given = _extended(extended[1]) if extended else None
        if given is None:
            named = self._disposition.get(b"filename") or self._type[1].get(b"name", b"")
            given = _text(named)
            for escape, character in _ESCAPED_BY_BROWSERS.items():
                given = given.replace(escape, character)
        name = _UNSAFE.sub("", given).replace("\\", "/").rpartition("/")[2].strip()
        return name or None

    @property
    def text(self) -> str:
        """The content by its charset, UTF-8 unless another is stated. Raises `PartUnreadable`."""
        charset = self._type[1].get(b"charset", b"utf-8").decode("latin-1").lower()
        if charset not in CHARSETS:
            raise PartUnreadable(f"the charset {_shown(charset)} of a part is none of {', '.join(sorted(CHARSETS))}")
        try:
            return self.content.decode(charset)
        except UnicodeDecodeError as error:
            raise PartUnreadable(f"a part is no text in {charset}") from error

    @property
    def json(self) -> bytes:
        """The content in UTF-8, to be parsed. Raises `PartUnreadable`."""
        stated = self._type[1].get(b"charset", b"utf-8").lower()
        return self.content if stated in (b"utf-8", b"utf8") else self.text.encode()


def _text(given: bytes) -> str:
    """Clients write UTF-8 in headers, and old ones Latin-1."""
    try:
        return given.decode("utf-8")
    except UnicodeDecodeError:
        return given.decode("latin-1")


def _extended(given: str) -> str | None:
    """The value of an RFC 5987 parameter; None for an invalid one."""
    charset, _, text = decode_rfc2231(given)
    if charset is None or charset.lower() not in CHARSETS:
        return None
    return unquote(text, encoding=charset, errors="replace")


def _shown(value: str) -> str:
    return repr(value[:60])


def split(content_type: bytes, body: bytes, limits: ServerLimits) -> list[MultipartPart]:
    """The parts in order. Text before the first and after the last is ignored (RFC 2046, 5.1.1).

    Raises `UnparseableRequest` without a boundary, for more parts or headers than the limits and for an incomplete
    body, and `PartUnreadable` for a part that its encoding does not match.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    line = b"--" + boundary
    at = 0 if body.startswith(line) else body.find(b"\n" + line) + 1
    opening = _REST_OF_DELIMITER.match(body, at + len(line)) if body.startswith(line, at) else None
    if not boundary or opening is None or opening[1] or not opening[2]:
        raise UnparseableRequest
    return _parts(body, opening.end(), line, opening[2], limits)


def _parts(body: bytes, begin: int, line: bytes, newline: bytes, limits: ServerLimits) -> list[MultipartPart]:
    """`newline` is the line end after the first delimiter, so that no line of a binary file is read as a delimiter."""
    delimiter = newline + line
    parts: list[MultipartPart] = []
    seen = begin
    while (end := body.find(delimiter, seen)) >= 0:
        rest = _REST_OF_DELIMITER.match(body, end + len(delimiter))
        if rest is None:  # a line that begins like one
            seen = end + len(delimiter)
            continue
        if len(parts) == limits.max_parts:
            raise UnparseableRequest
        parts.append(_part(body[begin:end], newline, limits.max_part_headers))
        if rest[1]:
            return parts
        begin = seen = rest.end()
    raise UnparseableRequest


def _part(piece: bytes, newline: bytes, most: int) -> MultipartPart:
    if piece.startswith(newline):
        return MultipartPart({}, piece[len(newline) :])
    head, blank, content = piece.partition(newline * 2)
    if not blank or len(head) > most:
        raise UnparseableRequest
    headers: dict[str, str] = {}
    for header in _FOLD.sub(b" ", head).split(newline):
        name, colon, value = header.partition(b":")
        if not colon or not _HEADER_NAME.fullmatch(name):
            raise UnparseableRequest
        headers[name.decode("ascii").lower()] = value.decode("latin-1").strip()
    return MultipartPart(headers, _decoded(content, headers.get("content-transfer-encoding", "")))


def _decoded(content: bytes, encoding: str) -> bytes:
    """RFC 2045, 6. Raises `PartUnreadable` for an unknown encoding, and for content that does not match it."""
    match encoding.lower():
        case "base64":
            try:
                return base64.b64decode(content.translate(None, _BLANKS), validate=True)
            except ValueError as error:
                raise PartUnreadable("a part is not in base64, as its Content-Transfer-Encoding says") from error
        case "quoted-printable":
            if _NO_ESCAPE.search(content):
                raise PartUnreadable("a part is not in quoted-printable, as its Content-Transfer-Encoding says")
            return quopri.decodestring(content)
        case known if known in _AS_IT_IS:
            return content
    raise PartUnreadable(
        f"the Content-Transfer-Encoding {_shown(encoding)} is none of base64, quoted-printable, 7bit, 8bit and binary"
    )


def attachment_of(part: MultipartPart) -> Attachment:
    """The file of a part, with the stated type or else the one of its file name."""
    return incoming_attachment(known_type(part.media_type, part.file_name), part.file_name, part.content)


class Parts(dict[str, Any]):
    """An answer of JSON parts, without their names: the contract's schema for it is an object."""

    def __init__(self, parts: Mapping[str, Any], boundary: str) -> None:
        super().__init__(parts)
        self.boundary = boundary

    @property
    def media_type(self) -> str:
        """Without quotes around the boundary, because the official JavaScript client reads them as a part of it."""
        return f"{MIXED}; boundary={self.boundary}"

    def encoded(self) -> bytes:
        """The parts in order. JSON has no line breaks, so no part can contain the boundary."""
        opening = f"--{self.boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
        parts = (opening + orjson.dumps(part) + b"\r\n" for part in self.values())
        return b"".join(parts) + f"--{self.boundary}--\r\n".encode()
