"""What is taken out of texts, and how long a caller's pattern may take."""

import pytest

from ringmock.control.call import Senseless
from ringmock.control.texts import Pattern, code_in, extractor, link_in


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your code is 482913.", "482913"),
        ("482913 is your verification code for Example", "482913"),
        ("Use 123-456 to log in", "123456"),
        ("Use 123 456 to log in", "123456"),
        ("G-482913 is your code", "482913"),
        ("Order 20261129 is on its way. PIN: 0042", "0042"),
        ("In 2026 your one-time password is 77123456", "77123456"),
        ("Code AB12CD, do not share it", "AB12CD"),
        ("Open https://example.com/482913 or enter code 1234", "1234"),
        ("Call +14151003732 now", None),
        ("It costs 12.50 or 1,250.00 dollars on 2026-11-29", None),
        ("Open https://example.com/482913", None),
        ("See you at 10:30", None),
        ("123", None),
        ("12345678901", None),
        ("", None),
    ],
)
def test_the_one_time_code_of_a_text(text: str, code: str | None) -> None:
    assert code_in(text) == code


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("Reset it: https://example.com/r?t=a.b&x=1#y.", "https://example.com/r?t=a.b&x=1#y"),
        ("(see http://example.com/a_(b)) now", "http://example.com/a_(b)"),
        ('Go to "https://example.com/x"!', "https://example.com/x"),
        ("First https://a.test then https://b.test", "https://a.test"),
        ("No link in www.example.com", None),
    ],
)
def test_the_first_link_of_a_text(text: str, link: str | None) -> None:
    assert link_in(text) == link


def test_a_pattern_takes_its_group_or_all_that_it_matches() -> None:
    assert extractor(r"for (\w+) or (\w+)")("a room for two or three") == "two"
    assert extractor(r"[a-z]{5}")("a room for three") == "three"
    assert extractor(r"(x)?room")("a room") == "room"
    assert extractor("four")("a room for three") is None


@pytest.mark.parametrize("written", ["(a", "*", "[", "(?P<a", "\\", "(" * 200])
def test_what_is_no_pattern_is_told_what_one_is(written: str) -> None:
    with pytest.raises(
        Senseless, match=r"'matches' is a regular expression, as in \?matches=\[0-9\]\{6\}, and not this"
    ):
        Pattern("matches", written)


def test_a_pattern_that_would_never_end_is_refused_and_others_are_not_kept_waiting() -> None:
    slow = Pattern("matches", r"(a+)+b")
    with pytest.raises(Senseless, match="takes too long over the texts"):
        slow.matches("a" * 1000 + "c")
    assert Pattern("matches", r"(a+)+b").matches("aab")
