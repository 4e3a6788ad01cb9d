from base64 import b64decode
from struct import pack

import pytest

from ringmock.domain.attachment import Attachment, incoming_attachment, received_attachment
from ringmock.domain.pictures import Pixels, pixels_of

GIF = b"GIF89a" + pack("<HH", 3, 2) + b"\0\0\0,\0\0\0\0\x03\0\x02\0\0\x02\x02D\x01\0;"


def png(width: int = 3, height: int = 2) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + pack(">L4sLL", 13, b"IHDR", width, height) + b"\x08\x02\0\0\0" + bytes(8)


def jpeg(*segments: bytes) -> bytes:
    frame = b"\xff\xc0" + pack(">HBHHB", 8, 8, 2, 3, 0)
    return b"\xff\xd8" + b"".join(segments) + frame + b"\xff\xd9"


def bitmap(header: int = 40, width: int = 3, height: int = 2) -> bytes:
    return b"BM" + bytes(12) + pack("<Lll", header, width, height) + bytes(header)


def tiff() -> bytes:
    entries = [pack("<HHLL", tag, 3, 1, value) for tag, value in ((256, 3), (257, 2), (258, 8))]
    return b"II*\0" + pack("<LH", 8, len(entries)) + b"".join(entries) + bytes(4)


WEBP = b"RIFF" + pack("<L", 30) + b"WEBPVP8 " + pack("<L", 18) + b"\x10\0\0\x9d\x01\x2a" + pack("<HH", 3, 2) + bytes(8)
EMPTY_SEGMENT = b"\xff\xe2\0\x02"
SIDEWAYS = b"\xff\xe1" + pack(">H", 34) + b"Exif\0\0II*\0" + pack("<LHHHLL", 8, 1, 0x112, 3, 1, 6) + bytes(4)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/png", png()),
        ("image/gif", GIF),
        ("image/jpeg", jpeg()),
        ("image/jpeg", jpeg(*[EMPTY_SEGMENT] * 100)),
        ("image/jpeg", jpeg(SIDEWAYS)),
        ("image/bmp", bitmap()),
        ("image/bmp", bitmap(height=-2)),  # from top to bottom
        ("image/tiff", tiff()),
        ("image/webp", WEBP),
        ("image/png", GIF),
    ],
)
def test_a_picture_says_how_wide_and_high_it_is(media_type: str, content: bytes) -> None:
    assert pixels_of(media_type, content) == Pixels(width=3, height=2)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/png", b"a picture"),
        ("image/png", png()[:25]),
        ("image/png", png(width=0)),
        ("image/png", png(height=2**31)),
        ("image/gif", GIF[:9]),
        ("image/bmp", bitmap(header=12)),
        ("image/bmp", b"BM"),
        ("image/jpeg", b"\xff\xd8\xff\xd9"),
        ("image/jpeg", b"\xff\xd8" + bytes(2000)),
        ("image/jpeg", jpeg(*[EMPTY_SEGMENT] * 1000)),
        ("image/tiff", b"II+\0\x08\0\0\0" + b"\xff" * 8),
        ("image/webp", WEBP[:28]),
        ("image/svg+xml", b'<svg width="3" height="2"/>'),
        ("image/png", b'<svg width="3" height="2"/>'),
        ("text/plain", GIF),
        ("application/pdf", GIF),
    ],
)
def test_what_is_no_picture_that_can_be_read_has_neither_width_nor_height(media_type: str, content: bytes) -> None:
    assert pixels_of(media_type, content) is None


def test_the_widest_picture_is_as_wide_as_the_contract_has_room_for() -> None:
    assert pixels_of("image/png", png(width=2**31 - 1)) == Pixels(2**31 - 1, 2)


def test_files_are_looked_at_when_they_come_in_by_whichever_way() -> None:
    smallest = b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=")
    assert incoming_attachment("image/gif", "a.gif", smallest) == Attachment(
        "image/gif", "a.gif", smallest, Pixels(1, 1)
    )
    assert received_attachment("", "a.gif", smallest).pixels == Pixels(1, 1)
