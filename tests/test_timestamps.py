from datetime import UTC, datetime, timedelta, timezone

import pytest

from ringmock.timestamps import is_rfc3339, iso8601, iso8601_to_the_microsecond, parse


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2012", (2012, 1, 1)),
        ("2012-10", (2012, 10, 1)),
        ("2012-10-16", (2012, 10, 16)),
        ("2012-10-16T06:34", (2012, 10, 16, 6, 34)),
        ("2012-10-16T06:34Z", (2012, 10, 16, 6, 34)),
        ("2012-10-16T06:34:58", (2012, 10, 16, 6, 34, 58)),
        ("2012-10-16T06:34:58.5Z", (2012, 10, 16, 6, 34, 58, 500000)),
        ("2012-10-16T06:34:58.123456789Z", (2012, 10, 16, 6, 34, 58, 123456)),
        ("2012-10-16T06:34:58+02:00", (2012, 10, 16, 4, 34, 58)),
        ("2012-10-16T23:34:58-01:30", (2012, 10, 17, 1, 4, 58)),
        ("2012-02-29", (2012, 2, 29)),
        ("2013-02-29", None),
        ("2012-13", None),
        ("2012-10-16T24:00", None),
        ("2012-10-16T06:34:60Z", None),
        ("2012-10-16 06:34", None),
        ("2012-10-16T06Z", None),
        ("2012-10-16Z", None),
        ("2012-10-16T06:34:58Z\n", None),
        ("0000", None),
        ("0001-01-01T00:00+23:59", None),
        ("9999-12-31T23:59-12:00", None),
        ("٢٠١٢", None),
        ("", None),
    ],
)
def test_a_moment_is_read_from_every_documented_form_and_no_other(text: str, moment: tuple[int, ...] | None) -> None:
    assert parse(text) == (None if moment is None else datetime(*moment, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "is_full"),
    [
        ("2012-10-16T06:34:58.000Z", True),
        ("2012-10-16t06:34:58z", True),
        ("2012-10-16T06:34:58+02:00", True),
        ("2012-10-16T06:34:58", False),
        ("2012-10-16", False),
        ("2012-02-30T06:34:58Z", False),
        ("2012-10-16T06:34:58Z\n", False),
    ],
)
def test_a_date_time_of_rfc_3339_is_full_and_exists(text: str, is_full: bool) -> None:
    assert is_rfc3339(text) is is_full


def test_answers_are_in_utc_with_milliseconds() -> None:
    moment = datetime(2012, 10, 16, 8, 34, 58, 1999, tzinfo=timezone(timedelta(hours=2)))
    assert iso8601(moment) == "2012-10-16T06:34:58.001Z"


def test_to_the_microsecond_nothing_is_cut_off() -> None:
    moment = datetime(2012, 10, 16, 8, 34, 58, 120, timezone(timedelta(hours=2)))
    assert iso8601_to_the_microsecond(moment) == "2012-10-16T06:34:58.000120Z"
    assert iso8601(moment) == "2012-10-16T06:34:58.000Z"
