"""Multipart bodies as official clients write them: the JSON first, the files after it."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

BOUNDARY = "ringmock-part-of-a-body"


class File(NamedTuple):
    """A file to send; without a type or a name, its part does not state one."""

    content: bytes
    content_type: str | None = None
    name: str | None = None


class PartNames(NamedTuple):
    """What the contract calls the JSON and each file of an operation's multipart body."""

    first: str = "json"
    further: str = "attachments"


OF_MESSAGES = PartNames()


def encoded(
    body: Any, files: Iterable[File], names: PartNames = OF_MESSAGES, subtype: str = "form-data"
) -> tuple[str, bytes]:
    """Content-Type and bytes of a `multipart/form-data` or `multipart/mixed` body."""
    message = json.dumps(body, ensure_ascii=False).encode("utf-8", errors="surrogatepass")
    parts = [_part(names.first, File(message, "application/json", "request.json"))]
    parts += [_part(names.further, file) for file in files]
    end = f"--{BOUNDARY}--\r\n".encode()
    return f"multipart/{subtype}; boundary={BOUNDARY}", b"".join(parts) + end


def _part(field: str, file: File) -> bytes:
    disposition = f'form-data; name="{field}"' + (f'; filename="{file.name}"' if file.name is not None else "")
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {disposition}"]
    if file.content_type is not None:
        lines.append(f"Content-Type: {file.content_type}")
    return "\r\n".join([*lines, "", ""]).encode() + file.content + b"\r\n"
