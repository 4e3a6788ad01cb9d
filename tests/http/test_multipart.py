import pytest

from ringmock.domain.attachment import Attachment
from ringmock.http.errors import PartUnreadable, UnparseableRequest
from ringmock.http.multipart import attachment_of, split
from ringmock.server_limits import ServerLimits

LIMITS = ServerLimits(max_parts=5, max_part_headers=300)


def body(*parts: bytes, boundary: bytes = b"b") -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


def attachment(headers: str, content: bytes = b"x") -> Attachment:
    [part] = split(b"multipart/form-data; boundary=b", body(headers.encode() + b"\r\n" + content), LIMITS)
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
        ("Content-Disposition: attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.png\r\n", "image/png", "Grüße.png"),
        ("Content-Disposition: attachment; filename=a.png; filename*=iso-8859-1'de'gr%FC.png\r\n",
         "image/png", "grü.png"),
        ("Content-Disposition: attachment; filename=a.png; filename*=nonsense\r\n", "image/png", "a.png"),
        ('Content-Disposition: form-data; filename="a %22b%22.png"\r\n', "image/png", 'a "b".png'),
        ('Content-Type: image/png; name="map.png"\r\n', "image/png", "map.png"),
        ("Content-Disposition: attachment;\r\n filename=map.png\r\n", "image/png", "map.png"),
    ],
)  # fmt: skip
def test_a_part_is_of_the_type_that_it_states_or_that_its_name_promises(
    headers: str, content_type: str, file_name: str | None
) -> None:
    assert attachment(headers) == Attachment(content_type, file_name, b"x")


def test_an_old_clients_latin_1_name_is_read_too() -> None:
    written = body(b'Content-Disposition: a; filename="gr\xfc\xdfe.png"\r\n\r\nx')
    [part] = split(b"multipart/mixed; boundary=b", written, LIMITS)
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
        (b"multipart/form-data; boundary=b", body(*[b"\r\nx"] * (LIMITS.max_parts + 1))),
    ],
    ids=["no boundary", "another boundary", "breaks off", "empty", "no parts", "too many parts"],
)
def test_what_is_no_multipart_body_is_refused(content_type: bytes, content: bytes) -> None:
    with pytest.raises(UnparseableRequest):
        split(content_type, content, LIMITS)


@pytest.mark.parametrize(
    ("encoding", "sent", "content"),
    [
        ("base64", b"AAH/aGk=", b"\x00\x01\xffhi"),
        ("BASE64", b"AAH/\r\naGk=\r\n", b"\x00\x01\xffhi"),
        ("quoted-printable", b"Gr=C3=BC=\r\n=c3=9fe=20", "Grüße ".encode()),
        ("7bit", b"AAE=", b"AAE="),
        ("8bit", b"\xff", b"\xff"),
        ("binary", b"\r\n\x00", b"\r\n\x00"),
        ("", b"AAE=", b"AAE="),
    ],
)
def test_a_part_is_read_by_its_transfer_encoding(encoding: str, sent: bytes, content: bytes) -> None:
    assert attachment(f"Content-Type: image/png\r\nContent-Transfer-Encoding: {encoding}\r\n", sent).content == content


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [("base64", b"AAE"), ("base64", b"A*E="), ("quoted-printable", b"=G1"), ("x-uuencode", b"x"), ("gzip", b"x")],
)
def test_a_part_that_is_not_encoded_as_it_says_is_refused(encoding: str, sent: bytes) -> None:
    with pytest.raises(PartUnreadable):
        attachment(f"Content-Transfer-Encoding: {encoding}\r\n", sent)


@pytest.mark.parametrize(
    "written",
    [
        b"Written by a mail program.\r\n--b\r\nA: 1\r\n\r\nx\r\n--b--\r\n",
        b"\r\n--b\r\nA: 1\r\n\r\nx\r\n--b--\r\nand nothing more",
        b"--b \t\r\nA: 1\r\n\r\nx\r\n--b-- ",
        b"--b\nA: 1\n\nx\n--b--\n",
        b"--b\r\nA:\r\n\t1\r\n\r\nx\r\n--b--",
    ],
    ids=["preamble", "epilogue", "blanks", "line feeds", "folded header"],
)
def test_the_framing_that_mail_programs_use_is_read(written: bytes) -> None:
    [part] = split(b"multipart/mixed; boundary=b", written, LIMITS)
    assert (part.headers, part.content) == ({"a": "1"}, b"x")


def test_a_line_that_begins_like_the_boundary_belongs_to_the_file() -> None:
    assert attachment("", b"1\r\n--bc\r\n2\n--b\n3").content == b"1\r\n--bc\r\n2\n--b\n3"


@pytest.mark.parametrize(("length", "is_read"), [(LIMITS.max_part_headers, True), (LIMITS.max_part_headers + 1, False)])
def test_the_headers_of_a_part_have_a_bound(length: int, is_read: bool) -> None:
    part = body(b"A: " + b"x" * (length - 3) + b"\r\n\r\nx")
    try:
        split(b"multipart/mixed; boundary=b", part, LIMITS)
    except UnparseableRequest:
        assert not is_read
    else:
        assert is_read
