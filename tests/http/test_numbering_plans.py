import subprocess
import sys

import pytest

from ringmock.domain.number_parser import NumberStatus
from ringmock.http.numbering_plans import LibPhoneNumber

PLANS = LibPhoneNumber()


@pytest.mark.parametrize(
    ("number", "dialed_from", "e164", "international", "national", "dialable"),
    [
        ("(650) 722-1621", "US", "+16507221621", "+1 (650) 7221621", "(650) 722-1621", "6507221621"),
        ("+1 650 722 1621", None, "+16507221621", "+1 (650) 7221621", "(650) 722-1621", "6507221621"),
        ("+442079460958", "US", "+442079460958", "+44 (20) 79460958", "020 7946 0958", "011442079460958"),
        ("020 7946 0958", "GB", "+442079460958", "+44 (20) 79460958", "020 7946 0958", "02079460958"),
        ("+390612345678", "IT", "+390612345678", "+39 (06) 12345678", "06 1234 5678", "0612345678"),
        ("416 555 0123", "US", "+14165550123", "+1 (416) 5550123", "(416) 555-0123", "4165550123"),
        ("1-800-FLOWERS", "US", "+18003569377", "+1 (800) 3569377", "(800) 356-9377", "8003569377"),
    ],
)
def test_a_number_is_written_and_dialed(number, dialed_from, e164, international, national, dialable):
    reading = PLANS.read(number, dialed_from)
    assert reading is not None
    assert (reading.e164, reading.international, reading.national, reading.dialable) == (
        e164,
        international,
        national,
        dialable,
    )


@pytest.mark.parametrize(
    ("number", "dialed_from", "country", "status"),
    [
        ("6507221621", "US", "US", NumberStatus.VALID),
        ("4165550123", "US", "CA", NumberStatus.VALID),
        ("4151003732", "US", "US", NumberStatus.POSSIBLE),
        ("4151003732", "CA", "CA", NumberStatus.POSSIBLE),
        ("12345678901234567", "US", "US", NumberStatus.INVALID),
        ("+80012345678", "US", None, NumberStatus.VALID),
    ],
)
def test_a_number_belongs_to_a_country_and_is_one_or_could_be(number, dialed_from, country, status):
    reading = PLANS.read(number, dialed_from)
    assert reading is not None
    assert (reading.country, reading.status) == (country, status)


@pytest.mark.parametrize(("number", "dialed_from"), [("6507221621", None), ("", "US"), ("+", "US"), ("words", "US")])
def test_what_is_no_number_is_not_read(number, dialed_from):
    assert PLANS.read(number, dialed_from) is None


def test_a_number_without_its_area_is_local():
    reading = PLANS.read("555-8275", "US")
    assert reading is not None
    assert reading.is_local


def test_an_extension_in_words_is_a_sub_address():
    reading = PLANS.read("650 722 1621 ext. 101", "US")
    assert reading is not None
    assert (reading.e164, reading.sub_address) == ("+16507221621", "101")


@pytest.mark.parametrize(("country", "code"), [("US", "1"), ("GB", "44"), ("ZZ", None), ("001", None)])
def test_a_country_has_a_calling_code(country, code):
    assert PLANS.calling_code(country) == code


def test_short_numbers_are_those_of_the_country():
    assert (PLANS.is_emergency("911", "US"), PLANS.is_emergency("911", "GB")) == (True, False)
    assert (PLANS.is_short("116123", "GB"), PLANS.is_short("116123", "US")) == (True, False)


def test_the_library_is_loaded_with_the_first_number_and_not_before():
    program = (
        "import sys, ringmock.http.app, ringmock.http.numbering_plans\n"
        "assert 'phonenumbers' not in sys.modules\n"
        "ringmock.http.numbering_plans.LibPhoneNumber().calling_code('US')\n"
        "assert 'phonenumbers' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
