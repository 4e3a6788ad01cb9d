"""Parsing phone numbers, which clients do before they send."""

from collections.abc import Iterable, Sequence

from ...domain import errors
from ...domain.account import MAX_EXTENSION_NUMBER_LENGTH
from ...domain.number_parser import Context, NumberingPlans, Parsed, parse
from ..call import Answer, Call
from ..slices import listed
from ..stages import WaitingHandler
from ..wire import number_parser as wire
from ..wire.countries import HOME
from .access import view_of

_BRAND_ID = "1210"
_PARSED_TOGETHER = 8
"""Numbers: each is read in several ways."""


def parse_phone_number(plans: NumberingPlans) -> WaitingHandler:
    """`parsePhoneNumber`."""

    async def handler(call: Call) -> Answer:
        asked = call.parameters
        context = Context(
            country=_known(asked["homeCountry"] or HOME["isoCode"], "homeCountry", plans),
            vanity_phone_numbers_allowed=True,
            max_extension_number_length=MAX_EXTENSION_NUMBER_LENGTH,
            national_as_priority=asked["nationalAsPriority"],
        )
        parsed = await _parsed(call, call.body.get("originalStrings", ()), context, plans)
        return Answer(wire.parsed_numbers(parsed, context, plans, view_of(call)))

    return handler


def parse_phone_number_v2(plans: NumberingPlans) -> WaitingHandler:
    """`parsePhoneNumberV2`."""

    async def handler(call: Call) -> Answer:
        context = wire.context_from(call.body, _context_of_the_account(call, plans))
        if context.country is not None:
            context = context._replace(country=_known(context.country, "context.country.isoCode", plans))
        parsed = await _parsed(call, call.body["originalStrings"], context, plans)
        return Answer(wire.parsed_numbers_v2(parsed, context, call.body.get("resultContent", {}), plans))

    return handler


def _context_of_the_account(call: Call, plans: NumberingPlans) -> Context:
    """As the account's users dial: at home, in the area of its main number."""
    main = plans.read(f"+{call.here.account.main_number}", None)
    return Context(
        country=HOME["isoCode"],
        brand_id=_BRAND_ID,
        default_area_code=main.destination_code or None if main is not None else None,
        vanity_phone_numbers_allowed=True,
        max_extension_number_length=MAX_EXTENSION_NUMBER_LENGTH,
    )


def _known(country: str, parameter: str, plans: NumberingPlans) -> str:
    """A country's code in capitals. Raises `InvalidParameter` for an unknown country."""
    if plans.calling_code(country.upper()) is None:
        raise errors.InvalidParameter(parameter, country)
    return country.upper()


async def _parsed(call: Call, originals: Iterable[str], context: Context, plans: NumberingPlans) -> Sequence[Parsed]:
    extensions = call.here.account.extensions
    return await listed((parse(one, context, plans, extensions.__contains__) for one in originals), _PARSED_TOGETHER)
