import pytest

from ringmock.http.call import Call
from ringmock.http.errors import RangeNotSatisfiable
from ringmock.http.media import content_answer

TEN = b"0123456789"
UNASKED = {"contentDisposition": None, "contentDispositionFilename": None}


def call(parameters: dict[str, str | None] = UNASKED, **headers: str) -> Call:
    by_name = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    made = Call("GET", "/", "http://here", by_name)
    made.parameters = parameters
    return made


def headers_of(asked: Call) -> dict[str, str]:
    return dict(content_answer(asked, TEN, "text/plain", "ten.txt").headers)


@pytest.mark.parametrize(
    ("asked", "part", "told"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=9-9", b"9", "bytes 9-9/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=-4", b"6789", "bytes 6-9/10"),
        ("bytes=-99", TEN, "bytes 0-9/10"),
        ("bytes=0-", TEN, "bytes 0-9/10"),
        ("Bytes=1-2 ", b"12", "bytes 1-2/10"),
    ],
)
def test_a_range_is_answered_with_206_and_what_it_is_of(asked: str, part: bytes, told: str) -> None:
    answer = content_answer(call(range=asked), TEN, "text/plain", "ten.txt")
    assert (answer.status, answer.body, dict(answer.headers)["Content-Range"]) == (206, part, told)


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=999999-", "bytes=-0"])
def test_a_range_without_a_byte_is_refused_with_how_many_there_are(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        content_answer(call(range=asked), TEN, "text/plain", "ten.txt")
    assert refused.value.length == 10


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "lines=0-1", "bytes=3-1", "bytes=-", "bytes=a-b", "bytes 0-1", "", "bytes=²-3"]
)
def test_what_is_no_single_range_of_bytes_is_passed_over(asked: str) -> None:
    answer = content_answer(call(range=asked), TEN, "text/plain", "ten.txt")
    assert (answer.status, answer.body) == (200, TEN)


def test_a_range_under_a_condition_is_passed_over() -> None:
    assert content_answer(call(range="bytes=0-1", if_range='"tag"'), TEN, "text/plain", "ten.txt").status == 200


def test_every_answer_says_that_ranges_can_be_had() -> None:
    assert headers_of(call())["Accept-Ranges"] == headers_of(call(range="bytes=1-"))["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("kind", "name", "disposition"),
    [
        (None, None, "attachment; filename=\"ten.txt\"; filename*=UTF-8''ten.txt"),
        ("Inline", None, "inline; filename=\"ten.txt\"; filename*=UTF-8''ten.txt"),
        (None, "a b.txt", "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"),
        (
            None,
            'a "b"\r\nc/ü\\100%',
            "attachment; filename=\"a _b___c___100_\"; filename*=UTF-8''a%20%22b%22%0D%0Ac%2F%C3%BC%5C100%25",
        ),
    ],
)
def test_a_file_is_saved_or_shown_under_its_name_or_the_one_asked_for(
    kind: str | None, name: str | None, disposition: str
) -> None:
    asked = call({"contentDisposition": kind, "contentDispositionFilename": name})
    assert headers_of(asked)["Content-Disposition"] == disposition


@pytest.mark.parametrize(
    ("media_type", "shown"),
    [
        ("text/plain", "inline"),
        ("text/plain; charset=utf-8", "inline"),
        ("image/png", "inline"),
        ("audio/mpeg", "inline"),
        ("video/mp4", "inline"),
        ("text/html", "attachment"),
        ("text/html; charset=utf-8", "attachment"),
        ("TEXT/HTML", "attachment"),
        ("image/svg+xml", "attachment"),
        ("image/x-unknown", "attachment"),
        ("application/pdf", "attachment"),
        ("application/xhtml+xml", "attachment"),
        ("text/xml", "attachment"),
        ("text/calendar", "attachment"),
        ("application/octet-stream", "attachment"),
    ],
)
def test_what_may_bring_a_script_along_is_saved_whatever_is_asked_for(media_type: str, shown: str) -> None:
    asked = call({"contentDisposition": "Inline", "contentDispositionFilename": None})
    answer = content_answer(asked, TEN, media_type, "file")
    assert dict(answer.headers)["Content-Disposition"].startswith(f"{shown}; filename=")
    assert answer.media_type == media_type


@pytest.mark.parametrize("headers", [{}, {"range": "bytes=0-1"}])
def test_no_browser_guesses_a_type_or_runs_what_it_shows(headers: dict[str, str]) -> None:
    told = dict(content_answer(call(**headers), TEN, "text/html", "ten.html").headers)
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Content-Security-Policy"] == "sandbox; default-src 'none'"
