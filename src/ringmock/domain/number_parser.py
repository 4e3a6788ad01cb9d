"""Reading phone numbers as people write and dial them: prefixes, suffixes, and the kind of number.

`NumberingPlans` has the numbering plans of countries. This module adds what is RingCentral's: service codes,
extensions, sub-addresses, postfixes, and the precedence of readings.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple, Protocol

MAX_ORIGINALS = 64
MASK_SYMBOL = "X"
MASK_LENGTH = 4

_DIALED = re.compile(
    r"(?P<service_code>\*[0-9]{2})?"
    r"(?P<number>[^*#,;@]*)"
    r"(?:[*#](?P<sub_address>[0-9]+))?"
    r"(?P<dtmf_postfix>[,;][0-9*#,;]*)?"
    r"(?P<sip_postfix>@.+)?"
)
_SCHEME = re.compile(r"(?:tel|sips?):", re.IGNORECASE)
_EXTENSION_WORD = re.compile(r"\s*(?:;ext=|extension|ext\.?|x)\s*[0-9]+\s*", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_PUNCTUATION = re.compile(r"[\s().\-/]")
_MASK = re.compile(rf"{MASK_SYMBOL}{{{MASK_LENGTH}}}")
_LAST_DIGITS = re.compile(rf"(?:[0-9][^0-9]*){{{MASK_LENGTH}}}$")
_SHORT_CODE = re.compile(r"[2-9][0-9]{4,5}")


class Category(StrEnum):
    """What a text that was parsed is."""

    UNKNOWN = "Unknown"
    SERVICE_CODE = "ServiceCode"
    SPECIAL_SERVICE = "SpecialService"
    EXTENSION = "Extension"
    REGULAR = "Regular"
    TOLL_FREE = "TollFree"
    SHORT_CODE = "ShortCode"
    AMBIGUOUS = "Ambiguous"


class NumberStatus(StrEnum):
    """Whether a number can exist: Possible has a valid length, Invalid not even that."""

    VALID = "Valid"
    POSSIBLE = "Possible"
    INVALID = "Invalid"


class SpecialService(StrEnum):
    """Whom a special number reaches."""

    EMERGENCY = "Emergency"
    DIRECTORY_ASSISTANCE = "DirectoryAssistance"
    UPDATE_EMERGENCY_ADDRESS = "UpdateEmergencyAddress"
    CUSTOMER_SUPPORT = "CustomerSupport"
    NON_EMERGENCY_POLICE = "NonEmergencyPolice"
    TELECOMMUNICATION_RELAY = "TelecommunicationRelay"
    UNSUPPORTED = "Unsupported"
    UNKNOWN = "Unknown"


NORTH_AMERICA = "1"
"""The calling code of the North American Numbering Plan."""

NORTH_AMERICAN_SERVICES = {
    "211": SpecialService.UNSUPPORTED,
    "311": SpecialService.NON_EMERGENCY_POLICE,
    "411": SpecialService.DIRECTORY_ASSISTANCE,
    "511": SpecialService.UNSUPPORTED,
    "611": SpecialService.CUSTOMER_SUPPORT,
    "711": SpecialService.TELECOMMUNICATION_RELAY,
    "811": SpecialService.UNSUPPORTED,
    "933": SpecialService.UPDATE_EMERGENCY_ADDRESS,
}


class Reading(NamedTuple):
    """A number as a numbering plan reads it; digits without punctuation where nothing else is said."""

    country: str | None
    """ISO 3166 code; None for numbers of no country, such as +800."""
    calling_code: str
    destination_code: str
    """The national destination code, which is the area code where there are areas; may be empty."""
    subscriber_number: str
    national: str
    """As it is written at home."""
    dialable: str
    """The number as dialed from the caller's country."""
    status: NumberStatus
    is_toll_free: bool = False
    is_local: bool = False
    """Whether it is complete only within its area."""
    sub_address: str | None = None

    @property
    def normalized(self) -> str:
        """E.164 without its plus."""
        return f"{self.calling_code}{self.destination_code}{self.subscriber_number}"

    @property
    def e164(self) -> str:
        return f"+{self.normalized}"

    @property
    def international(self) -> str:
        """As RingCentral writes it: the area code in parentheses, the rest in one piece."""
        area = f"({self.destination_code}) " if self.destination_code else ""
        return f"+{self.calling_code} {area}{self.subscriber_number}"

    @property
    def regional_code(self) -> str | None:
        """The exchange: of North American numbers, the first three digits after the area code."""
        is_there = self.calling_code == NORTH_AMERICA and len(self.subscriber_number) == 7
        return self.subscriber_number[:3] if is_there else None


class NumberingPlans(Protocol):
    """The numbering plans of the world's countries, by ISO 3166 codes in capitals."""

    def calling_code(self, country: str) -> str | None:
        """None for an unknown country."""
        ...

    def read(self, number: str, dialed_from: str | None) -> Reading | None:
        """A number as dialed from a country; from nowhere, only one with a `+` can be read. None for no number."""
        ...

    def is_emergency(self, digits: str, country: str) -> bool:
        """Whether the digits reach help in an emergency there."""
        ...

    def is_short(self, digits: str, country: str) -> bool:
        """Whether the digits are a short number there, of a public service."""
        ...


class Context(NamedTuple):
    """Where and by whom numbers are dialed."""

    country: str | None = None
    brand_id: str | None = None
    default_area_code: str | None = None
    vanity_phone_numbers_allowed: bool = False
    max_extension_number_length: int | None = 5
    short_codes_allowed: bool = False
    site_code: str | None = None
    short_extension_number_length: int = 3
    outbound_call_prefix: str | None = None
    masked_phone_numbers_allowed: bool = False
    tells_conflicts: bool = False
    """Whether a text with several readings is Ambiguous, instead of its first reading."""
    national_as_priority: bool = False
    """Whether a number that could be one at home is, even where another reading is that of a valid one."""


class Dialed(NamedTuple):
    """A text split into its parts."""

    number: str
    service_code: str | None = None
    sub_address: str | None = None
    dtmf_postfix: str | None = None
    sip_postfix: str | None = None
    outbound_call_prefix: str | None = None

    @property
    def digits(self) -> str | None:
        """The number without its punctuation, None when other characters than digits remain."""
        bare = _PUNCTUATION.sub("", self.number)
        return bare if bare.isascii() and bare.isdigit() else None


class ExtensionNumber(NamedTuple):
    """An extension number with its site code, and the number as dialed within the site."""

    whole: str
    short: str | None = None


class Parsed(NamedTuple):
    """What became of one text."""

    original: str
    category: Category
    dialed: Dialed
    may_be: tuple[Category, ...] = ()
    """One reading of a text; an ambiguous text has several."""
    reading: Reading | None = None
    extension: ExtensionNumber | None = None
    special: SpecialService | None = None
    is_masked: bool = False


def parse(original: str, context: Context, plans: NumberingPlans, is_extension: Callable[[str], bool]) -> Parsed:
    """The readings of a text. `is_extension` says whether an extension number exists."""
    dialed = split_number(original)
    if dialed.service_code is not None and not dialed.number:
        return Parsed(original, Category.SERVICE_CODE, dialed, (Category.SERVICE_CODE,))
    special = _special_service(dialed, context, plans)
    if special is not None:
        return Parsed(original, Category.SPECIAL_SERVICE, dialed, (Category.SPECIAL_SERVICE,), special=special)
    is_masked = context.masked_phone_numbers_allowed and _MASK.search(dialed.number) is not None
    readable = dialed._replace(number=_MASK.sub("0" * MASK_LENGTH, dialed.number)) if is_masked else dialed
    extension = _extension(dialed, context, is_extension)
    reading, prefix = _phone_number(readable, context, plans)
    if is_masked and reading is not None:
        reading = _masked(reading)
    may_be = tuple(_may_be(dialed, context, reading, extension))
    category = Category.AMBIGUOUS if len(may_be) > 1 and context.tells_conflicts else (*may_be, Category.UNKNOWN)[0]
    if not context.tells_conflicts:
        may_be = may_be[:1]
    return Parsed(
        original,
        category,
        dialed._replace(outbound_call_prefix=prefix),
        may_be,
        reading if not may_be or {Category.REGULAR, Category.TOLL_FREE} & set(may_be) else None,
        extension if Category.EXTENSION in may_be else None,
        is_masked=is_masked,
    )


def split_number(original: str) -> Dialed:
    """What is dialed before the number (`*67`) and after it: `*101` or `#101`, tones to send, an address."""
    text = _SCHEME.sub("", original.strip(), count=1) if _SCHEME.match(original.strip()) else original.strip()
    found = _DIALED.fullmatch(text)
    if found is None:
        return Dialed(text)
    parts = found.groupdict()
    return Dialed(**parts | {"number": parts["number"].strip()})


def _special_service(dialed: Dialed, context: Context, plans: NumberingPlans) -> SpecialService | None:
    digits, country = dialed.digits, context.country
    if digits is None or country is None:
        return None
    if plans.is_emergency(digits, country):
        return SpecialService.EMERGENCY
    if plans.calling_code(country) == NORTH_AMERICA:
        return NORTH_AMERICAN_SERVICES.get(digits)
    return SpecialService.UNKNOWN if plans.is_short(digits, country) else None


def _extension(dialed: Dialed, context: Context, is_extension: Callable[[str], bool]) -> ExtensionNumber | None:
    digits = dialed.digits
    if digits is None or dialed.service_code is not None:
        return None
    site, short = context.site_code or "", context.short_extension_number_length
    if site and len(digits) == short:
        return ExtensionNumber(site + digits, digits)
    if site and digits.startswith(site) and len(digits) == len(site) + short:
        return ExtensionNumber(digits, digits.removeprefix(site))
    if len(digits) <= (context.max_extension_number_length or 0) or is_extension(digits):
        return ExtensionNumber(digits)
    return None


def _may_be(
    dialed: Dialed, context: Context, reading: Reading | None, extension: ExtensionNumber | None
) -> Iterator[Category]:
    """All readings of the text, the most probable first; a Possible number counts only without another reading."""
    is_other = False
    if context.short_codes_allowed and _SHORT_CODE.fullmatch(dialed.digits or ""):
        is_other = True
        yield Category.SHORT_CODE
    if extension is not None:
        is_other = True
        yield Category.EXTENSION
    if reading is None or reading.status is NumberStatus.INVALID:
        return
    if reading.status is NumberStatus.VALID or not is_other:
        yield Category.TOLL_FREE if reading.is_toll_free else Category.REGULAR


def _phone_number(dialed: Dialed, context: Context, plans: NumberingPlans) -> tuple[Reading | None, str | None]:
    """The best of the readings, and the outbound call prefix where the number was dialed with it."""
    if not context.vanity_phone_numbers_allowed and _LETTER.search(_EXTENSION_WORD.sub("", dialed.number)):
        return None, None
    found = list(_readings(dialed, context, plans))
    if context.national_as_priority and found and found[0][0].status is not NumberStatus.INVALID:
        return found[0]
    for status in NumberStatus:
        for reading, prefix in found:
            if reading.status is status:
                return reading, prefix
    return None, None


def _readings(dialed: Dialed, context: Context, plans: NumberingPlans) -> Iterator[tuple[Reading, str | None]]:
    country, digits = context.country, dialed.digits
    spellings: list[tuple[str, str | None]] = [(dialed.number, None)]
    if digits is not None:
        prefix = context.outbound_call_prefix
        if country is not None and prefix and digits.startswith(prefix):
            spellings.append((digits.removeprefix(prefix), prefix))
        if country is not None and context.default_area_code:
            spellings.append((context.default_area_code + digits, None))
        spellings.append((f"+{digits}", None))
    for spelling, prefix in spellings:
        reading = plans.read(spelling, country)
        if reading is not None:
            yield reading, prefix


def _masked(reading: Reading) -> Reading:
    """The reading of a number whose last digits are unknown."""
    return reading._replace(
        subscriber_number=masked(reading.subscriber_number),
        national=masked(reading.national),
        dialable=masked(reading.dialable),
        status=NumberStatus.INVALID if reading.status is NumberStatus.INVALID else NumberStatus.POSSIBLE,
    )


def masked(text: str) -> str:
    """A text with its last digits covered, its punctuation as it is."""
    return _LAST_DIGITS.sub(lambda found: re.sub("[0-9]", MASK_SYMBOL, found.group()), text)
