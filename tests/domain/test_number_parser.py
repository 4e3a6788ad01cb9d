import pytest

from ringmock.domain.number_parser import (
    Category,
    Context,
    Dialed,
    ExtensionNumber,
    NumberStatus,
    Reading,
    SpecialService,
    masked,
    parse,
    split_number,
)

HOME, ABROAD = "US", "GB"


class TwoPlans:
    """Numbers of ten digits at home, valid unless their exchange begins with 1; any that begins with +44 abroad."""

    def calling_code(self, country: str) -> str | None:
        return {HOME: "1", ABROAD: "44"}.get(country)

    def read(self, number: str, dialed_from: str | None) -> Reading | None:
        digits = "".join(character for character in number if character.isdigit())
        if number.startswith("+44"):
            return Reading(ABROAD, "44", "20", digits[4:], digits[2:], digits[2:], NumberStatus.VALID)
        if number.startswith("+1") and len(digits) == 11:
            digits = digits[1:]
        elif dialed_from != HOME or number.startswith("+") or not digits:
            return None
        return Reading(HOME, "1", digits[:3], digits[3:], digits, digits, status_at_home(digits), digits[:3] == "800")

    def is_emergency(self, digits: str, country: str) -> bool:
        return digits == {HOME: "911", ABROAD: "999"}[country]

    def is_short(self, digits: str, country: str) -> bool:
        return digits.startswith("116")


def status_at_home(digits: str) -> NumberStatus:
    if len(digits) != 10:
        return NumberStatus.INVALID
    return NumberStatus.POSSIBLE if digits[3] == "1" else NumberStatus.VALID


PLANS = TwoPlans()
AT_HOME = Context(HOME, max_extension_number_length=5)


def parsed(original, context=AT_HOME, extensions=()):
    return parse(original, context, PLANS, extensions.__contains__)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("(650) 555-8275", Dialed("(650) 555-8275")),
        (" 650 555 8275 ", Dialed("650 555 8275")),
        ("*6716505558275*303@sip.example.com", Dialed("16505558275", "*67", "303", None, "@sip.example.com")),
        ("6505558275#303", Dialed("6505558275", None, "303")),
        ("6505558275,,,1,3#", Dialed("6505558275", None, None, ",,,1,3#")),
        ("*67", Dialed("", "*67")),
        ("tel:+16505558275", Dialed("+16505558275")),
        ("**", Dialed("**")),
        ("6505558275*", Dialed("6505558275*")),
        ("", Dialed("")),
    ],
)
def test_a_text_is_taken_apart(text, parts):
    assert split_number(text) == parts


@pytest.mark.parametrize(
    ("text", "context", "category"),
    [
        ("6505558275", AT_HOME, Category.REGULAR),
        ("8005558275", AT_HOME, Category.TOLL_FREE),
        ("6501558275", AT_HOME, Category.REGULAR),
        ("65055582", AT_HOME, Category.UNKNOWN),
        ("12345", AT_HOME, Category.EXTENSION),
        ("123456", AT_HOME, Category.UNKNOWN),
        ("123456", AT_HOME._replace(max_extension_number_length=6), Category.EXTENSION),
        ("123", AT_HOME._replace(max_extension_number_length=None), Category.UNKNOWN),
        ("12345", AT_HOME._replace(short_codes_allowed=True), Category.EXTENSION),
        ("22345", AT_HOME._replace(short_codes_allowed=True), Category.SHORT_CODE),
        ("*67", AT_HOME, Category.SERVICE_CODE),
        ("*82911", AT_HOME, Category.SPECIAL_SERVICE),
        ("911", AT_HOME, Category.SPECIAL_SERVICE),
        ("911", Context(None), Category.EXTENSION),
        ("911", Context(ABROAD), Category.EXTENSION),
        ("1-800-FLOWERS", AT_HOME, Category.UNKNOWN),
        ("anything", AT_HOME, Category.UNKNOWN),
        ("6505558275", Context(None), Category.UNKNOWN),
        ("16505558275", Context(None), Category.REGULAR),
    ],
)
def test_a_text_has_a_category_in_its_context(text, context, category):
    assert parsed(text, context).category is category


@pytest.mark.parametrize(
    ("text", "context", "service"),
    [
        ("911", AT_HOME, SpecialService.EMERGENCY),
        ("411", AT_HOME, SpecialService.DIRECTORY_ASSISTANCE),
        ("116", AT_HOME, None),
        ("116123", Context(ABROAD), SpecialService.UNKNOWN),
    ],
)
def test_a_special_number_says_whom_it_reaches(text, context, service):
    assert parsed(text, context).special is service


def test_an_extension_that_there_is_may_be_longer_than_the_others():
    assert parsed("1234567", extensions=("1234567",)).extension == ExtensionNumber("1234567")


@pytest.mark.parametrize(
    ("text", "extension"),
    [("303", ExtensionNumber("10303", "303")), ("10303", ExtensionNumber("10303", "303"))],
)
def test_an_extension_of_a_site_is_dialed_with_its_code_and_without(text, extension):
    assert parsed(text, AT_HOME._replace(site_code="10")).extension == extension


def test_what_may_be_two_things_is_ambiguous_for_a_client_that_decides_itself():
    context = AT_HOME._replace(max_extension_number_length=10)
    decided, open_to_both = (
        parsed("6505558275", context),
        parsed("6505558275", context._replace(tells_conflicts=True)),
    )
    assert (decided.category, decided.reading) == (Category.EXTENSION, None)
    assert open_to_both.category is Category.AMBIGUOUS
    assert open_to_both.may_be == (Category.EXTENSION, Category.REGULAR)
    assert open_to_both.reading is not None


@pytest.mark.parametrize(
    ("text", "is_priority", "country"),
    [
        ("4401158275", False, ABROAD),  # possible at home, valid abroad
        ("4401158275", True, HOME),
        ("4402258275", False, HOME),  # valid in both
        ("44012", True, ABROAD),  # nothing at home
    ],
)
def test_the_first_valid_reading_counts_unless_home_has_priority(text, is_priority, country):
    context = Context(HOME, national_as_priority=is_priority, max_extension_number_length=None)
    found = parsed(text, context)
    assert found.reading is not None
    assert found.reading.country == country


def test_a_number_dialed_with_the_prefix_for_outside_calls_is_the_number_behind_it():
    found = parsed("96505558275", AT_HOME._replace(outbound_call_prefix="9"))
    assert found.reading is not None
    assert (found.reading.e164, found.dialed.outbound_call_prefix) == ("+16505558275", "9")


def test_a_number_without_its_area_is_one_of_the_area_that_is_dialed_from():
    found = parsed("5558275", AT_HOME._replace(default_area_code="650"))
    assert found.reading is not None
    assert found.reading.e164 == "+16505558275"


def test_a_number_with_its_last_digits_covered_stays_covered_and_is_possible_at_best():
    found = parsed("650 555 XXXX", AT_HOME._replace(masked_phone_numbers_allowed=True))
    assert found.is_masked
    assert found.reading is not None
    assert (found.reading.e164, found.reading.status) == ("+1650555XXXX", NumberStatus.POSSIBLE)


@pytest.mark.parametrize(
    ("text", "covered"),
    [("(650) 555-8275", "(650) 555-XXXX"), ("13 77 77", "13 XX XX"), ("123", "123"), ("", "")],
)
def test_the_last_four_digits_are_covered_and_no_punctuation(text, covered):
    assert masked(text) == covered
