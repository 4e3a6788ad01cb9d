"""The world's numbering plans, by Google's libphonenumber.

The library is loaded with the first number that is parsed: most runs parse none, and loading takes longer than the rest
of the start. The extra `numbers` installs it, because it is a third of an install.
"""

import re
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from ..domain.number_parser import NumberStatus, Reading

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

NUMBERS = "pip install 'ringmock[numbers]'"
"""The command that installs the numbering plans."""
_NO_COUNTRY = "001"
_NO_DIGIT = re.compile(r"[^0-9]")


class NumberingPlansMissing(Exception):
    """The numbering plans are not installed; `value` is the command that installs them."""

    value = NUMBERS


class LibPhoneNumber:
    """`NumberingPlans` of the domain. Each call raises `NumberingPlansMissing` without the extra `numbers`."""

    def calling_code(self, country: str) -> str | None:
        code = _library().country_code_for_region(country)
        return str(code) if code else None

    def read(self, number: str, dialed_from: str | None) -> Reading | None:
        library = _library()
        try:
            parsed = library.parse(number, dialed_from)
        except library.NumberParseException:
            return None
        country = _country(parsed, dialed_from)
        extension, parsed.extension = parsed.extension, None
        significant = library.national_significant_number(parsed)
        length = _length_of_destination_code(parsed, significant)
        national = library.format_number(parsed, library.PhoneNumberFormat.NATIONAL)
        is_at_home = dialed_from is None or self.calling_code(dialed_from) == str(parsed.country_code)
        dialable = national if is_at_home else library.format_out_of_country_calling_number(parsed, dialed_from)
        possible = library.is_possible_number_with_reason(parsed)
        is_local = possible == library.ValidationResult.IS_POSSIBLE_LOCAL_ONLY
        is_possible = is_local or possible == library.ValidationResult.IS_POSSIBLE
        return Reading(
            country=country,
            calling_code=str(parsed.country_code),
            destination_code=significant[:length],
            subscriber_number=significant[length:],
            national=national,
            dialable=_NO_DIGIT.sub("", dialable),
            status=_status(is_valid=library.is_valid_number(parsed), is_possible=is_possible),
            is_toll_free=library.number_type(parsed) == library.PhoneNumberType.TOLL_FREE,
            is_local=is_local,
            sub_address=extension,
        )

    def is_emergency(self, digits: str, country: str) -> bool:
        return bool(_library().is_emergency_number(digits, country))

    def is_short(self, digits: str, country: str) -> bool:
        library, code = _library(), self.calling_code(country)
        if code is None:
            return False
        number = library.PhoneNumber(country_code=int(code), national_number=int(digits))
        return bool(library.is_valid_short_number_for_region(number, country))


@cache
def _library() -> ModuleType:
    try:
        import phonenumbers
    except ModuleNotFoundError as error:
        raise NumberingPlansMissing from error
    return phonenumbers


def _status(*, is_valid: bool, is_possible: bool) -> NumberStatus:
    if is_valid:
        return NumberStatus.VALID
    return NumberStatus.POSSIBLE if is_possible else NumberStatus.INVALID


def _country(number: "PhoneNumber", dialed_from: str | None) -> str | None:
    """The country of the number; for an unassigned one, the country it was dialed from, if the code matches."""
    library = _library()
    regions = library.region_codes_for_country_code(number.country_code)
    country = library.region_code_for_number(number)
    if country is None:
        country = dialed_from if dialed_from in regions else next(iter(regions), _NO_COUNTRY)
    return None if country == _NO_COUNTRY else str(country)


def _length_of_destination_code(number: "PhoneNumber", significant: str) -> int:
    """A toll-free code counts as one, and so do the three digits before seven in North America."""
    length = int(_library().length_of_national_destination_code(number))
    return length if length < len(significant) else 0
