"""Multipart bodies as the official clients send them: any subtype, parts with or without a disposition."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from ..domain.attachment import UNKNOWN_TYPE, Attachment, is_media_type, type_by_name
from .errors import UnparseableRequest

MIXED = "multipart/mixed"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(slots=True)
class Part:
    """One part: header values by lower-case name, and the content as it came."""

    headers: dict[str, str] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)


class _Collector:
    """Receives the parser's callbacks and keeps whole parts."""

    def __init__(self, most: int) -> None:
        self.parts: list[Part] = []
        self._most = most
        self._name = b""
        self._value = b""

    def on_part_begin(self) -> None:
        if len(self.parts) == self._most:
            raise FormParserError
        self.parts.append(Part())

    def on_header_begin(self) -> None:
        self._name = self._value = b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self.parts[-1].headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += data[start:end]


def split(content_type: bytes, body: bytes, most: int) -> list[Part]:
    """The parts in their order.

    Raises `UnparseableRequest` without a boundary, for more than `most` parts and for a body that breaks off.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    collector = _Collector(most)
    callbacks = {name: getattr(collector, name) for name in dir(collector) if name.startswith("on_")}
    try:
        parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]  # a TypedDict of these very names
        parser.write(body)
    except (FormParserError, ValueError) as error:
        raise UnparseableRequest from error
    if not boundary or parser.state != MultipartState.END or not collector.parts:
        raise UnparseableRequest
    return collector.parts


def attachment_of(part: Part) -> Attachment:
    """The file that a part is: of the type that it states, or else of the one that its name promises."""
    disposition = parse_options_header(part.headers.get("content-disposition"))[1]
    file_name = _file_name(disposition.get(b"filename", b""))
    stated = part.headers.get("content-type", "").partition(";")[0].strip().lower()
    content_type = stated or type_by_name(file_name)
    known = content_type if is_media_type(content_type) else UNKNOWN_TYPE
    return Attachment(known, file_name, bytes(part.content))


def _file_name(given: bytes) -> str | None:
    """The last step of a path, without control characters; clients write UTF-8 here, and old ones Latin-1."""
    try:
        text = given.decode("utf-8")
    except UnicodeDecodeError:
        text = given.decode("latin-1")
    name = _UNSAFE.sub("", text).replace("\\", "/").rpartition("/")[2].strip()
    return name or None


class Parts(dict[str, Any]):
    """An answer of JSON parts, by names that are not told: the contract's schema for it speaks of an object."""

    def __init__(self, parts: Mapping[str, Any], boundary: str) -> None:
        super().__init__(parts)
        self.boundary = boundary

    @property
    def media_type(self) -> str:
        """Without quotes around the boundary, which the official JavaScript client would take for a part of it."""
        return f"{MIXED}; boundary={self.boundary}"

    def encoded(self) -> bytes:
        """The parts in their order. JSON has no line breaks, so no part can hold the boundary."""
        opening = f"--{self.boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
        parts = (opening + orjson.dumps(part) + b"\r\n" for part in self.values())
        return b"".join(parts) + f"--{self.boundary}--\r\n".encode()
