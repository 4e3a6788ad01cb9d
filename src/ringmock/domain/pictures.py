"""How wide and high a picture is, as the first bytes of its file say."""

import io
from collections.abc import Callable, Mapping
from typing import NamedTuple

MAX_READS = 500
"""How often a file is read at most: of what needs more, as a JPEG of thousands of segments, nothing is said."""

_LARGEST = 2**31 - 1


class Pixels(NamedTuple):
    """Both from 1 to 2147483647, as the contract has them; as they are stored, whatever way up a phone shows them."""

    width: int
    height: int


def _is_bitmap(content: bytes) -> bool:
    """OS/2's older bitmaps have another header, of 12 bytes."""
    return content.startswith(b"BM") and int.from_bytes(content[14:18], "little") >= 40


_SIGNATURES: Mapping[str, Callable[[bytes], bool]] = {
    "image/jpeg": lambda content: content.startswith(b"\xff\xd8"),
    "image/png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/gif": lambda content: content.startswith((b"GIF87a", b"GIF89a")),
    "image/bmp": _is_bitmap,
    "image/tiff": lambda content: content.startswith((b"II*\0", b"MM\0*", b"II+\0")),
    "image/webp": lambda content: content.startswith(b"RIFF") and content[8:12] == b"WEBP",
}
"""The picture types of an MMS that have pixels, and how their files begin. SVG has none, and untrusted XML is not
parsed.
"""


def pixels_of(content_type: str, content: bytes) -> Pixels | None:
    """None for a file that is no readable picture. The content decides, not the stated type."""
    if content_type not in _SIGNATURES or not any(begins(content) for begins in _SIGNATURES.values()):
        return None
    import imagesize

    width, height = imagesize.get(_ReadSparingly(content), exif_rotation=False)
    return Pixels(width, height) if 1 <= width <= _LARGEST and 1 <= height <= _LARGEST else None


class _ReadSparingly(io.BytesIO):
    """A file that ends when it was read too often."""

    _reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        return super().read(size) if self._reads <= MAX_READS else b""
