import pytest

from ringmock.domain.attachment import Attachment
from ringmock.http.errors import UnparseableRequest
from ringmock.http.multipart import attachment_of, split

MOST = 5
"""Parts."""


def body(*parts: bytes, boundary: bytes = b"b") -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


def attachment(headers: str, content: bytes = b"x") -> Attachment:
    [part] = split(b"multipart/form-data; boundary=b", body(headers.encode() + b"\r\n" + content), MOST)
    return attachment_of(part)


@pytest.mark.parametrize(
    ("headers", "content_type", "file_name"),
    [
        ('Content-Disposition: form-data; name="attachment"; filename="map.png"\r\nContent-Type: image/png\r\n',
         "image/png", "map.png"),
        ("Content-Disposition: attachment; filename=map.png\r\nContent-Type: IMAGE/PNG\r\n", "image/png", "map.png"),
        ('Content-Disposition: form-data; filename="map.png"\r\n', "image/png", "map.png"),
        ("Content-Type: text/csv; charset=iso-8859-1\r\n", "text/csv", None),
        ("", "application/octet-stream", None),
        ("Content-Type: nonsense\r\n", "application/octet-stream", None),
        ('Content-Disposition: form-data; filename="Grüße 😀.png"\r\n', "image/png", "Grüße 😀.png"),
        ('Content-Disposition: form-data; filename="../../etc/map.png"\r\n', "image/png", "map.png"),
        ('Content-Disposition: form-data; filename="C:\\fakepath\\map.png"\r\n', "image/png", "map.png"),
        ('Content-Disposition: form-data; filename=""\r\nContent-Type: image/png\r\n', "image/png", None),
    ],
)  # fmt: skip
def test_a_part_is_of_the_type_that_it_states_or_that_its_name_promises(
    headers: str, content_type: str, file_name: str | None
) -> None:
    assert attachment(headers) == Attachment(content_type, file_name, b"x")


def test_an_old_clients_latin_1_name_is_read_too() -> None:
    [part] = split(
        b"multipart/mixed; boundary=b", body(b'Content-Disposition: a; filename="gr\xfc\xdfe.png"\r\n\r\nx'), MOST
    )
    assert attachment_of(part).file_name == "grüße.png"


def test_the_bytes_of_a_file_come_as_they_were_sent() -> None:
    content = bytes(range(256)) * 64 + b"\r\n--\r\n-b\r\n--c"
    assert attachment("Content-Type: image/png\r\n", content).content == content


def test_a_file_full_of_line_ends_is_read_in_a_time_that_grows_with_its_length_alone() -> None:
    # Each line end may be the beginning of a boundary, and comes in a piece of its own.
    content = b"\r\n" * 1_000_000
    assert attachment("Content-Type: image/png\r\n", content).content == content


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        (b"multipart/form-data", body(b"\r\nx")),
        (b"multipart/form-data; boundary=other", body(b"\r\nx")),
        (b"multipart/form-data; boundary=b", body(b"\r\nx")[:-4]),
        (b"multipart/form-data; boundary=b", b""),
        (b"multipart/form-data; boundary=b", b"--b--\r\n"),
        (b"multipart/form-data; boundary=b", body(*[b"\r\nx"] * (MOST + 1))),
    ],
    ids=["no boundary", "another boundary", "breaks off", "empty", "no parts", "too many parts"],
)
def test_what_is_no_multipart_body_is_refused(content_type: bytes, content: bytes) -> None:
    with pytest.raises(UnparseableRequest):
        split(content_type, content, MOST)
