"""Attachments of an MMS: what may be sent, and what a copy of the message keeps of it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from . import errors
from .text import is_encodable

MAX_ATTACHMENTS = 10
MAX_ATTACHMENT_BYTES = 1_500_000
"""Of all attachments of one message together."""

UNKNOWN_TYPE = "application/octet-stream"

MEDIA_TYPES = {
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/bmp": ("bmp",),
    "image/gif": ("gif",),
    "image/tiff": ("tiff", "tif"),
    "image/svg+xml": ("svg",),
    "image/webp": ("webp",),
    "video/3gpp": ("3gp",),
    "video/mp4": ("mp4",),
    "video/mpeg": ("mpeg", "mpg"),
    "video/avi": ("avi",),
    "video/x-flv": ("flv",),
    "video/x-ms-wmv": ("wmv",),
    "video/quicktime": ("mov",),
    "video/webm": ("webm",),
    "video/ogg": ("ogv",),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a",),
    "audio/ogg": ("ogg",),
    "audio/wav": ("wav",),
    "audio/amr": ("amr",),
    "audio/3gpp": ("3gpp",),
    "text/vcard": ("vcf",),
    "text/html": ("html", "htm"),
    "text/plain": ("txt",),
    "text/csv": ("csv",),
    "text/calendar": ("ics",),
    "application/zip": ("zip",),
    "application/gzip": ("gz",),
    "application/rtf": ("rtf",),
    "application/pdf": ("pdf",),
}
"""What an MMS may carry, and how the names of such files end."""

_TYPE_OF_ENDING = {ending: media_type for media_type, endings in MEDIA_TYPES.items() for ending in endings}


_NAME = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"  # RFC 6838, 4.2
_MEDIA_TYPE = re.compile(f"{_NAME}/{_NAME}")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")

MAX_CONTENT_TYPE = 255
"""Characters of a media type with its parameters; each half of the type has 127 at most (RFC 6838, 4.2)."""

MAX_FILE_NAME = 255
"""Characters of a file's name, as file systems take them."""

CONTENT_FAMILIES = ("text", "image", "audio", "video", "application")
"""The top-level types that the content of a message is answered in."""

INERT_TYPES = frozenset(
    {"text/plain", *(name for name in MEDIA_TYPES if name.startswith(("image/", "audio/", "video/")))}
) - {"image/svg+xml"}
"""What a browser only shows or plays. Any other file may bring a script along, as HTML, SVG and PDF do."""


class Attachment(NamedTuple):
    """A file that comes with a message. All copies of the message share it: its bytes are there once.

    `content_type` is in lower case and has no parameters; `file_name` is None where the sender gave none.
    """

    content_type: str
    file_name: str | None
    content: bytes


class HeldAttachment(NamedTuple):
    """A file as one copy of a message holds it: under an id of its own."""

    id: int
    file: Attachment

    @property
    def name(self) -> str:
        """The file's name, or one made of the id and the usual ending."""
        ending = MEDIA_TYPES.get(self.file.content_type, ("bin",))[0]
        return self.file.file_name or f"{self.id}.{ending}"


def is_media_type(text: str) -> bool:
    """Whether it is a media type in lower case, without parameters."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def received_attachment(content_type: str, file_name: str | None, content: bytes) -> Attachment:
    """A file that a phone outside sends, with what it says of it; without a type, its name promises one.

    Raises `ValueError`, with a sentence that says what would be right, for what no content of a message can be.
    """
    if not isinstance(content_type, str) or not isinstance(file_name, str | None) or not isinstance(content, bytes):
        raise ValueError("An attachment has a media type, a name or None, and bytes.")  # one kind of error
    if not content:
        raise ValueError("An attachment has at least one byte.")
    if len(content_type) > MAX_CONTENT_TYPE:
        raise ValueError(f"A media type has at most {MAX_CONTENT_TYPE} characters, not {len(content_type)}.")
    if file_name and len(file_name) > MAX_FILE_NAME:
        raise ValueError(f"The name of a file has at most {MAX_FILE_NAME} characters, not {len(file_name)}.")
    stated = content_type.partition(";")[0].strip(" \t").lower()
    if _CONTROL_CHARACTER.search(content_type.replace("\t", " ")) or (stated and not is_media_type(stated)):
        raise ValueError(f"{content_type!r} is no media type, as image/png is.")
    if stated and stated.partition("/")[0] not in CONTENT_FAMILIES:
        raise ValueError(
            f"{content_type!r} is no type of a message's file: it begins with one of {', '.join(CONTENT_FAMILIES)}."
        )
    if file_name and (_CONTROL_CHARACTER.search(file_name) or not is_encodable(file_name)):
        raise ValueError(f"{file_name!r} is no name of a file: it has neither line ends nor halves of characters.")
    return Attachment(stated or type_by_name(file_name), file_name or None, content)


def type_by_name(file_name: str | None) -> str:
    """The media type that a file's name promises, for a sender who states none."""
    return _TYPE_OF_ENDING.get((file_name or "").rpartition(".")[2].lower(), UNKNOWN_TYPE)


def check_attachments(attachments: Sequence[Attachment]) -> None:
    """As many, as large and of such types as an MMS may carry; none of them empty.

    Raises `TooManyAttachments`, `AttachmentEmpty`, `AttachmentTypeNotSupported` or `AttachmentsTooLarge`, all
    attachments of one kind of problem together.
    """
    if len(attachments) > MAX_ATTACHMENTS:
        raise errors.TooManyAttachments("attachments", str(MAX_ATTACHMENTS))
    shown = {number: f"[{number}]: [{each.file_name or ''}]" for number, each in enumerate(attachments, start=1)}
    numbered = list(zip(shown.values(), attachments, strict=True))
    errors.raise_all([errors.AttachmentEmpty("attachments", name) for name, each in numbered if not each.content])
    unsupported = [name for name, each in numbered if each.content_type not in MEDIA_TYPES]
    errors.raise_all([errors.AttachmentTypeNotSupported("attachments", name) for name in unsupported])
    _check_size(attachments)


def _check_size(attachments: Sequence[Attachment]) -> None:
    """MSG-376 says that the message is too large, and MSG-337 after it that one attachment alone makes it so."""
    if sum(len(each.content) for each in attachments) <= MAX_ATTACHMENT_BYTES:
        return
    problems: list[errors.Refusal] = [errors.AttachmentsTooLarge("attachments")]
    if any(len(each.content) > MAX_ATTACHMENT_BYTES for each in attachments):
        problems.append(errors.AttachmentTooLarge("attachments"))
    raise errors.SeveralRefusals(problems)
