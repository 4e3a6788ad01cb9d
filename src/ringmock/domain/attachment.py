"""Attachments of an MMS: which files are allowed, and what each copy of the message stores."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from . import errors
from .pictures import Pixels, pixels_of
from .text import is_encodable

MAX_ATTACHMENTS = 10
MAX_ATTACHMENT_BYTES = 1_500_000
"""The maximum for all attachments of one message together."""

UNKNOWN_TYPE = "application/octet-stream"

MEDIA_TYPES = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/png": ("png",),
    "image/bmp": ("bmp",),
    "image/gif": ("gif",),
    "image/tiff": ("tiff", "tif"),
    "image/svg+xml": ("svg",),
    "image/webp": ("webp",),
    "video/3gpp": ("3gp",),
    "video/mp4": ("mp4", "m4v"),
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

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "image/jpeg": ("image/jpg", "image/pjpeg", "image/x-jpeg", "image/x-jpg", "image/jpe", "image/jfif"),
    "image/png": ("image/x-png",),
    "image/bmp": ("image/x-ms-bmp", "image/x-bmp", "image/x-windows-bmp", "image/ms-bmp"),
    "image/tiff": ("image/tif", "image/x-tif", "image/x-tiff"),
    "image/svg+xml": ("image/svg", "image/svg-xml"),
    "image/webp": ("image/x-webp",),
    "video/3gpp": ("video/3gp",),
    "video/mp4": ("video/x-m4v", "video/m4v", "video/x-mp4", "application/mp4"),
    "video/mpeg": ("video/mpg", "video/x-mpeg", "video/x-mpg"),
    "video/avi": ("video/x-msvideo", "video/msvideo", "video/vnd.avi", "application/x-troff-msvideo"),
    "video/x-flv": ("video/flv",),
    "video/x-ms-wmv": ("video/wmv", "video/x-wmv"),
    "video/quicktime": ("video/mov", "video/x-quicktime"),
    "video/webm": ("video/x-webm",),
    "video/ogg": ("video/x-ogg",),
    "audio/mpeg": ("audio/mp3", "audio/mpeg3", "audio/mpg", "audio/x-mp3", "audio/x-mpeg", "audio/x-mpeg-3"),
    "audio/mp4": ("audio/m4a", "audio/x-m4a", "audio/x-mp4", "audio/mp4a-latm"),
    "audio/ogg": ("audio/x-ogg", "audio/vorbis", "application/ogg", "application/x-ogg"),
    "audio/wav": ("audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"),
    "audio/amr": ("audio/x-amr", "audio/amr-nb"),
    "audio/3gpp": ("audio/3gp",),
    "text/vcard": ("text/x-vcard", "text/directory", "application/vcard"),
    "text/csv": ("text/x-csv", "application/csv", "application/x-csv", "text/comma-separated-values"),
    "text/calendar": ("text/x-vcalendar", "application/ics", "application/x-ics"),
    "application/zip": ("application/x-zip", "application/x-zip-compressed", "multipart/x-zip"),
    "application/gzip": ("application/x-gzip", "application/x-gunzip", "application/gzip-compressed"),
    "application/rtf": ("text/rtf", "text/richtext", "application/x-rtf"),
    "application/pdf": ("application/x-pdf", "application/acrobat"),
}
"""What browsers, phones and libraries say instead."""

_KNOWN_AS = {other: media_type for media_type, others in _OTHER_NAMES.items() for other in others}

_SAY_LITTLE = frozenset(
    {
        UNKNOWN_TYPE,
        "application/x-octet-stream",
        "application/binary",
        "application/force-download",
        "application/x-download",
        "application/download",
        "application/unknown",
        "binary/octet-stream",
        "application/vnd.ms-excel",  # a browser's name of .csv, too, where a spreadsheet is installed
    }
)
"""File types for which a file name's extension is more specific than the content."""

_TYPE_OF_ENDING = {ending: media_type for media_type, endings in MEDIA_TYPES.items() for ending in endings}


_NAME = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"  # RFC 6838, 4.2
_MEDIA_TYPE = re.compile(f"{_NAME}/{_NAME}")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")

MAX_CONTENT_TYPE = 255
"""Characters of a media type with its parameters; each half of the type has 127 at most (RFC 6838, 4.2)."""

MAX_FILE_NAME = 255
"""The maximum length of a file's name, as in file systems."""

CONTENT_FAMILIES = ("text", "image", "audio", "video", "application")
"""The top-level types that the content of a message is answered in."""

INERT_TYPES = frozenset(
    {"text/plain", *(name for name in MEDIA_TYPES if name.startswith(("image/", "audio/", "video/")))}
) - {"image/svg+xml"}
"""Types that a browser only displays or plays. Any other file can contain scripts, as HTML, SVG and PDF can."""


class Attachment(NamedTuple):
    """A file of a message. All copies of the message share it: its bytes are stored once.

    `content_type` is in lower case and has no parameters; `file_name` is None when the sender gave none, `pixels` when
    the file is not a picture.
    """

    content_type: str
    file_name: str | None
    content: bytes
    pixels: Pixels | None = None


class HeldAttachment(NamedTuple):
    """A file of one copy of a message, with its own id."""

    id: int
    file: Attachment

    @property
    def name(self) -> str:
        """The file's name, or one made from the id and the usual file extension."""
        ending = MEDIA_TYPES.get(self.file.content_type, ("bin",))[0]
        return self.file.file_name or f"{self.id}.{ending}"


def incoming_attachment(content_type: str, file_name: str | None, content: bytes) -> Attachment:
    """An incoming file, inspected once for all copies of its message."""
    return Attachment(content_type, file_name, content, pixels_of(content_type, content))


def is_media_type(text: str) -> bool:
    """Whether it is a media type in lower case, without parameters."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def received_attachment(content_type: str, file_name: str | None, content: bytes) -> Attachment:
    """A file that a handset sends. Without a type, the file name decides.

    Raises `ValueError`, with a sentence that says what would be right, for a type that the content of a message cannot
    have.
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
    return incoming_attachment(stated or type_by_name(file_name), file_name or None, content)


def known_type(stated: str, file_name: str | None) -> str:
    """D-34: the media type that the sender means, in lower case and without parameters.

    An alias becomes the usual name. For a generic, missing or malformed type the file name decides.
    """
    if stated not in _SAY_LITTLE and is_media_type(stated):
        return _KNOWN_AS.get(stated, stated)
    promised = type_by_name(file_name)
    return stated if promised == UNKNOWN_TYPE and is_media_type(stated) else promised


def type_by_name(file_name: str | None) -> str:
    """The media type of a file name, for a sender who states none."""
    return _TYPE_OF_ENDING.get((file_name or "").rpartition(".")[2].lower(), UNKNOWN_TYPE)


def check_attachments(attachments: Sequence[Attachment]) -> None:
    """Check that an MMS can carry these files: their number, sizes and types; none may be empty.

    Raises `TooManyAttachments`, `AttachmentEmpty`, `AttachmentTypeNotSupported` or `AttachmentsTooLarge`, with all
    attachments that have the same problem.
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
